"""Compare what a student's code gives with what is right, and show both."""

import torch

from cnn_course.exercises.engine.answers import as_number
from cnn_course.exercises.engine.feedback import IN_FULL, describe


def same(a, b):
    """Say if two results have the same values, whatever their dtype.

    A tensor of one number counts as that number.
    """
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and bool(close(a, b).all())
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    (x, _), (y, _) = as_number(a), as_number(b)
    if x is None or y is None:
        return type(a) is type(b) and bool(a == b or (a != a and b != b))  # or nan
    whole = isinstance(x, int) and isinstance(y, int)
    return abs(x - y) <= (0 if whole else 1e-5 * max(1, abs(x)))


def close(a, b):
    """Return where two tensors of the same shape agree, as a tensor of bools."""
    # float32 is coarser, and a float64 may have been one on its way.
    tolerance = 1e-6 if a.dtype == b.dtype == torch.float64 else 1e-4
    a, b = (t.detach().double().cpu() for t in (a, b))
    return torch.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def difference(result, right):
    """Return how a result differs from the right one, as a sentence; None if equal."""
    if result is None or result is ...:
        return "it returns nothing. Is there a `return`?"
    if isinstance(right, torch.Tensor) and isinstance(result, torch.Tensor):
        return _tensor_difference(result, right)
    if isinstance(right, (tuple, list)) and isinstance(result, (tuple, list)):
        if any(isinstance(part, torch.Tensor) for part in right):
            return next(filter(None, map(difference, result, right)), None)
    elif isinstance(right, (torch.Tensor, tuple, list)):
        wanted = f"a {type(right).__name__.lower()}"
        return f"{wanted} is wanted, and it returns {describe(result)}."
    elif not isinstance(right, str) and (problem := as_number(result)[1]):
        return problem
    return None if same(result, right) else _both(result, right)


def _both(result, right):
    return f"yours gives {describe(result)}, right is {describe(right)}."


def _tensor_difference(result, right):
    small = max(result.numel(), right.numel()) <= IN_FULL
    if result.shape != right.shape:
        shapes = f"{tuple(result.shape)}; right is {tuple(right.shape)}"
        both = f": {_both(result, right)}" if small else "."
        return f"the output's shape is {shapes}{both}"
    if result.isnan().any() and not right.isnan().any():
        return "there is `nan` in the output. Is something divided by 0, or never set?"
    wrong = (~close(result, right)).nonzero().tolist()
    if wrong and small:
        return _both(result, right)
    if wrong:
        first = tuple(wrong[0])
        both = _both(result[first].item(), right[first].item())
        count = f"{len(wrong)} of {right.numel()} numbers are wrong"
        return f"{count}, first at {wrong[0]}: {both}"
    if result.dtype != right.dtype:
        yours, wanted = (str(t.dtype).removeprefix("torch.") for t in (result, right))
        return (
            f"the numbers are right, but of type {yours} where the input has "
            f"{wanted}. Make new tensors with `dtype=X.dtype`."
        )
    return None
