"""How one unit, a number of a feature map or of a vector, comes from its inputs."""

import types

import numpy as np
import torch
from torch import nn

from cnn_course.networks import Residual
from cnn_course.views.kit.texts import number


def window_of(stage, channel, row, column):
    """Return the part of a stage's (first) input that makes a number of its output.

    That is ranges of channels, rows and columns; in the padding are rows < 0 or ≥ H.
    """
    layer, (C, H, W) = stage.layer, stage.sources[0].Y.shape
    if stage.kind == "flatten":
        channel, row, column = np.unravel_index(channel, (C, H, W))
    channels = range(channel, channel + 1)
    if stage.kind in ("linear", "softmax"):
        channels = range(C)
    elif stage.kind == "convolution":
        taken, made = C // layer.groups, layer.out_channels // layer.groups
        channels = range(channel // made * taken, (channel // made + 1) * taken)
    sides = zip((0, 1), (row, column), (H, W), stage.Y.shape[1:], strict=True)
    return channels, *(_covered(layer, *side) for side in sides)


def _covered(layer, axis, i, n, m):
    """Return which of n rows (axis 0) or columns (axis 1) make number i of m."""
    if hasattr(layer, "output_size"):  # adaptive pooling: m windows share n out
        return range(i * n // m, -(-(i + 1) * n // m))
    if not hasattr(layer, "kernel_size"):
        return range(i, i + 1)
    names = "kernel_size", "stride", "padding", "dilation"
    values = (getattr(layer, name, 1) for name in names)  # one number or two
    size, stride, padding, dilation = (
        value[axis] if isinstance(value, tuple) else value for value in values
    )
    extent = dilation * (size - 1) + 1
    padding = {"same": (extent - 1) // 2, "valid": 0}.get(padding, padding)
    return range(i * stride - padding, i * stride - padding + extent, dilation)


def ends(window):
    """Return the first and the last (channel, row, column) of a `window_of`."""
    return np.array([[side[end] for side in window] for end in (0, -1)])


def sees(stages, k, *unit, inside=True):
    """Return the part of the picture that a unit of stage `k` depends on.

    Its receptive field, as an array [first, last] of (channel, row, column): a
    rectangle around it, where dilation leaves pixels out. What lies in the padding
    belongs to it unless `inside`.
    """
    reach = {stages[k]: np.array([unit, unit])}
    for stage in reversed(stages[1 : k + 1]):
        if stage not in reach:  # on the other way through a `Residual`
            continue
        first, last = (ends(window_of(stage, *unit)) for unit in reach[stage].tolist())
        for source in stage.sources:
            old = reach.get(source, (first[0], last[1]))
            both = np.minimum(first[0], old[0]), np.maximum(last[1], old[1])
            most = np.subtract(source.Y.shape, 1)
            reach[source] = np.clip(both, 0, most) if inside else np.array(both)
    return reach[stages[0]]


@torch.no_grad()
def explain(stage, channel, row=0, column=0):
    """Return how one number of a stage's output comes from its inputs, with these.

    window     the part of its input that it takes, see `window_of`
    values     that part, float64 (C, h, w), 0 in the padding. Of "add": (2, 1, 1)
    inside     bool (h, w): what is not padding
    kernel     what the values are multiplied with, (C, h, w), or None
    partial    what each of several channels contributes, (C,), or None
    total      the unit's number, calculated here, not taken from torch
    sentences  the same in words and numbers
    """
    H, W = stage.sources[0].Y.shape[1:]
    window = window_of(stage, channel, row, column)
    channels, rows, columns = (torch.tensor(side) for side in window)
    rows = rows[:, None]
    inside = (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    place = channels[:, None, None], rows.clamp(0, H - 1), columns.clamp(0, W - 1)
    values = torch.cat([s.Y[place].double() * inside for s in stage.sources])
    found = types.SimpleNamespace(window=window, values=values, inside=inside)
    found.kernel = found.partial = None
    rule, *_ = RULES[stage.kind]
    found.total, *found.sentences = rule(found, stage, channel, row, column)
    return found


def digits(value):
    """Return a number as short text, also a small one: two digits count."""
    value = float(value)
    if abs(value) >= 1:
        return number(value)
    return f"{value + 0.0:.2g}".replace("-", "−")


# Each rule returns the number, and sentences that tell how it comes about.


def _weighted(found, stage, channel, *_):
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


def _max(found, *_):
    values = found.values[0][found.inside]
    return values.max().item(), f"max of {_listed(values)}: {digits(values.max())}"


def _average(found, stage, channel, row, column):
    values = found.values[0][found.inside]
    # Torch counts zeros of the padding, or does not: of ones it makes their share.
    ones = stage.layer(torch.ones_like(stage.sources[0].Y[:1]))[0, row, column]
    count = round(len(values) / ones.item())
    total = values.sum().item() / count
    told = f"sum of {_listed(values)}: {digits(values.sum())}"
    return total, f"{told}, divided by {count}: {digits(total)}"


def _listed(values):
    few = len(values) <= 25
    return ", ".join(map(digits, values)) if few else f"{len(values)} numbers"


def _batch_norm(found, stage, channel, *_):
    layer, x = stage.layer, found.values.item()
    of = layer.running_mean, layer.running_var, layer.weight, layer.bias
    mean, variance, weight, bias = (numbers[channel].item() for numbers in of)
    total = (x - mean) / (variance + layer.eps) ** 0.5 * weight + bias
    told = f"({digits(x)} − mean {digits(mean)}) / √(variance {digits(variance)} + ε)"
    told += f" × weight {digits(weight)} + bias {digits(bias)}"
    return total, f"{told} = {digits(total)}"


def _activation(found, stage, *_):
    name, x = type(stage.layer).__name__, digits(found.values)
    total = stage.layer(found.values.clone()).item()  # it may work in place
    sigmoid = f"1 / (1 + e^({digits(-found.values)}))"
    formula = {"ReLU": f"max(0, {x})", "Sigmoid": sigmoid}.get(name, f"{name}({x})")
    return total, f"{formula} = {digits(total)}"


def _softmax(found, stage, channel, *_):
    logits = found.values.flatten()
    powers = found.partial = logits.exp()
    share = logits.softmax(0)[channel].item()  # of large logits, too
    told = f"e^({digits(logits[channel])}) = {digits(powers[channel])}"
    all_, share_ = digits(powers.sum()), digits(share)
    return share, told, f"divided by the sum of all, {all_}: {share_}"


def _add(found, *_):
    branch, shortcut = found.values.flatten().tolist()
    told = f"branch {digits(branch)} + shortcut {digits(shortcut)}"
    return branch + shortcut, f"{told} = {digits(branch + shortcut)}"


def _passed_on(found, *_):
    return found.values.item(), f"{digits(found.values)} is passed on as it is"


ACTIVATIONS = (nn.ReLU, nn.Sigmoid, nn.Tanh, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU)
RULES = {  # kind: its rule, and the layers that follow it
    "convolution": (_weighted, nn.Conv2d),
    "max pooling": (_max, nn.MaxPool2d, nn.AdaptiveMaxPool2d),
    "average pooling": (_average, nn.AvgPool2d, nn.AdaptiveAvgPool2d),
    "batch norm": (_batch_norm, nn.BatchNorm2d, nn.BatchNorm1d),
    "activation": (_activation, *ACTIVATIONS),
    "dropout": (_passed_on, nn.Dropout, nn.Dropout2d),
    "flatten": (_passed_on, nn.Flatten),
    "linear": (_weighted, nn.Linear),
    "softmax": (_softmax, nn.Softmax),
    "add": (_add, Residual),
}
