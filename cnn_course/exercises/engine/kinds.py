"""Kinds of exercises: what counts as an answer, and what is said to a wrong one.

An exercise is declared once, as data, in `notebook_NN.py`. Its misconceptions are wrong
answers that have a reason; an answer is taken for the one whose example it equals.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.exercises.engine import likeness
from cnn_course.exercises.engine.answers import as_grid, as_letters, read_number
from cnn_course.exercises.engine.feedback import Feedback, describe
from cnn_course.exercises.engine.running import attempt, ends_in_dots, is_blank

ACTIVITIES = ("recall", "count", "shape", "code", "plot", "experiment", "design")


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that has a reason.

    name      what the student believes, in a few words, for the instructors' table
    example   a wrong answer of this kind: a number, letters, a function, …
    says      what the answer would mean, and what to think about
    found     in a Design: found(converted answer) is True if it is this one
    """

    name: str
    example: object
    says: str
    found: Callable | None = None


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """What every exercise has.

    id              "03.fc-params": the notebook's number first; never changed
    topic           what it is about, in a few words
    activity        one of ACTIVITIES
    because         why the right answer is right, in a sentence
    misconceptions  at least three
    hints           at least two, the first one the gentlest
    see             the notebook's heading under which to look again
    Its `problem(answer)` says what is wrong, in a sentence; None if nothing is.
    """

    id: str
    topic: str
    activity: str
    because: str
    misconceptions: tuple
    hints: tuple
    see: str

    def judge(self, answer):
        """Return the Feedback for any Python object. Never raises but an interrupt."""
        problem = None
        if not is_blank(answer):
            with torch_as_it_starts():  # whatever an earlier cell has switched
                problem, fault = attempt(self.problem, answer)
            problem = problem or fault
        if is_blank(answer) or (problem and ends_in_dots(answer)):
            text = "not answered yet. Put your answer in the place of the `...` and run"
            text += f' the cell again. Stuck? `hint("{self.id}")`'
            return Feedback(self.id, "blank", text)
        if problem is None:
            return Feedback(self.id, "right", f"Right. {self.because}")
        return Feedback(self.id, "wrong", f"{problem} Look again at: {self.see}.")


@dataclass(frozen=True, kw_only=True)
class Compared(Exercise):
    """An exercise whose answer is read, and compared with the right one.

    right  the right answer
    slips  more wrong answers, behind the misconceptions: (answer, what is said to it)
    A kind has `read(answer)`, which returns (what it found, what is wrong with it),
    `same(found, other)`, and `like(found)`: what is said if no reason is known.
    """

    right: object
    slips: tuple = ()

    def problem(self, answer):
        found, problem = self.read(answer)
        if problem or self.same(found, self.right):
            return problem
        wrong = [*((m.example, m.says) for m in self.misconceptions), *self.slips]
        named = (text for value, text in wrong if self.same(found, value))
        return next(named, None) or self.like(found)


@dataclass(frozen=True, kw_only=True)
class Number(Compared):
    """A number. Without a `tolerance` (absolute) it must be exact."""

    tolerance: float = 0

    def read(self, answer):
        return read_number(answer)

    def same(self, value, other):
        return abs(value - other) <= self.tolerance

    def like(self, value):
        if said := likeness.number_like(value, self.right, self.tolerance):
            return said
        if isinstance(self.right, int) and value != int(value):
            return f"{describe(value)} is not a whole number, and this must be one."
        return f"{describe(value)} is too {'small' if value < self.right else 'large'}."


@dataclass(frozen=True, kw_only=True)
class Shape(Compared):
    """The shape of a tensor: a tuple of whole numbers."""

    def read(self, answer):
        if isinstance(answer, torch.Tensor):
            text = "This is a tensor. Its shape is wanted: a tuple such as `(2, 3)`."
            return None, text
        if isinstance(answer, np.ndarray):
            answer = answer.tolist()
        if not isinstance(answer, (tuple, list)):
            found = describe(answer)
            return None, f"A tuple such as `(2, 3)` is wanted, and this is {found}."
        for axis, item in enumerate(answer):
            value, problem = read_number(item)
            if problem or value != int(value) or value < 0:
                found = describe(item)
                return None, f"Axis {axis} is {found}, which is no length of an axis."
        return tuple(int(read_number(item)[0]) for item in answer), None

    def same(self, sizes, other):
        return sizes == tuple(other)

    def like(self, sizes):
        if said := likeness.shape_like(sizes, self.right):
            return said
        found = describe(sizes)
        if len(sizes) != len(self.right):
            return f"{found} has {len(sizes)} axes: not as many as the tensor."
        wrong = [str(i) for i, n in enumerate(sizes) if n != self.right[i]]
        where = "axis" if len(wrong) == 1 else "the axes"
        return f"In {found} {where} {', '.join(wrong)} (counted from 0) cannot be."


@dataclass(frozen=True, kw_only=True)
class Letters(Compared):
    """One or several of the letters that stand before the notebook's options.

    With `ordered`, their order counts: "CAB".
    """

    options: str
    ordered: bool = False

    def read(self, answer):
        return as_letters(answer, self.options)

    def same(self, letters, other):
        return letters == other or (not self.ordered and set(letters) == set(other))

    def like(self, letters):
        if self.ordered:
            order = sorted(letters) == sorted(self.right)
            wanted = f"every letter is wanted once, {len(self.right)} in all"
            return f"{letters} is not the order." if order else f"{letters}: {wanted}."
        yours, right = set(letters), set(self.right)
        letters = "".join(sorted(yours))
        if len(right) == 1:
            return f"{letters} is not it, and one letter is wanted."
        extra, missing = len(yours - right), len(right - yours)
        return f"{letters}: {extra} too many, {missing} missing."


@dataclass(frozen=True, kw_only=True)
class Grid(Compared):
    """A grid of numbers, as a list of rows or a tensor; `right` is a list of rows."""

    def read(self, answer):
        return as_grid(answer)

    def same(self, grid, other):
        return likeness.same_grid(grid, torch.tensor(other, dtype=torch.float64))

    def like(self, grid):
        right = torch.tensor(self.right, dtype=torch.float64)
        if said := likeness.grid_like(grid, right):
            return said
        if grid.shape != right.shape:
            sizes = [" × ".join(map(str, t.shape)) for t in (grid, right)]
            return f"Your grid is {sizes[0]}, and {sizes[1]} is wanted."
        wrong = (~torch.isclose(grid, right, atol=1e-4)).nonzero().tolist()
        row, column = wrong[0]
        return (
            f"{len(wrong)} of the {right.numel()} numbers are wrong, first the "
            f"{grid[row, column]:g} in row {row}, column {column} (counted from 0)."
        )


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """A guess before a result is shown: a number (with a unit), or one of `options`.

    near    a number counts as close within this share of the outcome
    """

    id: str
    asks: str
    unit: str = ""
    options: str = ""
    near: float = 0.1

    def read(self, value):
        """Return (number or letters for a file, None), or (None, why it is neither)."""
        read = (lambda v: as_letters(v, self.options)) if self.options else read_number
        found, fault = attempt(read, value)
        return found or (None, fault)

    def compared(self, value, outcome):
        """Return in a few words how far a prediction is from the outcome."""
        if self.options or value == outcome:
            return "✓" if value == outcome else "not what came out"
        if abs(value - outcome) <= self.near * abs(outcome):
            return "✓ close"
        size = "large" if value > outcome else "small"
        ratio = value / outcome if outcome else 0
        factor = max(ratio, 1 / ratio) if ratio > 0 else 0
        return f"{factor:,.0f} times too {size}" if factor >= 2 else f"too {size}"
