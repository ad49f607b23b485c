"""View 5, for notebook 04: pooling, and where each gradient goes."""

import textwrap

import ipywidgets
import numpy as np
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit.board import Board, signed_colours
from cnn_course.views.kit.controls import Number, dropdown
from cnn_course.views.kit.number_grid import LARGEST, NumberGrid, as_matrix
from cnn_course.views.kit.stepper import Stepper, stride_control, window_places
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 3, 2, 0), (5, 3, 1, 1), (0, 2, 4, 8), (2, 0, 6, 6))
SIZES = ((3, 3), (4, 4), (5, 5), (6, 6))
MODES = ("max", "average")
ARRIVING = ("10, 20, 30, …", "all 1")
# In CSS pixels: the board's width; x of inputs, of outputs, of what is written; y of
# what goes forwards.
WIDTH, LEFT, MIDDLE, RIGHT, UPPER = 860, 4, 244, 466, 32


def output_shape(X, window, stride):
    """Return (rows, columns) of the output; ValueError if the window fits nowhere."""
    return tuple(window_places(n, window, stride, "window") for n in X.shape)


def shares(X, window, stride, mode):
    """Return how much of each output each input makes, (rows, columns, H, W).

    Average: 1/window² for each input of the window. Max: 1 for the winner, the first
    of equals as in PyTorch.
    """
    share = torch.zeros(*output_shape(X, window, stride), *X.shape)
    for i, j in np.ndindex(*share.shape[:2]):
        top, left = i * stride, j * stride
        if mode == "average":
            share[i, j, top : top + window, left : left + window] = 1 / window**2
        else:
            place = X[top : top + window, left : left + window].argmax().item()
            share[i, j, top + place // window, left + place % window] = 1
    return share


def pool(X, share):
    """Return the output (rows, columns): inputs, summed with their shares."""
    return (share * X).sum(dim=(2, 3))


def pool_backward(gradient, share):
    """Return the inputs' gradient (H, W) for the gradient (rows, columns) of outputs.

    The same shares, backwards: where windows overlap, the contributions add up.
    """
    return (share * gradient[..., None, None]).sum(dim=(0, 1))


def arriving_gradient(kind, shape):
    """Return a gradient for outputs of this shape: 10, 20, 30, … by row, or ones."""
    if kind == "all 1":
        return torch.ones(shape)
    return 10.0 * torch.arange(1, shape[0] * shape[1] + 1).reshape(shape)


def measures(X):
    """Return in CSS pixels: a grid's side, y of the lower grids, the board's height."""
    side = max(160, 24 * max(X.shape))
    return side, UPPER + side + 40, UPPER + 2 * side + 46


def cell_of(shape, side):
    return min(54, side / max(shape))


def draw_pooling(X, mode, window, stride, step, arriving):
    """Draw what goes forwards and backwards, output `step` outlined.

    Returns (board, text).
    """
    share = shares(X, window, stride, mode)
    Y = pool(X, share)
    gradient = arriving_gradient(arriving, Y.shape)
    back = pool_backward(gradient, share)
    row, column = divmod(step - 1, Y.shape[1])
    area = (row * stride, column * stride, window, window)
    unseen = shares(X, window, stride, "average").sum(dim=(0, 1)) == 0
    forwards = _forwards(X, Y, mode, area, row, column)
    backwards = _backwards(share, gradient, mode, window, row, column)
    legend = ["● wins in a window", "○ as large, but not the first"] * (mode == "max")
    if unseen.any():
        legend.append("grey: in no window")
        count = int(unseen.sum())
        backwards.append(f"{count} of {X.numel()} inputs are in no window: gradient 0")
    side, lower, height = measures(X)
    board = Board(WIDTH, height)
    here = (row, column, 1, 1)
    _draw_grid(board, f"input {size_of(X)}", X, LEFT, UPPER, side, area, unseen)
    _draw_grid(board, f"output {size_of(Y)}", Y, MIDDLE, UPPER, side, here)
    _draw_grid(board, "gradient of the inputs", back, LEFT, lower, side, area, unseen)
    _draw_grid(board, "gradient that arrives", gradient, MIDDLE, lower, side, here)
    for y, arrow in ((UPPER, "→"), (lower, "←")):
        board.text((LEFT + side + MIDDLE) / 2, y + side / 2, arrow, size=26)
    if mode == "max":
        _draw_marks(board, X, share, window, stride, cell_of(X.shape, side))
    _write(board, "forwards", forwards + legend, UPPER)
    _write(board, "backwards", backwards, lower)
    text = f"{mode} pooling, window {window}, stride {stride}, step {step} of "
    return board, text + "; ".join([str(Y.numel()), *forwards, *backwards])


def _place(row, column):
    return f"row {row + 1}, column {column + 1}"


def _forwards(X, Y, mode, area, row, column):
    """Return sentences about one output."""
    top, left, window, _ = area
    values = X[top : top + window, left : left + window].flatten().tolist()
    listed = ", ".join(map(number, values))
    if len(values) > 9:
        listed = f"{len(values)} numbers"
    what = "largest" if mode == "max" else "average"
    value = Y[row, column].item()
    lines = [f"output {_place(row, column)}", f"{what} of {listed}: {number(value)}"]
    equals = values.count(value)
    if mode == "max" and equals > 1:
        lines.append(f"{number(value)} is there {equals} times: the first one wins")
    return lines


def _backwards(share, gradient, mode, window, row, column):
    """Return sentences about where the gradient of one output goes, and about all."""
    arriving = number(gradient[row, column].item())
    if mode == "average":
        each = gradient[row, column].item() / window**2
        each = f"{'=' if is_exact(each) else '≈'} {number(each)}"
        lines = [f"its gradient is shared out: {arriving} / {window**2} {each} each"]
    else:
        i, j = divmod(share[row, column].argmax().item(), share.shape[3])
        lines = [f"its gradient {arriving} goes to the winner, {_place(i, j)}"]
        parts = gradient[share[:, :, i, j] > 0].tolist()
        if len(parts) > 1:
            terms = " + ".join(map(number, parts))
            lines.append(f"which wins {len(parts)} times: {terms} = {sum(parts):g}")
    whole, back = gradient.sum().item(), pool_backward(gradient, share).sum().item()
    sums = f"in all {number(whole)} arrive and the inputs get {number(back)}"
    return [*lines, f"{sums}: nothing is lost"]


def _draw_grid(board, title, matrix, x, y, side, window, unseen=None):
    cell = cell_of(matrix.shape, side)
    colours = signed_colours(matrix, room=1.6)
    if unseen is not None:
        colours[unseen.numpy()] = 0xDC
    board.title(x, y - 14, title)
    board.grid(matrix, x, y, cell, colours=colours)
    board.window(x, y, cell, *window)


def _draw_marks(board, X, share, window, stride, cell):
    """Mark every winner with a dot, every later equal of one with a ring."""
    wins = share.sum(dim=(0, 1)) > 0
    equal = torch.zeros_like(wins)
    for i, j in np.ndindex(*share.shape[:2]):
        top, left = i * stride, j * stride
        area = slice(top, top + window), slice(left, left + window)
        equal[area] |= X[area] == X[area].max()
    for i, j in np.ndindex(*X.shape):
        if equal[i, j]:
            where = LEFT + (j + 1) * cell - 7, UPPER + i * cell + 7
            board.text(*where, "●" if wins[i, j] else "○", size=min(11, cell / 3))


def _write(board, title, lines, y):
    board.title(RIGHT, y - 14, title)
    y += 10
    for line in lines:
        parts = textwrap.wrap(line, 45)
        board.lines(RIGHT, y, parts, 20)
        y += 20 * len(parts) + 5


@torch_as_it_starts()
def pooling_explorer(X=None):
    """Return the view: pooling of X (H, W), up to 8×8; by default notebook 04's."""
    X = as_matrix("X", X_DEFAULT if X is None else X)
    grid = NumberGrid("input", X, SIZES)
    stepper = Stepper()

    def draw(step, **values):
        X = values["X"]
        rows, columns = output_shape(X, values["window"], values["stride"])
        side, _, height = measures(X)
        box = (MIDDLE, UPPER, cell_of((rows, columns), side))
        stepper.fit(rows, columns, box, (WIDTH, height))
        return draw_pooling(step=step.chosen(), **values)

    return View(
        "Pooling, forwards and backwards",
        "window 2, stride 1: which input collects the most gradient? Then stride 3: "
        "which inputs get none?",
        {
            "X": grid,
            "mode": ipywidgets.ToggleButtons(
                options=[(f"{mode} pooling", mode) for mode in MODES],
                style={"button_width": "130px"},
            ),
            "window": Number(
                "window", min(2, grid.rows, grid.columns), 1, 4, limits=(1, LARGEST)
            ),
            "stride": stride_control(2),
            "arriving": dropdown("gradient that arrives:", ARRIVING),
            "step": stepper,
        },
        draw,
        rows=[["X", ("mode", "window", "stride", "arriving", "step")]],
        over=stepper.cells,
    )
