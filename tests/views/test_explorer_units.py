"""Every number that the explorer explains is the one that torch computes."""

import copy
import itertools
import random

import pytest
import torch
from torch import nn

from cnn_course.networks import NARROW_VGG, Residual, lenet, narrow_nin, vgg
from cnn_course.views.explorer.layers import walk
from cnn_course.views.explorer.units import ACTIVATIONS, RULES, explain, sees


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def convolution(lot, n_in, groups=1, **options):
    size = lot.choice([1, 2, 3, (3, 2)])
    options = dict(stride=lot.choice([1, 1, 2, (2, 1)])) | options
    options |= dict(padding=lot.choice([0, 1, (2, 1)]), dilation=lot.choice([1, 2]))
    options |= dict(bias=lot.random() < 0.8, groups=groups)
    return nn.Conv2d(n_in, lot.choice([2, 4]) * groups, size, **options)


def random_net(seed):
    """Return a network with everything that may stand in one, drawn by `seed`."""
    lot = random.Random(seed)
    first = convolution(lot, 2, groups=2)
    n = first.out_channels
    window = dict(kernel_size=3, stride=2, padding=1, ceil_mode=lot.random() < 0.5)
    pool = lot.choice(
        [
            nn.MaxPool2d(**window),
            nn.MaxPool2d((2, 3), stride=1, dilation=(2, 1)),
            nn.AvgPool2d(**window),
            nn.AvgPool2d(**window, count_include_pad=False),
            nn.AvgPool2d(2, divisor_override=3),
        ]
    )
    adaptive = lot.choice([nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d])((4, 3))
    same = nn.Conv2d(n, n, (4, 3), padding="same", dilation=lot.choice([1, 2]))
    branch = nn.Sequential(same, nn.BatchNorm2d(n))
    shortcut = lot.choice([None, nn.Conv2d(n, n, 1, padding="valid")])
    flat = [nn.BatchNorm1d(5), nn.Dropout(), lot.choice(ACTIVATIONS)()]
    net = nn.Sequential(
        nn.Sequential(first, nn.BatchNorm2d(n), nn.ReLU(inplace=True)),
        pool,
        Residual(branch, shortcut),
        nn.Sequential(nn.Identity(), lot.choice(ACTIVATIONS)(), nn.Dropout2d()),
        adaptive,
        nn.Flatten(),
        nn.Linear(n * 12, 5, bias=lot.random() < 0.5),
        *flat[: lot.randint(0, 3)],
        Residual(nn.Sequential(nn.Linear(5, 5), nn.Tanh())),
        nn.Linear(5, 3),
    )
    net(torch.randn(16, 2, 13, 11))  # the averages of batch norm
    for module in net.modules():
        module.training = lot.random() < 0.5
    return net


def activations(net, X):
    """Return {name of a module: what torch gives behind it}, by forward hooks."""
    found, net = {}, copy.deepcopy(net).eval()
    for name, module in net.named_modules():

        def keep(module, inputs, output, name=name):
            found[name] = output[0].detach().clone()

        module.register_forward_hook(keep)
    net(X)
    return found


def places(stage, count=20):
    every = list(itertools.product(*map(range, stage.Y.shape)))
    return random.Random(0).sample(every, min(count, len(every)))


def nets():
    for seed in range(12):
        yield random_net(seed), torch.randn(1, 2, 13, 11)
    for side in range(5, 9):  # of which some make windows reach beyond the padding
        for counted in (True, False):
            pool = nn.AvgPool2d(3, (2, 3), 1, ceil_mode=True, count_include_pad=counted)
            yield nn.Sequential(pool), torch.randn(1, 1, side, side)
    yield lenet(), torch.rand(1, 1, 28, 28)
    yield narrow_nin(), torch.rand(1, 1, 67, 67)
    yield vgg(NARROW_VGG, side=32, hidden=64), torch.rand(1, 1, 32, 32)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
def test_every_number_is_explained_as_torch_computes_it():
    kinds = set()
    for net, X in nets():
        stages, behind = walk(net, X), activations(net, X)
        assert torch.equal(stages[0].Y, X[0])
        for stage in stages[1:]:
            kinds.add(stage.kind)
            name = stage.name.split(" · ")[0]
            Y = behind[name] if name in behind else behind[""].softmax(0)
            close(stage.Y.reshape(Y.shape), Y)
            for place in places(stage):
                found = explain(stage, *place)
                close(found.total, stage.Y[place].item())
                assert found.sentences
    assert kinds == {*RULES}


def close(found, expected):
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "layer, X, told",
    [
        (nn.MaxPool2d(2), [[1.0, 3], [5, 3]], "max of 1, 3, 5, 3: 5"),
        (nn.AvgPool2d(2), [[1.0, 3], [5, 3]], "sum of 1, 3, 5, 3: 12, divided by 4: 3"),
        (nn.ReLU(), [[-1.25]], "max(0, −1.25) = 0"),
        (nn.Sigmoid(), [[-2.0]], "1 / (1 + e^(2)) = 0.12"),
        (nn.ELU(), [[2.0]], "ELU(2) = 2"),
        (nn.Dropout(), [[3.0]], "3 is passed on as it is"),
    ],
)
def test_what_is_told(layer, X, told):
    stages = walk(nn.Sequential(layer), torch.tensor(X)[None, None])
    assert explain(stages[-1], 0).sentences == [told]


def test_what_is_told_of_logits_and_their_softmax():
    weighted = nn.Linear(8, 2)
    weighted.weight.data = torch.tensor([[2.0, 0, 0, 0, 0, 0, 0.5, -4]]).repeat(2, 1)
    weighted.bias.data[:] = 1.5
    *_, logits, softmax = walk(
        nn.Sequential(nn.Flatten(), weighted), torch.ones(1, 8, 1, 1)
    )
    told = ["sum of window × kernel: −1.5 + bias 1.5 = 0"]
    assert explain(logits, 1).sentences == told
    assert explain(softmax, 1).sentences == [
        "e^(0) = 1",
        "divided by the sum of all, 2: 0.5",
    ]


@pytest.mark.parametrize("padding", [0, 1])
def test_a_unit_sees_where_its_gradient_is(padding):
    branch = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 1))
    net = nn.Sequential(
        nn.Conv2d(1, 3, (5, 3), stride=2, padding=padding),
        Residual(branch),
        Residual(nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 3, padding=1)),
        nn.AvgPool2d(3, stride=1, padding=padding),
        nn.Conv2d(3, 2, 2),
        nn.AdaptiveAvgPool2d((3, 2)),
        nn.Flatten(),
        nn.Linear(12, 3),
    )
    for parameter in net.parameters():
        parameter.data.abs_()
    X = torch.rand(1, 1, 29, 31, requires_grad=True)
    stages = walk(net, X.detach())
    for k, stage in enumerate(stages[:-1]):
        if not k or stage.name.count("."):  # inside a block
            continue
        Y = net[: int(stage.name[0]) + 1](X)
        for place in places(stage):
            own = place[:1] if stage.output.dim() == 2 else place
            gradient = torch.autograd.grad(Y[0][own], X, retain_graph=True)[0][0, 0]
            where = gradient.nonzero()
            ends = [where.amin(dim=0).tolist(), where.amax(dim=0).tolist()]
            assert sees(stages, k, *place)[:, 1:].tolist() == ends
