"""What goes wrong in training, told in words: batches, optimizer, loss, chance."""

import math

import torch

from cnn_course.checks import shown

LARGEST = 20  # pictures in [0, 1], standardised ones too, stay far below
ENOUGH_STEPS = 20  # before "it does not learn" can be said


def check_batch(name, batch):
    """Return (X, y) of one batch of the iterable called `name`.

    Raises TypeError or ValueError unless X is a float tensor (N, …) and y an int64
    tensor (N,) without a negative number.
    """
    pair = isinstance(batch, (tuple, list)) and len(batch) == 2
    if not pair or not all(map(torch.is_tensor, batch)):
        raise TypeError(
            f"{name} must give batches (X, y), two tensors each; got {shown(batch)}"
        )
    X, y = batch
    for tensor in batch:
        if tensor.layout != torch.strided or tensor.is_meta:
            raise TypeError(
                f"{name} must give plain tensors, neither sparse nor without numbers "
                f'(meta); got {shown(tensor)}, {tensor.layout} on "{tensor.device}"'
            )
    if not X.is_floating_point() or X.dim() == 0:
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


def check_labels(name, y, classes):
    """Raise ValueError if a label is not from 0 to classes - 1."""
    wrong = y[(y < 0) | (y >= classes)]
    if len(wrong):
        raise ValueError(
            f"{name} must give labels from 0 to {classes - 1}, as net gives {classes} "
            f"logits; got {wrong[0].item()} ({len(wrong)} such of {len(y)} in this "
            "batch). Look at the labels, or give the last layer more outputs"
        )


def range_line(X):
    """Return a line if the pictures X are far from [0, 1], else None."""
    if not X.numel():
        return None
    low, high = X.min().item(), X.max().item()
    if -LARGEST <= low and high <= LARGEST:  # NaN is the loss's business
        return None
    if math.isnan(low):
        return None
    return (
        f"pictures: the first batch has numbers from {low:g} to {high:g}, and a "
        "network learns best from about 0 to 1 (bytes: X / 255). Training goes on "
        "with them as they are"
    )


def check_optimizer(optimizer, net):
    """Raise ValueError if `optimizer` would leave `net` as it is."""
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if held.isdisjoint(map(id, net.parameters())):
        raise ValueError(
            "optimizer must hold the parameters of net; got one of another network, "
            "so nothing would be learned. Build it after the network: "
            "torch.optim.Adam(net.parameters())"
        )


def diverged(loss, epoch, step, rate, X=None):
    """Return the error for a loss that is not finite; X are its pictures, if known."""
    where = f"the loss became {loss} in epoch {epoch}, step {step}: "
    if X is not None and not X.isfinite().all():
        return FloatingPointError(
            f"{where}the pictures of this step hold NaN or infinity. The network did "
            "not learn from them. Find them with X.isfinite(), and train again."
        )
    cause = "the steps were too large" + (" or the input holds NaN" * (X is None))
    return FloatingPointError(
        f"{where}{cause}. The weights are lost: build the network again and try "
        f"lr={rate / 10:g} instead of {rate:g}."
    )


def chance_line(history, classes, rate):
    """Return a line if the first epoch has taught nothing, else None.

    Guessing among C classes costs ln C. Looks at the last quarter of the steps,
    because a network may begin with a larger loss and go down.
    """
    if len(history) != 1 or len(history.step_loss) < ENOUGH_STEPS:
        return None
    last = history.step_loss[-(len(history.step_loss) // 4) :]
    loss, chance = sum(last) / len(last), math.log(classes)
    if abs(loss - chance) > 0.02 * chance or history.train_acc[0] > 1.5 / classes:
        return None
    dead = history.dead_classes() if history.largest_logit else []
    logits = "no logit is dead"
    if dead:
        logits = "logit 0 for every test image in classes " + ", ".join(map(str, dead))
    elif not history.largest_logit:
        logits = "with a test_iter, dead logits would be named here"
    return (
        f"at chance: after epoch 1 the loss is {loss:.3f}, and guessing among "
        f"{classes} classes costs ln {classes} = {chance:.3f}. If epoch 2 changes "
        f"nothing, look at dead logits ({logits}), the learning rate ({rate:g}: try "
        "ten times less, then ten times more) and the initialisation"
    )
