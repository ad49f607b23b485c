"""View 5, for notebook 04: pooling, and where each gradient goes."""

import numpy as np
import torch
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import controls, parts, svg, touch
from cnn_course.views.kit.texts import is_exact, number, size_of
from cnn_course.views.kit.view import View

X_DEFAULT = ((1, 3, 2, 0), (5, 3, 1, 1), (0, 2, 4, 8), (2, 0, 6, 6))
MODES = {"max": "max pooling", "average": "average pooling"}
# In CSS pixels: x and y of the input; room for the arrows between it and the output.
LEFT, TOP, GAP = 4, 58, 180


def shares(X, window, stride, mode):
    """Return how each output changes with each input, float (rows, columns, H, W).

    Average: 1/window² for each input of the window. Max: 1 for the winner, the first
    of equals, as torch has it. Raises ValueError if the window fits nowhere.
    """
    for n in X.shape:
        controls.window_places(n, window, stride, "window")
    if mode == "max":
        _, winners = F.max_pool2d(X[None], window, stride, return_indices=True)
        return F.one_hot(winners[0], X.numel()).float().unflatten(-1, X.shape)
    one_at_a_time = torch.eye(X.numel()).unflatten(-1, X.shape)
    pooled = F.avg_pool2d(one_at_a_time, window, stride)
    return pooled.movedim(0, -1).unflatten(-1, X.shape)


def draw_pooling(X, mode, window, stride, place):
    """Draw input, output and the gradient's way; X: the `Cells` of the input."""
    X, texts = X.numbers, X.texts
    share, windows = (shares(X, window, stride, m) for m in (mode, "average"))
    Y = (share * X).sum(dim=(2, 3))
    gradient = 10.0 * torch.arange(1, Y.numel() + 1).reshape(Y.shape)
    back = (share * gradient[..., None, None]).sum(dim=(0, 1))
    unseen = windows.sum(dim=(0, 1)) == 0
    place.fit(*Y.shape)
    here = place.row, place.column
    values = X[windows[here] > 0].tolist()
    lines = [
        *_sentences(values, Y[here].item(), share, gradient, mode, here),
        f"in all {number(gradient.sum())} arrive and the inputs get "
        f"{number(back.sum())}: nothing is lost",
    ]
    if unseen.any():
        lines.append(f"×: {unseen.sum()} of {X.numel()} inputs are in no window")
    cell = min(66, 320 / max(X.shape))
    right, end = LEFT + X.shape[1] * cell + GAP, TOP + len(X) * cell
    colours = svg.signed_colours(X, room=1.6)
    colours[unseen.numpy()] = 0xDC
    seen = place.row * stride, place.column * stride, window, window
    inputs = dict(at="X", colours=colours, texts=texts, seen=seen)
    outputs = dict(at="place", data_hover="place:{},{}".format, seen=(*here, 1, 1))
    outputs |= dict(data_shows=parts.WINDOW)
    arriving = dict(anchor="middle", fill=svg.BLUE)
    return svg.picture(
        860,
        end + 102,
        f"{mode} pooling, window {window}, stride {stride}; {'; '.join(lines)}",
        touch.chips(LEFT, 14, "mode", MODES, mode)[0],
        parts.grid(X, LEFT, TOP, cell, f"input {size_of(X)}", **inputs),
        parts.windows(LEFT, TOP, cell, Y.shape, stride, (window, window)),
        svg.text(right - GAP / 2, TOP - 14, "← gradient", **arriving),
        parts.grid(Y, right, TOP, cell, f"output {size_of(Y)}", **outputs),
        *_arrows(share, gradient, mode, here, cell, right),
        *_pills(back, LEFT, cell, unseen),
        *_pills(gradient, right, cell, gradient == 0),
        *(svg.text(LEFT, end + 20 + 22 * i, line) for i, line in enumerate(lines)),
    )


def _sentences(values, value, share, gradient, mode, place):
    """Return what one output makes of the values it sees, and its gradient's way."""
    arriving, listed = gradient[place].item(), ", ".join(map(number, values[:9]))
    listed += ", …" * (len(values) > 9)
    output = f"output row {place[0] + 1}, column {place[1] + 1}"
    if mode == "average":
        each = arriving / len(values)
        shared = f"{number(arriving)} / {len(values)} {'=' if is_exact(each) else '≈'}"
        return (
            f"{output}: average of {listed}: {number(value)}",
            f"its gradient is shared out: {shared} {number(each)} each",
        )
    equals = values.count(value)
    tie = f"; {number(value)} is there {equals} times: the first one wins"
    i, j = np.argwhere(share[place].numpy())[0]
    terms = gradient[share[:, :, i, j] > 0].tolist()
    wins = f", which wins {len(terms)} times: {' + '.join(map(number, terms))} = "
    wins += f"{sum(terms):g}"
    winner = f"the winner, row {i + 1}, column {j + 1}" + wins * (len(terms) > 1)
    return (
        f"{output}: largest of {listed}: {number(value)}{tie * (equals > 1)}",
        f"its gradient {number(arriving)} goes to {winner}",
    )


def _arrows(share, gradient, mode, place, cell, right):
    """Yield the gradients' ways: strong that of output `place` and to its winner."""
    share, ways = share.numpy(), [place]
    if mode == "max":
        ways = [*np.ndindex(*share.shape[:2])]
    strong = [way for way in ways if (share[way] * share[place]).any()]
    for i, j in ways:
        on, begin = (i, j) in strong, TOP + (i + 1) * cell - 7
        colour, width, opacity = (svg.BLUE, 2, None) if on else (svg.SOFT, 1, 0.4)
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


def _pills(values, x, cell, unseen):
    """Yield the gradients at the feet of the squares, a × where none can arrive."""
    style = dict(anchor="middle", fill="#000000", pointer_events="none")
    for i, j in np.ndindex(*values.shape):
        at = x + (j + 0.5) * cell, TOP + (i + 1) * cell - 7
        if unseen[i, j]:
            yield svg.text(*at, "×", **style)
        elif values[i, j]:
            yield _pill(*at, values[i, j])


def _pill(x, y, value):
    words = f"{value:.4g}"  # more digits would not fit into a square
    width = svg.width_of(words, 12) + 6
    box = svg.rect(x - width / 2, y - 6.5, width, 13, rx=5, fill=svg.BLUE)
    word = svg.text(x, y, words, size=12, anchor="middle", fill=svg.PAPER)
    return svg.tag("g", box, word, pointer_events="none")


@torch_as_it_starts()
def pooling_explorer(X=X_DEFAULT):
    """Return the view: pooling of X (H, W), up to 8×8; by default notebook 04's."""
    cells = touch.Cells("input", touch.as_matrix("X", X))
    first = min(2, *cells.numbers.shape)
    return View(
        "Pooling, forwards and backwards",
        "point at an output; set stride 1, then stride 3; type other numbers",
        {
            "X": cells,
            "mode": touch.Chips(MODES, "max"),
            "window": controls.Number("window", first, 1, 4, limits=(1, touch.LARGEST)),
            "stride": controls.stride_control(2),
            "place": touch.Place(),
        },
        draw_pooling,
    )
