"""What a wrong answer looks like beside the right one, whatever the exercise.

Each function returns a sentence that ends with what to do next, or None; none of them
tells the right number.
"""

import itertools
import math

import torch

COUNT = "Which of your factors or terms is there too often, or missing: a batch?"
ORDER = "Which axis comes first in PyTorch, and which last?"


def number_like(value, right, tolerance=0):
    """Return how a wrong number is related to the right one."""

    if not value or not right:
        return None
    near = max(1e-9, min(tolerance / abs(right), 0.01))

    def same(a, b):
        return math.isclose(a, b, rel_tol=near)

    if same(value, -right):
        return "The size is right, and the sign is not. What is taken from what?"
    if isinstance(right, int) and abs(value - right) == 1:
        size = "many" if value > right else "few"
        return f"That is one too {size}. Are the first and the last counted, each once?"
    ratio = value / right
    if same(value, 1 / right):
        return "Your fraction is upside down. What is asked for: which stands below?"
    for factor, name in ((100, "hundred"), (1000, "thousand"), (10**6, "million")):
        for size, times in (("large", factor), ("small", 1 / factor)):
            if abs(ratio / times - 1) < 1e-3:
                why = "Is it a thousand, or a million, that is meant, or a point"
                why += " in the place of a comma?"
                if factor == 100:
                    why = "Is a share asked for, as a fraction, or percent?"
                return f"That is a {name} times too {size}. {why}"
    if tolerance and abs(value - right) <= 2 * tolerance:
        return "That is near, and not near enough. Reckon or read with more digits."
    if rounded(value, right):
        return "That is rounded too coarsely. Reckon with all digits, and write them."
    if value in (right**2, abs(right) ** 0.5):
        return "A square is mixed up with its side. Which of the two is asked for?"
    for factor in (*range(2, 11), 16, 32, 64, 128, 256):  # the larger ones: batches
        if same(ratio, factor) or same(ratio, 1 / factor):
            many = "twice" if factor == 2 else f"{factor} times"
            part = "half" if factor == 2 else f"1/{factor} of"
            times = many if ratio > 1 else part
            return f"That is {times} what it should be. {COUNT}"
    return None


def rounded(value, right):
    """Say if a number is the right one with fewer digits, up or down; at least two
    digits of a whole number must be left."""
    least = 2 if isinstance(right, int) else 1
    places = math.floor(math.log10(abs(right))) + 1  # digits before the point
    for digits in range(least, 16):
        unit = 10.0 ** (places - digits)
        if isinstance(right, int) and unit < 1:
            return False
        ends = math.floor(right / unit), math.ceil(right / unit)
        if any(math.isclose(value, n * unit, rel_tol=1e-9) for n in ends):
            return True
    return False


def shape_like(sizes, right):
    """Return how a wrong tuple of sizes is related to the right one."""
    n = len(right)
    if len(sizes) == n and sorted(sizes) == sorted(right):
        moved = [i for i in range(n) if sizes[i] != right[i]]
        if sizes == right[::-1]:
            return f"All numbers are right, but the order is reversed. {ORDER}"
        if len(moved) == 2:
            axes = " and ".join(map(str, moved))
            return f"The axes {axes} (counted from 0) are swapped. {ORDER}"
        return f"The numbers are right, but in another order. {ORDER}"
    for i, j in itertools.combinations(range(n + 1), 2):
        if j - i > 1 and sizes == (*right[:i], math.prod(right[i:j]), *right[j:]):
            return (
                f"You multiplied axes: {i} to {j - 1} (counted from 0) are one in your "
                "answer. Which of them stay apart?"
            )
    if len(sizes) == n - 1:
        for i in range(n):
            if sizes == right[:i] + right[i + 1 :]:
                return (
                    f"Axis {i} (counted from 0) is left out, the rest is right. What "
                    "does every axis stand for?"
                )
    if len(sizes) == n + 1:
        for i in range(n + 1):
            if right == sizes[:i] + sizes[i + 1 :]:
                return (
                    f"Axis {i} (counted from 0) is one too many, the rest is right. "
                    "What does every axis stand for?"
                )
    if len(sizes) != n:
        return None
    wrong = [i for i in range(n) if sizes[i] != right[i]]
    if len(wrong) == 1:
        (i,) = wrong
        rest = "The other axes are right."
        for j in (i - 1, i + 1):
            if 0 <= j < n and sizes[i] == right[j]:
                return (
                    f"You wrote the size of axis {j} for both axes {j} and {i}. {rest} "
                    "Does everything that holds for one hold for the other?"
                )
        if i == 0 and sizes[0] == 1:
            return f"One picture, or one kernel, alone? {rest} How many are there?"
    if all(abs(sizes[i] - right[i]) == 1 for i in wrong):
        parts = [
            f"axis {i} is one too {'large' if sizes[i] > right[i] else 'small'}"
            for i in wrong
        ]
        where = "Where does a window stand first, and where last?"
        return f"{', '.join(parts).capitalize()}. {where}"
    return None


def grid_like(grid, right):
    """Return how a wrong grid is related to the right one (float64 tensors)."""
    for text, seen in SEEN.items():
        expected = seen(right)
        if grid.shape == expected.shape and torch.allclose(grid, expected, atol=1e-4):
            return text
    if grid.numel() == right.numel() and 1 in grid.shape:
        if torch.allclose(grid.flatten(), right.flatten(), atol=1e-4):
            return "The numbers are right, but all in a line. Where does a row end?"
    if grid.shape == right.shape:
        if torch.allclose(grid.abs(), right.abs(), atol=1e-4):
            return "The sizes are right, but not all signs. What is taken from what?"
        factor = (grid.sum() / right.sum()).item() if right.sum() else 0
        if factor and torch.allclose(grid, factor * right, atol=1e-4):
            times = f"Every number is {factor:.3g} times what it should be."
            return f"{times} What was done to each sum?"
        more = (grid - right).mean().item()
        if torch.allclose(grid, right + more, atol=1e-4):
            size = "large" if more > 0 else "small"
            return f"Every number is too {size} by {abs(more):g}. What was added?"
        wrong = ~torch.isclose(grid, right, atol=1e-4)
        if not right[wrong].any():
            return "Some numbers are not 0 and should be. Where does nothing arrive?"
        if not grid[wrong].any():
            return "Some numbers are 0 and should not be. What arrives there?"
    return cut(grid, right) or moved(grid, right)


SWAPPED = "Rows and columns are swapped: is the first row of your answer its first row?"
SEEN = {
    "Every sign is the other way round. What is taken from what?": torch.neg,
    SWAPPED: torch.t,
    "The rows are in the wrong order: which comes out first?": lambda Y: Y.flip(0),
    "Every row is written backwards: which number comes first?": lambda Y: Y.flip(1),
    "It is turned by half a turn: which number comes first?": lambda Y: Y.flip(0, 1),
    "Negative numbers are cut off. May an output be below 0?": torch.relu,
    "Every number is cut off to a whole one. Is it one?": torch.trunc,
}
SIDES = {
    "first row": (1, 0, 0, 0),
    "last row": (0, 1, 0, 0),
    "first column": (0, 0, 1, 0),
    "last column": (0, 0, 0, 1),
}


def cut(grid, right):
    """Say if a row or column at an edge is missing, or one too many."""
    for name, (top, bottom, left, far) in SIDES.items():
        for whole, part, what in (
            (right, grid, "is missing"),
            (grid, right, "is too much"),
        ):
            rest = whole[top : len(whole) - bottom, left : whole.shape[1] - far]
            if rest.shape == part.shape and torch.allclose(rest, part, atol=1e-4):
                return f"The {name} {what}. At how many places does the window stand?"
    return None


def moved(grid, right):
    """Say if all numbers stand one row or column too far, whatever comes in there."""
    if grid.shape != right.shape or min(grid.shape) < 2:
        return None
    moves = {
        "row too low": (grid[1:], right[:-1]),
        "row too high": (grid[:-1], right[1:]),
        "column too far to the right": (grid[:, 1:], right[:, :-1]),
        "column too far to the left": (grid[:, :-1], right[:, 1:]),
    }
    for name, (yours, part) in moves.items():
        if part.unique().numel() > 1 and torch.allclose(yours, part, atol=1e-4):
            return f"Your numbers stand one {name}. Where does each come from?"
    return None
