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
from cnn_course.views.kit.svg import INK, ORANGE, SOFT
from cnn_course.views.kit.touch import STEPS, button, chips
from cnn_course.views.kit.view import View

SIDE = 256  # pixels of the picture each way, and CSS pixels on the page
LEAST, STEP = 64, 4  # pixels: the smallest crop, what an arrow key is worth
NUM_DRAWS = 8
SEED = 1007  # with it the first draws differ widely
STRENGTHS = ("brightness", "contrast", "saturation", "hue")
TOP, LEFT = 32, 276  # of the photograph and the draws, in CSS pixels
SHOWN, RIGHT, DOWN = 141, 147, 176  # a draw's side, and where the next one is
COLOUR = "in colour, (3, H, W), of decimal numbers from 0 to 1 (bytes: X / 255)"
FLIPS = ("not flipped", "mirrored", "upside down", "both flips")
# Why no more, and for a crop no less, can be typed.
PROBABILITY = ("it is a probability",) * 2
NO_CROP = ("so few pixels say little", f"the picture has {SIDE} pixels")
NO_HUE = "half a turn of the colour circle is the farthest"
AT_1 = {"brightness": "turn black", "contrast": "turn plain grey"}
AT_1 |= {"saturation": "lose all colour"}


def random_changes(seed, mirror, upside_down, crop, **strengths):
    """Return NUM_DRAWS dictionaries: what happens to the picture in each draw.

    The random numbers depend on the seed only, so that a strength that is moved
    changes its own effect and nothing else, where ColorJitter would draw anew. They
    come from a generator of their own: torch's global one stays where it is.
    """
    generator = torch.Generator().manual_seed(seed)
    draws, places = [], SIDE - crop + 1
    for chances in torch.rand(NUM_DRAWS, 8, generator=generator).tolist():
        top, left, first, second, *colours = chances  # each from 0 to 1
        change = {"top": int(top * places), "left": int(left * places), "crop": crop}
        change |= {"mirrored": first < mirror, "upside_down": second < upside_down}
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
    flips = 2 ** sum(0 < p < 1 for p in (mirror, upside_down))  # else: no choice
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
        (top, left), size = self.place, self.slider.value
        if touch.kind == "press":
            self.grip = touch.y - top, touch.x - left
            if what.isdigit():
                self.hand = int(what)
            elif what == "again:0":
                self.turn, self.places = self.turn + 1, {}
            return
        if touch.kind == "drag" and what == "move":
            top, left = touch.y - self.grip[0], touch.x - self.grip[1]
        elif touch.kind == "drag" and what == "size":  # the corner follows the pointer
            size = round(max(touch.y - TOP - top, touch.x - left))
        elif touch.key in STEPS and (touch.shift or what == "size"):
            size += STEP * sum(STEPS[touch.key])
        elif touch.key in STEPS:
            down, right = STEPS[touch.key]
            top, left = top + STEP * down, left + STEP * right
        else:
            return
        self.place = tuple(max(round(n), 0) for n in (top, left))
        self.places[self.hand] = self.place
        self.write(min(max(size, LEAST), SIDE))

    def draws(self, **settings):
        """Return `random_changes`, with the crops that were moved at their places."""
        draws, most = random_changes(SEED + self.turn, **settings), SIDE - self.read()
        for i, place in self.places.items():
            draws[i]["top"], draws[i]["left"] = (min(n, most) for n in place)
        self.place = draws[self.hand]["top"], draws[self.hand]["left"]
        return draws


def draw_augmentation(photo, image, crop, settings):
    """Draw a photo, a piece of SVG, and random versions of it.

    image     image(i, *items of a change) returns the piece of SVG of the i-th draw
    crop      a `Crop`; settings: arguments of `random_changes`, without the seed
    """
    draws, first = crop.draws(**settings), NUM_DRAWS * crop.turn + 1
    flips, count = count_pictures(*map(settings.get, ("mirror", "upside_down", "crop")))
    places, size = SIDE - settings["crop"] + 1, f"{settings['crop']}×{settings['crop']}"
    names = f"draws {first} to {first + NUM_DRAWS - 1}"
    counted = (
        f"{places} × {places} places × {flips} for the flips = {count:,} different "
        "pictures"
    )
    hand, held = first + crop.hand, in_words(draws[crop.hand])
    strengths = ", ".join(f"{name} ±{settings[name]:g}" for name in STRENGTHS)
    label = (
        f"{names}: mirrored with probability {settings['mirror']:g}, upside down with "
        f"{settings['upside_down']:g}, crop {size} of {SIDE}×{SIDE}, {strengths}; "
        f"{counted}; in hand draw {hand}, {', '.join(held)}"
    )
    low = TOP + 2 * DOWN + 12
    parts = [
        title(0, 14, f"crop {size}, draw {hand}: drag it"),
        photo,
        title(LEFT, 14, f"{names}, seed {SEED + crop.turn}"),
        chips(766, 14, "crop:again", {True: "draw again"}, None, size=12)[0],
        _draw_crop(draws[crop.hand]),
        svg.text(LEFT, low, f"{counted}, colours aside", size=13),
    ]
    for i, words in enumerate(held):
        parts.append(svg.text(0, TOP + SIDE + 16 + 20 * i, words, size=13))
    for i, change in enumerate(draws):
        drawn = image(i, *change.items())
        parts.append(_draw_one(i, first + i, change, drawn, i == crop.hand))
    return svg.picture(860, low + 16, label, *parts)


def _draw_crop(change):
    """Draw the crop in hand on the photograph, to move and to resize at its corner."""
    x, y, side = change["left"], TOP + change["top"], change["crop"]
    around = f"M0,{TOP}h{SIDE}v{SIDE}h-{SIDE}zM{x},{y}v{side}h{side}v-{side}z"
    white, black = "#FFFFFF", "#000000"  # on a photograph, in both themes
    frame = dict(fill=black, fill_opacity=0, stroke=white, stroke_width=3)
    corner = svg.rect(x + side - 18, y + side - 18, 18, 18, fill=white)
    mark = svg.text(x + side - 9, y + side - 9, "↘", anchor="middle", fill=black)
    says = "crop: arrow keys move it, with Shift they resize it"
    return svg.join(
        svg.tag("path", d=around, fill=black, fill_opacity=0.6),
        button("crop:move", says, svg.rect(x, y, side, side, **frame)),
        button("crop:size", "corner: arrow keys resize the crop", corner, mark),
    )


def _draw_one(i, number, change, drawn, held):
    """Draw a draw; where it is pointed at, its crop appears on the photograph."""
    x, y = _place(i)
    words = f"{number} {FLIPS[change['mirrored'] + 2 * change['upside_down']]}"
    frame = dict(stroke=INK if held else SOFT, stroke_width=6 if held else 1)
    crop = change["left"], TOP + change["top"], change["crop"], change["crop"]
    line = dict(stroke=ORANGE, stroke_width=3, stroke_dasharray="7 5")
    parts = [
        svg.rect(x, y, SHOWN, SHOWN, **frame),
        drawn,
        svg.text(x, y + SHOWN + 13, words, size=12, bold=held),
    ]
    says, lights = f"draw {words}: take its crop in hand", f".draw-{i}"
    return svg.join(
        button(f"crop:{i}", says, *parts, pressed=held, data_shows=lights),
        svg.rect(*crop, class_=f"draw-{i} when-lit", pointer_events="none", **line),
    )


def _place(i):
    return LEFT + i % 4 * RIGHT, TOP + i // 4 * DOWN


def in_words(change):
    """Return what happened in a draw, three lines."""
    brightness, contrast, saturation = (f"{n} ×{change[n]:.2f}" for n in STRENGTHS[:3])
    hue = f"hue {change['hue']:+.2f}".replace("-", "−")
    where = f"crop at {change['top']}, {change['left']}"
    return where, f"{brightness}, {contrast}", f"{saturation}, {hue}"


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

    @functools.lru_cache(100)  # one crop that is moved leaves the other draws alone
    def image(i, *change):
        return _image(augment(photo, dict(change), SHOWN), *_place(i), SHOWN)

    def chance(label, value):
        return Number(label, value, 0.0, 1.0, 0.1, why=PROBABILITY)

    def strength(label, value, most, why):
        return Number(label, value, 0.0, most, 0.05, why=("", why), narrow=True)

    colours = {
        name: strength(name, 0.3, 1.0, f"at 1 a picture may already {what}")
        for name, what in AT_1.items()
    }
    return View(
        "Augmentation mixer",
        "drag the crop on the photograph. Raise hue alone, then p(upside down): is the "
        "label still right, could such a picture occur?",
        {
            "mirror": chance("p(mirror)", 0.5),
            "upside_down": chance("p(upside down)", 0.0),
            "crop": crop,
            **colours,
            "hue": strength("hue", 0.05, 0.5, NO_HUE),
        },
        lambda **settings: draw_augmentation(whole, image, crop, settings),
        rows=[["mirror", "upside_down", "crop"], STRENGTHS],
        photograph=True,
    )
