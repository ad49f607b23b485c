"""The networks: sizes and costs derived by hand, and what their arguments change."""

from functools import partial

import pytest
import torch
from torch import nn

from cnn_course.networks.architectures import (
    NARROW_VGG,
    alexnet,
    fully_connected,
    lenet,
    narrow_nin,
    nin,
    nin_block,
    vgg,
    vgg_block,
)
from cnn_course.networks.cost import count_multiply_adds, count_parameters


def meta(make, *args, **kwargs):
    """Return a network that has shapes but no numbers: it costs no time and memory."""
    with torch.device("meta"):
        return make(*args, **kwargs)


def output_shape(net, *shape):
    return tuple(net(torch.empty(shape, device="meta")).shape)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


# By hand: every output number of a convolution takes kernel² × in_channels products.
LENET = 28**2 * 6 * 5**2 + 10**2 * 16 * 6 * 5**2 + 400 * 120 + 120 * 84 + 84 * 10
ALEXNET = (
    54**2 * 96 * 1 * 11**2
    + 26**2 * 256 * 96 * 5**2
    + 12**2 * (384 * 256 + 384 * 384 + 256 * 384) * 3**2
    + (256 * 5**2 * 4096 + 4096 * 4096 + 4096 * 10)
)
VGG11 = (
    (224**2 * 64 + 112**2 * 128 * 64 + 56**2 * (256 * 128 + 256 * 256)) * 3**2
    + (28**2 * (512 * 256 + 512 * 512) + 14**2 * 2 * 512 * 512) * 3**2
    + (512 * 7**2 * 4096 + 4096 * 4096 + 4096 * 10)
)
NIN_BLOCKS = [(54, 1, 96, 11), (26, 96, 256, 5), (12, 256, 384, 3), (5, 384, 10, 3)]


def nin_by_hand(num_1x1):
    return sum(
        side**2 * c_out * (c_in * kernel**2 + num_1x1 * c_out)
        for side, c_in, c_out, kernel in NIN_BLOCKS
    )


COSTS = {  # parameters; the side of a picture and the multiply-adds for it, by hand
    "LeNet": (lenet, {}, 61_706, 28, LENET),
    "AlexNet": (alexnet, {}, 46_764_746, 224, ALEXNET),
    "VGG-11": (vgg, {}, 128_806_154, 224, VGG11),
    "NiN, 0": (nin, dict(num_1x1=0), 1_546_058, 224, nin_by_hand(0)),
    "NiN, 1": (nin, dict(num_1x1=1), 1_769_112, 224, nin_by_hand(1)),
    "NiN, 2": (nin, {}, 1_992_166, 224, nin_by_hand(2)),
    "NiN, 3": (nin, dict(num_1x1=3), 2_215_220, 224, nin_by_hand(3)),
}


@pytest.mark.parametrize(
    "make, kwargs, parameters, side, multiply_adds", COSTS.values(), ids=COSTS
)
def test_parameters_and_multiply_adds(make, kwargs, parameters, side, multiply_adds):
    net = meta(make, **kwargs)
    assert count_parameters(net) == parameters
    assert count_multiply_adds(net, (1, 1, side, side)) == multiply_adds


def test_parameters_of_variants():
    assert count_parameters(meta(fully_connected)) == 61_764
    assert count_parameters(meta(narrow_nin)) == 44_648
    assert count_parameters(meta(vgg, NARROW_VGG)) == 29_815_850
    assert count_parameters(meta(vgg, NARROW_VGG, hidden=512)) == 2_018_346


@pytest.mark.parametrize("side", [67, 74, 75, 224])
def test_a_net_takes_every_side_it_is_built_for(side):
    for make in (alexnet, partial(vgg, NARROW_VGG, hidden=16)):
        net = meta(make, in_channels=3, num_classes=7, side=side)
        assert output_shape(net, 2, 3, side, side) == (2, 7)


def test_nin_takes_pictures_of_any_size_from_67_pixels():
    net = meta(nin, in_channels=3, num_classes=7)
    for height, width in [(67, 67), (67, 99), (224, 224)]:
        assert output_shape(net, 2, 3, height, width) == (2, 7)
    assert output_shape(net[:-2], 2, 3, 224, 224) == (2, 7, 5, 5)  # a map a class
    with pytest.raises(RuntimeError, match="too small"):
        output_shape(net, 2, 3, 66, 67)


def test_a_side_that_the_pooling_uses_up_is_refused_with_the_smallest_one():
    with pytest.raises(ValueError, match=r"^side must be at least 67 pixels.*; got 66"):
        meta(alexnet, side=66)
    with pytest.raises(ValueError, match=r"^side must be at least 32 pixels.*; got 31"):
        meta(vgg, side=31)
    assert output_shape(meta(vgg, NARROW_VGG[:2], side=4), 1, 1, 4, 4) == (1, 10)


@pytest.mark.parametrize("num_convs, height, width", [(1, 8, 6), (2, 7, 9), (3, 2, 2)])
def test_a_vgg_block_keeps_height_and_width_and_then_halves_them(
    num_convs, height, width
):
    net, sizes = meta(vgg_block, num_convs, 3, 5), []
    for layer in net:
        layer.register_forward_hook(lambda _, __, Y: sizes.append(tuple(Y.shape)))
    output_shape(net, 4, 3, height, width)
    kept, halved = (4, 5, height, width), (4, 5, height // 2, width // 2)
    assert sizes == [kept] * 2 * num_convs + [halved]
    kinds = [nn.Conv2d, nn.ReLU] * num_convs + [nn.MaxPool2d]
    assert list(map(type, net)) == kinds


@pytest.mark.parametrize("num_1x1", [0, 1, 2, 3])
@pytest.mark.parametrize("last_relu", [True, False])
def test_a_nin_block_has_a_relu_after_every_convolution(num_1x1, last_relu):
    net = meta(nin_block, 2, 6, 3, 2, 1, num_1x1, last_relu)
    kinds = [nn.Conv2d, nn.ReLU] * (1 + num_1x1)
    assert list(map(type, net)) == (kinds if last_relu else kinds[:-1])
    convs = [layer for layer in net if isinstance(layer, nn.Conv2d)]
    channels = [(conv.in_channels, conv.out_channels) for conv in convs]
    assert channels == [(2, 6)] + [(6, 6)] * num_1x1
    assert [conv.kernel_size for conv in convs] == [(3, 3)] + [(1, 1)] * num_1x1
    assert output_shape(net, 1, 2, 9, 8) == (1, 6, 5, 4)


@pytest.mark.parametrize("num_1x1", [0, 2])
def test_nin_without_the_last_relu_has_the_same_weights_and_signed_class_maps(num_1x1):
    with_relu, without = nin(num_1x1).eval(), nin(num_1x1, last_relu=False).eval()
    with_relu.load_state_dict(without.state_dict())
    X = torch.rand(2, 1, 99, 99)
    with torch.no_grad():
        maps = without[:-2](X)
        assert (maps < 0).any() and (maps > 0).any()
        assert torch.equal(with_relu[:-2](X), maps.relu())
        torch.testing.assert_close(without(X), maps.mean(dim=(2, 3)))


DROPPING = [
    partial(alexnet, side=67),
    partial(vgg, NARROW_VGG, side=67, hidden=64),
    partial(nin, 0, last_relu=False),
]


@pytest.mark.parametrize("make", DROPPING)
def test_dropout_is_random_in_training_and_gone_in_evaluation(make):
    net, X = make(), torch.rand(1, 1, 67, 67)
    with torch.no_grad():
        assert not torch.equal(net(X), net(X))
        net.eval()
        assert torch.equal(net(X), net(X))
    assert {m.p for m in net.modules() if isinstance(m, nn.Dropout)} == {0.5}
