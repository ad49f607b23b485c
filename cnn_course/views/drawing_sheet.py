"""A sheet of 28×28 pixels to draw on, by mouse, finger or pen, or by keys."""

import numpy as np

from cnn_course.views.kit import svg
from cnn_course.views.kit.svg import LINE
from cnn_course.views.kit.touch import STEPS

SIDE = 28
PLACES = np.indices((SIDE, SIDE)).transpose(1, 2, 0)  # row and column of each pixel
HELP = "sheet to draw on: arrow keys move the brush, space or Enter paints"


class Drawing:
    """The sheet: a control for a `View`, whose elements are named "sheet:".

    value         what is on it, uint8 (28, 28)
    x, y, cell    its corner and the width of one of its pixels, in CSS pixels
    paint, brush  controls with what is painted, 0 to 255, and how wide, in pixels
    """

    def __init__(self, x, y, cell, paint, brush):
        self.corner, self.cell = np.array([y, x]), cell
        self.paint, self.brush = paint, brush
        self.at = np.array([14.0, 14.0])  # the brush, row and column of a middle
        self.clear()

    def clear(self):
        self.write(np.zeros((SIDE, SIDE)))

    def write(self, image):
        """Put a picture on the sheet, (28, 28) from 0 to 255."""
        self.before = self.value = np.array(image, dtype=np.uint8)
        self.cover = np.zeros((SIDE, SIDE))  # by this stroke, from 0 to 1

    def touch(self, _, touch):
        """Paint where the sheet is pressed, and in lines to where a drag goes."""
        pixel = (np.array([touch.y, touch.x]) - self.corner) / self.cell - 0.5
        if touch.kind == "drag":
            self._paint_to(pixel)
        elif touch.kind == "press":
            self.at = self.at if touch.key else pixel
            self.write(self.value)  # a new stroke
            self._paint_to(self.at)
        elif touch.key in STEPS:
            self.at = (self.at.round() + STEPS[touch.key]).clip(0, SIDE - 1)

    def _paint_to(self, to):
        """Go on to `to`; the brush is round, and soft at its edge."""
        away, along = PLACES - self.at, to - self.at
        share = (away @ along / max(along @ along, 1e-9)).clip(0, 1)  # of the way
        distance = np.linalg.norm(away - share[..., None] * along, axis=-1)
        covered = (self.brush.value / 2 + 0.5 - distance).clip(0, 1)
        self.cover = np.maximum(self.cover, covered)
        change = (self.paint.value - self.before.astype(float)) * self.cover
        self.value = (self.before + change).round().astype(np.uint8)
        self.at = to

    def drawn(self):
        """Return the sheet, which can be touched, with the brush as a ring."""
        (y, x), size = self.corner, self.cell * SIDE
        down, right = (self.corner + (self.at + 0.5) * self.cell).tolist()
        ring = dict(cx=right, cy=down, r=self.brush.value * self.cell / 2)
        look = dict(fill="none", stroke="#FF9A4D", stroke_width=2)  # seen on white, too
        hint = "" if self.value.any() else "draw here"
        return svg.tag(
            "g",
            svg.rect(x - 1, y - 1, size + 2, size + 2, fill="#000000", stroke=LINE),
            svg.image(self.value, x, y, size, size),
            svg.text(x + size / 2, y + 60, hint, anchor="middle", fill="#FFFFFF"),
            svg.tag("circle", **ring, **look),
            data_at="sheet:",
            role="application",
            tabindex=0,
            aria_label=HELP,
            style="cursor:crosshair",
        )
