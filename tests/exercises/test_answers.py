"""What is said to an answer of each kind: right, wrong with the reason, untouched."""

import subprocess
import sys
import time

import pytest
import torch
from torch import nn

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

COMMON = dict(
    topic="a topic",
    activity="count",
    because="So it is.",
    hints=("One.", "Two."),
    see="It",
)


def misconceptions(*examples):
    return tuple(
        Misconception(f"m{i}", e, f"Says {i}.") for i, e in enumerate(examples)
    )


NUMBER = Number(id="01.n", right=280, misconceptions=misconceptions(270, 100), **COMMON)
SHAPE = Shape(
    id="01.s", right=(2, 3, 4), misconceptions=misconceptions((2, 3, 5)), **COMMON
)
LETTERS = Letters(
    id="01.l", right="B", options="ABCD", misconceptions=misconceptions("A"), **COMMON
)
SEVERAL = Letters(
    id="01.m",
    right="AC",
    options="ABCD",
    misconceptions=misconceptions("ABC"),
    **COMMON,
)
ORDER = Letters(
    id="01.o",
    right="CAB",
    options="ABC",
    ordered=True,
    misconceptions=misconceptions("BAC"),
    **COMMON,
)
GRID = Grid(
    id="01.g",
    right=[[1, 2], [3, 4]],
    misconceptions=misconceptions([[1, 3], [2, 4]]),
    **COMMON,
)


def double_cases(generator):
    return [(torch.ones(2, 2, dtype=torch.float64),), (torch.zeros(0),)]


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


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (270, "Says 0."),
        (torch.tensor(100), "Says 1."),
        (5, "5 is too small."),
        (281, "281 is too large."),
        (1e300, "1e+300 is beyond everything that is counted here."),
        (10**400, "is beyond everything"),
        (280.5, "280.5 is not a whole number, and this must be one."),
        ("280", "'280' is a text. Write a number, without quotes."),
        (True, "`True` is not a number. Write the number itself."),
        (float("nan"), "`nan` is no number to count with. Was something divided by 0?"),
        (torch.tensor(torch.inf), "`inf` is no number to count with."),
        ([280], "One number is wanted, and this is a list of 1."),
        (torch.ones(2, 3), "One number is wanted, and this is [[1.0, 1.0, 1.0], "),
        (torch.ones(50), "One number is wanted, and this is a Tensor of shape (50,)"),
        (len, "This is the function len. A number is wanted: call it?"),
        (object(), "A number is wanted, and this is of type object."),
    ],
)
def test_wrong_numbers(answer, says):
    assert says in text(NUMBER, answer)


@pytest.mark.parametrize(
    "answer", [280, 280.0, torch.tensor([280.0]), torch.tensor(280)]
)
def test_right_numbers(answer):
    assert NUMBER.judge(answer) == Feedback("01.n", "right", "Right. So it is.")


def test_a_tolerance_counts_at_its_border_and_not_beyond():
    near = Number(
        id="01.t",
        right=2.0,
        tolerance=0.5,
        misconceptions=misconceptions(3.0),
        **COMMON,
    )
    assert near.judge(2.5).verdict == near.judge(1.5).verdict == "right"
    assert text(near, 2.51) == "Says 0."
    assert text(near, 1.49) == "1.49 is too small."


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([2, 3, 5], "Says 0."),
        ((2, 3), "(2, 3) has 2 axes: not as many as the tensor."),
        ((3, 2, 4), "(3, 2, 4) has the right numbers in another order."),
        ((2, 9, 4), "In (2, 9, 4) axis 1 cannot be."),
        ((9, 9, 4), "In (9, 9, 4) the axes 0, 1 cannot be."),
        ((2, 3, -4), "Axis 2 is -4, which is no length of an axis."),
        ((2, "3", 4), "Axis 1 is '3', which is no length of an axis."),
        (torch.zeros(2, 3, 4), "This is a tensor. Its shape is wanted"),
        (24, "A tuple such as `(2, 3)` is wanted, and this is 24."),
        ("234", "A tuple such as `(2, 3)` is wanted, and this is '234'."),
    ],
)
def test_wrong_shapes(answer, says):
    assert text(SHAPE, answer).startswith(says)


@pytest.mark.parametrize(
    ("exercise", "answer", "says"),
    [
        (LETTERS, "a", "Says 0."),
        (LETTERS, "D", "D is not it, and one letter is wanted."),
        (LETTERS, "AB", "AB is not it, and one letter is wanted."),
        (
            LETTERS,
            "E",
            "Write one or more of the letters A, B, C, D in quotes: this is 'E'",
        ),
        (
            LETTERS,
            "",
            "Write one or more of the letters A, B, C, D in quotes: this is ''.",
        ),
        (
            LETTERS,
            2,
            "Write one or more of the letters A, B, C, D in quotes: this is 2.",
        ),
        (LETTERS, [1], "Write one or more of the letters"),
        (SEVERAL, "abc", "Says 0."),
        (SEVERAL, "A", "A: 1 missing."),
        (
            SEVERAL,
            {"B", "A"},
            "AB: 1 of your letters should not be there, and 1 missing.",
        ),
        (ORDER, "b a c", "Says 0."),
        (ORDER, "ABC", "ABC is not the order."),
        (ORDER, "CA", "CA: every letter is wanted once, 3 in all."),
        (ORDER, "CAAB", "CAAB: every letter is wanted once, 3 in all."),
    ],
)
def test_wrong_letters(exercise, answer, says):
    assert text(exercise, answer).startswith(says)


def test_letters_in_every_spelling():
    assert LETTERS.judge(" b ").verdict == "right"
    for answer in ("ca", "A, C", ["A", "C"], {"C", "A"}, ("c", "a")):
        assert SEVERAL.judge(answer).verdict == "right"
    for answer in ("CAB", "c, a, b", "C → A → B", ["C", "A", "B"]):
        assert ORDER.judge(answer).verdict == "right"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([[1, 3], [2, 4]], "Says 0."),
        (
            [[1, 2], [3, 5]],
            "1 of the 4 numbers are wrong, first the 5 in row 1, column 1",
        ),
        ([[1, 2, 3]], "Your grid is 1 × 3, and 2 × 2 is wanted."),
        (
            [[1, 2], [3]],
            "A list of rows such as `[[1, 2], [3, 4]]` is wanted, with rows",
        ),
        (
            [1, 2],
            "A list of rows such as `[[1, 2], [3, 4]]` is wanted, and one of your",
        ),
        (
            [[1, 2], [3, "4"]],
            "A list of rows such as `[[1, 2], [3, 4]]` is wanted, and '4'",
        ),
        (7, "A list of rows such as"),
        ([[1, 2], [3, float("nan")]], "A list of rows such as"),
        (torch.zeros(2, 2, 2), "A list of rows such as"),
    ],
)
def test_wrong_grids(answer, says):
    assert text(GRID, answer).startswith(says)


def test_right_grids():
    for answer in (
        [[1, 2], [3, 4]],
        ((1.0, 2), (3, 4)),
        torch.tensor([[1, 2], [3, 4]]),
    ):
        assert GRID.judge(answer).verdict == "right"


def endless(X):
    while True:
        pass


def endless_and_deaf(X):
    while True:
        try:
            X = X + 0
        except:  # noqa: E722
            pass


def changes_its_input(X):
    X *= 2
    return X


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda X: 3 * X, "Says 0."),
        (
            lambda X: X.sum(),
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: the output's shape",
        ),
        (
            lambda X: X + 5,
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: 4 of 4 numbers are ",
        ),
        (
            lambda X: (2 * X).float(),
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: the numbers",
        ),
        (
            lambda X: X / 0 * 0,
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: there is `nan`",
        ),
        (
            lambda X: 4,
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: a tensor is wanted, and",
        ),
        (
            lambda X: print(X),
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64: it returns nothing",
        ),
        (
            lambda X: [][0],
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64 it stopped: `IndexErr",
        ),
        (
            lambda X: sys.exit(3),
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64 it stopped: `S",
        ),
        (
            lambda: 3,
            "With X = [[1.0, 1.0], [1.0, 1.0]], float64 it stopped: `TypeError`",
        ),
        (
            changes_its_input,
            "It changes its input: X was [[1.0, 1.0], [1.0, 1.0]], float64",
        ),
        (
            torch.ones(2),
            "The function or class itself is wanted, and this is [1.0, 1.0]",
        ),
        (5, "The function or class itself is wanted, and this is 5."),
    ],
)
def test_wrong_code(answer, says):
    assert text(CODE, answer).startswith(says)


@pytest.mark.parametrize("answer", [endless, endless_and_deaf])
def test_an_endless_loop_is_stopped_and_nothing_stays_behind(answer):
    start = time.perf_counter()
    assert "still running after 3 seconds" in text(CODE, answer)
    assert time.perf_counter() - start < 10
    time.sleep(0.3)  # a late exception would hit here


def test_a_debugger_still_works_after_a_check():
    program = (
        "import sys\n"
        "from cnn_course.exercises import EXERCISES\n"
        "def endless(*arguments):\n"
        "    while True: pass\n"
        "EXERCISES['03.corr2d'].judge(endless)\n"
        "EXERCISES['03.fc-params'].judge(1)\n"
        "sys.settrace(lambda *_: None)\n"
        "print(EXERCISES['03.fc-params'].judge(2).verdict)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert done.stdout == "wrong\n"


def test_what_it_prints_is_shown_once_and_only_if_wrong(capsys):
    def talkative(X):
        print("here", X.sum().item())
        return X

    assert text(CODE, talkative).endswith("(It printed: here 4.0)")
    assert capsys.readouterr().out == ""


def test_random_numbers_of_the_notebook_are_left_alone():
    torch.manual_seed(5)
    CODE.judge(lambda X: torch.rand(2, 2))
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


def test_designs():
    assert DESIGN.judge(10).verdict == DESIGN.judge(5).verdict == "right"
    assert text(DESIGN, 20) == "Too small."
    assert text(DESIGN, "x") == "A whole number is wanted."
    assert text(DESIGN, 0).startswith(
        "Your answer, 0, stopped with `ZeroDivisionError`"
    )


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


@pytest.mark.parametrize(
    ("value", "outcome", "words"),
    [
        (5, 5, "✓"),
        (5.2, 5, "✓ close"),
        (6, 5, "too large"),
        (4, 5, "too small"),
        (20, 5, "4 times too large"),
        (-20, 5, "too small"),
        (5, 0, "too large"),
        (0, 5, "too small"),
        (-5, -20, "too large"),
    ],
)
def test_how_far_a_prediction_is(value, outcome, words):
    guess = Prediction(id="01.p", asks="?")
    assert guess.compared(value, outcome).endswith(words)


def test_a_choice_is_right_or_not():
    guess = Prediction(id="01.p", asks="?", options="AB")
    assert guess.compared("A", "A") == "✓"
    assert guess.compared("B", "A") == "not what came out"


def test_feedback_as_html_is_escaped():
    feedback = Feedback("01.n", "wrong", "`a < b` & <b>")
    page = feedback._repr_mimebundle_()
    assert "<code>a &lt; b</code> &amp; &lt;b&gt;" in page["text/html"]
    assert page["text/plain"] == "✗ 01.n · `a < b` & <b>"


def test_a_table_is_aligned():
    table = Table(("a", "b"), (("long one", "1"), ("s", "2")), "below")
    assert str(table) == "a         b\nlong one  1\ns         2\nbelow"
    assert "<td" in table._repr_mimebundle_()["text/html"]
