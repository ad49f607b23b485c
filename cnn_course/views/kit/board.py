"""A sheet to draw on with Pillow: far quicker than matplotlib, for views that follow
every key press.

All positions and sizes are in CSS pixels; the sheet has SCALE times as many, so that
letters are sharp on a projector.
"""

import functools
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cnn_course.plots import COLOURS, SIGNED
from cnn_course.views.kit.texts import number

SCALE = 2
BLUE, ORANGE, GREEN = COLOURS[0], COLOURS[4], COLOURS[2]
GREY, PALE = "#767676", "#E8E8E8"


class Board:
    """A white sheet of `width` × `height` CSS pixels; `image` is the Pillow image."""

    def __init__(self, width, height):
        self.image = Image.new("RGB", (round(width * SCALE), round(height * SCALE)))
        self.draw = ImageDraw.Draw(self.image)
        self.rectangle(0, 0, width, height, fill="white", outline=None)

    def text(self, x, y, text, *, size=15, bold=False, fill="black", anchor="mm"):
        """Write at (x, y); `anchor` as in Pillow: "mm" centred, "lm" to the right."""
        where = (x * SCALE, y * SCALE)
        self.draw.text(where, text, fill, font=font(size, bold), anchor=anchor)

    def lines(self, x, y, lines, step, **style):
        """Write lines of text one below the other, `step` apart."""
        for i, line in enumerate(lines):
            self.text(x, y + step * i, line, anchor="lm", **style)

    def title(self, x, y, text):
        """Write a title to the right of (x, y)."""
        self.text(x, y, text, size=14, bold=True, anchor="lm")

    def rectangle(self, x, y, width, height, *, fill=None, outline="black", line=1):
        """Draw a frame and fill it; `line` is the frame's width, drawn inside."""
        corners = (x * SCALE, y * SCALE, (x + width) * SCALE - 1)
        corners += ((y + height) * SCALE - 1,)
        line = round(line * SCALE)
        self.draw.rectangle(corners, fill=fill, outline=outline, width=line)

    def line(self, x0, y0, x1, y1, *, fill="black", width=1.5):
        ends = [coordinate * SCALE for coordinate in (x0, y0, x1, y1)]
        self.draw.line(ends, fill=fill, width=round(width * SCALE))

    def paste(self, pixels, x, y, width, height, frame=None):
        """Put a picture there, uint8 (H, W, 3), its pixels as sharp squares.

        frame  the colour of a thin frame around it
        """
        image = Image.fromarray(np.ascontiguousarray(pixels))
        size = (round(width * SCALE), round(height * SCALE))
        enlarged = size[0] >= image.width
        how = Image.Resampling.NEAREST if enlarged else Image.Resampling.BILINEAR
        if size != image.size:
            image = image.resize(size, how)
        self.image.paste(image, (round(x * SCALE), round(y * SCALE)))
        if frame:
            self.rectangle(x, y, width, height, outline=frame)

    def grid(self, values, x, y, cell, *, top=None, colours=None, size=None):
        """Draw a matrix (rows, columns) as squares of `cell` pixels with its numbers.

        top      the number with the strongest colour (default: the largest)
        colours  a fill for each square instead, uint8 (rows, columns, 3)
        size     the letters' size; numbers that do not fit are left out
        """
        values = np.asarray(values, dtype=float)
        rows, columns = values.shape
        if colours is None:
            colours = signed_colours(values, top=top, room=1.6)
        self.paste(colours, x, y, columns * cell, rows * cell)
        size = size or min(15, cell * 0.42)
        for i in range(rows + 1):
            self.line(x, y + i * cell, x + columns * cell, y + i * cell, width=0.5)
        for j in range(columns + 1):
            self.line(x + j * cell, y, x + j * cell, y + rows * cell, width=0.5)
        for i in range(rows):
            for j in range(columns):
                text = number(values[i, j])
                middle = (x + (j + 0.5) * cell, y + (i + 0.5) * cell)
                if cell >= 14 and len(text) * size * 0.62 <= cell:
                    self.text(*middle, text, size=size)
                elif cell >= 22:
                    self.text(*middle, text, size=max(cell / (0.66 * len(text)), 6))

    def window(self, x, y, cell, row, column, height, width, *, colour=ORANGE):
        """Outline a window of a grid that was drawn at (x, y)."""
        left, top = x + column * cell, y + row * cell
        self.rectangle(left, top, width * cell, height * cell, outline=colour, line=3)


@functools.cache
def font(size, bold=False):
    """Return DejaVu Sans, which matplotlib brings along on every system."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(folder / name, round(size * SCALE))


@functools.cache
def _signed_table():
    import matplotlib

    return (matplotlib.colormaps[SIGNED](np.linspace(0, 1, 256))[:, :3] * 255).round()


def signed_colours(values, *, top=None, room=1.0):
    """Return colours around zero, uint8 (..., 3): orange below, purple above.

    `top` gets the strongest colour, the palest where `room` is large.
    """
    values = np.nan_to_num(np.asarray(values, dtype=float))
    top = top or np.abs(values).max(initial=0) or 1.0
    place = (np.clip(values / (room * top), -1, 1) + 1) * 127.5
    return _signed_table().astype(np.uint8)[place.round().astype(int)]


def blue(shares):
    """Return blue pixels, uint8 (..., 3): white at 0, BLUE at 1."""
    shares = np.asarray(shares)[..., None]
    return (np.array([0x00, 0x72, 0xB2]) * shares + 255 * (1 - shares)).astype(np.uint8)


def grey(values, low=0.0, high=1.0):
    """Return grey pixels, uint8 (H, W, 3), black at `low` and white at `high`."""
    share = (np.asarray(values, dtype=float) - low) / ((high - low) or 1.0)
    level = (np.clip(share, 0, 1) * 255).round().astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=-1)


def draw_scale(board, x, y, width, top):
    """Draw which colours mean which numbers: −top to top, or 0 to 1 if it is None."""
    low, high = (0, 1) if top is None else (-top, top)
    ramp = np.linspace(low, high, 100)[None]
    pixels = grey(ramp) if top is None else signed_colours(ramp, top=top)
    board.paste(pixels, x, y, width, 14, GREY)
    board.text(x, y + 24, number(low), size=12, anchor="lm")
    board.text(x + width, y + 24, number(high), size=12, anchor="rm")
