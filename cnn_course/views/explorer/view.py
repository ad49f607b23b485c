"""View 12: any network of the course's layers, map by map and unit by unit."""

import textwrap

import torch.nn.functional as F

from cnn_course.data import Batches
from cnn_course.device import torch_as_it_starts
from cnn_course.views.explorer import drawing
from cnn_course.views.explorer.drawing import draw_matrix
from cnn_course.views.explorer.layers import picture, strongest, walk
from cnn_course.views.explorer.units import digits, ends, explain, sees
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import title
from cnn_course.views.kit.svg import BLUE
from cnn_course.views.kit.texts import size_of
from cnn_course.views.kit.touch import STEPS, Chips, Place, button, chips
from cnn_course.views.kit.upload import PictureFile
from cnn_course.views.kit.view import View

# In CSS pixels: the input's map; window and kernel; the chosen map, those beside it;
# the bars.
TOP, SIDE, MIDDLE, SECOND, GRID = 222, 120, 150, 344, 170
RIGHT, LARGE, NEXT, SMALL, BARS = 556, 156, 726, 24, 716
MANY, NAMED = 30, 3  # maps beside the chosen one; channels of the input that are named
OWN = {0: "your own picture …"}
PASSING = ("softmax", "flatten", "average pooling", "dropout", "activation")


class Explorer:
    """What is looked at, and the control for "map": a picture, a stage `k`, a channel.

    unit  a control: the row and the column of its map
    rank  a control: which channel of the input is shown, 0 for the one that counts most
    """

    def __init__(self, net, pictures):
        self.net, self.pictures = net, pictures
        self.unit, self.rank = Place(), Chips(dict.fromkeys(range(NAMED)), 0)
        self.own = None  # the last picture of one's own
        self.see(0)
        if len(self.stages) == 1:
            raise ValueError("this network has no layers: put some into nn.Sequential")
        kinds = [stage.kind for stage in self.stages]
        self.choose(kinds.index("convolution") if "convolution" in kinds else 1)

    def see(self, index, own=None):
        """Send picture number `index`, or a new one, (H, W), through the network."""
        X, self.label = picture(self.pictures, index)
        self.name = f"picture {index}" + (f": {self.label}" if self.label else "")
        if own is not self.own:
            size = dict(size=X.shape[2:], mode="bilinear", antialias=True)
            X = F.interpolate(own[None, None], **size).expand_as(X)
            self.label, self.name = None, "your picture"
        self.index, self.own, self.stages = index, own, walk(self.net, X)
        names, last = getattr(self.pictures, "classes", ()), self.stages[-1]
        fits = last.kind == "softmax" and len(names) == len(last.Y)
        self.names = names if fits else ()

    def choose(self, k, channel=None):
        """Choose a stage, a channel (default: the strongest) and its strongest unit."""
        self.k, self.rank.value = k, 0
        self.channel = strongest(self.stage, 1)[0] if channel is None else channel
        Y = self.stage.Y[self.channel]
        self.unit.fit(*Y.shape)
        self.unit.go(*divmod(Y.abs().argmax().item(), Y.shape[1]))
        self.unit.areas = {"": (RIGHT, TOP, drawing.cell_of(Y, LARGE))}

    @property
    def stage(self):
        return self.stages[self.k]

    @property
    def unit_name(self):
        """What the unit is called; by its class where every channel is one class's."""
        name = f"channel {self.channel + 1}"
        passed = all(s.kind in PASSING for s in self.stages[self.k + 1 :])
        if passed and len(self.stage.Y) == len(self.names):
            name = self.names[self.channel]
        if self.stage.Y[0].numel() > 1:
            name += f", row {self.unit.row + 1}, column {self.unit.column + 1}"
        return name

    def touch(self, place, touch):
        """Choose "stage,channel"; arrow keys go to other stages and channels."""
        down, right = STEPS.get(touch.key, (0, 0))
        if touch.kind == "press":
            k, channel = map(int, place.split(","))
            if k != self.k:
                self.choose(k, channel)
            self.channel = channel
        elif right:
            self.choose(min(max(self.k + right, 1), len(self.stages) - 1))
        self.channel = (self.channel + down) % len(self.stage.Y)

    def draw(self, picture=0, own=None, **_):
        """Draw all stages, and under them the chosen unit and what it comes from."""
        if picture != self.index or own is not self.own:
            self.see(picture, own)
        place, shown = (self.channel, self.unit.row, self.unit.column), self.stages
        found = explain(self.stage, *place)
        seen = sees(shown, self.k, *place)[:, 1:]
        rows, columns = (f"{first} to {last}" for first, last in (seen + 1).T)
        label = (
            f"{self.stage.name}, {size_of(self.stage.output[0])}, {self.unit_name}: "
            f"{'; '.join(found.sentences)}; it sees rows {rows}, columns {columns} of "
            f"{self.name}"
        )
        parts = [
            svg.text(0, 359, drawing.shortened(self.name, 12, 144), size=12),
            draw_matrix(shown[0].Y.mean(dim=0), 4, 372, 62, "", shown[0], seen),
            svg.text(72, 380, "sees {}×{}".format(*seen[1] - seen[0] + 1), size=12),
            chips(0, 452, "own", OWN, None, size=12, data_file="image/*")[0],
            *_draw_sums(self, found),
            *_draw_chosen(self, place[1:], found.total),
        ]
        if self.names:
            shares = dict(zip(self.names, shown[-1].Y.flatten().tolist(), strict=True))
            parts.append(title(BARS, 8, "softmax"))
            parts += drawing.draw_bars(BARS, 27, shares, self.label, step=17, wide=24)
        return svg.picture(860, 468, label, drawing.draw_columns(shown, self.k), *parts)


def _draw_sums(looked, found):
    """Draw the input with the window, window × kernel, and write out the sum."""
    given, channels, order = looked.stage.sources[0], found.window[0], [0]
    if found.partial is not None:  # those that count most come first
        order = found.partial.abs().argsort(descending=True, stable=True).tolist()
    rank = looked.rank.value
    i, part, y = order[rank], ends(found.window)[:, 1:], TOP
    values, name = found.values[i], channels[i] + 1
    head = f"input {name} of {len(given.Y)}"
    yield draw_matrix(given.Y[channels[i]], 4, y, SIDE, head, given, part)
    yield svg.text(MIDDLE - 20, y + 28, "→")
    head = f"window {size_of(values)}"
    yield draw_matrix(values, MIDDLE, y, GRID, head, given, inside=found.inside)
    if found.kernel is not None:
        yield svg.text(SECOND - 12, y + 28, "×", size=18, anchor="middle")
        yield draw_matrix(found.kernel[i], SECOND, y, GRID, f"kernel of input {name}")
    y += drawing.cell_of(values, GRID) * len(values) + 17
    if found.partial is not None:
        told = [f"{channels[j] + 1}: {digits(found.partial[j])}" for j in order[:NAMED]]
        row, x = chips(MIDDLE, y, "input", dict(enumerate(told)), rank, size=12)
        rest = found.partial[order[NAMED:]]
        words = f"{len(rest)} more: {digits(rest.sum())}" if len(rest) else ""
        yield from (row, svg.text(x, y, words, size=12))
        y += 26
    lines = [line for words in found.sentences for line in textwrap.wrap(words, 52)]
    for j, line in enumerate(lines[: int(464 - y) // 16 + 1]):
        yield svg.text(MIDDLE, y + 16 * j, line, size=12)


def _draw_chosen(looked, place, total):
    """Draw the chosen map, to be pointed at, and the strongest of the others."""
    stage, y, name = looked.stage, TOP + LARGE + 16, looked.unit_name
    matrix, look = stage.Y[looked.channel], dict(bold=True, fill=BLUE)
    height, width = (drawing.cell_of(matrix, LARGE) * n for n in matrix.shape)
    area = svg.rect(RIGHT, TOP, width, height, fill="transparent")
    head = f"out: {stage.name}" + f", {MANY} of {len(stage.Y)}" * (len(stage.Y) > MANY)
    head = drawing.shortened(head, 14, 300, True)
    yield draw_matrix(matrix, RIGHT, TOP, LARGE, head, stage, [place] * 2)
    yield button("unit:", f"{name}; arrow keys move", area, data_hover="unit:")
    yield svg.text(RIGHT, y, drawing.shortened(name, 14, 300, True), **look)
    yield svg.text(RIGHT, y + 18, digits(total), **look)
    yield svg.text(RIGHT + 74, y + 18, drawing.colours_of(stage, matrix)[1], size=12)
    shown, where = strongest(stage, MANY), (5, NEXT, TOP, SMALL)
    yield drawing.draw_maps(looked.k, stage, shown, *where, looked.channel)


@torch_as_it_starts()
def explore(net, pictures):
    """Return the view of a network: all its layers, and every unit from its inputs.

    net       an nn.Sequential of the course's layers, also nested and with `Residual`;
              on any device, in any mode and precision, and it stays as it is
    pictures  a loader as load_data_fashion_mnist gives, or float (n, channels, H, W)

    Raises TypeError or ValueError, with the layer's name and what to do, for a network
    or pictures of another kind.
    """
    looked = Explorer(net, pictures)
    controls = {"map": looked, "unit": looked.unit, "input": looked.rank}
    controls["own"] = PictureFile(None)
    count = len(pictures.images if isinstance(pictures, Batches) else pictures)
    if count > 1:
        controls["picture"] = Number("picture", 0, 0, count - 1)
    return View(
        "Your network, unit by unit",
        "press a map, then point at the large one: where does that number come from?",
        controls,
        looked.draw,
        summary=f"the maps of {len(looked.stages) - 1} layers, and how one number of "
        "them comes from its inputs",
    )
