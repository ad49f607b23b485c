"""View 8, for notebook 07: a network as a table, to edit, and what it costs."""

from typing import NamedTuple

import ipywidgets
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.networks import (
    NARROW_VGG,
    VGG11,
    activation_bytes,
    count_multiply_adds,
    count_parameters,
    receptive_size,
    vgg,
)
from cnn_course.views.kit.board import BLUE, ORANGE, PALE, Board
from cnn_course.views.kit.controls import LABEL, Number, button, read_typed
from cnn_course.views.kit.texts import memory
from cnn_course.views.kit.view import View

# Configurations A, B, D and E of Simonyan and Zisserman (2014), and notebook 07's own.
PRESETS = {
    "VGG-11": VGG11,
    "VGG-13": ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    "VGG-16": ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
    "VGG-19": ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
    "narrow VGG-11": NARROW_VGG,
}
MOST_BLOCKS, MOST_CONVS, MOST_CHANNELS = 6, 20, 4096  # in each block
BATCH_SIZE = 128  # as in notebook 07
ROW = 24  # height of a line of the table, in CSS pixels


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
    n = len(blocks)
    names = [f"block {i}" for i in range(1, n + 1)] + ["fc 1", "fc 2", "fc 3"]
    sees = [f"{size}×{size}" for size in receptive_sizes(blocks)] + ["all"] * 3
    found = []
    with torch.device("meta"):
        net = vgg(blocks, in_channels, num_classes, side, hidden)
        # A fully connected layer has its ReLU and dropout, the first its nn.Flatten.
        parts = [*net[:n], net[n : n + 4], net[n + 4 : n + 7], net[n + 7 :]]
        X = torch.zeros(1, in_channels, side, side)
        for name, size, part in zip(names, sees, parts, strict=True):
            costs = (
                count_parameters(part),
                count_multiply_adds(part, tuple(X.shape)),
                activation_bytes(part, tuple(X.shape)),
            )
            X = part(X)
            shape = " × ".join(map(str, X.shape[1:]))
            found.append(Stage(name, shape, size, *costs))
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


def draw_vgg(blocks, in_channels, num_classes, side, hidden):
    """Draw the table of a VGG with the shares as bars; return (board, text)."""
    refuse_small_pictures(blocks, side)
    found = stages(blocks, in_channels, num_classes, side, hidden)
    _, _, _, *costs = zip(*found, strict=True)
    parameters, work, num_bytes = map(sum, costs)
    heavy = max(found, key=lambda stage: stage.parameters)
    busy = max(found, key=lambda stage: stage.multiply_adds)
    where = (
        f"{heavy.name} has {heavy.parameters / parameters:.0%} of the parameters, "
        f"{busy.name} does {busy.multiply_adds / work:.0%} of the multiply-adds"
    )
    layers = f"{sum(num_convs for num_convs, _ in blocks) + 3} layers"
    batch = f"{memory(BATCH_SIZE * num_bytes)} for a batch of {BATCH_SIZE}"

    board = Board(860, ROW * (len(found) + 6))
    board.text(4, 14, f"{layers}: {where}", size=15, bold=True, anchor="lm")
    heads = ("parameters", "multiply-adds", "activations")
    _line(board, 2, "layers", "shape after it", "unit sees", *heads, bold=True)
    _line(board, 3, "picture", f"{in_channels} × {side} × {side}")
    for i, stage in enumerate(found):
        name = stage.name + (f", {blocks[i][0]} conv" if i < len(blocks) else "")
        costs = (f"{stage.multiply_adds:,}", memory(stage.num_bytes))
        _line(board, i + 4, name, *stage[1:3], f"{stage.parameters:,}", *costs)
        _share(board, i + 4, 424, stage.parameters / parameters, BLUE)
        _share(board, i + 4, 664, stage.multiply_adds / work, ORANGE)
    y = ROW * (len(found) + 4)
    board.line(4, y - ROW / 2, 856, y - ROW / 2, width=1)
    total = (f"{parameters:,}", f"{work:,}", memory(num_bytes))
    _line(board, len(found) + 4, "together", "", "", *total, bold=True)
    weights = f"weights {memory(4 * parameters)} in float32"
    kept = f"activations {batch}, of which training keeps most"
    board.text(4, y + ROW, f"{weights}; {kept}", size=13, anchor="lm")
    return board, (
        f"{layers}: {total[0]} parameters, {total[1]} multiply-adds; activations "
        f"{total[2]} for a picture, {batch}; {where}"
    )


def _line(board, line, *columns, bold=False):
    """Write up to six columns of one line of the table."""
    places = ((4, "lm"), (118, "lm"), (304, "rm"), (416, "rm"), (656, "rm"))
    for (x, anchor), text in zip((*places, (858, "rm")), columns, strict=False):
        board.text(x, ROW * line, text, size=13, bold=bold, anchor=anchor)


def _share(board, line, x, share, colour):
    """Draw a share of one as a bar and in percent."""
    board.rectangle(x, ROW * line - 7, 70, 14, fill=PALE, outline=None)
    if share >= 0.01:
        board.rectangle(x, ROW * line - 7, 70 * share, 14, fill=colour, outline=None)
    board.text(x + 108, ROW * line, f"{share:.0%}", size=13, anchor="rm")


class BlockTable(ipywidgets.VBox):
    """The table of blocks: two fields for each, and buttons that fill or change it."""

    def __init__(self, blocks):
        self.callback, self.silent = lambda: None, False
        self.fields = [
            ipywidgets.Text(
                description=f"block {i}, {what}",
                continuous_update=True,
                style=LABEL,
                layout={"width": "196px"},
            )
            for i in range(1, MOST_BLOCKS + 1)
            for what in ("convolutions", "channels")
        ]
        for field in self.fields:
            field.observe(self._changed, "value")
        acts = {
            name: lambda preset=preset: self.write(preset)
            for name, preset in PRESETS.items()
        }
        acts["add a block"] = lambda: self.write([*self.typed, self.typed[-1]])
        acts["remove the last block"] = lambda: self.write(self.typed[:-1])
        buttons = [button(name, act) for name, act in acts.items()]
        *_, self.add, self.remove = buttons
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        self.shown = ipywidgets.HBox(layout=wrap)
        super().__init__([ipywidgets.HBox(buttons, layout=wrap), self.shown])
        self.write(blocks)

    @property
    def typed(self):
        """What stands in the fields, [(convolutions, channels), …] as texts."""
        texts = [field.value for field in self.shown.children]
        return list(zip(texts[::2], texts[1::2], strict=True))

    def write(self, blocks):
        """Show these blocks, [(convolutions, channels), …] as numbers or texts."""
        texts = [str(value) for block in blocks for value in block]
        self.silent = True  # one drawing, not one for each field
        for field, text in zip(self.fields, texts, strict=False):
            field.value = text
        self.silent = False
        self.shown.children = self.fields[: len(texts)]
        self.add.disabled = len(blocks) == MOST_BLOCKS
        self.remove.disabled = len(blocks) == 1
        self._changed()

    def on_change(self, callback):
        self.callback = callback

    def _changed(self, _=None):
        if not self.silent:
            self.callback()

    def read(self):
        """Return ((convolutions, channels), …); ValueError for what is no number."""
        numbers = []
        for i, field in enumerate(self.shown.children):
            most = MOST_CHANNELS if i % 2 else MOST_CONVS
            numbers.append(read_typed(field.description, field.value, int, (1, most)))
        return tuple(zip(numbers[::2], numbers[1::2], strict=True))


@torch_as_it_starts()
def vgg_builder():
    """Return the view: blocks to edit, VGGs to begin with, and the sizes around."""
    return View(
        "VGG builder",
        "fill in VGG-16, 3 channels in, 1,000 classes: where do its parameters sit? "
        "Then pictures of 32 pixels and a sixth block.",
        {
            "blocks": BlockTable(VGG11),
            "side": Number("side", 224, 1, 256, limits=(1, 1024)),
            "in_channels": Number("channels in", 1, 1, 4, limits=(1, MOST_CHANNELS)),
            "num_classes": Number("classes", 10, 1, 1000, limits=(1, 100_000)),
            "hidden": Number("hidden width", 4096, 1, 4096, limits=(1, 16_384)),
        },
        draw_vgg,
        rows=[["blocks"], ["side", "in_channels"], ["num_classes", "hidden"]],
    )
