"""Train a network and measure it: `train`, `evaluate`, and all that happens between."""

import math
import time
from itertools import islice

import torch
import torch.nn.functional as F

from cnn_course import checks
from cnn_course.device import (
    choose_precision,
    chosen_device,
    is_mps,
    is_out_of_memory,
    modes_kept,
)
from cnn_course.training import forward, messages
from cnn_course.training.forward import Run
from cnn_course.training.history import begin, sessions
from cnn_course.training.interrupts import Stop
from cnn_course.training.progress import ProgressBar


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
    loss        a function of (logits, y), float32 (N, classes) and int64 (N,), that
                returns a tensor of one number, such as nn.CrossEntropyLoss()
    optimizer   a torch optimizer over net's parameters; default Adam at rate `lr`
    lr          Adam's learning rate (default 0.001); not beside an optimizer
    device      where to train; default `try_gpu()`. `net` is moved there
    precision   "fp32", or "bf16" to compute with 16-bit numbers and keep the weights
                in 32 (autocast); default bf16 on an NVIDIA GPU made for it
    watch_classes  say after every epoch which classes are never predicted or dead
    verbose     print a line an epoch and show the progress
    progress    what shows it: default a bar, `ProgressBar`; in a notebook
                `cnn_course.views.training_curves` for live curves
    resume      go on where the last training of this net ended: with its optimizer and
                its history, which grows. An unfinished epoch is begun anew, from the
                weights as they are

    Reads results from the device once an epoch, as every read makes a GPU wait. An
    interrupt ends training after the current step: `net` keeps what it learned, the
    history its finished epochs. After any error but a loss that is not finite
    `resume=True` goes on.

    Raises TypeError or ValueError for a bad argument, batch or label and where
    gradients are off, FloatingPointError, with the history so far as its `history`,
    when the loss is not finite, and torch.OutOfMemoryError when memory ran out (then
    nothing is held).
    """
    checks.network("net", net)
    checks.whole_number("num_epochs", num_epochs, 1)
    if not callable(loss) or isinstance(loss, type):
        allowed = "a function of (logits, y), such as nn.CrossEntropyLoss()"
        checks.refuse("loss", allowed, loss, TypeError)
    if not torch.is_grad_enabled():
        raise messages.no_gradient("the loss")
    device = chosen_device(device)
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
        watch = watch_classes and test_iter is not None
        show = progress or ProgressBar
        bar = show(net, train_iter, num_epochs, verbose, device, watch)
        if device.type == "cuda":
            torch.set_float32_matmul_precision("high")  # TF32, as convolutions have it
        run = Run(net, device, precision, stop, loss, optimizer, history, bar)
        run.batch_size = getattr(train_iter, "batch_size", None) or 0
        sessions[net] = optimizer, history
        try:
            forward.move(run)  # memory can run out here, too
            with bar:
                while len(history) < num_epochs:
                    bar.start(len(history), history)
                    _train_epoch(run, train_iter, test_iter)
                    bar.end(history)
                    if verbose:
                        _tell(run, watch)
                if stop.asked:
                    stop.now()
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
            full = messages.out_of_memory(run.device, run.batch_size, bar.place)
        finally:
            forward.lay_out(net, torch.contiguous_format)
    if full:
        forward.let_go(net)
        raise full
    return history


def evaluate(net, data_iter, device=None, *, precision=None):
    """Return the share (0 to 1) of the images in `data_iter` that `net` gets right.

    `data_iter` is any iterable of batches (X, y); `device` defaults to the one the
    net is on, `precision` to what `train` would take there. The net is in evaluation
    mode meanwhile, and every layer gets its mode back, also after an interrupt.
    Raises TypeError or ValueError for a bad argument or batch, if there is no image,
    and if a logit is not finite.
    """
    checks.network("net", net)
    if device is None:
        device = next((p.device for p in net.parameters()), "cpu")
    device = chosen_device(device)
    precision = choose_precision(precision, device)
    with Stop() as stop, modes_kept(net):
        run = Run(net, device, precision, stop)
        hits, predicted, largest_logit = _test(run, "data_iter", data_iter)
    if stop.asked:
        stop.now()
    if not largest_logit.isfinite().all():
        raise messages.not_finite("data_iter")
    return hits.item() / predicted.sum().item()


def _train_epoch(run, train_iter, test_iter):
    """Train one epoch, test, and append one entry to every list of the history."""
    net, optimizer, device = run.net, run.optimizer, run.device
    net.train()
    start = time.perf_counter()
    losses, sizes, hits = [], [], 0
    for X, y, logits in run.each("train_iter", train_iter):
        loss = run.loss(logits, y)
        if not losses:
            forward.look_at_loss(run, logits, loss)
        # On the CPU reading the loss costs nothing, so trouble is seen at once.
        if device.type == "cpu" and not math.isfinite(loss.item()):
            raise messages.diverged(run, loss.item(), len(losses) + 1, X)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(y))
        hits += (logits.argmax(dim=1) == y).sum()
        run.bar.advance(len(y), losses[-1])
        if run.stop.asked:
            run.stop.now()
    if not losses:
        raise messages.no_picture("train_iter")
    results = [torch.stack(losses), hits.view(1)]
    if test_iter is not None:
        results += _test(run, "test_iter", test_iter)
    # The only wait for the device; float32 counts exactly to 16 million.
    numbers = iter(torch.cat([result.float() for result in results]).tolist())
    step_loss, (hits,), *tested = [list(islice(numbers, len(r))) for r in results]
    for step, loss in enumerate(step_loss, 1):
        if not math.isfinite(loss):
            raise messages.diverged(run, loss, step)
    if tested and not all(map(math.isfinite, tested[2])):
        raise messages.not_finite("test_iter")
    seconds = time.perf_counter() - start
    run.history.add_epoch(step_loss, sizes, hits, seconds, tested)


@torch.no_grad()
def _test(run, name, data_iter):
    """Return (hits, predicted, largest_logit) over all batches, still on the device.

    Tensors (1,), (classes,), (classes,), the last two as in `History`. `name` is the
    argument that data_iter comes from.
    """
    hits, predicted, largest = 0, 0, 0
    run.net.eval()
    for _, y, logits in run.each(name, data_iter):
        answers = logits.argmax(dim=1)
        hits += (answers == y).sum().view(1)
        predicted += F.one_hot(answers, logits.shape[1]).sum(dim=0)
        largest = logits.abs().amax(dim=0).clamp(min=largest)
        if run.stop.asked:
            run.stop.now()
    if not torch.is_tensor(hits):
        raise messages.no_picture(name)
    return hits, predicted, largest


def _tell(run, watched):
    """Write the lines on the epoch that has just ended."""
    history = run.history
    run.bar.write(history.line(-1))
    if watched:
        run.bar.write(f"  {history.class_line()}")
    if len(history) == 1 and run.cross_entropy and history.is_at_chance(run.classes):
        run.bar.write(messages.at_chance(run))
