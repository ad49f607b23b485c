"""View 6, for notebook 05: a picture, or a drawing, on its way through LeNet."""

import contextlib

import torch

from cnn_course.checks import network
from cnn_course.data import to_float
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number, dropdown
from cnn_course.views.kit.drawing import BRUSHES, PAINTS, SIDE, Drawing
from cnn_course.views.kit.network import (
    feature_maps,
    probabilities,
    refuse_other_than_batches,
)
from cnn_course.views.kit.parts import key, title
from cnn_course.views.kit.svg import BLUE, GREEN, LINE, PAPER, SOFT
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import Buttons, Chips, chips
from cnn_course.views.kit.view import View

# In CSS pixels: the picture; the top of the sheet, one of its pixels; the top of the
# bars; where maps begin, their title, the height of an enlarged one, and their gap.
WIDTH, HEIGHT, TOP, CELL, BARS = 860, 480, 28, 8, 330
LEFT, TITLE, LARGE, GAP = 290, 22, 200, 5
MOST = 32  # maps of one layer that are drawn
ANY = -1  # not None: to ipywidgets that would mean that no option is chosen
NOTHING = "nothing drawn yet"


def arrange(count, side, room):
    """Return (maps in a row, CSS pixels of each) for maps of `side` × `side`."""
    wanted = 20 * side**0.5  # smaller layers look smaller, yet not too small to see
    for rows in range(1, 5):
        columns = -(-count // rows)
        size = min(wanted, (room + GAP) / columns - GAP)
        if size >= 0.75 * wanted:
            break
    return columns, size


def draw_lenet_at_work(net, image, name, classes, label=None, resize=None, sheet=""):
    """Draw an image, uint8 (28, 28), its maps and the share of every class.

    name    what to call the image
    label   its class, where it is known
    resize  (H, W) that the network wants, or None
    sheet   the image as it is drawn on, with all that can be pressed
    """
    stages, logits = feature_maps(net, to_float(torch.tensor(image)[None], resize))
    best = probabilities(logits, classes)
    if not image.any():
        said, text = NOTHING, f"{NOTHING}; choose a picture, or paint on the sheet"
    else:
        said = f"{name}, labelled {label}" if label else name
        text = ", ".join(f"{name} {100 * share:.1f} %" for share, name in best[:3])
        text = f"{said}: {text}"
        if not label:
            text += f"; it must choose one of {len(classes)} classes, whatever you draw"
    layers, bottom = [], 0
    for stage in stages:
        top = bottom + TITLE
        layer, bottom = _draw_layer(*stage, top)
        layers += [layer, _draw_bracket(top, bottom, first=top == TITLE)]
    sizes = " → ".join(size_of(maps) for _, maps in stages)
    return svg.picture(
        WIDTH,
        max(HEIGHT, bottom + 4),
        f"{text}. Feature maps: {sizes}",
        sheet,
        title(1, BARS - 10, said),
        _draw_bars(best, label, classes) if image.any() else "",
        svg.arrow(LEFT - 8, bottom - 16, 266, bottom - 16, colour=SOFT),
        *layers,
    )


def _draw_bracket(top, bottom, first):
    """Draw what comes from the sheet or the layer above, and goes to all these maps."""
    x, way = LEFT - 8, dict(stroke=SOFT, fill="none", stroke_width=1.5)
    bracket = f"M{LEFT - 3} {top:.1f}H{x}V{bottom:.1f}H{LEFT - 3}"
    start = (
        (CELL * SIDE + 3, top + 40, x, top + 40) if first else (x, top - TITLE, x, top)
    )
    return svg.join(svg.tag("path", d=bracket, **way), svg.arrow(*start, colour=SOFT))


def _draw_layer(words, maps, y):
    """Draw a layer's maps, float32 (C, h, w), from y on; return (piece, bottom).

    Each is drawn once more, large and below the sheet, where the page shows it while
    the pointer is over the map.
    """
    count, height, width = maps.shape
    columns, size = arrange(min(count, MOST), width, WIDTH - LEFT)
    high, large = size * height / width, LARGE / max(height, width)
    strongest = maps.abs().max().item()
    ends = number(-strongest), number(strongest)
    colours = key(
        WIDTH - 72 - sum(svg.width_of(end, 12) for end in ends), y - 11, *ends
    )[0]
    name, cut = f"{words}: {count} × {height} × {width}", f", the first {MOST}"
    parts = [title(LEFT, y - 11, name + cut * (count > MOST)), colours]
    for i, pixels in enumerate(svg.signed_colours(maps[:MOST], top=strongest)):
        row, column = divmod(i, columns)
        left, upper = LEFT + column * (size + GAP), y + row * (high + GAP)
        drawn, lit = svg.image(pixels, 0, 0, width, height), f"map-{y:.0f}-{i}"
        says = f"map {i + 1} of {words}"
        enlarged = [
            svg.rect(0, BARS - 77, LEFT - 12, LARGE + 30, fill=PAPER),
            title(0, BARS - 62, says),
            _placed(drawn, 0, BARS - 50, large),
        ]
        parts += [
            svg.tag(
                "g",
                _placed(drawn, left, upper, size / width),
                svg.rect(left, upper, size, high, stroke=LINE, stroke_width=1),
                data_shows=f".{lit}",
                tabindex=0,
                role="img",
                aria_label=says,
            ),
            svg.tag("g", *enlarged, class_=f"when-lit {lit}", pointer_events="none"),
        ]
    return svg.join(*parts), upper + high


def _placed(piece, x, y, zoom):
    return svg.tag(
        "g", piece, transform=f"translate({x:.1f} {y:.1f}) scale({zoom:.4f})"
    )


def _draw_bars(best, label, classes):
    """Draw the share of every class, the label's in green, the largest in bold."""
    parts, shares = [], {name: share for share, name in best}
    for i, name in enumerate(classes):
        y, fill = BARS + 7 + 15 * i, GREEN if name == label else BLUE
        share, bold = shares[name], name == best[0][1]
        parts += [
            svg.text(84, y, name, size=12, bold=bold, anchor="end", fill=fill),
            svg.rect(90, y - 6, 120, 12, stroke=LINE),
            svg.rect(90, y - 6, max(120 * share, 1), 12, fill=fill),
            svg.text(216, y, f"{100 * share:.1f} %", size=12, bold=bold),
        ]
    return svg.join(*parts)


def find(labels, number, only=ANY, step=1):
    """Return the first index from `number` on, around the end, with the label `only`.

    Raises ValueError if no picture has it.
    """
    for i in range(len(labels)):
        index = (number + step * i) % len(labels)
        if only in (ANY, labels[index]):
            return index
    raise ValueError("none of these pictures is of that class: choose another class")


@torch_as_it_starts()
def lenet_at_work(net, test_iter):
    """Return the view of a trained `net`: choose or draw a picture, see its maps.

    net        a trained network like lenet(), on any device and in any mode
    test_iter  the loader of the pictures, (n, 28, 28), and their classes

    Raises TypeError or ValueError if the network or the loader is of another kind.
    """
    network("net", net)
    refuse_other_than_batches("test_iter", test_iter)
    images, labels = test_iter.images.cpu().numpy(), test_iter.labels.tolist()
    classes, shown = test_iter.classes, 0
    number = Number("picture", 0, 0, len(labels) - 1)
    every = [(name, label) for label, name in enumerate(classes)]
    only = dropdown("only class", [("any class", ANY), *every])
    paint, brush = Chips(PAINTS, 255), Chips(BRUSHES, 2)
    sheet = Drawing(1, TOP, CELL, paint, brush)
    sheet.write(images[0])

    def go(step):
        with contextlib.suppress(ValueError):  # the view draws next, and says it
            start = (shown + step) % len(labels)
            number.write(find(labels, start, only.value, step or 1))

    only.observe(lambda _: go(0), "value")

    def start():
        sheet.write(images[shown])

    steps = Buttons({"previous picture": lambda: go(-1), "next": lambda: go(1)})
    begin = Buttons({"clear": sheet.clear, "start from picture": start})

    def draw(number, only, paint, brush, **_):
        nonlocal shown
        index = find(labels, number, only)
        if index != shown:
            shown = index
            sheet.write(images[index])
        chosen = (sheet.read() == images[index]).all()
        name, label = "your drawing", None
        if chosen:
            name, label = f"picture {index}", classes[labels[index]]
        below, small = TOP + SIDE * CELL + 16, dict(size=12, gap=4)
        pressed = svg.join(
            chips(1, 13, "steps", steps.words, None, **small)[0],
            sheet.drawn(),
            chips(1, below, "paint", PAINTS, paint, **small)[0],
            svg.text(160, below, "brush", size=12),
            chips(198, below, "brush", BRUSHES, brush, **small)[0],
            chips(1, below + 27, "begin", begin.words, None, **small)[0],
        )
        image, resize = sheet.read(), test_iter.resize
        return draw_lenet_at_work(net, image, name, classes, label, resize, pressed)

    return View(
        "LeNet at work",
        "paint a boot's heel black. Clear the sheet and draw a smiley: how sure is it? "
        "Point at a map.",
        {
            "number": number,
            "only": only,
            "sheet": sheet,
            "paint": paint,
            "brush": brush,
            "steps": steps,
            "begin": begin,
        },
        draw,
        summary="a picture, what comes out of every convolution and pooling, and the "
        "share of every class as bars",
    )
