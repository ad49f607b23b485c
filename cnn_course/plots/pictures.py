"""Pictures from tensors and histories.

Every function returns a `Picture`, a matplotlib Figure made without pyplot: pyplot is
not safe in the threads that widget callbacks run on, and slow to import.
"""

import base64
import io
import warnings

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from cnn_course.checks import flag, instance, real_number, text, whole_number
from cnn_course.plots import drawable
from cnn_course.plots.drawable import LARGEST, plain
from cnn_course.training import History

# Okabe and Ito's colours, told apart with every kind of colour blindness, each with a
# line style and a marker of its own for print in grey.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "x")
SIGNED = "PuOr"  # orange negative, white zero, purple positive


class Picture(Figure):
    """A figure that shows itself in a notebook, with `alt` as its text where none can.

    width and height are in inches at 100 dots an inch, from 1 to 30.
    """

    def __init__(self, width, height, alt):
        width = real_number("width", width, 1, LARGEST)
        height = real_number("height", height, 1, LARGEST)
        super().__init__(figsize=(width, height), layout="constrained", dpi=100)
        self.alt = text("alt", alt, 100_000)
        self.photograph = False  # in colour: as a PNG it would take several times more

    def draw(self, renderer):
        with warnings.catch_warnings():
            # A letter that the font lacks becomes a box; what is too full for the
            # layout is drawn over one another. Both can be seen, and hurt nobody.
            warnings.filterwarnings("ignore", "Glyph .* missing|constrained_layout not")
            super().draw(renderer)

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
    values = values.double()
    finite = values[values.isfinite()].abs()
    top = top or (finite.max().item() if finite.numel() else 0) or 1.0
    ax.imshow(values.numpy(), cmap=SIGNED, vmin=-room * top, vmax=room * top)


def show_images(images, titles=None, *, title, columns=None, signed=False, limits=None):
    """Show pictures side by side, each (H, W) grey or (3, H, W) in colour, in [0, 1].

    titles   one for each picture
    columns  pictures in a row (default: all, at most 10)
    signed   use colours around zero, each picture to its own largest value
    limits   (black, white) for grey pictures; default: each picture's own range
    """
    images = drawable.images(images)
    titles, title = drawable.titles(titles, len(images)), text("title", title)
    columns = min(len(images), 10) if columns is None else columns
    columns = whole_number("columns", columns, 1, drawable.MOST_COLUMNS)
    low, high = (None, None) if limits is None else drawable.limits(limits)
    flag("signed", signed)
    rows = -(-len(images) // columns)
    width = 10 if columns > 4 else 3.2 * columns
    tallest = max(image.shape[-2] / image.shape[-1] for image in images)
    cell = width / columns
    height = rows * (cell * tallest + (0.3 if titles else 0.05)) + 0.5
    height = min(max(height, 1), LARGEST)
    picture = Picture(width, height, f"{title}: {len(images)} pictures")
    picture.suptitle(plain(title))
    axes = list(picture.subplots(rows, columns, squeeze=False).flat)
    for ax in axes:
        ax.axis("off")
    for i, (ax, image) in enumerate(zip(axes, images, strict=False)):
        ax.axis("on")  # for its frame: a white picture has no edge of its own
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set(color="#999999", linewidth=0.5)
        if image.dim() == 3:
            picture.photograph = True
            ax.imshow(image.permute(1, 2, 0).nan_to_num().clamp(0, 1).numpy())
        elif signed:
            _draw_signed(ax, image)
        else:
            ax.imshow(image.numpy(), cmap="gray", vmin=low, vmax=high)
        if titles:
            ax.set_title(plain(titles[i]), fontsize=9)
    return picture


def show_numbers(grids, *, title, windows=None, digits=2, top=None):
    """Show matrices as grids of numbers, coloured around zero.

    grids    {name: tensor (h, w)}
    windows  {name: (row, column, height, width)} to outline in that grid
    digits   decimals at most
    top      the number with the strongest colour; default: each grid's own largest
    """
    grids = drawable.grids(grids)
    windows = drawable.windows(windows, grids)
    title, digits = text("title", title), whole_number("digits", digits, 0, 10)
    top = None if top is None else real_number("top", top, 0, 1e100, above=True)
    widths = [max(grid.shape[1], 3) for grid in grids.values()]
    cell = min(0.6, 10 / sum(widths))
    tallest = max(grid.shape[0] for grid in grids.values())
    picture = Picture(
        min(max(cell * sum(widths) + 0.4 * len(grids), 1), LARGEST),
        min(cell * tallest + 0.9, LARGEST),
        f"{title}: grids of numbers, {', '.join(grids)}",
    )
    picture.suptitle(plain(title))
    axes = picture.subplots(1, len(grids), squeeze=False, width_ratios=widths)[0]
    for ax, (name, grid) in zip(axes, grids.items(), strict=True):
        _draw_signed(ax, grid, room=1.6, top=top)  # pale enough for the numbers on it
        for row, values in enumerate(grid.tolist()):
            for column, value in enumerate(values):
                number = f"{round(value, digits) + 0.0:g}"  # + 0.0 turns -0 into 0
                ax.text(column, row, number, ha="center", va="center", fontsize=9)
        if name in windows:
            row, column, h, w = windows[name]
            corner = (column - 0.5, row - 0.5)
            ax.add_patch(Rectangle(corner, w, h, fill=False, lw=3))
        shape = f"{grid.shape[0]}×{grid.shape[1]}"
        ax.set_title(f"{plain(name)}\n{shape}", fontsize=10)
        # The same limits around every grid, so that all cells have one size.
        h, w = grid.shape
        up, out = (tallest - h) / 2 + 0.55, (max(w, 3) - w) / 2 + 0.55
        ax.set(xlim=(-out, w - 1 + out), ylim=(h - 1 + up, -up))
        ax.axis("off")
        ax.add_patch(Rectangle((-0.5, -0.5), w, h, fill=False))
    return picture


def plot_lines(series, *, title, xlabel, ylabel, x=None, log=False):
    """Plot {name: values} against `x` (default 1, 2, 3, …), on one pair of axes.

    `x` holds numbers or texts. A value that is nan or inf is a gap in its line.
    """
    series = drawable.lines("series", series)
    texts = {"title": title, "xlabel": xlabel, "ylabel": ylabel}
    texts = {name: text(name, value) for name, value in texts.items()}
    x = None if x is None else drawable.places(x, series)
    flag("log", log)
    picture = Picture(7, 3.8, f"{texts['title']}: lines for {', '.join(series)}")
    ax = picture.subplots()
    _draw_lines(ax, series, x)
    ax.set(**{name: plain(value) for name, value in texts.items()})
    if log and any(value > 0 for values in series.values() for value in values):
        ax.set_yscale("log")
    return picture


def plot_history(history, title="Training"):
    """Plot a `History`: the loss on the left, the accuracies on the right."""
    instance("history", history, History, "a History, as train returns it")
    picture = Picture(10, 3.6, f"{text('title', title)}: loss and accuracy by epoch")
    left, right = picture.subplots(1, 2)
    _draw_lines(left, drawable.lines("history", {"training loss": history.loss}))
    accuracies = {"training": history.train_acc, "test": history.test_acc}
    lines = drawable.lines("history", accuracies)
    _draw_lines(right, {name: line for name, line in lines.items() if line})
    picture.suptitle(plain(text("title", title)))
    left.set(xlabel="epoch", ylabel="cross-entropy")
    right.set(xlabel="epoch", ylabel="accuracy", ylim=(0, 1))
    for ax in (left, right):
        ax.xaxis.get_major_locator().set_params(integer=True)
    return picture


def _draw_lines(ax, series, x=None):
    for i, (name, values) in enumerate(series.items()):
        ax.plot(
            range(1, len(values) + 1) if x is None else x,
            values,
            label=plain(name),
            color=COLOURS[i % 7],
            ls=LINES[i % 7],
            marker=MARKERS[i % 7] if len(values) <= 30 else None,
        )
    ax.grid(alpha=0.3)
    if series:
        ax.legend()


def plot_runs(arms, *, title, xlabel):
    """Show every run as a dot, each arm's mean as a bar; {arm: [value, …]}."""
    arms, title = drawable.lines("arms", arms, 10_000), text("title", title)
    xlabel = text("xlabel", xlabel)
    picture = Picture(8, 1.3 + 0.42 * len(arms), f"{title}: one dot a run, by arm")
    ax = picture.subplots()
    for row, values in enumerate(arms.values()):
        ax.plot(values, [row] * len(values), "o", color=COLOURS[0], alpha=0.6)
        if values:
            mean = sum(values) / len(values)
            ax.plot([mean], [row], "|", color="black", ms=20, mew=2)
    ax.set_yticks(range(len(arms)), map(plain, arms))
    ax.invert_yaxis()
    ax.grid(axis="x", alpha=0.3)
    ax.set(title=plain(title), xlabel=plain(xlabel))
    return picture


def show_confusion(counts, classes, *, title):
    """Show counts (classes, classes), true by row, predicted by column, in percent."""
    title, (share, classes) = text("title", title), drawable.shares(counts, classes)
    n = len(classes)
    picture = Picture(7.5, 6.5, f"{title}: true classes by row, predicted by column")
    ax = picture.subplots()
    ax.imshow(share.numpy(), cmap="cividis", vmin=0, vmax=1)
    for row in range(n):
        for column in range(n):
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
    ax.set_xticks(range(n), classes, rotation=45, ha="right")
    ax.set_yticks(range(n), classes)
    ax.set(title=plain(title), xlabel="predicted class", ylabel="true class")
    return picture
