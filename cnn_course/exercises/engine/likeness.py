"""What a wrong answer looks like beside the right one, whatever the exercise.

Each function returns a sentence that ends with what to do next, or None; none of them
tells the right number.
"""

import math

import torch


def number_like(value, right, tolerance=0):
    """Return how a wrong number is related to the right one."""
    if not value or not right:
        return None
    ratio, whole = value / right, isinstance(right, int)
    times, size = (ratio, "large") if abs(ratio) > 1 else (1 / ratio, "small")
    near = max(1e-9, min(tolerance / abs(right), 0.01))
    if math.isclose(ratio, -1, rel_tol=near):
        return "The size is right, and the sign is not. What is taken from what?"
    if whole and abs(value - right) == 1:
        size = "many" if value > right else "few"
        return f"That is one too {size}. Are the first and the last counted, each once?"
    if math.isclose(value, 1 / right, rel_tol=near):
        return "Your fraction is upside down. What is asked for: which stands below?"
    for power, cause in POWERS.items():
        if math.isclose(times, power, rel_tol=1e-3):
            return f"That is {power:,} times too {size}. {cause}"
    if abs(value - right) <= 2 * tolerance or rounded(value, right):
        return "That is rounded or read too coarsely. Reckon with more digits."
    for factor, (more, less) in FACTORS.items():
        if math.isclose(times, factor, rel_tol=near):
            return (
                f"That is {more if ratio > 1 else less} what it should be. Which of "
                "your factors or terms is there too often, or missing?"
            )
    return None


COMMA = "Is there a point in the place of a comma, or a thousand forgotten?"
POWERS = {100: "Is a share asked for, as a fraction, or percent?"}
POWERS |= {1000: COMMA, 10**6: COMMA}
FACTORS = {2: ("twice", "half of")}
FACTORS |= {n: (f"{n} times", f"1/{n} of") for n in (3, 4, 5, 10)}


def rounded(value, right):
    """Say if a number is the right one with fewer digits, two of a whole number."""
    places = math.floor(math.log10(abs(right))) + 1  # digits before the point
    fewest, most = (2, places) if isinstance(right, int) else (1, 15)
    for digits in range(fewest, most):
        unit = 10.0 ** (places - digits)
        ends = math.floor(right / unit), math.ceil(right / unit)
        if any(math.isclose(value, n * unit, rel_tol=1e-9) for n in ends):
            return True
    return False


def shape_like(sizes, right):
    """Return how a wrong tuple of sizes is related to the right one."""
    n = len(right)
    wrong = [
        i
        for i, pair in enumerate(zip(sizes, right, strict=False))
        if pair[0] != pair[1]
    ]
    if sorted(sizes) == sorted(right):
        order = "Which axis comes first in PyTorch, and which last?"
        if len(wrong) == 2:
            axes = " and ".join(map(str, wrong))
            return f"The axes {axes} (counted from 0) are swapped. {order}"
        return f"The numbers are right, but in another order. {order}"
    for i in range(max(n, len(sizes))):
        for longer, shorter, what in (
            (right, sizes, "left out"),
            (sizes, right, "one too many"),
        ):
            if longer[:i] + longer[i + 1 :] == shorter:
                return (
                    f"Axis {i} (counted from 0) is {what}, the rest is right. What "
                    "does every axis stand for?"
                )
        for j in range(i + 2, n + 1):
            if sizes == (*right[:i], math.prod(right[i:j]), *right[j:]):
                return (
                    f"You multiplied axes: {i} to {j - 1} (counted from 0) are one in "
                    "your answer. Which of them stay apart?"
                )
    if len(sizes) == n and all(abs(sizes[i] - right[i]) == 1 for i in wrong):
        parts = [f"axis {i} {sizes[i] - right[i]:+d}" for i in wrong]
        return (
            f"Off by one: {', '.join(parts)} (counted from 0). Where does a window "
            "stand first, and where last?"
        )
    return None


SEEN = {
    "Every sign is the other way round. What is taken from what?": torch.neg,
    "Rows and columns are swapped: is the first row of your answer its first row?": (
        torch.t
    ),
    "The rows are in the wrong order: which comes out first?": lambda Y: Y.flip(0),
    "Every row is written backwards: which number comes first?": lambda Y: Y.flip(1),
    "It is turned by half a turn: which number comes first?": lambda Y: Y.flip(0, 1),
    "Negative numbers are cut off. May an output be below 0?": torch.relu,
}
EDGES = {
    "first row": lambda Y: Y[1:],
    "last row": lambda Y: Y[:-1],
    "first column": lambda Y: Y[:, 1:],
    "last column": lambda Y: Y[:, :-1],
}


def grid_like(grid, right):
    """Return how a wrong grid is related to the right one (float64 tensors)."""

    def same(a, b):
        return a.shape == b.shape and torch.allclose(a, b, atol=1e-4)

    for text, seen in SEEN.items():
        if same(grid, seen(right)):
            return text
    for edge, without in EDGES.items():
        if same(grid, without(right)) or same(without(grid), right):
            what = "missing" if grid.numel() < right.numel() else "too much"
            return f"The {edge} is {what}. At how many places does the window stand?"
    factor = (grid.sum() / right.sum()).item() if right.sum() else 0
    if factor and same(grid, factor * right):
        times = f"Every number is {factor:.3g} times what it should be."
        return f"{times} What was done to each sum?"
    return None
