"""View 10, for notebook 09: the recorded study, arm by arm and seed by seed."""

import ipywidgets

from cnn_course.checks import refuse
from cnn_course.plots import COLOURS, Picture
from cnn_course.studies import mean_interval
from cnn_course.views.kit.controls import LABEL, Number, dropdown
from cnn_course.views.kit.view import View

# What is shown: (column of the results, what its axis says)
MEASURES = {
    "test accuracy": ("test_acc", "test accuracy"),
    "training accuracy": ("train_acc", "training accuracy, while learning"),
    "loss": ("loss", "mean cross-entropy of the epoch"),
    "classes never predicted": ("never_predicted", "classes never predicted"),
    "dead classes": ("dead", "dead classes: logit 0 for every test image"),
    "seconds": ("seconds", "seconds of the epoch, with its test"),
}


def arm_name(row):
    """Return how the view calls the arm that a row of results belongs to."""
    if row["network"] != "NiN":
        return row["network"]
    name = f"{row['num_1x1']} 1×1, {row['last_relu']} last ReLU"
    name = name.replace("yes last", "with last")
    return name if row["remedy"] == "none" else f"{name}, {row['remedy']}"


def _place(row):
    """Order arms: NiN by its 1×1 convolutions, then its remedies, then the others."""
    other, treated = row["network"] != "NiN", row["remedy"] != "none"
    return other, treated, row["num_1x1"] or 0, str(row["last_relu"])


def measure_of(row, measure):
    """Return the number that a row of results gives for one of MEASURES."""
    value = row[MEASURES[measure][0]]
    if measure in ("classes never predicted", "dead classes"):
        return len((value or "").split())  # the file holds their names: "c0 c3"
    return value


def chosen_runs(rows, arms, seeds, epoch, protocol, precision):
    """Return {arm: [row, …]} of the runs asked for, arms in the order given.

    Raises ValueError with a sentence if no arm or no seed is chosen, or if nothing
    that was asked for is in the rows.
    """
    if not arms or not seeds:
        missing = "seed" if arms else "arm"
        raise ValueError(f"no {missing} is chosen: take at least one from the list")
    wanted = {"epoch": epoch, "protocol": protocol, "precision": precision}
    found = {arm: [] for arm in arms}
    for row in rows:
        if all(row[key] == value for key, value in wanted.items()):
            if arm_name(row) in found and row["seed"] in seeds:
                found[arm_name(row)].append(row)
    found = {arm: runs for arm, runs in found.items() if runs}
    if not found:
        raise ValueError(
            f"the study has no run of these arms and seeds in {precision} under the "
            f"protocol {protocol!r} after epoch {epoch}. Choose others"
        )
    return found


def draw_ablation(rows, own, arms, seeds, measure, epoch, protocol, precision):
    """Draw every run as a dot, means with 95 % intervals; return (picture, text)."""
    found = chosen_runs(rows, arms, seeds, epoch, protocol, precision)
    height = 1.5 + 0.5 * len(found)
    picture = Picture(8.6, height, f"{measure} of every chosen run, by arm")
    ax = picture.subplots()
    summaries = []
    for place, (arm, runs) in enumerate(found.items()):
        values = [measure_of(row, measure) for row in runs]
        ax.plot(values, [place] * len(values), "o", color=COLOURS[0], alpha=0.6)
        for row, value in zip(runs, values, strict=True):
            ax.text(value, place - 0.16, row["seed"], ha="center", fontsize=8)
        mean = sum(values) / len(values)
        summary = f"{arm}: {mean:.3f}, one run"
        if len(values) > 1:
            mean, half = mean_interval(values)
            ax.errorbar(
                mean, place + 0.22, xerr=half, fmt="|", color="black", capsize=5
            )
            summary = f"{arm}: {mean:.3f} ± {half:.3f} (n = {len(values)})"
        stars = [
            measure_of(row, measure)
            for row in own
            if (arm_name(row), row["epoch"]) == (arm, epoch)
        ]
        ax.plot(stars, [place] * len(stars), "*", color=COLOURS[1], mec="black", ms=16)
        if stars:
            summary += f", your own {', '.join(f'{star:.3f}' for star in stars)}"
        summaries.append(summary)
    ax.set_yticks(range(len(found)), found)
    ax.set_ylim(len(found) - 0.5, -0.5)
    ax.grid(axis="x", alpha=0.3)
    ax.set(
        xlabel=MEASURES[measure][1],
        title=f"after epoch {epoch}: a dot a run with its seed, means, 95 % intervals",
    )
    return picture, f"{measure} after epoch {epoch}. {'; '.join(summaries)}"


def ablation_explorer(rows, own=()):
    """Return the view of the study's `rows`, as `read_rows` gives them.

    own  rows of runs of your own, as `studies.nin.run` returns them: stars

    Raises ValueError if there are no rows.
    """
    if not rows:
        refuse("rows", "rows of results, as read_rows gives them", rows)
    arms, seeds, protocols, precisions = (
        list(dict.fromkeys(values))
        for values in (
            map(arm_name, sorted(rows, key=_place)),
            (row["seed"] for row in rows),
            (row["protocol"] for row in rows),
            (row["precision"] for row in rows),
        )
    )
    last = max(row["epoch"] for row in rows)
    first = [arm for arm in arms if arm[0] in "12" and arm.endswith("ReLU")]
    return View(
        "The study, run by run",
        "choose only seed 0, then only seed 3: which arm would you have called the "
        "better one? Hold Ctrl or Cmd to choose several.",
        {
            "arms": _several("arms", arms, first or arms[:4], "310px"),
            "seeds": _several("seeds", sorted(seeds), sorted(seeds), "110px"),
            "measure": dropdown("measure", list(MEASURES)),
            "epoch": Number("epoch", min(5, last), 1, last),
            "protocol": dropdown("protocol", protocols),
            "precision": dropdown("precision", precisions),
        },
        lambda **values: draw_ablation(rows, own, **values),
        rows=[["arms", "seeds"], ["measure", "epoch", "protocol", "precision"]],
    )


def _several(label, options, value, width):
    """Return a list to choose several from."""
    return ipywidgets.SelectMultiple(
        options=options,
        value=value,
        description=label,
        style=LABEL,
        layout={"width": width, "height": "132px"},
    )
