"""Compare what a student's code gives with what is right, and show both."""

import torch

from cnn_course.exercises.engine.answers import as_number
from cnn_course.exercises.engine.feedback import IN_FULL, amount, describe, in_full


def same(a, b):
    """Say if two results have the same values, whatever their dtype.

    A tensor of one number without axes counts as that number, `nan` as equal to `nan`.
    """
    a, b = plain(a), plain(b)
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor):
        return a.shape == b.shape and bool(close(a, b).all())
    if isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) or isinstance(b, float):
        (x, _), (y, _) = as_number(a), as_number(b)
        if x is not None and y is not None:
            return abs(x - y) <= 1e-5 * max(1, abs(x))
        return type(a) is type(b) and (a == b or (a != a and b != b))  # inf, nan
    return type(a) is type(b) and bool(a == b)


def plain(value):
    """Return tensors without axes as numbers, others on the CPU without gradients."""
    if not isinstance(value, torch.Tensor):
        return value
    value = value.detach().cpu()
    return value if value.dim() else value.item()


def close(a, b):
    """Return where two tensors of the same shape agree, as a tensor of bools."""
    kinds = {a.dtype, b.dtype}
    # float32 is coarser, and a float64 may have been one on its way.
    tolerance = 1e-6 if kinds == {torch.float64} else 1e-4
    a, b = a.detach().double().cpu(), b.detach().double().cpu()
    return torch.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)


def difference(result, right):
    """Return how a result differs from the right one, as a sentence; None if equal."""
    if result is None or result is ...:
        return "it returns nothing. Is there a `return`?"
    if isinstance(right, torch.Tensor):
        return _tensor_difference(result, right)
    if isinstance(right, tuple):
        if not isinstance(result, (tuple, list)) or len(result) != len(right):
            wanted = f"a tuple of {len(right)}"
            return f"{wanted} is wanted, and it returns {describe(result)}."
        if any(isinstance(part, (str, torch.Tensor)) for part in right):
            return next(filter(None, map(difference, result, right)), None)
    elif isinstance(right, list) and not isinstance(result, (tuple, list)):
        return f"a list is wanted, and it returns {describe(result)}."
    elif not isinstance(right, (list, str)):
        result, problem = as_number(result)
        if problem:
            return problem
    return None if same(result, right) else _both(result, right)


def _both(result, right):
    return f"yours gives {in_full(result)}, right is {in_full(right)}."


def _tensor_difference(result, right):
    if not isinstance(result, torch.Tensor):
        return f"a tensor is wanted, and it returns {describe(result)}."
    both = _both(result, right) if max(map(amount, (result, right))) <= IN_FULL else ""
    if result.shape != right.shape:
        shapes = f"{tuple(result.shape)}; right is {tuple(right.shape)}"
        return f"the output's shape is {shapes}{f': {both}' if both else '.'}"
    if result.isnan().any() and not right.isnan().any():
        return "there is `nan` in the output. Is something divided by 0, or never set?"
    wrong = (~close(result, right)).nonzero().tolist()
    if wrong and not both:
        where = tuple(wrong[0])
        both = (
            f"first at {wrong[0]}: {_both(result[where].item(), right[where].item())}"
        )
        return f"{len(wrong)} of {right.numel()} numbers are wrong, {both}"
    if wrong:
        return both
    if result.dtype != right.dtype:
        kinds = [str(t.dtype).removeprefix("torch.") for t in (result, right)]
        return (
            f"the numbers are right, but of type {kinds[0]} where the input has "
            f"{kinds[1]}. Make new tensors with `dtype=X.dtype`."
        )
    return None
