"""View 7, for notebook 06: random changes of a photograph that keep its label, or not.

The transforms are torchvision's v2, imported late, because that takes seconds.
"""

import ipywidgets
import torch
import torch.nn.functional as F

from cnn_course.checks import refuse
from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.plots import COLOURS
from cnn_course.views.kit.board import GREY, Board
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.view import View

SIDE = 256  # pixels of the picture each way
NUM_DRAWS = 4
SEED = 1007  # with it the first four draws differ widely
NO_CROP = ("so few pixels say little", f"the picture has {SIDE} pixels")
NO_HUE = ("", "half a turn of the colour circle is the farthest")
STRENGTHS = ("brightness", "contrast", "saturation", "hue")
SHOWN, ROW = 180, 194  # side of a shown picture, height of a row, in CSS pixels
LEFT = (254, 556)  # where the draws begin
COLOUR = "in colour, (3, H, W), of decimal numbers from 0 to 1 (bytes: X / 255)"
DRAW_COLOURS = [COLOURS[i] for i in (0, 4, 2, 6)]  # those that white is read on


def random_changes(seed, mirror, upside_down, crop, **strengths):
    """Return NUM_DRAWS dictionaries: what happens to the picture in each draw.

    The random numbers depend on the seed only, so that a strength that is moved
    changes its own effect and nothing else, where ColorJitter would draw anew. They
    come from a generator of their own: torch's global one stays where it is.
    """
    generator = torch.Generator().manual_seed(seed)
    draws = []
    for chances in torch.rand(NUM_DRAWS, 8, generator=generator).tolist():
        top, left, first, second, *colours = chances  # each from 0 to 1
        change = {
            "top": int(top * (SIDE - crop + 1)),
            "left": int(left * (SIDE - crop + 1)),
            "crop": crop,
            "mirrored": first < mirror,
            "upside_down": second < upside_down,
        }
        for name, number in zip(STRENGTHS, colours, strict=True):
            shift = strengths[name] * (2 * number - 1)
            change[name] = shift if name == "hue" else 1 + shift  # turn, or factor
        draws.append(change)
    return draws


def augment(photo, change, size=None):
    """Return the changed picture of a photo (3, 256, 256), (3, crop, crop) in [0, 1].

    size  make it (3, size, size) instead
    """
    from torchvision.transforms.v2 import functional

    side = change["crop"]
    X = functional.crop(photo, change["top"], change["left"], side, side)
    if size:  # before the colours: hue takes longest, by far
        X = functional.resize(X, [size, size])
    if change["mirrored"]:
        X = functional.horizontal_flip(X)
    if change["upside_down"]:
        X = functional.vertical_flip(X)
    for name in STRENGTHS:  # ColorJitter shuffles their order, too
        X = getattr(functional, f"adjust_{name}")(X, change[name])
    return X


def count_pictures(mirror, upside_down, crop):
    """Return how many ways to flip there are, and different pictures with the crops."""
    flips = 1
    for probability in (mirror, upside_down):
        flips *= 2 if 0 < probability < 1 else 1  # at 0 and 1 there is no choice
    return flips, (SIDE - crop + 1) ** 2 * flips


def draw_augmentation(photo, turn, **settings):
    """Draw a photo (3, 256, 256) and four random versions; return (board, text).

    turn      how often new random numbers were asked for
    settings  arguments of `random_changes`
    """
    board = Board(856, ROW + SHOWN)
    whole = F.interpolate(photo[None], SHOWN, mode="bilinear", antialias=True)[0]
    _draw_picture(board, 0, 0, whole, ["picture", "and crops"], GREY)
    draws = random_changes(SEED + turn, **settings)
    first = NUM_DRAWS * turn + 1
    _draw_crops(board, draws, first)
    for i, change in enumerate(draws):
        x, y = LEFT[i % 2], i // 2 * ROW
        words, changed = _in_words(first + i, change), augment(photo, change, SHOWN)
        _draw_picture(board, x, y, changed, words, DRAW_COLOURS[i])
    flips, count = count_pictures(*map(settings.get, ("mirror", "upside_down", "crop")))
    places = SIDE - settings["crop"] + 1
    board.title(0, ROW + 14, "Would the label still be right?")
    board.title(0, ROW + 36, "Could such a picture occur?")
    lines = [
        f"{places} × {places} places for the crop",
        f"× {flips} for the flips",
        f"= {count:,} different pictures,",
        "before any change of colour",
    ]
    board.lines(0, ROW + 80, lines, 22, size=14)
    strengths = ", ".join(f"{name} ±{settings[name]:g}" for name in STRENGTHS)
    return board, (
        f"draws {first} to {first + NUM_DRAWS - 1}: mirrored with "
        f"probability {settings['mirror']:g}, upside down with "
        f"{settings['upside_down']:g}, crop {settings['crop']}×{settings['crop']} of "
        f"{SIDE}×{SIDE}, {strengths}; {places} × {places} places × {flips} for the "
        f"flips = {count:,} different pictures"
    )


def _draw_picture(board, x, y, photo, lines, colour):
    """Draw a picture (3, n, n) in one size, with lines of text beside it."""
    pixels = (photo.permute(1, 2, 0) * 255).round().byte().numpy()
    board.paste(pixels, x, y, SHOWN, SHOWN)
    board.rectangle(x, y, SHOWN, SHOWN, outline=colour, line=3)
    board.text(x + SHOWN + 7, y + 10, lines[0], size=12, bold=True, anchor="lm")
    board.lines(x + SHOWN + 7, y + 27, lines[1:], 17, size=12)


def _draw_crops(board, draws, first):
    """Outline on the picture which part each draw takes; its number in a corner."""
    zoom = SHOWN / SIDE
    crops = [[zoom * draw[name] for name in ("left", "top", "crop")] for draw in draws]
    for (x, y, side), colour in zip(crops, DRAW_COLOURS, strict=True):
        board.rectangle(x, y, side, side, outline=colour, line=2)
    for i, (x, y, side) in enumerate(crops):  # last, so that no line crosses them
        x, y = x + i % 2 * (side - 24), y + i // 2 * (side - 16)
        board.rectangle(x, y, 24, 16, fill=DRAW_COLOURS[i], outline=None)
        text = str(first + i)
        board.text(x + 12, y + 8, text, size=12, bold=True, fill="white")


def _in_words(number, change):
    flips = [flip for flip in ("mirrored", "upside_down") if change[flip]]
    return [
        f"draw {number}",
        f"crop at {change['top']}, {change['left']}",
        " + ".join(flips).replace("_", " ") or "not flipped",
        *[f"{name} ×{change[name]:.2f}" for name in STRENGTHS[:3]],
        f"hue {change['hue']:+.2f} turns".replace("-", "−"),
    ]


def as_square(photo):
    """Return the middle of a photo (3, H, W) as (3, 256, 256).

    Raises ValueError if it is no colour picture with numbers from 0 to 1.
    """
    from torchvision.transforms.v2 import functional

    photo = torch.as_tensor(photo)
    if photo.dim() != 3 or len(photo) != 3 or not photo.is_floating_point():
        refuse("photo", COLOUR, photo)
    if not -0.001 <= photo.min() <= photo.max() <= 1.001:  # resizing may round
        refuse("photo", f"{COLOUR}, not from {photo.min():g} to {photo.max():g}", photo)
    photo = photo.detach().cpu().float().clamp(0, 1)
    photo = functional.center_crop(photo, [min(photo.shape[1:])] * 2)
    return functional.resize(photo, [SIDE, SIDE])


class DrawAgain(ipywidgets.Button):
    """A button for new random numbers; `read()` tells how often it was pressed."""

    def __init__(self):
        super().__init__(description="draw again", tooltip="new random numbers")
        self.presses = 0
        self.on_click(self._pressed)

    def _pressed(self, _):
        self.presses += 1

    def on_change(self, callback):
        self.on_click(callback)

    def read(self):
        return self.presses


@torch_as_it_starts()
def augmentation_mixer(photo=None):
    """Return the view: a photo (3, H, W) in [0, 1] and four random versions of it.

    Without a photo it is matplotlib's. Raises ValueError for what is no such photo.
    """
    if photo is None:  # its upper square
        photo = load_photograph(600, colour=True)[:, :512]
    photo = as_square(photo)
    return View(
        "Augmentation mixer",
        "raise hue alone, then p(upside down): is the label still right, for a face, a "
        "boot, a ripe tomato, a 6?",
        {
            "turn": DrawAgain(),
            "mirror": _probability("p(mirror)", 0.5),
            "upside_down": _probability("p(upside down)", 0.0),
            "crop": Number("crop, pixels", 224, 64, SIDE, why=NO_CROP),
            "brightness": _strength("brightness", "turn black"),
            "contrast": _strength("contrast", "turn plain grey"),
            "saturation": _strength("saturation", "lose all colour"),
            "hue": Number("hue", 0.05, 0.0, 0.5, 0.05, why=NO_HUE),
        },
        lambda **values: draw_augmentation(photo, **values),
        rows=[["mirror", "upside_down", "crop"], STRENGTHS[:3], ["hue", "turn"]],
        photograph=True,
    )


def _probability(label, value):
    return Number(label, value, 0.0, 1.0, 0.1, why=("it is a probability",) * 2)


def _strength(label, what):
    why = ("", f"at 1 a picture may already {what}")
    return Number(label, 0.3, 0.0, 1.0, 0.05, why=why)
