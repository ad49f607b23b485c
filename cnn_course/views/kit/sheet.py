"""A sheet of chosen pictures, and the class maps that a network like NiN has for it."""

import torch
from torch import nn

from cnn_course.data import to_float
from cnn_course.views.kit.network import answer_of, refuse_diverged

CORNERS = ("top left", "top right", "bottom left", "bottom right")
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


def lay_sheet(pictures, side, whole, right, down):
    """Return a sheet, float32 (side, side), with a picture in each corner.

    pictures     uint8 (h, w) or None for each of CORNERS
    whole        enlarge the first picture to the whole sheet, and leave out the others
    right, down  how far the first picture is moved, in pixels
    """
    size = side if whole else side * 3 // 7
    sheet = torch.zeros(side, side)
    for i, picture in enumerate(pictures[:1] if whole else pictures):
        if picture is None:
            continue
        top, left = (i // 2) * (side - size), (i % 2) * (side - size)
        if i == 0:
            top, left = down, right
        picture = to_float(picture[None], (size, size))[0, 0]
        place = sheet[top : top + size, left : left + size]
        place.copy_(torch.maximum(place, picture[: side - top, : side - left]))
    return sheet


def choose_pictures(images, labels, classes, seed):
    """Return a picture of each class, drawn from `seed`; None for the class None.

    images are uint8 (n, h, w), labels int64 (n,). Raises ValueError if a class has no
    picture.
    """
    chances = torch.rand(len(classes), generator=torch.Generator().manual_seed(seed))
    pictures = []
    for c, chance in zip(classes, chances.tolist(), strict=True):
        rows = (labels == c).nonzero().flatten() if c is not None else ()
        if c is not None and not len(rows):
            raise ValueError(
                f"there is no picture of class {c} among these: choose another class"
            )
        pictures.append(images[rows[int(chance * len(rows))]] if len(rows) else None)
    return pictures
