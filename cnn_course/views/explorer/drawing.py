"""What the explorer draws with: matrices, maps to press, all layers side by side."""

import math
import re

import numpy as np

from cnn_course.views.explorer.layers import strongest
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import grid, title, window
from cnn_course.views.kit.svg import BLUE, INK, LINE, ORANGE
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import button

# In CSS pixels: a number of a matrix at most, the height of layers' names and of maps
# below, the width of all columns and of one at least and at most, where bars begin.
LARGEST, NAMES, STRIP, ROOM, LEAST, MOST, BARS = 56, 78, 112, 704, 22, 76, 716


def is_vector(stage):
    """Say whether a stage has one number a channel: these are drawn together."""
    return stage.Y[0].numel() == 1


def shape_of(stage):
    return f"{len(stage.Y)}" if is_vector(stage) else size_of(stage.Y)


def matrix_of(stage, channel):
    """Return what is drawn for a channel: its map, or the whole vector, row by row."""
    if not is_vector(stage):
        return stage.Y[channel].numpy()
    columns = math.ceil(len(stage.Y) ** 0.5)
    room = (0, -len(stage.Y) % columns)  # NaN where nothing is left
    vector = np.pad(stage.Y.flatten().numpy(), room, constant_values=np.nan)
    return vector.reshape(-1, columns)


def one_place(stage, channel, row=0, column=0):
    """Return where a unit stands in its `matrix_of`: rows, columns, ranges of one."""
    if is_vector(stage):
        row, column = divmod(channel, matrix_of(stage, 0).shape[1])
    return range(row, row + 1), range(column, column + 1)


def colours_of(stage, values):
    """Return values of a stage in its colours, uint8 (H, W, 3), and what they mean."""
    low, high = stage.Y.min().item(), stage.Y.max().item()
    if low >= 0:
        words = f"black {number(low)}, white {number(high)}"
        return svg.grey(np.nan_to_num(values), low, high), words
    top = max(-low, high)
    words = f"orange {number(-top)}, white 0, purple {number(top)}"
    return svg.signed_colours(values, top=top), words


def cell_of(matrix, side):
    """Return how large a number of a matrix is drawn within side × side pixels."""
    return min(side / max(matrix.shape), LARGEST)


def draw_matrix(values, x, y, side, stage=None, part=None, inside=True):
    """Draw a matrix within side × side pixels, with its numbers if they are few.

    stage   whose numbers they are, and so in which colours
    part    rows and columns that are outlined, two ranges
    inside  bool, what of it is not padding
    """
    values = np.asarray(values, dtype=float)
    colours = colours_of(stage, values)[0] if stage else svg.signed_colours(values)
    colours[np.isnan(values)] = 255
    colours[~np.broadcast_to(inside, values.shape)] = 0xDC  # a grey
    cell, (h, w), outline = cell_of(values, side), values.shape, ""
    if part is not None:
        first, spans = [r[0] for r in part], [r[-1] + 1 - r[0] for r in part]
        outline = window(x, y, cell, *first, *spans)
    if max(h, w) > 5:
        place = x, y, cell * w, cell * h
        frame = svg.rect(*place, stroke=LINE)
        return svg.join(svg.image(colours, *place), frame, outline)
    texts = [["" if np.isnan(v) else number(v) for v in row] for row in values]
    if w > 3:  # larger without the 0 of 0.5
        texts = [[re.sub(r"^(−?)0\.", r"\1.", t) for t in row] for row in texts]
    return svg.join(grid(values, x, y, cell, colours=colours, texts=texts), outline)


def draw_maps(k, stage, channels, columns, x, y, size, chosen=None):
    """Draw the maps of some channels of stage `k`: one image, and places to press."""
    step = math.ceil(max(stage.Y.shape[1:]) / size)  # finer pixels cannot be seen
    maps = stage.Y[channels][:, ::step, ::step].numpy()
    again = max(1, 12 // max(maps.shape[1:]))  # so that a gap can be thin
    maps = maps.repeat(again, axis=1).repeat(again, axis=2)
    side, rows = max(maps.shape[1:]), -(-len(channels) // columns)
    pitch, scale = side + max(1, round(2 * side / size)), size / side
    room = np.subtract((rows * columns, pitch, pitch), maps.shape)
    laid = np.pad(maps, [(0, n) for n in room], constant_values=np.nan)
    laid = laid.reshape(rows, columns, pitch, pitch).swapaxes(1, 2)
    laid = laid.reshape(rows * pitch, columns * pitch)
    clear = np.where(np.isnan(laid), 0, 255).astype(np.uint8)
    pixels = np.dstack([colours_of(stage, laid)[0], clear])
    parts = [svg.image(pixels, x, y, scale * columns * pitch, scale * rows * pitch)]
    for i, channel in enumerate(channels):
        down, right = (n * pitch * scale for n in divmod(i, columns))
        place = x + right, y + down, size, size
        parts.append(map_button(k, stage, channel, place, channel == chosen))
    return svg.join(*parts)


def map_button(k, stage, channel, place, chosen=False):
    """Return a place to press, that chooses a map; what lies below it is seen."""
    if not k:  # the picture itself comes from nothing
        return ""
    stroke = dict(stroke=ORANGE, stroke_width=3) if chosen else {}
    area = svg.rect(*place, fill="transparent", **stroke)
    label = f"{stage.name}, {shape_of(stage)}: channel {channel + 1}"
    return button(f"map:{k},{channel}", label, area, svg.tag("title", label))


def shortened(words, size, width, bold=False):
    """Return as much of some words as fits into `width` CSS pixels."""
    while svg.width_of(words, size, bold) > width:
        words = words[:-2] + "…"
    return words


def draw_columns(stages, k, sources):
    """Draw a column for each of the stages, or for those around `k` that have room.

    sources  the stages that stage `k` takes its input from
    """
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
        for j, words in enumerate((name, shape_of(stage))[: 1 + (width > 24)]):
            told = svg.text(0, 0, shortened(words, 12, NAMES - 6, True), **look)
            turned = f"translate({x + 6 + 13 * j:.1f} {NAMES - 6}) rotate(-90)"
            parts.append(svg.tag("g", told, transform=turned))
        if i == k or i in sources:  # with dashes
            look = dict(stroke_width=2, stroke_dasharray=None if i == k else "3 3")
            place = x - 2, NAMES - 3, width, STRIP + 4
            parts.append(svg.rect(*place, stroke=BLUE, pointer_events="none", **look))
    return svg.join(*parts)


def draw_bars(k, stage, names, label):
    """Draw the shares of softmax, stage `k`, for ten classes; `label` is right."""
    parts = [title(BARS, 8, "softmax" if len(names) <= 10 else "the ten likeliest")]
    for i, c in enumerate(sorted(strongest(stage, 10))):
        y, share, right = 27 + 17 * i, stage.Y[c].item(), names[c] == label
        name = shortened(names[c], 12, 78, right)
        parts += [
            svg.text(BARS, y, name, size=12, bold=right),
            svg.rect(BARS + 80, y - 5, max(26 * share, 1), 10, fill=BLUE),
            svg.text(BARS + 144, y, f"{share:.0%}", size=12, anchor="end"),
            map_button(k, stage, c, (BARS - 3, y - 8, 147, 16)),
        ]
    return svg.join(*parts)
