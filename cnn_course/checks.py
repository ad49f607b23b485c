"""The few argument checks: for what a student plausibly gets wrong.

Each raises TypeError or ValueError with one kind of sentence: the argument's name, what
is allowed, what was given. Other mistakes may end in Python's or torch's own words.
"""

import numbers
import reprlib

import torch
from torch import nn

PLAIN = (type(None), type(...), int, float, complex, str, bytes, list, tuple, dict, set)


def shown(value):
    """Return a short text for any value, on one line."""
    kind = type(value).__name__
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):  # of torch and of numpy
        return f"a {kind} of shape {tuple(value.shape)}, {value.dtype}"
    if isinstance(value, PLAIN):
        return " ".join(reprlib.repr(value).split())
    return f"an object of type {kind}"


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


def choice(name, value, allowed):
    """Return `value` if it is one of `allowed` texts; raise ValueError otherwise."""
    if value not in allowed:
        refuse(name, f"one of {', '.join(map(repr, allowed))}", value)
    return value


def network(name, value):
    """Return `value` if it is a network, and no class; raise TypeError otherwise."""
    if not isinstance(value, nn.Module):
        refuse(name, "a network, such as lenet()", value, TypeError)
    return value


def batch(name, value):
    """Return (X, y) of a batch from the iterable `name`: X float (N, …), y int64 (N,).

    Raises TypeError or ValueError for anything else.
    """
    pair = isinstance(value, (tuple, list)) and len(value) == 2
    if not pair or not all(map(torch.is_tensor, value)) or not value[1].dim():
        raise TypeError(
            f"{name} must give batches (X, y), two tensors each; got {shown(value)}. "
            "Of a Dataset, which gives one picture at a time, torch.utils.data."
            "DataLoader(dataset, batch_size=64, shuffle=True) makes batches"
        )
    X, y = value
    if not X.is_floating_point():
        raise TypeError(
            f"{name} must give pictures as float numbers, (N, …); got {shown(X)}. "
            "X.float() / 255 turns bytes into numbers from 0 to 1"
        )
    if y.dtype != torch.int64 or y.shape != X.shape[:1]:
        raise ValueError(
            f"{name} must give one label a picture, y int64 of shape ({len(X)},); got "
            f"{shown(y)}. y.flatten().long() makes that of a column or of fractions, "
            "y.argmax(dim=1) of rows with a number for each class"
        )
    return X, y
