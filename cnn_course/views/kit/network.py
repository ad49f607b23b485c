"""What a network answers, for the views that look into one."""

import torch


def answer_of(layer, X, expected):
    """Return layer(X), without gradients; ValueError if it cannot take X."""
    try:
        with torch.no_grad():
            return layer(X)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{type(layer).__name__} cannot take what comes in, {tuple(X.shape[1:])}: "
            f"{str(error).splitlines()[0]}; {expected}"
        ) from error


def refuse_diverged(numbers):
    """Raise ValueError for what a network gives whose training went wrong."""
    if not numbers.isfinite().all():
        raise ValueError(
            "the network's logits are not all finite numbers: its training went wrong. "
            "Train it once more, with a smaller learning rate"
        )
