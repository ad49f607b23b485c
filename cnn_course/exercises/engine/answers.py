"""Read what a student typed as a number, letters or a grid, or say what it is."""

import math
import numbers

import numpy as np
import torch

from cnn_course.exercises.engine.feedback import describe


def as_number(answer):
    """Return (the number, None), or (None, why this is no number)."""
    if isinstance(answer, (torch.Tensor, np.ndarray)) and math.prod(answer.shape) == 1:
        answer = answer.item()
    found = describe(answer)
    if isinstance(answer, str):
        return None, f"{found} is a text. Write a number, without quotes."
    if isinstance(answer, bool) or not isinstance(answer, numbers.Real):
        return None, f"One number is wanted, and this is {found}."
    value = int(answer) if isinstance(answer, numbers.Integral) else float(answer)
    if not abs(value) <= 1e15:  # nan is not
        why = "is no number to count with. Was something divided by 0?"
        return None, f"{found} {why}"
    return value, None


def as_letters(answer, options):
    """Return (letters in alphabetical order, None), or (None, why they are none)."""
    several = isinstance(answer, (list, tuple, set))
    letters = "".join(map(str, answer)) if several else answer
    if isinstance(letters, str):
        letters = set(letters.upper()) - set(" ,;.")
        if letters and letters <= set(options):
            return "".join(sorted(letters)), None
    wanted = f"Write one or more of the letters {', '.join(options)} in quotes"
    return None, f"{wanted}: this is {describe(answer)}."


def as_grid(answer):
    """Return (float64 tensor (rows, columns), None), or (None, why it is no grid)."""
    try:
        grid = torch.as_tensor(answer).double()
    except (TypeError, ValueError, RuntimeError):
        grid = torch.empty(0)
    if grid.dim() == 2 and grid.numel():
        return grid, None
    wanted = "A list of rows of numbers is wanted, all rows of the same length, such as"
    return None, f"{wanted} `[[1, 2], [3, 4]]`, and this is {describe(answer)}."
