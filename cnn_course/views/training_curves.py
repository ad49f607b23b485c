"""View 11, from notebook 05 on: what `train` does, while it does it."""

import time
from dataclasses import replace

import torch
from IPython import get_ipython
from IPython.display import display
from torch import nn

from cnn_course.data import Batches, to_float
from cnn_course.device import modes_kept
from cnn_course.training import ProgressBar, count_batches, place
from cnn_course.views.kit.controls import Number, checkbox
from cnn_course.views.kit.texts import duration
from cnn_course.views.kit.view import View
from cnn_course.views.training_picture import Sample, TrainingState, draw_training

PAUSE = 0.5  # seconds from one drawing to the next, at least
SHARE = 0.04  # of the time may be spent drawing
SMOOTHING = 20  # steps
PER_CLASS = 6  # training pictures that the network is asked about
EXPECTED = (KeyboardInterrupt, FloatingPointError)


def take_sample(train_iter):
    """Return a `Sample` of the course's own loader, and None of any other."""
    if not isinstance(train_iter, Batches):
        return None
    labels, rounds = train_iter.labels.cpu(), []
    for c in range(len(train_iter.classes)):
        rounds.append((labels == c).nonzero().flatten()[:PER_CLASS])
    if min(map(len, rounds)) == 0:
        return None  # a class without a picture
    most = min(map(len, rounds))
    rows = torch.stack([r[:most] for r in rounds], dim=1).flatten()
    images = train_iter.images[rows.to(train_iter.device)].cpu().numpy()
    return Sample(images, labels[rows].numpy(), train_iter.classes)


class LiveCurves:
    """A view that follows `train`, with the methods of `ProgressBar`.

    `train` calls them from its own thread, and the controls draw from another. So what
    a drawing reads changes under the view's lock only.
    """

    def __init__(self, net, train_iter, num_epochs, device, classes):
        self.net, self.device = net, device
        self.resize = getattr(train_iter, "resize", None)
        self.state = TrainingState(num_epochs, count_batches(train_iter), classes)
        self.state.sample = take_sample(train_iter)
        layers = (m for m in net.modules() if isinstance(m, nn.Conv2d))
        self.first = next(layers, None)
        self.images, self.drawn, self.cost = 0, 0.0, 0.0
        self.view = View(
            "Training, live",
            "which class is learned first, which last? Make the loss logarithmic while "
            "it trains. Then Kernel → Interrupt Kernel: what is kept?",
            {
                "logarithmic": checkbox("logarithmic loss"),
                "smoothing": Number(
                    "smooth over steps", SMOOTHING, 1, 200, limits=(1, 10**9)
                ),
            },
            lambda **values: draw_training(self.state, **values),
            summary="loss and accuracy by epoch",
        )

    @property
    def place(self):
        return place(len(self.state.history), len(self.state.pending))

    def __enter__(self):
        self.began = time.perf_counter()
        self.handle = display(self.view, display_id=True)
        return self

    def start(self, epoch, history):
        if epoch > len(self.state.history):  # that much was trained before
            self._take(history)
        self.images, self.since = 0, time.perf_counter()

    def advance(self, images, loss):
        self.state.pending.append(loss)
        self.images += images
        last = len(self.state.pending) == self.state.batches
        self._draw(0 if last else PAUSE)

    def end(self, history):
        self._take(history)
        self._draw(0)

    def _take(self, history):
        # In one go, so that no interrupt leaves an epoch that counts twice.
        with self.view.lock:
            self.state = replace(
                self.state, history=history.copy(), losses=[], pending=[]
            )

    def write(self, line):
        print(line)

    def __exit__(self, kind, error, _):
        try:
            self._finish(error)
        except KeyboardInterrupt:
            self._finish(error)  # the notebook keeps this picture
            raise

    def _draw(self, pause):
        """Draw, unless the last drawing was less than `pause` seconds ago."""
        start = time.perf_counter()
        if start - self.drawn < max(pause, self.cost / SHARE):
            return
        with self.view.lock:
            self._read()
            self._ask()
            self.view.refresh()
        self.drawn = time.perf_counter()
        self.cost = self.drawn - start

    def _read(self):
        """Read from the device what `advance` was given: a GPU has to wait for it."""
        state, now = self.state, time.perf_counter()
        new = state.pending[len(state.losses) :]
        if new:
            state.losses += torch.stack(new).tolist()
            state.speed = self.images / (now - self.since)
        state.seconds = now - self.began

    def _ask(self):
        """Look at the first kernels, and at what the network says to the sample."""
        if self.first is not None:
            kernels = self.first.weight.detach()[:, 0]
            self.state.kernels = kernels.float().cpu().numpy()
        sample = self.state.sample
        if sample is None:
            return
        X = to_float(torch.tensor(sample.images, device=self.device), self.resize)
        with modes_kept(self.net), torch.no_grad():
            logits = self.net.eval()(X).float().cpu()
        answers, largest = logits.argmax(dim=1), logits.abs().amax(dim=0)
        if logits.shape[1] == len(sample.names):
            self.state.sample = replace(
                sample, answers=answers.numpy(), largest=largest.numpy()
            )

    def _finish(self, error):
        """Draw for the last time, and leave that picture in the notebook."""
        with self.view.lock:
            if error is None or isinstance(error, EXPECTED):
                self._read()  # after an error of the device it would only come again
            self.state.ended = self._ending(error)
            if self.view.message.value:  # a bad entry must not cost the last picture
                self.view.controls["smoothing"].write(SMOOTHING)
            self.view.refresh()
        self.handle.update(self.view)

    def _ending(self, error):
        if error is None:
            epochs, took = self.state.num_epochs, duration(self.state.seconds)
            return f"finished: {epochs} epoch{'s' * (epochs > 1)} in {took}"
        if isinstance(error, KeyboardInterrupt):
            return f"stopped {self.place}"
        if isinstance(error, FloatingPointError):
            return f"diverged: {error}"
        return f"ended {self.place} by {type(error).__name__}"


def training_curves(net, train_iter, num_epochs, shown, device, watch_classes=False):
    """Follow a training live: pass this function itself, `train(…, progress=…)`.

    Arguments as of `ProgressBar`. Returns live curves in a notebook, and with
    `watch_classes` what share of the test images each class is given; elsewhere a plain
    bar, and nothing to be seen unless `shown`.
    """
    if not shown or not hasattr(get_ipython(), "kernel"):
        return ProgressBar(net, train_iter, num_epochs, shown, device)
    classes = tuple(getattr(train_iter, "classes", ())) if watch_classes else None
    return LiveCurves(net, train_iter, num_epochs, device, classes)
