"""What the explorer draws with: matrices, maps to press, all layers side by side."""

import math

import numpy as np

from cnn_course.views.explorer.layers import strongest
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import grid, title, window
from cnn_course.views.kit.svg import BLUE, GREEN, INK, LINE, ORANGE
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import button

# In CSS pixels: a number of a matrix at most, the height of layers' names and of maps
# below, the width of all columns and of one at least and at most.
LARGEST, NAMES, STRIP, ROOM, LEAST, MOST = 56, 78, 112, 704, 22, 76


def colours_of(stage, values):
    """Return values of a stage in its colours, uint8 (…, 3), and what they mean."""
    low, high = stage.Y.min().item(), stage.Y.max().item()
    if low >= 0:
        words = f"black {number(low)}, white {number(high)}"
        return svg.grey(values, low, high), words
    top = max(-low, high)
    words = f"orange {number(-top)}, white 0, purple {number(top)}"
    return svg.signed_colours(values, top=top), words


def cell_of(matrix, side):
    """Return how large a number of a matrix is drawn within side × side pixels."""
    return min(side / max(matrix.shape), LARGEST)


def draw_matrix(values, x, y, side, head="", stage=None, part=None, inside=True):
    """Draw a matrix within side × side pixels, with its numbers if they are few.

    head    its title, above it
    stage   whose numbers they are, and so in which colours
    part    what is outlined, [first, last] of (row, column)
    inside  bool, what of it is not padding
    """
    colours = colours_of(stage, values)[0] if stage else svg.signed_colours(values)
    colours[~np.broadcast_to(inside, values.shape)] = 0xDC  # a grey
    cell, (h, w), seen = cell_of(values, side), values.shape, None
    if part is not None:
        seen = *part[0], *np.subtract(part[1], part[0]) + 1
    if max(h, w) <= 5:
        return grid(values, x, y, cell, head, colours=colours, seen=seen)
    place = x, y, cell * w, cell * h
    shown = svg.image(colours, *place), svg.rect(*place, stroke=LINE)
    outline = window(x, y, cell, *seen) if seen else ""
    return svg.join(title(x, y - 14, head), *shown, outline)


def draw_maps(k, stage, channels, columns, x, y, size, chosen=None):
    """Draw the maps of some channels of stage `k`, in rows, as places to press."""
    step = math.ceil(max(stage.Y.shape[1:]) / size)  # finer pixels cannot be seen
    maps, parts = colours_of(stage, stage.Y[channels][:, ::step, ::step])[0], []
    scale = size / max(maps.shape[1:3])
    for i, (channel, pixels) in enumerate(zip(channels, maps, strict=True)):
        down, right = divmod(i, columns)
        place = x + (size + 2) * right, y + (size + 2) * down
        high, wide = (scale * n for n in pixels.shape[:2])
        parts.append(svg.image(pixels, *place, wide, high))
        if not k:  # the picture itself comes from nothing
            continue
        look = dict(stroke=ORANGE, stroke_width=3) if channel == chosen else {}
        area = svg.rect(*place, size, size, fill="transparent", **look)
        label = f"{stage.name}, {size_of(stage.output[0])}: channel {channel + 1}"
        inside = area, svg.tag("title", label)
        parts.append(button(f"map:{k},{channel}", label, *inside))
    return svg.join(*parts)


def shortened(words, size, width, bold=False):
    """Return as much of some words as fits into `width` CSS pixels."""
    while svg.width_of(words, size, bold) > width:
        words = words[:-2] + "…"
    return words


def draw_columns(stages, k):
    """Draw a column for each of the stages, or for those around `k` that have room."""
    room = ROOM // LEAST
    first = min(max(k - room // 2, 0), max(len(stages) - room, 0))
    page = range(first, min(first + room, len(stages)))
    width, parts = min(ROOM / len(page), MOST), []
    for i in page:
        stage, x = stages[i], (i - first) * width
        columns = 2 if width > 50 else 1
        pitch = (width - 2) / columns
        shown = strongest(stage, int(STRIP / pitch) * columns)
        parts.append(draw_maps(i, stage, shown, columns, x, NAMES, pitch - 2))
        name = stage.name.split(" · ")[-1].replace("Adaptive", "").replace("2d", "")
        look = dict(size=12, bold=i == k, fill=BLUE if i == k else INK)
        told = (name, size_of(stage.output[0]))[: 1 + (width > 24)]
        for j, words in enumerate(told):
            words = svg.text(0, 0, shortened(words, 12, NAMES - 6, True), **look)
            turned = f"translate({x + 6 + 13 * j:.1f} {NAMES - 6}) rotate(-90)"
            parts.append(svg.tag("g", words, transform=turned))
        if i == k or stage in stages[k].sources:  # with dashes
            look = dict(stroke_width=2, stroke_dasharray=None if i == k else "3 3")
            place = x - 2, NAMES - 3, width, STRIP + 4
            parts.append(svg.rect(*place, stroke=BLUE, pointer_events="none", **look))
    return svg.join(*parts)


def draw_bars(x, y, shares, label, *, step, wide):
    """Draw the share of each class, {name: share}, downwards; `label` is right."""
    for name, share in shares.items():
        look = dict(size=12, fill=GREEN if name == label else INK)
        look |= dict(bold=share == max(shares.values()))
        yield svg.text(x, y, shortened(name, 12, 78, look["bold"]), **look)
        yield svg.rect(x + 80, y - 5, max(wide * share, 1), 10, fill=BLUE)
        yield svg.text(x + wide + 120, y, f"{share:.0%}", anchor="end", **look)
        y += step
