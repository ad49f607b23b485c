"""What is said to an answer of each kind: right, wrong with the reason, untouched."""

import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from torch import nn

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.answers import as_number, read_number
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


def misconceptions(*examples):
    return tuple(
        Misconception(f"m{i}", e, f"Says {i}.") for i, e in enumerate(examples)
    )


def declared(kind, id, right, *wrong, **more):
    return kind(
        id=id, right=right, misconceptions=misconceptions(*wrong), **more, **COMMON
    )


NUMBER = declared(Number, "01.n", 280, 270, 100)
NEAR = declared(Number, "01.t", 2.0, 3.0, tolerance=0.5)
SHAPE = declared(Shape, "01.s", (2, 3, 4), (2, 3, 5))
LETTERS = declared(Letters, "01.l", "B", "A", options="ABCD")
SEVERAL = declared(Letters, "01.m", "AC", "ABC", options="ABCD")
ORDER = declared(Letters, "01.o", "CAB", "BAC", options="ABC", ordered=True)
GRID = declared(Grid, "01.g", [[1, 2], [3, 4]], [[1, 3], [2, 4]])


def double_cases(generator):
    return [(torch.ones(2, 2, dtype=torch.float64),), (torch.zeros(3, 3),)]


CODE = Code(
    id="01.c",
    reference=lambda X: 2 * X,
    cases=double_cases,
    misconceptions=misconceptions(lambda X: 3 * X),
    **COMMON,
)


def a_number(answer):
    if not isinstance(answer, int):
        raise Unfit("A whole number is wanted.")
    return 100 // answer


DESIGN = Design(
    id="01.d",
    example=10,
    convert=a_number,
    misconceptions=(Misconception("small", 20, "Too small.", lambda v: v < 10),),
    **COMMON,
)


def text(exercise, answer):
    feedback = exercise.judge(answer)
    assert feedback.verdict == "wrong", feedback
    assert feedback.text.endswith(" Look again at: It.")
    return feedback.text.removesuffix(" Look again at: It.")


SPELLINGS = [
    *((NUMBER, n) for n in (280, 280.0, "280,0", np.int64(280), np.array([280]))),
    *((NUMBER, torch.tensor([280], dtype=d)) for d in (torch.int16, torch.half)),
    *((SHAPE, s) for s in ([2, 3, 4], torch.Size((2, 3, 4)), np.array([2, 3, 4]))),
    (SHAPE, (torch.tensor(2), np.int64(3), "4")),
    *((GRID, kind([[1, 2], [3, 4.0]])) for kind in (tuple, torch.tensor, np.array)),
    *((GRID, g) for g in ([["1", "2"], ["3,0", "4"]], [torch.tensor([1, 2]), (3, 4)])),
    *((DESIGN, n) for n in (10, 5)),
    *((NEAR, n) for n in (2.5, 1.5)),
    (LETTERS, " b "),
    *((SEVERAL, s) for s in ("ca", "A, C", {"C", "A"}, ("c", "a"))),
    *((ORDER, s) for s in ("c, a, b", "C → A → B", ["C", "A", "B"])),
]


@pytest.mark.parametrize(("exercise", "answer"), SPELLINGS)
def test_right_in_every_spelling(exercise, answer):
    feedback = exercise.judge(answer)
    assert feedback == Feedback(exercise.id, "right", "Right. So it is.")


@pytest.mark.parametrize(
    ("typed", "number"),
    [(f"196{gap}609{gap}000", 196_609_000) for gap in ",.' _’\u2009\u202f\u00a0"]
    + [("196,609", 196_609), ("1,234.5", 1234.5), ("1.234,5", 1234.5), ("1.5", 1.5)]
    + [("1 234,567", 1234.567), ("25,5", 25.5), ("1/4", 0.25), ("2 / 8", 0.25)]
    + [("~25 %", 25), ("1.5e3", 1500), ("−3", -3), ("+ 3", 3), ("0,250", 0.25)],
)
def test_a_number_typed_as_a_text_is_one(typed, number):
    assert read_number(typed) == (number, None)
    assert "is a text" in as_number(typed)[1]  # but what a function returns is not


TEXTS = ("", "two", "1 2", "1,2,3", "1/0", "3 × 3")
LETTERS_ARE = "Write one or more of the letters A, B, C, D in quotes: this is "
ONE_WRONG = "1 of the 4 numbers are wrong, first the 5 in row 1, column 1"
ROWS = "A list of rows such as `[[1, 2], [3, 4]]` is wanted,"


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (NUMBER, 270, "Says 0."),
        (NUMBER, torch.tensor(100), "Says 1."),
        (NUMBER, 277, "277 is too small."),
        (NUMBER, 281, "That is one too many."),
        (NUMBER, 1e300, "1e+300 is beyond everything that is counted here."),
        (NUMBER, 280.5, "280.5 is not a whole number, and this must be one."),
        *((NUMBER, typed, f"{typed!r} is a text. Write a number") for typed in TEXTS),
        (NUMBER, np.array([True]), "`True` is not a number."),
        (NUMBER, True, "`True` is not a number. Write the number itself."),
        (NUMBER, float("nan"), "`nan` is no number to count with. Was something"),
        (NUMBER, torch.ones(2), "One number is wanted, and this is [1, 1]"),
        (NUMBER, len, "This is the function len. A number is wanted: call it?"),
        (SHAPE, [2, 3, 5], "Says 0."),
        (SHAPE, (2, 5), "(2, 5) has 2 axes: not as many as the tensor."),
        (SHAPE, (9, 9, 4), "In (9, 9, 4) the axes 0, 1 (counted from 0) cannot"),
        (SHAPE, (2, 3, -4), "Axis 2 is -4, which is no length of an axis."),
        (SHAPE, (2, "x", 4), "Axis 1 is 'x', which is no length of an axis."),
        (SHAPE, torch.zeros(2, 3, 4), "This is a tensor. Its shape is wanted"),
        (SHAPE, 24, "A tuple such as `(2, 3)` is wanted, and this is 24."),
        (LETTERS, "a", "Says 0."),
        (LETTERS, "D", "D is not it, and one letter is wanted."),
        (LETTERS, "E", f"{LETTERS_ARE}'E'."),
        (SEVERAL, "abc", "Says 0."),
        (SEVERAL, {"B", "A"}, "AB: 1 too many, 1 missing."),
        (ORDER, "b a c", "Says 0."),
        (ORDER, "ABC", "ABC is not the order."),
        (GRID, [[1, 3], [2, 4]], "Says 0."),
        (GRID, [[1, 2], [3, 5]], ONE_WRONG),
        (GRID, [[1, 2, 3]], "Your grid is 1 × 3, and 2 × 2 is wanted."),
        (GRID, [[1, 2], [3]], f"{ROWS} with rows of the same length."),
        (GRID, [1, 2], f"{ROWS} and this is [1, 2]."),
        (GRID, [[1, 2], [3, "x"]], f"{ROWS} and 'x' in it is no number."),
        (NEAR, 2.51, "Says 0."),
        (NEAR, 0.9, "0.9 is too small."),
        (DESIGN, 20, "Too small."),
        (DESIGN, "x", "A whole number is wanted."),
        (DESIGN, 0, "Your answer, 0, stopped with `ZeroDivisionError`"),
    ],
)
def test_wrong_answers(exercise, answer, says):
    assert text(exercise, answer).startswith(says)


def changes_its_input(X):
    X *= 2
    return X


GIVEN = "With X = [[1, 1], [1, 1]]"
ITSELF = "The function or class itself is wanted, and this is "


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda X: 3 * X, "Says 0."),
        (lambda X: X.flatten() + 5, f"{GIVEN}: the output's shape"),
        (lambda X: X + 5, f"{GIVEN}: yours gives [[6, 6], [6, 6]], right is [["),
        (lambda X: (2 * X).float(), f"{GIVEN}: the numbers are right, but of type"),
        (lambda X: X / 0 * 0, f"{GIVEN}: there is `nan`"),
        (lambda X: 4, f"{GIVEN}: a tensor is wanted, and it returns 4."),
        (lambda X: print(X), f"{GIVEN}: it returns nothing. Is there a `return`?"),
        (lambda X: [][0], f"{GIVEN} it stopped: `IndexError`"),
        (lambda X: sys.exit(3), f"{GIVEN} it stopped: `SystemExit`"),
        (changes_its_input, f"It changes its input: {GIVEN[5:].replace('=', 'was')}"),
        (torch.ones(2), f"{ITSELF}[1, 1]"),
    ],
)
def test_wrong_code(answer, says):
    assert text(CODE, answer).startswith(says)


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
    def talkative(X):
        print("here", X.sum().item())
        return X

    assert text(CODE, talkative).endswith("(It printed: here 4.0)")
    assert capsys.readouterr().out == ""


def test_random_numbers_of_the_notebook_are_left_alone():
    torch.manual_seed(7)
    after = torch.rand(1)
    torch.manual_seed(7)
    CODE.judge(lambda X: 2 * X + 0 * torch.rand(1).item())
    assert torch.rand(1) == after


def test_an_interrupt_is_the_users_and_goes_through():
    def interrupted(X):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        CODE.judge(interrupted)


class Layer(nn.Module):
    def __init__(self, size):
        super().__init__()
        ...

    def forward(self, X): ...


def untouched(X):
    # a comment of the notebook's
    ...


def without_return(X):
    X * 2


def finished_above_the_dots(X):
    return 2 * X
    ...


@pytest.mark.parametrize(
    ("exercise", "blank"),
    [(each, ...) for each in (NUMBER, SHAPE, LETTERS, GRID, CODE, DESIGN)]
    + [(SHAPE, (..., 3)), (GRID, [1, ...]), (NUMBER, None)]
    + [(CODE, untouched), (CODE, Layer), (DESIGN, untouched)],
)
def test_untouched(exercise, blank):
    feedback = exercise.judge(blank)
    assert feedback.verdict == "blank" and feedback.text.startswith("not answered yet.")
    assert f'hint("{exercise.id}")' in feedback.text


def test_a_function_that_was_written_is_not_blank():
    assert "it returns nothing. Is there a `return`?" in text(CODE, without_return)
    assert CODE.judge(finished_above_the_dots).verdict == "right"
    for answer in (lambda X: 5, print, lambda X: nn.Linear):
        assert CODE.judge(answer).verdict == "wrong"


NUMERIC = Prediction(id="01.p", asks="?")
CHOICE = Prediction(id="01.q", asks="?", options="AB")


@pytest.mark.parametrize(
    ("guess", "value", "outcome", "words"),
    [
        (NUMERIC, 5.2, 5, "✓ close"),
        (NUMERIC, 4, 5, "too small"),
        (NUMERIC, 20, 5, "4 times too large"),
        (NUMERIC, 5, 0, "too large"),
        (CHOICE, "B", "A", "not what came out"),
    ],
)
def test_how_far_a_prediction_is(guess, value, outcome, words):
    assert guess.compared(value, outcome).endswith(words)


def test_feedback_as_html_is_escaped():
    feedback = Feedback("01.n", "wrong", "`a < b` & <b>")
    page = feedback._repr_mimebundle_()
    assert "<code>a &lt; b</code> &amp; &lt;b&gt;" in page["text/html"]
    assert page["text/plain"] == "✗ 01.n · `a < b` & <b>"


def test_a_table_is_aligned():
    table = Table(("a", "b"), (("long one", "1"), ("s", "2")), "below")
    assert str(table) == "a         b\nlong one  1\ns         2\nbelow"
    assert "<td" in table._repr_mimebundle_()["text/html"]
