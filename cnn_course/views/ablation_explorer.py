"""View 10, for notebook 09: the recorded study, arm by arm and seed by seed."""

import statistics

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import ticks, title
from cnn_course.views.kit.svg import BLUE, LINE, ORANGE, SOFT
from cnn_course.views.kit.touch import Chips, chips
from cnn_course.views.kit.view import View

MEASURES = {  # name: column of the results
    "test accuracy": "test_acc",
    "training accuracy": "train_acc",
    "loss": "loss",
    "classes never predicted": "never_predicted",
    "dead classes": "dead",
}
# In CSS pixels: the picture's width, where its axis begins and ends, half a dot, and
# how far a dot lies from its neighbours.
WIDTH, LEFT, RIGHT, RADIUS, APART_BY = 860, 240, 840, 8, 17


def arm_name(row):
    """Return how the view calls the arm that a row of results belongs to."""
    told = [row["network"]]
    if told == ["NiN"]:  # the other networks have one arm each
        number = ("no", "one", "two", "three")[row["num_1x1"]]
        told = [f"{number} 1×1", "no ReLU" if row["last_relu"] == "no" else "ReLU"]
        told += [f"rate {row['lr']}"] * (row["lr"] != 0.002)
        told += ["Kaiming init"] * (row["init"] == "kaiming")
        told += ["gradient clipping"] * (row["remedy"] == "gradient clipping")
    return " · ".join(told)


def chosen_runs(rows, arms, seeds, measure, epoch):
    """Return {arm: {seed: (its number, whether classes are never predicted)}}.

    Of the runs asked for, for one of MEASURES; ValueError if there is none.
    """
    found = {arm: {} for arm in arms}
    for row in sorted(rows, key=lambda row: row["seed"]):
        value, arm = row[MEASURES[measure]], arm_name(row)
        if "classes" in measure:  # the file holds their names: "c0 c3"
            value = len((value or "").split())
        asked = arm in found and row["epoch"] == epoch and row["seed"] in seeds
        if asked and value is not None:
            found[arm][row["seed"]] = value, bool(row["never_predicted"])
    if not any(found.values()):
        raise ValueError(
            f"the study has no {measure} of these arms and seeds at epoch {epoch}: "
            "choose others. Epoch 0 is before the first step: only classes are counted"
        )
    return found


def draw_ablation(rows, arms, seeds, measure, epoch, above="", top=0):
    """Draw every run as a dot, below what stands `above`, down to `top`; join seeds."""
    found = chosen_runs(rows, arms, seeds, measure, epoch)
    every = [value for runs in found.values() for value, _ in runs.values()]
    margin = 0.04 * (max(every) - min(every)) or 0.5
    low, high = min(every) - margin, max(every) + margin

    def place(value):
        return LEFT + (RIGHT - LEFT) * (value - low) / (high - low)

    y, lines, marks, said, before = top + 30, [], [], [], {}
    for arm, runs in found.items():
        level = levels({seed: place(value) for seed, (value, _) in runs.items()})
        for seed, (value, lost) in runs.items():
            at = place(value), y + 14 + APART_BY * level[seed]
            marks.append(_dot(*at, seed, value, lost))
            if seed in before:  # in the arm above
                look = dict(stroke=SOFT, stroke_width=1, class_=f"seed-{seed}")
                lines.append(svg.line(*before[seed], *at, **look))
            before[seed] = at
        words = ["no such run"]
        if runs:
            median = round(statistics.median(value for value, _ in runs.values()), 3)
            words = [f"median {median:g} (n = {len(runs)})"]
        if lost := sum(lost for _, lost in runs.values()):
            words.append(f"{lost} with classes never predicted")
        said.append(f"{arm}: {', '.join(words)}")
        for line, word in enumerate([arm, *words]):
            marks.append(svg.text(0, y + 10 + 16 * line, word, size=12, bold=not line))
        y += max(58, APART_BY * (1 + max(level.values(), default=0)) + 14)
    key = "a dot is a run with its seed, an orange square one with classes never "
    key += "predicted; point at a run to follow its seed"
    axis = [
        title(LEFT, top + 12, f"{measure}, epoch {epoch}"),
        svg.text(0, y + 32, key, size=12, fill=SOFT),
    ]
    for tick in ticks(low, high, 8):
        x = place(tick)
        axis.append(svg.line(x, top + 26, x, y, stroke=LINE, stroke_width=1))
        axis.append(svg.text(x, y + 10, f"{tick:.4g}", size=12, anchor="middle"))
    label = f"{measure} at epoch {epoch}. {'; '.join(said)}"
    return svg.picture(WIDTH, y + 42, label, above, *axis, *lines, *marks)


def levels(places):
    """Return {seed: its level, from 0 on}: on one no two dots at these x touch."""
    found, ends = {}, []
    for seed, x in sorted(places.items(), key=lambda item: item[1]):
        free = (level for level, end in enumerate(ends) if x - end >= APART_BY)
        found[seed] = next(free, len(ends))
        ends[found[seed] : found[seed] + 1] = [x]
    return found


def _dot(x, y, seed, value, lost):
    """Draw a run; while it is pointed at its seed's dots and lines are lit."""
    look = dict(fill=ORANGE if lost else BLUE, class_=f"seed-{seed}")
    box = x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS
    shape = svg.rect(*box, rx=0 if lost else RADIUS, **look)
    word = svg.text(x, y, seed, size=11, anchor="middle", fill=svg.PAPER)
    name = svg.tag("title", f"seed {seed}: {value:.4g}")
    return svg.tag("g", shape, word, name, data_shows=f".seed-{seed}")


@torch_as_it_starts()
def ablation_explorer(rows):
    """Return the view of the study's `rows`, as `read_rows` gives them."""
    names = list(dict.fromkeys(map(arm_name, rows)))
    seeds = sorted({row["seed"] for row in rows})
    first = ["one 1×1 · ReLU", "two 1×1 · ReLU"]
    choices = {
        "arms": Chips({name: name for name in names}, first, several=True),
        "seeds": Chips({seed: str(seed) for seed in seeds}, seeds, several=True),
        "measure": Chips({measure: measure for measure in MEASURES}, "test accuracy"),
    }

    def draw(**values):
        parts, y = [], 13
        for at, control in choices.items():  # all chips, in lines
            parts.append(svg.text(0, y, at, size=12))
            x = 60
            for i, (value, word) in enumerate(control.options.items()):
                if x + svg.width_of(word, 12) + 16 > WIDTH:
                    x, y = 60, y + 26
                word, on = {value: word}, control.value
                chip, x = chips(x, y, at, word, on, size=12, first=i)
                parts.append(chip)
            y += 30
        return draw_ablation(rows, **values, above=svg.join(*parts), top=y)

    return View(
        "The study, run by run",
        "press seed 0, then seed 1 instead: which arm would you have called the better "
        "one?",
        choices | {"epoch": Number("epoch", 5, 0, 5)},
        draw,
    )
