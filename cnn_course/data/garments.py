"""The built-in garments: ten classes of clothing drawn by code, 28×28 grey.

They stand in when Fashion-MNIST, whose labels they share, cannot be had. Lengths are in
pixels from the middle of the picture, y grows DOWN. Each drawing returns `cover`, the
share of a pixel that is garment, and `shade`, 1 where the cloth is plain. Only + − × ÷
√ floor min max are used: all processors round them alike, so a seed fixes every bit.
"""

import functools
import zlib

import torch

from cnn_course.checks import MAX_SEED, whole_number

CLASSES = ("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat",
           "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot")
SIZE = 28          # pixels on each side
PER_CLASS = 100    # pictures of each class in one chunk of 1,000
BATCH = 25         # drawn at once; divides PER_CLASS; too few to need a second thread

# A row is a parameter, a column a class, an entry (lowest, highest). The ranges overlap
# ON PURPOSE: a long-sleeved shirt and a thin pullover should be hard to tell apart.
UPPER = {      # T-shirt/top    Pullover      Dress         Coat          Shirt
    "hem":      ((11.5, 14.0), (11.0, 14.0), (13.0, 14.2), (12.5, 14.2), (11.5, 14.0)),
    "shoulder": ((5.8, 8.2), (6.4, 8.6), (3.2, 5.6), (6.0, 8.0), (6.0, 8.4)),
    "waist":    ((6.0, 8.8), (6.2, 8.4), (2.6, 5.2), (5.2, 7.4), (5.8, 8.4)),
    "flare":    ((-0.3, 0.8), (-0.8, 0.6), (0.0, 5.0), (-0.4, 1.8), (-0.4, 0.9)),
    "neck":     ((1.3, 5.0), (0.8, 2.7), (1.3, 5.5), (1.0, 4.5), (1.0, 4.0)),  # depth
    "sleeve":   ((1.0, 9.0), (17.0, 24.0), (0.0, 16.0), (18.0, 24.0), (3.0, 24.0)),
}
DETAILS = {    # how often each appears, same columns
    "opening": (0.05, 0.1, 0.08, 0.85, 0.65), "collar": (0.1, 0.2, 0.1, 0.7, 0.6),
    "band":    (0.15, 0.4, 0.4, 0.35, 0.1), "print": (0.35, 0.25, 0.05, 0.05, 0.1),
}
SHOE = {       # Sandal      Sneaker     Ankle boot; the toe is on the left
    "toe":    ((0.5, 3.0), (2.5, 4.5), (3.0, 5.5)),      # height above the sole
    "instep": ((2.5, 6.5), (5.0, 7.5), (7.0, 10.5)),
    "shaft":  ((3.0, 15.0), (6.5, 12.0), (11.0, 23.0)),
    "throat": ((0.0, 6.0), (0.0, 6.5), (-2.5, 3.5)),     # x where the shaft begins
    "lift":   ((0.0, 9.0), (0.0, 1.0), (0.0, 7.0)),      # of the heel
    "closed": ((0.2, 0.85), (1.2, 1.2), (1.2, 1.2)),     # below 1: straps and gaps
}


class Dice:
    """Random numbers for BATCH pictures at a time; a throw is (BATCH, 1, 1)."""

    def __init__(self, seed, chunk):
        # torch's CPU generator reads 32 bits of a seed: hash both numbers into 32.
        mixed = zlib.crc32(f"{seed},{chunk}".encode())
        self.generator = torch.Generator("cpu").manual_seed(mixed)

    def grain(self, *shape):
        return torch.rand(BATCH, *shape, generator=self.generator,
                          dtype=torch.float32, device="cpu")

    def __call__(self, low, high):
        return low + (high - low) * self.grain(1, 1)

    def sometimes(self, chance, low=1.0, high=1.0):
        """Between `low` and `high` with probability `chance`, else 0."""
        return (self.grain(1, 1) < chance) * self(low, high)


def fill(*distances):
    """Share of each pixel inside ALL outlines: signed distances, negative inside."""
    return (0.5 - functools.reduce(torch.maximum, distances)).clamp(0, 1)


def ramp(t, start, end):
    """0 before `start`, 1 after `end`, a straight line between."""
    return ((t - start) / (end - start)).clamp(0, 1)


def wave(t):
    """Triangle wave of period 1 between −1 and 1: a sine with corners."""
    return (t - t.floor() - 0.5).abs() * 4 - 1


def upper_body(dice, x, y, column):
    """T-shirt/top, pullover, dress, coat, shirt: cover and shade (BATCH, 28, 28)."""
    p = {name: dice(*row[column]) for name, row in UPPER.items()}
    has = {name: dice.sometimes(row[column]) for name, row in DETAILS.items()}
    side, top = x.abs(), -14.0
    down = (y - top) / (p["hem"] - top)         # 0 at the neck, 1 at the hem
    width = (p["shoulder"] + (p["waist"] - p["shoulder"]) * ramp(down, 0.15, 0.45)
             + p["flare"] * ramp(down, 0.45, 1.0))
    neck_x, neck_y = side / (p["shoulder"] * dice(0.35, 0.6)), (y - top) / p["neck"]
    round_neck = (neck_x ** 2 + neck_y ** 2).sqrt()
    neck = p["neck"] * (torch.where(has["collar"] > 0, neck_x + neck_y, round_neck) - 1)
    shoulders = top + dice(0.15, 0.45) * side - y
    body = fill(side - width, shoulders, y - p["hem"], -neck)
    # A sleeve tapers from the shoulder along (lean, 1); the shorter, the more it leans.
    lean, root = dice(0.02, 0.2) + 0.8 * ramp(p["sleeve"], 15.0, 3.0), dice(2.4, 3.4)
    from_x, from_y = side - p["shoulder"] + 0.5 * root, y - top - 1.4 * root
    length = (lean ** 2 + 1).sqrt()
    along = (from_x * lean + from_y) / length
    radius = root - (root - dice(1.4, 2.6)) * ramp(along, 0.0, p["sleeve"] + 1)
    across = (from_x - from_y * lean).abs() / length - radius
    sleeve = fill(across, along - p["sleeve"], -0.5 * root - along, shoulders)
    buttons = dice.sometimes(0.5) * (wave(y / dice(3.0, 5.0)) < 0)
    front = fill((x - dice(-0.4, 0.4)).abs() - dice(0.2, 0.8)) * (1 - buttons)
    band = fill((down - dice(0.3, 0.95)).abs() * 28 - dice(0.4, 2.0))
    chest = fill(side - dice(2.0, 4.5), (y + dice(0.0, 6.0)).abs() - dice(1.0, 4.0))
    return torch.maximum(body, sleeve), (
        1 - dice(0.1, 0.7) * fill(across.abs() - 0.3) * ramp(along, 1.0, 4.0)
        - has["opening"] * dice(0.0, 0.9) * front
        + has["collar"] * dice(-0.6, 0.4) * fill(neck.abs() - 1.6)
        + has["band"] * dice(-0.6, 0.4) * band
        + has["print"] * dice(-1.0, 1.0) * chest * (0.3 + dice.grain(SIZE, SIZE)))


def shoe(dice, x, y, column):
    """Sandal, sneaker, ankle boot: cover and shade (BATCH, 28, 28)."""
    p = {name: dice(*row[column]) for name, row in SHOE.items()}
    lift, thick = p["lift"] * dice.sometimes(0.6), dice(1.0, 2.8)
    ground = (p["shaft"] + lift + thick) / 2    # centres the shoe
    bottom = ground - thick - lift * ramp(x, -5.0, 8.0)
    rise = (p["toe"] * ramp(x, -14.5, -11.5)
            + (p["instep"] - p["toe"]) * ramp(x, -11.0, p["throat"])
            + (p["shaft"] - p["instep"]) * ramp(x, p["throat"], p["throat"] + 2.5))
    rim = bottom - rise - y                     # negative under the upper edge
    back = x - 13.5 + 0.1 * (bottom - y).clamp(min=0)
    upper = fill(rim, y - bottom, back)
    heel = fill(back, 13.5 - dice(3.0, 16.0) - x, bottom - y, y - ground)
    sole = torch.maximum(fill(x.abs() - 13.8, bottom - y, y - bottom - thick), heel)
    gaps = wave((x + dice(-1, 1) * y) / dice(5, 12) + dice(0, 1)) + 1 - 2 * p["closed"]
    straps = torch.maximum(fill(3 * gaps), fill(rim.abs() - 0.8) * dice.sometimes(0.7))
    laces = fill(-rim - 3.0, x - p["throat"], -7.0 - x) * (wave(x / 2.5) > 0)
    return torch.maximum(upper * straps, sole), (
        1 + dice(-0.5, 0.4) * sole - dice.sometimes(0.6, 0.1, 0.6) * laces)


def trouser(dice, x, y):
    """Two legs below a waistband: cover and shade (BATCH, 28, 28)."""
    side, top, crotch = x.abs(), -14.0, dice(-7.0, -1.0)
    outside = (dice(3.6, 5.4) + dice(0.2, 1.4) * ramp(y, top, -6.0)
               + dice(-1.0, 1.6) * ramp(y, -6.0, 14.0))
    inside = (dice(0.5, 2.4) * ramp(y, crotch, 12.0) + 0.3) * (y > crotch)
    legs = fill(side - outside, inside - side, top - y, y - dice(12.5, 14.2))
    return legs, 1 - dice(0.0, 0.5) * fill((y - top - 2.0).abs() - 0.4)


def bag(dice, x, y):
    """A tapering body and, mostly, a handle: cover and shade (BATCH, 28, 28)."""
    width, height, rise = dice(8, 13.8), dice(11, 20), dice.sometimes(0.8, 2, 11)
    down = y + (height - rise) / 2              # 0 at the top of the body
    body = fill(x.abs() - width + dice(-0.2, 0.15) * down, -down, down - height)
    span, rise = width * dice(0.3, 0.9), rise + 0.01
    ring = ((x / span) ** 2 + (down / rise) ** 2).sqrt() - 1
    handle = fill(ring.abs() * torch.minimum(span, rise) - dice(0.4, 1.0), down)
    flap = dice.sometimes(0.6, 0.1, 0.5) * fill((down - height * dice(0.2, 0.6)).abs())
    return torch.maximum(body, handle * (rise > 1)), 1 - flap


DRAWINGS = ((upper_body, 0), (trouser,), (upper_body, 1), (upper_body, 2),
            (upper_body, 3), (shoe, 0), (upper_body, 4), (shoe, 1), (bag,), (shoe, 2))


def draw_class(dice, label):
    """BATCH pictures of one class, uint8 (BATCH, 28, 28)."""
    axis = torch.arange(SIZE, dtype=torch.float32, device="cpu") - (SIZE - 1) / 2
    y = (axis[:, None] - dice(-0.5, 0.5)) / dice(0.95, 1.04)
    x = (axis - dice(-0.8, 0.8)) / dice(0.9, 1.05)
    x, y = x + dice(-0.06, 0.06) * y, y + dice(-0.05, 0.05) * x
    drawing, *column = DRAWINGS[label]
    cover, shade = drawing(dice, x, y, *column)
    often = 0.18 if drawing is upper_body else 0.08
    flowers = dice.grain(SIZE // 2, SIZE // 2).repeat_interleave(2, 1) - 0.5
    cloth = (1 + dice(-0.015, 0.015) * y + dice(-0.01, 0.01) * x
             + dice.sometimes(often, 0.05, 0.45) * wave(y / dice(2.5, 8.0) + dice(0, 1))
             + dice.sometimes(often, 0.05, 0.35) * wave(x / dice(2.5, 7.0) + dice(0, 1))
             + dice.sometimes(often, 0.1, 1.0) * flowers.repeat_interleave(2, 2)
             + dice(0.02, 0.25) * (dice.grain(SIZE, SIZE) - 0.5))
    grey = cover * shade.clamp(min=0.15) * cloth * dice(0.3, 1.1)
    return (grey.clamp(0, 1) * 255).to(torch.uint8)


def draw_garments(n, seed=0):
    """The first `n` pictures of the endless stream of garments that belongs to `seed`.

    Returns (images, labels) on the CPU: images uint8 (n, 28, 28), 0 black to 255 white;
    labels int64 (n,), indices into CLASSES; each 1,000 pictures hold 100 of each class.
    The same seed gives the same stream, and torch's global random state stays as it is.
    Raises TypeError unless both are ints, ValueError unless n is from 1 to 1,000,000
    and seed from 0.
    """
    whole_number("n", n, 1, 1_000_000)  # 784 MB
    whole_number("seed", seed, 0, MAX_SEED)
    images = torch.empty(n, SIZE, SIZE, dtype=torch.uint8, device="cpu")
    labels = torch.empty(n, dtype=torch.int64, device="cpu")
    classes = torch.arange(len(CLASSES), device="cpu").repeat_interleave(PER_CLASS)
    for start in range(0, n, len(classes)):
        dice = Dice(seed, start // len(classes))
        drawn = torch.cat([draw_class(dice, k) for k in classes[::BATCH].tolist()])
        order = torch.randperm(len(drawn), generator=dice.generator, device="cpu")
        images[start:start + len(drawn)] = drawn[order[:n - start]]
        labels[start:start + len(drawn)] = classes[order[:n - start]]
    return images, labels
