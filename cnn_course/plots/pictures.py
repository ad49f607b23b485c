"""Galleries of pictures and grids of numbers."""

import math
import textwrap
from itertools import product

import torch
from matplotlib.patches import Rectangle

from cnn_course.checks import refuse
from cnn_course.plots.picture import Picture, with_defaults

# Okabe and Ito's colours, told apart with every kind of colour blindness.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
SIGNED = "PuOr"  # orange negative, white zero, purple positive
CENTRED = {"ha": "center", "va": "center", "fontsize": 9}  # a number in its cell
GAP = 0.06  # inches between two pictures
MOST_IMAGES, MOST_NUMBERS = 200, 1000  # more would take long seconds


def draw_signed(ax, values, room=1.0, top=None, **place):
    """Draw a matrix in colours around zero, the palest where `room` is large.

    `top` has the strongest colour; by default the largest of the values.
    """
    values = values.double()
    top = top or values.nan_to_num(0, 0, 0).abs().max().item() or 1.0
    ax.imshow(values.numpy(), cmap=SIGNED, vmin=-room * top, vmax=room * top, **place)


@with_defaults
def show_images(
    images, titles=(), *, title, columns=None, rows=(), signed=False, limits=None
):
    """Show pictures side by side, each (H, W) or (1, H, W) grey or (3, H, W) in colour.

    images   a list, or a batch (N, 1, H, W); colours in [0, 1]
    titles   one for each picture
    columns  pictures in a row (default: all, at most 10)
    rows     names at the left: of ten, each stands before a tenth of the pictures
    signed   use colours around zero, each picture to its own largest value
    limits   (black, white) for grey pictures; default: each picture's own range
    """
    images = [images] if getattr(images, "ndim", 0) == 2 else list(images)
    if not 1 <= len(images) <= MOST_IMAGES:
        refuse("images", f"1 to {MOST_IMAGES} pictures, not {len(images)}", images)
    images = [_plain_image(i, image) for i, image in enumerate(images)]
    share = len(images) // max(1, len(rows))
    columns = columns or min(share, 10)
    # All in inches: one pair of axes is drawn much faster than one for each picture.
    width = min(10, 3.2 * columns)
    words = 0.07 * max(map(len, rows)) + 0.1 if rows else 0
    step = (width - words * max(1, columns // share) - GAP) / columns
    tallest = max(image.shape[-2] / image.shape[-1] for image in images)
    cell = step - GAP
    most = max(int(step / 0.073), 1)  # characters in a line
    titles = [
        "\n".join(textwrap.fill(line, most) for line in str(text).split("\n"))
        for text in titles
    ]
    caption = max((0.155 * text.count("\n") + 0.24 for text in titles), default=0)
    down = caption + cell * tallest + GAP
    height = 0.42 + math.ceil(len(images) / columns) * down
    picture = Picture(width, height, f"{title}: {len(images)} pictures")
    picture.suptitle(title, y=1 - 0.1 / height)
    picture.set_layout_engine(None)
    ax = picture.add_subplot(position=(0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    ax.axis("off")
    for i, image in enumerate(images):
        row, column = divmod(i, columns)
        x = GAP + column * step + words * (column // share + 1)
        y = 0.42 + row * down + caption
        h = cell * image.shape[-2] / image.shape[-1]
        top = y + (cell * tallest - h) / 2
        place = {"extent": (x, x + cell, top + h, top), "aspect": "auto"}
        if image.dim() == 3:
            picture.photograph = True
            ax.imshow(image.permute(1, 2, 0).nan_to_num().clamp(0, 1).numpy(), **place)
        elif signed:
            draw_signed(ax, image, **place)
        else:
            ax.imshow(image.numpy(), cmap="gray", clim=limits, **place)
        # White has no edge of its own.
        ax.add_patch(Rectangle((x, top), cell, h, fill=False, ec="#999999", lw=0.5))
        if titles:
            middle = x + cell / 2
            ax.text(middle, y - 0.06, titles[i], ha="center", va="bottom", fontsize=9)
        if rows and i % share == 0:
            left, middle = x - 0.08, top + h / 2
            ax.text(left, middle, rows[i // share], CENTRED | {"ha": "right"})
    return picture


def _plain_image(i, image):
    """Return a picture as floats on the CPU, (H, W) or (3, H, W)."""
    image = torch.as_tensor(image).detach().cpu().float()
    if image.dim() == 3 and len(image) == 1:
        image = image[0]
    if image.dim() != 2 and image.shape[:-2] != (3,):
        refuse(f"images[{i}]", "a picture (H, W), (1, H, W) or (3, H, W)", image)
    return image


@with_defaults
def show_numbers(grids, *, title, windows=None, pictures=(), digits=2, top=None):
    """Show matrices as grids of numbers: orange below 0, white at 0, purple above.

    grids     {name: tensor (h, w)}
    windows   {name: (row, column, height, width)} to outline in that grid
    pictures  names of grids that hold pixels: grey, with 0 black and `top` white
    digits    decimals at most
    top       the number with the strongest colour; default: each grid's own largest
    """
    grids = plain_tensors("grids", grids, (2,), "a matrix (h, w)")
    widths = [max(grid.shape[1], 3) for grid in grids.values()]
    cell = min(0.6, 10 / sum(widths))
    tallest = max(grid.shape[0] for grid in grids.values())
    width, height = cell * sum(widths) + 0.4 * len(grids), cell * tallest + 1.0
    alt = f"{title}: grids of numbers, {', '.join(grids)}"
    picture = Picture(width, height, alt)
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
        # + 0.0 turns -0 into 0
        texts = [[f"{round(v, digits) + 0.0:g}" for v in row] for row in grid.tolist()]
        longest = max((len(text) for row in texts for text in row), default=1)
        size = min(9, 110 * cell / (longest + 0.5))  # so that it stays in its cell
        for row, column in product(*map(range, grid.shape)):
            colour = "white" if grid[row, column] < dark else "black"
            look = CENTRED | {"color": colour, "fontsize": size}
            ax.text(column, row, texts[row][column], **look)
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
