"""View 8, for notebook 07: a network as a table, to edit, and what it costs."""

from typing import NamedTuple

from cnn_course.device import torch_as_it_starts
from cnn_course.networks import NARROW_VGG, VGG11, receptive_size
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number, read_typed
from cnn_course.views.kit.svg import BLUE, LINE, ORANGE, PAPER, SOFT
from cnn_course.views.kit.texts import memory
from cnn_course.views.kit.touch import Cells, button, chips
from cnn_course.views.kit.view import View

# Configurations A, B, D and E of Simonyan and Zisserman (2014), and notebook 07's own.
PRESETS = {
    "VGG-11": VGG11,
    "VGG-13": ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    "VGG-16": ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
    "VGG-19": ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
    "narrow VGG-11": NARROW_VGG,
}
MOST_BLOCKS, MOST = 6, (20, 4096)  # convolutions, channels in each block
WHAT = ("convolutions", "channels")
HEADS = "", "shape after it", "unit sees", "parameters", "multiply-adds", "activations"
BATCH_SIZE = 128  # as in notebook 07
# In CSS pixels: a block's column, the floor it stands on; how large 512 channels and
# pictures of 224 pixels are; the first line of the table, and its lines' height.
LEFT, COLUMN, FLOOR, WIDE, HIGH, TABLE, ROW = 76, 131, 138, 80, 68, 210, 21


class Stage(NamedTuple):
    """A block or a fully connected layer, and what it costs for one picture."""

    name: str
    shape: str  # of its output, without N
    sees: str  # how many pixels a unit behind it
    parameters: int
    multiply_adds: int
    num_bytes: int  # of its activations, float32


def stages(blocks, in_channels, num_classes, side, hidden):
    """Return a `Stage` for every block and every fully connected layer of `vgg`."""
    found, n, seen = [], in_channels, receptive_sizes(blocks)
    for i, (num_convs, channels) in enumerate(blocks):
        weights = 9 * channels * (n + (num_convs - 1) * channels)
        work, kept = weights * side**2, 2 * num_convs * channels * side**2  # with ReLU
        side, n = side // 2, channels
        sees = f"{seen[i]}×{seen[i]}"
        costs = weights + num_convs * n, work, 4 * (kept + n * side**2)
        found.append(Stage(f"block {i + 1}", f"{n} × {side} × {side}", sees, *costs))
    n *= side**2
    for i, outputs in enumerate((hidden, hidden, num_classes), 1):
        kept = outputs if i == 3 else 2 * outputs  # the last one has no ReLU
        costs = n * outputs + outputs, n * outputs, 4 * kept
        found.append(Stage(f"fc {i}", str(outputs), "all", *costs))
        n = outputs
    return found


def receptive_sizes(blocks):
    """Return how many pixels each way a unit behind each of the blocks sees."""
    layers, sizes = [], []
    for num_convs, _ in blocks:
        layers += [(3, 1)] * num_convs + [(2, 2)]
        sizes.append(receptive_size(layers))
    return sizes


def refuse_small_pictures(blocks, side):
    """Raise ValueError with a sentence if a block would halve its map to nothing."""
    for i in range(len(blocks)):
        if side >> i == 1:  # halved and rounded down i times
            fewer = f", or {i} block{'s' * (i > 1)}" if i else ""
            raise ValueError(
                f"block {i + 1} gets a 1×1 map and would halve it to nothing: take "
                f"pictures of {2 ** len(blocks)} pixels or more{fewer}"
            )


class Blocks(Cells):
    """The blocks, a line each of convolutions and channels: typed, or by + and −."""

    def read(self):
        """Return ((convolutions, channels), …), whole numbers."""
        return tuple((int(convs), int(channels)) for convs, channels in self.numbers)

    def parse(self, i, j, text):
        return read_typed(name_of(i, j), text, int, (1, MOST[j]))

    def touch(self, place, touch):
        what, _, where = place.rpartition(":")
        blocks = self.read()
        if not what:
            if touch.kind != "drag":
                super().touch(place, touch)
        elif touch.kind != "press":
            return
        elif what == "preset":
            self.write(list(PRESETS.values())[int(where)])
        elif what == "blocks":
            more = [*blocks, blocks[-1]][:MOST_BLOCKS]
            self.write(more if where == "0" else blocks[:-1] or blocks)
        elif (row := int(where[0])) < len(blocks):  # else: drawn long ago
            column = int(where[2])
            now = blocks[row][column]
            more, less = (2 * now, now // 2) if column else (now + 1, now - 1)
            new = min(max(more if what == "+" else less, 1), MOST[column])
            self._type(row, column, str(new))
            self.typing = None


def name_of(i, j):
    return f"block {i + 1}, {WHAT[j]}"


def draw_vgg(blocks, in_channels, num_classes, side, hidden, texts=None):
    """Draw a VGG's blocks to scale, and a table of its costs with shares as bars.

    texts  what is being typed: lists of [convolutions, channels]
    """
    refuse_small_pictures(blocks, side)
    found = stages(blocks, in_channels, num_classes, side, hidden)
    _, _, _, *costs = zip(*found, strict=True)
    parameters, work, num_bytes = map(sum, costs)
    heavy = max(found, key=lambda stage: stage.parameters)
    busy = max(found, key=lambda stage: stage.multiply_adds)
    layers = f"{sum(num_convs for num_convs, _ in blocks) + 3} layers"
    batch = f"{memory(BATCH_SIZE * num_bytes)} for a batch of {BATCH_SIZE}"
    label = (
        f"{layers}: {parameters:,} parameters, {work:,} multiply-adds; activations "
        f"{memory(num_bytes)} for a picture, {batch}; {heavy.name} has "
        f"{heavy.parameters / parameters:.0%} of the parameters, {busy.name} does "
        f"{busy.multiply_adds / work:.0%} of the multiply-adds"
    )
    now = next((name for name, preset in PRESETS.items() if preset == blocks), None)
    change = {"+": "+ add a block", "−": "− remove the last"}
    low = TABLE + ROW * (len(found) + 2)
    kept = f"activations {batch}, of which training keeps most"
    parts = [
        chips(0, 14, "blocks:preset", {name: name for name in PRESETS}, now)[0],
        chips(600, 14, "blocks:blocks", change, None)[0],
        *_draw_blocks(blocks, side, texts or blocks),
        *_draw_table(found, Stage(layers, "", "", parameters, work, num_bytes)),
        svg.text(0, low, f"weights {memory(4 * parameters)} in float32; {kept}"),
    ]
    return svg.picture(860, low + 14, label, *parts)


def _draw_blocks(blocks, side, texts):
    """Draw the blocks side by side on one scale, and what changes them below."""
    wide = WIDE / max(512, *(channels for _, channels in blocks))
    high = HIGH / max(224, side)
    for j, words in enumerate(("conv.", "channels")):
        yield svg.text(0, FLOOR + 18 + 26 * j, words, fill=SOFT)
    scale = ("to scale:", "width =", "channels,", "height =", "map’s side")
    for i, words in enumerate(scale):
        yield svg.text(0, FLOOR - 66 + 15 * i, words, size=12, fill=SOFT)
    for i, (num_convs, channels) in enumerate(blocks):
        x, width, height = LEFT + COLUMN * i, channels * wide, side * high
        step = min(5, 30 / num_convs)
        line = dict(stroke=BLUE, stroke_width=1)
        cards = []
        for k in reversed(range(num_convs)):
            place = x + step * k, FLOOR - height - 0.7 * step * k, width, height
            cards.append(svg.rect(*place, fill=PAPER, **line))
        yield svg.text(x, 40, f"block {i + 1}", size=13, bold=True)
        side //= 2
        low = max(side * high, 1)
        place = x, FLOOR - low, width, low
        pooled = svg.rect(*place, fill=BLUE, class_=f"block-{i}", **line)
        yield svg.tag("g", *cards, pooled, data_shows=f".row-{i}")
        for j in (0, 1):
            yield _stepper(x, FLOOR + 18 + 26 * j, i, j, str(texts[i][j]))


def _stepper(x, y, i, j, words):
    """Draw − and + around a number that can be typed."""
    parts, name = [], name_of(i, j)
    less, more = ("half", "double") if j else ("one less", "one more")
    for sign, left, says in (("−", x, less), ("+", x + 84, more)):
        ring = svg.rect(left, y - 11, 24, 22, rx=11, fill=PAPER, stroke=SOFT)
        mark = svg.text(left + 12, y, sign, size=15, bold=True, anchor="middle")
        parts.append(button(f"blocks:{sign}:{i},{j}", f"{name}: {says}", ring, mark))
    box = svg.rect(x + 28, y - 11, 52, 22, fill=PAPER, stroke=LINE)
    size = min(14, 75 / max(len(words), 1))
    number = svg.text(x + 54, y, words, size=size, anchor="middle")
    parts.append(button(f"blocks:{i},{j}", f"{name}: {words}", box, number))
    return svg.join(*parts)


def _draw_table(found, total):
    """Draw a line for each stage; a block's line and its drawing light up together."""
    yield _line(TABLE, *HEADS, fill=SOFT)
    for i, stage in enumerate([total, *found], -1):
        y = TABLE + ROW * (i + 2)
        costs = f"{stage.parameters:,}", f"{stage.multiply_adds:,}"
        written = *stage[:3], *costs, memory(stage.num_bytes)
        parts = [svg.rect(-2, y - 10, 864, 20, fill=PAPER, class_=f"row-{i}")]
        parts.append(_line(y, *written, bold=stage is total))
        if stage is not total:
            parts += _share(386, y, stage.parameters / total.parameters, BLUE)
            parts += _share(672, y, stage.multiply_adds / total.multiply_adds, ORANGE)
        yield svg.tag("g", *parts, data_shows=f".block-{i}")


def _line(y, *columns, **style):
    """Write the six columns of a line of the table."""
    places = ((0, "start"), (76, "start"), *((x, "end") for x in (264, 378, 664, 860)))
    texts = [
        svg.text(x, y, words, size=13, anchor=anchor, **style)
        for (x, anchor), words in zip(places, columns, strict=True)
    ]
    return svg.join(*texts)


def _share(x, y, share, colour):
    """Return a share of one as a bar and in percent."""
    frame = svg.rect(x, y - 6, 64, 12, stroke=LINE)
    bar = svg.rect(x, y - 6, 64 * share, 12, fill=colour)
    return frame, bar, svg.text(x + 100, y, f"{share:.0%}", size=13, anchor="end")


@torch_as_it_starts()
def vgg_builder():
    """Return the view: blocks to edit, VGGs to begin with, and the sizes around."""
    blocks = Blocks("block", VGG11)

    def number(label, value, high, most):
        return Number(label, value, 1, high, limits=(1, most), narrow=True)

    return View(
        "VGG builder",
        "VGG-16, 3 channels in, 1,000 classes: where are its parameters? "
        "Then a side of 32, and a sixth block.",
        {
            "blocks": blocks,
            "side": number("side", 224, 256, 1024),
            "in_channels": number("channels in", 1, 4, MOST[1]),
            "num_classes": number("classes", 10, 1000, 100_000),
            "hidden": number("hidden width", 4096, 4096, 16_384),
        },
        lambda **values: draw_vgg(**values, texts=blocks.texts),
    )
