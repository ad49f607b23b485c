"""Read what a student typed as a number, letters or a grid, or say what it is."""

import math
import numbers

import torch

from cnn_course.exercises.engine.feedback import describe

LARGEST = 1e15  # beyond everything that is counted in the course


def as_number(answer):
    """Return (the number, None), or (None, why this is no number)."""
    if isinstance(answer, bool):
        return None, f"`{answer}` is not a number. Write the number itself."
    if isinstance(answer, torch.Tensor):
        if answer.numel() != 1:
            return None, f"One number is wanted, and this is {describe(answer)}."
        answer = answer.item()
    elif isinstance(answer, str):
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
    if isinstance(answer, torch.Tensor):
        answer = answer.tolist()
    if not isinstance(answer, (list, tuple)):
        return None, f"{wanted}, and this is {describe(answer)}."
    rows = []
    for row in answer:
        if not isinstance(row, (list, tuple)) or not row:
            return None, f"{wanted}, and one of your rows is {describe(row)}."
        found = [as_number(item) for item in row]
        for item, (_, problem) in zip(row, found, strict=True):
            if problem:
                return None, f"{wanted}, and {describe(item)} in it is no number."
        rows.append([float(value) for value, _ in found])
    if len({len(row) for row in rows}) != 1:
        return None, f"{wanted}, with rows of the same length."
    return torch.tensor(rows, dtype=torch.float64), None
