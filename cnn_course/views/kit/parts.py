"""Larger parts of a picture: grids of numbers, scales of colours, curves on axes."""

import numpy as np
from matplotlib.path import Path
from matplotlib.ticker import LogLocator, MaxNLocator

from cnn_course.views.kit import svg
from cnn_course.views.kit.svg import LINE, ORANGE, SOFT
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.touch import button

WINDOW = ".window-{}-{}".format  # of an output: its data_shows


def title(x, y, words):
    """Write the title of a part, from x to the right."""
    return svg.text(x, y, words, size=14, bold=True)


def grid(
    values, x, y, cell, head="", *, at=None, texts=None, colours=None, seen=None, **more
):
    """Draw a matrix (rows, columns) as squares of `cell` pixels with its numbers.

    head     its title, above it
    at       its squares can be touched: their data-at is "at:row,column", from 0 on
    texts    what to write instead of the numbers, lists of rows
    colours  a fill for each square instead of its number's, uint8 (rows, columns, 3)
    seen     (row, column, height, width) of a `window`
    more     other attributes of a square, as functions of (row, column), such as
             data_hover or data_shows
    """
    values = np.asarray(values, dtype=float)
    if colours is None:
        colours = svg.signed_colours(values, room=1.6)
    parts = [title(x, y - 14, head)] if head else []
    for i, j in np.ndindex(*values.shape):
        left, upper = x + j * cell, y + i * cell
        words = number(values[i, j]) if texts is None else texts[i][j]
        fill = "#{:02x}{:02x}{:02x}".format(*colours[i, j])
        inside = [svg.rect(left, upper, cell, cell, fill=fill, stroke="#767676")]
        size = min(22, 0.42 * cell, 1.5 * cell / max(len(words), 1))
        if size >= 7:
            look = dict(size=size, anchor="middle", fill=svg.on(colours[i, j]))
            inside.append(svg.text(left + cell / 2, upper + cell / 2, words, **look))
        attributes = {key: value(i, j) for key, value in more.items()}
        if at is None:
            parts.append(svg.tag("g", *inside, **attributes))
        else:
            name = f"{head}, row {i + 1}, column {j + 1}: {words}"
            parts.append(button(f"{at}:{i},{j}", name, *inside, **attributes))
    return svg.join(*parts, window(x, y, cell, *seen) if seen else "")


def window(x, y, cell, row, column, height, width):
    """Outline a window of a grid that was drawn at (x, y); the pointer sees through."""
    place = x + column * cell, y + row * cell, width * cell, height * cell
    return svg.rect(*place, stroke=ORANGE, stroke_width=3, pointer_events="none")


def windows(x, y, cell, shape, stride, size):
    """Draw the window of every output, hidden until its data_shows names it.

    A saved view has them too, so that it can be read where no kernel answers.
    """
    return svg.join(
        *(
            svg.tag(
                "g",
                window(x, y, cell, i * stride, j * stride, *size),
                class_=f"when-lit window-{i}-{j}",
            )
            for i, j in np.ndindex(*shape)
        )
    )


def key(x, y, low, high, *, size=12, width=60, grey=False):
    """Write what the strongest colours mean, with all colours between."""
    ramp = np.linspace(0, 1, 40)[None]
    pixels = svg.grey(ramp) if grey else svg.signed_colours(2 * ramp - 1)
    start = x + svg.width_of(low, size) + 6
    return svg.join(
        svg.text(x, y, low, size=size),
        svg.image(pixels, start, y - 5, width, 10, smooth=True),
        svg.text(start + width + 6, y, high, size=size),
    )


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
        low, rises = y + height, ticks(*ylim, 8 if log else 5, log=log)
        self.parts = [title(x, y - 38, title_)]
        for tick, at in zip(rises, self.heights(rises), strict=True):
            name = f"{tick:.4g}".replace("-", "−")
            line = svg.line(x, at, x + width, at, stroke=LINE, stroke_width=1)
            self.parts += [line, svg.text(x - 6, at, name, size=12, anchor="end")]
        small = dict(size=12, anchor="middle")
        for tick in ticks(0, right, 10, whole=True):
            at = x + width * tick / right
            line = svg.line(at, low, at, low + 4, stroke=SOFT, stroke_width=1)
            self.parts += [line, svg.text(at, low + 13, f"{tick:g}", **small)]
        self.parts.append(svg.text(x + width / 2, low + 29, xlabel, **small))
        self.parts.append(svg.rect(x, y, width, height, stroke=SOFT))

    def heights(self, values):
        """Return where values lie, in CSS pixels; what is too low lies on the axis."""
        values, ends = np.asarray(values, dtype=float), np.array(self.ylim)
        if self.log:
            values, ends = np.log(np.maximum(values, ends[0])), np.log(ends)
        share = (values - ends[0]) / (ends[1] - ends[0])
        return self.y + self.height * (1 - np.clip(share, 0, 1))

    def curve(self, name, x, values, colour, *, width=2, dots=False):
        """Draw a line, and its name in the legend; `dots` at its points, too."""
        x = self.x + self.width * np.asarray(x, dtype=float) / self.right
        points = np.column_stack([x, self.heights(values)])
        if len(points) > self.width:  # some of which nobody could tell apart
            points = Path(points).cleaned(simplify=True).vertices[:-1]
        left, up = self.legend_end, self.y - 17
        style = dict(stroke=colour, stroke_width=width)
        if width:
            ends = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
            self.parts.append(svg.tag("polyline", points=ends, fill="none", **style))
            self.parts.append(svg.line(left, up, left + 18, up, **style))
        if dots:
            self.parts += [dot(*mark, colour) for mark in (*points, (left + 9, up))]
        self.parts.append(svg.text(left + 24, up, name, size=12))
        self.legend_end += 24 + svg.width_of(name, 12) + 14

    def drawn(self):
        return svg.join(*self.parts)


def dot(x, y, colour, radius=4):
    """Draw a point, outlined so that it stands out from its line."""
    return svg.tag("circle", cx=x, cy=y, r=radius, fill=colour, stroke="#FFFFFF")
