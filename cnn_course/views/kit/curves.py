"""Curves over the epochs of a training, on a `Board`: quick to draw again and again."""

import math

import numpy as np

from cnn_course.views.kit.board import GREY, SCALE, font

GRID = "#E0E0E0"
WIDTH, HEIGHT = 350, 176  # of the area between the axes, in CSS pixels
MOST_MARKERS = 60


def trailing_mean(values, count):
    """Return for each value the mean of the last `count` values up to it.

    Raises ValueError for a count below 1.
    """
    if count < 1:
        raise ValueError(
            f"a mean of {count} steps does not exist: take 1 to see every step as it "
            "is, or more to smooth the loss"
        )
    sums = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, len(sums))
    first = np.maximum(last - count, 0)
    return (sums[last] - sums[first]) / (last - first)


def envelope(x, y):
    """Return a line (x, y) that looks the same, with two points a column at most.

    x is ascending, in dots. Where more points share a column of dots, the smallest and
    the largest y stand for them.
    """
    columns = np.floor(x)
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    if 2 * len(starts) >= len(x):
        return x, y
    ends = [np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)]
    return np.repeat(columns[starts], 2), np.stack(ends, axis=1).ravel()


def linear_ticks(low, high, most):
    """Return round numbers from `low` to `high`, about `most` at most."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(n * power for n in (1, 2, 5, 10) if n * power >= 0.999 * raw)
    return [n * step for n in range(math.ceil(low / step), int(high / step + 1e-6) + 1)]


def log_ticks(low, high):
    """Return 1, 2 and 5 times powers of ten from `low` to `high`, or powers only."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    factors = (1, 2, 5) if len(powers) <= 3 else (1,)
    every = -(-len(powers) // 8)
    ticks = [n * 10.0**power for power in powers[::every] for n in factors]
    return [tick for tick in ticks if 0.999 * low <= tick <= 1.001 * high]


def round_down(value):
    """Return the largest of 1, 2 and 5 times a power of ten up to `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return max(n * power for n in (1, 2, 5) if n * power <= 1.001 * value)


class Axes:
    """Axes on a board: epochs from 0 to the right, upward from `ylim[0]` to `ylim[1]`.

    (x, y) is the upper left corner of the area between them; above it there is a line
    for the legend, and one for the title.
    """

    def __init__(self, board, x, y, title, epochs, ylim, *, log=False):
        self.board, self.x, self.y, self.epochs = board, x, y, epochs
        self.ylim, self.log, self.legend_end = ylim, log, x
        board.text(x, y - 40, title, size=14, bold=True, anchor="lm")
        for tick in log_ticks(*ylim) if log else linear_ticks(*ylim, 5):
            (at,) = self.heights([tick])
            board.line(x, at, x + WIDTH, at, fill=GRID, width=1)
            board.text(x - 6, at, f"{tick:.4g}", size=12, anchor="rm")
        for tick in linear_ticks(0, epochs, 10):
            if tick == round(tick):
                at = x + WIDTH * tick / epochs
                board.line(at, y + HEIGHT, at, y + HEIGHT + 4, width=1)
                board.text(at, y + HEIGHT + 13, f"{tick:g}", size=12)
        board.text(x + WIDTH / 2, y + HEIGHT + 29, "epochs", size=12)
        board.rectangle(x, y, WIDTH, HEIGHT, outline=GREY, line=0.5)

    def heights(self, values):
        """Return where values lie, in CSS pixels; what is too low lies on the axis."""
        values, ends = np.asarray(values, dtype=float), np.array(self.ylim)
        if self.log:
            values, ends = np.log(np.maximum(values, ends[0])), np.log(ends)
        share = (values - ends[0]) / (ends[1] - ends[0])
        return self.y + HEIGHT * (1 - np.clip(share, 0, 1))

    def curve(self, name, epochs, values, colour, width, marker=None):
        """Draw a line, none if `width` is 0, and its legend.

        marker  "dot" or "square" at every point, or None
        """
        x = self.x + WIDTH * np.asarray(epochs, dtype=float) / self.epochs
        self._line(x, self.heights(values), colour, width)
        if marker and len(x) <= MOST_MARKERS:
            for place in zip(x, self.heights(values), strict=True):
                self._mark(*place, colour, marker)
        left, y = self.legend_end, self.y - 18
        self._line(np.array([left, left + 20]), np.array([y, y]), colour, width)
        if marker:
            self._mark(left + 10, y, colour, marker)
        self.board.text(left + 26, y, name, size=12, anchor="lm")
        long = self.board.draw.textlength(name, font=font(12)) / SCALE
        self.legend_end += 26 + long + 14

    def _line(self, x, y, colour, width):
        x, y = envelope(x * SCALE, y * SCALE)
        if width and len(x) > 1:
            points = np.stack([x, y], axis=1).ravel().tolist()
            self.board.draw.line(points, fill=colour, width=round(width * SCALE))

    def _mark(self, x, y, colour, marker):
        corners = [n * SCALE for n in (x - 4, y - 4, x + 4, y + 4)]
        draw = self.board.draw
        draw = draw.ellipse if marker == "dot" else draw.rectangle
        draw(corners, fill=colour, outline="white", width=SCALE)
