"""View 9: class maps over a sheet of chosen pictures."""

import copy
import re

import pytest
import torch
from torch import nn
from view_helpers import noise

from cnn_course.data import to_float
from cnn_course.networks import nin
from cnn_course.views import class_maps
from cnn_course.views.class_maps import SHEET, TOP, draw_class_maps, draw_map
from cnn_course.views.garments import find_class_maps, lay_sheet
from cnn_course.views.kit.texts import short


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


def test_a_number_lies_in_the_middle_of_the_pixels_it_sees():
    layers = [nn.Conv2d(1, 2, 11, 4), nn.AvgPool2d(3, 2), nn.Conv2d(2, 2, 5, padding=2)]
    net = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    X = torch.zeros(1, 1, 96, 96, requires_grad=True)
    maps, (first, step) = find_class_maps(net, X.detach(), 2)
    middle = maps.shape[2] // 2
    net[:-2](X)[0, 0, middle, middle].backward()
    (seen,) = X.grad[0, 0].sum(dim=0).nonzero(as_tuple=True)
    assert first + middle * step == (seen.min() + seen.max()).item() / 2


def test_where_garments_lie_on_each_other_the_lighter_one_is_seen(data):
    lying = list(zip(data.images[:2], [(128, 0), (100, 30)], strict=True))
    alone = [lay_sheet([garment], [place], 224) for garment, place in lying]
    together = lay_sheet(*zip(*lying, strict=True), 224)
    torch.testing.assert_close(together, torch.maximum(*alone))


def test_the_map_lies_where_its_numbers_look():
    piece = draw_map("", 100, torch.zeros(2, 3), (30, 20), 1.0, 5, 7, 200)
    assert 'x="20.5" y="20.5" width="60" height="40"' in piece  # around pixel 30
    assert 'viewBox="0 0 100 100"' in piece and 'width="200"' in piece


def test_the_largest_average_and_both_scales_are_told():
    def draw(maps):
        return draw_class_maps(
            torch.zeros(70, 70), maps, (8, 16), "abcdefghij", 7, "", []
        )

    maps = torch.ones(10, 2, 2) * torch.arange(10.0).view(10, 1, 1)
    maps[7] = 20.0
    found = draw(maps)
    assert "largest averages: h 20.00, j 9.00, i 8.00; large: the map of h" in found
    assert ">largest 20.00<" in found and found.count(">largest ") == 1
    assert ">map of h, own scale: 20.00<" in found
    found = draw(maps - 30.0)
    assert "averages: h −10.00, j −21.00, i −22.00; " in found
    assert "against: ≤ −30.00<" in found  # nothing is for a class: the strongest


def middle(left, top):
    """Return where the middle of a garment is, on a sheet of 224 pixels."""
    return dict(x=1 + (left + 48) * SHEET / 224, y=TOP + (top + 48) * SHEET / 224)


def drag(view, at, start, end):
    for kind, place in (("press", start), ("drag", end)):
        view.touch(kind, at, **place)


def test_garments_are_moved_stay_inside_and_leave(view):
    lying = view.controls["garments"].value
    # The first picture of each class: its label is its number here.
    assert lying == {1: (0, 0), 7: (128, 0), 8: (0, 128), 9: (128, 128)}
    drag(view, "garments:1", middle(0, 0), middle(30, 7))
    assert lying[1] == (30, 7) and "Trouser 30 right and 7 down" in view.label
    drag(view, "garments:1", middle(30, 7), middle(170, -40))
    assert lying[1] == (128, 0)  # the pointer was still on the sheet
    drag(view, "garments:9", middle(128, 128), dict(x=700.0, y=100.0))
    assert 9 not in lying and "Ankle boot 1" not in view.label
    assert view.controls["large"].value == 9  # what is dragged shows its map
    view.touch("key", "garments:9", key="ArrowUp")  # was drawn before it left
    drag(view, "garments:9", middle(0, 0), middle(0, 0))
    assert 9 not in lying and view.message.value == ""
    for key in ("ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowDown", "x"):
        view.touch("key", "garments:1", key=key)
    assert lying[1] == (120, 4)
    view.touch("key", "garments:1", key="Delete")
    assert list(lying) == [7, 8]


def test_a_map_and_other_garments_are_chosen_by_a_press(view):
    view.touch("press", "large:4")
    assert view.label.endswith("large: the map of Coat")
    assert re.search(r'data-at="large:4"[^>]*aria-pressed="true"', view.picture.svg)
    first, found = view.label, set()
    for _ in range(3):
        view.touch("press", "sheets:2")
        assert view.label.count(" right and ") == 4
        found.add(view.label)
    assert len(found - {first}) == 3
    view.touch("press", "sheets:0")
    assert "for the sheet: empty; largest averages: " in view.label
    view.touch("press", "sheets:1")
    assert view.label == first


def test_the_view_follows_a_network_that_goes_on_learning(net, data):
    own = copy.deepcopy(net).train()
    view = class_maps(own, data)
    assert all(module.training for module in own.modules())
    nn.init.zeros_(own[-3][-1].weight)
    nn.init.zeros_(own[-3][-1].bias)
    view.touch("press", "large:4")
    assert "largest averages: T-shirt/top 0.00, Trouser 0.00" in view.label


def test_the_text_tells_what_lies_where_and_what_is_largest(view, net, data):
    places = [(0, 0), (128, 0), (0, 128), (128, 128)]
    sheet, garments = torch.zeros(224, 224), data.images[[1, 7, 8, 9]]
    for (left, top), garment in zip(places, to_float(garments, (96, 96)), strict=True):
        sheet[top : top + 96, left : left + 96] = garment
    with torch.no_grad():
        (maps,) = net.eval()[:-2](sheet[None, None])  # all before the average
    row, column = divmod(maps[9].argmax().item(), 5)
    value, c = maps.mean(dim=(1, 2)).max(dim=0)
    assert (
        "Ankle boot 128 right and 128 down, its map largest in row "
        f"{row + 1}, column {column + 1}; largest averages: {data.classes[c]} "
        f"{short(value)}, "
    ) in view.label
