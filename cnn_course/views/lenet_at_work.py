"""View 6, for notebook 05: a picture, or a drawing, on its way through LeNet."""

import torch

from cnn_course.data import to_float
from cnn_course.device import torch_as_it_starts
from cnn_course.views.drawing_sheet import SIDE, Drawing
from cnn_course.views.explorer.layers import refuse_other_than_batches, walk
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import key, title
from cnn_course.views.kit.svg import BLUE, GREEN, LINE, PAPER, SOFT
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import Buttons, Chips, chips
from cnn_course.views.kit.view import View

# In CSS pixels: the picture; the top of the sheet and of the first maps, one pixel of
# the sheet; the top of the bars; where maps begin, and the gap between two.
WIDTH, TOP, CELL, BARS, LEFT, GAP = 860, 23, 8, 320, 290, 5
EXPECTED = (
    "expected is a network like lenet() of notebook 05: an nn.Sequential with Conv2d "
    "and pooling layers, then nn.Flatten, and at the end one logit for each class"
)


def feature_maps(net, X, num_classes):
    """Send X, float32 (1, 1, H, W), through `net`; return ([(name, maps), …], shares).

    There are maps, float32 (C, h, w), for every convolution and pooling before
    nn.Flatten, taken behind the activation or other layers that follow it; shares are
    the classes' probabilities, float32 (classes,). The network stays as it is.

    Raises ValueError if the layers are not as EXPECTED or do not fit X.
    """
    stages, found, convolutions = walk(net, X), [], 0
    for stage in stages[1:]:
        if stage.flat:
            break
        if stage.kind == "convolution":
            convolutions += 1
            found.append((f"convolution {convolutions}", stage.Y))
        elif stage.kind.endswith("pooling"):
            found.append((stage.kind, stage.Y))
        elif found:
            found[-1] = f"{found[-1][0]}, {type(stage.layer).__name__}", stage.Y
    last = stages[-1]
    logits = (last.inputs[0] if last.kind == "softmax" else last.Y).flatten()
    if not convolutions or not last.flat or len(logits) != num_classes:
        raise ValueError(
            f"this network gives {len(logits)} numbers for {num_classes} classes, "
            f"with {convolutions} Conv2d before {'an' if last.flat else 'no'} "
            f"nn.Flatten; {EXPECTED}"
        )
    return found, logits.softmax(0)


def _draw_layer(name, maps, y):
    """Draw a layer's maps, float32 (C, h, w), from y on; return (piece, bottom).

    Each is drawn once more, large, over the bars: shown while the pointer is on it.
    """
    count, height, width = maps.shape
    shown = min(count, 32)
    columns = -(-shown // -(-shown // 8))  # rows of eight at most, equally long
    # Smaller layers look smaller, yet not too small to see.
    size = min(20 * width**0.5, (WIDTH - LEFT + GAP) / columns - GAP)
    high, large = size * height / width, 200 / max(height, width)
    words = f"{name}: {count} × {height} × {width}"
    words += f", the first {shown}" * (shown < count)
    top = maps.abs().max().item()
    colours = key(WIDTH - 160, y - 12, number(-top), number(top))
    parts = [title(LEFT, y - 12, words), colours]
    for i, pixels in enumerate(svg.signed_colours(maps[:shown], top=top)):
        left, upper = LEFT + i % columns * (size + GAP), y + i // columns * (high + GAP)
        says, lit = f"map {i + 1} of {name}", f"map-{y:.0f}-{i}"
        small = svg.image(pixels, left, upper, size, high)
        frame = svg.rect(left, upper, size, high, stroke=LINE, stroke_width=1)
        ways = dict(data_shows=f".{lit}", tabindex=0, role="img", aria_label=says)
        enlarged = [
            svg.rect(0, BARS - 66, LEFT - 12, 232, fill=PAPER),
            title(0, BARS - 52, says),
            svg.image(pixels, 0, BARS - 40, large * width, large * height),
        ]
        hidden = dict(class_=f"when-lit {lit}", pointer_events="none")
        parts += [svg.tag("g", small, frame, **ways), svg.tag("g", *enlarged, **hidden)]
    bottom, x = upper + high, LEFT - 9
    # From the sheet, or from the layer above, to all these maps.
    way = (230, y + 40, x, y + 40) if y == TOP else (x, y - TOP, x, y)
    parts += [svg.arrow(*way, colour=SOFT), svg.line(x, y, x, bottom, stroke=SOFT)]
    return svg.join(*parts), bottom


def _draw_bars(shares, label):
    """Draw the share of every class, the label's in green, the largest in bold."""
    parts = []
    for i, (name, share) in enumerate(shares.items()):
        y, fill = BARS + 15 * i, GREEN if name == label else BLUE
        bold = share == max(shares.values())
        parts += [
            svg.text(84, y, name, size=12, bold=bold, anchor="end", fill=fill),
            svg.rect(90, y - 6, 120, 12, stroke=LINE),
            svg.rect(90, y - 6, max(120 * share, 1), 12, fill=fill),
            svg.text(216, y, f"{100 * share:.1f} %", size=12, bold=bold),
        ]
    return svg.join(*parts)


@torch_as_it_starts()
def lenet_at_work(net, test_iter):
    """Return the view of a trained `net`: choose or draw a picture, see its maps.

    net        a trained network like lenet(), on any device and in any mode
    test_iter  the loader of the pictures, (n, 28, 28), and their classes

    Raises TypeError or ValueError if the network or the loader is of another kind.
    """
    refuse_other_than_batches("test_iter", test_iter)
    images, labels = test_iter.images.cpu().numpy(), test_iter.labels.tolist()
    classes, shown = test_iter.classes, None
    paint = Chips({255: "white", 128: "grey", 0: "black"}, 255)
    brush = Chips({2: "brush 2", 3: "3", 5: "5"}, 2)  # widths in pixels
    sheet = Drawing(1, TOP, CELL, paint, brush)
    again = {"start from picture": lambda: sheet.write(images[shown])}
    begin = Buttons({"clear": sheet.clear, **again})

    def draw(number, **_):
        nonlocal shown
        if number != shown:
            shown = number
            sheet.write(images[number])
        image, said, label = sheet.read(), "your drawing", None
        if (image == images[number]).all():
            label = classes[labels[number]]
            said = f"picture {number}, labelled {label}"
        X = to_float(torch.tensor(image)[None], test_iter.resize)
        layers, shares = feature_maps(net, X, len(classes))
        shares = dict(zip(classes, shares.tolist(), strict=True))
        if not image.any():
            said, shares = "nothing drawn yet", {}
        best = sorted(shares, key=shares.get, reverse=True)[:3]
        told = [said, *(f"{c} {100 * shares[c]:.1f} %" for c in best)]
        sizes = " → ".join(size_of(maps) for _, maps in layers)
        parts, bottom = [_draw_bars(shares, label)], 0
        for name, maps in layers:
            part, bottom = _draw_layer(name, maps, bottom + TOP)
            parts.append(part)
        below, look = TOP + SIDE * CELL + 16, dict(size=12, gap=4)
        return svg.picture(
            WIDTH,
            max(470, bottom + 4),
            "; ".join([*told, f"feature maps: {sizes}"]),
            title(1, 11, said),
            sheet.drawn(),
            chips(1, below, "paint", paint.options, paint.value, **look)[0],
            chips(155, below, "brush", brush.options, brush.value, **look)[0],
            chips(1, below + 27, "begin", begin.options, None, **look)[0],
            svg.arrow(LEFT - 9, bottom - 24, 272, bottom - 24, colour=SOFT),
            *parts,
        )

    picture = Number("picture", 0, 0, len(labels) - 1)
    return View(
        "LeNet at work",
        "paint a boot's heel black. Clear the sheet and draw a smiley: how sure is it? "
        "Point at a map.",
        dict(number=picture, sheet=sheet, paint=paint, brush=brush, begin=begin),
        draw,
        summary="a picture, what comes out of every convolution and pooling, and the "
        "share of every class as bars",
    )
