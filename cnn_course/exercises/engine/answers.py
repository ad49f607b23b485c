"""Read what a student typed as a number, letters or a grid, or say what it is."""

import math
import numbers

import torch

from cnn_course.exercises.engine.feedback import describe


def as_number(answer):
    """Return (the number, None), or (None, why this is no number)."""
    if isinstance(answer, bool):
        return None, f"`{answer}` is not a number. Write the number itself."
    if isinstance(answer, torch.Tensor):
        if answer.numel() != 1 or answer.is_meta or answer.layout != torch.strided:
            return None, f"One number is wanted, and this is {describe(answer)}."
        answer = answer.item()
    elif isinstance(answer, str):
        return None, f"{describe(answer)} is a text. Write a number, without quotes."
    elif callable(answer):
        return None, f"This is {describe(answer)}. A number is wanted: call it?"
    elif isinstance(answer, (list, tuple, set, dict)):
        many = f"a {type(answer).__name__} of {len(answer)}"
        return None, f"One number is wanted, and this is {many}."
    if isinstance(answer, complex):
        return None, f"{answer} is complex. A real number is wanted."
    if not isinstance(answer, numbers.Real):
        return None, f"A number is wanted, and this is of type {type(answer).__name__}."
    value = int(answer) if isinstance(answer, numbers.Integral) else float(answer)
    if not isinstance(value, int) and not math.isfinite(value):
        return (
            None,
            f"`{value}` is no number to count with. Was something divided by 0?",
        )
    return value, None


def as_letters(answer, options):
    """Return (letters as a text, None), or (None, why these are no letters)."""
    wanted = f"Write one or more of the letters {', '.join(options)} in quotes"
    if isinstance(answer, (list, tuple, set, frozenset)):
        if not all(isinstance(item, str) for item in answer):
            return None, f"{wanted}: this is {describe(answer)}."
        answer = "".join(
            sorted(answer) if isinstance(answer, (set, frozenset)) else answer
        )
    if not isinstance(answer, str):
        return None, f"{wanted}: this is {describe(answer)}."
    letters = "".join(
        c for c in answer.upper() if not c.isspace() and c not in ",;.-→<>"
    )
    if not letters or set(letters) - set(options):
        return None, f"{wanted}: this is {describe(answer)}."
    return letters, None


def as_grid(answer):
    """Return (float64 tensor (rows, columns), None), or (None, why it is no grid)."""
    wanted = "A list of rows such as `[[1, 2], [3, 4]]` is wanted"
    if isinstance(answer, torch.Tensor) and answer.layout == torch.strided:
        if answer.is_meta or answer.is_complex() or answer.is_quantized:
            return None, f"{wanted}, and this is {describe(answer)}."
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
