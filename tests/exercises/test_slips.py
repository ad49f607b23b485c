"""Wrong numbers, shapes and grids are named by rule, and no rule tells the answer."""

import re

import pytest
import torch
from wrong_answers import TABLE

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.kinds import Derived, Grid, Number, Shape
from cnn_course.exercises.engine.likeness import grid_like, number_like, shape_like
from cnn_course.exercises.engine.slips import BIASES, WEIGHTS, Reckoned

ADVICE = ("layer by layer.", "with more digits.", "and write them.")
KINDS = (Number, Shape, Grid)
DERIVED = [e.id for e in EXERCISES.values() if isinstance(e, Derived) and e.slips]
RECKONED = [
    (name, slip)
    for name in DERIVED
    for slip in EXERCISES[name].slips
    if isinstance(slip, Reckoned)
]


def same(exercise, a, b):
    a, b = (torch.as_tensor(x, dtype=torch.float64) for x in (a, b))
    return a.shape == b.shape and torch.allclose(a, b, rtol=1e-12)


def key(answer):
    return str(torch.as_tensor(answer, dtype=torch.float64).tolist())


def said(exercise, answer):
    feedback = exercise.judge(answer)
    assert feedback.verdict == "wrong", feedback
    return feedback.text.removesuffix(f" Look again at: {exercise.see}.")


def tells(text, right):
    """Say if a text holds a right number, of two digits or more, or all of a tuple."""
    if isinstance(right, list):
        return False
    if isinstance(right, tuple):
        return str(right) in text
    return right > 9 and bool(re.search(rf"\b({right}|{right:,})\b", text))


def leads_on(text):
    return text.endswith(("?", *ADVICE))


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_reckoned_without_a_slip_is_right(name):
    exercise = EXERCISES[name]
    for slip in exercise.slips:
        assert same(exercise, slip.right(), exercise.right)


@pytest.mark.parametrize("name", DERIVED)
def test_what_a_slip_gives_is_named_and_never_told(name):
    exercise, first = EXERCISES[name], {}
    for slip in exercise.slips:
        for value, text in slip.wrong():
            assert leads_on(text) and not tells(text, exercise.right), text
            answer = value.tolist() if isinstance(value, torch.Tensor) else value
            possible = not isinstance(exercise, Shape) or min(value) >= 0
            if possible and not same(exercise, value, exercise.right):
                first.setdefault(key(value), (answer, text))
    assert len(first) >= 2
    declared = {key(m.example): m.says for m in exercise.misconceptions}
    for answer, text in list(first.values())[:40]:  # the simplest
        text = declared.get(key(answer), text)
        assert said(exercise, answer) == text


@pytest.mark.parametrize(("name", "slip"), RECKONED)
def test_no_slip_gives_the_right_answer_by_luck(name, slip):
    strides = any(layer.stride > 1 for layer in slip.layers)
    padded = any(layer.padding for layer in slip.layers)
    if not strides or name == "04.parameters":  # its pooling changes no parameters
        return
    for one in slip.slips:
        if padded or not one.changes.keys() & {"padding", "sides"}:
            layers = [one.on(layer) for layer in slip.layers]
            assert slip.formula(layers, *slip.given) != slip.right(), one.what


@pytest.mark.parametrize("name", ["03.conv-params", "04.parameters", "05.colour-lenet"])
def test_one_channel_or_one_bias_is_right_by_no_luck(name):
    (slip,) = EXERCISES[name].slips
    for one in (*BIASES, *WEIGHTS):
        layers = [one.on(layer) for layer in slip.layers]
        assert slip.formula(layers, *slip.given) != slip.right(), one.what


@pytest.mark.parametrize(("name", "answer", "pattern"), TABLE)
def test_what_a_student_may_write_is_named(name, answer, pattern):
    text = said(EXERCISES[name], answer)
    assert re.search(pattern, text, re.IGNORECASE), text
    assert not tells(text, EXERCISES[name].right)


def test_the_table_covers_every_number_shape_and_grid():
    names = {e.id for e in EXERCISES.values() if isinstance(e, KINDS)}
    assert {row[0] for row in TABLE} == names
    plain = r"too (small|large)\.$|numbers are wrong.*from 0\)\.$|cannot be\.$"
    named = [not re.search(plain, said(EXERCISES[n], a)) for n, a, _ in TABLE]
    assert len(TABLE) >= 130 and sum(named) / len(TABLE) > 0.94


@pytest.mark.parametrize(
    ("value", "right", "tolerance", "pattern"),
    [
        (-280, 280, 0, "sign"),
        (281, 280, 0, "one too many"),
        (279, 280, 0, "one too few"),
        (1 / 280, 280, 0, "upside down"),
        (2.8, 280, 0, "100 times too small.*percent"),
        (280_000, 280, 0, "1,000 times too large"),
        (0.00028, 280, 0, "1,000,000 times too small"),
        (560, 280, 0, "twice"),
        (70, 280, 0, "1/4 of"),
        (32 * 280, 280, 0, "32 times.*a batch"),
        (18.4e4, 184_240, 0, "rounded"),
        (184_300, 184_240, 0, "rounded"),
        (0.3, 1 / 3, 0.001, "rounded"),
        (0.332, 1 / 3, 0.001, "near"),
        (0.34, 1 / 3, 0.001, "rounded"),
        (324, 18, 0, "square"),
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
        ((8, 14, 21, 3), "another order"),
        ((3, 14, 21), "Axis 0 .* left out"),
        ((8, 3, 21), "Axis 2 .* left out"),
        ((8, 3, 14, 21, 1), "Axis 4 .* too many"),
        ((24, 14, 21), "multiplied axes: 0 to 1"),
        ((8, 3 * 14 * 21), "multiplied axes: 1 to 3"),
        ((8, 3, 14, 14), "size of axis 2 for axis 3"),
        ((1, 3, 14, 21), "One picture"),
        ((8, 3, 15, 20), r"Off by one: axis 2 \+1, axis 3 -1"),
        ((8, 3, 99, 21), None),
        ((8,), None),
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
        ([[-1, 2, 0], [-3.5, -4, -5]], "other way round"),
        ([[1, 3.5], [-2, 4], [0, 5]], "swapped"),
        ([[3.5, 4, 5], [1, -2, 0]], "rows are in the wrong order"),
        ([[0, -2, 1], [5, 4, 3.5]], "backwards"),
        ([[5, 4, 3.5], [0, -2, 1]], "turned"),
        ([[1, 0, 0], [3.5, 4, 5]], "cut off"),
        ([[1, -2, 0], [3, 4, 5]], "whole"),
        ([[1, 2, 0], [3.5, 4, 5]], "signs"),
        ([[2, -4, 0], [7, 8, 10]], "2 times"),
        ([[2, -1, 1], [4.5, 5, 6]], "too large by 1"),
        ([[1, -2], [3.5, 4]], "last column is missing"),
        ([[1, -2, 0], [3.5, 4, 5], [9, 9, 9]], "last row is too much"),
        ([[1, -2, 8], [3.5, 4, 5]], "not 0 and should be"),
        ([[1, 0, 0], [3.5, 4, 0]], "are 0 and should not"),
        ([[9, 9, 9], [8, 7, 6]], None),
    ],
)
def test_what_any_wrong_grid_looks_like(rows, pattern):
    right = torch.tensor([[1, -2, 0], [3.5, 4, 5]], dtype=torch.float64)
    text = grid_like(torch.tensor(rows, dtype=torch.float64), right)
    assert text is None if pattern is None else re.search(pattern, text)
    assert text is None or leads_on(text)


def test_where_a_single_number_is_wrong_its_sum_is_shown_not_reckoned():
    text = said(EXERCISES["01.by-hand"], [[-2, 2, 5], [8, -1, 4]])
    assert text.endswith("Reckon there once more: 0·1 + 2·2 + 5·0 + 1·(−1).")


def test_two_slips_at_once_are_both_said():
    text = said(EXERCISES["03.conv-params"], 90)
    assert "without the biases and with one input channel" in text
    text = said(EXERCISES["08.map-shape"], (10, 4, 8))
    assert text.startswith("Axis 0 is left out. This comes out by dividing")
