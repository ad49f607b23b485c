"""Lines, dots and tables of what was measured, also while a network trains."""

import statistics

import torch

from cnn_course.plots.picture import Picture, with_defaults
from cnn_course.plots.pictures import CENTRED, COLOURS

# Each colour has a line style and a marker of its own, for print in grey.
LINES = ("-", "--", "-.", ":", "-", "--", "-.")
MARKERS = ("o", "s", "^", "D", "v", "P", "x")


@with_defaults
def plot_lines(series, *, title, xlabel, ylabel, x=None, log=False):
    """Plot {name: values} against `x` (default 1, 2, 3, …), on one pair of axes.

    `x` holds numbers or texts. A value that is nan or inf is a gap in its line.
    """
    series = {name: torch.as_tensor(v).tolist() for name, v in series.items()}
    picture = Picture(7, 3.8, f"{title}: lines for {', '.join(series)}")
    ax = picture.subplots()
    ax.set_prop_cycle(color=COLOURS, linestyle=LINES, marker=MARKERS)
    for name, values in series.items():
        places = range(1, len(values) + 1) if x is None else x
        (line,) = ax.plot(places, values, label=name)
        if len(values) > 30:
            line.set_marker("")
    if x is None:
        ax.xaxis.get_major_locator().set_params(integer=True)
    ax.grid(alpha=0.3)
    ax.legend()
    scale = "log" if log else "linear"
    ax.set(title=title, xlabel=xlabel, ylabel=ylabel, yscale=scale)
    return picture


@with_defaults
def plot_runs(arms, *, title, xlabel):
    """Show every run as a dot, and each arm's median as a bar; {arm: [value, …]}.

    Dots that would cover each other are piled up.
    """
    picture = Picture(8, 1, f"{title}: one dot a run, by arm")
    ax = picture.subplots()
    every = [value for values in arms.values() for value in values]
    room = 0.012 * (max(every) - min(every)) or 1.0  # for a dot
    bases, base = [], -1  # how far down an arm's lowest dots lie, counted in dots
    for values in arms.values():
        bins = [round(value / room) for value in values]
        levels = [bins[:i].count(each) for i, each in enumerate(bins)]
        top, base = base + 4, base + 4 + max(levels)
        bases.append(base)
        places = [base - level for level in levels]
        ax.plot(values, places, "o", color=COLOURS[0], alpha=0.6, ms=5)
        median, ends = [statistics.median(values)] * 2, [top - 0.9, base + 0.9]
        style = dict(color="#999999", lw=0.8, mec="black", ms=6, mew=2, zorder=1)
        ax.plot(median, ends, "|-", **style)
    picture.set_figheight(1.1 + 0.08 * (base + 2.5))
    picture.suptitle(title)
    ax.set_yticks(bases, arms)
    ax.set_ylim(base + 2.5, 0)
    ax.margins(x=0.06)
    ax.grid(axis="x", alpha=0.3)
    ax.set_xlabel(f"{xlabel} (a dot: a run, a bar: the median)")
    return picture


@with_defaults
def show_confusion(counts, classes, *, title):
    """Show counts (classes, classes), true by row, predicted by column, in percent."""
    counts = counts.detach().cpu().double()
    share = counts / counts.sum(dim=1, keepdim=True).clamp(min=1e-9)
    n = len(classes)
    picture = Picture(6.5, 5.4, f"{title}: true classes by row, predicted by column")
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
