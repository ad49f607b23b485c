"""View 4, for notebook 03: how large is the output, and which pixels are never seen?"""

import functools
import math
import re

import ipywidgets
import numpy as np

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.networks import receptive_size
from cnn_course.plots import COLOURS
from cnn_course.views.kit import controls, parts, svg, touch
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.view import View

# In CSS pixels: x of input, output and photograph; their y and side; y of the words.
LEFT, MIDDLE, RIGHT, TOP, SIDE, BELOW = 4, 295, 586, 60, 270, 348


def output_size(n, kernel_size, padding, stride, dilation):
    """Return ⌊(n + 2p − d(k − 1) − 1)/s⌋ + 1, as nn.Conv2d computes it.

    Raises ValueError with a sentence if the kernel fits nowhere.
    """
    span = dilation * (kernel_size - 1) + 1
    return controls.window_places(n + 2 * padding, span, stride, "kernel")


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


def draw_output_size(n, kernel_size, padding, stride, dilation, stack, place, unit):
    """Draw which pixels one window, any window, and a `unit` behind layers see."""
    settings = n, kernel_size, padding, stride, dilation
    size, layers = output_size(*settings), parse_stack(stack)
    seen = np.count_nonzero(coverage(*settings)[padding : padding + n])
    never = f"{n * n - seen**2:,} of {n * n:,}"
    inner = f"{n} + 2·{padding} − {dilation}·({kernel_size} − 1) − 1"
    formula = f"⌊({inner}) / {stride}⌋ + 1 = {size}"
    span, cell = dilation * (kernel_size - 1) + 1, SIDE / (n + 2 * padding)
    place.fit(size, size)
    place.areas = {"input": (LEFT, TOP, SIDE / size), "output": (MIDDLE, TOP, cell)}
    top, left = place.row * stride, place.column * stride
    begins = top - padding + 1, left - padding + 1  # counted in the input itself
    rows, columns = (f"{begin} to {begin + span - 1}" for begin in begins)
    sees = f"rows {rows}, columns {columns}".replace("-", "−")
    where = f"output row {place.row + 1}, column {place.column + 1} sees"
    taps = range(0, span, dilation) if dilation > 1 else ()
    windows, pale = [(top, left, span, span)], ", padding: pale" * (padding > 0)
    windows += [(top + i, left + j, 1, 1) for i in taps for j in taps]
    outputs, none = np.full((size, size, 3), (200, 225, 242)), np.full((size, size), "")
    return svg.picture(
        860,
        412,
        f"{n}×{n} becomes {size}×{size}: {formula}; {never} pixels are never "
        f"looked at; {where} {sees}; a unit behind the stack {stack} "
        f"sees {receptive_size(layers):,} pixels each way",
        svg.text(LEFT, 14, f"output size: {formula}", size=17, bold=True),
        parts.title(LEFT, TOP - 14, f"input {n}×{n}{pale}"),
        _draw_coverage(*settings),
        *(parts.window(LEFT, TOP, cell, *window) for window in windows),
        parts.title(MIDDLE, TOP - 14, f"output {size}×{size}"),
        _squares(MIDDLE, cell, outputs.astype(np.uint8), none),
        parts.window(MIDDLE, TOP, cell, place.row, place.column, 1, 1),
        svg.text(LEFT, BELOW, f"×, black: never looked at: {never}"),
        svg.text(LEFT, BELOW + 18, "blue: in how many windows"),
        svg.text(MIDDLE, BELOW, where),
        svg.text(MIDDLE, BELOW + 18, sees),
        *_receptive_fields(layers, unit),
        *_covers("place", place),
        *_covers("unit", unit),
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
        look = dict(colours=colours, texts=texts.tolist())
        return parts.grid(np.zeros(texts.shape), x, TOP, cell, **look)
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
    unit.fit(places, places)
    unit.areas = {"photograph": (RIGHT, TOP, SIDE / places)}
    corner = np.array([unit.row, unit.column]) * steps[-1]
    yield parts.title(RIGHT, TOP - 14, f"receptive fields on {pixels}×{pixels}")
    yield _photograph(pixels)
    around, boxes = f"M{RIGHT} {TOP}h{SIDE}v{SIDE}h{-SIDE}z", []
    for i, (k, stride) in enumerate(layers, 1):
        first = corner + sum(inward[i:])
        top, left, low, right = np.clip([*first, *(first + sizes[i])], 0, pixels) * cell
        box = RIGHT + left, TOP + top, right - left, low - top
        colour = COLOURS[(i - 1) % 4]
        look = dict(stroke=colour, stroke_width=2.5, class_=f"layer-{i}")
        boxes.append(svg.rect(*box, stroke="#FFFFFF", stroke_width=5))
        boxes.append(svg.rect(*box, **look))
        hole = "M{0:.1f} {1:.1f}v{3:.1f}h{2:.1f}v-{3:.1f}z".format(*box)
        words = f"{k}/{stride} sees {number(sizes[i])}×{number(sizes[i])}"
        x, y = RIGHT + (i - 1) // 4 * SIDE / 2, BELOW + (i - 1) % 4 * 18
        yield svg.rect(x, y - 5, 10, 10, fill=colour)
        yield svg.text(x + 16, y, words, size=13, data_shows=f".layer-{i}")
    dark = dict(fill="#000000", fill_opacity=0.4, fill_rule="evenodd")
    yield svg.join(svg.tag("path", d=around + hole, **dark), *boxes)


def _covers(at, place):
    """Yield an invisible square over each area of a place, which can be touched."""
    for name, (x, y, cell) in place.areas.items():
        size = cell * place.columns, cell * place.rows
        cover = svg.rect(x, y, *size, fill=svg.INK, fill_opacity=0)
        says, at_name = f"{name}: arrow keys move what is outlined", f"{at}:{name}"
        yield touch.button(at_name, says, cover, data_hover=at_name)


@torch_as_it_starts()
def output_size_calculator():
    """Return the view: sizes to slide or type, a window and a unit to move."""
    Number = controls.Number
    look = dict(style=controls.LABEL, layout={"width": "270px"})
    stack = ipywidgets.Text(
        "3/1, 2/2, 3/1", description="stack, kernel/stride:", **look
    )
    return View(
        "Output size, seen pixels and receptive field",
        "point at the grids and the face; set stride 3",
        {
            "n": Number("input", 7, 1, 64, limits=(1, 512)),
            "kernel_size": Number("kernel", 2, 1, 15),
            "padding": Number("padding", 0, 0, 8),
            "stride": controls.stride_control(1, 8),
            "dilation": Number("dilation", 1, 1, 8),
            "stack": stack,
            "place": touch.Place(),
            "unit": touch.Place(6, 6),  # in the middle
        },
        draw_output_size,
        rows=[["n", "kernel_size", "padding"], ["stride", "dilation", "stack"]],
    )
