"""View 1, for notebook 01: the window moves, multiplies and adds."""

import functools
import re

import numpy as np
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import controls, svg, touch
from cnn_course.views.kit.parts import WINDOW, grid, windows
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.touch import Buttons, Cells, Chips, chips
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 2, 0), (3, 1, 4), (1, 2, 5))
K_DEFAULT = ((1, 2), (3, 0))
SIZES = {(h, w): f"{h}×{w}" for h, w in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3))}
FLIP, REVEAL = {True: "flip the kernel: convolution"}, {True: "show all outputs"}
# In CSS pixels: x of input, kernel, second kernel and output; y and side of the grids.
LEFT, MIDDLE, SECOND, RIGHT, TOP, SIDE = 4, 300, 432, 600, 60, 250


def correlate(X, K, padding, stride, flip):
    """Return what slides over what, and the result: (padded X, kernel laid, Y).

    X (H, W) and K (h, w); `flip` turns K by half a turn, as a convolution does.
    Raises ValueError with a sentence if K fits nowhere.
    """
    for n, size in zip(X.shape, K.shape, strict=True):
        controls.window_places(n + 2 * padding, size, stride, "kernel")
    padded = F.pad(X, (padding,) * 4)
    laid = K.flip(0, 1) if flip else K
    Y = F.conv2d(padded[None, None], laid[None, None], stride=stride)[0, 0]
    return padded, laid, Y


def written_out(values, kernel, value):
    """Return the products and their sum, a line for each row of the kernel.

    ["1·1 + 2·2 +", "3·3 + 1·0 = 14"]; the sum is "= ?" if `value` is None.
    """

    def factor(n):
        return re.sub("^−.*", r"(\g<0>)", number(n))

    rows = [
        " + ".join(f"{factor(x)}·{factor(k)}" for x, k in zip(*pair, strict=True))
        for pair in zip(values.tolist(), kernel.tolist(), strict=True)
    ]
    numbers = [*values.flatten().tolist(), *kernel.flatten().tolist(), value or 0]
    equals = "=" if all(map(is_exact, numbers)) else "≈"
    total = "= ?" if value is None else f"{equals} {number(value)}"
    return [*(f"{row} +" for row in rows[:-1]), f"{rows[-1]} {total}"]


class Outputs(touch.Place):
    """The output under the window, and which outputs have been revealed.

    numbers  the outputs, nested lists
    known    bool (rows, columns)
    """

    numbers = None

    def show(self, Y, reveal):
        """Keep up with the outputs Y; other numbers are to be predicted anew."""
        self.fit(*Y.shape)
        if self.numbers != Y.tolist():
            self.numbers, self.known = Y.tolist(), np.zeros(Y.shape, dtype=bool)
        return self.known | reveal

    def touch(self, place, touch):
        super().touch(place, touch)
        if touch.kind == "press":
            self.known[self.row, self.column] = True


def draw_correlation(X, K, place, flip, reveal, padding, stride, size=None):
    """Draw input, kernel, products and output, the window at one output.

    K  the `Cells` of the kernel; place: an `Outputs`; size: only pressed
    """
    K, texts = K.numbers, K.texts
    padded, laid, Y = correlate(X, K, padding, stride, flip)
    known = place.show(Y, reveal)
    row, column = place.row, place.column
    (h, w), top, left = K.shape, row * stride, column * stride
    values = padded[top : top + h, left : left + w]
    value = Y[row, column].item() if known[row, column] else None
    lines = written_out(values, laid, value)
    where = f"output row {row + 1}, column {column + 1}:"
    label = (
        f"{'convolution' if flip else 'cross-correlation'}, {where} {' '.join(lines)}; "
        f"input {size_of(X)}, kernel {size_of(K)}, padding {padding}, stride {stride}: "
        f"output {size_of(Y)}, {known.sum()} of {Y.numel()} shown"
    )
    small, lower, end = min(55, 110 / max(K.shape)), TOP + 150, TOP + SIDE + 30
    style = dict(size=16, bold=True, fill=svg.BLUE)
    return svg.picture(
        860,
        end + 10 + 22 * len(lines),
        label,
        svg.text(LEFT, 14, "kernel"),
        chips(60, 14, "size", SIZES, tuple(K.shape))[0],
        chips(360, 14, "flip", FLIP, flip)[0],
        chips(660, 14, "reveal", REVEAL, reveal)[0],
        _draw_input(X, padded, padding, stride, Y.shape, (top, left, h, w)),
        grid(K, MIDDLE, TOP, small, f"kernel {size_of(K)}", at="K", texts=texts),
        grid(values, MIDDLE, lower, small, "window × kernel, number by number"),
        svg.text(SECOND - 11, lower + 55, "→", anchor="middle"),
        grid(values * laid, SECOND, lower, small),
        grid(laid, SECOND, TOP, small, "flipped") if flip else "",
        _draw_output(Y, known, (row, column, 1, 1)),
        svg.text(LEFT, end, where, fill=svg.SOFT),
        *(svg.text(220, end + 22 * i, line, **style) for i, line in enumerate(lines)),
    )


def _draw_input(X, padded, padding, stride, shape, seen):
    """Draw the padded input; the window comes to the number that is pointed at."""
    colours = svg.signed_colours(padded, room=1.6)
    colours[F.pad(X == X, (padding,) * 4).logical_not().numpy()] = 0xDC  # a grey

    def output(i, j):  # the last window that begins at or before this number
        i, j = (min(n // stride, most - 1) for n, most in zip((i, j), shape, strict=1))
        return f"place:{i},{j}"

    head = f"input {size_of(X)}" + f", grey: padding {padding}" * (padding > 0)
    look, cell = dict(colours=colours, seen=seen), min(78, SIDE / max(padded.shape))
    return svg.join(
        grid(padded, LEFT, TOP, cell, head, data_hover=output, **look),
        windows(LEFT, TOP, cell, shape, stride, seen[2:]),
    )


def _draw_output(Y, known, seen):
    cell, head = min(78, SIDE / max(Y.shape)), f"output {size_of(Y)}"
    colours = np.where(known[..., None], svg.signed_colours(Y, room=1.6), 255)
    texts = np.where(known, np.vectorize(number)(Y), "?").tolist()
    look = dict(colours=colours, texts=texts, seen=seen)
    hover = "place:{},{}".format
    ways = dict(at="place", data_hover=hover, data_shows=WINDOW)
    return grid(Y, RIGHT, TOP, cell, head, **ways, **look)


@torch_as_it_starts()
def correlation_stepper(X=X_DEFAULT, K=K_DEFAULT):
    """Return the view: a kernel to edit, a window to move over X.

    X, K  (H, W), up to 8×8, and (h, w), up to 5×5; by default notebook 01's
    """
    X, cells = touch.as_matrix("X", X), Cells("kernel", touch.as_matrix("K", K, 5))
    sizes = {words: functools.partial(cells.resize, *s) for s, words in SIZES.items()}
    return View(
        "Cross-correlation, step by step",
        "predict a number that is still “?”, then press it. Point at the input or the "
        "output: the window comes along. Type other numbers into the kernel.",
        {
            "K": cells,
            "place": Outputs(),
            "size": Buttons(sizes),
            "flip": Chips(FLIP, False),
            "reveal": Chips(REVEAL, False),
            "padding": controls.Number("padding", 0, 0, 2),
            "stride": controls.stride_control(1),
        },
        functools.partial(draw_correlation, X),
    )
