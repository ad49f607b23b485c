"""How one unit, a number of a feature map or of a vector, comes from its inputs."""

import dataclasses

import torch
from torch import nn

from cnn_course.views.explorer.windows import Window, pair, window_of
from cnn_course.views.kit.texts import number

MOST = 5  # numbers that a sentence names one by one
FORMULAS = {
    nn.ReLU: "max(0, {x})",
    nn.Sigmoid: "1 / (1 + e^({minus_x}))",
    nn.Tanh: "tanh({x})",
}


@dataclasses.dataclass(eq=False)
class Explanation:
    """One unit, from its inputs.

    window     what it takes of its input
    values     that part, float64 (C, h, w), 0 in the padding. Of "add": (2, 1, 1)
    inside     bool (h, w): what is not padding
    kernel     what the values are multiplied with, (C, h, w), or None
    partial    the sum of window × kernel in each channel, (C,), or None
    bias       a number, or None
    total      the unit's number, calculated here, not taken from torch
    sentences  the same in words and numbers
    """

    window: Window
    values: torch.Tensor
    inside: torch.Tensor
    total: float
    sentences: list
    kernel: torch.Tensor | None = None
    partial: torch.Tensor | None = None
    bias: float | None = None


@torch.no_grad()
def explain(stage, channel, row=0, column=0):
    """Return the `Explanation` of one number of a stage's output."""
    window = window_of(stage, channel, row, column)
    if stage.kind == "add":
        values = torch.stack([X[channel, row, column] for X in stage.inputs])
        values, inside = values.double()[:, None, None], torch.ones(1, 1).bool()
    else:
        values, inside = _cut(stage.inputs[0], window)
    found = Explanation(window, values, inside, 0.0, [])
    if not inside.all():
        lost = int((~inside).sum())
        told = f"{lost} of {inside.numel()} places of the window lie in the padding"
        found.sentences.append(told)
    RULES[stage.kind](found, stage, channel)
    return found


def digits(value):
    """Return a number as short text, also a small one: two digits count."""
    value = float(value)
    if abs(value) >= 1:
        return number(value)
    return f"{value + 0.0:.2g}".replace("-", "−")


def _cut(X, window):
    """Return (values, inside) of maps X, as an `Explanation` has them."""
    H, W = X.shape[1:]
    rows, columns = torch.tensor(window.rows), torch.tensor(window.columns)
    inside = ((rows >= 0) & (rows < H))[:, None] & (columns >= 0) & (columns < W)
    part = X[window.channels.start : window.channels.stop].double()
    rows, columns = rows.clamp(0, H - 1), columns.clamp(0, W - 1)
    return part[:, rows[:, None], columns] * inside, inside


def _weighted(found, stage, channel):
    """A convolution, or a linear layer: a 1×1 convolution of 1×1 maps."""
    layer, values = stage.layer, found.values
    found.kernel = layer.weight[channel].double().reshape(values.shape)
    found.partial = (values * found.kernel).sum(dim=(1, 2))
    found.total = found.partial.sum().item()
    told = f"sum {digits(found.total)}, without a bias"
    if layer.bias is not None:
        found.bias = layer.bias[channel].item()
        told = f"sum {digits(found.total)} + bias {digits(found.bias)} = "
        found.total += found.bias
        told += digits(found.total)
    found.sentences += [_products(found, stage.kind), told]


def _products(found, kind):
    """Name the inputs, or the channels of the input, that count most."""
    what, where = "window × kernel, summed", "channel"
    if kind == "linear":
        what, where = "input × weight", "input"
    order = found.partial.abs().argsort(descending=True, stable=True)
    named = []
    for c in order[:MOST].tolist():
        told = f"{digits(found.partial[c])} ({where} {found.window.channels[c] + 1})"
        if found.inside.numel() == 1:
            told = f"{digits(found.values[c])} × {digits(found.kernel[c])} = {told}"
        named.append(told)
    if len(order) > MOST:
        named.append(f"the rest {digits(found.partial[order[MOST:]].sum())}")
    return f"{what}: {', '.join(named)}"


def _max(found, stage, channel):
    values = found.values[0][found.inside]
    found.total = values.max().item()
    found.sentences.append(f"max of {_listed(values)}: {digits(found.total)}")


def _average(found, stage, channel):
    layer, values = stage.layer, found.values[0][found.inside]
    count = len(values)
    if getattr(layer, "count_include_pad", False):
        # With ceil_mode a window may reach beyond the padding, which is not counted.
        (H, W), (top, left) = stage.inputs[0].shape[1:], pair(layer.padding)
        rows = sum(i < H + top for i in found.window.rows)
        count = rows * sum(i < W + left for i in found.window.columns)
    count = getattr(layer, "divisor_override", None) or count
    found.total = values.sum().item() / count
    told = f"sum of {_listed(values)}: {digits(values.sum())}, divided by {count}: "
    found.sentences.append(told + digits(found.total))


def _listed(values):
    few = len(values) <= MOST**2
    return ", ".join(map(digits, values)) if few else f"{len(values)} numbers"


def _batch_norm(found, stage, channel):
    layer, x = stage.layer, found.values.item()
    mean, variance = layer.running_mean[channel], layer.running_var[channel]
    total = (x - mean.item()) / (variance.item() + layer.eps) ** 0.5
    told = (
        f"({digits(x)} − mean {digits(mean)}) / √(variance {digits(variance)} + "
        f"{digits(layer.eps)}) = {digits(total)}, with the averages of the training"
    )
    found.sentences.append(told)
    if layer.affine:
        weight, bias = layer.weight[channel].item(), layer.bias[channel].item()
        told = f"{digits(total)} × weight {digits(weight)} + bias {digits(bias)} = "
        total = total * weight + bias
        found.sentences.append(told + digits(total))
    found.total = total


def _activation(found, stage, channel):
    name = type(stage.layer).__name__
    formula = FORMULAS.get(type(stage.layer), name + "({x})")
    found.total = stage.layer(found.values.clone()).item()  # it may work in place
    told = formula.format(x=digits(found.values), minus_x=digits(-found.values))
    found.sentences.append(f"{told} = {digits(found.total)}")


def _softmax(found, stage, channel):
    z = found.values.flatten()
    if z.abs().max() > 100:  # e^z would be too large for a computer, or too small
        z = z - z.max()
        told = f"all numbers less the largest, {digits(found.values.max())}: e^z"
        found.sentences.append(f"{told} gets smaller, and no share changes")
    powers = z.exp()
    found.total = (powers[channel] / powers.sum()).item()
    found.sentences += [
        f"e^({digits(z[channel])}) = {digits(powers[channel])}",
        f"sum of all, {_listed(powers)}: {digits(powers.sum())}",
        f"{digits(powers[channel])} / {digits(powers.sum())} = {digits(found.total)}",
    ]


def _add(found, stage, channel):
    branch, shortcut = found.values.flatten().tolist()
    found.total = branch + shortcut
    told = f"branch {digits(branch)} + shortcut {digits(shortcut)} = "
    found.sentences.append(told + digits(found.total))


def _passed_on(found, stage, channel):
    found.total = found.values.item()
    c, row, column = (side[0] + 1 for side in found.window)
    told = f"{digits(found.total)} is passed on as it is"
    if stage.kind == "flatten":
        told += f", from row {row}, column {column} of channel {c}"
    else:
        told += ": dropout works in training only"
    found.sentences.append(told)


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
