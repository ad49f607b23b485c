"""What is said to wrong code: the slip, else the smallest input with both outputs."""

import re

import pytest
import torch
import torch.nn.functional as F
from wrong_code import WRONG

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.code import Code
from cnn_course.exercises.engine.compare import amount, in_full, same
from cnn_course.exercises.engine.rules import BY_RULE
from cnn_course.exercises.engine.variants import STOPS, of_arguments

CODES = [exercise for exercise in EXERCISES.values() if isinstance(exercise, Code)]


# Rules that change nothing that could be seen: what they do is as right.
RIGHT_ALL_THE_SAME = {
    "02.step": "`[wb]`: is a",  # a mean or sum of one number
    "05.cross-entropy": "absolute values|negative number",  # a loss is positive
    "06.dropout": "(minus signs|[Nn]egative numbers) in `U`|size of `X`",  # both are so
    "06.multiply-adds": "whole numbers|rounded|absolute values|negative number",
    "08.conv1x1": "axis [23] of `weight`|`weight` (is|are)|of `weight` are swapped",
    "09.dead": "minus signs in|squared|upside down|whole numbers|rounded|abs|negative "
    "number",
    "04.max-pool": "size of `X`",  # a pooling is never larger
}


def cases_of(exercise):
    return exercise.cases(torch.Generator().manual_seed(0))


@pytest.fixture(params=CODES, ids=lambda exercise: exercise.id)
def exercise(request):
    return request.param


@pytest.mark.parametrize(
    ("name", "answer", "pattern"),
    [pytest.param(e, a, p, id=f"{e}-{n}") for e, n, a, p in WRONG],
)
def test_wrong_code_is_refused_and_the_slip_named(name, answer, pattern):
    feedback = EXERCISES[name].judge(answer)
    assert feedback.verdict == "wrong"
    said = feedback.text.partition(" Look again at: ")[0]
    assert re.search(pattern, said, re.IGNORECASE), said


def test_every_slip_that_is_declared_is_named_by_somebody(exercise):
    as_right = RIGHT_ALL_THE_SAME.get(exercise.id, "$^")
    for slip in exercise.slips:
        if slip.example and not re.search(as_right, slip.says):
            feedback = exercise.judge(slip.example)
            assert feedback.verdict == "wrong", slip.says
            assert not feedback.text.startswith("With "), (slip.says, feedback)


def test_the_inputs_tell_every_known_slip_from_the_right_answer(exercise):
    cases = cases_of(exercise)
    right = [exercise.run(exercise.reference, *case) for case in cases]
    names, longest = zip(*exercise.named(max(cases, key=len)), strict=True)
    rules = [*of_arguments(exercise.reference, names, longest), *BY_RULE]
    for slip in [*exercise.slips, *rules]:
        found = [slip.outcome(exercise.run, exercise.reference, case) for case in cases]
        if not all(map(same, found, right)):
            continue
        allowed = RIGHT_ALL_THE_SAME.get(exercise.id, "$^")
        assert re.search(allowed, slip.says), slip.says


def test_the_smallest_inputs_can_be_read(exercise):
    cases = sorted(cases_of(exercise), key=amount)
    for case in cases[:2]:
        assert amount(case) <= 8
        assert not re.search(r"\d\.\d\d", exercise.inputs(case)), case
        assert "Tensor of shape" not in exercise.inputs(case)


def corr2d(X, K, padding=0, stride=1):
    return F.conv2d(X[None, None], K[None, None], padding=padding, stride=stride)[0, 0]


def test_a_slip_is_named_only_if_it_explains_every_input_also_the_right_ones():
    def flipped_if_2_by_2(X, K, padding=0, stride=1):
        return corr2d(X, K.flip(0, 1) if K.shape == (2, 2) else K, padding, stride)

    feedback = EXERCISES["03.corr2d"].judge(flipped_if_2_by_2)
    assert feedback.text.startswith(
        "With X = [[1, 2], [3, 4]], K = [[1, 0], [2, 5]]: "
        "yours gives [[13]], right is [[27]]."
    )


def test_a_slip_is_named_by_its_values_whatever_their_type():
    flipped = EXERCISES["03.corr2d"].misconceptions[0]
    feedback = EXERCISES["03.corr2d"].judge(
        lambda *given: flipped.example(*given).float()
    )
    assert feedback.text.startswith(flipped.says)


def test_where_only_the_type_is_wrong_no_slip_is_looked_for():
    feedback = EXERCISES["03.corr2d"].judge(lambda *given: corr2d(*given).float())
    assert "the numbers are right, but of type float32" in feedback.text


def test_code_that_stops_is_told_with_the_smallest_input_that_stops_it():
    def stops_at_three_rows(X, K, padding=0, stride=1):
        if len(X) > 2:
            raise ValueError("too high")
        return corr2d(X, K, padding, stride)

    feedback = EXERCISES["03.corr2d"].judge(stops_at_three_rows)
    where = "With X = [[1, 2], [3, 4], [5, 6]], K = [[1, 3]], padding = 1, stride = 2"
    assert feedback.text.startswith(f"{where} it stopped: `ValueError` (too high)")


def test_large_outputs_are_told_by_the_first_number_that_differs():
    def wrong_in_large_ones(X, K, padding=0, stride=1):
        Y = corr2d(X, K, padding, stride)
        if Y.numel() > 16:
            Y[-1, 1] = 7
        return Y

    feedback = EXERCISES["03.corr2d"].judge(wrong_in_large_ones)
    assert re.search(
        r"1 of \d+ numbers are wrong, first at \[\d+, 1\]: yours is 7, right"
        r" is -?\d",
        feedback.text,
    )


def test_two_known_slips_at_once_are_both_named():
    exercise = EXERCISES["05.cross-entropy"]
    summed = next(m for m in exercise.misconceptions if m.name.startswith("sum"))
    feedback = exercise.judge(lambda *given: -summed.example(*given))
    assert feedback.text.startswith(f"Two things at once. {summed.says} And: The size")


def test_an_answer_that_gives_something_else_each_time_is_told_so():
    feedback = EXERCISES["09.dead"].judge(lambda logits: torch.rand(3).tolist())
    assert "when it is called again, it gives something else" in feedback.text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (torch.tensor([[1.0, -2.5]]), "[[1, -2.5]]"),
        (torch.tensor([-0.0]), "[0]"),
        (torch.tensor([True, False]), "[True, False]"),
        ([("flatten",), ("output", 3)], "[('flatten',), ('output', 3)]"),
        (torch.ones(17), "a Tensor of shape (17,), torch.float32"),
        (1234567, "1,234,567"),
        (0.1 + 0.2, "0.3"),
    ],
)
def test_values_in_full(value, text):
    assert in_full(value) == text


def test_a_slip_that_comes_to_no_result_explains_nothing():
    assert not same(STOPS, None) and not same(float("nan"), 1.0)
    assert same(float("nan"), float("nan")) and same(torch.tensor(2.0), 2)
