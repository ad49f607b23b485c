"""View 12: what is drawn of a network, and of one unit in it, is what torch has."""

import io
import random
import re
import xml.etree.ElementTree as ElementTree

import pytest
import torch
import torch.nn.functional as F
from PIL import Image
from test_explorer_units import activations, random_net
from torch import nn
from view_helpers import noise

from cnn_course import explore
from cnn_course.networks import NARROW_VGG, Residual, lenet, narrow_nin, vgg
from cnn_course.views.explorer import view as explorer
from cnn_course.views.explorer.units import digits
from cnn_course.views.kit.texts import number

UNIT = re.compile(r"channel (\d+)(?:, row (\d+), column (\d+))?")


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def view():
    return explore(lenet(), noise([3, 9, 0]))


def texts(view):
    tree = ElementTree.fromstring(view.picture.svg)
    return ["".join(t.itertext()) for t in tree.iter() if t.tag.endswith("}text")]


def stages_of(view):
    return view.controls["map"].stages


def near(value):
    """Return how a view may write a number that differs by less than 1e-5."""
    return {digits(v) for v in (value - 1e-5, value, value + 1e-5)}


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel")
@pytest.mark.parametrize("seed", range(3))
def test_the_unit_that_is_drawn_is_torch_s(seed):
    net, X = random_net(seed), torch.randn(1, 2, 13, 11)
    view, behind, lot = explore(net, X), activations(net, X), random.Random(seed)
    offered = re.findall(r'data-at="(map:\d+,\d+)"', view.picture.svg)
    assert len({at.partition(",")[0] for at in offered}) == len(stages_of(view)) - 1
    for at in lot.sample(offered, 20):
        view.touch("press", at)
        for key in lot.sample(["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], 2):
            view.touch("key", "unit:", key=key)
        assert view.message.value == ""
        name, written = view.label.split(" · ")[0], texts(view)
        Y = behind[name] if name in behind else behind[""].softmax(0)
        told = next(i for i, words in enumerate(written) if UNIT.fullmatch(words))
        place = [int(n) - 1 for n in UNIT.fullmatch(written[told]).groups() if n]
        assert written[told + 1] in near(Y.squeeze()[tuple(place)].item()), view.label


def test_window_kernel_and_sums_are_torch_s():
    net, X = nn.Sequential(nn.Conv2d(7, 3, 3, padding=1)), torch.randn(1, 7, 5, 6)
    view, cell = explore(net, X), explorer.LARGE / 6
    windows = F.unfold(X, 3, padding=1).view(7, 3, 3, 5, 6)
    for channel, row, column in [(0, 0, 0), (1, 2, 3), (2, 4, 5), (2, 0, 3)]:
        view.touch("press", f"map:1,{channel}")
        x, y = (cell * (n + 0.5) for n in (column, row))
        view.touch("hover", "unit:", x=explorer.RIGHT + x, y=explorer.TOP + y)
        window, kernel = windows[..., row, column], net[0].weight[channel].detach()
        sums = (window * kernel).sum(dim=(1, 2))
        order = sums.abs().argsort(descending=True)
        view.touch("press", "input:1")
        drawn = texts(view)
        for values in window[order[1]], kernel[order[1]]:
            written = [number(v) for v in values.flatten().tolist()]
            assert any(drawn[i : i + 9] == written for i in range(len(drawn)))
        for c in order[:3].tolist():
            assert any(f"{c + 1}: {told}" in drawn for told in near(sums[c]))
        rest = sums[order[3:]].sum()
        assert any(f"4 more: {told}" in drawn for told in near(rest))


def test_another_map_and_the_unit_under_the_pointer(view):
    assert view.label.startswith("0 · Conv2d, 6×28×28, channel ")
    view.touch("press", "map:6,9")
    assert "5 · AvgPool2d, 16×5×5, channel 10, row" in view.label
    size = explorer.LARGE / 5
    x, y = explorer.RIGHT + 2.5 * size, explorer.TOP + 1.5 * size
    view.touch("hover", "unit:", x=x, y=y)
    assert "channel 10, row 2, column 3: " in view.label
    view.touch("press", "unit:", x=1.0, y=1.0, key="Enter")  # stays
    assert "channel 10, row 2, column 3: " in view.label
    view.touch("drag", "unit:", x=x + 900, y=y - 900)
    assert "channel 10, row 1, column 5: " in view.label
    view.touch("key", "map:6,9", key="ArrowDown")
    assert "channel 11, row 1, column 5: " in view.label
    view.touch("key", "map:6,9", key="ArrowLeft")
    assert view.label.startswith("4 · Sigmoid, 16×10×10")
    for _ in range(20):
        view.touch("key", "map:4,0", key="ArrowRight")
    assert view.label.startswith("behind the network · Softmax, 10, ")
    assert "it sees rows 1 to 28, columns 1 to 28 of picture 0: Dress" in view.label


def test_maps_of_classes_have_their_names():
    pictures, stages = noise([3]), {}
    pictures.resize = (99, 99)
    view = explore(narrow_nin(), pictures)
    for k in range(1, len(stages_of(view))):
        view.touch("press", f"map:{k},3")
        stages[k] = view.label.split(", ")[2]
    named = [k for k, name in stages.items() if name.startswith("Dress")]
    assert named == list(range(len(stages) - 3, len(stages) + 1))


def test_of_many_layers_those_around_the_chosen_one_are_shown():
    block = nn.Sequential(Residual(nn.Conv2d(2, 2, 3, padding=1)), nn.ReLU())
    net = nn.Sequential(*[block] * 20, nn.Flatten(), nn.Linear(32, 12))
    view, seen = explore(net, torch.rand(1, 2, 4, 4)), set()
    for k in range(1, 63):
        shown = set(map(int, re.findall(r'data-at="map:(\d+),', view.picture.svg)))
        assert {max(k - 1, 1), k, k + 1} <= shown and view.message.value == ""
        seen |= shown
        view.touch("key", f"map:{k},0", key="ArrowRight")
    assert seen == set(range(1, 64))


@pytest.mark.parametrize(
    ("build", "side"),
    [(lenet, 28), (lambda: vgg(NARROW_VGG, side=64, hidden=64), 64), (narrow_nin, 67)],
)
def test_the_course_s_networks_fit_on_one_page_and_are_asked_once(
    build, side, monkeypatch
):
    asked, walk = [], explorer.walk
    monkeypatch.setattr(explorer, "walk", lambda *a: asked.append(1) or walk(*a))
    view = explore(build(), torch.rand(2, 1, side, side))
    shown = dict(re.findall(r'data-at="map:(\d+),(\d+)"', view.picture.svg))
    assert sorted(map(int, shown)) == list(range(1, len(stages_of(view))))
    for k, channel in shown.items():
        view.touch("press", f"map:{k},{channel}")
        assert view.message.value == "" and view.label
    assert len(asked) == 1
    view.controls["picture"].write(1)
    assert len(asked) == 2


def test_a_picture_of_ones_own_takes_the_place_of_the_others():
    view = explore(lenet(), noise([3, 9, 0]))
    file = io.BytesIO()
    Image.new("L", (90, 60), 51).save(file, "png")
    view.touch("file", "own:0", key="mine.png", file=file.getvalue())
    X = view.controls["map"].stages[0].Y
    torch.testing.assert_close(X, torch.full((1, 28, 28), 0.2))
    assert "of your picture" in view.label
    view.touch("file", "own:0", key="huge.png", file=None)
    assert "huge.png: this file is larger than 10 MB" in view.message.value
    view.controls["picture"].write(1)
    assert "of picture 1: Ankle boot" in view.label and view.message.value == ""
