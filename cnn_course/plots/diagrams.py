"""Drawings of tensors, of networks, and of what becomes of classes."""

import math
from itertools import product

from matplotlib.patches import Rectangle

from cnn_course.plots.picture import Picture, with_defaults
from cnn_course.plots.pictures import COLOURS, SIGNED, plain_tensors


@with_defaults
def show_tensors(tensors, *, title):
    """Draw tensors of up to four axes as boxes of numbers; {name: tensor}.

    The last two axes are rows and columns; a third stacks sheets behind one another,
    a fourth puts the stacks side by side.
    """
    tensors = plain_tensors("tensors", tensors, range(5), "a tensor of up to four axes")
    picture = Picture(10, 1, f"{title}: {', '.join(tensors)}")
    ax = picture.subplots()
    left = 0.0
    for name, tensor in tensors.items():
        blocks = tensor.reshape((1,) * (4 - tensor.dim()) + tensor.shape)
        start = left
        for block in blocks:  # (sheets, rows, columns)
            for sheet, row, column in product(*map(range, block.shape)):
                x, y = left + column + 0.45 * sheet, -row + 0.45 * sheet
                box = Rectangle((x, y), 1, 1, fc="#D6E8F5", ec=COLOURS[0])
                ax.add_patch(box).set_zorder(-sheet)
                if sheet == 0:
                    number = f"{block[sheet, row, column].item():g}"
                    ax.text(x + 0.5, y + 0.5, number, ha="center", va="center")
            left += block.shape[2] + 0.45 * (len(block) - 1) + 0.6
        _name_below(ax, (start + left - 0.6) / 2, f"{name}\n{tuple(tensor.shape)}")
        left += 1.0
    _finish(picture, ax, title, 0.5, 0.6)
    return picture


def _name_below(ax, x, words):
    """Write words below all that is drawn, at `x` of the drawing."""
    below = {"va": "top", "transform": ax.get_xaxis_transform()}
    ax.text(x, 0, words, ha="center", fontsize=9, **below)


def _finish(picture, ax, title, words, largest):
    """Make a picture as large as its drawing, `words` below it and a title need.

    In inches; a unit of the drawing is as large as the width allows, or `largest`.
    """
    (left, low), (right, high) = ax.dataLim.min, ax.dataLim.max
    unit = min(picture.get_figwidth() / (right - left + 1), largest)
    size = unit * (right - left + 1), unit * (high - low) + words + 0.5
    picture.set_size_inches(size)
    ax.set(xlim=(left - 0.5, right + 0.5), ylim=(low - 0.2, high + 0.2), aspect="equal")
    ax.axis("off")
    picture.suptitle(title)


@with_defaults
def show_shapes(shapes, *, title):
    """Draw what flows through a network: [(layer, (C, H, W) or (features,)), …].

    Maps are drawn as stacks of squares in proportion to H and W, vectors as bars.
    """
    alt = f"{title}: " + ", ".join(f"{n} {tuple(s)}" for n, s in shapes)
    picture = Picture(11, 1, alt)
    ax = picture.subplots()
    x, largest = 0.0, max((max(s[1:]) for _, s in shapes if len(s) == 3), default=1)
    for i, (layer, shape) in enumerate(shapes):
        colour = COLOURS[i % 2]
        if len(shape) == 3:
            channels, height, width = shape[0], *(6 * n / largest for n in shape[1:])
            step, look = min(0.22, 4 / channels), {"fc": "white", "lw": 0.8}
        else:
            channels, height, width = 1, 1.5 + 3 * math.log10(shape[0]), 0.5
            step, look = 0, {"fc": colour}
        for c in reversed(range(channels)):
            corner = (x + step * c, -height / 2 + step * c)
            ax.add_patch(Rectangle(corner, width, height, ec=colour, **look))
        width += step * (channels - 1)
        words = f"{layer}\n{' × '.join(map(str, shape))}"
        _name_below(ax, x + width / 2, "\n\n" * (i % 2) + words)
        x += width + 1.8
    _finish(picture, ax, title, 0.8, 0.4)
    return picture


@with_defaults
def show_classes(panels, *, title, xlabel):
    """Draw what became of ten classes, look by look: alive, never predicted or dead.

    panels  {title: {run: rows}}; a panel has a strip for each of its runs, and a strip
            a column for each of its rows, dicts with "dead" and "never_predicted"
            (texts such as "c0 c3", as the study of notebook 09 has them) and "step" or
            "epoch"
    """
    kinds = "alive", "never predicted", "dead: logit 0 for every picture"
    # Light, middle and dark, so that they are told apart in grey, too.
    alive, lost, dead = colours = "#BFE3F5", COLOURS[1], COLOURS[6]
    told = []
    picture = Picture(10, 0.9 + 2.1 * len(panels), "")
    picture.suptitle(title)
    axes = picture.subplots(len(panels), squeeze=False)[:, 0]
    for ax, (name, runs) in zip(axes, panels.items(), strict=True):
        left, ticks = 0, {}
        for run, rows in runs.items():
            for row in rows:
                ticks[left] = row.get("step", row.get("epoch"))
                fates = dict.fromkeys((row["never_predicted"] or "").split(), lost)
                fates |= dict.fromkeys((row["dead"] or "").split(), dead)
                shades = [fates.get(f"c{c}", alive) for c in range(10)]
                ax.bar(left, [0.94] * 10, 1, [c - 0.5 for c in range(10)], color=shades)
                left += 1
            first, last = (len((rows[i]["dead"] or "").split()) for i in (0, -1))
            words = f"{name} {run}: {first} dead at first, {last} dead at last"
            told.append(words.lstrip())
            ax.text(left - (len(rows) + 1) / 2, -0.7, run, ha="center", fontsize=9)
            left += 1  # a gap between two strips
        ax.set(xlim=(-0.5, left - 1.5), ylim=(9.5, -1.8), yticks=range(10), title=name)
        ax.set_xticks(list(ticks), list(ticks.values()), fontsize=7)
        ax.spines[:].set_visible(False)
        ax.set_ylabel("class")
    axes[-1].set_xlabel(xlabel)
    handles = [Rectangle((0, 0), 1, 1, fc=colour) for colour in colours]
    picture.legend(handles, kinds, loc="outside lower center", ncols=3, frameon=False)
    picture.alt = f"{title}: of ten classes are, {'; '.join(told)}"
    return picture


@with_defaults
def show_maps(sheet, maps, names, *, title, columns, place):
    """Draw the class maps of a sheet, each under the sheet, in one scale of colours.

    The scale ends at the largest number of all maps, above and below 0.

    sheet    (H, W) in [0, 1]; over the maps it is drawn as its negative
    maps     (classes, h, w)
    names    of the classes
    columns  panels in a row
    place    (first, step): number i of a map lies at pixel first + i · step
    """
    rows = -(-(1 + len(maps)) // columns)
    alt = f"{title}: the sheet and the maps of {', '.join(names)}"
    picture = Picture(10, 0.4 + (9 / columns + 0.45) * rows, alt)
    picture.suptitle(title)
    axes = picture.subplots(rows, columns, squeeze=False).flatten()
    top, (first, step) = maps.max().item(), place
    near, far = first - step / 2, first + (maps.shape[2] - 0.5) * step
    scale = dict(cmap=SIGNED, vmin=-top, vmax=top, extent=(near, far, far, near))
    ink, dark = sheet.numpy(), dict(cmap="gray", vmin=0, vmax=1)
    axes[0].imshow(ink, **dark)
    axes[0].set_title("the sheet", fontsize=9)
    for ax, name, one in zip(axes[1:], names, maps, strict=False):
        colours = ax.imshow(one.numpy(), **scale)
        ax.imshow(0 * ink, alpha=0.7 * ink, **dark)
        average = f"{one.mean():.1f}".replace("-", "−")
        ax.set_title(f"{name}\naverage {average}", fontsize=9)
    for ax in axes:
        ax.set(xlim=(-0.5, ink.shape[1] - 0.5), ylim=(ink.shape[0] - 0.5, -0.5))
        ax.axis("off")
    words = "against … for the class"
    bar = dict(label=words, fraction=0.03, pad=0.01, extend="min")
    picture.colorbar(colours, ax=axes, **bar)
    return picture
