"""View 12: any network of the course's layers, map by map and unit by unit."""

import types

import numpy as np

from cnn_course.device import torch_as_it_starts
from cnn_course.views.explorer.drawing import cell_of, is_vector, matrix_of, shape_of
from cnn_course.views.explorer.layers import count_pictures, picture, strongest, walk
from cnn_course.views.explorer.overview import draw_bars, draw_columns
from cnn_course.views.explorer.parts import LARGE, MANY, RIGHT, TOP, draw_unit
from cnn_course.views.explorer.units import explain
from cnn_course.views.explorer.windows import sees
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.touch import STEPS, Buttons
from cnn_course.views.kit.view import View

WIDTH, HEIGHT = 860, 468
PASSING = ("softmax", "flatten", "average pooling", "dropout", "activation")


class Explorer:
    """What is looked at: a picture, a stage, a channel of it, and one unit.

    stages  of picture number `index`; `k` is the chosen one
    taken   the channel of the input that was pressed; None: the one that counts most
    page    which sixteen channels are shown beside the chosen one
    """

    def __init__(self, net, pictures):
        self.net, self.pictures, self.index = net, pictures, None
        self.drawn = None, None  # the state of the last drawing, and the drawing
        self.see(0)
        if len(self.stages) == 1:
            raise ValueError("this network has no layers: put some into nn.Sequential")
        kinds = [stage.kind for stage in self.stages]
        self.choose(kinds.index("convolution") if "convolution" in kinds else 1)

    def see(self, index):
        """Send picture number `index` through the network, if it is another one."""
        if index != self.index:
            X, name = picture(self.pictures, index)
            self.stages, self.index, self.name = walk(self.net, X), index, name
            self.kept = {}  # drawn columns

    def choose(self, k, channel=None):
        """Choose a stage, a channel (default: the strongest) and its strongest unit."""
        self.k, self.taken, self.page = k, None, 0
        self.channel = strongest(self.stage, 1)[0] if channel is None else channel
        Y = self.stage.Y[self.channel]
        self.row, self.column = map(
            int, np.unravel_index(Y.abs().argmax().item(), Y.shape)
        )

    @property
    def stage(self):
        return self.stages[self.k]

    @property
    def unit(self):
        return self.channel, self.row, self.column

    @property
    def classes(self):
        """The classes' names, if the network ends in one logit for each; else []."""
        if self.stages[-1].kind != "softmax":
            return []
        names, count = getattr(self.pictures, "classes", ()), len(self.stages[-1].Y)
        return names if len(names) == count else [f"class {i}" for i in range(count)]

    @property
    def picture_name(self):
        return f"picture {self.index}" + (f": {self.name}" if self.name else "")

    @property
    def unit_name(self):
        """What the unit is called; by its class where every channel is one class's."""
        k, alone = len(self.stages) - 1, is_vector(self.stage)
        while self.k < k and self.stages[k].kind in PASSING:
            (k,) = self.stages[k].sources
        name = f"{'number' if alone else 'channel'} {self.channel + 1}"
        if k == self.k and len(self.stage.Y) == len(self.classes):
            name = self.classes[self.channel]
        place = "" if alone else f", row {self.row + 1}, column {self.column + 1}"
        return name + place

    @property
    def activated(self):
        """What an activation behind the stage makes of the unit, a list of texts."""
        return [
            f"then {type(s.layer).__name__}: {explain(s, *self.unit).sentences[-1]}"
            for s in self.stages[self.k + 1 :]
            if s.sources == (self.k,) and s.kind == "activation"
        ]

    def on_map(self, place, touch):
        """Choose "stage,channel"; arrow keys go to other stages and channels."""
        if touch.kind == "press":
            k, channel = map(int, place.split(","))
            if k != self.k:
                self.choose(k, channel)
            self.channel = channel
        elif touch.key in ("ArrowLeft", "ArrowRight"):
            k = self.k + STEPS[touch.key][1]
            self.choose(min(max(k, 1), len(self.stages) - 1))
        elif touch.key in STEPS:
            order = strongest(self.stage, None)
            i = (order.index(self.channel) + STEPS[touch.key][0]) % len(order)
            self.channel, self.page = order[i], i // MANY

    def on_unit(self, _, touch):
        """Go to the unit of the large map that is pressed or pointed at, or a step."""
        shape, where = matrix_of(self.stage, 0).shape, (self.row, self.column)
        if is_vector(self.stage):
            where = divmod(self.channel, shape[1])
        if touch.key in STEPS:
            where = [a + b for a, b in zip(where, STEPS[touch.key], strict=True)]
        elif touch.kind != "drop" and not touch.key:
            cell = cell_of(shape, LARGE)
            where = int((touch.y - TOP) // cell), int((touch.x - RIGHT) // cell)
        row, column = (min(max(i, 0), n - 1) for i, n in zip(where, shape, strict=True))
        if is_vector(self.stage):
            self.channel = min(row * shape[1] + column, len(self.stage.Y) - 1)
        else:
            self.row, self.column = row, column

    def on_input(self, place, touch):
        if touch.kind == "press":
            self.taken = int(place)

    def turn(self):
        """Show the next sixteen channels; behind the last of them the first."""
        self.page = (self.page + 1) % -(-len(self.stage.Y) // MANY)

    def draw(self, picture=0, **_):
        """Draw all stages, and under them the chosen unit and what it comes from."""
        self.see(picture)
        state = self.index, self.k, *self.unit, self.taken, self.page
        if state == self.drawn[0]:  # a hover goes on within one number
            return self.drawn[1]
        found, seen = (
            explain(self.stage, *self.unit),
            sees(self.stages, self.k, *self.unit),
        )
        rows, columns = (f"{s[0] + 1} to {s[-1] + 1}" for s in seen[1:])
        label = (
            f"{self.stage.name}, {shape_of(self.stage)}, {self.unit_name}: "
            f"{'; '.join([*found.sentences, *self.activated])}; it sees rows {rows}, "
            f"columns {columns} of {self.picture_name}"
        )
        shown, last, bars = self.stages, len(self.stages) - 1, ""
        if self.classes:
            bars = draw_bars(last, shown[last], self.classes, self.name)
            shown = shown[:last]
        overview = draw_columns(shown, self.k, self.stage.sources, self.kept)
        parts = overview, bars, draw_unit(self, found)
        self.drawn = state, svg.picture(WIDTH, HEIGHT, label, *parts)
        return self.drawn[1]


@torch_as_it_starts()
def explore(net, pictures):
    """Return the view of a network: all its layers, and every unit from its inputs.

    net       an nn.Sequential of the course's layers, also nested and with `Residual`;
              on any device, in any mode and precision, and it stays as it is
    pictures  a loader as load_data_fashion_mnist gives, or float (n, channels, H, W)

    Raises TypeError or ValueError, with the layer's name and what to do, for a network
    or pictures of another kind.
    """
    count, looked = count_pictures(pictures), Explorer(net, pictures)
    acts = {"map": looked.on_map, "unit": looked.on_unit, "input": looked.on_input}
    controls = {n: types.SimpleNamespace(touch=acts[n], value=None) for n in acts}
    controls["more"] = Buttons({"more": looked.turn})
    if count > 1:
        number = controls["picture"] = Number("picture", 0, 0, count - 1)

        def step(by):
            number.write((looked.index + by) % count)

        controls["step"] = Buttons({"‹": lambda: step(-1), "›": lambda: step(1)})
    return View(
        "Your network, unit by unit",
        "press a map, then point at the large one: where does that number come from?",
        controls,
        looked.draw,
        summary=f"the maps of {len(looked.stages) - 1} layers, and how one number of "
        "them comes from its inputs",
    )
