"""What all views share: reading controls, complaining, a picture without a kernel."""

import io
import math
import re

import pytest
from PIL import Image

from cnn_course.views.kit.board import SCALE, Board, grey
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.texts import duration, is_exact, memory, number, short
from cnn_course.views.kit.view import View


def draw(n):
    if n == 13:
        raise ValueError("no <b>13</b> here")
    if n == 14:
        raise KeyError("n")
    board = Board(100, 20)
    board.text(50, 10, str(n))
    return board, f"the number {n} & more"


@pytest.fixture
def view():
    return View("A view", "what is it?", {"n": Number("n", 3, 0, 20)}, draw)


def test_a_number_can_be_slid_and_typed():
    n = Number("n", 3, 0, 20, limits=(0, 100))
    n.slider.value = 7
    assert n.read() == 7 and n.field.value == "7"
    n.field.value = "12"
    assert n.read() == 12 and n.slider.value == 12
    n.write(5)
    assert n.read() == n.slider.value == 5
    n.field.value = "99"  # farther than the slider goes
    assert n.read() == 99 and n.slider.value == 5
    n.slider.value = 6
    assert n.read() == 6


def test_numbers_are_whole_unless_a_bound_is_not():
    rate = Number("rate", 0.3, 0.0, 1.0, 0.01)
    rate.field.value = "0.450"
    assert rate.read() == 0.45 == rate.slider.value and rate.field.value == "0.450"


@pytest.mark.parametrize(
    "typed, words",
    [
        *((typed, "") for typed in ("", "abc", "1.5", "nan", "1e300", "--1", "٣x")),
        ("-1", ": it never moves"),
        ("21", ": too far"),
    ],
)
def test_what_is_no_such_number_is_refused_with_its_name_and_range(typed, words):
    n = Number("stride", 3, 0, 20, why=("it never moves", "too far"))
    n.field.value = typed
    got = repr(typed) if typed else "nothing"
    words = f"stride: type a whole number, from 0 to 20; got {got}{words}"
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        n.read()


def test_a_view_follows_its_controls(view):
    before = view.picture.value
    view.controls["n"].slider.value = 8
    assert view.picture.value != before
    assert view.text.value == "the number 8 &amp; more"
    assert Image.open(io.BytesIO(view.picture.value)).size == (100 * SCALE, 20 * SCALE)
    assert view.picture.width == "100"


def test_a_complaint_is_shown_as_text_and_the_last_picture_stays_pale(view):
    before = view.picture.value
    view.controls["n"].write(13)
    assert 'role="alert">no &lt;b&gt;13&lt;/b&gt; here<' in view.message.value
    assert view.picture.value == before
    assert "cnn-stale" in view.picture._dom_classes
    view.controls["n"].write(4)
    assert view.message.value == "" and "cnn-stale" not in view.picture._dom_classes


def test_a_fault_of_ours_is_shown_too(view):
    view.controls["n"].write(14)
    assert "this view has a fault: KeyError: &#x27;n&#x27;" in view.message.value


def test_what_cannot_be_drawn_at_first_is_an_error_of_the_cell():
    with pytest.raises(ValueError, match="13"):
        View("A view", "what is it?", {"n": Number("n", 13, 0, 20)}, draw)


def test_grey_is_clipped():
    assert grey([[-1, 0, 0.5, 1, 9]])[0, :, 0].tolist() == [0, 0, 128, 255, 255]
    assert grey([[3.0, 3.0]], 3, 3).max() == 0


def test_numbers_sizes_and_times_are_short_texts():
    for text, value in {
        number: {2.0: "2", -0.001: "0", -1 / 3: "−0.33", 1e7: "1e+07", math.inf: "inf"},
        is_exact: {2.0: True, -0.25: True, 1 / 3: False, 123456.0: False},
        short: {2.0: "2.00", -0.001: "0.00", -0.5: "−0.50", 2e5: "2e+05"},
        memory: {0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 10**17: "100000.0 TB"},
        duration: {0.4: "0 s", 59.4: "59 s", 80: "1 min 20 s", 7500: "2 h 5 min"},
    }.items():
        assert {n: text(n) for n in value} == value
