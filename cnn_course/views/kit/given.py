"""What a view is given, looked at before anything is drawn; see `validate`."""

import contextlib
import warnings

import torch

from cnn_course.checks import is_a, refuse, several, shown, tensor, text


def numbers(name, value, dims, allowed):
    """Return a tensor, an array or nested lists as a CPU tensor with `dims` axes.

    Raises TypeError for what cannot be read as numbers, ValueError as `tensor` does.
    """
    found = value
    if not is_a(value, torch.Tensor):
        found = None
        with contextlib.suppress(Exception), warnings.catch_warnings(action="error"):
            found = torch.tensor(value)
        if found is None:
            refuse(name, allowed, value, TypeError)
    found = tensor(name, found, range(9), allowed, low=0, high=10**8).detach().cpu()
    if found.dim() not in dims or not found.numel():
        refuse(name, allowed, value)
    return found


def matrix(name, value, largest, high):
    """Return a matrix as float32 (h, w), 1×1 to largest×largest.

    Its numbers are from -high to high. Raises TypeError or ValueError.
    """
    allowed = f"a matrix of 1×1 to {largest}×{largest} finite numbers within ±{high:g}"
    found = numbers(name, value, (2,), allowed).float()
    if max(found.shape) > largest or not (found.abs() <= high).all():
        refuse(name, allowed, value)
    return found


def loader(name, value, side=None):
    """Return (images, labels, names of the classes) of a loader of grey pictures.

    Images are uint8 (n, height, width) of `side` × `side` if that is given, labels
    whole numbers (n,), both on the CPU. Raises ValueError for anything else.
    """
    size = "(n, height, width)" if side is None else f"(n, {side}, {side})"
    allowed = f"one that load_data_fashion_mnist returns, with grey pictures {size}"
    found = None
    with contextlib.suppress(Exception):  # its attributes may be missing, or anything
        images = tensor(name, value.images, (3,), allowed, high=10**9).cpu()
        labels = tensor(name, value.labels, (1,), allowed, high=10**9).cpu()
        classes = [text(name, c) for c in several(name, value.classes, "names", 1)]
        sizes = images.shape[1:] if side is None else (side, side)
        whole = images.dtype == torch.uint8 and labels.dtype == torch.int64
        known = 0 <= labels.min() and labels.max() < len(classes)
        if whole and known and images.shape == (len(labels), *sizes):
            found = images, labels, classes
    if found is None:
        refuse(name, allowed, value)
    return found


def try_out(name, value, allowed, draw):
    """Call draw(); raise ValueError that names the argument if that fails."""
    try:
        return draw()
    except Exception as error:
        why = str(error) or type(error).__name__
        message = f"{name} must be {allowed}; got {shown(value)}: {why}"
        raise ValueError(message) from error
