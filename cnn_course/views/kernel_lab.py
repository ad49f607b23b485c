"""View 2, for notebooks 01 and 02: a photograph, and what a kernel makes of it."""

import functools

import torch.nn.functional as F

from cnn_course.data import load_photograph
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import parts, svg, touch
from cnn_course.views.kit.texts import number, size_of
from cnn_course.views.kit.upload import PictureFile
from cnn_course.views.kit.view import View

PRESETS = {
    "identity": ((0, 0, 0), (0, 1, 0), (0, 0, 0)),
    "blur": ((1 / 9,) * 3,) * 3,
    "blur 7×7": ((1 / 49,) * 7,) * 7,
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
    "Sobel x": ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1)),
    "Sobel y": ((-1, -2, -1), (0, 0, 0), (1, 2, 1)),
    "Laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "emboss": ((-2, -1, 0), (-1, 1, 1), (0, 1, 2)),
}
START = 204, 104  # row and column of the pixel pointed at in the beginning: a collar
# In CSS pixels: the whole; pictures at most this high, from TOP on; between them a
# column of MIDDLE with the kernel's and the window's grid of SIDE.
WIDTH, TALL, HEIGHT, TOP, GAP, MIDDLE, SIDE = 860, 464, 350, 54, 14, 190, 170


def ignores_plain_grey(kernel):
    """Say whether the numbers of a kernel add up to about 0, so that it sees edges."""
    return bool(kernel.sum().abs() <= 0.05 * kernel.abs().sum())


def correlate(photo, kernel):
    """Return the cross-correlation of both, (H-h+1, W-w+1)."""
    return F.conv2d(photo[None, None], kernel[None, None])[0, 0]


class Pixel(touch.Place):
    """The pixel that is pointed at, in the photograph or in a map; a press holds it.

    zoom  how many CSS pixels it has
    """

    held, zoom = False, 1.0

    def touch(self, place, touch):
        if touch.kind == "press":
            self.held = not self.held
        if touch.kind != "hover" or not self.held:
            super().touch(place, touch)

    def window(self, kernel):
        """Return (top, left) of the window around the pixel, moved in at the edges."""
        h, w = kernel.shape
        top = min(max(self.row - h // 2, 0), self.rows - h)
        return top, min(max(self.column - w // 2, 0), self.columns - w)


def _draw_map(name, values, top, x, pixel, window):
    """Draw a picture to be pointed at, and in it a window (row, column, height, width).

    values  (H, W), in the signed colours up to `top`, or in grey if that is 0: the
            photograph, or a map, each output in the middle of its window
    """
    at, zoom = f"pixel:{x:.1f}", pixel.zoom
    pixel.areas[f"{x:.1f}"] = x, TOP, zoom
    frame = svg.rect(x, TOP, zoom * pixel.columns, zoom * pixel.rows, stroke=svg.LINE)
    height, width = values.shape
    down, right = (pixel.rows - height + 1) // 2, (pixel.columns - width + 1) // 2
    place = x + zoom * right, TOP + zoom * down, zoom * width, zoom * height
    # A JPEG has a fifth of the bytes, but would blur the large pixels of a small map.
    image = svg.image(_coloured(values, top), *place, jpeg=values.numel() > 10_000)
    row, column, height, width = (zoom * n for n in window)
    box = x + column - 4, TOP + row - 4, width + 8, height + 8
    label = f"{name}: arrow keys move the window, with Shift by ten"
    return svg.join(
        parts.title(x, TOP - 15, name),
        touch.button(at, label, frame, image, data_hover=at),
        *(
            svg.rect(*box, stroke=colour, stroke_width=width, pointer_events="none")
            for colour, width in ((svg.PAPER, 6), (svg.ORANGE, 3))
        ),
    )


def _coloured(values, top):
    return svg.signed_colours(values, top=top) if top else svg.grey(values)


def _draw_result(name, K, Y, top, x, pixel):
    """Draw a kernel's map, and under it its number at the window; (piece, words)."""
    (row, column), (h, w) = pixel.window(K), K.shape
    value, below = Y[row, column].item(), TOP + pixel.zoom * pixel.rows + 10
    total, low, high = (number(n.item()) for n in (K.sum(), *Y.aminmax()))
    ends = (number(-top), number(top)) if top else ("0", "1")
    window, one = (row + h // 2, column + w // 2, 1, 1), [[value]]
    piece = svg.join(
        _draw_map(f"{name}: sum {total}", Y, top, x, pixel, window),
        parts.key(x, below + 20, *ends, size=11, width=50, grey=not top),
        svg.text(x + 140, below + 20, "=", size=20),
        parts.grid(one, x + 162, below, 40, colours=_coloured(one, top)),
    )
    how = "orange below 0 and purple above" if top else "grey, 0 black and 1 white"
    return piece, (
        f"{name}, {size_of(K)} with the sum {total}: {size_of(Y)} outputs from {low} "
        f"to {high}, in {how}; at row {row + 1}, column {column + 1}: {number(value)}"
    )


def draw_kernel_lab(presets, photo, kernel, pixel, preset=None):
    """Draw the photograph (H, W), what each kernel makes of it, and one window.

    presets        {name: kernel}; a "learned" one has a picture of its own
    kernel, pixel  the controls: a kernel's `Cells`, the `Pixel` of the window
    """
    K, kernels = kernel.numbers, {"your kernel": kernel.numbers}
    if "learned" in presets:
        kernels["learned kernel"] = presets["learned"]
    maps = [correlate(photo, K) for K in kernels.values()]
    edges = [ignores_plain_grey(K) for K in kernels.values()]
    top = max(Y.abs().max().item() * edge for Y, edge in zip(maps, edges, strict=True))
    step = (WIDTH - MIDDLE + GAP) / (1 + len(kernels))  # from picture to picture
    pixel.fit(*photo.shape)
    pixel.zoom = min(HEIGHT / photo.shape[0], (step - GAP) / photo.shape[1])
    below, lower = TOP + pixel.zoom * photo.shape[0], TOP + SIDE + 24
    (row, column), (h, w) = pixel.window(K), K.shape
    seen, cell = photo[row : row + h, column : column + w], SIDE / max(h, w)
    words = {name: name for name in [*presets, "change all signs"]}
    chosen = [name for name, one in presets.items() if one.equal(K)][:1]
    held = "held: press to let go" if pixel.held else "point at it; press to hold"
    own = {0: "your own picture …"}
    pieces = [
        touch.chips(0, 14, "preset", words, chosen)[0],
        _draw_map("the picture", photo, 0, 0, pixel, (row, column, h, w)),
        svg.text(0, below + 16, held, size=12, fill=svg.SOFT),
        touch.chips(0, below + 42, "photo", own, None, data_file="image/*")[0],
        parts.grid(K, step, TOP, cell, "kernel", at="kernel", texts=kernel.texts),
        svg.text(step + SIDE / 2, lower - 12, "×", size=20, anchor="middle"),
        parts.grid(seen, step, lower, cell, colours=svg.grey(seen)),
        svg.text(step, lower + SIDE + 20, "multiply, add up →"),
    ]
    texts = [f"{size_of(photo)} pixels"]
    for i, ((name, K), Y) in enumerate(zip(kernels.items(), maps, strict=True)):
        x = MIDDLE + step * (i + 1)
        piece, said = _draw_result(name, K, Y, top * edges[i], x, pixel)
        pieces, texts = [*pieces, piece], [*texts, said]
    if "learned" in presets:  # K is that one, x its picture's
        pieces.append(parts.grid(K, x, below + 56, 100 / max(K.shape)))
    return svg.picture(WIDTH, TALL, "; ".join(texts), *pieces)


@torch_as_it_starts()
def kernel_lab(learned=None):
    """Return the view: a photograph beside what a kernel makes of it.

    learned  a learned kernel, a tensor (h, w) of 1×1 to 7×7 numbers, to compare with:
             its picture is then the third

    Raises ValueError for another shape, or numbers that are not finite.
    """
    try_this = "what does emboss do to plain grey? Predict; then invent a kernel."
    presets = {name: touch.as_matrix(name, K) for name, K in PRESETS.items()}
    summary = ""
    if learned is not None:
        # The whole of conv.weight would be (1, 1, h, w): a kernel is conv.weight[0, 0].
        presets["learned"] = touch.as_matrix("learned", learned, 7)
        try_this = "drag one number of Sobel x: from when on do you see a difference?"
        summary = "a photograph, and what Sobel x and the learned kernel make of it"
    cells = touch.Cells("kernel", presets["Sobel x"], step=0.1)
    actions = {name: functools.partial(cells.write, K) for name, K in presets.items()}
    actions["change all signs"] = lambda: cells.write(0 - cells.numbers)  # no -0
    return View(
        "Kernel lab",
        try_this,
        {
            "photo": PictureFile(load_photograph(height=300)),
            "kernel": cells,
            "pixel": Pixel(*START),
            "preset": touch.Buttons(actions),
        },
        functools.partial(draw_kernel_lab, presets),
        summary=summary,
        photograph=True,
    )
