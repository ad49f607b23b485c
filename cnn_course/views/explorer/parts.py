"""One unit: its input, the picture, what it is made of, and the map it stands in.

Every function is given what is looked at, an `Explorer`, and a unit's `Explanation`.
"""

from cnn_course.views.explorer.drawing import (
    cell_of,
    draw_map,
    draw_maps,
    draw_matrix,
    fold,
    is_vector,
    legend,
    map_button,
    outline,
    paragraph,
    photograph,
    shortened,
)
from cnn_course.views.explorer.layers import count_pictures, strongest
from cnn_course.views.explorer.units import digits
from cnn_course.views.explorer.windows import sees, single
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import title
from cnn_course.views.kit.svg import BLUE
from cnn_course.views.kit.texts import size_of
from cnn_course.views.kit.touch import button, chips

TOP, END = 222, 464  # where the maps begin, and everything ends
LEFT, SIDE = 6, 138  # the input's map
MIDDLE, SECOND, SUMS = 176, 372, 372  # what the unit is made of: x, and the width
GRID, LOW = 160, 104  # sides of the matrices there
RIGHT, LARGE, SMALL = 560, 156, 30  # the chosen map: x, its side, that of the others
MANY, NAMED = 16, 5  # maps beside it; channels of the input that are named


def draw_unit(looked, found):
    return svg.join(
        _draw_input(looked, found),
        _draw_picture(looked),
        _draw_sums(looked, found),
        _draw_chosen(looked, found),
        *[svg.text(x, TOP + SIDE / 2, "→") for x in (MIDDLE - 24, RIGHT - 22)],
    )


def _inputs(looked, found):
    """Return the channels of the input, and the one whose numbers are drawn.

    Those that count most come first.
    """
    channels = list(found.window.channels)
    if found.partial is not None:
        order = found.partial.abs().argsort(descending=True, stable=True).tolist()
        channels = [channels[i] for i in order]
    return channels, looked.taken if looked.taken in channels else channels[0]


def _draw_source(looked, source, window, x):
    """Draw a stage that is taken as input, and the window; a press goes there."""
    stage = looked.stages[source]
    drawn, place = draw_map(stage, x, TOP, SIDE, window)
    return svg.join(drawn, map_button(source, stage, window.channels[0], place))


def _draw_input(looked, found):
    source, (_, channel) = looked.stage.sources[0], _inputs(looked, found)
    window, count = found.window, len(looked.stages[source].Y)
    words = f"in: {count} numbers"
    if not is_vector(looked.stages[source]):
        words = f"in: channel {channel + 1} of {count}"
        window = window._replace(channels=range(channel, channel + 1))
    return svg.join(
        title(0, TOP - 14, words), _draw_source(looked, source, window, LEFT)
    )


def _draw_picture(looked):
    """Draw the picture, and which part of it the unit sees."""
    X, y = looked.stages[0].Y, TOP + SIDE + 30
    _, rows, columns = sees(looked.stages, looked.k, *looked.unit)
    cell = cell_of(X.shape[1:], END - y)
    height, width = (cell * n for n in X.shape[1:])
    x, several = LEFT + width + 8, count_pictures(looked.pictures) > 1
    return svg.join(
        svg.text(0, y - 14, shortened(looked.picture_name, 13, MIDDLE), size=13),
        svg.image(photograph(X), LEFT, y, width, height),
        outline(LEFT, y, cell, rows, columns),
        svg.text(x, y + 8, "it sees", size=12),
        svg.text(x, y + 24, f"{len(rows)}×{len(columns)}", size=12),
        chips(x, y + 54, "step", {-1: "‹", 1: "›"}, None)[0] if several else "",
    )


def _draw_sums(looked, found):
    """Draw what the unit is made of, and write out how."""
    stage, (channels, channel) = looked.stage, _inputs(looked, found)
    given = looked.stages[stage.sources[0]]
    first, second, parts = stage.kind, "", []
    told, y = found.sentences, TOP + 10
    if stage.kind == "linear":
        first, second, y = "weights", "input × weight", TOP + LOW + 20
        for x, values in ((MIDDLE, found.kernel.flatten()), (SECOND, found.partial)):
            parts.append(draw_matrix(fold(values), x, TOP, LOW))
        told = [*told[0].partition(": ")[2].split(", "), told[1]]
    elif stage.kind == "add":
        first, y = "+ shortcut", TOP + SIDE + 20
        parts.append(_draw_source(looked, stage.sources[1], found.window, MIDDLE))
    elif stage.kind == "convolution" or "pooling" in stage.kind:
        i, y = channel - found.window.channels[0], TOP + GRID + 20
        first, place = f"window {size_of(found.values[i])}", (MIDDLE, TOP, GRID)
        parts.append(draw_matrix(found.values[i], *place, given, found.inside))
    if stage.kind == "convolution":
        second = f"kernel of channel {channel + 1}"
        parts += [
            draw_matrix(found.kernel[i], SECOND, TOP, GRID),
            svg.text(SECOND - 18, TOP + SIDE / 2, "×", size=18, anchor="middle"),
            _draw_channels(found, channels, channel, y),
        ]
        told, y = told[-1:], y + (52 if len(channels) > 3 else 26)
    return svg.join(
        title(MIDDLE, TOP - 14, first),
        title(SECOND, TOP - 14, second),
        *parts,
        paragraph(MIDDLE, y, told, SUMS, 1 + (END - 4 - int(y)) // 16),
    )


def _draw_channels(found, channels, channel, y):
    """Write the sums of the channels that count most, and of all others."""
    first, sums = found.window.channels[0], found.partial
    named = [*channels[: NAMED - 1], channel, *channels[:NAMED]]
    parts, x = [svg.text(MIDDLE, y, "channel", size=12)], MIDDLE + 54
    for i, c in enumerate(named := list(dict.fromkeys(named))[:NAMED]):
        x = x if i % 3 else MIDDLE + 54
        words, look = f"{c + 1}: {digits(sums[c - first])}", dict(size=12, first=c)
        one, x = chips(x, y + 26 * (i // 3), "input", {c: words}, channel, **look)
        parts.append(one)
    if len(channels) > NAMED:
        rest = sums.sum() - sum(sums[c - first] for c in named)
        words = f"{len(channels) - NAMED} more: {digits(rest)}"
        parts.append(svg.text(x, y + 26, words, size=12))
    return svg.join(*parts)


def _draw_chosen(looked, found):
    """Draw the chosen map, to be pointed at, and the strongest of the others."""
    stage, y = looked.stage, TOP + LARGE + 16
    drawn, place = draw_map(stage, RIGHT, TOP, LARGE, single(*looked.unit))
    area = svg.rect(*place, fill="transparent")
    name = f"{looked.unit_name}; arrow keys move"
    words = f"{looked.unit_name}: {digits(found.total)}"
    parts = [
        title(RIGHT, TOP - 14, shortened(f"out: {stage.name}", 14, 300, True)),
        drawn,
        button("unit:", name, area, data_hover="unit:"),
        svg.text(RIGHT, y, shortened(words, 14, 300, True), bold=True, fill=BLUE),
        svg.text(RIGHT, y + 18, legend(stage), size=12),
        paragraph(RIGHT, y + 40, looked.activated, 300, 3),
    ]
    if is_vector(stage):
        return svg.join(*parts)
    x, order = RIGHT + LARGE + 14, strongest(stage, None)
    shown = order[MANY * looked.page : MANY * (looked.page + 1)]
    parts.append(draw_maps(looked.k, stage, shown, 4, x, TOP, SMALL, looked.channel))
    if len(order) > MANY:
        left = min(len(order) - MANY * (looked.page + 1), MANY)
        words = {0: f"{left} more" if left > 0 else f"strongest {MANY}"}
        parts.append(chips(x, TOP + 4 * (SMALL + 2) + 14, "more", words, None)[0])
    return svg.join(*parts)
