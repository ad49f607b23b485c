"""Read what a student typed as a number, letters or a grid, or say what it is."""

import fractions
import itertools
import math
import numbers
import re

import numpy as np
import torch

from cnn_course.exercises.engine.feedback import describe

SIGNS = str.maketrans("−–’", "--'")  # as word processors write them
# "196,609,000.5": groups of three. After a single point they are decimals: "1.234".
GROUPS = re.compile(
    r"([+-]?[1-9]\d{0,2})((?:([ ',_])\d{3})(?:\3\d{3})*|(?:\.\d{3}){2,}|\.\d{3}(?=,))"
    r"([.,]\d+)?"
)


def read_number(answer):
    """As `as_number`, for what was typed: a text may hold the number."""
    return as_number(_number_in(answer) if isinstance(answer, str) else answer)


def _number_in(typed):
    """Return the number that "196 609,5", "1/9" or "25 %" holds, or else the text."""
    text = " ".join(typed.translate(SIGNS).strip("~≈% \n").split())
    text = re.sub("(?<=[-+/]) | (?=/)", "", text)
    if grouped := GROUPS.fullmatch(text):
        text = grouped[1] + re.sub(r"\D", "", grouped[2]) + (grouped[4] or "")
    for kind in (int, float, fractions.Fraction):
        try:
            return kind(text.replace(",", "."))
        except (ValueError, ZeroDivisionError):
            continue
    return typed


def as_number(answer):
    """Return (the number, None), or (None, why this is no number).

    A text is none: a function that returns one is told so.
    """
    if isinstance(answer, (torch.Tensor, np.ndarray)) and math.prod(answer.shape) == 1:
        answer = answer.item()
    found = describe(answer)
    if isinstance(answer, bool):
        return None, f"`{answer}` is not a number. Write the number itself."
    if isinstance(answer, str):
        return None, f"{found} is a text. Write a number, without quotes."
    if callable(answer):
        return None, f"This is {found}. A number is wanted: call it?"
    if not isinstance(answer, numbers.Real):
        return None, f"One number is wanted, and this is {found}."
    value = int(answer) if isinstance(answer, numbers.Integral) else float(answer)
    if isinstance(value, float) and not math.isfinite(value):
        why = "is no number to count with. Was something divided by 0?"
        return None, f"`{value}` {why}"
    if abs(value) > 1e15:
        return None, f"{found} is beyond everything that is counted here."
    return value, None


def as_letters(answer, options):
    """Return (letters as a text, None), or (None, why these are no letters)."""
    several = isinstance(answer, (list, tuple, set))
    letters = "".join(map(str, answer)) if several else answer
    if isinstance(letters, str):
        letters = re.sub(r"[\s,;.→<>-]", "", letters.upper())
        if letters and set(letters) <= set(options):
            return letters, None
    wanted = f"Write one or more of the letters {', '.join(options)} in quotes"
    return None, f"{wanted}: this is {describe(answer)}."


def as_grid(answer):
    """Return (float64 tensor (rows, columns), None), or (None, why it is no grid)."""
    wanted = "A list of rows such as `[[1, 2], [3, 4]]` is wanted"
    rows = [_as_list(row) for row in _as_list(answer) or ()]
    if not rows or not all(rows):
        return None, f"{wanted}, and this is {describe(answer)}."
    for item in itertools.chain(*rows):
        if read_number(item)[1]:
            return None, f"{wanted}, and {describe(item)} in it is no number."
    if len({len(row) for row in rows}) != 1:
        return None, f"{wanted}, with rows of the same length."
    grid = [[read_number(item)[0] for item in row] for row in rows]
    return torch.tensor(grid, dtype=torch.float64), None


def _as_list(answer):
    """Return what a list, tuple, tensor or array holds, else None."""
    if isinstance(answer, (torch.Tensor, np.ndarray)):
        answer = answer.tolist()
    return answer if isinstance(answer, (list, tuple)) else None
