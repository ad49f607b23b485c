"""View 7, for notebook 06: random changes of a photograph that keep its label, or not.

The transforms are torchvision's v2, imported late, because that takes seconds.
"""

import functools

import torch

from cnn_course.checks import refuse
from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import title
from cnn_course.views.kit.svg import ORANGE, PAPER, SOFT
from cnn_course.views.kit.touch import STEPS, button, chips
from cnn_course.views.kit.view import View

SIDE = 256  # pixels of the picture each way, and CSS pixels on the page
LEAST, STEP = 64, 4  # pixels: the smallest crop, what an arrow key is worth
NUM_DRAWS = 8
SEED = 1007  # with it the first draws differ widely
NO_CROP = ("so few pixels say little", f"the picture has {SIDE} pixels")
NO_HUE = ("", "half a turn of the colour circle is the farthest")
STRENGTHS = ("brightness", "contrast", "saturation", "hue")
TOP, LEFT = 32, 276  # of the photograph and the draws, in CSS pixels
SHOWN, RIGHT, DOWN = 141, 147, 176  # a draw's side, and where the next one is
COLOUR = "in colour, (3, H, W), of decimal numbers from 0 to 1 (bytes: X / 255)"


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


class Crop(Number):
    """The crop's size, typed or dragged, and the draw in hand, whose crop can be moved.

    turn    how often new random numbers were asked for
    hand    the draw in hand, from 0 on, and `place` where its crop is: (top, left)
    places  {draw: (top, left)} of the crops that were moved by hand
    """

    def __init__(self):
        super().__init__("crop, pixels", 224, LEAST, SIDE, why=NO_CROP)
        self.turn, self.hand, self.place, self.places = 0, 0, (0, 0), {}

    def touch(self, what, touch):
        if what in ("size", "move"):
            self._pull(what, touch)
        elif touch.kind == "press" and what.isdigit():
            self.hand = int(what)
        elif touch.kind == "press":
            self.turn, self.places = self.turn + 1, {}

    def _pull(self, what, touch):
        if touch.kind == "press":
            self.began = touch, self.place, self.slider.value
        elif touch.kind == "drag":
            start, place, size = self.began
            self._go(what, place, size, touch.y - start.y, touch.x - start.x)
        elif touch.key in STEPS:
            down, right = STEPS[touch.key]
            what = "size" if touch.shift else what
            self._go(what, self.place, self.slider.value, STEP * down, STEP * right)

    def _go(self, what, place, size, down, right):
        if what == "size":
            size = min(max(size + round(max(down, right, key=abs)), LEAST), SIDE)
            self.write(size)
        else:
            place = place[0] + round(down), place[1] + round(right)
        self.places[self.hand] = tuple(min(max(n, 0), SIDE - size) for n in place)

    def draws(self, **settings):
        """Return `random_changes`, with the crops that were moved at their places."""
        draws = random_changes(SEED + self.turn, **settings)
        for i, place in self.places.items():
            most = SIDE - settings["crop"]
            draws[i]["top"], draws[i]["left"] = (min(n, most) for n in place)
        self.place = draws[self.hand]["top"], draws[self.hand]["left"]
        return draws


def draw_augmentation(photo, show, crop, settings):
    """Draw a photo, a piece of SVG, and random versions of it.

    show      show(i, change) returns the piece of SVG of the i-th draw
    crop      a `Crop`; settings: arguments of `random_changes`, without the seed
    """
    draws, first = crop.draws(**settings), NUM_DRAWS * crop.turn + 1
    flips, count = count_pictures(*map(settings.get, ("mirror", "upside_down", "crop")))
    places, size = SIDE - settings["crop"] + 1, f"{settings['crop']}×{settings['crop']}"
    names = f"draws {first} to {first + NUM_DRAWS - 1}"
    counted = f"{places} × {places} places × {flips} for the flips = {count:,}"
    held = _in_words(first + crop.hand, draws[crop.hand])
    strengths = ", ".join(f"{name} ±{settings[name]:g}" for name in STRENGTHS)
    label = (
        f"{names}: mirrored with probability {settings['mirror']:g}, upside down with "
        f"{settings['upside_down']:g}, crop {size} of {SIDE}×{SIDE}, {strengths}; "
        f"{counted} different pictures; in hand {', '.join(held)}"
    )
    end = LEFT + 8 + svg.width_of(f"{names}, seed {SEED + crop.turn}", 14, bold=True)
    parts = [
        title(0, 14, f"crop {size}: drag it"),
        photo,
        title(LEFT, 14, f"{names}, seed {SEED + crop.turn}"),
        chips(end, 14, "crop:again", {True: "draw again"}, None)[0],
        _draw_words(held),
        _draw_crop(draws[crop.hand], first + crop.hand),
    ]
    for i, change in enumerate(draws):
        parts.append(_draw_one(i, first + i, change, show, i == crop.hand))
    low = TOP + 2 * DOWN + 12
    words = "different pictures, before any change of colour"
    parts.append(svg.text(LEFT, low, f"{counted} {words}", size=13))
    return svg.picture(860, low + 16, label, *parts)


def _draw_crop(change, number):
    """Draw the crop in hand on the photograph, to move and to resize at its corner."""
    x, y, side = change["left"], TOP + change["top"], change["crop"]
    ring = f"M0,{TOP}h{SIDE}v{SIDE}h-{SIDE}zM{x},{y}v{side}h{side}v-{side}z"
    line = dict(stroke=ORANGE, stroke_width=3)
    move = svg.rect(x, y, side, side, fill="#000000", fill_opacity=0, **line)
    corner = x + side - 16, y + side - 16, 16, 16
    says = f"crop of draw {number}: arrow keys move it, with Shift they resize it"
    return svg.join(
        svg.tag("path", d=ring, fill="#000000", fill_opacity=0.5),
        button("crop:move", says, move),
        button(
            "crop:size",
            "corner of the crop: arrow keys resize it",
            svg.rect(*corner, fill=PAPER, **line),
            svg.text(x + side - 8, y + side - 8, "↘", size=14, anchor="middle"),
        ),
    )


def _draw_one(i, number, change, show, held):
    """Draw a draw; where it is pointed at, its crop and what happened appear."""
    x, y = LEFT + i % 4 * RIGHT, TOP + i // 4 * DOWN
    flips = ("not flipped", "mirrored", "upside down", "both flips")
    words = flips[change["mirrored"] + 2 * change["upside_down"]]
    frame = dict(stroke=ORANGE if held else SOFT, stroke_width=4 if held else 1)
    place, side = (change["left"], TOP + change["top"]), change["crop"]
    dashes = dict(stroke=ORANGE, stroke_width=3, stroke_dasharray="7 5")
    return svg.join(
        button(
            f"crop:{i}",
            f"draw {number}, {words}: take its crop in hand",
            svg.rect(x, y, SHOWN, SHOWN, **frame),
            show(i, change),
            svg.text(x, y + SHOWN + 13, f"{number} {words}", size=12, bold=held),
            pressed=held,
            data_shows=f".draw-{i}",
        ),
        svg.tag(
            "g",
            svg.rect(*place, side, side, pointer_events="none", **dashes),
            svg.rect(0, TOP + SIDE + 6, LEFT - 6, 110, fill=PAPER),
            _draw_words(_in_words(number, change)),
            class_=f"draw-{i} when-lit",
        ),
    )


def _draw_words(lines):
    """Write what happened in a draw, below the photograph."""
    y = TOP + SIDE + 16
    parts = [svg.text(0, y, lines[0], size=13, bold=True)]
    for i, line in enumerate(lines[1:], 1):
        parts.append(svg.text(0, y + 20 * i, line, size=13))
    return svg.join(*parts)


def _in_words(number, change):
    brightness, contrast, saturation = (f"{n} ×{change[n]:.2f}" for n in STRENGTHS[:3])
    return [
        f"draw {number}",
        f"crop at {change['top']}, {change['left']}",
        f"{brightness}, {contrast}",
        f"{saturation}, hue {change['hue']:+.2f}".replace("-", "−"),
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


def _image(X, x, y, side):
    pixels = (X.permute(1, 2, 0) * 255).round().byte().numpy()
    return svg.image(pixels, x, y, side, side, smooth=True, jpeg=True)


@torch_as_it_starts()
def augmentation_mixer(photo=None):
    """Return the view: a photo (3, H, W) in [0, 1] and eight random versions of it.

    Without a photo it is matplotlib's. Raises ValueError for what is no such photo.
    """
    if photo is None:  # its upper square
        photo = load_photograph(600, colour=True)[:, :512]
    photo, crop = as_square(photo), Crop()
    whole = _image(photo, 0, TOP, SIDE)

    @functools.lru_cache(100)  # one draw whose crop is moved leaves the others alone
    def image(i, *change):
        X = augment(photo, dict(change), SHOWN)
        return _image(X, LEFT + i % 4 * RIGHT, TOP + i // 4 * DOWN, SHOWN)

    def draw(**settings):
        show = lambda i, change: image(i, *change.items())
        return draw_augmentation(whole, show, crop, settings)

    return View(
        "Augmentation mixer",
        "drag the crop on the photograph. Raise hue alone, then p(upside down): is the "
        "label still right, could such a picture occur?",
        {
            "mirror": _probability("p(mirror)", 0.5),
            "upside_down": _probability("p(upside down)", 0.0),
            "crop": crop,
            "brightness": _strength("brightness", "turn black"),
            "contrast": _strength("contrast", "turn plain grey"),
            "saturation": _strength("saturation", "lose all colour"),
            "hue": Number("hue", 0.05, 0.0, 0.5, 0.05, why=NO_HUE, narrow=True),
        },
        draw,
        rows=[["mirror", "upside_down", "crop"], STRENGTHS],
        photograph=True,
    )


def _probability(label, value):
    return Number(label, value, 0.0, 1.0, 0.1, why=("it is a probability",) * 2)


def _strength(label, what):
    why = ("", f"at 1 a picture may already {what}")
    return Number(label, 0.3, 0.0, 1.0, 0.05, why=why, narrow=True)
