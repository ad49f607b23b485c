"""The explorer's way through a network: what it takes, keeps and refuses."""

import copy
import re

import pytest
import torch
from test_explorer_units import random_net
from torch import nn
from view_helpers import noise

from cnn_course import explore
from cnn_course.networks import Residual, lenet
from cnn_course.views.explorer.layers import picture, walk
from cnn_course.views.explorer.units import explain

close = torch.testing.assert_close


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
def test_a_network_in_another_precision_is_shown_in_float32(dtype):
    net = lenet().to(dtype)
    stages = walk(net, torch.rand(1, 1, 28, 28))
    assert next(net.parameters()).dtype == dtype
    assert {stage.Y.dtype for stage in stages} == {torch.float32}


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
        (nn.Sequential, "this network has no layers"),
        (alone(Own), "0 · Own is no layer that this view can explain; expected"),
        (alone(nn.LazyConv2d, 3, 3), "call net(X) once"),
        (alone(nn.Linear, 28, 10), "put nn.Flatten() before it"),
        (alone(nn.Flatten, 2), "0 · Flatten makes no vector (1, n) of one picture"),
        (alone(nn.Softmax, dim=-1), "0 · Softmax has dim=-1"),
        (alone(nn.Conv2d, 3, 6, 5), "0 · Conv2d cannot take what comes"),
        (broken, "behind 3 · Conv2d are not all finite numbers: its training went"),
        (alone(nn.Conv2d, 1, 2, 3, padding_mode="reflect"), "0 · Conv2d pads with"),
        (alone(nn.BatchNorm2d, 1, track_running_stats=False), "lacks averages"),
        (alone(nn.BatchNorm2d, 1, affine=False), "leave track_running_stats and affi"),
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


def test_pictures_come_from_a_loader_or_a_tensor():
    loader = noise([3, 9, 0])
    X, name = picture(loader, 1)
    assert X.shape == (1, 1, 28, 28) and name == "Ankle boot"
    close(X[0, 0], loader.images[1] / 255)
    loader.resize = (40, 32)
    assert picture(loader, 2)[0].shape == (1, 1, 40, 32)
    X = torch.rand(5, 3, 8, 9, dtype=torch.float64, requires_grad=True)
    found, name = picture(X, 4)
    assert found.dtype == torch.float32 and not found.requires_grad and name is None
    close(found[0], X[4].detach().float())


@pytest.mark.parametrize(
    "pictures",
    [
        torch.zeros(2, 1, 28, 28, dtype=torch.uint8),
        torch.rand(1, 28, 28),
        (torch.rand(2, 1, 28, 28), torch.tensor([1, 2])),
    ],
)
def test_other_pictures_are_refused(pictures):
    with pytest.raises(TypeError, match="pictures must be a loader as load_data"):
        explore(lenet(), pictures)
