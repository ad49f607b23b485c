"""View 10, for notebook 09: the recorded study, arm by arm and seed by seed."""

import statistics

import ipywidgets

from cnn_course.checks import refuse
from cnn_course.device import torch_as_it_starts
from cnn_course.plots import plot_runs
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
COUNTED = ("classes never predicted", "dead classes")
APART = {  # column: (its value in the main study, how another one is told)
    "protocol": ("full", "{} protocol"),
    "epochs": (5, "{} epochs"),  # 0: looked at before the first step only
    "lr": (0.002, "rate {}"),
    "init": ("default", "Kaiming initialisation"),
    "warm_up_steps": (0, "warm-up {} steps"),
    "batch_norm": ("no", "batch norm"),
}
FIRST = ["one 1×1 · with last ReLU", "two 1×1 · with last ReLU"]


def arm_name(row):
    """Return how the view calls the arm that a row of results belongs to."""
    name, apart = row["network"], {k for k in APART if row[k] not in (APART[k][0], 0)}
    if name == "NiN":
        number = ("no", "one", "two", "three")[row["num_1x1"]]
        with_or_no = "with" if row["last_relu"] == "yes" else "no"
        name = f"{number} 1×1 · {with_or_no} last ReLU"
    else:
        apart -= {"lr"}  # each of the other networks has a rate of its own
    told = [text.format(row[k]) for k, (_, text) in APART.items() if k in apart]
    if row["remedy"] == "gradient clipping":
        told.append(row["remedy"])
    return " · ".join([name, *told])


def _place(row):
    """Order arms: the main study's, with the last ReLU first; others of NiN; others."""
    more = arm_name(row).count("·")
    return row["network"] != "NiN", more, row["last_relu"] == "no", row["num_1x1"] or 0


def measure_of(row, measure):
    """Return the number that a row of results gives for one of MEASURES, or None."""
    value = row[MEASURES[measure][0]]
    if measure in COUNTED:
        return len((value or "").split())  # the file holds their names: "c0 c3"
    if measure == "seconds" and row["alone"] != "yes":
        return None  # something else ran beside it
    return value


def chosen_runs(rows, arms, seeds, measure, epoch):
    """Return {arm: [row, …]} of the runs asked for, arms as given, rows by seed.

    Raises ValueError with a sentence if no arm or no seed is chosen, or if none of the
    rows has what was asked for.
    """
    if not arms or not seeds:
        missing = "seed" if arms else "arm"
        raise ValueError(f"no {missing} is chosen: take at least one from the list")
    if epoch == 0 and measure not in COUNTED:
        raise ValueError(
            f"epoch 0 is before the first step: there is no {measure} yet, only "
            f"{' and '.join(COUNTED)}"
        )
    found = {arm: [] for arm in arms}
    for row in sorted(rows, key=lambda row: row["seed"]):
        if row["epoch"] == epoch and row["seed"] in seeds and arm_name(row) in found:
            if measure_of(row, measure) is not None:
                found[arm_name(row)].append(row)
    if not any(found.values()):
        alone = " that had the machine alone: only then do seconds count"
        raise ValueError(
            f"the study has no run of these arms and seeds at epoch {epoch}"
            f"{alone if measure == 'seconds' else ''}. Choose others"
        )
    return found


def draw_ablation(rows, arms, seeds, measure, epoch):
    """Draw every run as a dot with its seed, and medians; return (picture, text)."""
    found = chosen_runs(rows, arms, seeds, measure, epoch)
    values, summaries = {}, []
    for arm, runs in found.items():
        values[arm] = [measure_of(row, measure) for row in runs]
        summaries.append(f"{arm}: no such run")
        if runs:
            median = round(statistics.median(values[arm]), 3)
            lost = sum(measure_of(row, COUNTED[0]) > 0 for row in runs)
            summaries[-1] = (
                f"{arm}: median {median:g} (n = {len(runs)}), "
                f"{lost} of them with classes never predicted"
            )
    picture = plot_runs(
        values,
        title=f"epoch {epoch}: every run is a dot with its seed, a bar is the median",
        xlabel=MEASURES[measure][1],
        names={arm: [row["seed"] for row in runs] for arm, runs in found.items()},
    )
    return picture, f"{measure} at epoch {epoch}. {'; '.join(summaries)}"


@torch_as_it_starts()
def ablation_explorer(rows):
    """Return the view of the study's `rows`, as `read_rows` gives them.

    Raises ValueError if there are no rows.
    """
    if not rows:
        refuse("rows", "rows of results, as read_rows gives them", rows)
    arms = list(dict.fromkeys(map(arm_name, sorted(rows, key=_place))))
    seeds = sorted({row["seed"] for row in rows})
    last = max(row["epoch"] for row in rows)
    first = [arm for arm in FIRST if arm in arms]
    return View(
        "The study, run by run",
        "choose only seed 0, then only seed 1: which arm would you have called the "
        "better one? Hold Ctrl or Cmd to choose several.",
        {
            "arms": _several("arms", arms, first or arms[:4], "420px"),
            "seeds": _several("seeds", seeds, seeds, "110px"),
            "measure": dropdown("measure", list(MEASURES)),
            "epoch": Number("epoch", min(5, last), 0, last),
        },
        lambda **values: draw_ablation(rows, **values),
        rows=[["arms", "seeds"], ["measure", "epoch"]],
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
