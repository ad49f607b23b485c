"""A sheet of garments to move, and the class maps of a network like NiN for it."""

import torch
from torch import nn

from cnn_course.checks import network
from cnn_course.data import to_float
from cnn_course.views.explorer.layers import walk
from cnn_course.views.explorer.units import sees
from cnn_course.views.kit.touch import STEPS

EXPECTED = (
    "a network as nin() in notebook 08 is expected: nn.Sequential in which "
    "nn.AdaptiveAvgPool2d(1) makes the logits of the maps before it, one for each class"
)


def find_class_maps(net, X, num_classes):
    """Return the class maps of `net` for X (1, 1, H, W), and where their numbers look.

    That is float32 (classes, h, w), and (first, step): the middle of what number i sees
    along one side, padding included, is pixel first + i * step. Raises ValueError for a
    network that has none or cannot take X.
    """
    layers = network("net", net).modules()
    if not any(isinstance(layer, nn.AdaptiveAvgPool2d) for layer in layers):
        raise ValueError(f"this {type(net).__name__} has no class maps; {EXPECTED}")
    stages = walk(net, X)
    pooled = (s for s in stages if isinstance(s.layer, nn.AdaptiveAvgPool2d))
    (source,), logits = next(pooled).sources, stages[-1].sources[0].Y.flatten()
    maps = source.Y
    one_each = len(maps) == len(logits) == num_classes
    if not one_each or not maps.mean(dim=(1, 2)).allclose(logits, 0.05, 0.05):
        raise ValueError(
            f"maps of {tuple(maps.shape)} and {len(logits)} logits do not fit "
            f"{num_classes} classes; {EXPECTED}"
        )
    ways = [sees(stages, stages.index(source), 0, i, 0, inside=False) for i in (0, 1)]
    first, second = (way[:, 1].mean() for way in ways)
    return maps, (first, second - first)


def size_on(side):
    """Return how large a garment is on a sheet of `side` pixels."""
    return side * 3 // 7


def lay_sheet(pictures, places, side):
    """Return a sheet, float32 (side, side), with pictures at their places.

    pictures  uint8 (h, w), places (left, top) of each, in pixels of the sheet
    """
    size, sheet = size_on(side), torch.zeros(side, side)
    for picture, (left, top) in zip(pictures, places, strict=True):
        place = sheet[top : top + size, left : left + size]
        enlarged = to_float(picture[None], (size, size))[0, 0]
        place.copy_(torch.maximum(place, enlarged))
    return sheet


class Garments:
    """Garments on a sheet, to drag, or to move by arrow keys: a control for a `View`.

    Its value is {number of a picture: (left, top)}, in pixels of the sheet. A garment
    stays inside the sheet; dragged off it, or by Delete, it is taken away.

    x, y, zoom  the sheet's corner and the width of a pixel, in CSS pixels
    side        of the sheet, in pixels
    take        take(number) is called when one is pressed
    """

    def __init__(self, x, y, zoom, side, take):
        self.x, self.y, self.zoom, self.side, self.take = x, y, zoom, side, take
        self.far = side - size_on(side)
        self.lay([])

    def lay(self, numbers):
        """Lay these pictures into the corners, in place of all others."""
        corners = [(self.far * (i % 2), self.far * (i // 2)) for i in range(4)]
        self.held, self.value = None, dict(zip(numbers, corners, strict=False))

    def touch(self, place, touch):
        number = int(place)
        right, down = (touch.x - self.x) / self.zoom, (touch.y - self.y) / self.zoom
        left, top = self.value.get(number, (0, 0))
        if touch.kind == "drag" and self.held:
            stays = 0 <= min(right, down) and max(right, down) < self.side
            self._move(number, right - self.held[0], down - self.held[1], stays)
        elif number not in self.value:
            self.held = None  # of a picture from before it was taken away
        elif touch.kind == "press":
            self.held = right - left, down - top
            self.take(number)
        elif touch.kind == "key":
            down, right = STEPS.get(touch.key, (0, 0))
            stays = touch.key not in ("Delete", "Backspace")
            self._move(number, left + 4 * right, top + 4 * down, stays)

    def _move(self, number, left, top, stays):
        if stays:
            to = (min(max(round(n), 0), self.far) for n in (left, top))
            self.value[number] = tuple(to)
        else:
            self.value.pop(number, None)
