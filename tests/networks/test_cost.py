"""The costs, against counts derived by hand, and that counting leaves no trace."""

import random

import pytest
import torch
from torch import nn

from cnn_course.networks.architectures import lenet
from cnn_course.networks.cost import (
    activation_bytes,
    count_multiply_adds,
    count_parameters,
)


def random_net(draw):
    """Return (net, input shape, parameters, multiply-adds), the counts by hand."""
    channels, h, w = draw.randint(1, 3), draw.randint(9, 12), draw.randint(9, 12)
    n, layers, parameters, products = draw.randint(1, 3), [], 0, 0
    shape = (n, channels, h, w)
    for _ in range(draw.randint(1, 3)):
        groups, kernel, stride = draw.randint(1, 2), draw.randint(1, 3), 1 + (h > 8)
        padding, bias = draw.randint(0, 1), draw.random() < 0.5
        c_in, c_out = groups * channels, groups * draw.randint(1, 4)
        layers += [nn.Conv2d(channels, c_in, 1, bias=False), nn.ReLU()]
        layers += [nn.Conv2d(c_in, c_out, kernel, stride, padding, 1, groups, bias)]
        layers += [nn.ReLU(inplace=True)]
        parameters += channels * c_in
        products += n * h * w * channels * c_in
        weights = c_out * (c_in // groups) * kernel**2
        h, w = ((side + 2 * padding - kernel) // stride + 1 for side in (h, w))
        parameters += weights + bias * c_out
        products += n * h * w * weights
        channels = c_out
    layers += [nn.MaxPool2d(1), nn.Flatten()]
    features = channels * h * w
    for _ in range(draw.randint(1, 2)):
        out, bias = draw.randint(1, 5), draw.random() < 0.5
        layers += [nn.Linear(features, out, bias), nn.Sigmoid()]
        parameters += features * out + bias * out
        products += n * features * out
        features = out
    return nn.Sequential(*layers), shape, parameters, products


@pytest.mark.parametrize("seed", range(12))
def test_random_nets_cost_what_the_hand_says(seed):
    net, shape, parameters, products = random_net(random.Random(seed))
    assert count_parameters(net) == parameters
    assert count_multiply_adds(net, shape) == products


def test_a_shared_layer_has_its_parameters_once_and_its_multiply_adds_every_time():
    layer = nn.Linear(4, 4)
    net = nn.Sequential(layer, layer, layer)
    assert count_parameters(net) == 4 * 4 + 4
    assert count_multiply_adds(net, (2, 4)) == 3 * 2 * 4 * 4
    assert activation_bytes(net, (2, 4)) == 4 * 3 * 2 * 4  # an output each time


def test_activations_of_lenet_by_hand():
    maps = 2 * 6 * 28**2 + 6 * 14**2 + 2 * 16 * 10**2 + 16 * 5**2
    numbers = maps + 2 * 120 + 2 * 84 + 10
    assert activation_bytes(lenet(), (1, 1, 28, 28)) == 4 * numbers
    assert activation_bytes(lenet(), (3, 1, 28, 28)) == 3 * 4 * numbers


CONV = 4 * 5 * 6 * 6  # bytes that come out of Conv2d(1, 5, 3) for a picture of 8×8
CASES = {
    "a layer that computes": ([nn.Sigmoid()], 2 * CONV),
    "in place": ([nn.ReLU(inplace=True)], CONV),
    "a view": ([nn.Flatten(), nn.Unflatten(1, (5, 36)), nn.Dropout(0.5)], CONV),
    "in boxes": ([nn.Sequential(nn.Sequential(nn.Sigmoid()), nn.Identity())], 2 * CONV),
}


@pytest.mark.parametrize("layers, count", CASES.values(), ids=CASES)
def test_only_new_memory_is_counted(layers, count):
    net = nn.Sequential(nn.Conv2d(1, 5, 3), *layers).train()
    assert activation_bytes(net, (1, 1, 8, 8)) == count


@pytest.mark.parametrize("count", [count_multiply_adds, activation_bytes])
@pytest.mark.parametrize("shape", [(2, 1, 8, 8), (2, 3, 8, 8)], ids=["good", "wrong"])
def test_counting_leaves_the_net_as_it_was_also_after_an_error(count, shape):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    net[0].eval()
    graphs = []
    net[1].register_forward_hook(lambda _, __, Y: graphs.append(Y.requires_grad))
    before = [(m.training, len(m._forward_hooks)) for m in net.modules()]
    values = [value.clone() for value in net.state_dict().values()]
    if shape[1] == 1:
        assert count(net, shape) > 0 and graphs == [False]  # no graph was built
    else:
        with pytest.raises(RuntimeError):
            count(net, shape)
    assert [(m.training, len(m._forward_hooks)) for m in net.modules()] == before
    assert all(map(torch.equal, net.state_dict().values(), values))
    assert all(p.grad is None for p in net.parameters())
    assert torch.is_grad_enabled()
