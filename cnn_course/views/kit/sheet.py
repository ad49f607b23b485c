"""A sheet of garments to move, and the class maps of a network like NiN for it."""

import torch
from torch import nn

from cnn_course.data import to_float
from cnn_course.views.kit.network import answer_of, refuse_diverged
from cnn_course.views.kit.touch import STEPS

POOL = nn.AdaptiveAvgPool2d
EXPECTED = (
    "a network as nin() in notebook 08 is expected: nn.Sequential in which "
    "nn.AdaptiveAvgPool2d(1) makes the logits of the maps before it, one for each class"
)


def find_class_maps(net, X, num_classes):
    """Return the class maps of `net` for X (1, 1, H, W): float32 (classes, h, w).

    On the CPU. Raises ValueError for a network that has none or cannot take X.
    """
    layers = list(net) if isinstance(net, nn.Sequential) else []
    pools = [i for i, layer in enumerate(layers) if isinstance(layer, POOL)]
    if not pools:
        raise ValueError(f"this {type(net).__name__} has no class maps; {EXPECTED}")
    X = X.to(next(net.parameters(), X))  # the device and the precision of its weights
    maps = answer_of(net[: pools[0]], X, EXPECTED, "this network")
    logits = answer_of(net[pools[0] :], maps, EXPECTED, "its end").float().cpu()
    maps = maps.float().cpu()
    refuse_diverged(maps, "the network's class maps")
    one_each = maps.dim() == 4 and maps.shape[:2] == logits.shape == (1, num_classes)
    if not one_each or not maps.mean(dim=(2, 3)).allclose(logits, 0.05, 0.05):
        raise ValueError(
            f"maps of {tuple(maps.shape[1:])} and logits of {tuple(logits.shape[1:])} "
            f"do not fit {num_classes} classes; {EXPECTED}"
        )
    return maps[0]


def looking_places(net):
    """Return (first, step): number i of a map looks at pixel first + i * step.

    That is the middle of the pixels that it sees, along one side.
    """
    first, step = 0.0, 1
    for layer in net.modules():
        if isinstance(layer, POOL):
            break
        if isinstance(layer, (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d)):
            sizes = layer.kernel_size, layer.stride, layer.padding
            k, s, p = (n[0] if isinstance(n, tuple) else n for n in sizes)
            middle = (k - 1) / 2
            first += step * (middle - {"same": middle, "valid": 0}.get(p, p))
            step *= s
    return first, step


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

    Each has the number of its picture. It stays inside the sheet; dragged off it, or by
    Delete, it is taken away.

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
        self.held, self.lying = None, dict(zip(numbers, corners, strict=False))

    def read(self):
        """Return {number: (left, top)}, in pixels of the sheet."""
        return self.lying

    def touch(self, place, touch):
        number = int(place)
        right, down = (touch.x - self.x) / self.zoom, (touch.y - self.y) / self.zoom
        left, top = self.lying.get(number, (0, 0))
        if touch.kind == "drag" and self.held:
            stays = 0 <= min(right, down) and max(right, down) < self.side
            self._move(number, right - self.held[0], down - self.held[1], stays)
        elif number not in self.lying:
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
            self.lying[number] = tuple(to)
        else:
            self.lying.pop(number, None)
