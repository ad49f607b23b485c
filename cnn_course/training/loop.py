"""Train a network and measure it: `train`, `evaluate`, and the loop inside them."""

import gc
import math
import time
from functools import partial
from itertools import islice

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course import checks
from cnn_course.device import (
    choose_precision,
    is_mps,
    is_out_of_memory,
    modes_kept,
    try_gpu,
)
from cnn_course.training import forward, messages
from cnn_course.training.history import begin, sessions
from cnn_course.training.interrupts import Stop
from cnn_course.training.progress import ProgressBar


def _learn(answers, train_iter, loss, optimizer, history, bar):
    """Take a step for each batch; return its losses and sizes, and the hits in all."""
    answers.net.train()
    losses, sizes, hits = [], [], 0
    for X, y, logits in answers("train_iter", train_iter):
        value = loss(logits, y)
        # On the CPU reading the loss costs nothing, so trouble is seen at once.
        if X.device.type == "cpu" and not math.isfinite(number := value.item()):
            step = len(losses) + 1
            raise messages.diverged(answers.net, optimizer, history, number, step, X)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.detach())
        sizes.append(len(y))
        hits += (logits.argmax(dim=1) == y).sum()
        bar.advance(len(y), losses[-1])
    return losses, sizes, hits


@torch.no_grad()
def _test(answers, name, data_iter):
    """Return (hits, predicted, largest_logit) over all batches, still on the device.

    Tensors (1,), (classes,), (classes,), the last two as in `History`. `name` is the
    argument that data_iter comes from.
    """
    hits, predicted, largest = 0, 0, 0
    answers.net.eval()
    for _, y, logits in answers(name, data_iter):
        guess = logits.argmax(dim=1)
        hits += (guess == y).sum().view(1)
        predicted += F.one_hot(guess, logits.shape[1]).sum(dim=0)
        largest = logits.abs().amax(dim=0).clamp(min=largest)
    return hits, predicted, largest


def _epoch(answers, train_iter, test_iter, loss, optimizer, history, bar):
    """Train one epoch, test, and append one entry to every list of the history."""
    start = time.perf_counter()
    losses, sizes, hits = _learn(answers, train_iter, loss, optimizer, history, bar)
    results = [torch.stack(losses), hits.view(1)]
    if test_iter is not None:
        results += _test(answers, "test_iter", test_iter)
    # The only wait for the device; float32 counts exactly to 16 million.
    numbers = iter(torch.cat([result.float() for result in results]).tolist())
    step_loss, (hits,), *tested = [list(islice(numbers, len(r))) for r in results]
    for step, value in enumerate(step_loss, 1):
        if not math.isfinite(value):
            raise messages.diverged(answers.net, optimizer, history, value, step)
    n = sum(sizes)
    mean = sum(map(math.prod, zip(step_loss, sizes, strict=True))) / n
    epoch = {"loss": mean, "train_acc": hits / n}
    if tested:
        (hits,), predicted, epoch["largest_logit"] = tested
        epoch["test_acc"] = hits / sum(predicted)
        epoch["predicted"] = list(map(round, predicted))
    history.grow(step_loss, seconds=time.perf_counter() - start, **epoch)


@torch.enable_grad()  # whatever an earlier cell has switched
def train(
    net,
    train_iter,
    test_iter=None,
    num_epochs=5,
    *,
    loss=F.cross_entropy,
    optimizer=None,
    lr=None,
    device=None,
    precision=None,
    watch_classes=False,
    verbose=True,
    progress=None,
    resume=False,
):
    """Train `net` to make the loss of its logits small; return a `History`.

    train_iter, test_iter  any iterables of batches (X, y), a DataLoader included:
                X float (N, …), what `net` takes, y int64 (N,); test_iter may be None
    num_epochs  epochs of the whole history; with `resume` those before count
    loss        a function of (logits, y), float32 (N, classes) and int64 (N,), to a
                tensor of one number, such as nn.CrossEntropyLoss()
    optimizer   a torch optimizer over net's parameters; default Adam
    lr          its learning rate; default the optimizer's own, 0.001 of Adam
    device      where to train; default `try_gpu()`. `net` is moved there
    precision   "fp32", or "bf16": 16-bit numbers, 32-bit weights (autocast); default
                bf16 on an NVIDIA GPU made for it
    watch_classes  say after every epoch which classes are never predicted or dead
    verbose     print a line an epoch and show the progress
    progress    what shows it, such as `cnn_course.views.training_curves`; default a bar
    resume      go on where the last training of this net ended, also by an interrupt or
                an error: with its optimizer and its history, which grows. An unfinished
                epoch is begun anew, from the weights as they are

    Raises TypeError or ValueError for a bad argument, batch or label,
    FloatingPointError when the loss is not finite (with the history so far as its
    `history`), torch.OutOfMemoryError when memory ran out (then nothing is held).
    """
    checks.network("net", net)
    if not callable(loss) or isinstance(loss, type):
        allowed = "a function of (logits, y), such as nn.CrossEntropyLoss()"
        checks.refuse("loss", allowed, loss, TypeError)
    device = try_gpu() if device is None else torch.device(device)
    precision = choose_precision(precision, device)
    full = None
    with Stop() as stop, modes_kept(net):
        optimizer, history = begin(net, optimizer, lr, test_iter, resume, device)
        if len(history) >= num_epochs:
            print(f"nothing left to train: num_epochs={num_epochs} are done; raise it")
            return history
        if verbose:
            going_on = f", going on after epoch {len(history)}" if history else ""
            mps = ", without channels_last, which is slow or wrong there"
            print(f"training on {device}{going_on}{mps if is_mps(device) else ''}")
        show = progress or ProgressBar
        bar = show(net, train_iter, num_epochs, verbose, device)
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TF32, as convolutions have it
        look = partial(forward.look_at_first, net, device, loss, bar.write)
        answers = forward.Answers(net, device, precision, stop, look)
        sessions[net] = optimizer, history
        try:
            net.to(device)  # memory can run out here, too
            if optimizer.state:  # of the last training, perhaps on another device
                optimizer.load_state_dict(optimizer.state_dict())
            if isinstance(loss, nn.Module):  # with a weight for each class, perhaps
                loss.to(device)
            with bar:
                while len(history) < num_epochs:
                    bar.start(len(history), history)
                    _epoch(
                        answers, train_iter, test_iter, loss, optimizer, history, bar
                    )
                    bar.end(history)
                    if verbose:
                        text = messages.told(history, watch_classes, optimizer, answers)
                        bar.write(text)
                stop.here()
        except KeyboardInterrupt:
            bar.write(
                f"stopped {bar.place}: the network keeps what it learned, the history "
                f"its finished epochs ({len(history)}). The same call with resume=True "
                "goes on"
            )
        except Exception as error:
            if not is_out_of_memory(error):
                raise
            # Raised below, when this error is gone, and with it all its frames hold.
            full = messages.out_of_memory(device, train_iter, bar.place)
        finally:
            forward.lay_out(net, torch.contiguous_format)
    if full:
        net.zero_grad()
        gc.collect()
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        raise full
    return history


def evaluate(net, data_iter, device=None, *, precision=None):
    """Return the share (0 to 1) of the images in `data_iter` that `net` gets right.

    `data_iter` is any iterable of batches (X, y); `device` defaults to the one the
    net is on, `precision` to what `train` would take there. The net is in evaluation
    mode meanwhile, and every layer gets its mode back, also after an interrupt.
    Raises TypeError or ValueError for a bad argument or batch, and without any image.
    """
    checks.network("net", net)
    if device is None:
        device = next((p.device for p in net.parameters()), "cpu")
    device = torch.device(device)
    precision = choose_precision(precision, device)
    with Stop() as stop, modes_kept(net):
        answers = forward.Answers(net, device, precision, stop)
        hits, predicted, _ = _test(answers, "data_iter", data_iter)
    stop.here()
    return hits.item() / predicted.sum().item()
