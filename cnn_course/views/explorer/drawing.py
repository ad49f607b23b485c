"""What the explorer draws with: a stage's maps in its colours, texts that fit."""

import math
import textwrap

import numpy as np

from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import grid
from cnn_course.views.kit.svg import LINE, ORANGE
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import button

LARGEST = 56  # CSS pixels for a number
FEW = 5  # rows and columns of a matrix that is drawn with its numbers, at most
PADDING = 0xDC  # a grey


def is_vector(stage):
    """Say whether a stage has one number a channel: these are drawn together."""
    return stage.Y[0].numel() == 1


def shape_of(stage):
    return f"{len(stage.Y)}" if is_vector(stage) else size_of(stage.Y)


def fold(vector):
    """Return a vector (n,) as a matrix, row by row; NaN where nothing is left."""
    columns = math.ceil(len(vector) ** 0.5)
    room = (0, -len(vector) % columns)
    values = np.asarray(vector, dtype=float)
    return np.pad(values, room, constant_values=np.nan).reshape(-1, columns)


def matrix_of(stage, channel):
    """Return what is drawn for a channel: its map, or the whole vector, folded."""
    return fold(stage.Y.flatten()) if is_vector(stage) else stage.Y[channel].numpy()


def legend(stage):
    """Return in words which colours mean which numbers."""
    low, high = stage.Y.min().item(), stage.Y.max().item()
    if low < 0:
        return "orange −{0}, white 0, purple {0}".format(number(max(-low, high)))
    return f"black {number(low)}, white {number(high)}"


def _paint(stage, values):
    """Return values of a stage in its colours, uint8 (H, W, 3)."""
    low, high = stage.Y.min().item(), stage.Y.max().item()
    if low < 0:
        return svg.signed_colours(values, top=max(-low, high))
    return svg.grey(np.nan_to_num(values), low, high)


def photograph(X):
    """Return the pixels of a picture (C, H, W): in colour if it has three channels."""
    X = X.numpy() if len(X) == 3 else X[:1].numpy()
    colours = svg.grey(X, X.min(), X.max())[..., 0]
    return colours.transpose(1, 2, 0) if len(X) == 3 else colours[0]


def cell_of(shape, side):
    """Return how large a number of a matrix is drawn within side × side pixels."""
    return min(side / max(shape), LARGEST)


def draw_matrix(values, x, y, side, stage=None, inside=None):
    """Draw a matrix within side × side pixels, with its numbers if they are few.

    stage   whose numbers they are, and so in which colours
    inside  bool, what of it is not padding
    """
    values = np.asarray(values, dtype=float)
    colours = _paint(stage, values) if stage else svg.signed_colours(values)
    colours[np.isnan(values)] = 255
    if inside is not None:
        colours[~inside.numpy()] = PADDING
    cell = cell_of(values.shape, side)
    if max(values.shape) > FEW:
        place = x, y, cell * values.shape[1], cell * values.shape[0]
        frame = svg.rect(*place, stroke=LINE)
        return svg.join(svg.image(colours, *place), frame)
    texts = [["" if np.isnan(v) else number(v) for v in row] for row in values]
    return grid(values, x, y, cell, colours=colours, texts=texts)


def draw_map(stage, x, y, side, part):
    """Draw a map, or a whole vector, and outline a `Window` of it.

    Returns (piece, (x, y, width, height)).
    """
    matrix, (_, rows, columns) = matrix_of(stage, part.channels[0]), part
    if is_vector(stage):
        rows, columns = map(range, matrix.shape)
        if len(part.channels) == 1:
            place = divmod(part.channels[0], len(columns))
            rows, columns = (range(n, n + 1) for n in place)
    cell = cell_of(matrix.shape, side)
    drawn = draw_matrix(matrix, x, y, side, stage)
    place = x, y, cell * matrix.shape[1], cell * matrix.shape[0]
    return svg.join(drawn, outline(x, y, cell, rows, columns)), place


def outline(x, y, cell, rows, columns):
    """Outline some rows and columns of a matrix that was drawn at (x, y)."""
    height, width = (max(cell * (s[-1] + 1 - s[0]), 4) for s in (rows, columns))
    place = x + cell * columns[0], y + cell * rows[0], width, height
    return svg.rect(*place, stroke=ORANGE, stroke_width=3, pointer_events="none")


def draw_maps(k, stage, channels, columns, x, y, size, chosen=None):
    """Draw the maps of some channels in rows: one image, and places to press.

    k       the stage's number
    chosen  the channel that is outlined
    """
    step = math.ceil(max(stage.Y.shape[1:]) / size)  # finer pixels cannot be seen
    maps = stage.Y[channels][:, ::step, ::step].numpy()
    again = max(1, 12 // max(maps.shape[1:]))  # so that a gap can be thin
    maps = maps.repeat(again, axis=1).repeat(again, axis=2)
    side, rows = max(maps.shape[1:]), -(-len(channels) // columns)
    pitch = side + max(1, round(2 * side / size))
    laid = np.full((rows * pitch, columns * pitch), np.nan)
    parts, scale = [], size / side
    for i, (channel, one) in enumerate(zip(channels, maps, strict=True)):
        top, left = (n * pitch for n in divmod(i, columns))
        laid[top : top + one.shape[0], left : left + one.shape[1]] = one
        place = x + left * scale, y + top * scale, size, size
        parts.append(map_button(k, stage, channel, place, channel == chosen))
    clear = np.where(np.isnan(laid), 0, 255).astype(np.uint8)
    pixels = np.dstack([_paint(stage, laid), clear])
    image = svg.image(pixels, x, y, *(scale * n for n in reversed(laid.shape)))
    return svg.join(image, *parts)


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


def paragraph(x, y, sentences, width, most):
    """Write sentences in `most` lines at most, broken where `width` ends."""
    letters = int(width / 7.4)
    lines = [line for one in sentences for line in textwrap.wrap(one, letters)]
    if len(lines) > most:
        lines[most - 1] += " …"
    lines = enumerate(lines[:most])
    return svg.join(*[svg.text(x, y + 16 * i, words, size=12) for i, words in lines])
