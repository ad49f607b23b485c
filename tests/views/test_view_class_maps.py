"""View 9: class maps over a sheet of chosen pictures."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from view_helpers import noise

from cnn_course.data import to_float
from cnn_course.networks import lenet, nin
from cnn_course.views import class_maps
from cnn_course.views.class_maps import draw_class_maps, overlay
from cnn_course.views.kit.sheet import (
    choose_pictures,
    find_class_maps,
    lay_sheet,
    looking_places,
)


@pytest.fixture(scope="module")
def data():
    return noise(torch.arange(60) % 10)


@pytest.fixture(scope="module")
def net():
    torch.manual_seed(0)
    return nin(num_1x1=0, last_relu=False)


@pytest.fixture
def view(net, data):
    return class_maps(net, data)


@pytest.mark.parametrize("last_relu", [True, False])
def test_the_maps_are_those_before_the_average(last_relu):
    torch.manual_seed(0)
    net = nin(num_1x1=1, last_relu=last_relu).eval()
    X = torch.rand(1, 1, 224, 224)
    maps = find_class_maps(net, X, 10)
    with torch.no_grad():
        torch.testing.assert_close(maps, net[:-2](X)[0])
        torch.testing.assert_close(maps.mean(dim=(1, 2)), net(X)[0])
    assert maps.shape == (10, 5, 5)


def conv(in_channels, *size):
    return nn.Conv2d(in_channels, 2, *size)


@pytest.mark.parametrize(
    "layers",
    [
        [conv(1, 11, 4, 0), nn.AvgPool2d(3, 2), conv(2, 5, 1, 2), conv(2, 3, 1, 1)],
        [conv(1, 5, 2, 2), nn.AvgPool2d(2), conv(2, 3, 1, 1)],
        [conv(1, 4, 3, 1)],
    ],
)
def test_a_number_lies_in_the_middle_of_the_pixels_it_sees(layers):
    net = nn.Sequential(nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    X = torch.zeros(1, 1, 96, 96, requires_grad=True)
    maps = net[0](X)
    first, step = looking_places(net)
    middle = maps.shape[3] // 2
    maps[0, 0, middle, middle].backward()
    (seen,) = X.grad[0, 0].sum(dim=0).nonzero(as_tuple=True)
    assert first + middle * step == (seen.min() + seen.max()).item() / 2
    assert looking_places(nin()) == (33, 32)


def test_the_sheet_is_the_one_of_the_notebook(data):
    pictures = [data.images[i] for i in range(4)]
    sheet = lay_sheet(pictures, 224, False, 0, 0)
    expected = torch.zeros(224, 224)
    enlarged = to_float(data.images[:4], (96, 96))[:, 0]
    for i, picture in enumerate(enlarged):
        top, left = 128 * (i // 2), 128 * (i % 2)
        expected[top : top + 96, left : left + 96] = picture
    torch.testing.assert_close(sheet, expected)


def test_pictures_move_overlap_leave_the_sheet_and_fill_it(data):
    one, two = data.images[0], data.images[1]
    alone = lay_sheet([one, None, None, None], 224, False, 0, 0)
    moved = lay_sheet([one, None, None, None], 224, False, 30, 7)
    assert torch.equal(moved[7:103, 30:126], alone[:96, :96])
    other = lay_sheet([None, two, None, None], 224, False, 0, 0)
    both = lay_sheet([one, two, None, None], 224, False, 128, 0)
    moved = lay_sheet([one, None, None, None], 224, False, 128, 0)
    assert torch.equal(both, torch.maximum(moved, other))
    cut = lay_sheet([one, None, None, None], 224, False, 200, 0)
    assert torch.equal(cut[:96, 200:], alone[:96, :24])
    assert lay_sheet([one, None, None, None], 224, False, 224, 0).sum() == 0
    whole = lay_sheet([one, two, two, two], 224, True, 0, 0)
    torch.testing.assert_close(whole, to_float(one[None], (224, 224))[0, 0])


def test_pictures_are_of_the_classes_asked_for_and_drawn_from_the_seed(data):
    def rows(classes, seed):
        pictures = choose_pictures(data.images, data.labels, classes, seed)
        return [(data.images == p).all((1, 2)).nonzero()[0, 0] for p in pictures]

    found = rows((3, 1, 3, 9), 0)
    assert [data.labels[i].item() for i in found] == [3, 1, 3, 9]
    assert rows((3, 5, 3, 9), 0)[2:] == found[2:]  # corners do not depend on others
    assert len({rows((3,), seed)[0].item() for seed in range(20)}) > 2
    assert choose_pictures(data.images, data.labels, (None, None), 0) == [None, None]
    few = data.labels != 4
    with pytest.raises(ValueError, match="no picture of class 4"):
        choose_pictures(data.images[few], data.labels[few], (4, 1), 0)


def test_the_map_lies_where_its_numbers_look():
    sheet = Image.new("RGB", (100, 100), "white")
    values = np.array([[0.0, 1.0], [-1.0, 0.0]])
    found = np.asarray(overlay(sheet, values, (30, 20), 1.0, False, 1.0)).astype(int)
    right = found[20:40, 40:60]  # the 1.0: purple, around (30, 50)
    assert (right[..., 2] > right[..., 1] + 20).all()
    below = found[40:60, 20:40]  # the −1.0: orange
    assert (below[..., 0] > below[..., 2] + 20).all()
    found[20:60, 20:60] = 255
    assert (found == 255).all()  # nothing lies outside


def test_dead_maps_and_the_largest_average_are_named():
    def draw(maps):
        sheet = torch.zeros(32, 32)
        return draw_class_maps(sheet, maps, (8, 16), "abcdefghij", 100, False, False)

    maps = torch.ones(10, 2, 2) * torch.arange(10.0).view(10, 1, 1)
    maps[7] = 20.0
    _, text = draw(maps)
    assert text == "largest averages: h 20.00, j 9.00, i 8.00; dead: a"
    _, text = draw(maps - 30.0)
    assert text == "largest averages: h −10.00, j −21.00, i −22.00; dead: none"


@pytest.mark.parametrize(
    "net, words",
    [
        (lenet(), "this Sequential has no class maps; a network as nin"),
        (nn.Identity(), "no class maps"),
        (nin(in_channels=3), r"cannot take what comes in, \(1, 224, 224\)"),
        (nin(num_classes=7), r"logits of \(7,\) do not fit 10 classes"),
        (nn.Sequential(*nin(), nn.Linear(10, 10)), "do not fit 10 classes"),
    ],
    ids=range(5),
)
def test_another_network_is_refused_with_what_is_expected(data, net, words):
    with pytest.raises(ValueError, match=words) as caught:
        class_maps(net, data)
    assert "one for each class" in str(caught.value)


def test_a_network_that_diverged_is_refused(net, data):
    broken = nin(num_1x1=0)
    with torch.no_grad():
        broken[0][0].bias.fill_(float("nan"))
    with pytest.raises(ValueError, match="not all finite numbers"):
        class_maps(broken, data)


def test_the_network_keeps_its_mode_and_its_weights(net, data):
    net.train()
    net[6].eval()
    before = [m.training for m in net.modules()]
    view = class_maps(net, data)
    view.controls["right"].write(40)
    assert [m.training for m in net.modules()] == before
    text = view.last_text
    with torch.no_grad():
        kept = net[0][0].weight.clone()
        net[0][0].weight.zero_()
    view.controls["right"].write(50)
    view.controls["right"].write(40)
    assert view.last_text == text  # the view has the network as it was
    with torch.no_grad():
        net[0][0].weight.copy_(kept)
    net.train()


def test_the_text_tells_what_lies_where_and_what_is_largest(view, net, data):
    assert view.last_text.startswith(
        "maps of 5×5 for the sheet: Trouser top left, its "
    )
    pictures = choose_pictures(data.images, data.labels, (1, 7, 8, 9), 0)
    sheet = lay_sheet(pictures, 224, False, 0, 0)
    maps = find_class_maps(net.eval(), sheet[None, None], 10)
    row, column = divmod(maps[9].argmax().item(), 5)
    place = f"row {row}, column {column}"
    assert f"Ankle boot bottom right, its map largest in {place}" in view.last_text
    value, c = maps.mean(dim=(1, 2)).max(dim=0)
    best = f"largest averages: {data.classes[c]} {value:.2f}, ".replace(" -", " −")
    assert best in view.last_text
