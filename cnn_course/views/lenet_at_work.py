"""View 6, for notebook 05: a test picture, or a drawing, on its way through LeNet."""

import copy

import torch
from torch import nn

from cnn_course.checks import network
from cnn_course.data import to_float
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit.board import (
    BLUE,
    GREEN,
    GREY,
    SCALE,
    Board,
    grey,
    signed_colours,
)
from cnn_course.views.kit.chooser import Chooser
from cnn_course.views.kit.network import answer_of, refuse_diverged
from cnn_course.views.kit.texts import size_of
from cnn_course.views.kit.view import View

WIDTH, INPUT, GAP = 540, 70, 5  # of board, input and between maps, in CSS pixels
MOST = 32  # maps of one layer that are drawn
POOLING = {
    nn.AvgPool2d: "average pooling",
    nn.MaxPool2d: "max pooling",
    nn.AdaptiveAvgPool2d: "average pooling",
    nn.AdaptiveMaxPool2d: "max pooling",
}
NOTHING = "nothing drawn yet"
EXPECTED = (
    "expected is a network like lenet() of notebook 05: an nn.Sequential with Conv2d "
    "and pooling layers, then nn.Flatten, and at the end one logit for each class"
)


def layers_of(net):
    """Yield the layers in order, those of an nn.Sequential inside it one by one."""
    for layer in net:
        yield from layers_of(layer) if isinstance(layer, nn.Sequential) else [layer]


def feature_maps(net, X):
    """Send X (1, 1, H, W) through `net`; return ([(name, maps), …], logits).

    There are maps, float32 (C, h, w) on the CPU, for every convolution and pooling
    before nn.Flatten, taken behind the activation or other layers that follow it;
    logits are float32 (classes,). The network computes as after net.eval(), but
    neither its mode nor its gradients change: a copy is asked.

    Raises ValueError if the layers are not as EXPECTED or do not fit X.
    """
    if not isinstance(net, nn.Sequential):
        raise ValueError(f"this is a {type(net).__name__}; {EXPECTED}")
    layers = copy.deepcopy(list(layers_of(net)))
    X = X.to(next(net.parameters(), X))  # the device and the precision of its weights
    stages, convolutions, flat = [], 0, False
    for layer in layers:
        kind = type(layer).__name__
        X = answer_of(layer.eval(), X, EXPECTED)
        flat = flat or isinstance(layer, nn.Flatten)
        if flat:
            continue
        if isinstance(layer, nn.Conv2d):
            convolutions += 1
            stages.append((f"convolution {convolutions}", X))
        elif type(layer) in POOLING:
            stages.append((POOLING[type(layer)], X))
        elif stages:
            stages[-1] = (f"{stages[-1][0]}, {kind}", X)
    if not flat or not convolutions:
        missing = "Conv2d before an nn.Flatten" if flat else "nn.Flatten"
        raise ValueError(f"this network has no {missing}; {EXPECTED}")
    return [(name, maps[0].float().cpu()) for name, maps in stages], X[0].float().cpu()


def probabilities(logits, classes):
    """Return [(probability, class), …], the likeliest first.

    Raises ValueError for logits that are not one for each class, or no numbers.
    """
    if logits.shape != (len(classes),):
        raise ValueError(
            f"the network's output has the shape {tuple(logits.shape)}, but there are "
            f"{len(classes)} classes; {EXPECTED}"
        )
    refuse_diverged(logits)
    return sorted(zip(logits.softmax(0).tolist(), classes, strict=True), reverse=True)


def arrange(count, side, room):
    """Return (maps in a row, CSS pixels of each) for maps of `side` × `side`."""
    wanted = 15 * side**0.5  # smaller layers look smaller, yet not too small to see
    for rows in range(1, 5):
        columns = -(-count // rows)
        size = min(wanted, (room + GAP) / columns - GAP)
        if size >= 0.75 * wanted:
            break
    unit = int(size * SCALE / side)  # dots for each number: whole, so all are equal
    return columns, unit * side / SCALE or size


def draw_lenet_at_work(net, image, name, classes, label=None, resize=None):
    """Draw an image, uint8 (28, 28), its maps and likeliest classes; (board, text).

    name    what to call the image
    label   its class, where it is known
    resize  (H, W) that the network wants, or None
    """
    stages, logits = feature_maps(net, to_float(torch.tensor(image)[None], resize))
    best = probabilities(logits, classes)[:3]
    (title, maps), *rest = stages
    strips = [_draw_maps(title, maps, left=94)]
    strips[0].title(0, 10, "input")
    strips[0].paste(grey(image, 0, 255), 0, 24, INPUT, INPUT)
    strips += [_draw_maps(title, maps) for title, maps in rest]
    strips.append(_draw_classes(best if image.any() else [], label))
    board = Board(WIDTH, sum(strip.image.height for strip in strips) / SCALE)
    y = 0
    for strip in strips:
        board.image.paste(strip.image, (0, y))
        y += strip.image.height
    if not image.any():
        return board, f"{NOTHING}; choose a test picture, or paint on the black sheet"
    text = f"{name}, labelled {label}: " if label else f"{name}: "
    text += ", ".join(f"{name} {100 * share:.1f} %" for share, name in best)
    if not label:
        text += f"; it must choose one of {len(classes)} classes, whatever you draw"
    sizes = " → ".join(size_of(maps) for _, maps in stages)
    return board, f"{text}. Feature maps: {sizes}"


def _draw_maps(title, maps, left=0):
    """Return a strip with one layer's maps, float32 (C, h, w), from `left` on."""
    count, height, width = maps.shape
    shown = maps[:MOST].numpy()
    columns, size = arrange(len(shown), width, WIDTH - left)
    step = size * height / width + GAP
    rows = -(-len(shown) // columns)
    board = Board(WIDTH, 30 + max(rows * step, INPUT if left else 0))
    low, high = maps.min().item(), maps.max().item()
    if low < 0:
        top = max(-low, high)
        colours = signed_colours(shown, top=top)
        legend = f"orange −{top:.2f}, white 0, purple {top:.2f}"
    else:
        colours = grey(shown, low, high)
        legend = f"black {low:.2f}, white {high:.2f}"
    if count > MOST:
        legend = f"the first {MOST}; {legend}"
    board.title(left, 10, f"{title}: {count} × {height} × {width}")
    board.text(WIDTH, 10, legend, size=12, fill=GREY, anchor="rm")
    for i, pixels in enumerate(colours):
        row, column = divmod(i, columns)
        place = (left + column * (size + GAP), 24 + row * step, size, step - GAP)
        board.paste(pixels, *place, GREY)
    return board


def _draw_classes(best, label):
    """Return a strip with the likeliest classes as bars, [(probability, class), …]."""
    board = Board(WIDTH, 90)
    title = "the three likeliest classes" if best else NOTHING
    if label:
        title += f"; the label is {label}"
    board.title(0, 10, title)
    for i, (share, name) in enumerate(best):
        middle, right = 34 + 22 * i, name == label
        board.text(108, middle, name, size=14, bold=right, anchor="rm")
        board.rectangle(116, middle - 8, 340, 16, outline=GREY, line=0.5)
        fill = GREEN if right else BLUE
        board.rectangle(116, middle - 8, max(340 * share, 1), 16, fill=fill, line=0.5)
        found = f"{100 * share:.1f} %"
        board.text(464, middle, found, size=14, bold=right, anchor="lm")
    return board


@torch_as_it_starts()
def lenet_at_work(net, test_iter):
    """Return the view of a trained `net`: choose or draw a picture, see its maps.

    net        a trained network like lenet(), on any device and in any mode
    test_iter  the loader of the test pictures, (n, 28, 28), and their classes

    Raises TypeError or ValueError if the network or the loader is of another kind.
    """
    network("net", net)
    chooser, classes = Chooser("test_iter", test_iter), test_iter.classes

    def draw(picture):
        image, name, label = picture
        resize = test_iter.resize
        return draw_lenet_at_work(net, image, name, classes, label, resize)

    return View(
        "LeNet at work",
        "paint an ankle boot's heel black: what does LeNet say now? Then clear the "
        "sheet and draw a smiley: how sure is it? It must choose one of its classes, "
        "whatever you draw.",
        {"picture": chooser},
        draw,
        beside="picture",
        summary="a test picture, what comes out of every convolution and pooling, and "
        "the three likeliest classes as bars",
    )
