"""Interactive views, one call each; every one is a picture, too, where nothing runs."""

from cnn_course.widgets.ablation_explorer import ablation_explorer
from cnn_course.widgets.augmentation import augmentation_mixer
from cnn_course.widgets.class_maps import class_maps
from cnn_course.widgets.correlation import correlation_stepper
from cnn_course.widgets.edge_learner import edge_learner
from cnn_course.widgets.kernel_lab import kernel_lab
from cnn_course.widgets.lenet_at_work import lenet_at_work
from cnn_course.widgets.output_size import output_size_calculator
from cnn_course.widgets.pooling import pooling_explorer
from cnn_course.widgets.training_curves import training_curves
from cnn_course.widgets.vgg_builder import vgg_builder

__all__ = [
    "ablation_explorer",
    "augmentation_mixer",
    "class_maps",
    "correlation_stepper",
    "edge_learner",
    "kernel_lab",
    "lenet_at_work",
    "output_size_calculator",
    "pooling_explorer",
    "training_curves",
    "vgg_builder",
]
