"""View 9, for notebook 08: what does NiN find, and where, on a sheet of garments?"""

import copy
import functools

import numpy as np
from PIL import Image

from cnn_course.checks import network, whole_number
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.network import refuse_other_than_batches
from cnn_course.views.kit.parts import key, title
from cnn_course.views.kit.sheet import (
    MOST,
    Garments,
    choose_pictures,
    find_class_maps,
    lay_sheet,
    looking_places,
    size_on,
)
from cnn_course.views.kit.svg import LINE, ORANGE, SOFT
from cnn_course.views.kit.texts import short
from cnn_course.views.kit.touch import Buttons, Chips, button, chips
from cnn_course.views.kit.view import View

FIRST = (1, 7, 8, 9)  # the classes on the sheet of notebook 08
# In CSS pixels: the picture; the top of the sheet and its side; the first small map.
WIDTH, HEIGHT, TOP, SHEET, RIGHT = 860, 480, 28, 390, 412
TILE, STEP, COLUMNS = 82, 91, 5  # of the small maps


def draw_map(paper, side, values, places, top, x, y, width):
    """Draw a class map over the sheet, at (x, y), `width` CSS pixels wide.

    paper   what to draw below it, an svg.image in pixels of the sheet
    side    of the sheet, in pixels
    values  float (h, w)
    places  (first, step) of its numbers, in pixels of the sheet
    top     the value with the strongest colour
    """
    first, step = places
    size = [step * n for n in reversed(values.shape)]
    corner = first + 0.5 - step / 2
    colours = svg.signed_colours(values, top=top)
    return svg.tag(
        "svg",  # it cuts what lies outside
        paper,
        svg.image(colours, corner, corner, *size, opacity=0.7),
        x=x,
        y=y,
        width=width,
        height=width,
        viewBox=f"0 0 {side} {side}",
    )


def limit(maps):
    """Return the number with the strongest colour: the largest one for a class.

    Those against it may lie far below its negative: in one scale with them all that is
    for a class would be pale.
    """
    return max(maps.max().item(), 0) or maps.abs().max().item()


def _draw_key(x, y, maps, name):
    top = limit(maps)
    below = "≤ " * (maps.min().item() < -top)
    low, high = f"against: {below}{short(-top)}", f"{short(top)}: for {name}"
    return key(x, y, low, high, width=80)[0]


def draw_class_maps(sheet, maps, places, names, chosen, garments=(), pressed=""):
    """Draw one map large over the sheet, and all of them small in one scale.

    sheet     float (H, H), maps float (classes, h, w)
    places    (first, step) of the maps' numbers, in pixels of the sheet
    names     of the classes; `chosen` is the one of the large map
    garments  (class, left, top) in pixels of the sheet, or None, for each
    pressed   what else can be pressed
    """
    side, averages, large = len(sheet), maps.mean(dim=(1, 2)), maps[chosen]
    pixels = Image.fromarray(255 - svg.grey(sheet))  # white, else pale colours are lost
    small = pixels.resize((TILE, TILE))
    paper, small = (
        svg.image(np.asarray(each), 0, 0, side, side, smooth=True, jpeg=True)
        for each in (pixels, small)
    )
    dead = [names[c] for c, values in enumerate(maps) if not values.any()]
    order = averages.argsort(descending=True)[:3].tolist()
    best = ", ".join(f"{names[c]} {short(averages[c])}" for c in order)
    label = (
        f"{describe(garments, names, maps)}; largest averages: {best}; dead: "
        f"{', '.join(dead) or 'none'}; large: the map of {names[chosen]}"
    )
    head = f"map of {names[chosen]}, own scale: average {short(large.mean())}"
    return svg.picture(
        WIDTH,
        HEIGHT,
        label,
        title(1, 12, head),
        draw_map(paper, side, large, places, limit(large), 1, TOP, SHEET),
        svg.rect(1, TOP, SHEET, SHEET, stroke=LINE),
        *_draw_handles(garments, names, SHEET / side, size_on(side)),
        title(RIGHT, 12, "all maps in one scale: press one"),
        *_draw_tiles(small, side, maps, places, names, chosen),
        _draw_key(1, TOP + SHEET + 17, large, names[chosen]),
        _draw_key(RIGHT, 278, maps, "a class"),
        pressed,
    )


def _draw_tiles(paper, side, maps, places, names, chosen):
    """Yield every map, small, in one scale and with its average."""
    averages, top = maps.mean(dim=(1, 2)), limit(maps)
    largest = averages.argmax().item() if averages.max() > averages.min() else None
    for c, name in enumerate(names):
        x, y = RIGHT + STEP * (c % COLUMNS), TOP + 120 * (c // COLUMNS)
        found = short(averages[c]) if maps[c].any() else "dead: all 0"
        bold, on = c == largest, c == chosen
        frame = dict(stroke=ORANGE if on else SOFT, stroke_width=5 if on else 1)
        yield button(
            f"large:{c}",
            f"map of {name}, {'largest ' * bold}average {found}",
            svg.rect(x, y, TILE, TILE, **frame),
            draw_map(paper, side, maps[c], places, top, x, y, TILE),
            svg.text(x, y + TILE + 11, name, size=12, bold=bold),
            svg.text(x, y + TILE + 26, "largest " * bold + found, size=12),
            pressed=on,
        )


def describe(garments, names, maps):
    """Say what lies where, and where the map of its class is largest."""
    height, width = maps.shape[1:]
    parts = []
    for c, left, top in filter(None, garments):
        row, column = divmod(maps[c].argmax().item(), width)
        parts.append(
            f"{names[c]} {left} right and {top} down, its map largest in row "
            f"{row + 1}, column {column + 1}"
        )
    laid = "; ".join(parts) or "empty"
    return f"maps of {height}×{width} for the sheet: {laid}"


def _draw_handles(garments, names, zoom, size):
    """Yield what a garment is dragged by, for each of them."""
    for i, garment in enumerate(garments):
        if garment:
            c, left, top = garment
            place = 1 + zoom * left, TOP + zoom * top, zoom * size, zoom * size
            look = dict(fill="transparent", stroke="#595959", stroke_dasharray="4 4")
            says = f"{names[c]}: arrow keys move it, Delete takes it away"
            move = dict(style="cursor:move")
            yield button(f"garments:{i}", says, svg.rect(*place, **look), **move)


def _draw_tray(pictures, names, full):
    """Draw a picture of each class, to be put on the sheet."""
    words = "press one to put it on the sheet, or drag it there"
    if full:
        words = "four are on the sheet: drag one off it to make room"
    parts = [title(RIGHT, 322, words)]
    for i, (c, picture) in enumerate(pictures.items()):
        place = RIGHT + 45 * i, 336, 41, 41
        frame = svg.rect(*place, stroke=SOFT)
        pixels = svg.image(255 - picture.numpy(), *place)
        add = button(f"garments:new,{c}", f"add {names[c]}", frame, pixels)
        parts.append(svg.tag("g", add, opacity=0.4 if full else None))
    return svg.join(*parts)


@torch_as_it_starts()
def class_maps(net, data_iter, side=224):
    """Return the view of a network's class maps for a sheet of chosen garments.

    net        a network as nin(), on any device; as it is now: a copy is asked, in
               evaluation mode
    data_iter  a loader that `load_data_fashion_mnist` returns
    side       of the sheet, in pixels

    Raises TypeError or ValueError for a network or a loader of another kind, and
    unless `side` is a whole number from 67 to 448.
    """
    whole_number("side", side, 67, 448)
    refuse_other_than_batches("data_iter", data_iter)
    images, labels = data_iter.images.cpu(), data_iter.labels.cpu()
    names, seed = data_iter.classes, 1
    net = copy.deepcopy(network("net", net)).eval()
    chosen = Chips(dict(enumerate(names)), FIRST[0])
    garments = Garments(1, TOP, SHEET / side, side, chosen)

    @functools.lru_cache(maxsize=2)
    def pictures_of(seed):
        return choose_pictures(images, labels, len(names), seed)

    @functools.lru_cache(maxsize=4)
    def look(lying, seed):
        pictures = [pictures_of(seed)[c] for c, *_ in lying]
        sheet = lay_sheet(pictures, [place for _, *place in lying], side)
        return sheet, find_class_maps(net, sheet[None, None], len(names))

    def first_four():
        garments.lay([c for c in FIRST if c in pictures_of(seed)])

    def others():
        nonlocal seed
        seed += 1

    first_four()
    sheets = Buttons(
        {
            "empty sheet": garments.empty,
            "four garments": first_four,
            "other pictures": others,
        }
    )

    def draw(garments, large, **_):
        lying = tuple(filter(None, garments))
        sheet, maps = look(lying, seed)
        pressed = svg.join(
            chips(1, TOP + SHEET + 45, "sheets", sheets.words, None)[0],
            _draw_tray(pictures_of(seed), names, len(lying) == MOST),
        )
        places = looking_places(net)
        return draw_class_maps(sheet, maps, places, names, large, garments, pressed)

    return View(
        "NiN's class maps",
        "drag the trousers: does the map of their class follow? Empty the sheet: what "
        "do the maps say?",
        {"garments": garments, "large": chosen, "sheets": sheets},
        draw,
        summary=f"{len(names)} class maps, each over the sheet with its average",
    )
