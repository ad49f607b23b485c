"""What a training looks like: curves, first kernels, and what each class is given."""

import math
from dataclasses import dataclass, field

import numpy as np

from cnn_course.training import History
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import Axes, title
from cnn_course.views.kit.svg import BLUE, GREEN, INK, ORANGE, SOFT
from cnn_course.views.kit.texts import duration

WIDTH, CURVES = 860, 246  # of the picture; where what is below the curves begins
MOST_KERNELS, MOST_CLASSES, MOST_EPOCHS = 16, 12, 6  # that are drawn


@dataclass
class Sample:
    """A few training pictures, of each class as many, and what the network says.

    images   uint8 (n, h, w), the first of each class first; labels (n,)
    answers  the classes predicted now (n,), largest each class's largest logit, both
             None until they are known
    """

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]
    answers: np.ndarray | None = None
    largest: np.ndarray | None = None


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
    sample    pictures to ask about, or None
    kernels   of the first convolution, (n, kh, kw), or None
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
    sample: Sample | None = None
    kernels: np.ndarray | None = None

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


def now(state):
    """Return where a training is, in words."""
    if state.ended:
        return state.ended
    epochs, of = len(state.history), f" of {state.batches}" if state.batches else ""
    words = f"epoch {epochs + 1} of {state.num_epochs}, step {len(state.losses)}{of}"
    if state.losses:
        words += f", {state.speed:,.0f} images/s"
    elif epochs:
        words = f"epoch {epochs} of {state.num_epochs} done"
    if state.seconds_left is not None:
        words += f", about {duration(state.seconds_left)} left"
    return words


def describe(state):
    """Return where a training is, and what it has reached, in one line."""
    history, epochs, parts = state.history, len(state.history), [now(state)]
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


def trailing_mean(values, count):
    """Return for each value the mean of the last `count` values up to it."""
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(sums))
    first = np.maximum(last - count, 0)
    return (sums[last] - sums[first]) / (last - first)


def draw_training(state, logarithmic, smoothing):
    """Draw a `TrainingState`.

    smoothing  how many steps each mean of the loss is over
    """
    steps = np.array(state.history.step_loss + state.losses)
    finite = np.isfinite(steps)
    steps = steps[: len(steps) if finite.all() else finite.argmin()]
    means = trailing_mean(steps, smoothing)
    smoothing = min(smoothing, max(len(steps), 1))
    label = describe(state)
    if len(means):
        scale = ", logarithmic scale" if logarithmic else ""
        last = f"{smoothing} step{'s' * (smoothing > 1)} {means[-1]:.3f}"
        label += f"; mean loss of the last {last}{scale}"
    y, below = CURVES, []
    for part in (_draw_sample, _draw_epochs):
        drawn, y = part(state, y)
        below.append(drawn)
    return svg.picture(
        WIDTH,
        y,
        label,
        svg.text(0, 9, now(state), bold=True),
        _draw_loss(state, steps, means, logarithmic, smoothing),
        _draw_accuracies(state),
        _draw_kernels(state.kernels),
        *below,
    )


def _draw_loss(state, steps, means, logarithmic, smoothing):
    high = steps.max(initial=0.0) or 2.5
    low = 0.0
    if logarithmic:  # a tenth at least, so that there are some numbers on the axis
        low = max(min(steps.min(initial=high), high / 10), 1e-6 * high)
    name = f"loss{', logarithmic scale' * logarithmic}"
    place, ylim = (44, 64, 280, 136), (low, 1.02 * high)
    axes = Axes(*place, name, "epochs", state.shown_epochs, ylim, log=logarithmic)
    x = np.arange(1, len(steps) + 1) / state.epoch_steps
    axes.curve("each step", x, steps, SOFT, width=0.5)
    axes.curve(f"mean of {smoothing}", x, means, BLUE)
    middles = np.arange(len(state.history)) + 0.5
    axes.curve("of epoch", middles, state.history.loss, INK, width=0, dots=True)
    return axes.drawn()


def _draw_accuracies(state):
    history, words = state.history, "accuracy: share classified correctly"
    axes = Axes(372, 64, 270, 136, words, "epochs", state.shown_epochs, (0, 1))
    ends = np.arange(1, len(history) + 1)
    axes.curve("training, in the epoch", ends - 0.5, history.train_acc, BLUE, dots=True)
    if history.test_acc or not history:
        axes.curve("test, after it", ends, history.test_acc, ORANGE, dots=True)
    return axes.drawn()


def _draw_kernels(kernels):
    if kernels is None:
        return svg.Svg()
    shown, step = kernels[:MOST_KERNELS], 46
    words = f"first kernels, {kernels.shape[1]}×{kernels.shape[2]}"
    pixels = svg.signed_colours(shown)
    return svg.join(
        title(672, 26, words),
        *[
            svg.image(p, 672 + step * (i % 4), 40 + step * (i // 4), 42, 42)
            for i, p in enumerate(pixels)
        ],
    )


def _column(count):
    return min((WIDTH - 60) / count, 80)


def _draw_sample(state, y):
    """Draw a picture of each class, what the network says, and who is never chosen."""
    sample = state.sample
    if sample is None or len(sample.names) > MOST_CLASSES:
        return svg.Svg(), y
    answers, step = sample.answers, _column(len(sample.names))
    words = "a training picture of each class, and what the network says"
    parts = [title(0, y + 8, words if answers is not None else words + " soon")]
    for c in range(len(sample.names)):
        x = 60 + c * step
        parts.append(svg.image(sample.images[c], x, y + 22, 56, 56))
        if answers is None:
            continue
        said, right = sample.names[answers[c]], answers[c] == sample.labels[c]
        mark, colour = ("✓", GREEN) if right else ("✗", ORANGE)
        parts.append(_fitted(x, y + 88, f"{mark} {said}", step, colour))
        share = np.mean(answers == c)
        word = "never" if sample.largest[c] else "× dead"
        word = f"{share:.0%}" if share else word
        parts.append(_fitted(x, y + 106, word, step, INK, bold=not share))
    if answers is not None:
        parts += [svg.text(0, y + 106, "given", size=12, fill=SOFT)]
        of = f"given: share of {len(answers)} training pictures, of each class as many"
        parts += [svg.text(WIDTH, y + 8, of, size=12, fill=SOFT, anchor="end")]
    return svg.join(*parts), y + 118


def _fitted(x, y, words, width, fill, bold=False):
    size = min(12, 12 * (width - 4) / svg.width_of(words, 12, bold))
    return svg.text(x, y, words, size=size, fill=fill, bold=bold)


def _draw_epochs(state, y):
    """Draw the share of the test pictures that each class was given, by epoch."""
    predicted, names = state.history.predicted, ()
    if state.classes is not None and predicted:
        names = state.names
    if not names or len(names) > MOST_CLASSES:
        return svg.Svg(), y
    words = "share of the test pictures given to each class; × dead: logit 0 for all"
    parts, step = [title(0, y + 8, words)], _column(len(names))
    if state.sample is None:
        parts += [
            _fitted(60 + c * step, y + 26, n, step, INK) for c, n in enumerate(names)
        ]
        y += 16
    first = max(len(predicted) - MOST_EPOCHS, 0)
    for row, epoch in enumerate(range(first, len(predicted))):
        up = y + 20 + 17 * row
        parts.append(svg.text(0, up + 8, f"epoch {epoch + 1}", size=12))
        whole, largest = sum(predicted[epoch]), state.history.largest_logit[epoch]
        for c, count in enumerate(predicted[epoch]):
            share = count / whole
            light = 1 - min(share * len(names) / 2, 1) * 0.75  # half: a fair share
            colour = [round(255 * light + v * (1 - light)) for v in (0, 103, 163)]
            x, fill = 60 + c * step, "#{:02x}{:02x}{:02x}".format(*colour)
            parts.append(svg.rect(x, up, step - 2, 16, fill=fill))
            word = f"{share:.0%}" if count else "× dead" if not largest[c] else "never"
            style = dict(size=11, bold=not count, fill=svg.on(colour), anchor="middle")
            parts.append(svg.text(x + step / 2 - 1, up + 8, word, **style))
    return svg.join(*parts), y + 24 + 17 * (len(predicted) - first)
