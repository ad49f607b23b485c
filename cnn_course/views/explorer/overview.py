"""All stages of a network side by side, and what it answers at the end."""

from cnn_course.views.explorer.drawing import (
    draw_maps,
    map_button,
    shape_of,
    shortened,
)
from cnn_course.views.explorer.layers import strongest
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import title
from cnn_course.views.kit.svg import BLUE, INK

NAMES, STRIP, ROOM = 78, 112, 700  # height of names and of maps; all columns' width
BARS, WIDTH = 716, 144  # of the classes' bars: x, width
THIN, THICK, WIDE = 14, 28, 76  # columns: a thin one, others at least and at most
THIN_KINDS = ("activation", "batch norm", "dropout", "flatten")


def draw_columns(stages, k, sources, kept):
    """Draw a column for each of the stages, or for those around `k` that have room.

    sources  the stages that stage `k` takes its input from
    kept     a dictionary in which columns of maps wait for the next drawing
    """
    least = [THIN if stage.kind in THIN_KINDS else THICK for stage in stages]
    arrow = THICK if sum(least) > ROOM else 0
    page, left = [], ROOM - 2 * arrow
    for i, width in enumerate(least):
        if width > left and i > k:
            break
        if width > left:
            page, left = [], ROOM - 2 * arrow
        page.append(i)
        left -= width
    wide = left / max(sum(least[i] == THICK for i in page), 1) + THICK
    parts, x = [], arrow
    for i, words, at in ((page[0] - 1, "‹", 0), (page[-1] + 1, "›", ROOM - 24)):
        if 0 < i < len(stages):
            place = at, NAMES, 24, STRIP
            parts += [
                svg.text(at + 12, NAMES + 50, words, size=22, anchor="middle"),
                map_button(i, stages[i], strongest(stages[i], 1)[0], place),
            ]
    for i in page:
        stage, width = stages[i], THIN if least[i] == THIN else min(wide, WIDE)
        if (i, x) not in kept:
            per_row = 2 if width > 2 * THICK else 1
            pitch = (width - 2) / per_row
            shown = strongest(stage, int(STRIP / pitch) * per_row)
            kept[i, x] = draw_maps(i, stage, shown, per_row, x, NAMES, pitch - 2)
        parts += [kept[i, x], _draw_name(stage, x, width, i == k)]
        if i == k or i in sources:  # with dashes
            look = dict(stroke_width=2, stroke_dasharray=None if i == k else "3 3")
            place = x - 2, NAMES - 3, width, STRIP + 4
            parts.append(svg.rect(*place, stroke=BLUE, pointer_events="none", **look))
        x += width
    return svg.join(*parts)


def _draw_name(stage, x, width, chosen):
    """Write a stage's name upwards, and beside it its shape if there is room."""
    name = stage.name.split(" · ")[-1].replace("Adaptive", "").replace("2d", "")
    parts, look = [], dict(size=12, bold=chosen, fill=BLUE if chosen else INK)
    for i, words in enumerate([name] if width == THIN else [name, shape_of(stage)]):
        told = svg.text(0, 0, shortened(words, 12, NAMES - 6, True), **look)
        turned = f"translate({x + 6 + 14 * i:.1f} {NAMES - 6}) rotate(-90)"
        parts.append(svg.tag("g", told, transform=turned))
    return svg.join(*parts)


def draw_bars(k, stage, names, label):
    """Draw the shares of softmax, stage `k`, for ten classes at most.

    label  the class of the picture, or None
    """
    parts = [title(BARS, 8, "softmax" if len(names) <= 10 else "the ten likeliest")]
    for i, c in enumerate(sorted(strongest(stage, 10))):
        y, share, right = 27 + 17 * i, stage.Y[c].item(), names[c] == label
        name = shortened(names[c], 12, 78, right)
        parts += [
            svg.text(BARS, y, name, size=12, bold=right),
            svg.rect(BARS + 80, y - 5, max(26 * share, 1), 10, fill=BLUE),
            svg.text(BARS + WIDTH, y, f"{share:.0%}", size=12, anchor="end"),
            map_button(k, stage, c, (BARS - 3, y - 8, WIDTH + 3, 16)),
        ]
    return svg.join(*parts)
