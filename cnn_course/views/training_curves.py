"""View 11, from notebook 05 on: what `train` does, while it does it."""

import time
from dataclasses import replace

import torch
from IPython import get_ipython
from IPython.display import display

from cnn_course.training import ProgressBar, count_batches, place
from cnn_course.views.kit.controls import Number, checkbox
from cnn_course.views.kit.texts import duration
from cnn_course.views.kit.view import View
from cnn_course.views.training_picture import TrainingState, draw_training

PAUSE = 0.5  # seconds from one drawing to the next, at least
SHARE = 0.04  # of the time may be spent drawing
SMOOTHING = 20  # steps
EXPECTED = (KeyboardInterrupt, FloatingPointError)


class LiveCurves:
    """A view that follows `train`, with the methods of `ProgressBar`.

    `train` calls them from its own thread, and the controls draw from another. So what
    a drawing reads changes under the view's lock only.
    """

    def __init__(self, train_iter, num_epochs, device, classes):
        self.device = device
        self.state = TrainingState(num_epochs, count_batches(train_iter), classes)
        self.images, self.drawn, self.cost = 0, 0.0, 0.0
        self.view = View(
            "Training, live",
            "while it trains, make the loss logarithmic, or smooth it more. Then "
            "Kernel → Interrupt Kernel: what is kept?",
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
        logarithmic, smoothing = self.view.controls.values()
        for control in (logarithmic, smoothing.slider, smoothing.field):
            _hear_while_busy(control)
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


def _hear_while_busy(control):
    """Let a control be heard while a cell runs.

    JupyterLab asks for another thread than the one that runs cells. ipykernel 7.4
    prefers the thread that last wrote to the control, and that one is busy now.
    """
    vars(control.comm).pop("_reply_subshell_id", None)


def training_curves(train_iter, num_epochs, shown, device, watch_classes=False):
    """Follow a training live: pass this function itself, `train(…, progress=…)`.

    Arguments as of `ProgressBar`. Returns live curves in a notebook, and with
    `watch_classes` what share of the test images each class is given; elsewhere a plain
    bar, and nothing to be seen unless `shown`.
    """
    if not shown or not hasattr(get_ipython(), "kernel"):
        return ProgressBar(train_iter, num_epochs, shown, device)
    classes = tuple(getattr(train_iter, "classes", ())) if watch_classes else None
    return LiveCurves(train_iter, num_epochs, device, classes)
