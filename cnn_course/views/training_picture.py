"""What a training looks like: curves, first kernels, and what each class is given."""

from dataclasses import dataclass, field

import numpy as np
from tqdm import tqdm

from cnn_course.training import History
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import Axes, title
from cnn_course.views.kit.svg import BLUE, GREEN, INK, ORANGE, SOFT

WIDTH, CURVES = 860, 246  # of the picture; where what is below the curves begins


@dataclass
class TrainingState:
    """What is known of a training."""

    num_epochs: int
    batches: int  # steps in an epoch
    images: np.ndarray | None = None  # of each class as many, first one of each
    names: tuple = ()  # of the classes
    history: History = field(default_factory=History)  # of the finished epochs
    losses: list = field(default_factory=list)  # of the steps since, as far as read
    pending: list = field(default_factory=list)  # of all of these, on the device
    step: float = 0.0  # the seconds that a step takes, in this epoch
    ended: str = ""  # how the training ended, in words; empty while it runs
    kernels: np.ndarray | None = None  # of the first convolution, (n, kh, kw)
    said: list = field(default_factory=list)  # the network's name for each image
    given: dict = field(default_factory=dict)  # {name: to which share of the images}

    def answer(self, logits):
        """Note the network's answer, float (n, classes); ValueError for other shapes.

        A class is dead if its logit is 0 for every picture.
        """
        answers, alive = logits.argmax(axis=1), logits.any(axis=0)
        shares = np.bincount(answers, minlength=len(self.names)) / len(answers)
        self.given = {
            name: f"{share:.0%}" if share else "never" if some else "× dead"
            for name, share, some in zip(self.names, shares, alive, strict=True)
        }
        self.said = [self.names[a] for a in answers]

    @property
    def shown_epochs(self):
        """The epochs that axes have room for: of 500 the first could not be seen."""
        begun = len(self.history) + -(-len(self.losses) // self.batches)
        return max(begun, 1) if self.ended else min(max(2 * begun, 10), self.num_epochs)


def now(state):
    """Return where a training is, in words."""
    if state.ended:
        return state.ended
    history, done = state.history, len(state.losses)
    words = f"epoch {len(history) + 1} of {state.num_epochs}, "
    words += f"step {done} of {state.batches}"
    if done:
        left = state.num_epochs * state.batches - len(history.step_loss) - done
        words += f", about {tqdm.format_interval(left * state.step)} left"
    return words


def describe(state):
    """Return where a training is, and what it has reached, in one line."""
    history, epochs, words = state.history, len(state.history), now(state)
    if epochs:
        words += f"; after epoch {epochs}: loss {history.loss[-1]:.3f}, "
        words += f"training accuracy {history.train_acc[-1]:.3f}"
    if history.test_acc:
        words += f", test accuracy {history.test_acc[-1]:.3f}"
    if state.given:
        given = ", ".join(map(" ".join, state.given.items()))
        words += f"; given to training pictures: {given}"
    return words


def draw_training(state, logarithmic):
    """Draw a `TrainingState`; each mean of the loss is over 20 steps."""
    steps = np.array(state.history.step_loss + state.losses)
    steps = steps[np.logical_and.accumulate(np.isfinite(steps))]
    sums, last = np.cumsum(np.append(0.0, steps)), np.arange(1, len(steps) + 1)
    first = np.maximum(last - 20, 0)
    means, label = (sums[last] - sums[first]) / (last - first), describe(state)
    if len(means):
        label += f"; mean loss of the last {min(20, len(means))} steps {means[-1]:.3f}"
        label += ", logarithmic scale" * logarithmic
    parts = [
        svg.text(0, 9, now(state), bold=True),
        _draw_loss(state, steps, means, logarithmic),
        _draw_accuracies(state),
    ]
    if state.kernels is not None:
        parts += _draw_kernels(state.kernels)
    if state.images is not None:
        parts += _draw_sample(state)
    height = CURVES + 118 * (state.images is not None)
    return svg.picture(WIDTH, height, label, *parts)


def _draw_loss(state, steps, means, logarithmic):
    low, high = 0.0, steps.max(initial=0.0) or 2.5
    if logarithmic:  # a tenth at least, so that there are some numbers on the axis
        low = max(min(steps.min(initial=high), high / 10), 1e-6 * high)
    name = f"loss{', logarithmic scale' * logarithmic}"
    place, ylim = (44, 64, 280, 136), (low, 1.02 * high)
    axes = Axes(*place, name, "epochs", state.shown_epochs, ylim, log=logarithmic)
    x = np.arange(1, len(steps) + 1) / state.batches
    axes.curve("each step", x, steps, SOFT, width=0.5)
    axes.curve("mean of 20", x, means, BLUE)
    middles = np.arange(len(state.history)) + 0.5
    axes.curve("of epoch", middles, state.history.loss, INK, width=0, dots=True)
    return axes.drawn()


def _draw_accuracies(state):
    history, words = state.history, "accuracy: share classified correctly"
    axes = Axes(372, 64, 270, 136, words, "epochs", state.shown_epochs, (0, 1))
    ends = np.arange(1, len(history) + 1)
    axes.curve("training, in the epoch", ends - 0.5, history.train_acc, BLUE, dots=True)
    if history.test_acc:
        axes.curve("test, after it", ends, history.test_acc, ORANGE, dots=True)
    return axes.drawn()


def _draw_kernels(kernels):
    yield title(672, 26, f"first kernels, {kernels.shape[1]}×{kernels.shape[2]}")
    for i, pixels in enumerate(svg.signed_colours(kernels[:16])):
        yield svg.image(pixels, 672 + 46 * (i % 4), 40 + 46 * (i // 4), 42, 42)


def _draw_sample(state):
    """Draw a picture of each class, what the network says, and how often each one."""
    words = "a training picture of each class, and what the network says"
    yield title(0, CURVES + 8, words)
    for c, name in enumerate(state.names):
        x = 40 + 82 * c
        yield svg.image(state.images[c], x, CURVES + 22, 56, 56)
        if state.said:
            mark, colour = ("✓", GREEN) if state.said[c] == name else ("✗", ORANGE)
            word, bold = f"{mark} {state.said[c]}", not state.given[name][0].isdigit()
            yield svg.text(x, CURVES + 88, word, size=12, fill=colour)
            yield svg.text(x, CURVES + 106, state.given[name], size=12, bold=bold)
    yield svg.text(0, CURVES + 106, "given", size=12, fill=SOFT)
    count = len(state.images)
    words = f"given: share of {count} training pictures, {count // 10} of each class"
    yield svg.text(WIDTH, CURVES + 8, words, size=12, fill=SOFT, anchor="end")
