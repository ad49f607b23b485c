"""View 1, for notebook 01: the window moves, multiplies and adds."""

import functools

import numpy as np
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number, stride_control, window_places
from cnn_course.views.kit.parts import grid, title, window
from cnn_course.views.kit.svg import BLUE, SOFT
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.touch import Buttons, Cells, Place, Switch, as_matrix, chips
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 2, 0), (3, 1, 4), (1, 2, 5))
K_DEFAULT = ((1, 2), (3, 0))
SIZES = {(h, w): f"{h}×{w}" for h, w in ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3))}
# In CSS pixels: x of input, kernel, second kernel and output; y and side of the grids.
LEFT, MIDDLE, SECOND, RIGHT, TOP, SIDE = 4, 300, 432, 600, 60, 250


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

    def factor(value):
        text = number(value)
        return f"({text})" if text.startswith("−") else text

    rows = [
        " + ".join(f"{factor(x)}·{factor(k)}" for x, k in zip(*pair, strict=True))
        for pair in zip(values.tolist(), kernel.tolist(), strict=True)
    ]
    numbers = [*values.flatten().tolist(), *kernel.flatten().tolist(), value]
    return rows, f"{'=' if all(map(is_exact, numbers)) else '≈'} {number(value)}"


class Outputs(Place):
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


def draw_correlation(X, cells, K, place, flip, reveal, padding, stride, size=None):
    """Draw input, kernel, products and output, the window at one output.

    cells  the control in which K is typed; place: an `Outputs`; size: only pressed
    """
    padded, laid, Y = correlate(X, K, padding, stride, flip)
    known = place.show(Y, reveal)
    row, column = place.row, place.column
    (h, w), top, left = K.shape, row * stride, column * stride
    values = padded[top : top + h, left : left + w]
    rows, total = written_out(values, laid, Y[row, column].item())
    if not known[row, column]:
        total = "= ?"
    products = " + ".join(rows)
    where = f"output row {row + 1}, column {column + 1}"
    label = (
        f"{'convolution' if flip else 'cross-correlation'}, {where}: {products} "
        f"{total}; input {size_of(X)}, kernel {size_of(K)}, padding {padding}, "
        f"stride {stride}: output {size_of(Y)}, {known.sum()} of {Y.numel()} shown"
    )
    lines = [f"{line} +" for line in rows[:-1]] + [f"{rows[-1]} {total}"]
    if K.numel() <= 6:  # they fit on one line
        lines = [f"{products} {total}"]
    end, style = TOP + SIDE + 30, dict(size=16, bold=True, fill=BLUE)
    return svg.picture(
        860,
        end + 10 + 22 * len(lines),
        label,
        svg.text(LEFT, 14, "kernel"),
        chips(60, 14, "size", SIZES, tuple(K.shape))[0],
        chips(360, 14, "flip", {True: "flip the kernel: convolution"}, flip)[0],
        chips(660, 14, "reveal", {True: "show all outputs"}, reveal)[0],
        _draw_input(X, padded, padding, stride, Y.shape, (top, left, h, w)),
        _draw_kernel(cells, K, laid, values, flip),
        _draw_output(Y, known, row, column),
        svg.text(LEFT, end, f"{where}:", fill=SOFT),
        *(svg.text(220, end + 22 * i, line, **style) for i, line in enumerate(lines)),
    )


def _draw_input(X, padded, padding, stride, shape, seen):
    """Draw the padded input; the window comes to the number that is pointed at."""
    cell = min(78, SIDE / max(padded.shape))
    colours = np.full((*padded.shape, 3), 0xDC, dtype=np.uint8)
    inside = slice(padding, padding + len(X)), slice(padding, padding + X.shape[1])
    colours[inside] = svg.signed_colours(X, room=1.6)

    def output(i, j):  # the last window that begins at or before this number
        i, j = (min(n // stride, most - 1) for n, most in zip((i, j), shape, strict=1))
        return f"place:{i},{j}"

    hint = f"input {size_of(X)}" + f", grey: padding {padding}" * (padding > 0)
    numbers = grid(padded, LEFT, TOP, cell, colours=colours, data_hover=output)
    outline = window(LEFT, TOP, cell, *seen)
    return svg.join(title(LEFT, TOP - 14, hint), numbers, outline)


def _draw_kernel(cells, K, laid, values, flip):
    """Draw the kernel, to be typed in, and under it its products with the window."""
    cell, lower = min(55, 110 / max(K.shape)), TOP + 150
    parts = [
        title(MIDDLE, TOP - 14, f"kernel {size_of(K)}"),
        grid(K, MIDDLE, TOP, cell, at="K", says="kernel", texts=cells.texts),
        title(MIDDLE, lower - 14, "window × kernel, number by number"),
        grid(values, MIDDLE, lower, cell),
        svg.text(SECOND - 11, lower + 55, "→", anchor="middle"),
        grid(values * laid, SECOND, lower, cell),
    ]
    if flip:
        parts += [title(SECOND, TOP - 14, "flipped"), grid(laid, SECOND, TOP, cell)]
    return svg.join(*parts)


def _draw_output(Y, known, row, column):
    cell = min(78, SIDE / max(Y.shape))
    colours = np.where(known[..., None], svg.signed_colours(Y, room=1.6), 255)
    texts = np.where(known, np.vectorize(number)(Y), "?").tolist()
    touch = dict(at="place", says="output", data_hover="place:{},{}".format)
    numbers = grid(Y, RIGHT, TOP, cell, colours=colours, texts=texts, **touch)
    outline = window(RIGHT, TOP, cell, row, column, 1, 1)
    return svg.join(title(RIGHT, TOP - 14, f"output {size_of(Y)}"), numbers, outline)


@torch_as_it_starts()
def correlation_stepper(X=None, K=None):
    """Return the view: a kernel to edit, a window to move over X.

    X, K  (H, W), up to 8×8, and (h, w), up to 5×5; by default notebook 01's
    """
    X = as_matrix("X", X_DEFAULT if X is None else X)
    cells = Cells("kernel", as_matrix("K", K_DEFAULT if K is None else K, 5))
    sizes = {words: functools.partial(cells.resize, *s) for s, words in SIZES.items()}
    return View(
        "Cross-correlation, step by step",
        "predict a number that is still “?”, then press it. Point at the input or the "
        "output: the window comes along. Type other numbers into the kernel.",
        {
            "K": cells,
            "place": Outputs(),
            "size": Buttons(sizes),
            "flip": Switch(),
            "reveal": Switch(),
            "padding": Number("padding", 0, 0, 2),
            "stride": stride_control(1),
        },
        functools.partial(draw_correlation, X, cells),
    )
