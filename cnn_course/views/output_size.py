"""View 4, for notebook 03: how large is the output, and which pixels are never seen?"""

import functools
import math
import re

import ipywidgets
import numpy as np

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.networks import receptive_size
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import LABEL, Number, stride_control, window_places
from cnn_course.views.kit.parts import grid, nested, title, window
from cnn_course.views.kit.svg import INK
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.touch import Place, button
from cnn_course.views.kit.view import View

# In CSS pixels: x of input, output and photograph; their y and side; y of the words.
LEFT, MIDDLE, RIGHT, TOP, SIDE, BELOW = 4, 295, 586, 60, 270, 348


def output_size(n, kernel_size, padding, stride, dilation):
    """Return ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1, as nn.Conv2d computes it.

    Raises ValueError with a sentence if the kernel fits nowhere.
    """
    span = dilation * (kernel_size - 1) + 1
    return window_places(n + 2 * padding, span, stride, "kernel")


def coverage(n, kernel_size, padding, stride, dilation):
    """Return in how many windows each pixel of a row lies, int (n + 2·padding,)."""
    counts = np.zeros(n + 2 * padding, dtype=int)
    places = output_size(n, kernel_size, padding, stride, dilation)
    for j in range(kernel_size):
        counts[j * dilation + np.arange(places) * stride] += 1
    return counts


def parse_stack(text):
    """Return [(kernel size, stride), …] from text such as "5/1, 2/2, 3"."""
    layer = r"\s*([1-9]\d?)\s*(?:/\s*([1-9]\d?)\s*)?"
    layers = [re.fullmatch(layer, part) for part in text.split(",")]
    if len(layers) > 8 or not all(layers):
        raise ValueError(
            f"stack: {text!r:.40} is no list of 1 to 8 layers. Write kernel/stride for "
            "each, as in 5/1, 2/2, 3/1"
        )
    return [(int(layer[1]), int(layer[2] or 1)) for layer in layers]


class Spot(Place):
    """A place in squares that may be too small to be touched: x and y tell which.

    areas  {name: (x, side)}: where it can be touched, in CSS pixels
    """

    def touch(self, name, touch):
        if touch.kind == "key":
            super().touch(name, touch)
        elif touch.kind != "drop":
            x, side = self.areas[name]
            row, column = (touch.y - TOP) / side, (touch.x - x) / side
            self.go(math.floor(row * self.rows), math.floor(column * self.columns))

    def covers(self, at):
        """Yield an invisible square over each area, which can be touched."""
        for name, (x, side) in self.areas.items():
            cover = svg.rect(x, TOP, side, side, fill=INK, fill_opacity=0)
            says, at_name = f"{name}: arrow keys move what is outlined", f"{at}:{name}"
            yield button(at_name, says, cover, data_hover=at_name)


def draw_output_size(n, kernel_size, padding, stride, dilation, stack, place, unit):
    """Draw which pixels one window, any window, and a `unit` behind layers see."""
    settings = n, kernel_size, padding, stride, dilation
    size, layers = output_size(*settings), parse_stack(stack)
    seen = np.count_nonzero(coverage(*settings)[padding : padding + n])
    never = f"{n * n - seen**2:,} of {n * n:,}"
    inner = f"{n} + 2·{padding} − {dilation}·({kernel_size} − 1) − 1"
    formula = f"⌊({inner}) / {stride}⌋ + 1 = {size}"
    span, cell = dilation * (kernel_size - 1) + 1, SIDE / (n + 2 * padding)
    place.areas = {"input": (LEFT, SIDE), "output": (MIDDLE, size * cell)}
    place.fit(size, size)
    top, left = place.row * stride, place.column * stride
    begins = top - padding + 1, left - padding + 1  # counted in the input itself
    rows, columns = (f"{begin} to {begin + span - 1}" for begin in begins)
    sees = f"rows {rows}, columns {columns}".replace("-", "−")
    where = f"output row {place.row + 1}, column {place.column + 1} sees"
    taps = range(0, span, dilation) if dilation > 1 else ()
    outputs = np.full((size, size, 3), (200, 225, 242), dtype=np.uint8)
    return svg.picture(
        860,
        412,
        f"{n}×{n} becomes {size}×{size}: {formula}; {never} pixels are never "
        f"looked at; {where} {sees}; a unit behind the stack {stack} "
        f"sees {receptive_size(layers):,} pixels each way",
        svg.text(LEFT, 14, f"output size: {formula}", size=17, bold=True),
        title(LEFT, TOP - 14, f"input {n}×{n}" + ", padding: pale" * (padding > 0)),
        _draw_coverage(*settings),
        window(LEFT, TOP, cell, top, left, span, span),
        *(window(LEFT, TOP, cell, top + i, left + j, 1, 1) for i in taps for j in taps),
        title(MIDDLE, TOP - 14, f"output {size}×{size}"),
        _squares(MIDDLE, cell, outputs, np.full((size, size), "")),
        window(MIDDLE, TOP, cell, place.row, place.column, 1, 1),
        svg.text(LEFT, BELOW, f"×, black: never looked at: {never}"),
        svg.text(LEFT, BELOW + 18, "blue: in how many windows"),
        svg.text(MIDDLE, BELOW, where),
        svg.text(MIDDLE, BELOW + 18, sees),
        *_receptive_fields(layers, unit),
        *place.covers("place"),
        *unit.covers("unit"),
    )


@functools.lru_cache(8)
def _draw_coverage(n, kernel_size, padding, stride, dilation):
    """Colour every pixel by the number of its windows; cross out those with none."""
    counts = coverage(n, kernel_size, padding, stride, dilation)
    together = np.outer(counts, counts)
    inside = np.pad(np.ones((n, n), dtype=bool), padding)
    share = together / together.max() * np.where(inside, 1, 0.35)
    never = inside & (together == 0)
    colours = 255 - share[..., None] * (255, 141, 77) - 255 * never[..., None]
    texts = np.where(never, "×", together.astype(str))
    return _squares(LEFT, SIDE / len(counts), colours.astype(np.uint8), texts)


def _squares(x, cell, colours, texts):
    """Draw squares with their texts, or pixels, if they are too small for that."""
    if cell >= 16:
        squares = np.zeros(texts.shape)
        return grid(squares, x, TOP, cell, colours=colours, texts=texts.tolist())
    return svg.image(colours, x, TOP, len(colours) * cell, len(colours) * cell)


@functools.cache
def _photograph(pixels):
    face = load_photograph(height=2 * pixels)[pixels // 5 :, pixels // 3 :]
    return svg.image(svg.grey(face[:pixels, :pixels]), RIGHT, TOP, SIDE, SIDE)


def _receptive_fields(layers, unit):
    """Yield what a unit sees of a photograph, and the unit in the middle of that, …"""
    ends = range(len(layers) + 1)
    sizes = [receptive_size(layers[:end]) for end in ends]
    steps = [math.prod(stride for _, stride in layers[:end]) for end in ends]
    inward = [(k - 1) // 2 * step for (k, _), step in zip(layers, steps, strict=False)]
    pixels = next((p for p in (32, 64, 128) if p >= 2 * sizes[-1]), 256)
    places, cell = max((pixels - sizes[-1]) // steps[-1], 0) + 1, SIDE / pixels
    unit.areas = {"photograph": (RIGHT, SIDE)}
    unit.fit(places, places)
    corner = np.array([unit.row, unit.column]) * steps[-1]
    squares = [(*(corner + sum(inward[end:])), sizes[end]) for end in ends[1:]]
    yield title(RIGHT, TOP - 14, f"receptive fields on {pixels}×{pixels}")
    yield _photograph(pixels)
    yield nested(RIGHT, TOP, cell, pixels, squares)
    for i, (k, stride) in enumerate(layers):
        side = number(sizes[i + 1])
        words = f"{i + 1}: {k}/{stride} sees {side}×{side}"
        place = RIGHT + i // 4 * SIDE / 2, BELOW + i % 4 * 18
        yield svg.text(*place, words, size=13, data_shows=f".layer-{i + 1}")


@torch_as_it_starts()
def output_size_calculator():
    """Return the view: sizes to slide or type, a window and a unit to move."""
    stack = ipywidgets.Text("3/1, 2/2, 3/1", style=LABEL, layout={"width": "270px"})
    stack.description = "stack, kernel/stride:"
    return View(
        "Output size, seen pixels and receptive field",
        "point at the grids and the face; set stride 3",
        {
            "n": Number("input", 7, 1, 64, limits=(1, 512)),
            "kernel_size": Number("kernel", 2, 1, 15),
            "padding": Number("padding", 0, 0, 8),
            "stride": stride_control(1, 8),
            "dilation": Number("dilation", 1, 1, 8),
            "stack": stack,
            "place": Spot(),
            "unit": Spot(6, 6),  # in the middle
        },
        draw_output_size,
        rows=[["n", "kernel_size", "padding"], ["stride", "dilation", "stack"]],
    )
