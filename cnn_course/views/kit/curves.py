"""Axes with curves on a `Board`: quick to draw again and again."""

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from cnn_course.views.kit.board import GREY, SCALE, font

GRID = "#E0E0E0"
WIDTH, HEIGHT = 350, 176  # of the area between the axes, in CSS pixels
MOST_MARKERS = 60


def trailing_mean(values, count):
    """Return for each value the mean of the last `count` values up to it."""
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


def ticks(low, high, most, *, log=False, whole=False):
    """Return round numbers from `low` to `high`, on a logarithmic axis with `log`."""
    if log:  # 1, 2 and 5 times powers of ten, or powers only
        subs = (1, 2, 5) if high <= 1000 * low else (1,)
        found = LogLocator(subs=subs, numticks=most).tick_values(low, high)
    else:
        steps = [1, 2, 5, 10]
        found = MaxNLocator(most, steps=steps, integer=whole).tick_values(low, high)
    return [tick for tick in found if low <= tick <= high]


class Axes:
    """Axes on a board: from 0 to `right` to the right, upward from ylim[0] to ylim[1].

    (x, y) is the upper left corner of the area between them; above it there is a line
    for the legend, and one for the title.
    """

    def __init__(self, board, x, y, title, xlabel, right, ylim, *, log=False):
        self.board, self.x, self.y, self.right = board, x, y, right
        self.ylim, self.log, self.legend_end = ylim, log, x
        board.title(x, y - 40, title)
        for tick in ticks(*ylim, 8 if log else 5, log=log):
            (at,) = self.heights([tick])
            board.line(x, at, x + WIDTH, at, fill=GRID, width=1)
            board.text(x - 6, at, f"{tick:.4g}".replace("-", "−"), size=12, anchor="rm")
        for tick in ticks(0, right, 10, whole=True):
            at = x + WIDTH * tick / right
            board.line(at, y + HEIGHT, at, y + HEIGHT + 4, width=1)
            board.text(at, y + HEIGHT + 13, f"{tick:g}", size=12)
        board.text(x + WIDTH / 2, y + HEIGHT + 29, xlabel, size=12)
        board.rectangle(x, y, WIDTH, HEIGHT, outline=GREY, line=0.5)

    def heights(self, values):
        """Return where values lie, in CSS pixels; what is too low lies on the axis."""
        values, ends = np.asarray(values, dtype=float), np.array(self.ylim)
        if self.log:
            values, ends = np.log(np.maximum(values, ends[0])), np.log(ends)
        share = (values - ends[0]) / (ends[1] - ends[0])
        return self.y + HEIGHT * (1 - np.clip(share, 0, 1))

    def curve(self, name, x, values, colour, width, marker=None):
        """Draw a line, none if `width` is 0, and its legend.

        marker  "dot" or "square" at every point, or None
        """
        x = self.x + WIDTH * np.asarray(x, dtype=float) / self.right
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
