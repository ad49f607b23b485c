"""View 2, for notebooks 01 and 02: a photograph, and what a kernel makes of it."""

import functools

import torch
import torch.nn.functional as F

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.parts import grid, scale, title
from cnn_course.views.kit.svg import LINE, ORANGE, PAPER, SOFT
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.touch import Cells, Place, as_matrix, button, chips
from cnn_course.views.kit.upload import PictureFile
from cnn_course.views.kit.view import View

PRESETS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": ((1 / 9,) * 3,) * 3,
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "Sobel x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "Sobel y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "Laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}
SIZES = (3, 5, 7)
START = 204, 104  # row and column of the pixel pointed at in the beginning: a collar
# In CSS pixels: the whole; pictures at most this high, from TOP on; between them a
# column of MIDDLE with the kernel's and the window's grid of SIDE.
WIDTH, TALL, HEIGHT, TOP, GAP, MIDDLE, SIDE = 860, 470, 350, 60, 14, 190, 170


def centred(kernel, size):
    """Return a kernel (h, w) in the middle of zeros, or its middle, (size, size)."""
    for dim, old in enumerate(kernel.shape):
        before = (size - old) // 2
        pad = [0, 0, 0, 0]
        pad[2 - 2 * dim : 4 - 2 * dim] = before, size - old - before
        kernel = F.pad(kernel, pad)  # a negative number of zeros cuts off
    return kernel


def preset_kernel(name, size):
    """Return a kernel of PRESETS, float32 (size, size)."""
    # A larger blur is a mean over more pixels. The others compare a pixel with its
    # neighbours, and a larger window around them has nothing to add but zeros.
    if name == "blur":
        return torch.full((size, size), 1 / size**2)
    return centred(torch.tensor(PRESETS[name], dtype=torch.float32), size)


def ignores_plain_grey(kernel):
    """Say whether the numbers of a kernel add up to about 0, so that it sees edges."""
    return bool(kernel.sum().abs() <= 0.05 * kernel.abs().sum())


def correlate(photo, kernel):
    """Return the cross-correlation of both, (H-h+1, W-w+1)."""
    return F.conv2d(photo[None, None], kernel[None, None])[0, 0]


class Kernel(Cells):
    """A kernel (size, size), see SIZES: typed, dragged, or chosen by its chips."""

    def __init__(self, learned=None):
        self.learned = learned
        self.presets = [*PRESETS] + ["learned"] * (learned is not None)
        super().__init__("kernel", preset_kernel("Sobel x", 3), step=0.1)

    def preset(self, name, size):
        """Return a preset or the learned kernel, at least (size, size)."""
        if name != "learned":
            return preset_kernel(name, size)
        largest = max(size, *self.learned.shape)
        return centred(self.learned, min(s for s in SIZES if s >= largest))

    def name(self):
        """Return which preset the numbers are, or None if they are one's own."""
        kernel = self.read()
        names = (n for n in self.presets if self.preset(n, len(kernel)).equal(kernel))
        return next(names, None)

    def touch(self, place, touch):
        chip, _, i = place.rpartition(":")
        if not chip:
            super().touch(place, touch)
        elif touch.kind == "press" and chip == "preset":
            self.write(self.preset(self.presets[int(i)], len(self.numbers)))
        elif touch.kind == "press" and chip == "size":
            size, name = SIZES[int(i)], self.name()
            kernel = self.preset(name, size) if name else centred(self.numbers, size)
            self.write(kernel)
        elif touch.kind == "press":  # on "change all signs"; + 0.0 turns -0 into 0
            self.write(-self.numbers + 0.0)

    def drawn(self, x, y):
        """Draw the grid at (x, y), chips above it and in the first line."""
        size, first = len(self.numbers), {name: name for name in self.presets}
        presets, end = chips(0, 14, "kernel:preset", first, self.name())
        signs = chips(end + 12, 14, "kernel:signs", {0: "change all signs"}, None)[0]
        all_sizes = {size: f"{size}×{size}" for size in SIZES}
        sizes = chips(x, y - 17, "kernel:size", all_sizes, size)[0]
        more = dict(at="kernel", says="kernel", texts=self.texts)
        numbers = grid(self.numbers, x, y, SIDE / size, **more)
        return svg.join(presets, signs, sizes, numbers)


class Pixel(Place):
    """The pixel that is pointed at, in the photograph or in a map; a press holds it.

    A picture's place is "x,y,zoom,row,column": where it is drawn, the pixels of the
    page for one of its own, and which pixel of the photograph its first one is.
    """

    held = False

    def touch(self, place, touch):
        if touch.kind == "press":
            self.held = not self.held
        if touch.kind == "key":
            for _ in range(10 if touch.shift else 1):
                super().touch(place, touch)
        elif not touch.key and (touch.kind != "hover" or not self.held):
            x, y, zoom, row, column = map(float, place.split(","))
            down, right = (touch.y - y) / zoom, (touch.x - x) / zoom
            self.go(int(row + down), int(column + right))

    def window(self, h, w):
        """Return (top, left) of the window around the pixel, moved in at the edges."""
        top = min(max(self.row - h // 2, 0), self.rows - h)
        return top, min(max(self.column - w // 2, 0), self.columns - w)


@functools.lru_cache(maxsize=8)  # so that a move of the window draws only the window
def feature_map(photo, rows):
    """Return what the kernel with these rows, tuples, makes of the photograph."""
    return correlate(photo, torch.tensor(rows)) if rows else photo


def _coloured(values, top):
    """Return pixels in the signed colours up to `top`, or in grey if that is 0."""
    return svg.signed_colours(values, top=top) if top else svg.grey(values)


@functools.lru_cache(maxsize=8)
def _image(photo, rows, top, x, zoom):
    """Draw the map of the kernel with these rows, or without any the photograph."""
    Y = feature_map(photo, rows)
    jpeg = Y.numel() > 10_000  # a fifth of a PNG, but it would blur large squares
    place = x, TOP, zoom * Y.shape[1], zoom * Y.shape[0]
    image = svg.image(_coloured(Y, top), *place, jpeg=jpeg)
    return svg.join(svg.rect(*place, stroke=LINE), image)


def _touchable(name, image, x, zoom, first, window):
    """Draw a picture under its name, to be pointed at, and outline the window in it.

    first   the photograph's pixel that the upper left one stands for, (row, column)
    window  (row, column, height, width)
    """
    at = f"pixel:{x:.1f},{TOP},{zoom:.4f},{first[0]},{first[1]}"
    row, column, height, width = (zoom * n for n in window)
    box = x + column - 4, TOP + row - 4, width + 8, height + 8
    label = f"{name}: arrow keys move the window, with Shift by ten"
    return svg.join(
        title(x, TOP - 15, name),
        button(at, label, image, data_hover=at),
        svg.rect(*box, stroke=PAPER, stroke_width=6, pointer_events="none"),
        svg.rect(*box, stroke=ORANGE, stroke_width=3, pointer_events="none"),
    )


def _draw_window(pixels, x):
    """Draw the pixels of the window as a grid, under the kernel's."""
    y = TOP + SIDE + 24
    return svg.join(
        svg.text(x + SIDE / 2, y - 12, "×", size=20, anchor="middle"),
        grid(pixels, x, y, SIDE / len(pixels), colours=svg.grey(pixels)),
        svg.text(x, y + SIDE + 20, "multiply, add up"),
        svg.arrow(x + 122, y + SIDE + 20, x + SIDE, y + SIDE + 20),
    )


def _draw_map(name, photo, K, top, x, zoom, pixel):
    """Draw a kernel's map, and under it its number at the window; (piece, words)."""
    rows, (h, w), at = _rows(K), K.shape, pixel.window(*K.shape)
    Y, below = feature_map(photo, rows), TOP + zoom * photo.shape[0] + 10
    total, low, high = (number(n.item()) for n in (K.sum(), *Y.aminmax()))
    how = "orange below 0 and purple above" if top else "grey, 0 black and 1 white"
    value, image = Y[at].item(), _image(photo, rows, top, x, zoom)
    head, middle = f"{name}: sum {total}", (h // 2, w // 2)
    piece = svg.join(
        _touchable(head, image, x, zoom, middle, (*at, 1, 1)),
        scale(x, below, 120, top or None),
        svg.text(x + 140, below + 20, "=", size=20),
        grid([[value]], x + 162, below, 40, colours=_coloured([[value]], top)),
    )
    return piece, (
        f"{name}, {size_of(K)} with the sum {total}: {size_of(Y)} outputs from {low} "
        f"to {high}, in {how}; at row {at[0] + 1}, column {at[1] + 1}: {number(value)}"
    )


def _rows(K):
    return tuple(map(tuple, K.tolist()))


def draw_kernel_lab(photo, cells, pixel, learned=None):
    """Draw the photograph (H, W), what each kernel makes of it, and one window.

    cells, pixel  the controls: a `Kernel`, and the `Pixel` that the window is around
    """
    kernels = {"your kernel": cells.read()}
    if learned is not None:
        kernels["learned kernel"] = learned
    maps = [feature_map(photo, _rows(K)) for K in kernels.values()]
    edges = [ignores_plain_grey(K) for K in kernels.values()]
    top = max(Y.abs().max().item() * edge for Y, edge in zip(maps, edges, strict=True))
    step = (WIDTH - MIDDLE + GAP) / (1 + len(kernels))  # from picture to picture
    zoom = min(HEIGHT / photo.shape[0], (step - GAP) / photo.shape[1])
    below, size = TOP + zoom * photo.shape[0] + 10, len(cells.numbers)
    pixel.fit(*photo.shape)
    row, column = pixel.window(size, size)
    image = _image(photo, None, 0, 0, zoom)
    held = "held: press to let go" if pixel.held else "point at it; press to hold"
    own = {0: "your own picture …"}
    parts = [
        _touchable("the picture", image, 0, zoom, (0, 0), (row, column, size, size)),
        svg.text(0, below + 6, held, size=12, fill=SOFT),
        chips(0, below + 32, "photo", own, None, data_file="image/*")[0],
        cells.drawn(step, TOP),
        _draw_window(photo[row : row + size, column : column + size], step),
    ]
    texts = [f"{size_of(photo)} pixels"]
    for i, (name, K) in enumerate(kernels.items()):
        x = MIDDLE + step * (i + 1)
        piece, words = _draw_map(name, photo, K, top * edges[i], x, zoom, pixel)
        parts, texts = [*parts, piece], [*texts, words]
    if learned is not None:
        top = max(K.abs().max().item() for K in kernels.values())
        parts.append(grid(K, x, below + 46, 100 / max(K.shape), top=top))
    if learned is not None and learned.shape == cells.numbers.shape:
        words = f"differ by {(maps[0] - maps[1]).abs().max().item():.3f} at most"
        texts.append(f"the two maps {words}")
        parts += [
            svg.text(x - step, below + 86, "the two maps"),
            svg.text(x - step, below + 106, words, bold=True),
        ]
    return svg.picture(WIDTH, TALL, "; ".join(texts), *parts)


@torch_as_it_starts()
def kernel_lab(learned=None):
    """Return the view: a photograph beside what a kernel makes of it.

    learned  a learned kernel, a tensor (h, w) of 1×1 to 7×7 numbers, to compare with:
             its picture is then the third

    Raises ValueError for another shape, or numbers that are not finite.
    """
    try_this = (
        "what does emboss do where the picture is plain? Change all signs of Sobel x. "
        "Then invent a kernel."
    )
    summary = None
    if learned is not None:
        # The whole of conv.weight would be (1, 1, h, w): a kernel is conv.weight[0, 0].
        learned = as_matrix("learned", learned, SIZES[-1])
        try_this = "drag one number of Sobel x: from when on do you see a difference?"
        summary = "a photograph, and what Sobel x and the learned kernel make of it"
    photo, cells = PictureFile(load_photograph(height=300)), Kernel(learned)
    return View(
        "Kernel lab",
        try_this,
        {"photo": photo, "kernel": cells, "pixel": Pixel(*START)},
        lambda photo, kernel, pixel: draw_kernel_lab(photo, cells, pixel, learned),
        summary=summary,
        photograph=True,
    )
