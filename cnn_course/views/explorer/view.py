"""View 12: any network of the course's layers, map by map and unit by unit."""

import textwrap
import types

import numpy as np
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.explorer import drawing
from cnn_course.views.explorer.drawing import draw_matrix, matrix_of, one_place
from cnn_course.views.explorer.layers import count_pictures, picture, strongest, walk
from cnn_course.views.explorer.units import digits, explain, sees
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import title
from cnn_course.views.kit.svg import BLUE
from cnn_course.views.kit.texts import size_of
from cnn_course.views.kit.touch import STEPS, button, chips
from cnn_course.views.kit.upload import PictureFile
from cnn_course.views.kit.view import View

# In CSS pixels: the input's map; window and kernel; the chosen map, those beside it.
TOP, SIDE, MIDDLE, SECOND, GRID = 222, 120, 150, 344, 170
RIGHT, LARGE, SMALL = 556, 156, 30
MANY, NAMED = 16, 5  # maps beside the chosen one; channels of the input that are named
PASSING = ("softmax", "flatten", "average pooling", "dropout", "activation")


class Explorer:
    """What is looked at: a picture, a stage `k`, a channel of it, and one unit.

    rank  which channel of the input is shown: 0 is the one that counts most
    page  which sixteen channels are shown beside the chosen one
    """

    def __init__(self, net, pictures):
        self.net, self.pictures, self.index, self.photo = net, pictures, None, None
        self.see(0)
        if len(self.stages) == 1:
            raise ValueError("this network has no layers: put some into nn.Sequential")
        kinds = [stage.kind for stage in self.stages]
        self.choose(kinds.index("convolution") if "convolution" in kinds else 1)

    def see(self, index, photo=None):
        """Send a new photo, (H, W), or picture number `index` through the network."""
        if index == self.index and photo is self.photo:
            return
        X, label = picture(self.pictures, index)
        name = f"picture {index}" + (f": {label}" if label else "")
        if photo is not self.photo:
            size = dict(size=X.shape[2:], mode="bilinear", antialias=True)
            resized = F.interpolate(photo[None, None], **size).expand_as(X)
            X = resized.mul(255).round() / 255  # so that plain grey is plain
            label, name = None, "your picture"
        self.stages, self.classes = walk(self.net, X), []
        self.index, self.photo, self.label, self.name = index, photo, label, name
        if self.stages[-1].kind == "softmax":
            count, names = len(self.stages[-1].Y), getattr(self.pictures, "classes", ())
            numbered = [f"class {i}" for i in range(count)]
            self.classes = names if len(names) == count else numbered

    def choose(self, k, channel=None):
        """Choose a stage, a channel (default: the strongest) and its strongest unit."""
        self.k, self.rank, self.page = k, 0, 0
        self.channel = strongest(self.stage, 1)[0] if channel is None else channel
        Y = self.stage.Y[self.channel]
        self.row, self.column = divmod(Y.abs().argmax().item(), Y.shape[1])

    @property
    def stage(self):
        return self.stages[self.k]

    @property
    def unit(self):
        return self.channel, self.row, self.column

    @property
    def unit_name(self):
        """What the unit is called; by its class where every channel is one class's."""
        alone, names = drawing.is_vector(self.stage), self.classes
        name = f"{'number' if alone else 'channel'} {self.channel + 1}"
        passed = all(s.kind in PASSING for s in self.stages[self.k + 1 :])
        if passed and len(self.stage.Y) == len(names):
            name = names[self.channel]
        return name + f", row {self.row + 1}, column {self.column + 1}" * (not alone)

    def on_map(self, place, touch):
        """Choose "stage,channel"; arrow keys go to other stages."""
        if touch.kind == "press":
            k, channel = map(int, place.split(","))
            if k != self.k:
                self.choose(k, channel)
            self.channel = channel
        elif touch.key in STEPS:
            k = self.k + STEPS[touch.key][1]
            self.choose(min(max(k, 1), len(self.stages) - 1))

    def on_unit(self, _, touch):
        """Go to the unit of the large map that is pressed or pointed at, or a step."""
        matrix = matrix_of(self.stage, 0)
        where = np.array([side[0] for side in one_place(self.stage, *self.unit)])
        if touch.key in STEPS:
            where += STEPS[touch.key]
        elif touch.kind != "drop" and not touch.key:
            cell = drawing.cell_of(matrix, LARGE)
            where = np.array([touch.y - TOP, touch.x - RIGHT]) // cell
        row, column = where.clip(0, np.subtract(matrix.shape, 1)).astype(int).tolist()
        if drawing.is_vector(self.stage):
            self.channel = min(row * matrix.shape[1] + column, len(self.stage.Y) - 1)
        else:
            self.row, self.column = row, column

    def on_input(self, place, touch):
        """Show the window of another channel of the input."""
        if touch.kind == "press":
            self.rank = int(place)

    def on_more(self, _, touch):
        """Show the next sixteen channels; behind the last of them the first."""
        if touch.kind == "press":
            self.page = (self.page + 1) % -(-len(self.stage.Y) // MANY)

    def draw(self, picture=0, own=None, **_):
        """Draw all stages, and under them the chosen unit and what it comes from."""
        self.see(picture, own)
        last = len(self.stages) - 1
        found = explain(self.stage, *self.unit)
        seen = sees(self.stages, self.k, *self.unit)
        then = [
            f"then {type(s.layer).__name__}: {explain(s, *self.unit).sentences[-1]}"
            for s in self.stages[self.k + 1 :]
            if s.sources == (self.k,) and s.kind == "activation"
        ]
        rows, columns = (f"{s[0] + 1} to {s[-1] + 1}" for s in seen[1:])
        told = "; ".join([*found.sentences, *then])
        label = (
            f"{self.stage.name}, {drawing.shape_of(self.stage)}, {self.unit_name}: "
            f"{told}; it sees rows {rows}, columns {columns} of {self.name}"
        )
        parts = [
            _draw_picture(self, seen[1:]),
            _draw_sums(self, found),
            _draw_chosen(self, found, then),
        ]
        shown = self.stages
        if self.classes:
            bars = drawing.draw_bars(last, shown[last], self.classes, self.label)
            shown, parts = shown[:last], [*parts, bars]
        columns = drawing.draw_columns(shown, self.k, self.stage.sources)
        return svg.picture(860, 468, label, columns, *parts)


def _draw_picture(looked, part):
    """Draw the mean of the picture's channels, and which part of it the unit sees."""
    given, y = looked.stages[0], TOP + SIDE + 30
    size, own = "×".join(str(len(side)) for side in part), {0: "your own picture …"}
    return svg.join(
        svg.text(0, y - 13, drawing.shortened(looked.name, 12, 144), size=12),
        draw_matrix(given.Y.mean(dim=0), 4, y, 62, given, part),
        svg.text(72, y + 8, f"sees {size}", size=12),
        chips(0, y + 80, "own", own, None, size=12, data_file="image/*")[0],
    )


def _draw_sums(looked, found):
    """Draw the input with the window, window × kernel, and write out the sum."""
    stage = looked.stage
    given, channels = looked.stages[stage.sources[0]], list(found.window.channels)
    first, second, sign, other, parts = "window", "", "", None, []
    if stage.kind == "softmax":
        channels = [looked.channel]
    elif stage.kind == "add":
        first, second, sign, other = "branch", "shortcut", "+", found.values[1]
    elif found.partial is not None:  # those that count most come first
        order = found.partial.abs().argsort(descending=True, stable=True).tolist()
        channels = [channels[i] for i in order]
    channel = channels[looked.rank]
    values = found.values[i := channel - found.window.channels[0]]
    height = drawing.cell_of(values, GRID) * len(values)
    y = TOP + height + 17
    if found.kernel is not None:
        second, sign, other = f"kernel of input {channel + 1}", "×", found.kernel[i]
        for at in range(0, min(len(channels), NAMED), 3):  # in a line
            named = zip(channels[:NAMED], found.partial[order], strict=False)
            named = {c: f"{c + 1}: {digits(n)}" for c, n in [*named][at : at + 3]}
            one, x = chips(MIDDLE, y, "input", named, channel, size=12, first=at)
            parts, y = [*parts, one], y + 26
        if rest := channels[NAMED:]:
            words = f"{len(rest)} more: {digits(found.partial[order[NAMED:]].sum())}"
            parts.append(svg.text(x, y - 26, words, size=12))
    if other is not None:
        parts.append(draw_matrix(other, SECOND, TOP, GRID))
    part = found.window[1:]
    if drawing.is_vector(given):
        part = one_place(given, channel)
    return svg.join(
        title(0, TOP - 14, f"input {channel + 1} of {len(given.Y)}"),
        draw_matrix(matrix_of(given, channel), 4, TOP, SIDE, given, part),
        svg.text(MIDDLE - 20, TOP + SIDE / 2, "→"),
        title(MIDDLE, TOP - 14, f"{first} {size_of(values)}"),
        draw_matrix(values, MIDDLE, TOP, GRID, given, inside=found.inside),
        svg.text(SECOND - 12, TOP + height / 2, sign, size=18, anchor="middle"),
        title(SECOND, TOP - 14, second),
        *parts,
        _paragraph(MIDDLE, y, found.sentences, RIGHT - MIDDLE - 20),
    )


def _draw_chosen(looked, found, then):
    """Draw the chosen map, to be pointed at, and the strongest of the others."""
    stage, y, name = looked.stage, TOP + LARGE + 16, looked.unit_name
    matrix = matrix_of(stage, looked.channel)
    height, width = (drawing.cell_of(matrix, LARGE) * n for n in matrix.shape)
    area = svg.rect(RIGHT, TOP, width, height, fill="transparent")
    part, look = one_place(stage, *looked.unit), dict(bold=True, fill=BLUE)
    legend = drawing.colours_of(stage, matrix)[1]
    out = drawing.shortened(f"out: {stage.name}", 14, 300, True)
    parts = [
        title(RIGHT, TOP - 14, out),
        draw_matrix(matrix, RIGHT, TOP, LARGE, stage, part),
        button("unit:", f"{name}; arrow keys move", area, data_hover="unit:"),
        svg.text(RIGHT, y, drawing.shortened(name, 14, 300, True), **look),
        svg.text(RIGHT, y + 18, digits(found.total), **look),
        svg.text(RIGHT + 74, y + 18, legend, size=12),
        _paragraph(RIGHT, y + 38, then, 300),
    ]
    if drawing.is_vector(stage):
        return svg.join(*parts)
    x, order = RIGHT + LARGE + 14, strongest(stage, None)
    shown, left = order[MANY * looked.page :][:MANY], len(order) - MANY * looked.page
    place = 4, x, TOP, SMALL
    parts += [drawing.draw_maps(looked.k, stage, shown, *place, looked.channel)]
    if len(order) > MANY:
        left = min(left - MANY, MANY)
        words = {0: f"{left} more" if left > 0 else f"strongest {MANY}"}
        parts.append(chips(x, TOP + 4 * (SMALL + 2) + 14, "more", words, None)[0])
    return svg.join(*parts)


def _paragraph(x, y, sentences, width):
    """Write sentences, broken where `width` ends, down to the picture's end."""
    lines = [s for one in sentences for s in textwrap.wrap(one, int(width / 7.4))]
    lines = enumerate(lines[: int(464 - y) // 16 + 1])
    return svg.join(*[svg.text(x, y + 16 * i, words, size=12) for i, words in lines])


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
    controls = {
        name: types.SimpleNamespace(touch=getattr(looked, f"on_{name}"), value=None)
        for name in ("map", "unit", "input", "more")
    }
    controls["own"] = PictureFile(None)
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
