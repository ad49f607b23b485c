"""What a unit sees: of its layer's input, and of the picture."""

import typing

import numpy as np
from torch import nn


class Window(typing.NamedTuple):
    """A part of maps (C, H, W), three ranges; in the padding are rows < 0 or ≥ H."""

    channels: range
    rows: range
    columns: range


def window_of(stage, channel, row, column):
    """Return the `Window` of a stage's (first) input that makes one of its numbers."""
    layer, (C, H, W) = stage.layer, stage.inputs[0].shape
    here = single(channel, row, column)
    if stage.kind in ("linear", "softmax"):
        return here._replace(channels=range(C))
    if stage.kind == "flatten":
        return single(*map(int, np.unravel_index(channel, (C, H, W))))
    if stage.kind == "convolution":
        size = C // layer.groups
        first = channel // (layer.out_channels // layer.groups) * size
        here = here._replace(channels=range(first, first + size))
    elif "pooling" not in stage.kind:
        return here
    if isinstance(layer, (nn.AdaptiveAvgPool2d, nn.AdaptiveMaxPool2d)):
        # From n numbers to m: windows that share them out, and overlap if they must.
        sides = zip((row, column), (H, W), stage.Y.shape[1:], strict=True)
        sides = (range(i * n // m, -(-(i + 1) * n // m)) for i, n, m in sides)
    else:
        sides = (_side(layer, i, axis) for axis, i in enumerate((row, column)))
    return Window(here.channels, *sides)


def single(*place):
    """Return the `Window` of one number."""
    return Window(*(range(i, i + 1) for i in place))


def _side(layer, i, axis):
    """Return the rows (axis 0) or columns (axis 1) of window number i."""
    dilation = pair(getattr(layer, "dilation", 1))[axis]
    extent = dilation * (pair(layer.kernel_size)[axis] - 1) + 1
    named = {"same": (extent - 1) // 2, "valid": 0}
    padding = pair(named.get(layer.padding, layer.padding))[axis]
    first = i * pair(layer.stride)[axis] - padding
    return range(first, first + extent, dilation)


def pair(value):
    """Return (height, width) of what torch takes as one number or as two."""
    return value if isinstance(value, tuple) else (value, value)


def sees(stages, k, channel, row=0, column=0):
    """Return the `Window` of the picture that a unit of stage `k` depends on.

    Its receptive field, without what lies in the padding: a rectangle around it, where
    dilation leaves pixels out.
    """
    reach = {k: single(channel, row, column)}
    for i in range(k, 0, -1):
        if i not in reach:  # on the other way through a `Residual`
            continue
        for source, X in zip(stages[i].sources, stages[i].inputs, strict=True):
            part = _behind(stages[i], reach[i], X.shape)
            reach[source] = _union(part, reach.get(source, part))
    return reach[0]


def _behind(stage, part, shape):
    """Return what a part of a stage's output sees of its input, (C, H, W) = `shape`."""
    if stage.kind == "flatten" and len(part.channels) > 1:
        return Window(*map(range, shape))
    first = window_of(stage, *(side[0] for side in part))
    last = window_of(stage, *(side[-1] for side in part))
    sides = zip(_union(first, last), shape, strict=True)
    return Window(*(_clip(side, n) for side, n in sides))


def _clip(side, n):
    """Leave out what is not in range(n), but for one number if all is padding."""
    return range(min(max(side.start, 0), n - 1), max(min(side.stop, n), 1))


def _union(one, other):
    pairs = zip(one, other, strict=True)
    return Window(*(range(min(a[0], b[0]), max(a[-1], b[-1]) + 1) for a, b in pairs))
