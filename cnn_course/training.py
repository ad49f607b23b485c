"""Train a network and measure it: train and evaluate."""

import math
import time
from itertools import islice

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.history import History
from cnn_course.machine import choose_precision, memory_format, try_gpu
from cnn_course.progress_bar import ProgressBar
from cnn_course.validate import whole_number


def train(
    net,
    train_iter,
    test_iter=None,
    num_epochs=5,
    *,
    optimizer=None,
    lr=None,
    device=None,
    precision=None,
    watch_classes=False,
    verbose=True,
    progress=None,
):
    """Train `net` to minimise the cross-entropy of its logits; return a `History`.

    train_iter, test_iter  any iterables of batches (X, y), a DataLoader included:
                X what `net` takes, y int64 (N,); test_iter may be None
    optimizer   a torch optimizer over net's parameters; default Adam at rate `lr`
    lr          Adam's learning rate (default 0.001); not beside an optimizer
    device      where to train; default `try_gpu()`. `net` is moved there
    precision   "fp32", or "bf16" to compute with 16-bit numbers and keep the weights
                in 32 (autocast); default bf16 on an NVIDIA GPU made for it
    watch_classes  say after every epoch which classes are never predicted, and which
                are dead: their logit is 0 for every test image
    verbose     print a line an epoch and show the progress
    progress    what shows it: default a bar, `ProgressBar`; in a notebook
                `cnn_course.widgets.training_curves` for live curves

    Reads results from the device once an epoch: on a GPU every earlier read would
    make it wait (live curves do read whenever they draw). Interrupting returns the
    history of the finished epochs, and `net` keeps what it learned. Raises
    FloatingPointError, with the history so far as its `history`, when the loss is not
    finite, ValueError for an empty train_iter or an unknown precision.
    """
    whole_number("num_epochs", num_epochs, 1)
    if optimizer is not None and lr is not None:
        raise ValueError("give an optimizer or a learning rate lr, not both")
    device = try_gpu() if device is None else torch.device(device)
    precision = choose_precision(precision, device)
    net.to(device)
    if device.type == "cuda":
        torch.set_float32_matmul_precision("high")  # TF32, as convolutions have it
    if optimizer is None:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001 if lr is None else lr)
    history = History()
    if verbose:
        print(f"training on {device}")
    was_training = net.training
    watched = watch_classes and test_iter is not None
    bar = (progress or ProgressBar)(train_iter, num_epochs, verbose, device, watched)
    try:
        with bar:
            for epoch in range(num_epochs):
                bar.start(epoch, history)
                _train_epoch(
                    net, train_iter, test_iter, optimizer, precision, history, bar
                )
                bar.end(history)
                if verbose:
                    bar.write(history.line(epoch))
                if watched:
                    bar.write(f"  {history.class_line()}")
    except KeyboardInterrupt:
        bar.write(
            f"stopped {bar.place}: the network keeps what it learned, "
            f"the history its {len(history)} finished epochs"
        )
    finally:
        net.train(was_training)
        _lay_out(net, torch.contiguous_format)
    return history


def _train_epoch(net, train_iter, test_iter, optimizer, precision, history, bar):
    """Train one epoch, test, and append one entry to every list of `history`."""
    device = bar.device
    net.train()
    start = time.perf_counter()
    losses, sizes = [], []
    correct = torch.zeros((), dtype=torch.int64, device=device)
    for X, y in train_iter:
        X, y = X.to(device), y.to(device)
        if not history and not losses:
            _lay_out_for(net, X, precision)
        logits = _logits(net, X, precision)
        loss = F.cross_entropy(logits, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(y))
        correct += (logits.argmax(dim=1) == y).sum()
        # On the CPU reading the loss costs nothing, so trouble is seen at once.
        if device.type == "cpu" and not math.isfinite(losses[-1]):
            _stop_if_not_finite(torch.stack(losses).tolist(), history, optimizer)
        bar.advance(len(y), losses[-1])
    if not losses:
        raise ValueError("train_iter gave no batch: is the data set empty, or used up?")
    results = [torch.stack(losses), correct.view(1)]
    if test_iter is not None:
        *test_results, test_images = _test(net, test_iter, device, precision)
        results += test_results
    # The only wait for the device; float32 counts exactly to 16 million.
    numbers = iter(torch.cat([result.float() for result in results]).tolist())
    parts = [list(islice(numbers, len(result))) for result in results]
    step_loss, (correct,), *test_results = parts
    _stop_if_not_finite(step_loss, history, optimizer)
    n = sum(sizes)
    history.step_loss += step_loss
    history.loss.append(sum(map(math.prod, zip(step_loss, sizes, strict=True))) / n)
    history.train_acc.append(correct / n)
    if test_iter is not None:
        (hits,), predicted, largest_logit = test_results
        history.test_acc.append(hits / test_images)
        history.predicted.append([round(images) for images in predicted])
        history.largest_logit.append(largest_logit)
    history.seconds.append(time.perf_counter() - start)
    history.images_per_second.append(n / history.seconds[-1])


def _stop_if_not_finite(step_loss, history, optimizer):
    for step, loss in enumerate(step_loss, 1):
        if not math.isfinite(loss):
            rate = optimizer.param_groups[0]["lr"]
            error = FloatingPointError(
                f"the loss became {loss} in epoch {len(history) + 1}, step {step}: the "
                "steps were too large or the input holds NaN. The weights are lost: "
                f"build the network again and try lr={rate / 10:g} instead of {rate:g}."
            )
            error.history = history
            raise error


def _kernels(net):
    parameters = (p for p in net.parameters() if not nn.parameter.is_lazy(p))
    return [p for p in parameters if p.dim() == 4]  # the weights of Conv2d layers


def _lay_out(net, memory_format):
    for p in _kernels(net):
        p.data = p.data.contiguous(memory_format=memory_format)


def _lay_out_for(net, X, precision):
    """Lay out net's kernels as is fastest for X, if the net can work with that."""
    if not _kernels(net):
        return
    # channels_last: the numbers of one pixel lie side by side.
    _lay_out(net, memory_format(X.device))
    net.eval()  # a look at one picture must not change BatchNorm's averages
    try:
        with torch.no_grad():
            _logits(net, X[:1], precision)
    except RuntimeError as error:
        if "view size is not compatible" not in str(error):
            raise
        _lay_out(net, torch.contiguous_format)  # such a net flattens with .view()
    net.train()


def _logits(net, X, precision):
    """Return net(X) in float32, computed in `precision`."""
    if precision == "fp32":
        return net(X)
    with torch.autocast(X.device.type, torch.bfloat16):
        return net(X).float()


def evaluate(net, data_iter, device=None, *, precision=None):
    """Return the share (0 to 1) of the images in `data_iter` that `net` gets right.

    `data_iter` is any iterable of batches (X, y); `device` defaults to the one the
    net is on, `precision` to what `train` would take there. The net is in evaluation
    mode meanwhile and gets its mode back. Raises ValueError if there is no image.
    """
    if device is None:
        device = next((p.device for p in net.parameters()), torch.device("cpu"))
    precision = choose_precision(precision, torch.device(device))
    hits, _, _, images = _test(net, data_iter, device, precision)
    return hits.item() / images


@torch.no_grad()
def _test(net, data_iter, device, precision):
    """Return (hits, predicted, largest_logit, images) over all batches.

    Tensors (1,), (classes,), (classes,), still on the device, and an int; the two in
    the middle as in `History`.
    """
    was_training = net.training
    hits, predicted, largest, images = 0, 0, 0, 0
    net.eval()
    try:
        for X, y in data_iter:
            if not len(y):
                continue
            X, y = X.to(device), y.to(device)
            logits = _logits(net, X, precision)
            answers = logits.argmax(dim=1)
            hits += (answers == y).sum().view(1)
            predicted += F.one_hot(answers, logits.shape[1]).sum(dim=0)
            largest = logits.abs().amax(dim=0).clamp(min=largest)
            images += len(y)
    finally:
        net.train(was_training)
    if images == 0:
        raise ValueError("no image to evaluate: is the data set empty, or used up?")
    return hits, predicted, largest, images


def train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs):
    """Call `train` as the lecture notes do; `batch_size` is the iterators' business."""
    return train(
        net, train_iter, test_iter, num_epochs, optimizer=optimizer, device=device
    )
