"""The explorer's way through a network: what it takes, keeps and refuses."""

import copy
import re

import pytest
import torch
from test_explorer_units import random_net
from torch import nn

from cnn_course import explore
from cnn_course.networks import Residual, lenet
from cnn_course.views.explorer.layers import walk
from cnn_course.views.explorer.units import explain


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def everything(net):
    grads = [parameter.grad.clone() for parameter in net.parameters()]
    return [*grads, *copy.deepcopy(net.state_dict()).values(), torch.get_rng_state()]


def test_the_network_itself_does_not_change_and_its_hooks_are_not_called():
    net, X, seen = random_net(0), torch.randn(1, 2, 13, 11), []
    for parameter in net.parameters():
        parameter.grad = torch.ones_like(parameter)
    net[0].register_forward_hook(lambda *_: seen.append(1))
    modes, numbers = [module.training for module in net.modules()], everything(net)
    assert any(modes) and not all(modes)
    explain(walk(net, X)[-1], 0)
    assert [module.training for module in net.modules()] == modes
    assert all(map(torch.equal, everything(net), numbers)) and seen == []
    net(X)
    assert seen == [1]


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_network_and_pictures_in_another_precision_are_shown_in_float32(dtype):
    net, X = lenet().to(dtype), torch.rand(2, 1, 28, 28, requires_grad=True)
    stages = explore(net, X.to(dtype)).controls["map"].stages
    assert next(net.parameters()).dtype == dtype
    assert {stage.Y.dtype for stage in stages} == {torch.float32}
    assert torch.equal(stages[0].Y, X[0].detach().to(dtype).float())


def test_layers_are_named_by_where_they_stand():
    shared = nn.ReLU()
    branch = nn.Sequential(nn.Conv2d(1, 1, 1), shared)
    block = nn.Sequential(Residual(branch, nn.Conv2d(1, 1, 1)), shared)
    net = nn.Sequential(shared, block, Residual(nn.Dropout()), nn.Identity())
    stages = walk(net, torch.rand(1, 1, 3, 3))
    assert [(stage.name, [*map(stages.index, stage.sources)]) for stage in stages] == [
        ("picture", []),
        ("0 · ReLU", [0]),
        ("1.0.branch.0 · Conv2d", [1]),
        ("1.0.branch.1 · ReLU", [2]),
        ("1.0.shortcut · Conv2d", [1]),
        ("1.0 · Residual", [3, 4]),
        ("1.1 · ReLU", [5]),
        ("2.branch · Dropout", [6]),
        ("2 · Residual", [7, 6]),
    ]


class Own(nn.Module):
    def forward(self, X):
        return X


def broken():
    net = lenet()
    net[3].weight.data[2] = torch.nan
    return net


def alone(layer, *args, **options):
    return lambda: nn.Sequential(layer(*args, **options))


def block(*branch):
    return lambda: nn.Sequential(Residual(nn.Sequential(*branch)))


IN_PLACE = nn.ReLU(inplace=True)


@pytest.mark.parametrize(
    "build, words",
    [
        (Own, "this is a Own; expected is an nn.Sequential of these layers: Conv2d"),
        (alone(Own), "0 · Own is no layer that this view can explain; expected"),
        (alone(nn.LazyConv2d, 3, 3), "call net(X) once"),
        (alone(nn.Linear, 28, 10), "put nn.Flatten() before it"),
        (alone(nn.Softmax, dim=-1), "0 · Softmax has dim=-1"),
        (alone(nn.Conv2d, 3, 6, 5), "0 · Conv2d cannot take what comes"),
        (broken, "behind 3 · Conv2d are not all finite numbers: its training went"),
        (alone(nn.Conv2d, 1, 2, 3, padding_mode="reflect"), "0 · Conv2d pads with"),
        (block(nn.Conv2d(1, 4, 3, padding=1)), "the branch gives (1, 4, 28, 28) and"),
        (block(nn.Dropout(), IN_PLACE), "0 · Residual: its branch works in place"),
    ],
)
def test_what_cannot_be_explained_is_refused_by_name(build, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        explore(build(), torch.rand(1, 1, 28, 28) - 0.5)


def test_a_picture_with_nan_is_not_the_networks_fault():
    with pytest.raises(ValueError, match="perhaps it was divided by 0"):
        walk(lenet(), torch.full((1, 1, 28, 28), torch.nan))


def test_other_pictures_are_refused():
    X = torch.rand(2, 1, 28, 28)
    for pictures in (X[0], (255 * X).byte(), (X, torch.tensor([1, 2]))):
        with pytest.raises(TypeError, match="pictures must be a loader as load_data"):
            explore(lenet(), pictures)
