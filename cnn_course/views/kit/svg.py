"""One picture for life and for paper: the parts of an SVG, in strings.

All positions and sizes are in CSS pixels. Colours such as INK are variables: the page
gives them its theme's values, `themed` those of THEMES. An element with `data_at` tells
the kernel when it is pressed, dragged or typed at, one with `data_hover` when the
pointer is over it; one with `data_shows` lights up, in the page, what this CSS selector
names; see `widget.js`.
"""

import base64
import functools
import html
import io
import re

import matplotlib
import numpy as np
from PIL import Image, ImageFont

from cnn_course.plots import SIGNED

COLOURS = {  # light, dark: a contrast of 4.5 to 1 at least on the paper, but for lines
    "ink": ("#000000", "#FFFFFF"),
    "soft": ("#595959", "#B5B5B5"),
    "line": ("#BDBDBD", "#616161"),
    "paper": ("#FFFFFF", "#111111"),
    "blue": ("#0067A3", "#6CB8EE"),
    "orange": ("#B34700", "#FF9A4D"),
    "green": ("#00704F", "#3ED0A2"),
}
THEMES = {
    theme: {name: pair[i] for name, pair in COLOURS.items()}
    for i, theme in enumerate(("light", "dark"))
}
INK, SOFT, LINE, PAPER, BLUE, ORANGE, GREEN = (f"var(--cnn-{n})" for n in COLOURS)
SIGNED_COLOURS = matplotlib.colormaps[SIGNED](np.arange(256))[:, :3]
SIGNED_COLOURS = (255 * SIGNED_COLOURS).round().astype(np.uint8)
FONTS = [
    ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/{name}.ttf", 100)
    for name in ("DejaVuSans", "DejaVuSans-Bold")
]


class Svg(str):
    """A piece of SVG; any other text is escaped before it becomes part of one."""


# What only the pointer brings to light is in no saved picture, nor on a slide.
HIDDEN = Svg("<style>.when-lit { visibility: hidden; }</style>")


def tag(name, *inside, **attributes):
    """Return an element: stroke_width=2 becomes stroke-width="2", None is left out.

    inside  pieces of Svg, and texts, which cannot become markup
    """
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Svg(f"<{name}{written}>{join(*inside)}</{name}>")


def join(*parts):
    """Return the parts in one piece, those that are no Svg escaped."""
    texts = (p if isinstance(p, Svg) else html.escape(str(p)) for p in parts)
    return Svg("".join(texts))


def _plain(value):
    if isinstance(value, (int, float, np.number)):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def picture(width, height, label, *parts):
    """Return a whole picture; `label` says to a screen reader what it shows."""
    size = dict(viewBox=f"0 0 {_plain(width)} {_plain(height)}")
    size |= dict(xmlns="http://www.w3.org/2000/svg", width=width, height=height)
    look = dict(font_size=14, fill=INK)
    return tag("svg", HIDDEN, *parts, **size, role="img", aria_label=label, **look)


def text(x, y, words, *, size=14, bold=False, anchor=None, fill=None, **more):
    """Write at x, in a line whose middle is y; anchor: start, middle or end."""
    look = dict(font_weight="bold" if bold else None, text_anchor=anchor, fill=fill)
    return tag("text", words, x=x, y=y + 0.36 * size, font_size=size, **look, **more)


def rect(x, y, width, height, *, fill="none", **more):
    return tag("rect", x=x, y=y, width=width, height=height, fill=fill, **more)


def line(x1, y1, x2, y2, *, stroke=INK, stroke_width=1.5, **more):
    look = dict(stroke=stroke, stroke_width=stroke_width)
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, **look, **more)


def arrow(x1, y1, x2, y2, *, colour=INK, stroke_width=1.5, **more):
    """Draw a line with a head at (x2, y2)."""
    along = np.array([x2 - x1, y2 - y1], dtype=float)
    along *= (4 + 2 * stroke_width) / max(np.hypot(*along), 1e-9)
    (left, right), tip = ((along, along[::-1] * (1, -1)), np.array([x2, y2]))
    wings = [tip - left + s * 0.5 * right for s in (1, -1)]
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in (tip, *wings))
    shaft = line(x1, y1, *(tip - 0.5 * along), stroke=colour, stroke_width=stroke_width)
    return tag("g", shaft, tag("polygon", points=points, fill=colour), **more)


def image(pixels, x, y, width, height, *, smooth=False, jpeg=False, **more):
    """Put pixels there, uint8 (H, W) grey, (H, W, 3) or, with opacity, (H, W, 4).

    They are sharp squares, or blended if `smooth`; `jpeg` is smaller for photographs.
    """
    kind, buffer = "jpeg" if jpeg else "png", io.BytesIO()
    how = dict(quality=85, subsampling=0) if jpeg else dict(compress_level=1)
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, kind, **how)
    data = base64.b64encode(buffer.getvalue()).decode()
    place = dict(x=x, y=y, width=width, height=height, preserveAspectRatio="none")
    place |= dict(style=None if smooth else "image-rendering:pixelated")
    return tag("image", href=f"data:image/{kind};base64,{data}", **place, **more)


@functools.lru_cache(maxsize=1000)
def width_of(words, size=14, bold=False):
    """Return how wide a text becomes in the widest font, that of the saved picture."""
    return FONTS[bold].getlength(words) * size / 100


def themed(svg, theme="light"):
    """Return the picture with the colours of THEMES in place of the page's."""
    return re.sub(r"var\(--cnn-(\w+)\)", lambda name: THEMES[theme][name[1]], svg)


def png(svg, theme="light", zoom=2):
    """Return the PNG of a picture, bytes, with `zoom` dots for each CSS pixel."""
    import resvg_py  # late: only what is displayed or saved needs it

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=themed(svg, theme),
            zoom=zoom,
            background=THEMES[theme]["paper"],
            font_files=[font.path for font in FONTS],
            font_family="DejaVu Sans",
            skip_system_fonts=True,
        )
    )


# Colours that mean numbers: the same in both themes.


def signed_colours(values, *, top=None, room=1.0):
    """Return colours around zero, uint8 (..., 3): orange below, purple above.

    `top` gets the strongest colour, the palest where `room` is large.
    """
    values = np.nan_to_num(np.asarray(values, dtype=float))
    top = top or np.abs(values).max(initial=0) or 1.0
    place = (np.clip(values / (room * top), -1, 1) + 1) * 127.5
    return SIGNED_COLOURS[place.round().astype(int)]


def grey(values, low=0.0, high=1.0):
    """Return grey pixels, uint8 (H, W, 3), black at `low` and white at `high`."""
    share = (np.asarray(values, dtype=float) - low) / ((high - low) or 1.0)
    level = (np.clip(share, 0, 1) * 255).round().astype(np.uint8)
    return np.repeat(level[..., None], 3, axis=-1)


def on(colour):
    """Return the ink, black or white, that reads better on an RGB colour, 0 to 255."""
    linear = (np.asarray(colour, dtype=float) / 255) ** 2.2
    return "#000000" if linear @ (0.2126, 0.7152, 0.0722) > 0.18 else "#FFFFFF"
