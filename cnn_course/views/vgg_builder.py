"""View 8, for notebook 07: a network as a table, to edit, and what it costs."""

import itertools

from cnn_course.checks import refuse
from cnn_course.networks import NARROW_VGG, VGG11, receptive_size
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.svg import BLUE, LINE, ORANGE, PAPER, SOFT
from cnn_course.views.kit.texts import memory
from cnn_course.views.kit.touch import Chips, chips
from cnn_course.views.kit.view import View

# Configurations A, B, D and E of Simonyan and Zisserman (2014), and notebook 07's own.
PRESETS = {
    VGG11: "VGG-11",
    ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)): "VGG-13",
    ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)): "VGG-16",
    ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)): "VGG-19",
    NARROW_VGG: "narrow VGG-11",
}
HEADS = "", "shape after it", "unit sees", "parameters", "multiply-adds", "activations"
COUNTERS = ("convolutions", "− 1", "+ 1"), ("channels", "÷ 2", "× 2")
FLOOR, TABLE = 138, 210  # that the blocks stand on; the first line; in CSS pixels


def stages(blocks, in_channels, num_classes, side, hidden):
    """Return a line of the table for every block and fully connected layer of `vgg`.

    That is its name, the shape of its output without N, how many pixels a unit behind
    it sees, and its costs for one picture: parameters, multiply-adds and bytes of
    activations, float32. They are counted by hand: to build each network takes ten
    times as long. Raises ValueError as `vgg` does.
    """
    if side < 2 ** len(blocks):
        enough = f"at least {2 ** len(blocks)} pixels: each block halves it"
        refuse("side", enough, side)
    found, windows = [], []
    for i, (num_convs, channels) in enumerate(blocks, 1):
        weights = 9 * (in_channels + (num_convs - 1) * channels) * channels
        work = weights * side**2
        outputs = 2 * num_convs * side**2 + (side // 2) ** 2  # each ReLU has its own
        windows += [(3, 1)] * num_convs + [(2, 2)]
        sees, side, in_channels = receptive_size(windows), side // 2, channels
        costs = weights + num_convs * channels, work, 4 * outputs * channels
        shape = f"{channels} × {side} × {side}"
        found.append((f"block {i}", shape, f"{sees}×{sees}", *costs))
    widths = in_channels * side**2, hidden, hidden, num_classes
    for i, (n, m) in enumerate(itertools.pairwise(widths), 1):
        outputs = m if i == 3 else 2 * m  # the last one has no ReLU
        found.append((f"fc {i}", str(m), "all", (n + 1) * m, n * m, 4 * outputs))
    return found


class Blocks(Chips):
    """The blocks, ((convolutions, channels), …): a preset, changed by further chips."""

    def touch(self, place, touch):
        what, _, chip = place.rpartition(":")
        blocks, k = self.value, int(chip)
        if not what:
            super().touch(place, touch)
        elif touch.kind == "press" and what == "number":
            self.value = blocks[:-1] or blocks if k else (*blocks, blocks[-1])[:6]
        elif touch.kind == "press" and (i := int(what)) < len(blocks):  # still there
            n, channels = blocks[i]
            halved, doubled = (n, channels // 2), (n, 2 * channels)
            new = ((n - 1, channels), (n + 1, channels), halved, doubled)[k]
            if 1 <= new[0] <= 20 and 1 <= new[1] <= 4096:
                self.value = (*blocks[:i], new, *blocks[i + 1 :])


def draw_vgg(blocks, in_channels, num_classes, side, hidden):
    """Draw a VGG's blocks to scale, and a table of its costs with shares as bars."""
    found = stages(blocks, in_channels, num_classes, side, hidden)
    names, _, _, *costs = zip(*found, strict=True)
    parameters, multiply_adds, num_bytes = totals = [sum(column) for column in costs]
    heavy, busy = (
        f"{names[column.index(max(column))]} {what} {max(column) / sum(column):.0%}"
        for what, column in zip(("has", "does"), costs, strict=False)
    )
    total = f"{sum(n for n, _ in blocks) + 3} layers"
    batch = f"{memory(128 * num_bytes)} for a batch of 128"
    kept = f"activations {memory(num_bytes)} for a picture, {batch}"
    label = (
        f"{total}: {parameters:,} parameters, {multiply_adds:,} multiply-adds; {kept}; "
        f"{heavy} of the parameters, {busy} of the multiply-adds"
    )
    number, low = ("+ add a block", "− remove the last"), TABLE + 21 * (len(found) + 2)
    parts = [
        chips(0, 14, "blocks", PRESETS, blocks)[0],
        chips(600, 14, "blocks:number", dict(enumerate(number)), None)[0],
        *_draw_blocks(blocks, side),
        *_write(TABLE, HEADS, fill=SOFT),
        svg.text(0, low, f"{kept}, of which training keeps most"),
    ]
    lines = [(total, "", "", *totals), *found]
    for i, (*words, given, work, stored) in enumerate(lines):
        y = TABLE + 21 * (i + 1)
        words += f"{given:,}", f"{work:,}", memory(stored)
        parts += [
            *_write(y, words, bold=not i),
            *_share(386, y, given / parameters, BLUE),
            *_share(672, y, work / multiply_adds, ORANGE),
        ]
    return svg.picture(860, low + 14, label, *parts)


def _draw_blocks(blocks, side):
    """Draw the blocks side by side on one scale, and what changes them below."""
    wide = 80 / max(512, *(channels for _, channels in blocks))  # pixels a channel
    high = 68 / max(224, side)
    notes = {87: "width =", 102: "channels,", 117: "height =", 132: "map’s side"}
    for y, words in (notes | {156: "conv.", 182: "channels"}).items():
        yield svg.text(0, y, words, size=12, fill=SOFT)
    line = dict(stroke=BLUE, stroke_width=1)
    for i, (num_convs, channels) in enumerate(blocks):
        x, width = 76 + 131 * i, channels * wide
        yield svg.text(x, 40, f"block {i + 1}", size=13, bold=True)
        for k in reversed(range(num_convs)):  # the last one lies behind
            step = k * min(5, 30 / num_convs)
            place = x + step, FLOOR - side * high - 0.7 * step, width, side * high
            yield svg.rect(*place, fill=PAPER, **line)
        side //= 2
        yield svg.rect(x, FLOOR - side * high, width, side * high, fill=BLUE, **line)
        for j, (what, *signs) in enumerate(COUNTERS):
            number, y, signs = blocks[i][j], 156 + 26 * j, dict(enumerate(signs))
            pair, _ = chips(x, y, f"blocks:{i}", signs, None, gap=40, first=2 * j)
            words = svg.text(x + 60, y, number, size=13, anchor="middle")
            name = f"block {i + 1}, {what}: {number}"
            yield svg.tag("g", pair, words, role="group", aria_label=name)


def _write(y, columns, **style):
    """Write the six columns of a line of the table."""
    for x, words in zip((0, 76, 264, 378, 664, 860), columns, strict=True):
        anchor = "start" if x < 100 else "end"
        yield svg.text(x, y, words, size=13, anchor=anchor, **style)


def _share(x, y, share, colour):
    """Draw a share of one as a bar and in percent."""
    yield svg.rect(x, y - 6, 64, 12, stroke=LINE)
    yield svg.rect(x, y - 6, 64 * share, 12, fill=colour)
    yield svg.text(x + 104, y, f"{share:.0%}", size=13, anchor="end")


def vgg_builder():
    """Return the view: blocks to edit, VGGs to begin with, and the sizes around."""

    def number(label, value, high, most):
        return Number(label, value, 1, high, limits=(1, most), narrow=True)

    return View(
        "VGG builder",
        "VGG-16, 3 channels in, 1,000 classes: where are its parameters? "
        "Then a side of 32, and a sixth block.",
        {
            "blocks": Blocks(PRESETS, VGG11),
            "side": number("side", 224, 256, 1024),
            "in_channels": number("channels in", 1, 4, 4096),
            "num_classes": number("classes", 10, 1000, 100_000),
            "hidden": number("hidden width", 4096, 4096, 16_384),
        },
        draw_vgg,
    )
