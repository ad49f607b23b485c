"""Pictures from tensors and histories.

Every function returns a `Picture`, a matplotlib Figure made without pyplot: pyplot is
not safe in the threads that widget callbacks run on, and slow to import.
"""

import base64
import io
import statistics

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnn_course.checks import refuse

# Okabe and Ito's colours, told apart with every kind of colour blindness, each with a
# line style and a marker of its own for print in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "x")
SIGNED = "PuOr"  # orange negative, white zero, purple positive
CENTRED = {"ha": "center", "va": "center", "fontsize": 9}  # a number in its cell
BESIDE = {"va": "center", "fontsize": 7, "in_layout": False}  # a name by its dot
LARGEST = 30  # inches: a higher picture is pressed into this
MOST_IMAGES, MOST_NUMBERS = 200, 1000  # more would take long seconds


class Picture(Figure):
    """A figure, in inches, that shows itself in a notebook; `alt` says it in words."""

    def __init__(self, width, height, alt):
        super().__init__(figsize=(width, height), layout="constrained", dpi=100)
        self.alt = alt
        self.photograph = False  # in colour: as a PNG it would take several times more

    def _repr_mimebundle_(self, include=None, exclude=None):
        from PIL import Image  # comes with matplotlib

        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
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


def show_images(images, titles=None, *, title, columns=None, signed=False, limits=None):
    """Show pictures side by side, each (H, W) or (1, H, W) grey or (3, H, W) in colour.

    images   a list, or a batch (N, 1, H, W); colours in [0, 1]
    titles   one for each picture
    columns  pictures in a row (default: all, at most 10)
    signed   use colours around zero, each picture to its own largest value
    limits   (black, white) for grey pictures; default: each picture's own range
    """
    if isinstance(images, torch.Tensor) and images.dim() == 2:
        images = [images]  # a single picture
    images = list(images)
    if not 1 <= len(images) <= MOST_IMAGES:
        refuse("images", f"1 to {MOST_IMAGES} pictures, not {len(images)}", images)
    images = [_plain_image(i, image) for i, image in enumerate(images)]
    titles = [] if titles is None else list(titles)
    if titles and len(titles) < len(images):
        refuse("titles", f"{len(images)} texts, one for each picture", titles)
    columns = min(len(images), 10) if columns is None else columns
    low, high = limits or (None, None)
    rows = -(-len(images) // columns)
    width = 10 if columns > 4 else 3.2 * columns
    tallest = max(image.shape[-2] / image.shape[-1] for image in images)
    cell = width / columns
    height = rows * (cell * tallest + (0.3 if titles else 0.05)) + 0.5
    picture = Picture(width, min(height, LARGEST), f"{title}: {len(images)} pictures")
    picture.suptitle(title)
    axes = list(picture.subplots(rows, columns, squeeze=False).flat)
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
    return picture


def _plain_image(i, image):
    """Return a picture as floats on the CPU, (H, W) or (3, H, W)."""
    image = torch.as_tensor(image).detach().cpu().float()
    if image.dim() == 3 and len(image) == 1:
        image = image[0]
    if image.dim() != 2 and (image.dim() != 3 or len(image) != 3):
        refuse(f"images[{i}]", "a picture (H, W), (1, H, W) or (3, H, W)", image)
    return image


def show_numbers(grids, *, title, windows=None, digits=2, top=None):
    """Show matrices as grids of numbers, coloured around zero.

    grids    {name: tensor (h, w)}
    windows  {name: (row, column, height, width)} to outline in that grid
    digits   decimals at most
    top      the number with the strongest colour; default: each grid's own largest
    """
    grids = plain_tensors("grids", grids, (2,), "a matrix (h, w)")
    widths = [max(grid.shape[1], 3) for grid in grids.values()]
    cell = min(0.6, 10 / sum(widths))
    tallest = max(grid.shape[0] for grid in grids.values())
    width, height = cell * sum(widths) + 0.4 * len(grids), cell * tallest + 0.9
    alt = f"{title}: grids of numbers, {', '.join(grids)}"
    picture = Picture(width, min(height, LARGEST), alt)
    picture.suptitle(title)
    axes = picture.subplots(1, len(grids), squeeze=False, width_ratios=widths)[0]
    for ax, (name, grid) in zip(axes, grids.items(), strict=True):
        draw_signed(ax, grid, room=1.6, top=top)  # pale enough for the numbers on it
        for row, values in enumerate(grid.tolist()):
            for column, value in enumerate(values):
                number = f"{round(value, digits) + 0.0:g}"  # + 0.0 turns -0 into 0
                ax.text(column, row, number, **CENTRED)
        if name in (windows or {}):
            row, column, h, w = windows[name]
            corner = (column - 0.5, row - 0.5)
            ax.add_patch(Rectangle(corner, w, h, fill=False, lw=3))
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


def plot_lines(series, *, title, xlabel, ylabel, x=None, log=False):
    """Plot {name: values} against `x` (default 1, 2, 3, …), on one pair of axes.

    `x` holds numbers or texts. A value that is nan or inf is a gap in its line.
    """
    if not isinstance(series, dict):
        refuse("series", 'a dict such as {"loss": losses}', series)
    series = {name: _numbers(values) for name, values in series.items()}
    for name, values in series.items():
        if x is not None and len(values) != len(x):
            refuse("x", f"{len(values)} places, as many as {name!r} has values", x)
    picture = Picture(7, 3.8, f"{title}: lines for {', '.join(series)}")
    ax = picture.subplots()
    _draw_lines(ax, series, x)
    scale = "log" if log else "linear"
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, yscale=scale)
    return picture


def plot_history(history, title="Training"):
    """Plot a `History`: the loss on the left, the accuracies on the right."""
    picture = Picture(10, 3.6, f"{title}: loss and accuracy by epoch")
    left, right = picture.subplots(1, 2)
    _draw_lines(left, {"training loss": history.loss})
    accuracies = {"training": history.train_acc, "test": history.test_acc}
    _draw_lines(right, {name: line for name, line in accuracies.items() if line})
    picture.suptitle(title)
    left.set(xlabel="epoch", ylabel="loss, mean over the images")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
    for ax in (left, right):
        ax.xaxis.get_major_locator().set_params(integer=True)
    return picture


def _numbers(values):
    """Return the values of a line, a list or a tensor, as floats."""
    if isinstance(values, torch.Tensor):
        values = values.detach()
    return [float(value) for value in values]


def _draw_lines(ax, series, x=None):
    ax.set_prop_cycle(color=COLOURS, linestyle=LINES, marker=MARKERS)
    for name, values in series.items():
        places = range(1, len(values) + 1) if x is None else x
        (line,) = ax.plot(places, values, label=name)
        if len(values) > 30:
            line.set_marker("")
    ax.grid(alpha=0.3)
    if series:
        ax.legend()


def plot_runs(arms, *, title, xlabel, names=None):
    """Show every run as a dot, and each arm's median as a bar; {arm: [value, …]}.

    names  {arm: [text, …]} to stand small beside the dots, such as their seeds

    Dots that would cover each other or a name are piled up.
    """
    picture = Picture(8, 1, f"{title}: one dot a run, by arm")
    ax = picture.subplots()
    every = [value for values in arms.values() for value in values]
    room = 0.04 if names else 0.012  # of the axis: a dot with its name, or without
    room *= max(every, default=0) - min(every, default=0)
    bases, base = [], -1  # how far down an arm's lowest dots lie, counted in dots
    for arm, values in arms.items():
        levels = _levels(values, room)
        top, base = base + 4, base + 4 + max(levels, default=0)
        bases.append(base)
        places = [base - level for level in levels]
        ax.plot(values, places, "o", color=COLOURS[0], alpha=0.6, ms=5)
        for i, name in enumerate(names[arm] if names else ()):
            ax.text(values[i], places[i], f"  {name}", **BESIDE)
        if values:
            median, ends = [statistics.median(values)] * 2, [top - 1.3, base + 1.3]
            style = dict(color="#999999", lw=0.8, mec="black", ms=6, mew=2, zorder=1)
            ax.plot(median, ends, "|-", **style)
    picture.set_figheight(1.1 + (0.09 if names else 0.08) * (base + 2.5))
    picture.suptitle(title)
    ax.set_yticks(bases, arms)
    ax.set_ylim(base + 2.5, 0)
    ax.margins(x=0.06)
    ax.grid(axis="x", alpha=0.3)
    ax.set_xlabel(xlabel)
    return picture


def _levels(values, room):
    """Return a level from 0 for each value; on one they are more than `room` apart."""
    levels, ends = [0] * len(values), []
    for i in sorted(range(len(values)), key=lambda i: values[i]):
        free = (level for level, end in enumerate(ends) if values[i] - end > room)
        levels[i] = next(free, len(ends))
        ends[levels[i] : levels[i] + 1] = [values[i]]
    return levels


def show_confusion(counts, classes, *, title):
    """Show counts (classes, classes), true by row, predicted by column, in percent."""
    counts = counts.detach().cpu().double()
    share = counts / counts.sum(dim=1, keepdim=True).clamp(min=1e-9)
    n = len(classes)
    picture = Picture(7.5, 6.5, f"{title}: true classes by row, predicted by column")
    ax = picture.subplots()
    ax.imshow(share.numpy(), cmap="cividis", vmin=0, vmax=1)
    for row, values in enumerate(share.tolist()):
        for column, value in enumerate(values):
            colour = "black" if value > 0.5 else "white"
            ax.text(column, row, f"{100 * value:.0f}", color=colour, **CENTRED)
    ax.set_xticks(range(n), classes, rotation=45, ha="right")
    ax.set_yticks(range(n), classes)
    ax.set(title=title, xlabel="predicted class", ylabel="true class")
    return picture
