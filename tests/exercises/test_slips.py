"""Wrong numbers, shapes and grids are named by rule, and no rule tells the answer."""

import re

import pytest
import torch
from wrong_answers import TABLE

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.kinds import Grid, Number, Shape
from cnn_course.exercises.engine.likeness import grid_like, number_like, shape_like

KINDS = (Number, Shape, Grid)
COMPARED = [e for e in EXERCISES.values() if isinstance(e, KINDS)]
RECKONED = [(e.id, slip) for e in COMPARED for slip in e.slips]


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


@pytest.mark.parametrize(("name", "slip"), RECKONED)
def test_what_a_slip_gives_is_named_and_never_told(name, slip):
    exercise, first = EXERCISES[name], {}
    assert exercise.same(slip.right(), exercise.right)
    for value, text in slip.wrong():
        assert leads_on(text) and not tells(text, exercise.right), text
        possible = not isinstance(exercise, Shape) or min(value) >= 0
        if possible and value != exercise.right:
            first.setdefault(value, text)
    first |= {m.example: m.says for m in exercise.misconceptions}
    for value, text in list(first.items())[:40]:  # the simplest
        assert said(name, value) == text


@pytest.mark.parametrize(("name", "slip"), RECKONED)
def test_no_slip_gives_the_right_answer_by_luck(name, slip):
    if name == "01.products":  # it has one channel
        return
    # A padding that is not there cannot be forgotten.
    padded = any(x.padding for x in slip.layers)
    every = range(len(slip.layers))
    for field, rules in slip.slips.items():
        for what, rule in rules.items() if padded or field != "places" else ():
            assert slip.told(every, (field, what, rule))[0] != slip.right(), what


@pytest.mark.parametrize(("name", "answer", "pattern"), TABLE)
def test_what_a_student_may_write_is_named(name, answer, pattern):
    text = said(name, answer)
    assert re.search(pattern, text, re.IGNORECASE), text
    assert not tells(text, EXERCISES[name].right)


def test_the_table_covers_every_number_shape_and_grid():
    assert {row[0] for row in TABLE} == {e.id for e in COMPARED}
    plain = r"too (small|large)\.$|numbers are wrong|cannot be\.$"
    named = [not re.search(plain, said(name, answer)) for name, answer, _ in TABLE]
    assert sum(named) / len(TABLE) >= 0.85


@pytest.mark.parametrize(
    ("value", "right", "tolerance", "pattern"),
    [
        (-280, 280, 0, "sign"),
        (281, 280, 0, "one too many"),
        (279, 280, 0, "one too few"),
        (1 / 280, 280, 0, "upside down"),
        (2.8, 280, 0, "100 times too small.*percent"),
        (280_000, 280, 0, "1,000 times too large"),
        (560, 280, 0, "twice"),
        (70, 280, 0, "a quarter of"),
        (184_300, 184_240, 0, "rounded"),
        (0.3, 1 / 3, 0.001, "rounded"),
        (0.332, 1 / 3, 0.001, "rounded or read"),
        (137, 280, 0, None),
        (0, 280, 0, None),
        (3, 25, 5, None),
    ],
)
def test_what_any_wrong_number_looks_like(value, right, tolerance, pattern):
    text = number_like(value, right, tolerance)
    assert text is None if pattern is None else re.search(pattern, text)
    assert text is None or (leads_on(text) and not tells(text, right))


@pytest.mark.parametrize(
    ("sizes", "pattern"),
    [
        ((3, 8, 14, 21), "axes 0 and 1 .* swapped"),
        ((21, 14, 3, 8), "another order"),
        ((3, 14, 21), "Axis 0 .* left out"),
        ((8, 3, 21), "Axis 2 .* left out"),
        ((8, 3, 14, 21, 1), "Axis 4 .* too many"),
        ((8, 3 * 14 * 21), "multiplied axes: 1 to 3"),
        ((8, 3, 15, 20), "Off by one on axis 2 and 3"),
        ((8, 3, 99, 21), None),
        ((), None),
    ],
)
def test_what_any_wrong_shape_looks_like(sizes, pattern):
    right = (8, 3, 14, 21)
    text = shape_like(sizes, right)
    assert text is None if pattern is None else re.search(pattern, text)
    assert text is None or (leads_on(text) and not tells(text, right))


@pytest.mark.parametrize(
    ("rows", "pattern"),
    [
        ([[-1, 2, 0], [-3.5, -4, -5]], "signs"),
        ([[1, 3.5], [-2, 4], [0, 5]], "swapped"),
        ([[3.5, 4, 5], [1, -2, 0]], "rows are in the wrong order"),
        ([[0, -2, 1], [5, 4, 3.5]], "backwards"),
        ([[5, 4, 3.5], [0, -2, 1]], "turned"),
        ([[1, 0, 0], [3.5, 4, 5]], "cut off"),
        ([[2, -4, 0], [7, 8, 10]], "2 times"),
        ([[1, -2], [3.5, 4]], "last column is missing"),
        ([[1, -2, 0], [3.5, 4, 5], [9, 9, 9]], "last row is too much"),
        ([[9, 9, 9], [8, 7, 6]], None),
    ],
)
def test_what_any_wrong_grid_looks_like(rows, pattern):
    right = torch.tensor([[1, -2, 0], [3.5, 4, 5]], dtype=torch.float64)
    text = grid_like(torch.tensor(rows, dtype=torch.float64), right)
    assert text is None if pattern is None else re.search(pattern, text)
    assert text is None or leads_on(text)


def test_where_a_single_number_is_wrong_its_sum_is_shown_not_reckoned():
    text = said("01.by-hand", [[-2, 2, 5], [8, -1, 4]])
    assert text.endswith("Reckon there once more: 0·1 + 2·2 + 5·0 + 1·(−1).")


def test_two_slips_at_once_are_both_said():
    assert "without the biases and with one input channel" in said("03.conv-params", 90)
