"""Interactive views, one call each; every one is a picture, too, where nothing runs."""

from cnn_course.widgets.output_size import output_size_calculator

__all__ = ["output_size_calculator"]
