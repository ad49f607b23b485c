"""Interactive views, one call each; every one is a picture, too, where nothing runs."""

from cnn_course.views.ablation_explorer import ablation_explorer
from cnn_course.views.augmentation import augmentation_mixer
from cnn_course.views.class_maps import class_maps
from cnn_course.views.correlation import correlation_stepper
from cnn_course.views.edge_learner import edge_learner
from cnn_course.views.explorer import explore
from cnn_course.views.kernel_lab import kernel_lab
from cnn_course.views.lenet_at_work import lenet_at_work
from cnn_course.views.output_size import output_size_calculator
from cnn_course.views.pooling import pooling_explorer
from cnn_course.views.training_curves import training_curves
from cnn_course.views.vgg_builder import vgg_builder
