"""View 1, for notebook 01: the window moves, multiplies and adds."""

import numpy as np
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit.board import GREY, ORANGE, Board, signed_colours
from cnn_course.views.kit.controls import Number, checkbox
from cnn_course.views.kit.number_grid import NumberGrid, as_matrix
from cnn_course.views.kit.stepper import Stepper, stride_control, window_places
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 2, 0), (3, 1, 4), (1, 2, 5))
K_DEFAULT = ((1, 2), (3, 0))
LARGEST_KERNEL, LARGEST_PADDING = 5, 2
SIZES = ((1, 1), (1, 2), (2, 1), (2, 2), (3, 3))
SHORT = 6  # products that fit on one line
WIDTH, TOP, SIDE = 860, 34, 250  # of the board and its grids, in CSS pixels


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


def written_out(window, kernel, value):
    """Return the products by row, ["1·1 + 2·2", "3·3 + 1·0"], and the sum, "= 14"."""
    rows = [
        " + ".join(f"{_written(x)}·{_written(k)}" for x, k in zip(*pair, strict=True))
        for pair in zip(window.tolist(), kernel.tolist(), strict=True)
    ]
    numbers = [*window.flatten().tolist(), *kernel.flatten().tolist(), value]
    return rows, f"{'=' if all(map(is_exact, numbers)) else '≈'} {number(value)}"


def _written(value):
    text = number(value)
    return f"({text})" if text.startswith("−") else text


def board_height(K):
    """Return the board's height in CSS pixels: a large kernel has a long sum."""
    return TOP + SIDE + 54 + 24 * (_lines(K) - 1)


def _lines(K):
    return 1 if K.numel() <= SHORT else K.shape[0]


def _cell(matrix, side=SIDE):
    return min(78, side / max(matrix.shape))


def output_box(Y):
    """Return where the output is drawn: (left, top, cell), in CSS pixels."""
    return 600, TOP, _cell(Y)


def draw_correlation(X, K, step, padding=0, stride=1, flip=False, reveal=False):
    """Draw input, kernel, output and the sum of output `step`; return (board, text)."""
    padded, laid, Y = correlate(X, K, padding, stride, flip)
    row, column = divmod(step - 1, Y.shape[1])
    top, left = row * stride, column * stride
    h, w = K.shape
    window = padded[top : top + h, left : left + w]
    products, total = written_out(window, laid, Y[row, column].item())
    board = Board(WIDTH, board_height(K))
    _draw_input(board, X, padded, padding)
    _draw_window(board, laid, top, left, _cell(padded))
    _draw_kernel(board, laid, flip)
    _draw_output(board, Y, Y.numel() if reveal else step, row, column)
    place = f"output row {row + 1}, column {column + 1}"
    _draw_sum(board, place, products, total)
    name = "convolution" if flip else "cross-correlation"
    text = (
        f"{name}, {place}, step {step} of {Y.numel()}: {' + '.join(products)} {total}; "
        f"input {size_of(X)}, kernel {size_of(K)}, padding {padding}, stride {stride}: "
        f"output {size_of(Y)}"
    )
    if reveal and Y.numel() <= 25:  # more would be a page of text
        rows = (" ".join(map(number, row)) for row in Y.tolist())
        text += f" with the rows {', '.join(rows)}"
    return board, text


def _draw_input(board, X, padded, padding):
    cell, (rows, columns) = _cell(padded), X.shape
    title = f"input {size_of(X)}" + (f", padding {padding}" if padding else "")
    board.title(4, TOP - 16, title)
    colours = np.full((*padded.shape, 3), 0xDC, dtype=np.uint8)
    inside = slice(padding, padding + rows), slice(padding, padding + columns)
    colours[inside] = signed_colours(X, room=1.6)
    board.grid(padded, 4, TOP, cell, colours=colours, size=_letters(cell))
    corner = 4 + padding * cell, TOP + padding * cell
    board.rectangle(*corner, columns * cell, rows * cell, line=2)
    if padding:
        y = TOP + padded.shape[0] * cell + 14
        board.text(4, y, "grey: zeros around the input", size=13, anchor="lm")


def _draw_window(board, laid, top, left, cell):
    """Outline the window; each of its numbers gets a tag with its factor."""
    board.window(4, TOP, cell, top, left, *laid.shape)
    for (i, j), factor in np.ndenumerate(laid.numpy()):
        tag = "·" + _written(factor)
        width = 7 * len(tag) + 2
        if cell >= 30 and width <= cell - 6:
            x = 4 + (left + j + 1) * cell - 4 - width
            y = TOP + (top + i + 1) * cell - 17
            board.rectangle(x, y, width, 13, fill="white", outline=None)
            board.text(x + width / 2, y + 6, tag, size=11, bold=True, fill=ORANGE)


def _draw_kernel(board, laid, flip):
    cell, (h, w) = _cell(laid, 200), laid.shape
    title = f"kernel {h}×{w}" + (", turned half a turn" if flip else "")
    board.title(330, TOP - 16, title)
    board.grid(laid, 330, TOP, cell, size=_letters(cell))
    board.rectangle(330, TOP, w * cell, h * cell, outline=ORANGE, line=3)


def _letters(cell):
    return min(22, 0.42 * cell)


def _draw_output(board, Y, known, row, column):
    """Draw the first `known` numbers; the others are still to be predicted."""
    x, y, cell = output_box(Y)
    board.title(x, TOP - 16, f"output {size_of(Y)}")
    shown = Y.flatten().clone()
    shown[known:] = 0
    shown = shown.reshape(Y.shape)
    colours = signed_colours(shown, top=Y.abs().max().item(), room=1.6)
    board.grid(shown, x, y, cell, colours=colours, size=_letters(cell))
    for i in range(known, Y.numel()):
        left = x + i % Y.shape[1] * cell
        top = y + i // Y.shape[1] * cell
        inside = left + 0.5, top + 0.5, cell - 1, cell - 1
        board.rectangle(*inside, fill="white", outline=None)
        middle = left + cell / 2, top + cell / 2
        board.text(*middle, "?", size=_letters(cell), fill=GREY)
    board.window(x, y, cell, row, column, 1, 1)


def _draw_sum(board, place, products, total):
    y = TOP + SIDE + 40
    board.text(4, y, f"{place}:", size=15, anchor="lm")
    ends = ["+"] * (len(products) - 1) + [total]
    lines = [f"{line} {end}" for line, end in zip(products, ends, strict=True)]
    if sum(line.count("·") for line in products) <= SHORT:
        lines = [" ".join(lines)]
    letters = min(17, 1000 / max(map(len, lines)))
    board.lines(230, y, lines, 24, size=letters, bold=True)


@torch_as_it_starts()
def correlation_stepper(X=None, K=None):
    """Return the view: a kernel to edit, a window to move over X.

    X, K  (H, W), up to 8×8, and (h, w), up to 5×5; by default notebook 01's
    """
    X = as_matrix("X", X_DEFAULT if X is None else X)
    K = as_matrix("K", K_DEFAULT if K is None else K, LARGEST_KERNEL)
    stepper = Stepper()

    def draw(step, **values):
        sizes = values["K"], values["padding"], values["stride"], values["flip"]
        _, _, Y = correlate(X, *sizes)
        stepper.fit(*Y.shape, output_box(Y), (WIDTH, board_height(values["K"])))
        return draw_correlation(X, step=step.chosen(), **values)

    return View(
        "Cross-correlation, step by step",
        "predict the numbers that are still “?”, then click on one to check.",
        {
            "step": stepper,
            "K": NumberGrid("kernel", K, SIZES),
            "padding": Number("padding", 0, 0, LARGEST_PADDING),
            "stride": stride_control(1),
            "flip": checkbox("flip the kernel (convolution)"),
            "reveal": checkbox("show all outputs"),
        },
        draw,
        rows=[["step"], ["K", ("padding", "stride"), ("flip", "reveal")]],
        over=stepper.cells,
    )
