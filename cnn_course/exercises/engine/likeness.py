"""What a wrong answer looks like beside the right one, whatever the exercise.

Each function returns a sentence that ends with what to do next, or None; none of them
tells the right number.
"""

import itertools
import math

import torch

ORDER = "Which axis comes first in PyTorch, and which last?"
STANDS = "the rest is right. What does every axis stand for?"


def number_like(value, right, tolerance=0):
    """Return how a wrong number is related to the right one."""
    if not value or not right:
        return None
    ratio, whole = value / right, isinstance(right, int)
    near = max(1e-9, min(tolerance / abs(right), 0.01))

    def is_near(a, b):
        return math.isclose(a, b, rel_tol=near)

    size = "large" if abs(ratio) > 1 else "small"
    times = max(ratio, 1 / ratio)
    cause = "Is a share asked for, as a fraction, or percent?"
    power = next((n for n in (100, 1000, 10**6) if abs(times / n - 1) < 1e-3), 0)
    if power > 100:
        cause = "Is there a point in the place of a comma, or a thousand forgotten?"
    factors = [*range(2, 11), *([16, 32, 64, 128, 256] if abs(right) > 100 else [])]
    factor = f"{times:.0f} times" if ratio > 1 else f"1/{times:.0f} of"
    factor = {"2 times": "twice", "1/2 of": "half of"}.get(factor, factor)
    looks = [
        (
            is_near(ratio, -1),
            "The size is right, and the sign is not. What is taken from what?",
        ),
        (
            whole and abs(value - right) == 1,
            f"That is one too {'many' if value > right else 'few'}. Are the first and "
            "the last counted, each once?",
        ),
        (
            is_near(value, 1 / right),
            "Your fraction is upside down. What is asked for: which stands below?",
        ),
        (
            power,
            f"That is {power:,} times too {size}. {cause}",
        ),
        (
            tolerance and abs(value - right) <= 2 * tolerance,
            "That is near, and not near enough. Reckon or read with more digits.",
        ),
        (
            rounded(value, right),
            "That is rounded too coarsely. Reckon with all digits, and write them.",
        ),
        (
            value in (right**2, abs(right) ** 0.5),
            "A square is mixed up with its side. Which of the two is asked for?",
        ),
        (
            any(is_near(times, n) for n in factors),
            f"That is {factor} what it should be. Which of your factors or terms is "
            "there too often, or missing: a batch?",
        ),
    ]
    return next((text for so, text in looks if so), None)


def rounded(value, right):
    """Say if a number is the right one with fewer digits, two of a whole number."""
    places = math.floor(math.log10(abs(right))) + 1  # digits before the point
    for digits in range(1 + isinstance(right, int), 16):
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
    if sorted(sizes) == sorted(right):
        moved = [i for i in range(n) if sizes[i] != right[i]]
        if len(moved) == 2:
            axes = " and ".join(map(str, moved))
            return f"The axes {axes} (counted from 0) are swapped. {ORDER}"
        return f"The numbers are right, but in another order. {ORDER}"
    for i in range(n):
        if sizes == right[:i] + right[i + 1 :]:
            return f"Axis {i} (counted from 0) is left out, {STANDS}"
        for j in range(i + 2, n + 1):
            if sizes == (*right[:i], math.prod(right[i:j]), *right[j:]):
                return (
                    f"You multiplied axes: {i} to {j - 1} (counted from 0) are one in "
                    "your answer. Which of them stay apart?"
                )
    for i in range(len(sizes)):
        if right == sizes[:i] + sizes[i + 1 :]:
            return f"Axis {i} (counted from 0) is one too many, {STANDS}"
    if len(sizes) != n:
        return None
    wrong = [i for i in range(n) if sizes[i] != right[i]]
    for i, j in itertools.permutations(range(n), 2):
        if wrong == [i] and abs(i - j) == 1 and sizes[i] == right[j]:
            return (
                f"You wrote the size of axis {j} for axis {i} as well. The others are "
                "right. Does what holds for one hold for the other?"
            )
    if wrong == [0] and sizes[0] == 1:
        return "One picture, or one kernel, alone? The rest is right. How many are it?"
    if all(abs(sizes[i] - right[i]) == 1 for i in wrong):
        parts = [f"axis {i} {sizes[i] - right[i]:+d}" for i in wrong]
        return (
            f"Off by one: {', '.join(parts)} (counted from 0). Where does a window "
            "stand first, and where last?"
        )
    return None


def grid_like(grid, right):
    """Return how a wrong grid is related to the right one (float64 tensors)."""

    def same(a, b):
        return a.shape == b.shape and torch.allclose(a, b, atol=1e-4)

    for text, seen in SEEN.items():
        if same(grid, seen(right)):
            return text
    if grid.shape != right.shape:
        return cut(grid, right, same)
    if same(grid.abs(), right.abs()):
        return "The sizes are right, but not all signs. What is taken from what?"
    factor = (grid.sum() / right.sum()).item() if right.sum() else 0
    if factor and same(grid, factor * right):
        times = f"Every number is {factor:.3g} times what it should be."
        return f"{times} What was done to each sum?"
    more = (grid - right).mean()
    if same(grid, right + more):
        size = "large" if more > 0 else "small"
        return f"Every number is too {size} by {abs(more):g}. What was added?"
    wrong = ~torch.isclose(grid, right, atol=1e-4)
    if not right[wrong].any():
        return "Some numbers are not 0 and should be. Where does nothing arrive?"
    if not grid[wrong].any():
        return "Some numbers are 0 and should not be. What arrives there?"
    return None


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


def cut(grid, right, same):
    """Say if a row or column at an edge is missing, or one too many."""
    for name, (top, bottom, left, far) in SIDES.items():
        for whole, part, what in (
            (right, grid, "is missing"),
            (grid, right, "is too much"),
        ):
            rest = whole[top : len(whole) - bottom, left : whole.shape[1] - far]
            if same(rest, part):
                return f"The {name} {what}. At how many places does the window stand?"
    return None
