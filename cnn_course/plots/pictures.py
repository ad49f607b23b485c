"""Galleries of pictures and grids of numbers, and the `Picture` of them all.

Every function returns a `Picture`, a matplotlib Figure made without pyplot: pyplot is
not safe in the threads that widget callbacks run on, and slow to import.
"""

import base64
import io
import math
import textwrap

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.transforms import Bbox

from cnn_course.checks import refuse

# Okabe and Ito's colours, told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
SIGNED = "PuOr"  # orange negative, white zero, purple positive
CENTRED = {"ha": "center", "va": "center", "fontsize": 9}  # a number in its cell
LARGEST = 30  # inches: a higher picture is pressed into this
MOST_IMAGES, MOST_NUMBERS = 200, 1000  # more would take long seconds


class Picture(Figure):
    """A figure, in inches, that shows itself in a notebook; `alt` says it in words."""

    def __init__(self, width, height, alt):
        super().__init__(figsize=(width, height), layout="constrained", dpi=100)
        self.get_layout_engine().set(h_pad=0.06)  # inches: titles keep off labels
        self.alt = alt
        self.photograph = False  # in colour: as a PNG it would take several times more

    def _repr_mimebundle_(self, include=None, exclude=None):
        from PIL import Image  # comes with matplotlib

        buffer = io.BytesIO()
        self.draw_without_rendering()
        # It grows where a title or a label is too long for it: nothing is cut off.
        whole = Bbox.union([self.bbox_inches, self.get_tightbbox()])
        self.savefig(buffer, format="png", bbox_inches=whole)
        image = Image.open(buffer).convert("RGB")
        if not self.photograph:
            # 256 colours hold any grey picture or colour map, in a third of the size.
            image = image.quantize(256)
        kind = "jpeg" if self.photograph else "png"
        buffer = io.BytesIO()
        image.save(buffer, format=kind, optimize=True, quality=90)
        encoded = base64.b64encode(buffer.getvalue()).decode()
        data = {f"image/{kind}": encoded, "text/plain": f"[picture] {self.alt}"}
        return data, {f"image/{kind}": {"alt": self.alt}}


def draw_signed(ax, values, room=1.0, top=None):
    """Draw a matrix in colours around zero, the palest where `room` is large.

    `top` has the strongest colour; by default the largest of the values.
    """
    values = values.double()
    top = top or values.nan_to_num(0, 0, 0).abs().max().item() or 1.0
    ax.imshow(values.numpy(), cmap=SIGNED, vmin=-room * top, vmax=room * top)


def show_images(
    images, titles=None, *, title, columns=None, rows=(), signed=False, limits=None
):
    """Show pictures side by side, each (H, W) or (1, H, W) grey or (3, H, W) in colour.

    images   a list, or a batch (N, 1, H, W); colours in [0, 1]
    titles   one for each picture
    columns  pictures in a row (default: all, at most 10)
    rows     names at the left: of ten, each stands before a tenth of the pictures
    signed   use colours around zero, each picture to its own largest value
    limits   (black, white) for grey pictures; default: each picture's own range
    """
    if isinstance(images, torch.Tensor) and images.dim() == 2:
        images = [images]  # a single picture
    images = list(images)
    if not 1 <= len(images) <= MOST_IMAGES:
        refuse("images", f"1 to {MOST_IMAGES} pictures, not {len(images)}", images)
    images = [_plain_image(i, image) for i, image in enumerate(images)]
    titles = [] if titles is None else list(map(str, titles))
    if titles and len(titles) < len(images):
        refuse("titles", f"{len(images)} texts, one for each picture", titles)
    if rows and len(images) % len(rows):
        refuse("rows", f"names that share {len(images)} pictures evenly", list(rows))
    share = len(images) // len(rows) if rows else len(images)
    columns = min(share, 10) if columns is None else columns
    low, high = limits or (None, None)
    lines = -(-len(images) // columns)
    width = min(10, 3.2 * columns)
    words = 0.07 * max(len(name) for name in rows) + 0.1 if rows else 0
    cell = (width - words * max(1, columns // share)) / columns - 0.1
    titles = [_wrapped(text, int(cell / 0.065)) for text in titles]
    caption = max((0.15 * text.count("\n") + 0.25 for text in titles), default=0)
    tallest = max(image.shape[-2] / image.shape[-1] for image in images)
    height = lines * (cell * tallest + caption + 0.14) + 0.33
    picture = Picture(width, min(height, LARGEST), f"{title}: {len(images)} pictures")
    picture.suptitle(title)
    axes = list(picture.subplots(lines, columns, squeeze=False).flat)
    for ax in axes[len(images) :]:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(color="#999999", linewidth=0.5)  # white has no edge of its own
        if image.dim() == 3:
            picture.photograph = True
            ax.imshow(image.permute(1, 2, 0).nan_to_num().clamp(0, 1).numpy())
        elif signed:
            draw_signed(ax, image)
        else:
            ax.imshow(image.numpy(), cmap="gray", vmin=low, vmax=high)
        if titles:
            ax.set_title(titles[i], fontsize=9)
        if rows and i % share == 0:
            name = {"rotation": 0, "ha": "right", "va": "center", "fontsize": 9}
            ax.set_ylabel(rows[i // share], **name)
    return picture


def _wrapped(text, most):
    """Return the text with no line of more than `most` characters."""
    return "\n".join(textwrap.fill(line, max(most, 1)) for line in text.split("\n"))


def _plain_image(i, image):
    """Return a picture as floats on the CPU, (H, W) or (3, H, W)."""
    image = torch.as_tensor(image).detach().cpu().float()
    if image.dim() == 3 and len(image) == 1:
        image = image[0]
    if image.dim() != 2 and (image.dim() != 3 or len(image) != 3):
        refuse(f"images[{i}]", "a picture (H, W), (1, H, W) or (3, H, W)", image)
    return image


def show_numbers(grids, *, title, windows=None, pictures=(), digits=2, top=None):
    """Show matrices as grids of numbers: orange below 0, white at 0, purple above.

    grids     {name: tensor (h, w)}
    windows   {name: (row, column, height, width)} to outline in that grid
    pictures  names of grids that hold pixels: grey, with 0 black and `top` white
    digits    decimals at most
    top       the number with the strongest colour; default: each grid's own largest
    """
    grids = plain_tensors("grids", grids, (2,), "a matrix (h, w)")
    if not set(pictures) <= set(grids):
        refuse("pictures", f"names of grids, such as {tuple(grids)[:1]}", pictures)
    widths = [max(grid.shape[1], 3) for grid in grids.values()]
    cell = min(0.6, 10 / sum(widths))
    tallest = max(grid.shape[0] for grid in grids.values())
    width, height = cell * sum(widths) + 0.4 * len(grids), cell * tallest + 1.0
    alt = f"{title}: grids of numbers, {', '.join(grids)}"
    picture = Picture(width, min(height, LARGEST), alt)
    picture.suptitle(title)
    axes = picture.subplots(1, len(grids), squeeze=False, width_ratios=widths)[0]
    for ax, (name, grid) in zip(axes, grids.items(), strict=True):
        dark = -math.inf  # below this, white digits can be read
        if name in pictures:
            white = top or max(grid.max().item(), 0) or 1.0
            ax.imshow(grid.numpy(), cmap="gray", vmin=0, vmax=white)
            dark = 0.45 * white
        else:
            draw_signed(ax, grid, room=1.6, top=top)  # pale enough for black digits
        for row, values in enumerate(grid.tolist()):
            for column, value in enumerate(values):
                number = f"{round(value, digits) + 0.0:g}"  # + 0.0 turns -0 into 0
                colour = "white" if value < dark else "black"
                ax.text(column, row, number, color=colour, **CENTRED)
        if name in (windows or {}):
            row, column, h, w = windows[name]
            corner = (column - 0.5, row - 0.5)
            for colour, lw in (("white", 5), ("black", 2.5)):  # seen on every shade
                ax.add_patch(Rectangle(corner, w, h, fill=False, ec=colour, lw=lw))
        h, w = grid.shape
        ax.set_title(f"{name}\n{h}×{w}", fontsize=10)
        # The same limits around every grid, so that all cells have one size.
        up, out = (tallest - h) / 2 + 0.55, (max(w, 3) - w) / 2 + 0.55
        ax.set(xlim=(-out, w - 1 + out), ylim=(h - 1 + up, -up))
        ax.axis("off")
        ax.add_patch(Rectangle((-0.5, -0.5), w, h, fill=False))
    return picture


def plain_tensors(name, tensors, axes, what):
    """Return {name: tensor} as float64 on the CPU, few enough numbers to write out."""
    if not isinstance(tensors, dict) or not tensors:
        refuse(name, f'a dict such as {{"X": X}}, each {what}', tensors)
    for key, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor) or tensor.dim() not in axes:
            refuse(f"{name}[{key!r}]", what, tensor)
    if sum(tensor.numel() for tensor in tensors.values()) > MOST_NUMBERS:
        refuse(name, f"of at most {MOST_NUMBERS:,} numbers in all", tensors)
    return {key: tensor.detach().cpu().double() for key, tensor in tensors.items()}
