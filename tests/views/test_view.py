"""What all views share: controls, touches, complaints, a picture without a kernel."""

import math
import xml.etree.ElementTree as ElementTree

import pytest

from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import grid
from cnn_course.views.kit.texts import is_exact, memory, number, short
from cnn_course.views.kit.touch import Cells, Chips, Place, Touch, as_typed, chips
from cnn_course.views.kit.view import View

EVIL = "</text><script>alert('1 & \"2\"')</script>"


class Log:
    """A control in the picture that notes what it is told."""

    def __init__(self):
        self.value = self.told = []

    def touch(self, place, touch):
        self.told.append((place, touch))


def draw(n, log):
    if n == 13:
        raise ValueError("no <b>13</b> here")
    if n == 14:
        raise KeyError("n")
    label = f"the number {n} & {len(log)} more"
    return svg.picture(100, 20, label, svg.text(50, 10, n))


@pytest.fixture
def view():
    controls = {"n": Number("n", 3, 0, 20), "log": Log()}
    return View("A view", "what is it?", controls, draw)


def test_a_number_can_be_slid_and_typed():
    n, rate = Number("n", 3, 0, 20, limits=(0, 100)), Number("rate", 0.3, 0.0, 1.0, 0.1)
    n.slider.value = 7
    assert n.value == 7 and n.field.value == "7"
    n.field.value = "12"
    assert n.value == 12 and n.slider.value == 12
    n.field.value = "99"  # farther than the slider goes
    assert n.value == 99 and n.slider.value == 12
    n.slider.value = 6
    assert n.value == 6
    rate.field.value = "0.450"
    assert rate.value == 0.45 == rate.slider.value and rate.field.value == "0.450"


def test_touches_reach_the_control_they_name_in_order_and_are_answered(view):
    one = {"kind": "press", "at": "log:1,2", "x": 5, "y": 6.5}
    two = {"kind": "key", "at": "log:", "key": "a", "shift": True}
    gone = {"kind": "press", "at": "drawn long ago"}
    view._touched(None, {"touches": [one, two, gone]}, [])
    assert view.controls["log"].told == [
        ("1,2", Touch("press", 5, 6.5)),
        ("", Touch("key", key="a", shift=True)),
    ]
    assert view.label.endswith("& 2 more") and view.picture.heard == 1
    view._touched(None, {"touches": []}, [])  # does the kernel listen?
    assert view.picture.heard == 2


def test_a_complaint_is_shown_as_text_and_the_last_picture_stays_pale(view):
    view.controls["n"].slider.value = 8
    before = view.picture.svg
    assert view.label == "the number 8 & 0 more" and ">8<" in before
    view.controls["n"].write(13)
    assert 'role="alert">no &lt;b&gt;13&lt;/b&gt; here<' in view.message.value
    assert view.picture.svg == before and "cnn-stale" in view._dom_classes
    view.controls["n"].write(4)
    assert view.message.value == "" and "cnn-stale" not in view._dom_classes
    view.controls["n"].write(14)
    assert "this view has a fault: KeyError: &#x27;n&#x27;" in view.message.value


def test_what_comes_from_outside_never_becomes_markup(view):
    words = {EVIL: EVIL}
    parts = svg.tag("g", EVIL, data_at=EVIL), chips(0, 0, EVIL, words, EVIL)[0]
    numbers = grid([[1]], 0, 0, 99, EVIL, at=EVIL, texts=[[EVIL]])
    drawn = svg.picture(9, 9, EVIL, EVIL, *parts, numbers)
    tree = ElementTree.fromstring(drawn)  # raises ParseError if it broke out
    assert "script" not in {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert tree.get("aria-label") == EVIL
    view.show(drawn)
    assert view.label == EVIL and svg.png(view.static()[0])


def test_a_picture_has_the_colours_of_its_theme():
    drawn = svg.picture(9, 9, "", svg.rect(0, 0, 9, 9, fill=svg.BLUE))
    assert "#0067A3" in svg.themed(drawn) and "var(" not in svg.themed(drawn)
    assert svg.png(drawn) != svg.png(drawn, "dark")
    assert svg.grey([[-1, 0, 0.5, 1, 9]])[0, :, 0].tolist() == [0, 0, 128, 255, 255]


def test_chips_are_pressed():
    for control, presses in [
        (Chips("abc", "a"), {"1": "b", "2": "c"}),
        (Chips("ab", ["a"], several=True), {"0": ["a"], "1": ["a", "b"]}),  # never none
        (Chips("abc", ["a", "b", "c"], several=True), {"2": ["c"]}),  # of all: alone
        (Chips("a", False), {"0": True}),
        (Chips("a", True), {"0": False}),
    ]:
        for place, value in presses.items():
            control.touch("0", Touch("hover"))
            control.touch(place, Touch("press"))
            assert control.value == value


def test_a_place_is_hovered_dragged_or_stepped_to_and_stays_inside():
    place, found = Place(), []
    place.fit(2, 3)
    for where, touch in [
        ("1,2", Touch("hover")),
        ("1,2", Touch("key", key="ArrowRight")),
        ("1,2", Touch("key", key="ArrowLeft")),
        ("1,1", Touch("drag", over="place:0,0")),
        ("0,0", Touch("drag", over="")),
        ("0,0", Touch("key", key="x")),
        ("9,9", Touch("press")),
    ]:
        place.touch(where, touch)
        found.append((place.row, place.column))
    assert found == [(1, 2), (1, 2), (1, 1), (0, 0), (0, 0), (0, 0), (1, 2)]
    place.fit(1, 1)
    assert (place.row, place.column) == (0, 0)


@pytest.fixture
def cells():
    return Cells("kernel", [[1, 2], [3, 0]])


def type_into(cells, place, keys):
    cells.touch(place, Touch("press"))
    for key in keys:
        cells.touch(place, Touch("key", key=key))


def test_numbers_are_typed(cells):
    type_into(cells, "1,0", "-2/")  # on the way to -2/3
    assert cells.numbers[1, 0] == -2 and cells.texts[1][0] == "-2/"
    type_into(cells, "1,0", ["Backspace"])
    assert cells.texts[1][0] == "" and "got nothing" in cells.problem
    type_into(cells, "1,0", "-2/3")
    assert cells.numbers[1, 0].item() == pytest.approx(-2 / 3) and not cells.problem
    cells.touch("5,5", Touch("press"))  # of a larger matrix, drawn long ago
    assert cells.numbers[0].tolist() == [1, 2]


@pytest.mark.parametrize("typed", ["x", "nan", "1e300", "1/0", "0,5"])
def test_what_is_no_number_is_told_and_the_one_before_counts(cells, typed):
    type_into(cells, "1,1", ["Delete", *typed])
    assert "kernel row 2, column 2: type a number from -1e6 to 1e6" in cells.problem
    assert cells.texts[1][1] == typed and cells.numbers.isfinite().all()


def test_numbers_are_dragged_and_keep_their_places(cells):
    cells.touch("0,1", Touch("press", x=100))
    for x, value in {103: 2, 124: 3.5, 84: 1}.items():
        cells.touch("0,1", Touch("drag", x=x))
        assert cells.numbers[0, 1] == value
    type_into(cells, "0,1", "7")
    cells.resize(1, 3)
    assert cells.numbers.tolist() == [[1, 7, 0]]
    with pytest.raises(ValueError, match=r"^kernel must be a matrix of 1×1 to 8×8"):
        cells.write([[float("nan")]])


def test_numbers_and_sizes_are_short_texts():
    for text, value in {
        as_typed: {2.0: "2", -0.5: "-0.5", 1 / 9: "1/9", -7 / 273: "-1/39"},
        number: {2.0: "2", -0.001: "0", -1 / 3: "−0.33", 1e7: "1e+07", math.inf: "inf"},
        is_exact: {2.0: True, -0.25: True, 1 / 3: False, 123456.0: False},
        short: {2.0: "2.00", -0.001: "0.00", -0.5: "−0.50", 2e5: "2e+05"},
        memory: {0: "0 bytes", 999: "999 bytes", 1000: "1.0 kB", 10**17: "100000.0 TB"},
    }.items():
        assert {n: text(n) for n in value} == value
