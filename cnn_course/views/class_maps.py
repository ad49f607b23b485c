"""View 9, for notebook 08: what does NiN find, and where, on a sheet of garments?"""

import numpy as np

from cnn_course.device import torch_as_it_starts
from cnn_course.views.explorer.layers import refuse_other_than_batches
from cnn_course.views.garments import Garments, find_class_maps, lay_sheet, size_on
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import key, title
from cnn_course.views.kit.svg import LINE, ORANGE, SOFT
from cnn_course.views.kit.texts import short
from cnn_course.views.kit.touch import Buttons, Chips, button, chips
from cnn_course.views.kit.view import View

FIRST = (1, 7, 8, 9)  # the classes on the sheet of notebook 08
# In CSS pixels: the top of the sheet and its side; the first small map and its side.
TOP, SHEET, RIGHT, TILE = 28, 390, 412, 96


def draw_map(paper, side, values, places, top, x, y, width):
    """Draw a class map over the sheet, at (x, y), `width` CSS pixels wide.

    paper   the sheet, an svg.image of `side` pixels
    values  float (h, w); places: (first, step) of them, in pixels of the sheet
    top     the value with the strongest colour
    """
    first, step = places
    size = [step * n for n in reversed(values.shape)]
    corner, colours = first + 0.5 - step / 2, svg.signed_colours(values, top=top)
    over = svg.image(colours, corner, corner, *size, opacity=0.7)
    place = dict(x=x, y=y, width=width, height=width)  # svg cuts what lies outside
    return svg.tag("svg", paper, over, viewBox=f"0 0 {side} {side}", **place)


def limit(maps):
    """Return the number with the strongest colour: the largest one for a class.

    Those against it may lie far below its negative: in one scale with them all that is
    for a class would be pale.
    """
    return max(maps.max().item(), 0) or maps.abs().max().item()


def draw_class_maps(sheet, maps, places, names, chosen, label, handles):
    """Draw one map large over the sheet, and all of them small in one scale.

    sheet    float (H, H), maps float32 (classes, h, w)
    places   (first, step) of the maps' numbers, in pixels of the sheet
    names    of the classes; `chosen` is the one of the large map
    label    what lies on the sheet, in words
    handles  pieces: what can be touched there
    """
    side, averages, large = len(sheet), maps.mean(dim=(1, 2)), maps[chosen]
    order = averages.argsort(descending=True).tolist()
    best = ", ".join(f"{names[c]} {short(averages[c])}" for c in order[:3])
    # White, else pale colours are lost; half the pixels do for a small map.
    paper, small = (
        svg.image(255 - svg.grey(part), 0, 0, side, side, smooth=True, jpeg=True)
        for part in (sheet, sheet[::2, ::2])
    )
    parts = [
        title(1, 12, f"map of {names[chosen]}, own scale: {short(large.mean())}"),
        draw_map(paper, side, large, places, limit(large), 1, TOP, SHEET),
        svg.rect(1, TOP, SHEET, SHEET, stroke=LINE),
        title(RIGHT, 12, "all maps in one scale, their averages: press one"),
    ]
    for c, name in enumerate(names):
        x, y = RIGHT + 112 * (c % 4), TOP + 132 * (c // 4)
        bold, on = c == order[0], c == chosen
        says = "largest " * bold + short(averages[c])
        frame = dict(stroke=ORANGE if on else SOFT, stroke_width=5 if on else 1)
        tile = [
            svg.rect(x, y, TILE, TILE, **frame),
            draw_map(small, side, maps[c], places, limit(maps), x, y, TILE),
            svg.text(x, y + TILE + 11, name, size=12, bold=bold),
            svg.text(x, y + TILE + 26, says, size=12),
        ]
        parts.append(button(f"large:{c}", f"map of {name}: {says}", *tile, pressed=on))
    for x, shown, name in ((1, large, names[chosen]), (RIGHT, maps, "a class")):
        top = limit(shown)
        ends = f"against: ≤ {short(-top)}", f"{short(top)}: for {name}"
        parts.append(key(x, TOP + SHEET + 17, *ends, width=80))
    label += f"; largest averages: {best}; large: the map of {names[chosen]}"
    return svg.picture(860, 480, label, *parts, *handles)


@torch_as_it_starts()
def class_maps(net, data_iter, side=224):
    """Return the view of a network's class maps for a sheet of chosen garments.

    net        a network as nin(), on any device
    data_iter  a loader that `load_data_fashion_mnist` returns
    side       of the sheet, in pixels

    Raises TypeError or ValueError for a network or a loader of another kind.
    """
    refuse_other_than_batches("data_iter", data_iter)
    images, labels = data_iter.images.cpu(), data_iter.labels.tolist()
    names, lot, zoom = data_iter.classes, np.random.default_rng(0), SHEET / side
    chosen = Chips(dict(enumerate(names)), FIRST[0])

    def show(number):
        chosen.value = labels[number]

    garments = Garments(1, TOP, zoom, side, show)
    first = [labels.index(c) for c in FIRST if c in labels]
    garments.lay(first)
    sheets = Buttons(
        {
            "empty sheet": lambda: garments.lay([]),
            "first four": lambda: garments.lay(first),
            "other four": lambda: garments.lay(lot.permutation(len(images))[:4]),
        }
    )

    def draw(garments, large, **_):
        sheet = lay_sheet(images[list(garments)], garments.values(), side)
        maps, places = find_class_maps(net, sheet[None, None], len(names))
        handles = [chips(1, TOP + SHEET + 45, "sheets", sheets.options, None)[0]]
        size, told, (height, width) = zoom * size_on(side), [], maps.shape[1:]
        look = dict(fill="transparent", stroke="#595959", stroke_dasharray="4 4")
        for i, (left, top) in garments.items():
            name, best = names[labels[i]], maps[labels[i]].argmax().item()
            box = svg.rect(1 + zoom * left, TOP + zoom * top, size, size, **look)
            says = f"{name}: arrow keys move it, Delete takes it away"
            handles.append(button(f"garments:{i}", says, box, style="cursor:move"))
            told.append(
                f"{name} {left} right and {top} down, its map largest in row "
                f"{best // width + 1}, column {best % width + 1}"
            )
        label = f"maps of {height}×{width} for the sheet: {'; '.join(told) or 'empty'}"
        return draw_class_maps(sheet, maps, places, names, large, label, handles)

    return View(
        "NiN's class maps",
        "drag the trousers: does the map of their class follow? Empty the sheet: what "
        "do the maps say?",
        {"garments": garments, "large": chosen, "sheets": sheets},
        draw,
        summary=f"{len(names)} class maps, each over the sheet with its average",
    )
