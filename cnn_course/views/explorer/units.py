"""How one unit, a number of a feature map or of a vector, comes from its inputs."""

import dataclasses
import typing

import numpy as np
import torch
from torch import nn

from cnn_course.views.kit.texts import number

FORMULAS = {
    nn.ReLU: "max(0, {x})",
    nn.Sigmoid: "1 / (1 + e^({minus_x}))",
    nn.Tanh: "tanh({x})",
}


class Window(typing.NamedTuple):
    """A part of maps (C, H, W), three ranges; in the padding are rows < 0 or ≥ H."""

    channels: range
    rows: range
    columns: range


def single(*place):
    """Return the `Window` of one number."""
    return Window(*(range(i, i + 1) for i in place))


def window_of(stage, part):
    """Return the `Window` of a stage's (first) input that makes a part of its output.

    It is exact for one number, else it may hold more than is needed.
    """
    layer, (C, H, W) = stage.layer, stage.inputs[0].shape
    channels, *sides = part
    if stage.kind in ("linear", "softmax"):
        return Window(range(C), *sides)
    if stage.kind == "flatten":
        whole = Window(range(C), range(H), range(W))
        one = len(channels) == 1
        return single(*np.unravel_index(channels[0], (C, H, W))) if one else whole
    if stage.kind == "convolution":
        taken, made = C // layer.groups, layer.out_channels // layer.groups
        channels = channels[0] // made * taken, (channels[-1] // made + 1) * taken
        channels = range(*channels)
    if hasattr(layer, "kernel_size"):
        sides = [side_of(layer, axis, side) for axis, side in enumerate(sides)]
    elif "pooling" in stage.kind:  # adaptive: m windows share n numbers out
        sides = [
            range(side[0] * n // m, -(-(side[-1] + 1) * n // m))
            for side, n, m in zip(sides, (H, W), stage.Y.shape[1:], strict=True)
        ]
    return Window(channels, *sides)


def side_of(layer, axis, side):
    """Return the rows (axis 0) or columns (axis 1) that windows `side` cover."""
    dilation = pair(getattr(layer, "dilation", 1))[axis]
    extent = dilation * (pair(layer.kernel_size)[axis] - 1) + 1
    named = {"same": (extent - 1) // 2, "valid": 0}
    padding = pair(named.get(layer.padding, layer.padding))[axis]
    first, last = (i * pair(layer.stride)[axis] - padding for i in (side[0], side[-1]))
    return range(first, last + extent, dilation if first == last else 1)


def pair(value):
    """Return (height, width) of what torch takes as one number or as two."""
    return value if isinstance(value, tuple) else (value, value)


def sees(stages, k, *unit):
    """Return the `Window` of the picture that a unit of stage `k` depends on.

    Its receptive field, without what lies in the padding: a rectangle around it, where
    dilation leaves pixels out.
    """
    reach = {k: single(*unit)}
    for i in range(k, 0, -1):
        if i not in reach:  # on the other way through a `Residual`
            continue
        part = window_of(stages[i], reach[i])
        for source, X in zip(stages[i].sources, stages[i].inputs, strict=True):
            old = reach.get(source, part)
            sides = zip(part, old, X.shape, strict=True)
            reach[source] = Window(*(_union(*both, n) for *both, n in sides))
    return reach[0]


def _union(a, b, n):
    """Return what of two ranges is in range(n); one number if all is padding."""
    start, stop = min(a.start, b.start), max(a.stop, b.stop)
    return range(min(max(start, 0), n - 1), max(min(stop, n), 1))


@dataclasses.dataclass(eq=False)
class Explanation:
    """One unit, from its inputs.

    window     what it takes of its input
    values     that part, float64 (C, h, w), 0 in the padding. Of "add": (2, 1, 1)
    inside     bool (h, w): what is not padding
    total      the unit's number, calculated here, not taken from torch
    sentences  the same in words and numbers
    kernel     what the values are multiplied with, (C, h, w), or None
    partial    the sum of window × kernel in each channel, (C,), or None
    """

    window: Window
    values: torch.Tensor
    inside: torch.Tensor
    total: float = 0.0
    sentences: tuple = ()
    kernel: torch.Tensor | None = None
    partial: torch.Tensor | None = None


@torch.no_grad()
def explain(stage, channel, row=0, column=0):
    """Return the `Explanation` of one number of a stage's output."""
    H, W = stage.inputs[0].shape[1:]
    window = window_of(stage, single(channel, row, column))
    channels, rows, columns = (torch.tensor(side) for side in window)
    rows = rows[:, None]
    inside = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    place = channels[:, None, None], rows.clamp(0, H - 1), columns.clamp(0, W - 1)
    values = torch.cat([X[place].double() * inside for X in stage.inputs])
    found = Explanation(window, values, inside)
    found.total, *found.sentences = RULES[stage.kind](found, stage, channel)
    return found


def digits(value):
    """Return a number as short text, also a small one: two digits count."""
    value = float(value)
    if abs(value) >= 1:
        return number(value)
    return f"{value + 0.0:.2g}".replace("-", "−")


# Each returns the number, and sentences that tell how it comes about.


def _weighted(found, stage, channel):
    """A convolution, or a linear layer: a 1×1 convolution of 1×1 maps."""
    layer, values = stage.layer, found.values
    found.kernel = layer.weight[channel].double().reshape(values.shape)
    found.partial = (values * found.kernel).sum(dim=(1, 2))
    total = found.partial.sum().item()
    told = f"sum of window × kernel: {digits(total)}"
    if layer.bias is not None:
        total += layer.bias[channel].item()
        told += f" + bias {digits(layer.bias[channel])} = {digits(total)}"
    return total, told


def _max(found, stage, channel):
    values = found.values[0][found.inside]
    return values.max().item(), f"max of {_listed(values)}: {digits(values.max())}"


def _average(found, stage, channel):
    layer, values = stage.layer, found.values[0][found.inside]
    count = len(values)
    if getattr(layer, "count_include_pad", False):
        # With ceil_mode a window may reach beyond the padding, which is not counted.
        (H, W), (top, left) = stage.inputs[0].shape[1:], pair(layer.padding)
        rows = sum(i < H + top for i in found.window.rows)
        count = rows * sum(i < W + left for i in found.window.columns)
    count = getattr(layer, "divisor_override", None) or count
    total = values.sum().item() / count
    told = f"sum of {_listed(values)}: {digits(values.sum())}"
    return total, f"{told}, divided by {count}: {digits(total)}"


def _listed(values):
    few = len(values) <= 25
    return ", ".join(map(digits, values)) if few else f"{len(values)} numbers"


def _batch_norm(found, stage, channel):
    layer, x = stage.layer, found.values.item()
    mean, variance = layer.running_mean[channel], layer.running_var[channel]
    total = (x - mean.item()) / (variance.item() + layer.eps) ** 0.5
    told = f"({digits(x)} − mean {digits(mean)}) / √(variance {digits(variance)} + ε)"
    if layer.affine:
        weight, bias = layer.weight[channel].item(), layer.bias[channel].item()
        total = total * weight + bias
        told += f" × weight {digits(weight)} + bias {digits(bias)}"
    return total, f"{told} = {digits(total)}"


def _activation(found, stage, channel):
    formula = FORMULAS.get(type(stage.layer), type(stage.layer).__name__ + "({x})")
    total = stage.layer(found.values.clone()).item()  # it may work in place
    told = formula.format(x=digits(found.values), minus_x=digits(-found.values))
    return total, f"{told} = {digits(total)}"


def _softmax(found, stage, channel):
    z = found.values.flatten()
    powers, share = z.exp(), z.softmax(0)[channel].item()
    power, total = digits(powers[channel]), digits(powers.sum())
    return (
        share,
        f"e^({digits(z[channel])}) = {power}",
        f"sum of all, {_listed(powers)}: {total}",
        f"{power} / {total} = {digits(share)}",
    )


def _add(found, stage, channel):
    branch, shortcut = found.values.flatten().tolist()
    told = f"branch {digits(branch)} + shortcut {digits(shortcut)}"
    return branch + shortcut, f"{told} = {digits(branch + shortcut)}"


def _passed_on(found, stage, channel):
    return found.values.item(), f"{digits(found.values)} is passed on as it is"


RULES = {
    "convolution": _weighted,
    "linear": _weighted,
    "max pooling": _max,
    "average pooling": _average,
    "batch norm": _batch_norm,
    "activation": _activation,
    "softmax": _softmax,
    "add": _add,
    "flatten": _passed_on,
    "dropout": _passed_on,
}
