"""View 1, for notebook 01: the window moves, multiplies and adds."""

import ipywidgets
import numpy as np
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number, stride_control, window_places
from cnn_course.views.kit.parts import grid, title, window
from cnn_course.views.kit.svg import BLUE, SOFT
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.touch import Cells, Chips, Place, Switch, as_matrix, chips
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 2, 0), (3, 1, 4), (1, 2, 5))
K_DEFAULT = ((1, 2), (3, 0))
LARGEST_KERNEL, LARGEST_PADDING = 5, 2
SIZES = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3))
FLIP = "flip the kernel: convolution"
SHORT = 6  # products that fit on one line
# In CSS pixels: the picture's width; x of input, kernel and output; y of the grids.
WIDTH, LEFT, MIDDLE, RIGHT, TOP, SIDE = 860, 4, 300, 600, 60, 250


def correlate(X, K, padding, stride, flip):
    """Return what slides over what, and the result: (padded X, kernel laid, Y).

    X (H, W) and K (h, w); `flip` turns K by half a turn, as a convolution does.
    Raises ValueError with a sentence if K fits nowhere.
    """
    for n, size in zip(X.shape, K.shape, strict=True):
        window_places(n + 2 * padding, size, stride, "kernel")
    padded = F.pad(X, (padding,) * 4)
    laid = K.flip(0, 1) if flip else K
    Y = F.conv2d(padded[None, None], laid[None, None], stride=stride)[0, 0]
    return padded, laid, Y


def written_out(values, kernel, value):
    """Return the products by row, ["1·1 + 2·2", "3·3 + 1·0"], and the sum, "= 14"."""
    rows = [
        " + ".join(f"{_written(x)}·{_written(k)}" for x, k in zip(*pair, strict=True))
        for pair in zip(values.tolist(), kernel.tolist(), strict=True)
    ]
    numbers = [*values.flatten().tolist(), *kernel.flatten().tolist(), value]
    return rows, f"{'=' if all(map(is_exact, numbers)) else '≈'} {number(value)}"


def _written(value):
    text = number(value)
    return f"({text})" if text.startswith("−") else text


class Outputs(Place):
    """The output under the window, and which outputs a press has revealed."""

    def __init__(self):
        super().__init__()
        self.known = set()

    def forget(self):
        self.known = set()

    def touch(self, place, touch):
        super().touch(place, touch)
        if touch.kind == "press":
            self.known.add((self.row, self.column))


def draw_correlation(
    X, K, place=(0, 0), known=(), padding=0, stride=1, flip=False, texts=None, above=""
):
    """Draw input, kernel, products and output, the window at output `place`.

    known  the places of the outputs that are shown; the others are a "?"
    texts  of the kernel as it is being typed
    above  what stands above the grids, in the first 30 pixels
    """
    padded, laid, Y = correlate(X, K, padding, stride, flip)
    (row, column), (h, w) = place, K.shape
    top, left = row * stride, column * stride
    values = padded[top : top + h, left : left + w]
    rows, total = written_out(values, laid, Y[row, column].item())
    total = total if place in known else "= ?"
    where = f"output row {row + 1}, column {column + 1}"
    name = "convolution" if flip else "cross-correlation"
    label = (
        f"{name}, {where}: {' + '.join(rows)} {total}; input {size_of(X)}, kernel "
        f"{size_of(K)}, padding {padding}, stride {stride}: output {size_of(Y)}, "
        f"{len(known)} of {Y.numel()} shown"
    )
    lines = [" + ".join(rows)] if K.numel() <= SHORT else rows
    height = TOP + SIDE + 40 + 22 * len(lines)
    return svg.picture(
        WIDTH,
        height,
        label,
        above,
        _draw_input(X, padded, padding, stride, Y.shape, (top, left, h, w)),
        _draw_kernel(K, laid, values, flip, texts),
        _draw_output(Y, place, known),
        _draw_sum(where, lines, total, TOP + SIDE + 30),
    )


def _cell(matrix, side=SIDE):
    return min(78, side / max(matrix.shape))


def _draw_input(X, padded, padding, stride, shape, seen):
    """Draw the padded input; every number can be touched: the window comes to it."""
    cell = _cell(padded)
    colours = np.full((*padded.shape, 3), 0xDC, dtype=np.uint8)
    inside = slice(padding, padding + len(X)), slice(padding, padding + X.shape[1])
    colours[inside] = svg.signed_colours(X, room=1.6)

    def output(i, j):  # the last window that begins at or before this number
        i, j = (min(n // stride, most - 1) for n, most in zip((i, j), shape, strict=1))
        return f"place:{i},{j}"

    hint = f"input {size_of(X)}" + (f", grey: padding {padding}" if padding else "")
    numbers = grid(padded, LEFT, TOP, cell, colours=colours, data_hover=output)
    return svg.join(
        title(LEFT, TOP - 14, hint), numbers, window(LEFT, TOP, cell, *seen)
    )


def _draw_kernel(K, laid, values, flip, texts):
    """Draw the kernel, to be typed in, and under it its products with the window."""
    cell = min(55, 110 / max(K.shape))
    right, lower = MIDDLE + 132, TOP + 110 + 40
    turned = grid(laid, right, TOP, cell, top=K.abs().max().item())
    parts = [
        title(MIDDLE, TOP - 14, f"kernel {size_of(K)}"),
        grid(K, MIDDLE, TOP, cell, at="K", says="kernel", texts=texts),
        title(right, TOP - 14, "flipped") if flip else "",
        turned if flip else "",
        title(MIDDLE, lower - 14, "window × kernel, number by number"),
        grid(values, MIDDLE, lower, cell),
        grid(values * laid, right, lower, cell),
        svg.text(right - 11, lower + 55, "→", anchor="middle"),
    ]
    return svg.join(*parts)


def _draw_output(Y, place, known):
    cell = _cell(Y)
    shown = {spot for spot in np.ndindex(*Y.shape) if spot in known}
    colours = svg.signed_colours(Y, room=1.6)
    texts = [["?"] * Y.shape[1] for _ in Y]
    for i, j in np.ndindex(*Y.shape):
        if (i, j) in shown:
            texts[i][j] = number(Y[i, j].item())
        else:
            colours[i, j] = 255
    return svg.join(
        title(RIGHT, TOP - 14, f"output {size_of(Y)}"),
        grid(
            Y,
            RIGHT,
            TOP,
            cell,
            at="place",
            says="output",
            colours=colours,
            texts=texts,
            data_hover=lambda i, j: f"place:{i},{j}",
        ),
        window(RIGHT, TOP, cell, *place, 1, 1),
    )


def _draw_sum(where, lines, total, y):
    parts = [svg.text(LEFT, y, f"{where}:", fill=SOFT)]
    for i, line in enumerate(lines):
        end = total if i == len(lines) - 1 else "+"
        place = 220, y + 22 * i
        parts.append(svg.text(*place, f"{line} {end}", size=16, bold=True, fill=BLUE))
    return svg.join(*parts)


@torch_as_it_starts()
def correlation_stepper(X=None, K=None):
    """Return the view: a kernel to edit, a window to move over X.

    X, K  (H, W), up to 8×8, and (h, w), up to 5×5; by default notebook 01's
    """
    X = as_matrix("X", X_DEFAULT if X is None else X)
    cells = Cells(
        "kernel", as_matrix("K", K_DEFAULT if K is None else K, LARGEST_KERNEL)
    )
    outputs, play = (
        Outputs(),
        ipywidgets.Play(
            -1, min=-1, interval=900, show_repeat=False, tooltip="play, stop"
        ),
    )
    sizes = {
        size: f"{size[0]}×{size[1]}" for size in sorted({*SIZES, cells.read().shape})
    }
    size = Chips(sizes, tuple(cells.read().shape))
    asked = None

    def draw(K, place, size, padding, stride, flip, reveal):
        nonlocal asked
        if size != tuple(K.shape):
            cells.resize(*size)
            K = cells.read()
        Y = correlate(X, K, padding, stride, flip)[2]
        if asked != (settings := (K.tolist(), padding, stride, flip)):
            asked = settings
            outputs.forget()  # these are other numbers: to be predicted anew
        outputs.fit(*Y.shape)
        play.max = Y.numel() - 1
        known = set(np.ndindex(*Y.shape)) if reveal else outputs.known
        above = svg.join(
            svg.text(LEFT, 14, "kernel"),
            chips(60, 14, "size", sizes, size)[0],
            chips(MIDDLE + 60, 14, "flip", {True: FLIP}, flip)[0],
            chips(RIGHT, 14, "reveal", {True: "show all outputs"}, reveal)[0],
        )
        here, sizes_now = (outputs.row, outputs.column), (padding, stride, flip)
        return draw_correlation(X, K, here, known, *sizes_now, cells.texts, above)

    view = View(
        "Cross-correlation, step by step",
        "predict a number that is still “?”, then press it. Point at the input or the "
        "output: the window comes along. Type other numbers into the kernel.",
        {
            "K": cells,
            "place": outputs,
            "size": size,
            "flip": Switch(),
            "reveal": Switch(),
            "padding": Number("padding", 0, 0, LARGEST_PADDING),
            "stride": stride_control(1),
        },
        draw,
        rows=[[play, "padding", "stride"]],
    )

    def step(change):
        if change["new"] >= 0:  # -1: stopped, before the first
            row, column = divmod(change["new"], outputs.columns)
            view.touch("press", f"place:{row},{column}")

    play.observe(step, "value")
    return view
