"""View 6: choosing or drawing a picture, and what LeNet makes of it."""

import re

import numpy as np
import pytest
import torch
from torch import nn
from view_helpers import noise

from cnn_course.data import Batches
from cnn_course.networks import fully_connected, lenet
from cnn_course.views.lenet_at_work import CELL, TOP, feature_maps, lenet_at_work

LABELS = [3, 9, 0, 9, 8, 9]
CLASSES = Batches.classes
# Shares of the classes that the fixture's network always gives.
SHARES = dict.fromkeys(CLASSES, 0.01) | {"Ankle boot": 0.6, "Bag": 0.25, "Dress": 0.08}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def test_iter():
    return noise(LABELS)


@pytest.fixture
def net():
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
    view.touch("drop", "sheet:", x=x, y=y)


def test_maps_are_the_outputs_of_the_layers():
    net, X = lenet(), torch.rand(1, 1, 28, 28)
    layers, shares = feature_maps(net, X, 10)
    names = ["convolution, Sigmoid", "average pooling"]
    assert [name for name, _ in layers] == 2 * names
    for (_, maps), end in zip(layers, (2, 3, 5, 6), strict=True):
        assert torch.allclose(maps, net[:end](X)[0])
    assert torch.allclose(shares, net(X)[0].softmax(0))
    own = nn.Sequential(*net, nn.Softmax(dim=1))  # a student's
    assert torch.equal(feature_maps(own, X, 10)[1], shares)


def test_a_changed_lenet_works():
    block = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Tanh())
    head = nn.Flatten(), nn.Dropout(0.5), nn.LazyLinear(10)
    layers = nn.MaxPool2d(2), nn.Dropout(0.5), nn.Conv2d(4, 40, 3, stride=2)
    net, X = (
        nn.Sequential(nn.Identity(), block, *layers, *head),
        torch.rand(8, 1, 28, 28),
    )
    net(X)
    layers, shares = feature_maps(net, X[:1], 10)
    names = ["convolution, BatchNorm2d, Tanh", "max pooling, Dropout", "convolution"]
    assert [name for name, _ in layers] == names
    net.eval()
    for (_, maps), end in zip(layers, (2, 4, 5), strict=True):
        assert torch.allclose(maps, net[:end](X[:1])[0], atol=1e-6)
    assert torch.allclose(shares, net(X[:1])[0].softmax(0), atol=1e-6)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (fully_connected, "has 0 convolutions and .*; expected is a network"),
        (lambda: nn.Sequential(nn.Conv2d(3, 6, 5)), "Conv2d cannot take what comes in"),
        (lambda: lenet()[:-1], "gives 84 numbers for 10 classes"),
    ],
)
def test_an_unfit_network_is_refused_with_what_is_expected(build, words, test_iter):
    with pytest.raises(ValueError, match=words):
        lenet_at_work(build(), test_iter)


def test_a_layer_of_many_maps_is_drawn(test_iter):
    wide = nn.Sequential(nn.Conv2d(1, 64, 3), nn.Flatten(), nn.Linear(64 * 676, 10))
    view = lenet_at_work(wide, test_iter)
    assert ">convolution: 64 × 26 × 26, the first 32<" in view.picture.svg
    assert view.picture.svg.count("data-shows") == 32


def test_a_loader_that_resizes_is_followed(test_iter):
    test_iter.resize = (40, 32)
    net = nn.Sequential(*lenet()[:7], nn.Linear(16 * 8 * 6, 10))
    assert lenet_at_work(net, test_iter).label.endswith(
        "6×40×32 → 6×20×16 → 16×16×12 → 16×8×6"
    )


def test_the_text_tells_picture_label_and_shares(view):
    assert view.label == (
        "picture 0, labelled Dress; Ankle boot 60.0 %; Bag 25.0 %; Dress 8.0 %; "
        "feature maps: 6×28×28 → 6×14×14 → 16×10×10 → 16×5×5"
    )


def test_every_class_has_a_bar_and_the_largest_is_bold(view):
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", view.picture.svg)
    shares = texts[texts.index("T-shirt/top") :][: 2 * len(SHARES)]
    shown = {c: f"{share:.0%}" for c, share in SHARES.items()}
    assert dict(zip(shares[::2], shares[1::2], strict=True)) == shown
    assert re.search(r'bold"[^>]*>60%<', view.picture.svg)


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
    found = view.controls["sheet"].read().copy()
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
    assert (view.controls["sheet"].read() == test_iter.images[1].numpy()).all()


def test_a_line_is_as_wide_as_the_brush_and_soft_at_its_edge(view):
    press(view, "clear")
    for word, width in [("brush 2", 2), ("5", 5), ("3", 3)]:
        press(view, word)
        paint(view, (10, 4), (10, 14), (10, 24))
        column = view.controls["sheet"].read()[:, 14] / 255
        assert column.sum() == pytest.approx(width, abs=0.02)
        assert (column == column[20::-1].tolist() + column[21:].tolist()).all()
        press(view, "clear")
    press(view, "grey")
    paint(view, (5, 5))
    paint(view, (5, 5))  # a second stroke covers no more in the middle
    assert view.controls["sheet"].read()[5, 5] == 128


def test_keys_move_the_brush_and_paint_and_stay_on_the_sheet(view):
    def keys(*keys):
        for key in keys:
            view.touch("press" if key in ("Enter", " ") else "key", "sheet:", key=key)

    def painted():
        return np.argwhere(view.controls["sheet"].read() == 255).tolist()

    press(view, "clear")
    keys(*["ArrowLeft", "ArrowUp"] * 30)
    assert painted() == []
    keys("Enter")
    assert painted() == [[0, 0]]
    keys("x", "ArrowRight", "ArrowRight", "ArrowDown", " ")
    assert painted() == [[0, 0], [1, 2]]


def test_the_view_follows_a_network_that_goes_on_learning(view, net):
    net[-1].bias.data[:] = 0.0
    view.touch("press", "sheet:", key="Enter")
    assert "10.0 %" in view.label
    net[-1].bias.data[0] = torch.nan
    view.touch("press", "sheet:", key="Enter")
    assert "its training went wrong" in view.message.value
