"""What a training looks like: its curves, and how many images each class is given."""

import math
from dataclasses import dataclass, field

import numpy as np

from cnn_course.training import History
from cnn_course.views.kit.board import BLUE, GREY, ORANGE, Board, blue
from cnn_course.views.kit.curves import Axes, trailing_mean
from cnn_course.views.kit.texts import duration

PALE_BLUE = "#9CC7E3"
# In the monitor: where names end, how long the longest bar is, where cells begin.
NAMES, BARS, CELLS = 104, 230, 520


@dataclass
class TrainingState:
    """What is known of a training.

    batches   steps in an epoch, or None where that is not known
    classes   names of the classes to watch, if they have any; None: watch none
    history   of the finished epochs
    losses    of the steps since, floats, as far as they have been read
    pending   the same of all those steps, tensors on the device
    speed     training images per second, in this epoch
    seconds   since the beginning
    ended     how the training ended, in words; empty while it runs
    """

    num_epochs: int
    batches: int | None = None
    classes: tuple[str, ...] | None = None
    history: History = field(default_factory=History)
    losses: list[float] = field(default_factory=list)
    pending: list = field(default_factory=list)
    speed: float = 0.0
    seconds: float = 0.0
    ended: str = ""

    @property
    def epoch_steps(self):
        """The steps in an epoch, as far as they are known; at least 1."""
        if self.batches or not self.history:
            return self.batches or max(len(self.losses), 1)
        return len(self.history.step_loss) // len(self.history)

    @property
    def names(self):
        """The names of the classes that a test has shown to exist."""
        count = len(self.history.predicted[-1])
        if len(self.classes) == count:
            return self.classes
        return tuple(f"class {c}" for c in range(count))

    @property
    def seconds_left(self):
        """The seconds that the other steps will take; None while nobody can know."""
        steps = len(self.history.step_loss) + len(self.losses)
        if not steps or not (self.batches or self.history):
            return None
        return self.seconds * max(self.num_epochs * self.epoch_steps / steps - 1, 0)

    @property
    def shown_epochs(self):
        """The epochs that the axes have room for."""
        done = len(self.history) + len(self.losses) / self.epoch_steps
        if self.ended:
            return max(math.ceil(done), 1)
        most = 10  # doubled when needed: of 500 epochs the first could not be seen
        while most < done:
            most *= 2
        return min(most, self.num_epochs)


def describe(state):
    """Return where a training is, and what it has reached, in one line."""
    history, epochs = state.history, len(state.history)
    now = state.ended
    if not now:
        of = f" of {state.batches}" if state.batches else ""
        now = f"epoch {epochs + 1} of {state.num_epochs}, step {len(state.losses)}{of}"
        if state.losses:
            now += f", {state.speed:,.0f} images/s"
        elif epochs:
            now = f"epoch {epochs} of {state.num_epochs} done"
        if state.seconds_left is not None:
            now += f", about {duration(state.seconds_left)} left"
    parts = [now]
    if epochs:
        result = f"after epoch {epochs}: loss {history.loss[-1]:.3f}, "
        result += f"training accuracy {history.train_acc[-1]:.3f}"
        if history.test_acc:
            result += f", test accuracy {history.test_acc[-1]:.3f}"
        parts += [result]
    if state.classes is not None and history.predicted:
        lost, dead = history.never_predicted(), history.dead_classes()
        for name, classes in {"never predicted": lost, "dead": dead}.items():
            listed = ", ".join(state.names[c] for c in classes) or "none"
            parts += [f"{name}: {listed}"]
    return "; ".join(parts)


def draw_training(state, logarithmic, smoothing):
    """Draw a `TrainingState`; return (board, text).

    smoothing  how many steps each mean of the loss is over
    """
    steps = np.array(state.history.step_loss + state.losses)
    finite = np.isfinite(steps)
    steps = steps[: len(steps) if finite.all() else finite.argmin()]
    means = trailing_mean(steps, smoothing)
    board = Board(860, 262 if state.classes is None else 508)
    smoothing = min(smoothing, max(len(steps), 1))
    _draw_loss(board, state, steps, means, logarithmic, smoothing)
    _draw_accuracies(board, state)
    if state.classes is not None:
        _draw_classes(board, state, 276)
    text = describe(state)
    if len(means):
        scale = ", logarithmic scale" if logarithmic else ""
        last = f"{smoothing} step{'s' * (smoothing > 1)} {means[-1]:.3f}"
        text += f"; mean loss of the last {last}{scale}"
    return board, text


def _draw_loss(board, state, steps, means, logarithmic, smoothing):
    high = steps.max(initial=0.0) or 2.5
    low = 0.0
    if logarithmic:  # a tenth at least, so that there are some numbers on the axis
        low = max(min(steps.min(initial=high), high / 10), 1e-6 * high)
    title = f"loss{', logarithmic scale' * logarithmic}"
    ylim = (low, 1.02 * high)
    epochs = state.shown_epochs
    axes = Axes(board, 48, 50, title, "epochs", epochs, ylim, log=logarithmic)
    x = np.arange(1, len(steps) + 1) / state.epoch_steps
    axes.curve("each step", x, steps, PALE_BLUE, 1)
    axes.curve(f"mean of {smoothing} step{'s' * (smoothing > 1)}", x, means, BLUE, 2)
    middles = np.arange(len(state.history)) + 0.5
    axes.curve("mean of the epoch", middles, state.history.loss, "black", 0, "dot")


def _draw_accuracies(board, state):
    history = state.history
    title = "accuracy: share of images classified correctly"
    axes = Axes(board, 484, 50, title, "epochs", state.shown_epochs, (0, 1))
    ends = np.arange(1, len(history) + 1)
    axes.curve("training, in the epoch", ends - 0.5, history.train_acc, BLUE, 2, "dot")
    if history.test_acc or not history:
        after = history.test_acc
        axes.curve("test, after it", ends, after, ORANGE, 2, "square")


def _draw_classes(board, state, y):
    """Draw the share of the test images that each class was given: now, and before."""
    title = "share of the test images given to each class"
    board.title(0, y, title)
    if not state.history.predicted:
        text = "known after the first epoch"
        board.text(0, y + 26, text, size=13, fill=GREY, anchor="lm")
        return
    predicted = np.array(state.history.predicted).T  # (classes, epochs)
    share = predicted / predicted.sum(axis=0)
    lost, dead = predicted == 0, np.array(state.history.largest_logit).T == 0
    row, top = min(18, 190 / len(share)), y + 16
    words = row >= 12  # else there is no room; the line of text has them
    for c, name in enumerate(state.names):
        middle = top + (c + 0.5) * row
        width = BARS * share[c, -1] / share[:, -1].max()
        bar = (NAMES + 6, middle - 0.4 * row, width, 0.8 * row)
        if width:
            board.rectangle(*bar, fill=BLUE, outline=None)
        if words:
            found = "never predicted" if lost[c, -1] else f"{share[c, -1]:.1%}"
            found += ", dead" if dead[c, -1] else ""
            style = {"size": 13, "bold": bool(lost[c, -1] or dead[c, -1])}
            board.text(NAMES, middle, name, anchor="rm", **style)
            board.text(NAMES + 12 + width, middle, found, anchor="lm", **style)
    board.title(CELLS, y, "epoch by epoch")
    epochs, height = share.shape[1], len(share) * row
    cell = min(26, (860 - CELLS) / epochs)
    pixels = blue(np.minimum(share * len(share) / 2, 1))  # half: a fair share
    board.paste(pixels, CELLS, top, epochs * cell, height, GREY)
    if words and cell >= 9:
        for c, e in np.argwhere(lost | dead):
            at = (CELLS + (e + 0.5) * cell, top + (c + 0.5) * row)
            board.text(*at, "×" if dead[c, e] else "0", size=13, bold=True)
    under = top + height + 12
    for e in {0, epochs - 1}:
        board.text(CELLS + (e + 0.5) * cell, under, str(e + 1), size=12)
    signs = "darker: more images; 0: never predicted; ×: dead, logit 0 for every image"
    board.text(CELLS - 20, under, signs, size=12, fill=GREY, anchor="rm")
