"""View 11, from notebook 05 on: what `train` does, while it does it."""

import time
from dataclasses import replace

import ipywidgets
import torch
from IPython import get_ipython
from IPython.display import display
from torch import nn
from tqdm import tqdm

from cnn_course.data import Batches, to_float
from cnn_course.device import modes_kept
from cnn_course.training import ProgressBar, count_batches, place
from cnn_course.views.kit.view import View
from cnn_course.views.training_picture import TrainingState, draw_training

SHARE = 0.04  # of the time may be spent drawing


def take_sample(train_iter):
    """Return six pictures of each class, uint8 (n, h, w), or fewer, and their names.

    That is (None, ()) of any other than the course's own loader.
    """
    if not isinstance(train_iter, Batches):
        return None, ()
    labels, names = train_iter.labels.cpu(), train_iter.classes
    first = [(labels == c).nonzero().flatten()[:6].tolist() for c in range(len(names))]
    rows = [row for a_round in zip(*first, strict=False) for row in a_round]
    return train_iter.images[rows].cpu().numpy() if rows else None, names


class LiveCurves:
    """A view that follows `train`, with the methods of `ProgressBar`.

    `train` calls them from its own thread, and the controls draw from another. So what
    a drawing reads is changed under the view's lock, or replaced as a whole.
    """

    def __init__(self, net, train_iter, num_epochs, device):
        self.net, self.train_iter, self.device = net, train_iter, device
        batches, sample = count_batches(train_iter), take_sample(train_iter)
        self.state = TrainingState(num_epochs, batches, *sample)
        self.first = next((m for m in net.modules() if isinstance(m, nn.Conv2d)), None)
        self.drawn = self.cost = 0.0
        look = dict(indent=False, layout={"width": "auto"})
        logarithmic = ipywidgets.Checkbox(description="logarithmic loss", **look)
        self.view = View(
            "Training, live",
            "which class is learned first, which last? Make the loss logarithmic while "
            "it trains. Then Kernel → Interrupt Kernel: what is kept?",
            {"logarithmic": logarithmic},
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
        self.end(history)  # with `resume` there are epochs before the first one
        self.since = time.perf_counter()

    def advance(self, images, loss):
        self.state.pending.append(loss)
        start = time.perf_counter()
        if start - self.drawn < self.cost / SHARE:
            return
        with self.view.lock:
            self._look()
            self.view.refresh()
        self.drawn = time.perf_counter()
        self.cost = self.drawn - start

    def end(self, history):
        # In one go, so that no interrupt leaves an epoch that counts twice.
        self.state = replace(self.state, history=history.copy(), losses=[], pending=[])

    write = staticmethod(print)

    def __exit__(self, kind, error, _):
        try:
            self._finish(error)
        except KeyboardInterrupt:
            self._finish(error)  # the notebook keeps this picture
            raise

    @torch.no_grad()
    def _look(self):
        """Read losses and kernels from the device, which a GPU has to wait for."""
        state = self.state
        new = state.pending[len(state.losses) :]
        if new:
            state.losses += torch.stack(new).tolist()
            state.step = (time.perf_counter() - self.since) / len(state.losses)
        if self.first is not None:
            state.kernels = self.first.weight[:, 0].float().cpu().numpy()
        if state.images is not None:
            try:
                X = torch.tensor(state.images, device=self.device)
                with modes_kept(self.net):
                    logits = self.net.eval()(to_float(X, self.train_iter.resize))
                state.answer(logits.float().cpu().numpy())
            except Exception:  # such as a full GPU: training goes on without them
                state.images, state.given = None, {}

    def _finish(self, error):
        """Draw for the last time, and leave that picture in the notebook."""
        with self.view.lock:
            if not isinstance(error, RuntimeError):  # the device's would come again
                self._look()
            self.state.ended = self._ending(error)
            self.view.refresh()
        self.handle.update(self.view)

    def _ending(self, error):
        if error is None:
            took = tqdm.format_interval(time.perf_counter() - self.began)
            return f"finished in {took}"
        if isinstance(error, FloatingPointError):
            return f"diverged: {error}"
        why = f" by {type(error).__name__}" if isinstance(error, Exception) else ""
        return f"stopped {self.place}{why}"


def training_curves(net, train_iter, num_epochs, shown, device):
    """Follow a training live: pass this function itself, `train(…, progress=…)`.

    Arguments as of `ProgressBar`, which follows it wherever there is no notebook, and
    where nobody can tell how many batches there are.
    """
    drawn = shown and hasattr(get_ipython(), "kernel")
    if not drawn or not count_batches(train_iter):
        return ProgressBar(net, train_iter, num_epochs, shown, device)
    return LiveCurves(net, train_iter, num_epochs, device)
