"""View 4: output sizes, seen pixels, receptive fields."""

import re

import pytest
import torch
from torch import nn
from view_helpers import draws

from cnn_course.views import output_size_calculator
from cnn_course.views.output_size import coverage, output_size, parse_stack

SIZES = draws(400, (1, 20), (1, 6), (0, 4), (1, 5), (1, 4))
FITTING = [(n, k, p, s, d) for n, k, p, s, d in SIZES if d * (k - 1) < n + 2 * p][:200]


@pytest.fixture
def view():
    return output_size_calculator()


def middle(view, at):
    """Return where the middle of a square that answers lies: x, y."""
    area = re.search(rf'data-at="{at}".*?<rect (.*?)>', view.picture.svg)[1]
    x, y, width, height = map(float, re.findall(r'"([\d.]+)"', area)[:4])
    return dict(x=x + width / 2, y=y + height / 2)


def test_output_size_is_torch_s():
    assert len(FITTING) == 200
    for n, k, p, s, d in FITTING:
        layer = nn.Conv1d(1, 1, k, padding=p, stride=s, dilation=d)
        assert output_size(n, k, p, s, d) == layer(torch.zeros(1, 1, n)).shape[-1]


def test_coverage_counts_the_windows_that_see_a_pixel():
    for n, k, p, s, d in FITTING[:50]:
        X = torch.zeros(1, 1, n + 2 * p, requires_grad=True)
        weight = torch.ones(1, 1, k)
        nn.functional.conv1d(X, weight, stride=s, dilation=d).sum().backward()
        assert coverage(n, k, p, s, d).tolist() == X.grad[0, 0].int().tolist()


def test_stacks_are_read():
    assert parse_stack("5/1, 2/2,3") == [(5, 1), (2, 2), (3, 1)]
    for text in ("", "x", "3/0", "0/1", "3/1;2", "-3", "3/1," * 9, "1e3"):
        with pytest.raises(ValueError, match="stack: "):
            parse_stack(text)


def test_alexnet_never_looks_at_one_column_of_224(view):
    for name, value in dict(n=224, kernel_size=11, stride=4).items():
        view.controls[name].write(value)
    assert "54×54" in view.label and "447 of 50,176" in view.label


def test_the_placefollows_the_pointer_on_both_grids_and_the_keys(view):
    view.controls["dilation"].write(3)  # 4×4 outputs, the window spans 4 pixels
    view.touch("hover", "place:input", **middle(view, "place:input"))
    assert "row 3, column 3 sees rows 3 to 6, columns 3 to 6 in steps" in view.label
    view.touch("drag", "place:input", x=900.0, y=-50.0)
    assert "output row 1, column 4 sees" in view.label
    view.touch("key", "place:output", key="ArrowDown")
    assert "row 2, column 4 sees rows 2 to 5, columns 4 to 7 in steps" in view.label
    view.controls["n"].write(512)
    view.touch("press", "place:output", **middle(view, "place:output"))
    assert "output row 255, column 255 sees" in view.label


def test_the_squares_are_receptive_fields_of_a_unit_that_moves(view):
    def squares():
        found = re.findall(r'<rect ([^>]*) class="layer-', view.picture.svg)
        corners = [[float(n) for n in re.findall(r'"([\d.]+)"', f)[:4]] for f in found]
        return [
            [
                round((a - b) / (270 / 32))
                for a, b in zip(c, (586, 60, 0, 0), strict=True)
            ]
            for c in corners
        ]

    view.touch("hover", "unit:photograph", x=0.0, y=0.0)
    # Stride 2 stands before layer 3: its middle 2×2 patch begins 2 pixels further in.
    assert squares() == [[2, 2, 3, 3], [2, 2, 4, 4], [0, 0, 8, 8]]
    view.touch("key", "unit:photograph", key="ArrowRight")
    assert squares() == [[4, 2, 3, 3], [4, 2, 4, 4], [2, 0, 8, 8]]
    view.touch("press", "unit:photograph", x=9e3, y=9e3)
    assert squares()[2] == [24, 24, 8, 8]
    view.controls["stack"].value = "999/9, 999/9, 5"
    assert view.message.value == "" and "a unit behind the stack 999/9" in view.label


def test_what_is_never_seen_is_crossed_out_at_every_size(view):
    def crosses():
        return re.search(r'<path d="([^"]*)" stroke="#FFFFFF"', view.picture.svg)[1]

    assert crosses() == ""
    view.controls["stride"].write(3)
    assert crosses().count("M") == 33
    view.controls["n"].write(512)
    assert "of 262,144 pixels are never" in view.label and crosses()
    assert "<text" in view.picture.svg and len(view.picture.svg) < 200_000
