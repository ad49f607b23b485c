"""What is said to an answer of each kind: right, wrong with the reason, untouched."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.feedback import Feedback, Table
from cnn_course.exercises.engine.kinds import (
    Grid,
    Letters,
    Misconception,
    Number,
    Prediction,
    Shape,
)

COMMON = dict(topic="it", activity="count", because="So it is.", see="It")
COMMON["hints"] = ("One.", "Two.")


def declared(kind, id, right, *wrong, **more):
    named = [Misconception(f"m{i}", e, f"Says {i}.") for i, e in enumerate(wrong)]
    if kind is not Code:
        more["right"] = right
    return kind(id=id, misconceptions=tuple(named), **more, **COMMON)


def double(X):
    return 2 * X


def cases(generator):
    return [(torch.ones(2, 2, dtype=torch.float64),), (torch.zeros(3, 3),)]


def a_number(answer):
    if not isinstance(answer, int):
        raise Unfit("A whole number is wanted.")
    return 100 // answer


NUMBER = declared(Number, "01.n", 280, 270, 100)
NEAR = declared(Number, "01.t", 2.0, 3.0, tolerance=0.5)
SHAPE = declared(Shape, "01.s", (2, 3, 4), (2, 3, 5))
LETTER = declared(Letters, "01.l", "B", "A", options="ABCD")
SEVERAL = declared(Letters, "01.m", "AC", "ABC", options="ABCD")
GRID = declared(Grid, "01.g", [[1, 2], [3, 4]], [[1, 3], [2, 5]])
CODE = declared(Code, "01.c", None, lambda X: 3 * X, reference=double, cases=cases)
DESIGN = Design(
    id="01.d",
    example=10,
    convert=a_number,
    misconceptions=(Misconception("small", 20, "Too small.", lambda v: v < 10),),
    **COMMON,
)


def said(exercise, answer):
    feedback = exercise.judge(answer)
    assert feedback.verdict == "wrong", feedback
    assert feedback.text.endswith(" Look again at: It.")
    return feedback.text.removesuffix(" Look again at: It.")


SPELLINGS = [
    *((NUMBER, n) for n in (280, 280.0, np.int64(280), np.array([280]))),
    *((NUMBER, torch.tensor([280], dtype=d)) for d in (torch.int16, torch.half)),
    *((SHAPE, s) for s in ([2, 3, 4], torch.Size((2, 3, 4)), (torch.tensor(2), 3, 4))),
    *((GRID, kind([[1, 2], [3, 4.0]])) for kind in (tuple, torch.tensor, np.array)),
    *((DESIGN, n) for n in (10, 5)),
    *((NEAR, n) for n in (2.5, 1.5)),
    *((SEVERAL, s) for s in ("ca", "A, C", {"C", "A"}, ("c", "a"))),
    (LETTER, " b "),
    (CODE, double),
]


@pytest.mark.parametrize(("exercise", "answer"), SPELLINGS)
def test_right_in_every_spelling(exercise, answer):
    feedback = exercise.judge(answer)
    assert feedback == Feedback(exercise.id, "right", "Right. So it is.")


def changes_its_input(X):
    X *= 2
    return X


def talkative(X):
    print("here", X.sum().item())
    return X


GIVEN = "With X = [[1, 1], [1, 1]]"
ITSELF = "The function or class itself is wanted, and this is "
ONE = "One number is wanted, and this is"
ROWS = "A list of rows of numbers is wanted, all rows of the same length"
SIZES = "A tuple of whole numbers such as `(2, 3)` is wanted, and this is"


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (NUMBER, 270, "Says 0."),
        (NUMBER, 277, "277 is too small."),
        (NUMBER, 281, "That is one too many."),
        (NUMBER, float("nan"), "nan is no number to count with. Was something"),
        (NUMBER, 280.5, "280.5 is not a whole number, and this must be one."),
        (NUMBER, "280", "'280' is a text. Write a number, without quotes."),
        (NUMBER, True, f"{ONE} True."),
        (NUMBER, len, f"{ONE} the function len."),
        (NEAR, 2.51, "Says 0."),
        (SHAPE, (2, 5), "(2, 5) has 2 axes: not as many as the tensor."),
        (SHAPE, (9, 9, 4), "In (9, 9, 4) axis 0, 1 (counted from 0) is wrong."),
        (SHAPE, (2, "x", 4), f"{SIZES} (2, 'x', 4)."),
        (LETTER, "D", "D is not it, and one letter is wanted."),
        (LETTER, "E", "Write one or more of the letters A, B, C, D in quotes: this"),
        (SEVERAL, "cba", "Says 0."),
        (SEVERAL, {"B", "A"}, "AB: 1 too many, 1 missing."),
        (GRID, [[1, 2], [3, 5]], "1 of the 4 numbers are wrong, first the 5 in row 1,"),
        (GRID, [[1, 2, 3]], "Your grid is 1 × 3, and 2 × 2 is wanted."),
        *((GRID, g, ROWS) for g in ([[1, 2], [3]], [1, 2], [[1, "x"]], [], "x", 7)),
        (DESIGN, 20, "Too small."),
        (DESIGN, "x", "A whole number is wanted."),
        (DESIGN, 0, "Your answer, 0, stopped with `ZeroDivisionError"),
        (CODE, lambda X: X.flatten() + 5, f"{GIVEN}: the output's shape"),
        (CODE, lambda X: X + 5, f"{GIVEN}: yours gives [[6, 6], [6, 6]], right is [["),
        (CODE, lambda X: (2 * X).float(), f"{GIVEN}: the numbers are right, but of"),
        (CODE, lambda X: X / 0 * 0, f"{GIVEN}: there is `nan`"),
        (CODE, lambda X: 4, f"{GIVEN}: a tensor is wanted, and it returns 4."),
        (CODE, lambda X: None, f"{GIVEN}: it returns nothing. Is there a `return`?"),
        (CODE, lambda X: sys.exit(3), f"{GIVEN} it stopped: `SystemExit: 3` in the"),
        (CODE, changes_its_input, "It changes its input: X was [[1, 1], [1, 1]], and"),
        (CODE, torch.ones(2), f"{ITSELF}[1, 1]"),
    ],
)
def test_wrong_answers(exercise, answer, says):
    assert said(exercise, answer).startswith(says)


def endless(X=None):
    while True:
        pass


def endless_and_deaf(X):
    while True:
        try:
            X = X + 0
        except:  # noqa: E722
            pass


ENDLESS = [(CODE, endless), (CODE, endless_and_deaf)]
ENDLESS += [(EXERCISES["05.smaller"], endless)]  # a design that is a function


@pytest.mark.parametrize(("exercise", "answer"), ENDLESS)
def test_an_endless_loop_is_stopped_and_nothing_stays_behind(exercise, answer):
    start = time.perf_counter()
    assert "still running after 3 seconds" in exercise.judge(answer).text
    assert time.perf_counter() - start < 10
    time.sleep(0.3)  # a late exception would hit here


DEBUGGED = """import sys
from cnn_course.exercises import EXERCISES
def endless(*arguments):
    while True: pass
EXERCISES['03.corr2d'].judge(endless)
EXERCISES['03.fc-params'].judge(1)
sys.settrace(lambda *_: None)
print(EXERCISES['03.fc-params'].judge(2).verdict)
"""


def test_a_debugger_still_works_after_a_check():
    command = [sys.executable, "-c", DEBUGGED]
    assert subprocess.check_output(command, text=True, timeout=120) == "wrong\n"


def test_what_it_prints_is_shown_once_and_only_if_wrong(capsys):
    assert said(CODE, talkative).endswith("(It printed: here 4.0)")
    assert CODE.judge(lambda X: talkative(X) * 2).text == "Right. So it is."
    assert capsys.readouterr().out == ""


def test_an_interrupt_is_the_users_and_goes_through():
    def interrupted(X):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CODE.judge(interrupted)


class Layer(nn.Module):
    def forward(self, X): ...


def untouched(X):
    # a comment of the notebook's
    ...


def finished_above_the_dots(X):
    return 2 * X
    ...


@pytest.mark.parametrize(
    ("exercise", "blank"),
    [(each, ...) for each in (NUMBER, SHAPE, LETTER, GRID, CODE, DESIGN)]
    + [(SHAPE, (..., 3)), (GRID, [1, ...]), (NUMBER, None)]
    + [(CODE, untouched), (CODE, Layer), (DESIGN, untouched)],
)
def test_untouched(exercise, blank):
    feedback = exercise.judge(blank)
    assert feedback.verdict == "blank" and feedback.text.startswith("not answered yet.")
    assert f'hint("{exercise.id}")' in feedback.text


def test_a_function_that_was_written_is_not_blank():
    assert CODE.judge(finished_above_the_dots).verdict == "right"
    for answer in (lambda X: 5, print, lambda X: nn.Linear):
        assert CODE.judge(answer).verdict == "wrong"


NUMERIC = Prediction(id="01.p", asks="?")
CHOICE = Prediction(id="01.q", asks="?", options="AB")


def test_how_far_a_prediction_is():
    told = [NUMERIC.compared(value, 5) for value in (5, 5.2, 4, 20)]
    assert told == ["✓", "✓ close", "too small", "too large"]
    assert [CHOICE.compared(v, "A") for v in "AB"] == ["✓", "not what came out"]


def test_feedback_as_html_is_escaped_and_a_table_aligned():
    feedback = Feedback("01.n", "wrong", "`a < b` & <b>")
    page = feedback._repr_mimebundle_()
    assert "<code>a &lt; b</code> &amp; &lt;b&gt;" in page["text/html"]
    assert page["text/plain"] == "✗ 01.n · `a < b` & <b>"
    table = Table(("a", "b"), (("long one", "1"), ("s", "2")), "below")
    assert str(table) == "a         b\nlong one  1\ns         2\nbelow"
    assert "<td" in table._repr_mimebundle_()["text/html"]
