"""The networks of the course, what notebooks build by hand, and what they cost."""

from cnn_course.networks.architectures import (
    NARROW_NIN,
    NARROW_VGG,
    TRAINED_LENET,
    TRAINED_NIN,
    VGG11,
    alexnet,
    fully_connected,
    lenet,
    modern_lenet,
    narrow_nin,
    nin,
    nin_block,
    trained_lenet,
    trained_nin,
    vgg,
    vgg_block,
)
from cnn_course.networks.by_hand import Conv2D, corr2d, receptive_size
from cnn_course.networks.cost import (
    activation_bytes,
    count_multiply_adds,
    count_parameters,
)
from cnn_course.networks.residual import Residual
