"""The few argument checks: for what a student plausibly gets wrong.

Each raises TypeError or ValueError with one kind of sentence: the argument's name, what
is allowed, what was given. Other mistakes may end in Python's or torch's own words.
"""

import math
import numbers
import reprlib

import torch
from torch import nn

PLAIN = (type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set)


def shown(value):
    """Return a short text for any value, on one line."""
    kind = type(value).__name__
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):  # of torch and of numpy
        return f"a {kind} of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, PLAIN):
        return " ".join(reprlib.repr(value).split())
    return f"an object of type {kind}"  # its own text may hold an address, or a page


def refuse(name, allowed, value, error=ValueError):
    """Raise `error`: the argument's name, what is allowed, what was given."""
    raise error(f"{name} must be {allowed}; got {shown(value)}")


def whole_number(name, value, low, high=None):
    """Return `value` as an int if it is whole and low <= value (<= high).

    Raises TypeError for any other kind, True and 3.0 included, ValueError outside.
    """
    span = f"of at least {low:,}" if high is None else f"from {low:,} to {high:,}"
    allowed = f"a whole number {span}"
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        refuse(name, allowed, value, TypeError)
    value = int(value)  # numpy has whole numbers of its own
    if value < low or (high is not None and value > high):
        refuse(name, allowed, value)
    return value


def real_number(name, value, low):
    """Return `value` if it is a finite real number of at least `low`.

    Raises TypeError for any other kind, ValueError below, also for NaN.
    """
    allowed = f"a number of at least {low:g}"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        refuse(name, allowed, value, TypeError)
    if not low <= value < math.inf:
        refuse(name, allowed, value)
    return value


def choice(name, value, allowed):
    """Return `value` if it is one of `allowed` texts; raise ValueError otherwise."""
    if value not in allowed:
        refuse(name, f"one of {', '.join(map(repr, allowed))}", value)
    return value


def network(name, value):
    """Return `value` if it is a network; raise TypeError otherwise (a class is none).

    Raises ValueError for lazy layers, which have no numbers yet.
    """
    if not isinstance(value, nn.Module):
        refuse(name, "a network, such as lenet()", value, TypeError)
    if any(map(nn.parameter.is_lazy, [*value.parameters(), *value.buffers()])):
        refuse(name, "a network without lazy layers: let it see a batch first", value)
    return value


def batch(name, value):
    """Return (X, y) of a batch from the iterable `name`: X float (N, …), y int64 (N,).

    Raises TypeError or ValueError for anything else.
    """
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    if not pair or not all(map(torch.is_tensor, value)):
        raise TypeError(
            f"{name} must give batches (X, y), two tensors each; got {shown(value)}"
        )
    X, y = value
    if not X.is_floating_point():
        raise TypeError(
            f"{name} must give pictures as float numbers, (N, …); got {shown(X)}. "
            "X.float() / 255 turns bytes into numbers from 0 to 1"
        )
    if y.dtype != torch.int64 or y.dim() != 1 or len(y) != len(X):
        raise ValueError(
            f"{name} must give one label a picture, y int64 of shape ({len(X)},); got "
            f"{shown(y)}. y.flatten().long() turns columns and other numbers into that"
        )
    return X, y


# --- until the merge
import contextlib
import itertools
from collections.abc import Mapping

MAX_SEED = 2**63 - 1
MAX_SIZE = 2**31 - 1
MAX_TEXT = 300
MAX_NUMBER = 1e100
_REAL = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64".split()


def is_a(value, kinds):
    """Say whether `value` is an instance of `kinds`, without asking itself."""
    return issubclass(type(value), kinds)


def instance(name, value, kinds, allowed):
    """Return `value` if it is an instance of `kinds`; raise TypeError otherwise."""
    if not is_a(value, kinds):
        refuse(name, allowed, value, TypeError)
    return value


def _float(value):
    """Return a real number as a float, None for anything else."""
    try:
        if not is_a(value, numbers.Real):  # of torch or of numpy, with one number
            value = value.item()
        return float(value) if is_a(value, numbers.Real) else None
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf
    except Exception:
        return None


def flag(name, value):
    """Return `value` if it is True or False; raise TypeError otherwise."""
    return instance(name, value, bool, "True or False")


def text(name, value, high=MAX_TEXT):
    """Return `value` as a text that can be printed and saved.

    Raises TypeError for anything but a text, ValueError for a very long one. Halves of
    characters, which no file can hold, become question marks.
    """
    allowed = f"a text of at most {high:,} letters"
    value = str.__str__(instance(name, value, str, allowed))
    if len(value) > high:
        refuse(name, allowed, value)
    return value.encode("utf-8", "replace").decode()


def several(name, value, what, low=0, high=1000):
    """Return the items of a list, or of anything to loop over, as a list.

    Raises TypeError for what cannot be looped over or is a text, ValueError unless
    there are `low` to `high` items.
    """
    allowed, items = f"{low:,} to {high:,} {what}, in a list", None
    if not is_a(value, (str, bytes)):
        with contextlib.suppress(Exception):
            items = list(itertools.islice(value, high + 1))  # it may be endless
    if items is None:
        refuse(name, allowed, value, TypeError)
    if not low <= len(items) <= high:
        refuse(name, allowed, value)
    return items


def named(name, value, what, low=0, high=100):
    """Return `value`, {text: anything}, as a plain dict with `low` to `high` entries.

    Raises TypeError for anything but a dict with texts as names.
    """
    allowed, pairs = f"a dict {{name: …}} of {low:,} to {high:,} {what}", None
    if is_a(value, Mapping):
        with contextlib.suppress(Exception):
            pairs = [(key, x) for key, x in itertools.islice(value.items(), high + 1)]
    if pairs is None:
        refuse(name, allowed, value, TypeError)
    if not low <= len(pairs) <= high:
        refuse(name, allowed, value)
    return {text(f"each name in {name}", key): item for key, item in pairs}


def real_numbers(name, value, low=0, high=100_000, *, finite=False):
    """Return a list of floats; numbers may be Python's, numpy's or torch's.

    With `finite` nan and inf are refused, else both become nan: a gap in a picture.
    Raises TypeError or ValueError as `several` does.
    """
    found = several(name, value, "numbers", low, high)
    for i, item in enumerate(found):
        found[i] = _float(item)
        if found[i] is None:
            refuse(f"{name}[{i}]", "a number", item, TypeError)
        if math.isinf(found[i]) and not finite:
            found[i] = math.nan
        if abs(found[i]) > MAX_NUMBER or (finite and math.isnan(found[i])):
            refuse(f"{name}[{i}]", f"a number within ±{MAX_NUMBER:g}", item)
    return found


def tensor(name, value, dims, allowed, *, low=1, high=10**7):
    """Return `value` if it is a plain tensor with `dims` axes and real numbers.

    `dims` are all numbers of axes that fit. Raises TypeError for anything but a tensor,
    ValueError for one that is complex, sparse, on "meta" (a shape without numbers) or
    has fewer than `low` or more than `high` numbers.
    """
    import torch

    if not is_a(value, torch.Tensor):
        refuse(name, allowed, value, TypeError)
    plain = value.layout == torch.strided and not (value.is_meta or value.is_nested)
    real = str(value.dtype).removeprefix("torch.") in _REAL
    if not (plain and real and value.dim() in dims and low <= value.numel() <= high):
        refuse(name, allowed, value)
    return value


_real_number = real_number


def real_number(name, value, low, high=math.inf, *, above=False):
    value = _real_number(name, value, low)
    if value > high or (above and value == low):
        refuse(name, f"{low} to {high}", value)
    return value
