"""View 6: choosing or drawing a picture, and what LeNet makes of it."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from view_helpers import noise

from cnn_course.data import Batches
from cnn_course.networks import lenet
from cnn_course.views.lenet_at_work import CELL, TOP, feature_maps, lenet_at_work

CLASSES = Batches.classes
# Shares of the classes that the fixture's network always gives.
SHARES = dict.fromkeys(CLASSES, 0.01) | {"Ankle boot": 0.6, "Bag": 0.25, "Dress": 0.08}


@pytest.fixture
def test_iter():
    return noise([3, 9, 0, 9, 8, 9])


@pytest.fixture
def net():
    torch.manual_seed(0)
    net = lenet()
    nn.init.zeros_(net[-1].weight)
    net[-1].bias.data = torch.tensor(list(SHARES.values())).log()
    return net


@pytest.fixture
def view(net, test_iter):
    return lenet_at_work(net, test_iter)


def press(view, word):
    """Press a chip of the view, by its word."""
    at = re.search(rf'data-at="([^"]*)" [^>]*aria-label="{word}"', view.picture.svg)
    view.touch("press", at[1])


def paint(view, *pixels):
    """Draw with the mouse through the middles of pixels (row, column)."""
    for kind, (row, column) in zip(("press", *["drag"] * 99), pixels, strict=False):
        x, y = 1 + (column + 0.5) * CELL, TOP + (row + 0.5) * CELL
        view.touch(kind, "sheet:", x=x, y=y)


def painted(view):
    return view.controls["sheet"].value


def own():
    """A student's own LeNet, with other layers, one of them a block."""
    block = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Tanh())
    layers = nn.MaxPool2d(2), nn.Dropout(0.5), nn.Conv2d(4, 40, 3, stride=2)
    head = nn.Flatten(), nn.Dropout(0.5), nn.Linear(1440, 10), nn.Softmax(dim=1)
    return nn.Sequential(nn.Identity(), block, *layers, *head)


POOL = "average pooling"
SIGMOID = "convolution, Sigmoid"
OWN = ["convolution, BatchNorm2d, Tanh", "max pooling, Dropout", "convolution"]


@pytest.mark.parametrize(
    "build, names, ends",
    [(lenet, [SIGMOID, POOL] * 2, (2, 3, 5, 6)), (own, OWN, (2, 4, 5))],
)
def test_maps_are_the_outputs_of_the_layers(build, names, ends):
    net, X = build(), torch.rand(8, 1, 28, 28)
    net(X)  # the averages of batch norm
    layers, shares = feature_maps(net, X[:1], 10)
    assert [name for name, _ in layers] == names
    net.eval()
    for (_, maps), end in zip(layers, ends, strict=True):
        assert torch.allclose(maps, net[:end](X[:1])[0], atol=1e-6)
    logits = net[:8](X[:1])[0] if build is own else net(X[:1])[0]
    assert torch.allclose(shares, logits.softmax(0), atol=1e-6)


def test_many_maps_and_a_loader_that_resizes(test_iter):
    test_iter.resize = (40, 32)
    wide = nn.Sequential(nn.Conv2d(1, 64, 3), nn.Flatten(), nn.Linear(64 * 1140, 10))
    view = lenet_at_work(wide, test_iter)
    assert ">convolution: 64 × 38 × 30, the first 32<" in view.picture.svg
    assert view.picture.svg.count("data-shows") == 32


def test_the_picture_its_label_and_shares_are_told(view):
    assert view.label == (
        "picture 0, labelled Dress; Ankle boot 60.0 %; Bag 25.0 %; Dress 8.0 %; "
        "feature maps: 6×28×28 → 6×14×14 → 16×10×10 → 16×5×5"
    )
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", view.picture.svg)
    shares = texts[texts.index("T-shirt/top") :][: 2 * len(SHARES)]
    shown = {c: f"{share:.0%}" for c, share in SHARES.items()}
    assert dict(zip(shares[::2], shares[1::2], strict=True)) == shown


def test_every_map_can_be_enlarged_without_the_kernel(view):
    svg = view.picture.svg
    names = re.findall(r'data-shows="\.([^"]*)"', svg)
    assert len(set(names)) == len(names) == 6 + 6 + 16 + 16
    assert all(svg.count(f'class="when-lit {name}"') == 1 for name in names)


def test_a_stroke_on_a_picture_makes_it_your_drawing(view, test_iter):
    before = view.picture.svg
    press(view, "black")
    paint(view, (3, 3), (3, 20))
    assert view.label.startswith("your drawing; Ankle boot 60.0 %; Bag 25.0 %")
    found = painted(view).copy()
    assert not found[3, 3:21].any()
    found[2:5, 2:22] = test_iter.images[0][2:5, 2:22]
    assert (found == test_iter.images[0].numpy()).all()  # a brush of 2 is narrow
    press(view, "start from picture")
    assert "labelled Dress" in view.label and view.picture.svg != before
    press(view, "clear")
    assert view.label.startswith("nothing drawn yet; feature maps")
    assert "%<" not in view.picture.svg  # no prediction
    view.controls["number"].slider.value = 1
    assert view.label.startswith("picture 1, labelled Ankle boot")
    assert (painted(view) == test_iter.images[1].numpy()).all()


def test_a_line_is_as_wide_as_the_brush_and_soft_at_its_edge(view):
    for word, width in [("brush 2", 2), ("5", 5), ("3", 3)]:
        press(view, "clear")
        press(view, word)
        paint(view, (10, 4), (10, 14), (10, 24))
        column = painted(view)[:, 14] / 255
        assert column.sum() == pytest.approx(width, abs=0.02)
    press(view, "clear")
    press(view, "grey")
    paint(view, (5, 5))
    paint(view, (5, 5))  # a second stroke covers no more in the middle
    assert painted(view)[5, 5] == 128


def test_keys_move_the_brush_and_paint_and_stay_on_the_sheet(view):
    press(view, "clear")
    path = ["ArrowLeft", "ArrowUp"] * 30, ["x", *["ArrowRight"] * 2, "ArrowDown"]
    for keys in path:
        for key in keys:
            view.touch("key", "sheet:", key=key)
        view.touch("press", "sheet:", key="Enter")
    assert np.argwhere(painted(view) == 255).tolist() == [[0, 0], [1, 2]]


def test_the_view_follows_a_network_that_goes_on_learning(view, net):
    net[-1].bias.data[:] = 0.0
    view.touch("press", "sheet:", key="Enter")
    assert "10.0 %" in view.label
    net[-1].bias.data[0] = torch.nan
    view.touch("press", "sheet:", key="Enter")
    assert "its training went wrong" in view.message.value
