"""What a wrong answer looks like beside the right one, whatever the exercise.

Each function returns a sentence that ends with what to do next, or None; none of them
tells the right number.
"""

import decimal
import math

import torch

COMMA = "Is there a point in the place of a comma, or a thousand forgotten?"
FACTOR = "Which factor or term is too many, or missing: a batch?"
FACTORS = dict.fromkeys((2, 3, 4, 10, 16, 32, 64, 128, 256), FACTOR)
FACTORS |= {100: "Is a share asked for, as a fraction, or percent?"}
FACTORS |= {1000: COMMA, 10**6: COMMA}


def number_like(value, right, tolerance=0):
    """Return how a wrong number is related to the right one."""
    if not value or not right:
        return None
    large = abs(value) > abs(right)
    times = value / right if large else right / value
    near = max(1e-9, min(tolerance / abs(right), 0.01))
    if math.isclose(times, -1, rel_tol=near):
        return "The size is right, and the sign is not. What is taken from what?"
    if isinstance(right, int) and abs(value - right) == 1:
        size = "many" if value > right else "few"
        return f"That is one too {size}. Are the first and the last counted, each once?"
    unit = 10.0 ** decimal.Decimal(repr(value)).normalize().as_tuple().exponent
    coarse = abs(right) / (10 if isinstance(right, int) else 1)
    if abs(value - right) < unit <= coarse or abs(value - right) <= 2 * tolerance:
        return "That is rounded or read too coarsely. Reckon with more digits."
    for factor, cause in FACTORS.items():
        if math.isclose(times, factor, rel_tol=near if factor < 100 else 1e-3):
            often = "twice" if factor == 2 else f"{factor:,} times"
            says = f"is {often} as large as it should be"
            return f"That {says if large else f'should be {often} as large'}. {cause}"
    return None


def shape_like(sizes, right):
    """Return how a wrong tuple of sizes is related to the right one."""
    pairs = enumerate(zip(sizes, right, strict=False))
    wrong = {i: size - wanted for i, (size, wanted) in pairs if size != wanted}
    axes = f"{' and '.join(map(str, wrong))} (counted from 0)"
    if sorted(sizes) == sorted(right):
        order = f"The numbers are right, but the order is not: axes {axes} are swapped."
        return f"{order} Which axis comes first in PyTorch, and which last?"
    if len(sizes) == len(right) and set(wrong.values()) <= {1, -1}:
        asks = "Where does a window stand first, and where last?"
        return f"Off by one on axis {axes}. {asks}"
    rest = "the rest is right. What does every axis stand for?"
    for i in range(max(len(sizes), len(right))):
        if sizes == right[:i] + right[i + 1 :]:
            return f"Axis {i} (counted from 0) is left out, {rest}"
        if right == sizes[:i] + sizes[i + 1 :]:
            return f"Axis {i} (counted from 0) is one too many, {rest}"
        for j in range(i + 2, len(right) + 1):
            if sizes == (*right[:i], math.prod(right[i:j]), *right[j:]):
                return (
                    f"You multiplied axes: {i} to {j - 1} (counted from 0) are one in "
                    "your answer. Which of them stay apart?"
                )
    return None


MISSING = "is missing. At how many places does the window stand?"
SEEN = {
    "Rows and columns are swapped: is the first row of your answer its first row?": (
        torch.t
    ),
    "The rows are in the wrong order: which comes out first?": lambda Y: Y.flip(0),
    f"The first row {MISSING}": lambda Y: Y[1:],
    f"The last row {MISSING}": lambda Y: Y[:-1],
    f"The first column {MISSING}": lambda Y: Y[:, 1:],
    f"The last column {MISSING}": lambda Y: Y[:, :-1],
}


def same_grid(grid, other):
    return grid.shape == other.shape and torch.allclose(grid, other, atol=1e-4)


def grid_like(grid, right):
    """Return how a wrong grid is related to the right one (float64 tensors)."""
    if same_grid(grid.abs(), right.abs()):
        return "The sizes are right, and not all signs are. What is taken from what?"
    for text, seen in SEEN.items():
        if same_grid(grid, seen(right)):
            return text
    factor = (grid.sum() / right.sum()).item() if right.sum() else 0
    if factor and same_grid(grid, factor * right):
        times = f"Every number is {factor:.3g} times what it should be."
        return f"{times} What was done to each sum?"
    return None
