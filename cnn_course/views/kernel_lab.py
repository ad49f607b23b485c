"""View 2, for notebooks 01 and 02: a photograph, and what a kernel makes of it."""

import functools

import ipywidgets
import torch
import torch.nn.functional as F

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit.board import GREY, Board, draw_scale, grey, signed_colours
from cnn_course.views.kit.controls import dropdown
from cnn_course.views.kit.number_grid import NumberGrid, as_matrix
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.upload import PictureUpload
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
OWN = "my own"
SIZES = (3, 5, 7)
TOP, GAP = 28, 24  # above and between the pictures, in CSS pixels
HEIGHT, WIDTH = 300, 860  # of a picture at most, and of the board


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


def draw_kernel_lab(photo, kernel, learned=None):
    """Draw the photograph (H, W) and what each kernel makes of it; (board, text)."""
    kernels = {"your kernel": kernel}
    if learned is not None:
        kernels["the learned kernel"] = learned
    maps = {name: correlate(photo, K) for name, K in kernels.items()}
    edges = {name: ignores_plain_grey(K) for name, K in kernels.items()}
    top = max(maps[name].abs().max().item() if edges[name] else 0 for name in maps)
    columns = 1 + len(maps)
    room = (WIDTH - GAP * (columns - 1)) / columns
    zoom = min(HEIGHT / photo.shape[0], room / photo.shape[1])
    step = max(zoom * photo.shape[1], 250) + GAP
    below = TOP + zoom * photo.shape[0] + 10
    board = Board(columns * step - GAP, below + (34 if learned is None else 134))
    _draw_map(board, 0, "the picture", grey(photo), zoom)
    texts = [f"{size_of(photo)} pixels"]
    for i, (name, Y) in enumerate(maps.items(), start=1):
        pixels = signed_colours(Y, top=top) if edges[name] else grey(Y)
        _draw_map(board, i * step, name, pixels, zoom)
        draw_scale(board, i * step, below, 120, top if edges[name] else None)
        texts.append(_describe(name, kernels[name], Y, edges[name]))
    text = "; ".join(texts)
    if learned is not None:
        strongest = max(K.abs().max().item() for K in kernels.values())
        for i, K in enumerate(kernels.values(), start=1):
            cell = min(32, 96 / max(K.shape))
            board.grid(K, i * step, below + 37, cell, top=strongest)
        if learned.shape == kernel.shape:
            first, second = maps.values()
            apart = f"{(first - second).abs().max().item():.3f}"
            lines = ["the two outputs differ", f"by {apart} at most"]
            board.lines(0, below + 60, lines, 22)
            text += f". The two outputs differ by {apart} at most"
    return board, text


def _describe(name, kernel, Y, signed):
    how = "in orange below 0 and purple above"
    if not signed:
        how = "in grey, 0 black and 1 white"
        outside = ((Y < -1e-6) | (Y > 1 + 1e-6)).float().mean().item()
        how += f", {100 * outside:.1f} % of them outside" if outside else ""
    total, low, high = (number(n.item()) for n in (kernel.sum(), *Y.aminmax()))
    sizes = f"{size_of(kernel)} with the sum {total}: {size_of(Y)} outputs"
    return f"{name}, {sizes} from {low} to {high}, {how}"


def _draw_map(board, x, title, pixels, zoom):
    """Draw a picture, uint8 (H, W, 3), under its title."""
    board.text(x, TOP - 14, title, bold=True, anchor="lm")
    height, width = zoom * pixels.shape[0], zoom * pixels.shape[1]
    board.paste(pixels, x, TOP, width, height, GREY)


class KernelChooser(ipywidgets.HBox):
    """A kernel to choose, and to edit number by number; it is square, see SIZES.

    `under` is a widget to put under the menus.
    """

    def __init__(self, under, learned=None):
        self.learned = learned
        names = [*PRESETS, OWN] if learned is None else [*PRESETS, "learned", OWN]
        self.preset = dropdown("preset", names, value="Sobel x")
        self.size = dropdown("size", [(f"{size}×{size}", size) for size in SIZES])
        self.grid = NumberGrid("kernel", preset_kernel("Sobel x", 3))
        menus = [self.preset, self.size, under]
        super().__init__([ipywidgets.VBox(menus), self.grid])
        self.grid.on_change(self._edited)
        self.preset.observe(self._chosen, "value")
        self.size.observe(self._chosen, "value")

    def on_change(self, callback):
        self.grid.on_change(callback)

    def read(self):
        """Return the kernel, float32 (size, size); ValueError for what is no number."""
        return self.grid.read()

    def _edited(self, change):
        if change is not None:  # by hand, not by choosing
            self.preset.value = OWN

    def _chosen(self, change):
        name, size = self.preset.value, self.size.value
        if name in PRESETS:
            self.grid.write(preset_kernel(name, size))
        elif name == "learned" and size < max(self.learned.shape):
            self.size.value = min(s for s in SIZES if s >= max(self.learned.shape))
        elif name == "learned":
            self.grid.write(centred(self.learned, size))
        elif change["owner"] is self.size:
            try:
                self.grid.write(centred(self.read(), size))
            except ValueError:  # the view says which number is none
                self.size.value = self.grid.rows


@torch_as_it_starts()
def kernel_lab(learned=None):
    """Return the view: a photograph beside what a kernel makes of it.

    learned  a learned kernel, a tensor (h, w) of 1×1 to 7×7 numbers, to compare with:
             its picture is then the third

    Raises ValueError for another shape, or numbers that are not finite.
    """
    upload = PictureUpload(load_photograph(height=HEIGHT))
    try_this = (
        "what does emboss do where the picture is plain? Turn all signs of Sobel x. "
        "Then invent a kernel."
    )
    draw, summary = draw_kernel_lab, None
    if learned is not None:
        # The whole of conv.weight would be (1, 1, h, w): a kernel is conv.weight[0, 0].
        learned = as_matrix("learned", learned, SIZES[-1])
        try_this = (
            "is there a difference to see? Change one number of Sobel x, bit by bit: "
            "from when on do you see it?"
        )
        draw = functools.partial(draw_kernel_lab, learned=learned)
        summary = (
            "the photograph, what Sobel x makes of it, and what the learned kernel "
            "makes of it"
        )
    return View(
        "Kernel lab",
        try_this,
        {"photo": upload, "kernel": KernelChooser(upload, learned)},
        draw,
        rows=[["kernel"]],
        summary=summary,
        photograph=True,
    )
