"""What a network answers, for the views that look into one."""

import torch


def answer_of(layer, X, expected, name=None):
    """Return layer(X), without gradients; ValueError if it cannot take X.

    The error names the layer by `name`, or else by its class, and ends in `expected`.
    """
    try:
        with torch.no_grad():
            return layer(X)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name or type(layer).__name__} cannot take what comes in, "
            f"{tuple(X.shape[1:])}: {str(error).splitlines()[0]}; {expected}"
        ) from error


def refuse_diverged(numbers, whose="the network's logits"):
    """Raise ValueError for what a network gives whose training went wrong."""
    if not numbers.isfinite().all():
        raise ValueError(
            f"{whose} are not all finite numbers: its training went wrong. Train "
            "it once more, with a smaller learning rate"
        )
