"""What goes wrong in training, told: what happened, why, and what to do next."""

import math
import re

import torch

from cnn_course.checks import shown
from cnn_course.training.history import sessions

LOST = 1e6  # weights that learn stay far below


def bad_labels(name, y, classes):
    """Return the error for labels y of the iterable `name`, not all below `classes`."""
    wrong = y[(y < 0) | (y >= classes)]
    return ValueError(
        f"{name} must give labels from 0 to {classes - 1}, as net gives {classes} "
        f"logits; got {wrong[0].item()} ({len(wrong):,} such of {len(y):,}). Look at "
        "the labels, or give the last layer more outputs"
    )


def no_picture(name):
    """Return the error for batches of which there was none."""
    return ValueError(
        f"{name} must give at least one picture; got none. Is the data set empty, or a "
        "generator used up by an earlier epoch? A list of batches can be used again"
    )


def no_gradient(whose):
    """Return the error for what no gradient leads back from to the weights."""
    return ValueError(
        f"{whose} must be computed from weights that learn, in steps with a gradient. "
        "Is it cut off, by argmax, ==, .detach() or .item(), are the layers that learn "
        "never used, or has torch.no_grad() or an earlier cell switched gradients off? "
        "torch.set_grad_enabled(True) switches them on again"
    )


ADVICE = {  # for a sign in what torch says
    "should be the same|dtype|scalar type": "net.float() and X.float() make all "
    "numbers float32",
    "more than 1 value per channel": "BatchNorm learns with the mean and spread of a "
    "batch: choose a batch_size of 2 or more that leaves no single picture over",
    "shape|size|channel|dimension": "Compare the shape with what the first layer "
    "expects, and follow it layer by layer",
}


def unfit_pictures(X, error):
    """Return the error for a batch X that net could not take, as torch's `error` says.

    Gives advice only where the cause is known.
    """
    said = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
    advice = next((ADVICE[sign] for sign in ADVICE if re.search(sign, said)), "")
    return ValueError(
        f"net stopped at a batch X of {tuple(X.shape)}, {X.dtype}: {said}. "
        f"{advice}".rstrip(". ")
    )


def bad_loss(loss):
    """Return the error for a loss that is not one number in a tensor."""
    return ValueError(
        "loss(logits, y) must return one number for the batch, as a tensor; got "
        f"{shown(loss)}. Is the return missing, is it a float, by .item(), or is it "
        'one for each picture? Then take the mean: .mean(), or reduction="mean"'
    )


def probabilities(classes):
    """Return a line on a net that ends in a softmax or sigmoid."""
    least = math.log(math.e + classes - 1) - 1
    return (
        "logits: what net returns lies between 0 and 1, as behind a softmax or a "
        "sigmoid. Cross-entropy does the softmax itself; done twice, it learns less, "
        f"and the loss stays above {least:.2f}. Take the last one out of net"
    )


def not_finite(name):
    """Return the error for logits in a test that are NaN or infinite."""
    return ValueError(
        f"{name} must give pictures that net can answer; got a logit that is NaN "
        "or infinite. (~X.isfinite()).nonzero() says where pictures hold NaN; else "
        "look at the weights, and for log(0) and 0/0 in net"
    )


def diverged(run, loss, step, X=None):
    """Return the error for a loss that is not finite; X are its pictures, if known.

    It has the history so far as its `history`. Where the weights are lost there is
    nothing to go on with, and the session is forgotten.
    """
    rate = float(run.optimizer.param_groups[0]["lr"])
    # Not Python's max, which may pass over a NaN.
    tops = [p.detach().abs().max().float() for p in run.net.parameters()]
    if X is not None and not X.isfinite().all():
        why = (
            "the pictures of this step hold NaN or infinity, and the network did not "
            "learn from them. (~X.isfinite()).nonzero() says where"
        )
    elif torch.stack(tops).max() < LOST:
        why = (
            "the weights are finite, so net or loss makes it of them: look for log(0) "
            "and 0/0. The network did not learn from this step"
        )
    else:
        sessions.pop(run.net, None)
        nan = " or the input holds NaN" * (X is None)
        why = (
            f"the weights are lost. As a rule the steps were too large{nan}: build the "
            f"network again and try lr={rate / 10:g} instead of {rate:g}"
        )
    epoch = len(run.history) + 1
    error = FloatingPointError(
        f"the loss became {loss} in epoch {epoch}, step {step}: {why}"
    )
    error.history = run.history
    return error


def at_chance(run):
    """Return a line on a first epoch that has taught nothing."""
    history, classes = run.history, run.classes
    rate = float(run.optimizer.param_groups[0]["lr"])
    logits = "with a test_iter, dead logits would be named here"
    if history.largest_logit:
        dead = ", ".join(map(str, history.dead_classes()))
        logits = f"logit 0 for every test image in classes {dead or 'none'}"
    return (
        f"at chance: after epoch 1 the loss is {history.recent_loss():.3f}, and "
        f"guessing among {classes} classes costs ln {classes} = "
        f"{math.log(classes):.3f}. If epoch 2 changes nothing, look at dead logits "
        f"({logits}), the learning rate ({rate:g}: try ten times less, then ten times "
        "more) and the initialisation"
    )


def out_of_memory(device, batch_size, place):
    """Return the error for memory that ran out; nothing is held any more."""
    whose = "this computer" if device.type == "cpu" else f"the GPU ({device})"
    half = f" (batch_size={batch_size // 2})" if batch_size > 1 else ""
    return torch.OutOfMemoryError(
        f"the memory of {whose} ran out {place}. Everything that this training held "
        f"is free again, so that the same cell works with less: halve batch_size"
        f"{half}, or use resize=96. Other notebooks may hold memory, too: "
        "Kernel → Shut Down All Kernels."
    )
