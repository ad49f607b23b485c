"""Train a network and measure it: train, evaluate and the History they leave."""

import math
import time
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F

from cnn_course.machine import try_gpu
from cnn_course.validate import whole_number


@dataclass
class History:
    """What `train` measured: one entry an epoch in each list.

    loss           mean cross-entropy over the training images, while they were learned
    train_acc      share of the training images classified correctly, while learning
    test_acc       share of the test images classified correctly after the epoch
    seconds        wall-clock seconds, the test included
    images_per_second  training images over those seconds
    step_loss      the loss of every single step, over all epochs
    """

    loss: list[float] = field(default_factory=list)
    train_acc: list[float] = field(default_factory=list)
    test_acc: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    images_per_second: list[float] = field(default_factory=list)
    step_loss: list[float] = field(default_factory=list)

    def __len__(self):
        return len(self.loss)

    def __repr__(self):
        return "\n".join(map(self.line, range(len(self)))) or "nothing trained yet"

    def line(self, e):
        """Return the line of the e-th epoch, counted from 0."""
        test = f", test acc {self.test_acc[e]:.3f}" if self.test_acc else ""
        return (
            f"epoch {e + 1}, loss {self.loss[e]:.4f}, "
            f"train acc {self.train_acc[e]:.3f}{test}, time {self.seconds[e]:.1f} sec"
        )

    def plot(self, title="Training"):
        """Return a picture of the loss and the accuracies over the epochs."""
        from cnn_course.plots import plot_history

        return plot_history(self, title)


def train(
    net,
    train_iter,
    test_iter=None,
    num_epochs=5,
    *,
    optimizer=None,
    lr=None,
    device=None,
    verbose=True,
):
    """Train `net` to minimise the cross-entropy of its logits; return a `History`.

    train_iter, test_iter  any iterables of batches (X, y), a DataLoader included:
                X what `net` takes, y int64 (N,); test_iter may be None
    optimizer   a torch optimizer over net's parameters; default Adam at rate `lr`
    lr          Adam's learning rate (default 0.001); not beside an optimizer
    device      where to train; default `try_gpu()`. `net` is moved there
    verbose     print a line an epoch and show a progress bar

    Reads results from the device once an epoch: on a GPU every earlier read would
    make it wait. Interrupting returns the history of the finished epochs, and `net`
    keeps what it learned. Raises FloatingPointError, with the history so far as its
    `history`, when the loss is not finite, ValueError for an empty train_iter.
    """
    whole_number("num_epochs", num_epochs, 1)
    if optimizer is not None and lr is not None:
        raise ValueError("give an optimizer or a learning rate lr, not both")
    device = try_gpu() if device is None else torch.device(device)
    net.to(device)
    if optimizer is None:
        optimizer = torch.optim.Adam(net.parameters(), lr=0.001 if lr is None else lr)
    history = History()
    if verbose:
        print(f"training on {device}")
    was_training = net.training
    with _ProgressBar(train_iter, num_epochs, verbose, device) as bar:
        try:
            for epoch in range(num_epochs):
                bar.start(epoch, history)
                _train_epoch(
                    net, train_iter, test_iter, optimizer, device, history, bar
                )
                if verbose:
                    bar.write(history.line(epoch))
        except KeyboardInterrupt:
            bar.write(
                f"stopped in epoch {len(history) + 1} after step {bar.step}: "
                "the network keeps what it learned, "
                f"the history its {len(history)} finished epochs"
            )
        finally:
            net.train(was_training)
    return history


def _train_epoch(net, train_iter, test_iter, optimizer, device, history, bar):
    """Train one epoch, test, and append one entry to every list of `history`."""
    net.train()
    start = time.perf_counter()
    losses, sizes = [], []
    correct = torch.zeros((), dtype=torch.int64, device=device)
    for X, y in train_iter:
        X, y = X.to(device), y.to(device)
        logits = net(X)
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
    results = [*losses, correct.float()]  # float32 counts exactly to 16 million
    if test_iter is not None:
        test_correct, test_images = _count_correct(net, test_iter, device)
        results.append(test_correct.float())
    results = torch.stack(results).tolist()  # the only wait for the device
    step_loss, counts = results[: len(losses)], results[len(losses) :]
    _stop_if_not_finite(step_loss, history, optimizer)
    n = sum(sizes)
    history.step_loss += step_loss
    history.loss.append(sum(map(math.prod, zip(step_loss, sizes, strict=True))) / n)
    history.train_acc.append(counts[0] / n)
    if test_iter is not None:
        history.test_acc.append(counts[1] / test_images)
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


def evaluate(net, data_iter, device=None):
    """Return the share (0 to 1) of the images in `data_iter` that `net` gets right.

    `data_iter` is any iterable of batches (X, y); `device` defaults to the one the
    net is on. The net is in evaluation mode meanwhile and gets its mode back.
    Raises ValueError if there is no image.
    """
    if device is None:
        device = next((p.device for p in net.parameters()), torch.device("cpu"))
    hits, images = _count_correct(net, data_iter, device)
    return hits.item() / images


@torch.no_grad()
def _count_correct(net, data_iter, device):
    """Return (hits, images): a count still on the device, and an int."""
    was_training = net.training
    hits, images = torch.zeros((), dtype=torch.int64, device=device), 0
    net.eval()
    try:
        for X, y in data_iter:
            X, y = X.to(device), y.to(device)
            hits += (net(X).argmax(dim=1) == y).sum()
            images += len(y)
    finally:
        net.train(was_training)
    if images == 0:
        raise ValueError("no image to evaluate: is the data set empty, or used up?")
    return hits, images


class _ProgressBar:
    """A bar over all epochs with images/s and the loss; silent unless `shown`."""

    def __init__(self, train_iter, num_epochs, shown, device):
        from tqdm.auto import tqdm  # a widget in a notebook, text elsewhere

        try:
            batches = len(train_iter)
        except TypeError:  # a generator, or a DataLoader over a stream
            batches = None
        self.num_epochs, self.reads_loss = num_epochs, device.type == "cpu"
        self.bar = tqdm(
            total=batches and batches * num_epochs,
            unit="batch",
            leave=False,
            disable=not shown,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.bar.close()

    def start(self, epoch, history):
        self.bar.set_description(f"epoch {epoch + 1}/{self.num_epochs}")
        self.loss = history.loss[-1] if history.loss else None
        self.step, self.images, self.since = 0, 0, time.perf_counter()

    def advance(self, images, loss):
        self.step += 1
        self.images += images
        if self.bar.update() and not self.bar.disable:
            speed = self.images / (time.perf_counter() - self.since)
            if self.reads_loss:  # a GPU shows the last epoch's loss, to save a wait
                self.loss = float(loss)
            shown = "" if self.loss is None else f", loss {self.loss:.3f}"
            self.bar.set_postfix_str(f"{speed:,.0f} images/s{shown}")

    def write(self, line):
        self.bar.write(line)


def train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs):
    """Call `train` as the lecture notes do; `batch_size` is the iterators' business."""
    return train(
        net, train_iter, test_iter, num_epochs, optimizer=optimizer, device=device
    )
