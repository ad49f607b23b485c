"""What goes wrong in training, told: what happened, why, and what to do next."""

import math

import torch

from cnn_course.training.history import sessions

ENOUGH_STEPS = 20  # before "it does not learn" can be said
LOST = 1e6  # weights that learn stay far below
SOFTMAX_TWICE = (
    "logits: what net returns adds up to 1, as behind a softmax. Cross-entropy does "
    "the softmax itself; done twice, it learns less. Take the last one out of net"
)


def unfit_pictures(X, error):
    """Return the error for a batch X that net could not take, as torch's `error` says.

    With advice only where the cause is known.
    """
    said = str(error).partition("\n")[0].rstrip(".")
    told = f"net stopped at a batch X of {tuple(X.shape)}, {X.dtype}: {said}"
    if "dtype" in said or "scalar type" in said or "should be the same" in said:
        told += ". net.float() and X.float() make all numbers float32"
    elif "shapes" in said or "channels" in said:
        told += (
            ". Compare the shape with what the first layer expects, and follow it "
            "layer by layer"
        )
    return ValueError(told)


def diverged(net, optimizer, history, loss, step, X=None):
    """Return the error for a loss that is not finite; X are its pictures, if known.

    It has the history so far as its `history`. Where the weights are lost there is
    nothing to go on with, and the session is forgotten.
    """
    why = "net or loss makes it of finite weights: look for log(0) and 0/0"
    if X is not None and not X.isfinite().all():
        why = "the pictures of this step hold NaN or infinity. X.isfinite() says where"
    elif not all(p.abs().max() < LOST for p in net.parameters()):  # NaN is not below
        sessions.pop(net, None)
        rate = float(optimizer.param_groups[0]["lr"])
        why = (
            "the weights are lost. As a rule the steps were too large: build the "
            f"network again and try lr={rate / 10:g} instead of {rate:g}"
        )
    error = FloatingPointError(
        f"the loss became {loss} in epoch {len(history) + 1}, step {step}: {why}"
    )
    error.history = history
    return error


def told(history, watch_classes, optimizer, answers):
    """Return the lines on the epoch that has just ended."""
    lines = [history.line(-1)]
    if watch_classes and history.predicted:
        lines += [f"  {history.class_line()}"]
    if len(history) == 1:
        lines += at_chance(history, optimizer, answers.classes)
    return "\n".join(lines)


def at_chance(history, optimizer, classes):
    """Return [a line] on a first epoch that has taught nothing, else [].

    Guessing costs ln C. A network may begin with a larger loss than that, and go down
    to it: so the mean of the last quarter of the steps is what counts.
    """
    steps, chance = len(history.step_loss), math.log(classes)
    last = history.step_loss[-max(steps // 4, 1) :]
    loss = sum(last) / len(last)
    learns = abs(loss - chance) > 0.02 * chance or history.train_acc[-1] > 1.5 / classes
    if learns or steps < ENOUGH_STEPS:
        return []
    rate = float(optimizer.param_groups[0]["lr"])
    logits = "with a test_iter, dead logits would be named here"
    if history.largest_logit:
        dead = ", ".join(map(str, history.dead_classes()))
        logits = f"logit 0 for every test image in classes {dead or 'none'}"
    return [
        f"at chance: after epoch 1 the loss is {loss:.3f}, and guessing among "
        f"{classes} classes costs ln {classes} = {chance:.3f}. If epoch 2 changes "
        f"nothing, look at dead logits ({logits}), the learning rate ({rate:g}: try "
        "ten times less, then ten times more) and the initialisation"
    ]


def out_of_memory(device, train_iter, place):
    """Return the error for memory that ran out; nothing is held any more."""
    whose = "this computer" if device.type == "cpu" else f"the GPU ({device})"
    size = getattr(train_iter, "batch_size", None) or 0
    half = f" (batch_size={size // 2})" if size > 1 else ""
    return torch.OutOfMemoryError(
        f"the memory of {whose} ran out {place}. Everything that this training held "
        f"is free again, so that the same cell works with less: halve batch_size"
        f"{half}, or use resize=96. Other notebooks may hold memory, too: "
        "Kernel → Shut Down All Kernels."
    )
