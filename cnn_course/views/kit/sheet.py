"""A sheet of garments to move, and the class maps of a network like NiN for it."""

import torch
from torch import nn

from cnn_course.data import to_float
from cnn_course.views.kit.network import answer_of, refuse_diverged
from cnn_course.views.kit.touch import STEPS

MOST = 4  # garments on a sheet
STEP = 4  # pixels that an arrow key moves one
POOL = nn.AdaptiveAvgPool2d
EXPECTED = (
    "a network as nin() in notebook 08 is expected: nn.Sequential in which "
    "nn.AdaptiveAvgPool2d(1) makes the logits of the maps before it, one for each class"
)


def find_class_maps(net, X, num_classes):
    """Return the class maps of `net` for X (1, 1, H, W): float32 (classes, h, w).

    They are on the CPU. Raises ValueError for a network that has none, or that cannot
    take X.
    """
    layers = list(net) if isinstance(net, nn.Sequential) else []
    pools = [i for i, layer in enumerate(layers) if isinstance(layer, POOL)]
    if not pools:
        raise ValueError(f"this {type(net).__name__} has no class maps; {EXPECTED}")
    X = X.to(next(net.parameters(), X))  # the device and the precision of its weights
    maps = answer_of(net[: pools[0]], X, EXPECTED)
    logits = answer_of(net[pools[0] :], maps, EXPECTED).float().cpu()
    maps = maps.float().cpu()
    refuse_diverged(maps)
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
            sizes = (layer.kernel_size, layer.stride, layer.padding)
            sizes += (getattr(layer, "dilation", 1),)
            k, s, p, d = (n[0] if isinstance(n, tuple) else n for n in sizes)
            middle = d * (k - 1) / 2
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


def choose_pictures(images, labels, num_classes, seed):
    """Return {class: a picture of it}, drawn from `seed`, of classes that have any.

    images are uint8 (n, h, w), labels int64 (n,).
    """
    lot = torch.Generator().manual_seed(seed)
    chances = torch.rand(num_classes, generator=lot).tolist()
    rows = [(labels == c).nonzero().flatten() for c in range(num_classes)]
    return {
        c: images[row[int(chance * len(row))]]
        for c, (row, chance) in enumerate(zip(rows, chances, strict=True))
        if len(row)
    }


class Garments:
    """Up to four garments on a sheet: a control for a `View`, to drag or to step.

    "0" to "3" name the garments, "new,5" another one of class 5: pressed, it lies in a
    free corner, and it can be dragged to its place. A garment stays inside the sheet;
    one that is dragged off it is taken away.

    x, y, zoom  the sheet's corner and the width of a pixel, in CSS pixels
    side        of the sheet, in pixels
    chosen      the control of the class whose map is shown: that of what is pressed
    """

    def __init__(self, x, y, zoom, side, chosen):
        self.x, self.y, self.zoom, self.side, self.chosen = x, y, zoom, side, chosen
        self.held = None  # while one is dragged: (number, class, grip, place if off)
        self.empty()

    def empty(self):
        self.lying = [None] * MOST  # or (class, left, top)

    def lay(self, classes):
        """Lay a garment of each class into a corner, in place of all others."""
        self.empty()
        for i, c in enumerate(classes):
            self.lying[i] = self._in_corner(i, c)

    def read(self):
        """Return (class, left, top), in pixels of the sheet, or None, for all four."""
        return tuple(self.lying)

    def touch(self, place, touch):
        if touch.kind == "press":
            self._press(place, touch)
        elif touch.kind == "drag" and self.held:
            number, c, grip, off = self.held
            right, down = self._pixel(touch)
            inside = 0 <= min(right, down) and max(right, down) < self.side
            at = self._within(c, right - grip[0], down - grip[1])
            self.lying[number] = at if inside else off
        elif touch.kind == "key" and place.isdigit() and self.lying[int(place)]:
            c, left, top = self.lying[int(place)]
            down, right = STEPS.get(touch.key, (0, 0))
            away = touch.key in ("Delete", "Backspace")
            to = self._within(c, left + STEP * right, top + STEP * down)
            self.lying[int(place)] = None if away else to

    def _press(self, place, touch):
        new, _, c = place.rpartition(",")
        self.held = None
        if new and None in self.lying:
            number, half = self.lying.index(None), size_on(self.side) / 2
            off = self.lying[number] = self._in_corner(number, int(c))
            self.held = number, int(c), (half, half), off
        elif not new and self.lying[int(place)]:
            c, left, top = self.lying[int(place)]
            right, down = self._pixel(touch)
            self.held = int(place), c, (right - left, down - top), None
        if self.held:
            self.chosen.value = self.held[1]

    def _pixel(self, touch):
        return (touch.x - self.x) / self.zoom, (touch.y - self.y) / self.zoom

    def _within(self, c, left, top):
        most = self.side - size_on(self.side)
        return c, *(min(max(round(n), 0), most) for n in (left, top))

    def _in_corner(self, i, c):
        return self._within(c, self.side * (i % 2), self.side * (i // 2))
