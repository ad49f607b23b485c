"""Layers written by hand agree with torch, and notebooks with the package."""

import ast
import random
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from notebook_code import definitions, source_of, statements
from torch import nn

from cnn_course import networks
from cnn_course.networks import by_hand

SHAPES = random.Random(0)
CONV_SHAPES = [((1, 1), (1, 1)), ((5, 7), (5, 7)), ((6, 8), (1, 2))]  # input, kernel
for _ in range(5):
    h, w = SHAPES.randint(1, 5), SHAPES.randint(1, 5)
    CONV_SHAPES.append(((h + SHAPES.randint(0, 8), w + SHAPES.randint(0, 8)), (h, w)))
NB01 = definitions("01_cross_correlation.ipynb")
NB03 = definitions("03_channels_and_shapes.ipynb")
NB04 = definitions("04_pooling.ipynb")
NB05 = definitions("05_lenet.ipynb")
NB06 = definitions("06_alexnet.ipynb")
NB07 = definitions("07_vgg.ipynb")
NB08 = definitions("08_nin.ipynb")
BY_HAND = {
    "package": by_hand.corr2d,
    "loops": NB01["corr2d"],
    "unfold": NB01["corr2d_unfold"],
    "torch": NB01["corr2d_torch"],
}


def rand(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("corr2d", BY_HAND.values(), ids=BY_HAND)
@pytest.mark.parametrize("size, kernel", CONV_SHAPES)
def test_corr2d_equals_torch(corr2d, size, kernel):
    X, K = rand(*size), rand(*kernel)
    expected = F.conv2d(X[None, None], K[None, None])[0, 0]
    torch.testing.assert_close(corr2d(X, K), expected)


CONV2D = {"package": by_hand.Conv2D, "notebook": NB01["Conv2D"]}


@pytest.mark.parametrize("Conv2D", CONV2D.values(), ids=CONV2D)
@pytest.mark.parametrize("size, kernel", CONV_SHAPES)
def test_the_layer_equals_torch(Conv2D, size, kernel):
    X, layer = rand(*size), Conv2D(kernel).double()
    assert [n for n, _ in layer.named_parameters()] == ["weight", "bias"]
    nn.init.constant_(layer.bias, 0.7)
    expected = F.conv2d(X[None, None], layer.weight[None, None], layer.bias)[0, 0]
    torch.testing.assert_close(layer(X), expected)


@pytest.mark.parametrize("Conv2D", CONV2D.values(), ids=CONV2D)
def test_the_gradients_of_the_layer_are_right(Conv2D):
    layer = Conv2D((2, 3)).double()

    def output(X, weight, bias):
        return torch.func.functional_call(layer, {"weight": weight, "bias": bias}, X)

    inputs = [rand(4, 5), rand(2, 3), rand(1)]
    assert torch.autograd.gradcheck(output, [x.requires_grad_() for x in inputs])


@pytest.mark.parametrize(
    "corr2d, Conv2D",
    [(by_hand.corr2d, by_hand.Conv2D), (NB01["corr2d"], NB01["Conv2D"])],
    ids=CONV2D,
)
def test_whole_numbers_times_fractions_are_not_cut_off(corr2d, Conv2D):
    X, K = torch.tensor([[1, 2, 0], [3, 1, 4]]), torch.tensor([[0.5, 0.5]])
    halves = torch.tensor([[1.5, 1.0], [2.0, 2.5]])
    assert torch.equal(corr2d(X, K), halves)
    assert torch.equal(corr2d(2 * K, X[:1, :2]), torch.tensor([[3.0]]))
    assert corr2d(X, X[:1]).dtype == torch.int64  # whole numbers stay whole
    layer = Conv2D((1, 2))
    assert torch.equal(layer(X), corr2d(X.float(), layer.weight) + layer.bias)


@pytest.mark.parametrize(
    "notebook, name",
    [
        ("01_cross_correlation.ipynb", "corr2d"),
        ("01_cross_correlation.ipynb", "Conv2D"),
        ("03_channels_and_shapes.ipynb", "receptive_size"),
    ],
)
def test_what_a_notebook_builds_is_what_the_package_has(notebook, name):
    package = ast.parse(Path(by_hand.__file__).read_text(encoding="utf-8")).body
    assert source_of(statements(notebook), name) == source_of(package, name)


@pytest.mark.parametrize("n", [1, 5, 8, 13])
@pytest.mark.parametrize("kernel, padding, stride", [(1, 0, 1), (3, 1, 2), (5, 2, 3)])
def test_output_size_equals_torch(n, kernel, padding, stride):
    Y = F.conv2d(rand(1, 1, n, n), rand(1, 1, kernel, kernel), None, stride, padding)
    assert NB03["output_size"](n, kernel, padding, stride) == Y.shape[2]
    assert NB03["output_size"](n + kernel, kernel) == n + 1


@pytest.mark.parametrize("n_in, n_out", [(1, 1), (3, 1), (2, 4)])
def test_several_channels_equal_torch(n_in, n_out):
    X, K, bias = rand(n_in, 7, 6), rand(n_out, n_in, 3, 2), rand(n_out)
    by_hand = NB03["corr2d_multi_in_out"](X, K, bias)
    torch.testing.assert_close(by_hand, F.conv2d(X[None], K, bias)[0])
    one_map = NB03["corr2d_multi_in"](X, K[0])
    torch.testing.assert_close(one_map, F.conv2d(X[None], K[:1])[0, 0])


@pytest.mark.parametrize(
    "n, kernel, padding, stride",
    [(7, 2, 0, 3), (9, 3, 1, 2), (6, 5, 2, 1), (4, 4, 0, 1)],
)
def test_coverage_is_the_gradient_of_a_sum_of_windows(n, kernel, padding, stride):
    X = torch.zeros(1, 1, n, n, requires_grad=True)
    ones = torch.ones(1, 1, kernel, kernel)
    F.conv2d(X, ones, stride=stride, padding=padding).sum().backward()
    assert torch.equal(NB03["coverage"](n, kernel, padding, stride), X.grad[0, 0])


@pytest.mark.parametrize(
    "stack", [[(3, 1)], [(11, 4)], [(3, 2), (3, 1)], [(5, 1), (2, 2), (3, 1), (3, 2)]]
)
def test_receptive_size_is_where_the_gradient_is(stack):
    X = torch.zeros(1, 1, 64, 64, requires_grad=True)
    Y = X
    for kernel, stride in stack:
        Y = F.conv2d(Y, torch.ones(1, 1, kernel, kernel), stride=stride)
    Y[0, 0, 1, 1].backward()
    assert NB03["receptive_size"](stack) == X.grad[0, 0].sum(0).count_nonzero()


@pytest.mark.parametrize("shape", [(2, 2), (5, 7), (9, 4), (8, 8)])
@pytest.mark.parametrize("size, stride", [(2, None), (2, 1), (2, 3), (1, 2)])
def test_pool2d_equals_torch(shape, size, stride):
    X, pool2d = rand(*shape), NB04["pool2d"]
    largest = F.max_pool2d(X[None, None], size, stride)[0, 0]
    average = F.avg_pool2d(X[None, None], size, stride)[0, 0]
    assert torch.equal(pool2d(X, size, stride), largest)
    torch.testing.assert_close(pool2d(X, size, stride, mode="avg"), average)


BUILT = {
    "lenet": (NB05, {}, 28),
    "modern_lenet": (NB05, {}, 28),
    "fully_connected": (NB05, {}, 28),
    "alexnet": (NB06, {}, 224),
    "vgg": (NB07, dict(blocks=networks.NARROW_VGG, hidden=512), 224),
    "nin": (NB08, {}, 67),
}


@pytest.mark.parametrize("name", BUILT)
def test_a_notebook_builds_the_network_that_the_package_has(name):
    notebook, arguments, side = BUILT[name]
    one = notebook[name](**arguments).eval()
    other = getattr(networks, name)(**arguments).eval()
    other.load_state_dict(one.state_dict())  # raises for other names or shapes
    X = torch.rand(2, 1, side, side)
    assert one(X).shape == (2, 10) and torch.equal(one(X), other(X))


@pytest.mark.parametrize("num_1x1", range(4))
@pytest.mark.parametrize("last_relu", [True, False])
def test_notebook_08_builds_every_arm_of_the_ablation(num_1x1, last_relu):
    for channels in ((96, 256, 384), networks.NARROW_NIN):
        arm = dict(num_1x1=num_1x1, last_relu=last_relu, channels=channels)
        assert str(NB08["nin"](**arm)) == str(networks.nin(**arm))
