"""A sheet of 28×28 pixels to draw on, with its brush: the course's only JavaScript."""

from pathlib import Path

import anywidget
import ipywidgets
import numpy as np
import traitlets

from cnn_course.views.kit.controls import LABEL

SIDE = 28
PAINTS = ("white", "grey", "black")  # sketchpad.js knows their grey values


class Sketchpad(anywidget.AnyWidget):
    """The bare sheet; sketchpad.js draws on it in the browser.

    picture  its grey values row by row, 784 bytes, sent about every 60 ms of a stroke
    brush    the brush's width in pixels
    paint    what it paints: an index into PAINTS
    """

    _esm = Path(__file__).with_name("sketchpad.js")
    _css = """
    .cnn-sheet { position: relative; overflow: hidden; width: 252px; height: 252px;
        margin: 3px; }
    .cnn-sheet canvas { width: 100%; height: 100%; cursor: crosshair;
        image-rendering: pixelated; touch-action: none; }
    .cnn-sheet:focus-within { outline: 3px solid #0072B2; }
    .cnn-sheet div { position: absolute; box-sizing: border-box; pointer-events: none;
        left: calc((var(--x) + 0.5 - var(--brush) / 2) * 9px);
        top: calc((var(--y) + 0.5 - var(--brush) / 2) * 9px);
        width: calc(var(--brush) * 9px); height: calc(var(--brush) * 9px);
        border: 2px solid #E69F00; border-radius: 50%; }
    """
    picture = traitlets.CBytes(bytes(SIDE * SIDE)).tag(sync=True)
    brush = traitlets.Float(5).tag(sync=True)
    paint = traitlets.Int(0).tag(sync=True)


class Sketch(ipywidgets.VBox):
    """A sheet with the controls of its brush: what to paint, and how wide."""

    def __init__(self):
        self.pad = Sketchpad()
        brush = ipywidgets.IntSlider(
            5, min=1, max=12, description="brush", style=LABEL, layout={"width": "auto"}
        )
        paint = ipywidgets.ToggleButtons(
            options=PAINTS,
            description="paint",
            style={"button_width": "60px", **LABEL},
            layout={"width": "auto", "display": "flex", "grid_gap": "6px"},
        )
        # In the browser, so that a busy kernel delays no brush.
        ipywidgets.jslink((brush, "value"), (self.pad, "brush"))
        ipywidgets.jslink((paint, "index"), (self.pad, "paint"))
        hint = ipywidgets.HTML("keyboard: arrows, space, Shift + arrows")
        super().__init__([self.pad, hint, paint, brush])

    def clear(self):
        self.pad.picture = bytes(SIDE * SIDE)

    def write(self, image):
        """Put a picture on the sheet, uint8 (28, 28)."""
        self.pad.picture = image.tobytes()

    def read(self):
        """Return the sheet, uint8 (28, 28)."""
        return np.frombuffer(self.pad.picture, np.uint8).reshape(SIDE, SIDE)
