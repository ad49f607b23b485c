"""View 4, for notebook 03: how large is the output, and which pixels are never seen?"""

import functools
import itertools
import math
import re

import ipywidgets
import numpy as np

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.networks import receptive_size
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import LABEL, Number, stride_control
from cnn_course.views.kit.parts import grid, nested, title, window
from cnn_course.views.kit.svg import INK
from cnn_course.views.kit.touch import Place, button
from cnn_course.views.kit.view import View

LIMITS = (1, 512)  # of what may be typed
# In CSS pixels: the picture's size; x of input, output and photograph; y and side.
WIDTH, HEIGHT, LEFT, MIDDLE, RIGHT, TOP, SIDE = 860, 412, 4, 295, 586, 60, 270
BELOW = TOP + SIDE + 18
WRITTEN = 20  # so large is a pixel that holds a number, at least
PHOTOGRAPHS = (32, 64, 128, 256)  # pixels a side
DARK = "#404040"  # never seen


def output_size(n, kernel_size, padding, stride, dilation):
    """Return ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1, as nn.Conv2d computes it.

    Raises ValueError with a sentence if the kernel fits nowhere.
    """
    span, room = dilation * (kernel_size - 1) + 1, n + 2 * padding
    if span > room:
        raise ValueError(
            f"the kernel spans {span} pixels, but the padded input has {room}: it fits "
            "nowhere. Take a smaller kernel or dilation, or more padding"
        )
    return (room - span) // stride + 1


def coverage(n, kernel_size, padding, stride, dilation):
    """Return in how many windows each pixel of a row lies, int (n + 2·padding,)."""
    counts = np.zeros(n + 2 * padding, dtype=int)
    places = output_size(n, kernel_size, padding, stride, dilation)
    for j in range(kernel_size):
        np.add.at(counts, np.arange(places) * stride + j * dilation, 1)
    return counts


def parse_stack(text):
    """Return [(kernel size, stride), …] from text such as "5/1, 2/2, 3"."""
    layers = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        match = re.fullmatch(r"(\d{1,3})(?:\s*/\s*(\d{1,3}))?", part)
        if not match or not int(match[1]) or match[2] == "0":
            raise ValueError(
                f"stack: {part!r} is no layer. Write kernel/stride for each, as in "
                "5/1, 2/2, 3/1"
            )
        layers.append((int(match[1]), int(match[2] or 1)))
    if not 1 <= len(layers) <= 8:
        raise ValueError(f"stack: write 1 to 8 layers; got {len(layers)}")
    return layers


class Spot(Place):
    """A place in squares that may be too fine to be touched: the pointer's x, y tell.

    areas  {name: (x, y, step)}: where place 0,0 begins in the picture, and how far it
           is from place to place
    """

    def __init__(self):
        super().__init__()
        self.areas = {}

    def touch(self, place, touch):
        if touch.kind == "key":
            super().touch(place, touch)
        elif touch.kind != "drop":
            x, y, step = self.areas[place]
            self.go(math.floor((touch.y - y) / step), math.floor((touch.x - x) / step))

    def area(self, at, x, side, step, size=None):
        """Return an invisible square at x that answers; `at` is "argument:name".

        From place to place it is `step`; the pointer is in the middle of a `size`.
        """
        name, first = at.partition(":")[2], ((size or step) - step) / 2
        self.areas[name] = x + first, TOP + first, step
        cover = svg.rect(x, TOP, side, side, fill=INK, fill_opacity=0)
        words = f"{name}: arrow keys move what is outlined"
        return button(at, words, cover, data_hover=at)


def draw_output_size(n, kernel_size, padding, stride, dilation, stack, place, unit):
    """Draw which pixels are seen: by one window, by any, and by a unit behind layers.

    place, unit  each a `Spot`: in the output, and in that of the stack
    """
    settings = n, kernel_size, padding, stride, dilation
    size, layers = output_size(*settings), parse_stack(stack)
    formula = (
        f"⌊({n} + 2·{padding} − {dilation}·({kernel_size} − 1) − 1) / {stride}⌋ + 1 "
        f"= {size}"
    )
    seen = np.count_nonzero(coverage(*settings)[padding : padding + n])
    never = f"{n * n - seen**2:,} of {n * n:,}"
    place.fit(size, size)
    row, column = place.row, place.column
    top, left, span = row * stride, column * stride, dilation * (kernel_size - 1) + 1
    lines = [
        f"output row {row + 1}, column {column + 1} sees",
        f"rows {top + 1} to {top + span}, columns {left + 1} to {left + span}",
        *[f"in steps of {dilation}"] * (dilation > 1),
        *["(counted with the padding)"] * (padding > 0),
    ]
    label = (
        f"{n}×{n} becomes {size}×{size}: {formula}; {never} pixels are never "
        f"looked at; {' '.join(lines)}; a unit behind the stack {stack} "
        f"sees {receptive_size(layers):,} pixels each way"
    )
    cell = SIDE / (n + 2 * padding)
    wide = max(cell, 30 / size)  # of an output: as a pixel, if that can be seen
    taps = range(0, span, dilation) if 1 < dilation and kernel_size <= 10 else ()
    frame = f", padding {padding}: pale" * (padding > 0)
    return svg.picture(
        WIDTH,
        HEIGHT,
        label,
        svg.text(LEFT, 14, f"output size: {formula}", size=17, bold=True),
        title(LEFT, TOP - 14, f"input {n}×{n}{frame}"),
        _draw_coverage(*settings),
        window(LEFT, TOP, cell, top, left, span, span),
        *(
            window(LEFT, TOP, cell, top + i, left + j, 1, 1)
            for i, j in itertools.product(taps, taps)
        ),
        svg.text((LEFT + SIDE + MIDDLE) / 2, TOP + 14, "→", size=18, anchor="middle"),
        title(MIDDLE, TOP - 14, f"output {size}×{size}"),
        svg.rect(MIDDLE, TOP, size * wide, size * wide, fill="#C8E1F2", stroke=DARK),
        _lines(MIDDLE, wide, size),
        window(MIDDLE, TOP, wide, row, column, 1, 1),
        svg.text(LEFT, BELOW, f"× never looked at: {never}"),
        svg.text(LEFT, BELOW + 18, "blue: in how many windows"),
        *(svg.text(MIDDLE, BELOW + 18 * i, line) for i, line in enumerate(lines)),
        place.area("place:input", LEFT, SIDE, stride * cell, span * cell),
        place.area("place:output", MIDDLE, size * wide, wide),
        *_receptive_fields(layers, unit),
    )


@functools.lru_cache(8)
def _draw_coverage(n, kernel_size, padding, stride, dilation):
    """Colour every pixel by the number of its windows; cross out those with none."""
    counts = coverage(n, kernel_size, padding, stride, dilation)
    inside = np.zeros(len(counts), dtype=bool)
    inside[padding : padding + n] = True
    inside, together = np.outer(inside, inside), np.outer(counts, counts)
    share = together / together.max() * np.where(inside, 1, 0.35)
    colours = (255 - share[..., None] * (255, 141, 77)).astype(np.uint8)
    never = inside & (together == 0)
    colours[never] = 0x40
    cell = SIDE / len(counts)
    if cell >= WRITTEN:
        texts = np.where(never, "", together.astype(str)).tolist()
        pixels = grid(together, LEFT, TOP, cell, colours=colours, texts=texts)
    else:
        pixels = svg.image(colours, LEFT, TOP, SIDE, SIDE)
    block = math.ceil(6 / cell)  # pixels that share a cross
    for axis in (0, 1):
        begin = np.arange(0, len(counts), block)
        never = np.logical_or.reduceat(never, begin, axis=axis)
    arm = round(0.45 * block * cell, 1)
    crosses = "".join(
        f"M{LEFT + x:.1f} {TOP + y:.1f}l{arm} {arm}m0 {-arm}l{-arm} {arm}"
        for y, x in (np.argwhere(never) + 0.5) * block * cell - arm / 2
    )
    path = svg.tag("path", d=crosses, stroke="#FFFFFF", stroke_width=1.5)
    return svg.join(pixels, _lines(LEFT, cell, len(counts)), path)


def _lines(x, cell, n):
    """Draw the lines between squares, unless they are too small for lines."""
    side, at = n * cell, np.arange(1, n) * cell * (cell >= 5)
    path = "".join(
        f"M{x + a:.1f} {TOP}v{side:.1f}M{x} {TOP + a:.1f}h{side:.1f}" for a in at
    )
    return svg.tag("path", d=path, stroke="#767676")


@functools.cache
def _photograph(pixels):
    """Return the photograph's face, pixels×pixels, drawn."""
    face = load_photograph(height=2 * pixels)[pixels // 5 :, pixels // 3 :]
    return svg.image(svg.grey(face[:pixels, :pixels]), RIGHT, TOP, SIDE, SIDE)


def _receptive_fields(layers, unit):
    """Yield what a unit sees of a photograph, and the unit in the middle of that, …"""
    ends = range(len(layers) + 1)
    sizes = [receptive_size(layers[:end]) for end in ends]
    steps = [math.prod(stride for _, stride in layers[:end]) for end in ends]
    pixels = next((p for p in PHOTOGRAPHS if p >= 2 * sizes[-1]), PHOTOGRAPHS[-1])
    places, cell = max((pixels - sizes[-1]) // steps[-1], 0) + 1, SIDE / pixels
    if unit.rows != places:  # another stack: back to the middle
        unit.row = unit.column = places // 2
    unit.fit(places, places)
    row, column, squares = unit.row * steps[-1], unit.column * steps[-1], []
    for i in reversed(range(len(layers))):
        squares.insert(0, (row, column, sizes[i + 1]))
        inward = (layers[i][0] - 1) // 2 * steps[i]
        row, column = row + inward, column + inward
    yield title(RIGHT, TOP - 14, f"receptive fields on {pixels}×{pixels}")
    yield _photograph(pixels)
    yield nested(RIGHT, TOP, cell, pixels, squares)
    for i, (kernel_size, stride) in enumerate(layers):
        side = f"{sizes[i + 1]:,}" if sizes[i + 1] < 1e5 else f"{sizes[i + 1]:.0e}"
        words = f"{i + 1}: {kernel_size}/{stride} sees {side}×{side}"
        place = RIGHT + i // 4 * SIDE / 2, BELOW + i % 4 * 18
        yield svg.text(*place, words, size=13, data_shows=f".layer-{i + 1}")
    yield unit.area("unit:photograph", RIGHT, SIDE, steps[-1] * cell, sizes[-1] * cell)


@torch_as_it_starts()
def output_size_calculator():
    """Return the view: sizes to slide or type, a window and a unit to move."""
    return View(
        "Output size, seen pixels and receptive field",
        "point at the grids and the face; set stride 3",
        {
            "n": Number("input", 7, 1, 64, limits=LIMITS),
            "kernel_size": Number("kernel", 2, 1, 15, limits=LIMITS),
            "padding": Number("padding", 0, 0, 8, limits=(0, LIMITS[1])),
            "stride": stride_control(1, 8, LIMITS[1]),
            "dilation": Number("dilation", 1, 1, 5, limits=LIMITS),
            "stack": ipywidgets.Text(
                "3/1, 2/2, 3/1",
                description="stack, kernel/stride:",
                continuous_update=True,
                style=LABEL,
                layout={"width": "270px"},
            ),
            "place": Spot(),
            "unit": Spot(),
        },
        draw_output_size,
        rows=[["n", "kernel_size", "padding"], ["stride", "dilation", "stack"]],
    )
