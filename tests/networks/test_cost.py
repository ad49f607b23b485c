"""The costs, against counts derived by hand, and that counting leaves no trace."""

import pytest
import torch
from torch import nn

from cnn_course.networks.architectures import lenet
from cnn_course.networks.cost import (
    activation_bytes,
    count_multiply_adds,
    count_parameters,
)

NET = nn.Sequential(
    nn.Conv2d(1, 2, 3), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 4, bias=False)
)
ODD = nn.Conv2d(2, 4, (3, 1), stride=2, padding=1, bias=False)
BY_HAND = {  # what is given to it, its parameters, its multiply-adds
    nn.Conv2d(3, 5, 3): ((1, 3, 9, 8), 5 * 3 * 3**2 + 5, 7 * 6 * 5 * 3 * 3**2),
    ODD: ((2, 2, 9, 8), 4 * 2 * 3, 2 * 5 * 5 * 4 * 2 * 3),
    nn.Conv2d(4, 6, 3, groups=2): ((1, 4, 5, 7), 6 * 2 * 9 + 6, 3 * 5 * 6 * 2 * 9),
    nn.Linear(7, 3): ((4, 7), 7 * 3 + 3, 4 * 7 * 3),
    NET: ((3, 1, 8, 8), 2 * 9 + 2 + 18 * 4, 3 * (6 * 6 * 2 * 9 + 18 * 4)),
}


@pytest.mark.parametrize("net", BY_HAND)
def test_what_layers_cost_by_hand(net):
    shape, parameters, multiply_adds = BY_HAND[net]
    assert count_parameters(net) == parameters
    assert count_multiply_adds(net, shape) == multiply_adds


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
def test_counting_leaves_the_net_as_it_was_also_after_an_error(count):
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5)).train()
    net[0].eval()
    before = [(m.training, len(m._forward_hooks)) for m in net.modules()]
    values = [value.clone() for value in net.state_dict().values()]
    assert count(net, (2, 1, 8, 8)) > 0
    with pytest.raises(RuntimeError):
        count(net, (2, 3, 8, 8))
    assert [(m.training, len(m._forward_hooks)) for m in net.modules()] == before
    assert all(map(torch.equal, net.state_dict().values(), values))
    assert torch.is_grad_enabled()
