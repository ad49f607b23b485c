"""Stepping through outputs, which two views share."""

import pytest

from cnn_course.views.kit.stepper import Stepper


@pytest.fixture
def stepper():
    stepper = Stepper()
    stepper.fit(2, 3, (100, 50, 20), (400, 200))
    return stepper


def test_playing_sliding_typing_and_clicking_are_the_same(stepper):
    back, forth = stepper.children[1:3]
    acts = [
        (lambda: setattr(stepper.play, "value", 3), 3),
        (lambda: setattr(stepper.number.slider, "value", 5), 5),
        (lambda: setattr(stepper.number.field, "value", "2"), 2),
        (stepper.buttons[3].click, 4),
        (forth.click, 5),
        (back.click, 4),
    ]
    for act, step in acts:
        act()
        assert stepper.chosen() == stepper.play.value == stepper.number.slider.value
        assert stepper.chosen() == step


def test_it_stops_at_both_ends(stepper):
    back, forth = stepper.children[1:3]
    back.click()
    assert stepper.chosen() == 1
    stepper.buttons[5].click()
    forth.click()
    assert stepper.chosen() == 6


def test_the_cells_lie_on_the_drawn_output(stepper):
    layout = stepper.cells.layout
    assert (layout.left, layout.top) == ("25.0000%", "25.0000%")
    assert (layout.width, layout.height) == ("15.0000%", "20.0000%")
    assert stepper.buttons[4].tooltip == "output row 2, column 2"


def test_another_shape_starts_at_the_first_output_and_does_not_call_back(stepper):
    calls = []
    stepper.on_change(calls.append)
    stepper.buttons[5].click()
    assert len(calls) == 1
    stepper.play.playing = True
    stepper.fit(1, 2, (100, 50, 20), (400, 200))
    assert stepper.chosen() == 1 and len(calls) == 1 and not stepper.play.playing
    assert len(stepper.cells.children) == 2 and stepper.number.slider.max == 2
    assert stepper.buttons[1].tooltip == "output row 1, column 2"
    stepper.buttons[1].click()
    stepper.fit(1, 2, (100, 50, 30), (400, 200))  # only drawn elsewhere
    assert stepper.chosen() == 2 and stepper.cells.layout.height == "15.0000%"
