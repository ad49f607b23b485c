"""Compare what a student's code gives with what is right, and show both."""

import torch

from cnn_course.exercises.engine.answers import as_number
from cnn_course.exercises.engine.feedback import describe

IN_FULL = 16  # so many numbers are shown, and of more only where they differ first


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
    if isinstance(right, (tuple, list)):
        wanted, number = "a list", None
        if isinstance(right, tuple):
            wanted, number = f"a tuple of {len(right)}", len(right)
        if not isinstance(result, (tuple, list)) or number not in (None, len(result)):
            return f"{wanted} is wanted, and it returns {describe(result)}."
        if number and any(isinstance(part, (str, torch.Tensor)) for part in right):
            return next(filter(None, map(difference, result, right)), None)
    elif not isinstance(right, str):
        result, problem = as_number(result)
        if problem:
            return problem
    return None if same(result, right) else _both(result, right)


def _both(result, right):
    return f"yours gives {in_full(result)}, right is {in_full(right)}."


def _tensor_difference(result, right):
    if not isinstance(result, torch.Tensor):
        return f"a tensor is wanted, and it returns {describe(result)}."
    small = max(result.numel(), right.numel()) <= IN_FULL
    if result.shape != right.shape:
        text = f"the output's shape is {tuple(result.shape)}; right is "
        text += f"{tuple(right.shape)}"
        return f"{text}: {_both(result, right)}" if small else f"{text}."
    if result.isnan().any() and not right.isnan().any():
        return "there is `nan` in the output. Is something divided by 0, or never set?"
    wrong = ~close(result, right)
    if wrong.any() and small:
        return _both(result, right)
    if wrong.any():
        where = wrong.nonzero()[0].tolist()
        yours, correct = (in_full(t[tuple(where)].item()) for t in (result, right))
        count = f"{int(wrong.sum())} of {wrong.numel()} numbers are wrong"
        return f"{count}, first at {where}: yours is {yours}, right is {correct}."
    if result.dtype != right.dtype:
        kinds = [str(t.dtype).removeprefix("torch.") for t in (result, right)]
        return (
            f"the numbers are right, but of type {kinds[0]} where the input has "
            f"{kinds[1]}. Make new tensors with `dtype=X.dtype`."
        )
    return None


def in_full(value):
    """Return tensors, lists and numbers as text, in full if they are small."""
    if isinstance(value, torch.Tensor) and amount(value) <= IN_FULL:
        value = value.tolist()
    if isinstance(value, (list, tuple)) and amount(value) <= IN_FULL:
        inner = ", ".join(map(in_full, value))
        if isinstance(value, list):
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, float):
        return f"{value + 0.0 or 0.0:,.6g}"  # no -0
    return repr(value) if isinstance(value, (str, bool)) else describe(value)


def amount(value):
    """Return how many numbers a value holds: the size of an input."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, (list, tuple)):
        return sum(map(amount, value))
    return 1
