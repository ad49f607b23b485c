"""Wrong numbers, shapes and grids are named by rule, and no rule tells the answer."""

import re

import pytest
import torch
from wrong_answers import TABLE

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.kinds import Grid, Number, Shape
from cnn_course.exercises.engine.likeness import grid_like, number_like, shape_like
from cnn_course.exercises.engine.reckoning import batch_shape, linear, parameters
from cnn_course.exercises.entries.notebook_05 import COLOUR_LENET, CONVOLUTIONS
from cnn_course.exercises.entries.notebook_06 import NO_LAST_POOLING
from cnn_course.exercises.entries.notebook_08 import NIN

COMPARED = [e for e in EXERCISES.values() if isinstance(e, (Number, Shape, Grid))]


def said(name, answer):
    feedback = EXERCISES[name].judge(answer)
    assert feedback.verdict == "wrong", feedback
    return feedback.text.removesuffix(f" Look again at: {EXERCISES[name].see}.")


def tells(text, right):
    """Say if a text holds a right number, of two digits or more, or all of a tuple."""
    if isinstance(right, tuple):
        return str(right) in text
    one = isinstance(right, (int, float)) and right > 9
    return one and bool(re.search(rf"\b({right}|{right:,})\b", text))


def leads_on(text):
    return text.endswith(("?", "layer by layer.", "with more digits."))


RECKONED = {
    "03.fc-params": (parameters, (linear(1000),), (3, 256, 256)),
    "05.second-pooling": (batch_shape, CONVOLUTIONS, (8, 3, 32, 45)),
    "05.colour-lenet": (parameters, COLOUR_LENET, (3, 37, 37)),
    "06.no-pooling": (parameters, NO_LAST_POOLING, (1, 224, 224)),
    "08.map-shape": (batch_shape, NIN, (4, 1, 128, 256)),
}


@pytest.mark.parametrize("name", RECKONED)
def test_layers_reckon_the_right_answer(name):
    formula, *given = RECKONED[name]
    assert formula(*given) == EXERCISES[name].right


@pytest.mark.parametrize("name", [e.id for e in COMPARED if e.slips])
def test_what_a_slip_gives_is_named_and_never_told(name):
    exercise, first = EXERCISES[name], {}
    for value, text in exercise.slips:
        assert leads_on(text) and not tells(text, exercise.right), text
        possible = not isinstance(exercise, Shape) or min(value) >= 0
        if possible and value != exercise.right:
            first.setdefault(value, text)
    first |= {m.example: m.says for m in exercise.misconceptions}
    for value, text in list(first.items())[:40]:  # the simplest
        assert said(name, value) == text


@pytest.mark.parametrize(("name", "answer", "pattern"), TABLE)
def test_what_a_student_may_write_is_named(name, answer, pattern):
    text = said(name, answer)
    assert re.search(pattern, text, re.IGNORECASE), text
    assert not tells(text, EXERCISES[name].right)


GRID = torch.tensor([[1, -2, 0], [3.5, 4, 5]], dtype=torch.float64)
LIKE = [
    (number_like(-280, 280), "sign"),
    (number_like(2.8, 280), "100 times .*percent"),
    (number_like(280_000, 280), "1,000 times as large as it should be"),
    (number_like(560, 280), "is twice"),
    (number_like(70, 280), "should be 4 times"),
    (number_like(184_300, 184_240), "rounded"),
    (number_like(0.332, 1 / 3, 0.001), "rounded or read"),
    (number_like(137, 280) or number_like(0, 280) or number_like(3, 25, 5), None),
    (number_like(0.7, 0.25) or number_like(300, 280) or number_like(280.5, 280), None),
    (shape_like((21, 14, 3, 8), (8, 3, 14, 21)), "order .* 0 and 1 and 2 and 3"),
    (shape_like((8, 3, 21), (8, 3, 14, 21)), "Axis 2 .* left out"),
    (shape_like((8, 3, 14, 21, 1), (8, 3, 14, 21)), "Axis 4 .* too many"),
    (shape_like((8, 3, 15, 20), (8, 3, 14, 21)), "Off by one on axis 2 and 3"),
    (shape_like((8, 3, 99, 21), (8, 3, 14, 21)) or shape_like((), (8, 3)), None),
    (grid_like(-GRID, GRID), "signs"),
    (grid_like(GRID.flip(0), GRID), "rows are in the wrong order"),
    (grid_like(2 * GRID, GRID), "2 times"),
    (grid_like(GRID[:, :2], GRID), "last column is missing"),
    (grid_like(GRID**2, GRID), None),
]


@pytest.mark.parametrize(("text", "pattern"), LIKE)
def test_what_any_wrong_answer_looks_like(text, pattern):
    assert text is None if pattern is None else re.search(pattern, text)
    assert text is None or leads_on(text)
