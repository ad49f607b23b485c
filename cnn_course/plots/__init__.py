"""Pictures from tensors and histories, drawings of tensors and networks."""

from cnn_course.plots.charts import MARKERS, plot_lines, plot_runs, show_confusion
from cnn_course.plots.diagrams import (
    show_classes,
    show_maps,
    show_shapes,
    show_tensors,
)
from cnn_course.plots.picture import Picture
from cnn_course.plots.pictures import COLOURS, SIGNED, show_images, show_numbers
