"""Larger parts of a picture: grids of numbers, scales of colours, curves on axes."""

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator

from cnn_course.plots import COLOURS
from cnn_course.views.kit import svg
from cnn_course.views.kit.svg import LINE, ORANGE, SOFT
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.touch import button


def title(x, y, words):
    """Write the title of a part, from x to the right."""
    return svg.text(x, y, words, size=14, bold=True)


def grid(
    values, x, y, cell, *, at=None, says="", top=None, colours=None, texts=None, **more
):
    """Draw a matrix (rows, columns) as squares of `cell` pixels with its numbers.

    at       its squares can be touched: their data-at is "at:row,column", from 0 on
    says     what they are called: "kernel" makes "kernel row 1, column 2: 3"
    top      the number with the strongest colour (default: the largest)
    colours  a fill for each square instead, uint8 (rows, columns, 3)
    texts    what to write instead of the numbers, lists of rows
    more     other attributes of a square, as functions of (row, column), such as
             data_hover or data_shows
    """
    values = np.asarray(values, dtype=float)
    if colours is None:
        colours = svg.signed_colours(values, top=top, room=1.6)
    parts = []
    for i, j in np.ndindex(*values.shape):
        left, upper = x + j * cell, y + i * cell
        words = number(values[i, j]) if texts is None else texts[i][j]
        fill = "#{:02x}{:02x}{:02x}".format(*colours[i, j])
        square = svg.rect(left, upper, cell, cell, fill=fill, stroke="#767676")
        size = min(22, 0.42 * cell, 1.5 * cell / max(len(words), 1))
        middle = left + cell / 2, upper + cell / 2
        ink = svg.on(colours[i, j])
        label = svg.text(*middle, words, size=size, anchor="middle", fill=ink)
        inside = [square, label] if size >= 7 else [square]
        attributes = {key: value(i, j) for key, value in more.items()}
        if at is None:
            parts.append(svg.tag("g", *inside, **attributes))
        else:
            name = f"{says} row {i + 1}, column {j + 1}: {words}"
            parts.append(button(f"{at}:{i},{j}", name, *inside, **attributes))
    return svg.join(*parts)


def window(x, y, cell, row, column, height, width, *, colour=ORANGE):
    """Outline a window of a grid that was drawn at (x, y); the pointer sees through."""
    place = x + column * cell, y + row * cell, width * cell, height * cell
    return svg.rect(*place, stroke=colour, stroke_width=3, pointer_events="none")


def nested(x, y, cell, side, squares):
    """Outline squares (row, column, size) on a map of side×side cells, 1, 2, … on them.

    What lies outside the last one is darkened.
    """
    boxes, marks, whole = (
        [],
        [],
        f"M{x} {y}h{side * cell}v{side * cell}h{-side * cell}z",
    )
    for i, (*place, size) in enumerate(squares):
        (top, left), (low, right) = (
            np.clip([at + more for at in place], 0, side) * cell for more in (0, size)
        )
        box = x + left, y + top, right - left, low - top
        hole = f"M{box[0]:.1f} {box[1]:.1f}v{box[3]:.1f}h{box[2]:.1f}v{-box[3]:.1f}z"
        outline = dict(stroke=COLOURS[i % 4], stroke_width=2.5, class_=f"layer-{i + 1}")
        boxes.append(svg.rect(*box, stroke="#FFFFFF", stroke_width=5))
        boxes.append(svg.rect(*box, **outline))
        corner = x + (left, right, right, left)[i % 4], y + (top, top, low, low)[i % 4]
        marks.append(svg.rect(corner[0] - 7, corner[1] - 7, 14, 14, fill="#FFFFFF"))
        marks.append(svg.text(*corner, i + 1, size=12, anchor="middle", fill="#000000"))
    dark = dict(fill="#000000", fill_opacity=0.4, fill_rule="evenodd")
    return svg.join(svg.tag("path", d=whole + hole, **dark), *boxes, *marks)


def scale(x, y, width, top):
    """Draw which colours mean which numbers: −top to top, or 0 to 1 if it is None."""
    low, high = (0, 1) if top is None else (-top, top)
    ramp = np.linspace(low, high, 100)[None]
    pixels = svg.grey(ramp) if top is None else svg.signed_colours(ramp, top=top)
    return svg.join(
        svg.image(pixels, x, y, width, 12, smooth=True),
        svg.text(x, y + 22, number(low), size=12),
        svg.text(x + width, y + 22, number(high), size=12, anchor="end"),
    )


def key(x, y, low, high, *, size=12, width=60):
    """Write what the strongest colours mean, with all colours between: (piece, end)."""
    ramp = svg.signed_colours(np.linspace(-1, 1, 40)[None])
    start = x + svg.width_of(low, size) + 6
    end = start + width + 6
    piece = svg.join(
        svg.text(x, y, low, size=size),
        svg.image(ramp, start, y - 5, width, 10, smooth=True),
        svg.text(end, y, high, size=size),
    )
    return piece, end + svg.width_of(high, size)


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
    """Axes at (x, y), the upper left corner of the area between them.

    From 0 to `right` to the right, upward from ylim[0] to ylim[1]; above the area there
    is a line for the legend, and one for the title. `parts` is what was drawn.
    """

    def __init__(self, x, y, width, height, title_, xlabel, right, ylim, *, log=False):
        self.x, self.y, self.width, self.height = x, y, width, height
        self.right, self.ylim, self.log, self.legend_end = right, ylim, log, x
        self.parts = [title(x, y - 38, title_)]
        for tick in ticks(*ylim, 8 if log else 5, log=log):
            (at,) = self.heights([tick])
            name = f"{tick:.4g}".replace("-", "−")
            self.parts += [
                svg.line(x, at, x + width, at, stroke=LINE, stroke_width=1),
                svg.text(x - 6, at, name, size=12, anchor="end"),
            ]
        for tick in ticks(0, right, 10, whole=True):
            at = x + width * tick / right
            down = y + height
            self.parts += [
                svg.line(at, down, at, down + 4, stroke=SOFT, stroke_width=1),
                svg.text(at, down + 13, f"{tick:g}", size=12, anchor="middle"),
            ]
        self.parts += [
            svg.text(x + width / 2, y + height + 29, xlabel, size=12, anchor="middle"),
            svg.rect(x, y, width, height, stroke=SOFT),
        ]

    def places(self, x):
        """Return where values lie to the right, in CSS pixels."""
        return self.x + self.width * np.asarray(x, dtype=float) / self.right

    def heights(self, values):
        """Return where values lie, in CSS pixels; what is too low lies on the axis."""
        values, ends = np.asarray(values, dtype=float), np.array(self.ylim)
        if self.log:
            values, ends = np.log(np.maximum(values, ends[0])), np.log(ends)
        share = (values - ends[0]) / (ends[1] - ends[0])
        return self.y + self.height * (1 - np.clip(share, 0, 1))

    def curve(self, name, x, values, colour, *, width=2, dots=False):
        """Draw a line, and its name in the legend; `dots` at its points, too."""
        x, y = envelope(self.places(x), self.heights(values))
        left, up = self.legend_end, self.y - 17
        style = dict(stroke=colour, stroke_width=width)
        if width:
            ends = " ".join(f"{px:.1f},{py:.1f}" for px, py in zip(x, y, strict=True))
            self.parts += [
                svg.tag("polyline", points=ends, fill="none", **style),
                svg.line(left, up, left + 18, up, **style),
            ]
        if dots:
            marks = [*zip(x, y, strict=True), (left + 9, up)]
            self.parts += [dot(*mark, colour) for mark in marks]
        self.parts.append(svg.text(left + 24, up, name, size=12))
        self.legend_end += 24 + svg.width_of(name, 12) + 14

    def drawn(self):
        return svg.join(*self.parts)


def dot(x, y, colour, radius=4, **more):
    """Draw a point, outlined so that it stands out from its line."""
    place = dict(cx=float(x), cy=float(y), r=float(radius))
    return svg.tag("circle", **place, fill=colour, stroke="#FFFFFF", **more)


def envelope(x, y):
    """Return a line (x, y) that looks the same, with two points a column at most.

    x is ascending, in pixels. Where more points share a column of pixels, the smallest
    and the largest y stand for them.
    """
    columns = np.floor(x)
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    if 2 * len(starts) >= len(x):
        return x, y
    ends = [np.minimum.reduceat(y, starts), np.maximum.reduceat(y, starts)]
    return np.repeat(columns[starts], 2), np.stack(ends, axis=1).ravel()
