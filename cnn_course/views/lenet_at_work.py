"""View 6, for notebook 05: a picture, or a drawing, on its way through LeNet."""

import torch

from cnn_course.data import to_float
from cnn_course.device import torch_as_it_starts
from cnn_course.views.drawing_sheet import SIDE, Drawing
from cnn_course.views.explorer.drawing import draw_bars
from cnn_course.views.explorer.layers import refuse_other_than_batches, walk
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import key, title
from cnn_course.views.kit.svg import LINE, PAPER, SOFT
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import Buttons, Chips, chips
from cnn_course.views.kit.view import View

# In CSS pixels: the picture; the top of the sheet and of the first maps, one pixel of
# the sheet; the top of the bars; where maps begin, and the gap between two.
WIDTH, TOP, CELL, BARS, LEFT, GAP = 860, 23, 8, 320, 290, 5
MOST = 32  # maps of a layer that are shown


def feature_maps(net, X, num_classes):
    """Send X, float32 (1, 1, H, W), through `net`; return ([(name, maps), …], shares).

    There are maps, float32 (C, h, w), for every convolution and pooling before
    nn.Flatten, taken behind the activation or other layers that follow it; shares are
    the classes' probabilities, float32 (classes,). The network stays as it is.

    Raises ValueError for a network of another kind.
    """
    stages, found = walk(net, X), []
    for stage in stages[1:]:
        if stage.output.dim() == 2:
            break
        if stage.kind in ("convolution", "max pooling", "average pooling"):
            found.append((stage.kind, stage.Y))
        elif found:
            found[-1] = f"{found[-1][0]}, {type(stage.layer).__name__}", stage.Y
    shares = stages[-1].Y.flatten()
    if stages[-1].kind != "softmax":
        shares = shares.softmax(0)
    if not found or len(shares) != num_classes:
        raise ValueError(
            f"this network has {len(found)} convolutions and poolings and gives "
            f"{len(shares)} numbers for {num_classes} classes; expected is a network "
            "like lenet() of notebook 05, with a logit for each class"
        )
    return found, shares


def _draw_layer(name, maps, y):
    """Draw a layer's maps, float32 (C, h, w), from y on; return (piece, bottom).

    Each is drawn once more, large, over the bars: shown while the pointer is on it.
    """
    count, height, width = maps.shape
    columns = -(-count // -(-count // 8))  # rows of eight at most, equally long
    # Smaller layers look smaller, yet not too small to see.
    size = min(20 * width**0.5, (WIDTH - LEFT + GAP) / columns - GAP)
    high, large = size * height / width, 200 / max(height, width)
    top = maps.abs().max().item()
    words = f"{name}: {count} × {height} × {width}"
    parts = [
        title(LEFT, y - 12, words + f", the first {MOST}" * (count > MOST)),
        key(WIDTH - 160, y - 12, number(-top), number(top)),
    ]
    for i, pixels in enumerate(svg.signed_colours(maps[:MOST], top=top)):
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
    return svg.join(*parts), upper + high


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
    begin = Buttons(
        {"clear": sheet.clear, "start from picture": lambda: sheet.write(images[shown])}
    )

    def draw(number, **_):
        nonlocal shown
        if number != shown:
            shown = number
            sheet.write(images[number])
        image, said, label = sheet.value, "your drawing", None
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
        parts, bottom = [*draw_bars(1, BARS, shares, label, step=15, wide=120)], 0
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
            svg.arrow(228, TOP + 40, LEFT - 4, TOP + 40, colour=SOFT),
            svg.arrow(LEFT - 4, bottom - 24, 262, bottom - 24, colour=SOFT),
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
