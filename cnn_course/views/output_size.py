"""View 4, for notebook 03: how large is the output, and which pixels are never seen?"""

import re

import ipywidgets
import numpy as np

from cnn_course.device import torch_as_it_starts
from cnn_course.networks import receptive_size
from cnn_course.plots import COLOURS
from cnn_course.views.kit.board import BLUE, ORANGE, Board, blue
from cnn_course.views.kit.controls import LABEL, Number
from cnn_course.views.kit.stepper import stride_control
from cnn_course.views.kit.view import View

SIDE = 360  # of the drawn input, in CSS pixels
LIMITS = (1, 512)  # of what may be typed


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


def draw_output_size(n, kernel_size, padding, stride, dilation, stack):
    """Draw which pixels are seen, and how far units see; return (board, text)."""
    size = output_size(n, kernel_size, padding, stride, dilation)
    counts = coverage(n, kernel_size, padding, stride, dilation)
    layers = parse_stack(stack)
    board = Board(860, 452)
    formula = (
        f"⌊({n} + 2·{padding} − {dilation}·({kernel_size} − 1) − 1) / {stride}⌋ + 1 "
        f"= {size}"
    )
    board.text(4, 14, f"output size: {formula}", size=17, bold=True, anchor="lm")
    unseen = _draw_coverage(board, counts, padding, 4, 60)
    _draw_receptive_fields(board, layers, 430, 60)
    seen = f"{unseen:,} of {n * n:,} pixels are never looked at"
    text = f"{n}×{n} becomes {size}×{size}: {formula}; {seen}; a unit behind the stack "
    return board, text + f"{stack} sees {receptive_size(layers)} pixels each way"


def _draw_coverage(board, counts, padding, x, y):
    """Colour every pixel by the number of its windows; return how many have none."""
    together = np.outer(counts, counts)
    inside = np.zeros(together.shape, dtype=bool)
    inside[padding : len(counts) - padding, padding : len(counts) - padding] = True
    pixels = blue(together / together.max())
    pixels[~inside] = 0.35 * pixels[~inside] + 0.65 * 255  # the frame of zeros: pale
    never = (together == 0) & inside
    pixels[never] = (0xD5, 0x5E, 0x00)
    cell = SIDE / len(counts)
    board.title(x, y - 14, "pixels by number of windows")
    board.paste(pixels, x, y, SIDE, SIDE)
    if cell >= 6:
        for i in range(len(counts) + 1):
            at = i * cell
            board.line(x + at, y, x + at, y + SIDE, width=0.5, fill="white")
            board.line(x, y + at, x + SIDE, y + at, width=0.5, fill="white")
    if cell >= 22:
        for row, column in np.argwhere(inside):
            middle = (x + (column + 0.5) * cell, y + (row + 0.5) * cell)
            dark = together[row, column] > 0.9 * together.max()
            light = dark or never[row, column]
            text = str(together[row, column])
            board.text(*middle, text, size=13, fill="white" if light else "black")
    frame = (len(counts) - 2 * padding) * cell
    board.rectangle(x + padding * cell, y + padding * cell, frame, frame, line=2)
    legend = {"never looked at": ORANGE, "in most windows": BLUE}
    for name, colour in legend.items():
        board.rectangle(x, y + SIDE + 10, 14, 14, fill=colour)
        board.text(x + 20, y + SIDE + 17, name, size=13, anchor="lm")
        x += 40 + 7.5 * len(name)
    if padding:
        board.text(x, y + SIDE + 17, "pale: padding", size=13, anchor="lm")
    return int(never.sum())


def _draw_receptive_fields(board, layers, x, y):
    """Draw, layer by layer, how many pixels in a row one unit sees."""
    board.title(x, y - 14, "kernel/stride, and what one unit behind it sees")
    widest = receptive_size(layers)
    for i, (kernel_size, stride) in enumerate(layers):
        size = receptive_size(layers[: i + 1])
        width = max(290 * size / widest, 2)
        top = y + i * 46
        board.text(x, top + 10, f"{kernel_size}/{stride}", size=14, anchor="lm")
        board.rectangle(x + 60, top + 22, 290, 12, outline="#C0C0C0")
        middle = x + 60 + 145
        board.rectangle(middle - width / 2, top + 22, width, 12, fill=COLOURS[2])
        line = f"behind layer {i + 1}: {size}×{size} pixels"
        board.text(x + 60, top + 10, line, size=14, anchor="lm")


@torch_as_it_starts()
def output_size_calculator():
    """Return the view: sizes to slide or type, a stack to type."""
    return View(
        "Output size, seen pixels and receptive field",
        "input 7, kernel 2: which pixels does stride 3 never look at? "
        "Then AlexNet's 224, 11 and stride 4.",
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
            ),
        },
        draw_output_size,
    )
