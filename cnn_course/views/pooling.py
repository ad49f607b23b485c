"""View 5, for notebook 04: pooling, and where each gradient goes."""

import numpy as np
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import parts, svg
from cnn_course.views.kit.controls import Number, stride_control, window_places
from cnn_course.views.kit.svg import BLUE, PAPER, SOFT
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.touch import LARGEST, Cells, Chips, Place, as_matrix, chips
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 3, 2, 0), (5, 3, 1, 1), (0, 2, 4, 8), (2, 0, 6, 6))
SIZES = ((3, 3), (4, 4), (5, 5), (6, 6))
MODES = {"max": "max pooling", "average": "average pooling"}
ARRIVING = {"tens": "gradient 10, 20, 30, …", "ones": "gradient all 1"}
# In CSS pixels: the picture's width; x, y and side of the input; room for the arrows.
WIDTH, LEFT, TOP, SIDE, GAP = 860, 4, 58, 320, 180


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
    if kind == "ones":
        return torch.ones(shape)
    return 10.0 * torch.arange(1, shape[0] * shape[1] + 1).reshape(shape)


def draw_pooling(X, mode, window, stride, arriving, place=(0, 0), texts=None, above=""):
    """Draw input and output, and the way back of the gradient of output `place`.

    texts  of the input as it is being typed
    above  what stands above the grids, in the first 30 pixels
    """
    share = shares(X, window, stride, mode)
    Y = pool(X, share)
    gradient = arriving_gradient(arriving, Y.shape)
    unseen = shares(X, window, stride, "average").sum(dim=(0, 1)) == 0
    back = pool_backward(gradient, share)
    lines = [
        _forwards(X, Y, mode, window, stride, place),
        _backwards(share, gradient, mode, window, place),
        f"in all {number(gradient.sum())} arrive and the inputs get "
        f"{number(back.sum())}: nothing is lost",
    ]
    legend = f"input {size_of(X)}"
    if unseen.any():
        legend += ", ×: in no window"
        count = f"{int(unseen.sum())} of {X.numel()} inputs"
        lines[-1] += f"; {count} are in no window: gradient 0"
    cell = min(66, SIDE / max(X.shape))
    right, end = LEFT + X.shape[1] * cell + GAP, TOP + len(X) * cell
    colours = svg.signed_colours(X, room=1.6)
    colours[unseen.numpy()] = 0xDC
    inputs = dict(at="X", says="input", colours=colours, texts=texts)
    outputs = dict(at="place", says="output", data_hover="place:{},{}".format)
    seen = place[0] * stride, place[1] * stride, window, window
    return svg.picture(
        WIDTH,
        end + 80,
        f"{mode} pooling, window {window}, stride {stride}; {'; '.join(lines)}",
        above,
        parts.title(LEFT, TOP - 14, legend),
        parts.grid(X, LEFT, TOP, cell, **inputs),
        parts.window(LEFT, TOP, cell, *seen),
        svg.text(right - GAP / 2, TOP - 14, "← gradient", anchor="middle", fill=BLUE),
        parts.title(right, TOP - 14, f"output {size_of(Y)}"),
        parts.grid(Y, right, TOP, cell, **outputs),
        parts.window(right, TOP, cell, *place, 1, 1),
        *_arrows(share, gradient, mode, place, cell, right),
        *_pills(back, LEFT, cell, unseen),
        *_pills(gradient, right, cell),
        *(svg.text(LEFT, end + 20 + 22 * i, line) for i, line in enumerate(lines)),
    )


def _place(row, column):
    return f"row {row + 1}, column {column + 1}"


def _forwards(X, Y, mode, window, stride, place):
    """Return a sentence about one output."""
    top, left = place[0] * stride, place[1] * stride
    values = X[top : top + window, left : left + window].flatten().tolist()
    value = Y[place].item()
    listed = ", ".join(map(number, values))
    if len(values) > 9:
        listed = f"{len(values)} numbers"
    what = "largest" if mode == "max" else "average"
    line = f"output {_place(*place)}: {what} of {listed}: {number(value)}"
    equals = values.count(value)
    if mode == "max" and equals > 1:
        line += f"; {number(value)} is there {equals} times: the first one wins"
    return line


def _backwards(share, gradient, mode, window, place):
    """Return a sentence about where the gradient of one output goes."""
    arriving = gradient[place].item()
    if mode == "average":
        each = arriving / window**2
        each = f"{'=' if is_exact(each) else '≈'} {number(each)}"
        return (
            f"its gradient is shared out: {number(arriving)} / {window**2} {each} each"
        )
    i, j = np.argwhere(share[place].numpy())[0]
    line = f"its gradient {number(arriving)} goes to the winner, {_place(i, j)}"
    terms = gradient[share[:, :, i, j] > 0].tolist()
    if len(terms) > 1:
        listed = " + ".join(map(number, terms if len(terms) < 7 else terms[:2]))
        rest = "" if len(terms) < 7 else f" + … + {number(terms[-1])}"
        line += f", which wins {len(terms)} times: {listed}{rest} = {sum(terms):g}"
    return line


def _arrows(share, gradient, mode, place, cell, right):
    """Yield the ways of the gradients, along the feet of the squares.

    Strong are that of output `place` and, in max pooling, those to the same winner. The
    others of max pooling are faint, those of average pooling too many.
    """
    share, strong = share.numpy(), [place]
    if mode == "max":
        strong = [*zip(*np.nonzero(share[:, :, share[place] > 0][..., 0]), strict=True)]
    for i, j in np.ndindex(*share.shape[:2]) if mode == "max" else strong:
        on, begin = (i, j) in strong, TOP + (i + 1) * cell - 7
        colour, width, opacity = (BLUE, 2, None) if on else (SOFT, 1, 0.4)
        style = dict(stroke_width=width, opacity=opacity, pointer_events="none")
        for row, column in np.argwhere(share[i, j]):
            x, end = LEFT + (column + 0.5) * cell + 15, TOP + (row + 1) * cell - 7
            bend = f"H{right}l{-GAP} {end - begin}H{x}"
            path = f"M{right + (j + 0.5) * cell} {begin}{bend}"
            yield svg.tag("path", d=path, fill="none", stroke=colour, **style)
            yield svg.arrow(x + 12, end, x, end, colour=colour, **style)
            if on:  # side by side where they share a way
                part = (strong.index((i, j)) + 1) / (len(strong) + 1)
                where = right - part * GAP, begin + part * (end - begin)
                yield _pill(*where, share[i, j, row, column] * gradient[i, j].item())


def _pills(values, x, cell, unseen=None):
    """Yield the gradients at the feet of the squares, a × where none can arrive."""
    for i, j in np.ndindex(*values.shape):
        place = x + (j + 0.5) * cell, TOP + (i + 1) * cell - 7
        if unseen is not None and unseen[i, j]:
            style = dict(anchor="middle", fill="#000000", pointer_events="none")
            yield svg.text(*place, "×", **style)
        elif values[i, j]:
            yield _pill(*place, values[i, j])


def _pill(x, y, value):
    words = number(float(f"{value:.3g}"))  # more digits would not fit into a square
    width = svg.width_of(words, 12) + 6
    box = svg.rect(x - width / 2, y - 6.5, width, 13, rx=5, fill=BLUE)
    word = svg.text(x, y, words, size=12, anchor="middle", fill=PAPER)
    return svg.tag("g", box, word, pointer_events="none")


@torch_as_it_starts()
def pooling_explorer(X=None):
    """Return the view: pooling of X (H, W), up to 8×8; by default notebook 04's."""
    cells = Cells("input", as_matrix("X", X_DEFAULT if X is None else X))
    shape = tuple(cells.read().shape)
    sizes = {size: f"{size[0]}×{size[1]}" for size in sorted({*SIZES, shape})}

    def draw(X, size, mode, window, stride, arriving, place):
        if size != tuple(X.shape):
            cells.resize(*size)
            X = cells.read()
        place.fit(*output_shape(X, window, stride))
        here = place.row, place.column
        above = svg.join(
            chips(LEFT, 14, "mode", MODES, mode)[0],
            chips(258, 14, "size", sizes, size)[0],
            chips(530, 14, "arriving", ARRIVING, arriving)[0],
        )
        return draw_pooling(X, mode, window, stride, arriving, here, cells.texts, above)

    return View(
        "Pooling, forwards and backwards",
        "point at an output; set stride 1, then stride 3; type other numbers",
        {
            "X": cells,
            "size": Chips(sizes, shape),
            "mode": Chips(MODES, "max"),
            "window": Number("window", min(2, *shape), 1, 4, limits=(1, LARGEST)),
            "stride": stride_control(2),
            "arriving": Chips(ARRIVING, "tens"),
            "place": Place(),
        },
        draw,
    )
