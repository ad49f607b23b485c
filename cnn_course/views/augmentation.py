"""View 7, for notebook 06: random changes of a photograph that keep its label, or not.

The transforms are torchvision's v2, imported late, because that takes seconds.
"""

import functools

import torch

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import parts, svg, touch
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.view import View

SIDE = 256  # pixels of the picture each way, and CSS pixels on the page
NUM_DRAWS = 8
SEED = 1007  # with it the first draws differ widely
STRENGTHS = {  # at first, at most, and why no more can be typed
    "brightness": (0.3, 1.0, "at 1 a picture may already turn black"),
    "contrast": (0.3, 1.0, "at 1 a picture may already turn plain grey"),
    "saturation": (0.3, 1.0, "at 1 a picture may already lose all colour"),
    "hue": (0.05, 0.5, "half a turn of the colour circle is the farthest"),
}
TOP, LEFT, SHOWN = 32, 276, 141  # of the photograph and the draws; a draw's side
FLIPS = "not flipped", "mirrored", "upside down", "both flips"


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
    """Return a photo (3, 256, 256) changed: (3, size, size), else (3, crop, crop)."""
    from torchvision.transforms.v2 import functional

    crop = change["top"], change["left"], change["crop"], change["crop"]
    # Smaller before the colours: hue takes longest, by far.
    X = functional.resized_crop(photo, *crop, [size or change["crop"]] * 2)
    X = X.flip([2] * change["mirrored"] + [1] * change["upside_down"])
    for name in STRENGTHS:  # ColorJitter shuffles their order, too
        X = getattr(functional, f"adjust_{name}")(X, change[name])
    return X


class Draws(touch.Place):
    """Where the crop of the first draw lies, and how often was drawn again."""

    turn, moved = 0, False

    def again(self):
        self.turn, self.moved = self.turn + 1, False

    def changes(self, mirror, upside_down, crop, **strengths):
        """Return `random_changes`, the first with the crop where it was moved to."""
        drawn = random_changes(SEED + self.turn, mirror, upside_down, crop, **strengths)
        if not self.moved:
            self.row, self.column = drawn[0]["top"], drawn[0]["left"]
        self.fit(SIDE - crop + 1, SIDE - crop + 1)
        drawn[0] |= {"top": self.row, "left": self.column}
        return drawn

    def touch(self, place, touch):
        self.moved = self.moved or touch.kind in ("drag", "key")
        if touch.kind == "press":
            self.grip = touch.y - self.row, touch.x - self.column
        elif touch.kind == "drag":
            self.go(touch.y - self.grip[0], touch.x - self.grip[1])
        else:
            super().touch(place, touch)


def draw_mixer(photo, image, draws, again, mirror, upside_down, crop, **strengths):
    """Draw a photo, a piece of SVG, and eight draws: image(*items of a change)."""
    changes = draws.changes(mirror, upside_down, crop, **strengths)
    top, left, first = draws.row, draws.column, NUM_DRAWS * draws.turn + 1
    names, n = f"draws {first} to {first + NUM_DRAWS - 1}", SIDE - crop + 1
    flips = 2 ** sum(0 < p < 1 for p in (mirror, upside_down))  # else: no choice
    count = n * n * flips
    counted = f"{n} × {n} places × {flips} for the flips = {count:,} different pictures"
    label = (
        f"{names}: mirrored with probability {mirror:g}, upside down with "
        f"{upside_down:g}, crop {crop}×{crop} of {SIDE}×{SIDE}, "
        f"{', '.join(f'{name} ±{most:g}' for name, most in strengths.items())}; "
        f"{counted}; draw {first}: crop at {top}, {left}"
    )
    around = f"M0,{TOP}h{SIDE}v{SIDE}h-{SIDE}z"
    around += f"M{left},{TOP + top}v{crop}h{crop}v-{crop}z"
    look = dict(fill="#000000", fill_opacity=0, stroke="#FFFFFF", stroke_width=3)
    box = svg.rect(left, TOP + top, crop, crop, **look)
    return svg.picture(
        860,
        412,
        label,
        parts.title(0, 14, f"draw {first}, crop {crop}×{crop}: drag it"),
        photo,
        svg.tag("path", d=around, fill="#000000", fill_opacity=0.6),  # darker
        touch.button("draws:crop", "crop: arrow keys move it", box),
        parts.title(LEFT, 14, f"{names}, seed {SEED + draws.turn}"),
        touch.chips(766, 14, "again", {True: "draw again"}, None, size=12)[0],
        svg.text(LEFT, 396, f"{counted}, colours aside", size=13),
        *(_draw_one(i, first, c, image(*c.items())) for i, c in enumerate(changes)),
    )


def _draw_one(i, first, change, drawn):
    """Draw a draw; where it is pointed at, its crop appears on the photograph."""
    x, y = LEFT + i % 4 * 147, TOP + i // 4 * 176
    words = f"{first + i} {FLIPS[change['mirrored'] + 2 * change['upside_down']]}"
    frame = svg.rect(0, 0, SHOWN, SHOWN, stroke=svg.SOFT)
    name, at = svg.text(0, SHOWN + 13, words, size=12), f"translate({x} {y})"
    crop = change["left"], TOP + change["top"], change["crop"], change["crop"]
    line = dict(stroke=svg.ORANGE, stroke_width=3, stroke_dasharray="7 5")
    return svg.join(
        svg.tag("g", drawn, frame, name, transform=at, data_shows=f".draw-{i}"),
        svg.rect(*crop, class_=f"draw-{i} when-lit", pointer_events="none", **line),
    )


def _image(X, y, side):
    pixels = (X.permute(1, 2, 0) * 255).round().byte().numpy()
    return svg.image(pixels, 0, y, side, side, smooth=True, jpeg=True)


@torch_as_it_starts()
def augmentation_mixer():
    """Return the view: matplotlib's photograph and eight random versions of it."""
    from torchvision.transforms.v2 import functional

    photo = load_photograph(600, colour=True)[:, :512]  # the upper square
    photo, draws = functional.resize(photo, [SIDE, SIDE]), Draws()

    @functools.lru_cache(100)  # one crop that is moved leaves the other draws alone
    def image(*change):
        return _image(augment(photo, dict(change), SHOWN), 0, SHOWN)

    def chance(label, value):
        why = ("it is a probability",) * 2
        return Number(label, value, 0.0, 1.0, 0.1, why=why)

    def strength(name, value, most, why):
        return Number(name, value, 0.0, most, 0.05, why=("", why), narrow=True)

    sizes = "so few pixels say little", f"the picture has {SIDE} pixels"
    return View(
        "Augmentation mixer",
        "drag the crop on the photograph. Raise hue alone, then p(upside down): is the "
        "label still right, could such a picture occur?",
        {
            "mirror": chance("p(mirror)", 0.5),
            "upside_down": chance("p(upside down)", 0.0),
            "crop": Number("crop, pixels", 224, 64, SIDE, why=sizes),
            **{name: strength(name, *limits) for name, limits in STRENGTHS.items()},
            "draws": draws,
            "again": touch.Buttons({"draw again": draws.again}),
        },
        functools.partial(draw_mixer, _image(photo, TOP, SIDE), image),
        rows=[["mirror", "upside_down", "crop"], STRENGTHS],
        photograph=True,
    )
