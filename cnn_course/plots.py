"""Pictures from tensors and histories.

Every function returns a `Picture`, a matplotlib Figure made without pyplot: pyplot is
not safe in the threads that widget callbacks run on, and slow to import.
"""

import base64
import io

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

# Okabe and Ito's colours, told apart with every kind of colour blindness, each with a
# line style and a marker of its own for print in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "x")
SIGNED = "PuOr"  # orange negative, white zero, purple positive


class Picture(Figure):
    """A figure that shows itself in a notebook, with `alt` as its text where none can.

    width and height are in inches at 100 dots an inch.
    """

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


def _draw_signed(ax, values, room=1.0, top=None):
    """Draw a matrix in colours around zero, the palest where `room` is large.

    `top` has the strongest colour; by default the largest of the values.
    """
    top = top or values.abs().max().item() or 1.0
    ax.imshow(values.numpy(), cmap=SIGNED, vmin=-room * top, vmax=room * top)


def show_images(images, titles=None, *, title, columns=None, signed=False, limits=None):
    """Show pictures side by side, each (H, W) grey or (3, H, W) in colour, in [0, 1].

    titles   one for each picture
    columns  pictures in a row (default: all, at most 10)
    signed   use colours around zero, each picture to its own largest value
    limits   (black, white) for grey pictures; default: each picture's own range
    """
    images = [image.detach().cpu().float() for image in images]
    titles = titles and list(titles)
    columns = columns or min(len(images), 10)
    rows = -(-len(images) // columns)
    width = 10 if columns > 4 else 3.2 * columns
    tallest = max(image.shape[-2] / image.shape[-1] for image in images)
    cell = width / columns
    height = rows * (cell * tallest + (0.3 if titles else 0.05)) + 0.5
    picture = Picture(width, height, f"{title}: {len(images)} pictures")
    picture.suptitle(title)
    axes = list(picture.subplots(rows, columns, squeeze=False).flat)
    for ax in axes:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.axis("on")  # for its frame: a white picture has no edge of its own
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(color="#999999", linewidth=0.5)
        if image.dim() == 3:
            picture.photograph = True
            ax.imshow(image.permute(1, 2, 0).clamp(0, 1).numpy())
        elif signed:
            _draw_signed(ax, image)
        else:
            low, high = limits or (None, None)
            ax.imshow(image.numpy(), cmap="gray", vmin=low, vmax=high)
        if titles:
            ax.set_title(titles[i], fontsize=9)
    return picture


def show_numbers(grids, *, title, windows=None, digits=2, top=None):
    """Show matrices as grids of numbers, coloured around zero.

    grids    {name: tensor (h, w)}
    windows  {name: (row, column, height, width)} to outline in that grid
    digits   decimals at most
    top      the number with the strongest colour; default: each grid's own largest
    """
    grids = {name: grid.detach().cpu().double() for name, grid in grids.items()}
    widths = [max(grid.shape[1], 3) for grid in grids.values()]
    cell = min(0.6, 10 / sum(widths))
    tallest = max(grid.shape[0] for grid in grids.values())
    picture = Picture(
        cell * sum(widths) + 0.4 * len(grids),
        cell * tallest + 0.9,
        f"{title}: grids of numbers, {', '.join(grids)}",
    )
    picture.suptitle(title)
    axes = picture.subplots(1, len(grids), squeeze=False, width_ratios=widths)[0]
    for ax, (name, grid) in zip(axes, grids.items(), strict=True):
        _draw_signed(ax, grid, room=1.6, top=top)  # pale enough for the numbers on it
        for row, values in enumerate(grid.tolist()):
            for column, value in enumerate(values):
                text = f"{round(value, digits) + 0.0:g}"  # + 0.0 turns -0 into 0
                ax.text(column, row, text, ha="center", va="center", fontsize=9)
        if windows and name in windows:
            row, column, h, w = windows[name]
            corner = (column - 0.5, row - 0.5)
            ax.add_patch(Rectangle(corner, w, h, fill=False, lw=3))
        ax.set_title(f"{name}\n{grid.shape[0]}×{grid.shape[1]}", fontsize=10)
        # The same limits around every grid, so that all cells have one size.
        h, w = grid.shape
        up, out = (tallest - h) / 2 + 0.55, (max(w, 3) - w) / 2 + 0.55
        ax.set(xlim=(-out, w - 1 + out), ylim=(h - 1 + up, -up))
        ax.axis("off")
        ax.add_patch(Rectangle((-0.5, -0.5), w, h, fill=False))
    return picture


def plot_lines(series, *, title, xlabel, ylabel, x=None, log=False):
    """Plot {name: values} against `x` (default 1, 2, 3, …), on one pair of axes."""
    picture = Picture(7, 3.8, f"{title}: lines for {', '.join(series)}")
    ax = picture.subplots()
    _draw_lines(ax, series, x)
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
    return picture


def plot_history(history, title="Training"):
    """Plot a `History`: the loss on the left, the accuracies on the right."""
    picture = Picture(10, 3.6, f"{title}: loss and accuracy by epoch")
    left, right = picture.subplots(1, 2)
    _draw_lines(left, {"training loss": history.loss})
    accuracies = {"training": history.train_acc, "test": history.test_acc}
    _draw_lines(right, {name: acc for name, acc in accuracies.items() if acc})
    picture.suptitle(title)
    left.set(xlabel="epoch", ylabel="cross-entropy")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
    for ax in (left, right):
        ax.xaxis.get_major_locator().set_params(integer=True)
    return picture


def _draw_lines(ax, series, x=None):
    for i, (name, values) in enumerate(series.items()):
        values = [float(v) for v in values]
        ax.plot(
            range(1, len(values) + 1) if x is None else x,
            values,
            label=name,
            color=COLOURS[i % 7],
            ls=LINES[i % 7],
            marker=MARKERS[i % 7] if len(values) <= 30 else None,
        )
    ax.grid(alpha=0.3)
    if series:
        ax.legend()


def plot_runs(arms, *, title, xlabel):
    """Show every run as a dot, each arm's mean as a bar; {arm: [value, …]}."""
    picture = Picture(8, 1.3 + 0.42 * len(arms), f"{title}: one dot a run, by arm")
    ax = picture.subplots()
    for row, values in enumerate(arms.values()):
        ax.plot(values, [row] * len(values), "o", color=COLOURS[0], alpha=0.6)
        if values:
            mean = sum(values) / len(values)
            ax.plot([mean], [row], "|", color="black", ms=20, mew=2)
    ax.set_yticks(range(len(arms)), arms)
    ax.invert_yaxis()
    ax.grid(axis="x", alpha=0.3)
    ax.set(title=title, xlabel=xlabel)
    return picture


def show_confusion(counts, classes, *, title):
    """Show counts (classes, classes), true by row, predicted by column, in percent."""
    share = counts / counts.sum(dim=1, keepdim=True)
    picture = Picture(7.5, 6.5, f"{title}: true classes by row, predicted by column")
    ax = picture.subplots()
    ax.imshow(share.numpy(), cmap="cividis", vmin=0, vmax=1)
    for row in range(len(classes)):
        for column in range(len(classes)):
            value = share[row, column].item()
            ax.text(
                column,
                row,
                f"{100 * value:.0f}",
                ha="center",
                va="center",
                color="black" if value > 0.5 else "white",
                fontsize=9,
            )
    ax.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
    ax.set_yticks(range(len(classes)), classes)
    ax.set(title=title, xlabel="predicted class", ylabel="true class")
    return picture
