"""View 4: output sizes, seen pixels, receptive fields."""

import re

import pytest
import torch
from torch import nn
from view_helpers import draws

from cnn_course.views import output_size_calculator
from cnn_course.views.output_size import coverage, output_size, parse_stack

SIZES = [*draws(200, (5, 20), (1, 4), (0, 4), (1, 5), (1, 3))]  # each kernel fits


@pytest.fixture
def view():
    return output_size_calculator()


def test_output_size_is_torch_s():
    for n, k, p, s, d in SIZES:
        layer = nn.Conv1d(1, 1, k, padding=p, stride=s, dilation=d)
        assert output_size(n, k, p, s, d) == layer(torch.zeros(1, 1, n)).shape[-1]


def test_coverage_counts_the_windows_that_see_a_pixel():
    for n, k, p, s, d in SIZES[:50]:
        X = torch.zeros(1, 1, n + 2 * p, requires_grad=True)
        weight = torch.ones(1, 1, k)
        nn.functional.conv1d(X, weight, stride=s, dilation=d).sum().backward()
        assert coverage(n, k, p, s, d).tolist() == X.grad[0, 0].int().tolist()


def test_stacks_are_read():
    assert parse_stack("5/1, 2/2,3") == [(5, 1), (2, 2), (3, 1)]
    for text in ("", "x", "3/0", "0/1", "3/1;2", "-3", "3,,3", "3/1," * 9, "1e3"):
        with pytest.raises(ValueError, match=r"^stack: .* is no list of 1 to 8 layers"):
            parse_stack(text)


def test_the_place_follows_the_pointer_on_both_grids_and_the_keys(view):
    view.controls["dilation"].write(3)  # 4×4 outputs, the window spans 4 pixels
    view.touch("hover", "place:input", x=4 + 0.55 * 270, y=60 + 0.55 * 270)
    assert "row 3, column 3 sees rows 3 to 6, columns 3 to 6" in view.label
    view.touch("drag", "place:input", x=900.0, y=-50.0)  # row 1, column 4
    view.touch("key", "place:output", key="ArrowDown")
    assert "row 2, column 4 sees rows 2 to 5, columns 4 to 7" in view.label
    view.controls["padding"].write(2)  # outside the input: 0, −1
    assert "row 2, column 4 sees rows 0 to 3, columns 2 to 5" in view.label


def test_the_squares_are_receptive_fields_of_a_unit_that_moves(view):
    def squares():  # row, column and size in pixels
        found = re.findall(r'<rect ([^>]*) class="layer-', view.picture.svg)
        ends = [map(float, re.findall(r'"([\d.]+)"', one)[:3]) for one in found]
        pixel = 270 / 32
        return [
            (round((y - 60) / pixel), round((x - 586) / pixel), round(size / pixel))
            for x, y, size in ends
        ]

    view.touch("hover", "unit:photograph", x=0.0, y=0.0)
    # Stride 2 stands before layer 3: its middle 2×2 patch begins 2 pixels further in.
    assert squares() == [(2, 2, 3), (2, 2, 4), (0, 0, 8)]
    view.touch("key", "unit:photograph", key="ArrowRight")
    assert squares() == [(2, 4, 3), (2, 4, 4), (0, 2, 8)]
    view.controls["stack"].value = "99/9, 99/9, 5"
    assert view.message.value == "" and "a unit behind the stack 99/9" in view.label


def test_what_is_never_seen_is_crossed_out(view):
    assert ">×</text>" not in view.picture.svg
    view.controls["stride"].write(3)
    assert view.picture.svg.count(">×</text>") == 33
