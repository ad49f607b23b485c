"""Any network of the course's layers, unit by unit."""

from cnn_course.views.explorer.view import explore
