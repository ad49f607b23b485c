"""View 9, for notebook 08: what does NiN find, and where, on a sheet of pictures?"""

import copy
import functools

import numpy as np
from PIL import Image

from cnn_course.checks import network, whole_number
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit.board import (
    GREY,
    SCALE,
    Board,
    draw_scale,
    grey,
    signed_colours,
)
from cnn_course.views.kit.chooser import refuse_other_than_batches
from cnn_course.views.kit.controls import Number, dropdown
from cnn_course.views.kit.sheet import (
    CORNERS,
    choose_pictures,
    find_class_maps,
    lay_sheet,
    looking_places,
)
from cnn_course.views.kit.view import View

FIRST = (1, 7, 8, 9)  # the classes on the sheet of notebook 08
TILE, GAP, TITLE = 134, 11, 50  # of a drawn map, in CSS pixels
COLUMNS = 5  # of maps, to the right of the sheet itself


def overlay(sheet, values, places, opacity, smooth, top):
    """Return the sheet, a Pillow image, under the colours of a map.

    values   float (h, w)
    places   (first, step) of its numbers, in pixels of this image
    opacity  of the colours, from 0 to 1
    smooth   blend from number to number; else each is a square
    top      the value with the strongest colour
    """
    first, step = places
    size = [round(n * step) for n in reversed(values.shape)]
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    large = Image.fromarray(np.asarray(values, dtype=np.float32)).resize(size, how)
    colours = Image.fromarray(signed_colours(large, top=top))
    mask = Image.new("L", colours.size, round(255 * opacity))
    image, corner = sheet.copy(), round(first - step / 2)
    image.paste(colours, (corner, corner), mask)
    return image


def draw_class_maps(sheet, maps, places, names, opacity, own, smooth):
    """Draw the maps over the sheet; return (board, text).

    sheet    float (H, H), maps float (classes, h, w)
    places   (first, step) of the maps' numbers, in pixels of the sheet
    names    of the classes
    opacity  in percent
    own      whether each map has its own scale of colours
    """
    averages, strongest = maps.mean(dim=(1, 2)), maps.abs().amax(dim=(1, 2))
    top = strongest.max().item()
    largest = averages.argmax().item() if averages.max() > averages.min() else None
    dead = [c for c in range(len(maps)) if not strongest[c]]
    height = TITLE + TILE + 8
    board = Board(860, max(-(-len(maps) // COLUMNS), 2) * height)
    size = TILE * SCALE
    paper = Image.fromarray(255 - grey(sheet))  # white, else pale colours are lost
    paper = paper.resize((size, size), Image.Resampling.BILINEAR)
    scale = size / len(sheet)
    places = ((places[0] + 0.5) * scale, places[1] * scale)
    _draw_tile(board, 0, 0, paper, ["the sheet", "black on white"])
    _draw_key(board, top, own, height + 10)
    for c, name in enumerate(names):
        row, column = divmod(c, COLUMNS)
        found = "largest " * (c == largest) + f"average {averages[c]:.2f}"
        lines = [name, "dead: 0 everywhere" if c in dead else found]
        lines += [f"colours to ± {strongest[c]:.2f}"] if own else []
        limit = strongest[c].item() if own else top
        picture = overlay(paper, maps[c], places, opacity / 100, smooth, limit)
        at = ((column + 1) * (TILE + GAP), row * height)
        _draw_tile(board, *at, picture, lines, bold=c == largest)
    order = averages.argsort(descending=True)[:3].tolist()
    text = "largest averages: "
    text += ", ".join(f"{names[c]} {averages[c]:.2f}" for c in order)
    text += f"; dead: {', '.join(names[c] for c in dead) or 'none'}"
    return board, text.replace(" -", " −")


def _draw_tile(board, x, y, picture, lines, bold=False):
    name, *facts = (line.replace(" -", " −") for line in lines)
    board.text(x, y + 9, name, size=13, bold=bold, anchor="lm")
    board.lines(x, y + 24, facts, 15, size=12)
    board.image.paste(picture, (round(x * SCALE), round((y + TITLE) * SCALE)))
    board.rectangle(x, y + TITLE, TILE, TILE, outline=GREY, line=0.5)


def _draw_key(board, top, own, y):
    """Say what the colours mean, and where they lie."""
    lines = ["each map has its own", "scale: a weak one", "looks strong, too"]
    if not own:
        draw_scale(board, 0, y, TILE, top)
        lines = ["", "", "one scale for all"]
    lines += [
        "",
        "A square lies in the",
        "middle of the pixels",
        "that its number sees.",
    ]
    board.lines(0, y + 9, lines, 16, size=12)


@torch_as_it_starts()
def class_maps(net, data_iter, side=224):
    """Return the view of a network's class maps for a sheet of chosen pictures.

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
    names = data_iter.classes
    net = copy.deepcopy(network("net", net)).eval()

    @functools.lru_cache(maxsize=4)
    def look(classes, whole, right, down, seed):
        pictures = choose_pictures(images, labels, classes, seed)
        sheet = lay_sheet(pictures, side, whole, right, down)
        return sheet, find_class_maps(net, sheet[None, None], len(names))

    def draw(whole, right, down, seed, opacity, own, smooth, **corners):
        classes = tuple(corners.values())
        sheet, maps = look(classes, whole, right, down, seed)
        places = looking_places(net)
        board, text = draw_class_maps(sheet, maps, places, names, opacity, own, smooth)
        moved = f"moved right by {right} and down by {down} pixels"
        settings = f"{moved}, picture seed {seed}, opacity {opacity} %"
        return board, f"{_describe(classes, names, whole, maps)}; {settings}; {text}"

    every = [("empty", None), *((name, c) for c, name in enumerate(names))]
    corners = zip(CORNERS, FIRST, strict=True)
    four_or_one = [("four pictures", False), ("top left only, enlarged", True)]
    scales = [("one for all maps", False), ("each its own: exaggerates", True)]
    return View(
        "NiN's class maps",
        "move the top left picture to the right: does the map of its class follow? "
        "What do the maps say about an empty sheet?",
        {
            **{corner: dropdown(corner, every, value=c) for corner, c in corners},
            "whole": dropdown("sheet", four_or_one),
            "right": Number("top left: right by", 0, 0, side),
            "down": Number("top left: down by", 0, 0, side),
            "seed": Number("picture seed", 0, 0, 99, limits=(0, 10**9)),
            "opacity": Number("opacity in percent", 70, 0, 100),
            "own": dropdown("colour scale", scales),
            "smooth": dropdown(
                "show numbers", [("as squares", False), ("smoothly", True)]
            ),
        },
        draw,
        rows=[
            CORNERS,
            ["right", "down", "seed"],
            ["whole", "own", "smooth", "opacity"],
        ],
        summary=f"{len(names)} class maps, each over the sheet with its average",
    )


def _describe(classes, names, whole, maps):
    """Say what lies where, and where the map of its class is largest."""
    height, width = maps.shape[1:]
    parts = []
    shown = classes[:1] if whole else classes
    for corner, c in zip(CORNERS, shown, strict=False):
        if c is not None:
            row, column = divmod(maps[c].argmax().item(), width)
            corner = "enlarged" if whole else corner
            place = f"its map largest in row {row}, column {column}"
            parts += [f"{names[c]} {corner}, {place}"]
    laid = "; ".join(parts) or "empty"
    return f"maps of {height}×{width} for the sheet: {laid}"
