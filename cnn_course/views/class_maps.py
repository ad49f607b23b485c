"""View 9, for notebook 08: what does NiN find, and where, on a sheet of pictures?"""

import copy
import functools

import ipywidgets
import numpy as np
from PIL import Image

from cnn_course.checks import network, whole_number
from cnn_course.views.kit.board import GREY, SCALE, Board, grey, number, signed_colours
from cnn_course.views.kit.given import loader, try_out
from cnn_course.views.kit.sheet import (
    CORNERS,
    choose,
    find_class_maps,
    lay_sheet,
    looking_places,
)
from cnn_course.views.kit.view import LABEL, Number, View

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

    Raises ValueError for another opacity than 0 to 100.
    """
    if not 0 <= opacity <= 100:
        raise ValueError(f"opacity is {opacity} %: take a number from 0 to 100")
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
    for i, line in enumerate(lines):
        style = {"size": 12} if i else {"size": 13, "bold": bold}
        board.text(x, y + 9 + 15 * i, line.replace(" -", " −"), anchor="lm", **style)
    board.image.paste(picture, (round(x * SCALE), round((y + TITLE) * SCALE)))
    board.rectangle(x, y + TITLE, TILE, TILE, outline=GREY, line=0.5)


def _draw_key(board, top, own, y):
    """Say what the colours mean, and where they lie."""
    lines = ["each map has its own", "scale: a weak one", "looks strong, too"]
    if not own:
        board.paste(signed_colours(np.linspace(-1, 1, TILE)[None]), 0, y, TILE, 14)
        board.rectangle(0, y, TILE, 14, outline=GREY, line=0.5)
        board.text(0, y + 24, f"−{number(top)}", size=12, anchor="lm")
        board.text(TILE / 2, y + 24, "0", size=12)
        board.text(TILE, y + 24, number(top), size=12, anchor="rm")
        lines = ["", "", "one scale for all"]
    lines += [
        "",
        "A square lies in the",
        "middle of the pixels",
        "that its number sees.",
    ]
    for i, line in enumerate(lines):
        board.text(0, y + 9 + 16 * i, line, size=12, anchor="lm")


def class_maps(net, data_iter, side=224):
    """Return the view of a network's class maps for a sheet of chosen pictures.

    net        a network as nin(), on any device; as it is now: a copy is asked, in
               evaluation mode
    data_iter  a loader that `load_data_fashion_mnist` returns
    side       of the sheet, in pixels

    Raises ValueError if the network or the loader is of another kind, TypeError or
    ValueError if `side` is no whole number from 67 to 448.
    """
    whole_number("side", side, 67, 448)
    images, labels, names = loader("data_iter", data_iter)
    first = tuple(min(c, len(names) - 1) for c in FIRST)
    net = copy.deepcopy(network("net", net)).eval()

    @functools.lru_cache(maxsize=4)
    def look(classes, whole, right, down, seed):
        pictures = choose(images, labels, classes, seed)
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
    corners = {
        corner: _dropdown(corner, every, c)
        for corner, c in zip(CORNERS, first, strict=True)
    }
    # So that what does not fit is an error of the cell.
    a_picture = "a loader with a picture of each class"
    try_out("data_iter", data_iter, a_picture, lambda: choose(images, labels, first, 0))
    draw_first = functools.partial(look, first, False, 0, 0, 0)
    try_out("net", net, "a network like nin(), for these pictures", draw_first)
    return View(
        "NiN's class maps",
        "move the top left picture to the right: does the map of its class follow? "
        "What do the maps say about an empty sheet?",
        {
            **corners,
            "whole": _dropdown(
                "sheet",
                [("four pictures", False), ("top left only, enlarged", True)],
                False,
            ),
            "right": Number("top left: right by", 0, 0, side),
            "down": Number("top left: down by", 0, 0, side),
            "seed": Number("picture seed", 0, 0, 99),
            "opacity": Number("opacity in percent", 70, 0, 100),
            "own": _dropdown(
                "colour scale",
                [("one for all maps", False), ("each its own: exaggerates", True)],
                False,
            ),
            "smooth": _dropdown(
                "show numbers", [("as squares", False), ("smoothly", True)], False
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


def _dropdown(label, options, value):
    layout = ipywidgets.Layout(width="auto", margin="2px 12px 2px 2px")
    return ipywidgets.Dropdown(
        options=options, value=value, description=label, style=LABEL, layout=layout
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
