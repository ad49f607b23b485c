"""Read what a student typed as a number, letters or a grid, or say what it is."""

import fractions
import math
import numbers
import re

import numpy as np
import torch

from cnn_course.exercises.engine.feedback import describe

LARGEST = 1e15  # beyond everything that is counted in the course


# "196,609,000.5": groups of three, always with the same sign between them.
GROUPED = re.compile(r"([+-]?[1-9]\d{0,2}(?:([ ',._])\d{3})(?:\2\d{3})*)([.,]\d+)?")
SIGNS = str.maketrans("−–’", "--'")  # as word processors write them


def read_number(answer):
    """As `as_number`, for what was typed: a text may hold the number."""
    found = _number_in(answer) if isinstance(answer, str) else answer
    return as_number(answer if found is None else found)


def _number_in(text):
    """Return the number that a text such as "196 609,5", "1/9" or "25 %" holds."""
    text = " ".join(text.translate(SIGNS).strip("~≈% \n").split())
    grouped = GROUPED.fullmatch(text)
    if grouped and (grouped[2], grouped[3]) != (".", None):
        whole, between, rest = grouped.groups()
        if not rest or rest[0] != between:
            text = whole.replace(between, "") + (rest or "")
    elif grouped and text.count(".") > 1:  # a single point is a decimal one
        text = text.replace(".", "")
    text = re.sub(r"^([+-]) ", r"\1", text).replace(",", ".")
    for kind in (int, float, fractions.Fraction):
        try:
            return kind(text.replace(" / ", "/"))
        except (ValueError, ZeroDivisionError, OverflowError):
            continue
    return None


def as_number(answer):
    """Return (the number, None), or (None, why this is no number).

    A text is none: a function that returns one is told so.
    """
    if isinstance(answer, (torch.Tensor, np.ndarray)):
        if math.prod(answer.shape) != 1:
            return None, f"One number is wanted, and this is {describe(answer)}."
        answer = answer.item()
    if isinstance(answer, bool):
        return None, f"`{answer}` is not a number. Write the number itself."
    if isinstance(answer, str):
        return None, f"{describe(answer)} is a text. Write a number, without quotes."
    elif callable(answer):
        return None, f"This is {describe(answer)}. A number is wanted: call it?"
    elif isinstance(answer, (list, tuple, set, dict)):
        many = f"a {type(answer).__name__} of {len(answer)}"
        return None, f"One number is wanted, and this is {many}."
    if not isinstance(answer, numbers.Real):
        return None, f"A number is wanted, and this is of type {type(answer).__name__}."
    value = int(answer) if isinstance(answer, numbers.Integral) else float(answer)
    if isinstance(value, float) and not math.isfinite(value):
        why = "is no number to count with. Was something divided by 0?"
        return None, f"`{value}` {why}"
    if abs(value) > LARGEST:
        return None, f"{describe(value)} is beyond everything that is counted here."
    return value, None


def as_letters(answer, options):
    """Return (letters as a text, None), or (None, why these are no letters)."""
    letters = answer
    if isinstance(answer, (list, tuple, set)):
        letters = "".join(map(str, answer))
    if isinstance(letters, str):
        letters = "".join(
            c for c in letters.upper() if not c.isspace() and c not in ",;.-→<>"
        )
        if letters and set(letters) <= set(options):
            return letters, None
    wanted = f"Write one or more of the letters {', '.join(options)} in quotes"
    return None, f"{wanted}: this is {describe(answer)}."


def as_grid(answer):
    """Return (float64 tensor (rows, columns), None), or (None, why it is no grid)."""
    wanted = "A list of rows such as `[[1, 2], [3, 4]]` is wanted"
    if isinstance(answer, (torch.Tensor, np.ndarray)):
        answer = answer.tolist()
    if not isinstance(answer, (list, tuple)):
        return None, f"{wanted}, and this is {describe(answer)}."
    rows = []
    for row in answer:
        if isinstance(row, (torch.Tensor, np.ndarray)):
            row = row.tolist()
        if not isinstance(row, (list, tuple)) or not row:
            return None, f"{wanted}, and one of your rows is {describe(row)}."
        found = [read_number(item) for item in row]
        for item, (_, problem) in zip(row, found, strict=True):
            if problem:
                return None, f"{wanted}, and {describe(item)} in it is no number."
        rows.append([float(value) for value, _ in found])
    if len({len(row) for row in rows}) != 1:
        return None, f"{wanted}, with rows of the same length."
    return torch.tensor(rows, dtype=torch.float64), None
