"""Kinds of exercises: what counts as an answer, and what is said to a wrong one.

An exercise is declared once, as data, in `notebook_NN.py`. Its misconceptions are wrong
answers that have a reason; an answer is taken for the one whose example it equals.
"""

import contextlib
import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.exercises.engine.answers import as_grid, as_letters, as_number
from cnn_course.exercises.engine.feedback import Feedback, describe
from cnn_course.exercises.engine.running import SECONDS, attempt, ends_in_dots, is_blank


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
    activity        recall, count, shape, code, plot, experiment or design
    because         why the right answer is right, in a sentence
    misconceptions  at least three
    hints           at least two, the first one the gentlest
    see             the notebook's heading under which to look again
    seconds         how long a check may take
    Its `problem(answer)` says what is wrong, in a sentence; None if nothing is.
    """

    id: str
    topic: str
    activity: str
    because: str
    misconceptions: tuple
    hints: tuple
    see: str
    seconds = SECONDS

    def judge(self, answer):
        """Return the Feedback for any Python object. Never raises but an interrupt."""
        problem = None
        if not is_blank(answer):
            with torch_as_it_starts():  # whatever an earlier cell has switched
                problem, fault = attempt(self.problem, answer, self.seconds)
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
    """An exercise whose answer is read, and compared with the `right` one.

    A kind has `read(answer)`, which returns (what it found, what is wrong with it),
    `same(found, other)`, and `like(found)`: what is said if no reason is known.
    """

    right: object

    def problem(self, answer):
        found, problem = self.read(answer)
        if problem or self.same(found, self.right):
            return problem
        named = (m.says for m in self.misconceptions if self.same(found, m.example))
        return next(named, None) or self.like(found)

    def same(self, found, other):
        return found == other


@dataclass(frozen=True, kw_only=True)
class Number(Compared):
    """A number. Without a `tolerance` (absolute) it must be exact."""

    tolerance: float = 0
    read = staticmethod(as_number)

    def same(self, value, other):
        return abs(value - other) <= self.tolerance

    def like(self, value):
        right, large = self.right, value > self.right
        if isinstance(right, int) and abs(value - right) == 1:
            asks = "Are the first and the last counted, each once?"
            return f"That is one too {'many' if large else 'few'}. {asks}"
        for factor in (2, 3, 4, 10, 100, 1000, 10**6):
            asks = "Which factor is too many, or missing, or is it the decimal point?"
            if math.isclose(value, factor * right, rel_tol=1e-3):
                return f"That is {factor:,} times as large as it should be. {asks}"
            if math.isclose(value * factor, right, rel_tol=1e-3):
                return f"That should be {factor:,} times as large. {asks}"
        if isinstance(right, int) and value != int(value):
            return f"{describe(value)} is not a whole number, and this must be one."
        if abs(value - right) <= max(2 * self.tolerance, 0.01 * abs(right)):
            return "That is close. Is it rounded, or is something small left out?"
        return f"{describe(value)} is too {'large' if large else 'small'}."


@dataclass(frozen=True, kw_only=True)
class Shape(Compared):
    """The shape of a tensor: a tuple of whole numbers."""

    def read(self, answer):
        if isinstance(answer, (tuple, list)):
            with contextlib.suppress(TypeError):
                return tuple(map(operator.index, answer)), None
        wanted = "A tuple of whole numbers such as `(2, 3)` is wanted"
        return None, f"{wanted}, and this is {describe(answer)}."

    def like(self, sizes):
        found = describe(sizes)
        if len(sizes) != len(self.right):
            asks = "What does every axis stand for, and are two multiplied?"
            return f"{found} has {len(sizes)} axes: not as many as the tensor. {asks}"
        wrong = [str(i) for i, n in enumerate(sizes) if n != self.right[i]]
        asks = "Look again at what stands there, and in which order."
        return f"In {found} axis {', '.join(wrong)} (counted from 0) is wrong. {asks}"


@dataclass(frozen=True, kw_only=True)
class Letters(Compared):
    """One or several of the letters that stand before the notebook's options."""

    options: str

    def read(self, answer):
        return as_letters(answer, self.options)

    def like(self, letters):
        if len(self.right) == 1:
            return f"{letters} is not it, and one letter is wanted."
        yours, right = set(letters), set(self.right)
        extra, missing = len(yours - right), len(right - yours)
        return f"{letters}: {extra} too many, {missing} missing."


@dataclass(frozen=True, kw_only=True)
class Grid(Compared):
    """A grid of numbers, as a list of rows or a tensor; `right` is a list of rows."""

    read = staticmethod(as_grid)

    def same(self, grid, other):
        other = torch.as_tensor(other, dtype=torch.float64)
        return grid.shape == other.shape and torch.allclose(grid, other, atol=1e-4)

    def like(self, grid):
        right = torch.tensor(self.right, dtype=torch.float64)
        if self.same(grid.T, right):
            return "Rows and columns are swapped: is your first row its first row?"
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
        read = (lambda v: as_letters(v, self.options)) if self.options else as_number
        found, fault = attempt(read, value)
        return found or (None, fault)

    def compared(self, value, outcome):
        """Return in a few words how far a prediction is from the outcome."""
        if self.options or value == outcome:
            return "✓" if value == outcome else "not what came out"
        if abs(value - outcome) <= self.near * abs(outcome):
            return "✓ close"
        return f"too {'large' if value > outcome else 'small'}"
