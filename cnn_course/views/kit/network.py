"""For the views that look into a network: its loader, and what its layers answer."""

import torch

from cnn_course.checks import refuse
from cnn_course.data import Batches


def refuse_other_than_batches(name, value):
    """Raise TypeError unless `value` is a loader of the course."""
    if not isinstance(value, Batches):
        refuse(name, "a loader as load_data_fashion_mnist gives", value, TypeError)


def answer_of(layer, X, expected, name):
    """Return layer(X), without gradients; ValueError if it cannot take X.

    The error begins with the layer's `name` and ends in what is `expected`.
    """
    try:
        with torch.no_grad():
            return layer(X)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name} cannot take what comes in, {tuple(X.shape[1:])}: "
            f"{str(error).splitlines()[0]}; {expected}"
        ) from error


def refuse_diverged(numbers, whose):
    """Raise ValueError for what a network gives whose training went wrong."""
    if not numbers.isfinite().all():
        raise ValueError(
            f"{whose} are not all finite numbers: its training went wrong. Train "
            "it once more, with a smaller learning rate"
        )
