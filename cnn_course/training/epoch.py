"""One epoch of training, and the test after it."""

import math
import time
from dataclasses import dataclass
from itertools import islice

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.training import guards, memory, sessions
from cnn_course.training.forward import lay_out_for, logits_of
from cnn_course.training.history import History
from cnn_course.training.interrupts import Stop
from cnn_course.training.progress import ProgressBar


@dataclass
class Run:
    """One call of `train` or `evaluate`.

    batch_size, classes  of the latest batch and its logits
    looked               the first batch was looked at
    """

    net: nn.Module
    device: torch.device
    precision: str
    stop: Stop
    optimizer: torch.optim.Optimizer | None = None
    history: History | None = None
    bar: ProgressBar | None = None
    batch_size: int = 0
    classes: int = 0
    looked: bool = False
    on_cpu_instead: bool = False

    def logits(self, X):
        return logits_of(self.net, X, self.precision)

    def batch(self, name, batch):
        """Return (X, y) as given, checked; name is the argument they come from."""
        X, y = guards.check_batch(name, batch)
        self.batch_size = len(y)
        return X, y


def train_epoch(run, train_iter, test_iter):
    """Train one epoch, test, and append one entry to every list of the history."""
    net, optimizer, history, device = run.net, run.optimizer, run.history, run.device
    net.train()
    start = time.perf_counter()
    losses, sizes = [], []
    correct = torch.zeros((), dtype=torch.int64, device=device)
    for batch in train_iter:
        given_X, given_y = run.batch("train_iter", batch)
        if not run.batch_size:
            continue
        X, y = given_X.to(device), given_y.to(device)
        first, run.looked = not run.looked, True
        if first:
            _look_ahead(run, given_X, X)
        logits = run.logits(X)
        run.classes = logits.shape[1]
        if first or given_y.device.type == "cpu":  # to look at others would take a wait
            guards.check_labels("train_iter", given_y, run.classes)
        loss = F.cross_entropy(logits, y)
        # On the CPU reading the loss costs nothing, so trouble is seen at once.
        if device.type == "cpu" and not math.isfinite(loss.item()):
            _stop_diverged(run, loss.item(), len(losses) + 1, X)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(y))
        correct += (logits.argmax(dim=1) == y).sum()
        run.bar.advance(len(y), losses[-1])
        run.stop.check()
    if not losses:
        raise no_picture("train_iter")
    results = [torch.stack(losses), correct.view(1)]
    if test_iter is not None:
        *test_results, test_images = test(run, "test_iter", test_iter)
        results += test_results
    # The only wait for the device; float32 counts exactly to 16 million.
    numbers = iter(torch.cat([result.float() for result in results]).tolist())
    parts = [list(islice(numbers, len(result))) for result in results]
    step_loss, (correct,), *test_results = parts
    for step, loss in enumerate(step_loss, 1):
        if not math.isfinite(loss):
            _stop_diverged(run, loss, step)
    n, entries = sum(sizes), {}
    if test_iter is not None:
        (hits,), predicted, largest_logit = test_results
        check_finite("test_iter", largest_logit)
        entries = {
            "test_acc": [hits / test_images],
            "predicted": [[round(images) for images in predicted]],
            "largest_logit": [largest_logit],
        }
    seconds = time.perf_counter() - start
    history.append(
        step_loss=step_loss,
        loss=[sum(map(math.prod, zip(step_loss, sizes, strict=True))) / n],
        train_acc=[correct / n],
        seconds=[seconds],
        images_per_second=[n / seconds],
        **entries,
    )


def _look_ahead(run, given_X, X):
    """Look at the first batch: its range, the fastest layout, and whether it fits."""
    if line := guards.range_line(given_X):
        run.bar.write(line)
    lay_out_for(run.net, X, run.precision)
    free = memory.free_bytes(run.device)
    if free is not None:
        need = memory.training_need(run.net, X, run.optimizer, run.logits)
        if line := memory.warning(need, len(X), free):
            run.bar.write(line)


def _stop_diverged(run, loss, step, X=None):
    rate = float(run.optimizer.param_groups[0]["lr"])
    error = guards.diverged(loss, len(run.history) + 1, step, rate, X)
    if not all(p.isfinite().all() for p in run.net.parameters()):
        sessions.forget(run.net)  # there is nothing to go on from
    error.history = run.history
    raise error


@torch.no_grad()
def test(run, name, data_iter):
    """Return (hits, predicted, largest_logit, images) over all batches.

    Tensors (1,), (classes,), (classes,), still on the device, and an int; the two in
    the middle as in `History`. `name` is the argument that data_iter comes from.
    """
    hits, predicted, largest, images = 0, 0, 0, 0
    run.net.eval()
    for batch in data_iter:
        given_X, given_y = run.batch(name, batch)
        if not run.batch_size:
            continue
        X, y = given_X.to(run.device), given_y.to(run.device)
        logits = run.logits(X)
        if given_y.device.type == "cpu":
            guards.check_labels(name, given_y, logits.shape[1])
        answers = logits.argmax(dim=1)
        hits += (answers == y).sum().view(1)
        predicted += F.one_hot(answers, logits.shape[1]).sum(dim=0)
        largest = logits.abs().amax(dim=0).clamp(min=largest)
        images += len(y)
        run.stop.check()
    if images == 0:
        raise no_picture(name)
    return hits, predicted, largest, images


def no_picture(name):
    """Return the error for batches of which there was none."""
    return ValueError(
        f"{name} must give at least one picture; got none. Is the data set empty, or a "
        "generator used up by an earlier epoch? A list of batches can be used again"
    )


def check_finite(name, largest_logit):
    """Raise ValueError if a logit was not finite: such answers mean nothing."""
    if not all(map(math.isfinite, largest_logit)):
        raise ValueError(
            f"{name} must give pictures that net can answer; got a logit that is NaN "
            "or infinite. Either pictures hold NaN (look with X.isfinite()), or the "
            "weights are lost: build the network again and train with a lower rate"
        )
