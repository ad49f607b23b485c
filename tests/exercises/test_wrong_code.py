"""What is said to wrong code: the slip, else the smallest input with both outputs."""

import re

import pytest
import torch
import torch.nn.functional as F
from wrong_code import WRONG

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.code import Code
from cnn_course.exercises.engine.compare import same
from cnn_course.exercises.engine.feedback import amount, in_full
from cnn_course.exercises.engine.rules import OUTPUT

CORR2D = EXERCISES["03.corr2d"]
CODES = [exercise for exercise in EXERCISES.values() if isinstance(exercise, Code)]
every_exercise = pytest.mark.parametrize("exercise", CODES, ids=lambda e: e.id)


@pytest.mark.parametrize(
    ("name", "answer", "pattern"),
    [pytest.param(e, a, p, id=f"{e}-{n}") for e, n, a, p in WRONG],
)
def test_wrong_code_is_refused_and_the_slip_named(name, answer, pattern):
    feedback = EXERCISES[name].judge(answer)
    assert feedback.verdict == "wrong"
    said = feedback.text.partition(" Look again at: ")[0]
    assert re.search(pattern, said, re.IGNORECASE), said


@every_exercise
def test_every_slip_is_told_from_the_right_answer_and_named(exercise):
    known = (*[m.says for m in exercise.misconceptions], *exercise.slips)
    for says, wrong in exercise.slips.items():
        assert exercise.judge(wrong).text.startswith(known), says


@pytest.mark.parametrize("says", OUTPUT)
def test_a_rule_is_named(says):
    def answer(*given):
        return OUTPUT[says](CORR2D.reference(*given), *given)

    known = (*[m.says for m in CORR2D.misconceptions], *CORR2D.slips, *OUTPUT)
    assert CORR2D.judge(answer).text.startswith(known)


@every_exercise
def test_the_smallest_inputs_can_be_read(exercise):
    cases = exercise.cases(torch.Generator().manual_seed(0))
    for case in sorted(cases, key=amount)[:2]:
        assert amount(case) <= 8
        assert not re.search(r"\d\.\d\d|Tensor of shape", in_full(case))


def corr2d(X, K, padding=0, stride=1):
    return F.conv2d(X[None, None], K[None, None], padding=padding, stride=stride)[0, 0]


def flipped_if_2_by_2(X, K, padding=0, stride=1):
    return corr2d(X, K.flip(0, 1) if K.shape == (2, 2) else K, padding, stride)


def stops_at_three_rows(X, K, padding=0, stride=1):
    if len(X) > 2:
        raise ValueError("too high")
    return corr2d(X, K, padding, stride)


def wrong_in_large_ones(X, K, padding=0, stride=1):
    Y = corr2d(X, K, padding, stride)
    return Y.index_fill(0, torch.tensor(len(Y) - 1), 7) if Y.numel() > 16 else Y


ONLY_IF_ALL = "With X = [[1, 2], [3, 4]], K = [[1, 0], [2, 5]]: yours gives [[13]], "
STOPS = "With X = [[1, 2], [3, 4], [5, 6]], K = [[1, 3]], padding = 1, stride = 2 it "


def test_a_slip_is_named_only_if_it_explains_every_input_also_the_right_ones():
    said = CORR2D.judge(flipped_if_2_by_2).text
    assert said.startswith(f"{ONLY_IF_ALL}right is [[27]].")


def test_code_that_stops_is_told_with_the_smallest_input_that_stops_it():
    said = CORR2D.judge(stops_at_three_rows).text
    assert said.startswith(f"{STOPS}stopped: `ValueError` (too high)")


def test_large_outputs_are_told_by_the_first_number_that_differs():
    said = CORR2D.judge(wrong_in_large_ones).text
    assert re.search(
        r" numbers are wrong, first at \[\d, 0\]: yours gives 7, right", said
    )


def test_values_count_for_a_slip_and_a_wrong_type_alone_is_told():
    flipped = CORR2D.misconceptions[0]
    said = CORR2D.judge(lambda *given: flipped.example(*given).float()).text
    assert said.startswith(flipped.says)
    said = CORR2D.judge(lambda *given: corr2d(*given).float()).text
    assert "the numbers are right, but of type float32" in said


def test_an_answer_that_gives_something_else_each_time_is_told_so():
    feedback = EXERCISES["09.dead"].judge(lambda logits: torch.rand(3).tolist())
    assert "when it is called again, it gives something else" in feedback.text


def test_values_in_full():
    assert in_full(torch.tensor([[1.0, -0.0, 1 / 3]])) == "[[1, 0, 0.333333]]"
    assert in_full([("flatten",), ("output", 3)]) == "[('flatten',), ('output', 3)]"
    assert in_full(torch.ones(17)) == "a Tensor of shape (17,), torch.float32"


def test_what_is_the_same():
    assert same(float("nan"), float("nan")) and same(torch.tensor(2.0), 2)
    assert not same(float("nan"), 1.0) and not same(True, 1)
