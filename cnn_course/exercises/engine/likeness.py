"""What a wrong answer looks like beside the right one, whatever the exercise.

Each function returns a sentence that ends with what to do next, or None; none of them
tells the right number.
"""

import math

import torch
import torch.nn.functional as F

COMMA = "Is there a point in the place of a comma, or a thousand forgotten?"
SHARE = "Is a share asked for, as a fraction, or percent?"
FACTORS = {2: ("twice", "half of"), 3: ("3 times", "a third of")}
FACTORS |= {4: ("4 times", "a quarter of"), 10: ("10 times", "a tenth of")}
FACTORS |= {n: (f"{n} times", f"1/{n} of") for n in (16, 32, 64, 128, 256)}  # batches


def number_like(value, right, tolerance=0):
    """Return how a wrong number is related to the right one."""
    if not value or not right:
        return None
    ratio = value / right
    times, size = (ratio, "large") if abs(ratio) > 1 else (1 / ratio, "small")
    near = max(1e-9, min(tolerance / abs(right), 0.01))
    if math.isclose(ratio, -1, rel_tol=near):
        return "The size is right, and the sign is not. What is taken from what?"
    if isinstance(right, int) and abs(value - right) == 1:
        size = "many" if value > right else "few"
        return f"That is one too {size}. Are the first and the last counted, each once?"
    if math.isclose(value, 1 / right, rel_tol=near):
        return "Your fraction is upside down. What is asked for: which stands below?"
    for power, cause in {100: SHARE, 1000: COMMA, 10**6: COMMA}.items():
        if math.isclose(times, power, rel_tol=1e-3):
            return f"That is {power:,} times too {size}. {cause}"
    if abs(value - right) <= 2 * tolerance or rounded(value, right):
        return "That is rounded or read too coarsely. Reckon with more digits."
    for factor, (more, less) in FACTORS.items():
        if math.isclose(times, factor, rel_tol=near):
            said = f"That is {more if ratio > 1 else less} what it should be."
            return f"{said} Which factor or term is too many, or missing: a batch?"
    return None


def rounded(value, right):
    """Say if a number is the right one with fewer digits, two of a whole number."""
    places = math.floor(math.log10(abs(right))) + 1  # digits before the point
    digits = range(2, places) if isinstance(right, int) else range(1, 15)
    units = [10.0 ** (places - n) for n in digits]
    ends = [end(right / u) * u for u in units for end in (math.floor, math.ceil)]
    return any(math.isclose(value, end, rel_tol=1e-9) for end in ends)


def shape_like(sizes, right):
    """Return how a wrong tuple of sizes is related to the right one."""
    pairs = enumerate(zip(sizes, right, strict=False))
    wrong = {i: size - wanted for i, (size, wanted) in pairs if size != wanted}
    axes = " and ".join(map(str, wrong))
    if sorted(sizes) == sorted(right):
        moved = f"The axes {axes} (counted from 0) are swapped."
        if len(wrong) > 2:
            moved = "The numbers are right, but in another order."
        return f"{moved} Which axis comes first in PyTorch, and which last?"
    if len(sizes) == len(right) and set(wrong.values()) <= {1, -1}:
        off = f"Off by one on axis {axes} (counted from 0)."
        return f"{off} Where does a window stand first, and where last?"
    for i in range(max(len(sizes), len(right))):
        rest = "the rest is right. What does every axis stand for?"
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


SWAPPED = "Rows and columns are swapped: is the first row of your answer its first row?"
SEEN = {
    SWAPPED: torch.t,
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


def same_grid(grid, other):
    return grid.shape == other.shape and torch.allclose(grid, other, atol=1e-4)


def grid_like(grid, right):
    """Return how a wrong grid is related to the right one (float64 tensors)."""
    if same_grid(grid.abs(), right.abs()):
        return "The sizes are right, and not all signs are. What is taken from what?"
    for text, seen in SEEN.items():
        if same_grid(grid, seen(right)):
            return text
    for edge, inside in EDGES.items():
        missing = same_grid(grid, inside(right))
        if missing or same_grid(inside(grid), right):
            what = f"The {edge} is {'missing' if missing else 'too much'}."
            return f"{what} At how many places does the window stand?"
    factor = (grid.sum() / right.sum()).item() if right.sum() else 0
    if factor and same_grid(grid, factor * right):
        times = f"Every number is {factor:.3g} times what it should be."
        return f"{times} What was done to each sum?"
    return None


def sum_at(X, K, padding, row, column):
    """Return the sum of one window of X under K, lists of rows, not yet reckoned."""
    X, K = (torch.tensor(rows, dtype=torch.float64) for rows in (X, K))
    window = F.pad(X, (padding,) * 4)[row : row + len(K), column : column + K.shape[1]]
    pairs = zip(window.flatten().tolist(), K.flatten().tolist(), strict=True)
    return " + ".join(
        f"{x:g}·" + (f"{k:g}" if k >= 0 else f"(−{-k:g})") for x, k in pairs
    )
