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
STRENGTHS = {  # at first and at most
    "brightness": (0.3, 1.0),
    "contrast": (0.3, 1.0),
    "saturation": (0.3, 1.0),
    "hue": (0.05, 0.5),
}
TOP, LEFT, SHOWN = 32, 276, 141  # of the photograph and the draws; a draw's side


@torch_as_it_starts()
def augment(photo, number, top, left, crop, mirror, upside_down, *strengths):
    """Return draw `number` of a photo (3, 256, 256): (3, 141, 141).

    Its random numbers depend on `number` only, so that a setting that is moved changes
    its own effect and nothing else.
    """
    from torchvision.transforms import v2

    # Smaller before the colours: hue takes longest, by far.
    X = v2.functional.resized_crop(photo, top, left, crop, crop, [SHOWN, SHOWN])
    torch.default_generator.manual_seed(SEED * number)  # a GPU's stays as it is
    X = v2.RandomVerticalFlip(upside_down)(v2.RandomHorizontalFlip(mirror)(X))
    # At a strength of 0 no number would be drawn, and the next one get another.
    return v2.ColorJitter(*(max(strength, 1e-9) for strength in strengths))(X)


class Draws(touch.Place):
    """Where the crop of the first draw lies, and how often was drawn again."""

    turn, moved = 0, False

    def again(self):
        self.turn, self.moved = self.turn + 1, False

    def corners(self, crop):
        """Return (top, left) of the crop of each draw, the first where it was moved."""
        places, generator = SIDE - crop + 1, torch.Generator()
        generator.manual_seed(SEED + self.turn)
        drawn = torch.rand(NUM_DRAWS, 2, generator=generator) * places
        if not self.moved:
            self.row, self.column = drawn[0].int().tolist()
        self.fit(places, places)
        return [(self.row, self.column), *drawn[1:].int().tolist()]

    def touch(self, place, touch):
        self.moved = self.moved or touch.kind in ("drag", "key")
        if touch.kind == "press":
            self.grip = touch.y - self.row, touch.x - self.column
        elif touch.kind == "drag":
            self.go(touch.y - self.grip[0], touch.x - self.grip[1])
        else:
            super().touch(place, touch)


def draw_mixer(photo, image, draws, again, mirror, upside_down, crop, **strengths):
    """Draw a photo, a piece of SVG, and eight draws: image(*arguments of `augment`)."""
    corners, first = draws.corners(crop), NUM_DRAWS * draws.turn + 1
    top, left = corners[0]
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
    settings = crop, mirror, upside_down, *strengths.values()
    return svg.picture(
        860,
        412,
        label,
        parts.title(0, 14, f"draw {first}, crop {crop}×{crop}: drag it"),
        photo,
        svg.tag("path", d=around, fill="#000000", fill_opacity=0.6),  # darker
        touch.button("draws:crop", "crop: arrow keys move it", box),
        parts.title(LEFT, 14, names),
        touch.chips(766, 14, "again", {True: "draw again"}, None, size=12)[0],
        svg.text(LEFT, 396, f"{counted}, colours aside", size=13),
        *(
            _draw_one(i, first + i, crop, corner, image(first + i, *corner, *settings))
            for i, corner in enumerate(corners)
        ),
    )


def _draw_one(i, number, crop, corner, drawn):
    """Draw a draw; where it is pointed at, its crop appears on the photograph."""
    at = f"translate({LEFT + i % 4 * 147} {TOP + i // 4 * 176})"
    frame = svg.rect(0, 0, SHOWN, SHOWN, stroke=svg.SOFT)
    name = svg.text(0, SHOWN + 13, number, size=12)
    line = dict(stroke=svg.ORANGE, stroke_width=3, stroke_dasharray="7 5")
    line |= dict(class_=f"draw-{i} when-lit", pointer_events="none")
    return svg.join(
        svg.tag("g", drawn, frame, name, transform=at, data_shows=f".draw-{i}"),
        svg.rect(corner[1], TOP + corner[0], crop, crop, **line),
    )


def _image(X, y, side):
    pixels = (X.permute(1, 2, 0) * 255).round().byte().numpy()
    return svg.image(pixels, 0, y, side, side, smooth=True, jpeg=True)


@torch_as_it_starts()
def augmentation_mixer():
    """Return the view: matplotlib's photograph and eight random versions of it."""
    from torchvision.transforms.v2 import functional

    photo = load_photograph(600, colour=True)[:, :512]  # the upper square
    photo = functional.resize(photo, [SIDE, SIDE])
    draws = Draws()

    @functools.lru_cache(100)  # one crop that is moved leaves the other draws alone
    def image(*settings):
        return _image(augment(photo, *settings), 0, SHOWN)

    return View(
        "Augmentation mixer",
        "drag the crop on the photograph. Raise hue alone, then p(upside down): is the "
        "label still right, could such a picture occur?",
        {
            "mirror": Number("p(mirror)", 0.5, 0.0, 1.0, 0.1),
            "upside_down": Number("p(upside down)", 0.0, 0.0, 1.0, 0.1),
            "crop": Number("crop, pixels", 224, 64, SIDE),
            **{
                name: Number(name, value, 0.0, most, 0.05, narrow=True)
                for name, (value, most) in STRENGTHS.items()
            },
            "draws": draws,
            "again": touch.Buttons({"draw again": draws.again}),
        },
        functools.partial(draw_mixer, _image(photo, TOP, SIDE), image),
        rows=[["mirror", "upside_down", "crop"], STRENGTHS],
        photograph=True,
    )
