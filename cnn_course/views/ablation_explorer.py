"""View 10, for notebook 09: the recorded study, arm by arm and seed by seed."""

import statistics

from cnn_course.checks import refuse
from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import ticks
from cnn_course.views.kit.svg import BLUE, INK, LINE, ORANGE, SOFT
from cnn_course.views.kit.touch import Chips, chips
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
    "init": ("default", "Kaiming init"),
    "warm_up_steps": (0, "warm-up {} steps"),
    "batch_norm": ("no", "batch norm"),
}
FIRST = ["one 1×1 · ReLU", "two 1×1 · ReLU"]
# In CSS pixels: the picture's width, where its axis begins and ends, of lines of chips,
# of a dot and of what it needs, and how far a dot lies from its neighbours.
WIDTH, LEFT, RIGHT, CHIPS, RADIUS, APART_BY = 860, 240, 840, 26, 8, 17


def arm_name(row):
    """Return how the view calls the arm that a row of results belongs to."""
    name, apart = row["network"], {k for k in APART if row[k] not in (APART[k][0], 0)}
    if name == "NiN":
        number = ("no", "one", "two", "three")[row["num_1x1"]]
        name = f"{number} 1×1 · {'no ' * (row['last_relu'] == 'no')}ReLU"
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

    Raises ValueError with a sentence if none of the rows has what was asked for.
    """
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


def draw_ablation(rows, arms, seeds, measure, epoch, above=("", 0)):
    """Draw every run as a dot with its seed; lines join equal seeds from arm to arm.

    above  what stands above, and how high it is in CSS pixels
    """
    found = chosen_runs(rows, arms, seeds, measure, epoch)
    values = {
        arm: {row["seed"]: measure_of(row, measure) for row in runs}
        for arm, runs in found.items()
    }
    every = [value for runs in values.values() for value in runs.values()]
    low, high = min(every), max(every)
    margin = 0.04 * (high - low) or 0.5

    def place(value):
        return LEFT + (RIGHT - LEFT) * (value - low + margin) / (
            high - low + 2 * margin
        )

    drawn, y = above
    y += 30
    top, lines, marks, said = y, [], [], []
    places = {}  # seed: where its dot of the arm before lies
    for arm, runs in found.items():
        spread = levels({seed: place(value) for seed, value in values[arm].items()})
        height = max(54, APART_BY * (1 + max(spread.values(), default=0)) + 14)
        for row in runs:
            seed, value = row["seed"], values[arm][row["seed"]]
            at = place(value), y + 14 + APART_BY * spread[seed]
            marks.append(_dot(*at, seed, value, measure_of(row, COUNTED[0])))
            if seed in places:
                look = dict(stroke=SOFT, stroke_width=1, class_=f"seed-{seed}")
                lines.append(svg.line(*places[seed], *at, **look))
            places[seed] = at
        name, summary, lost = _summary(arm, runs, values[arm], measure)
        said.append(f"{name}: {summary}{lost}")
        marks.append(svg.text(0, y + 10, name, size=12, bold=True))
        marks.append(svg.text(0, y + 27, summary, size=12))
        marks.append(svg.text(0, y + 42, lost.strip(", "), size=12, fill=SOFT))
        if runs:
            x = place(statistics.median(values[arm].values()))
            line = dict(stroke=INK, stroke_width=2, stroke_dasharray="4 3")
            lines.append(svg.line(x, y, x, y + height - 8, **line))
        y += height
    axis = [svg.text(LEFT, top - 18, MEASURES[measure][1] + f", epoch {epoch}", bold=1)]
    for tick in ticks(low - margin, high + margin, 8):
        x = place(tick)
        axis.append(svg.line(x, top - 4, x, y, stroke=LINE, stroke_width=1))
        axis.append(svg.text(x, y + 10, f"{tick:.4g}", size=12, anchor="middle"))
    key = "a dot is a run with its seed, an orange square one with classes never "
    key += "predicted, a dashed line the median; point at a run to follow its seed"
    axis.append(svg.text(0, y + 32, key, size=12, fill=SOFT))
    label = f"{measure} at epoch {epoch}. {'; '.join(said)}"
    return svg.picture(WIDTH, y + 42, label, drawn, *axis, *lines, *marks)


def levels(places):
    """Return {seed: a level from 0 on}: on one level no two dots touch.

    places  {seed: where its dot lies, in CSS pixels}
    """
    found, ends = {}, []
    for seed, x in sorted(places.items(), key=lambda item: item[1]):
        free = (level for level, end in enumerate(ends) if x - end >= APART_BY)
        found[seed] = next(free, len(ends))
        ends[found[seed] : found[seed] + 1] = [x]
    return found


def _dot(x, y, seed, value, lost):
    """Draw a run; while it is pointed at its seed's dots and lines are lit."""
    place = dict(fill=ORANGE if lost else BLUE, class_=f"seed-{seed}")
    if lost:
        box = (x - RADIUS, y - RADIUS, 2 * RADIUS, 2 * RADIUS)
        shape = svg.rect(*box, **place)
    else:
        shape = svg.tag("circle", cx=float(x), cy=float(y), r=RADIUS, **place)
    word = svg.text(x, y, seed, size=11, anchor="middle", fill=svg.PAPER)
    name = svg.tag("title", f"seed {seed}: {value:.4g}")
    return svg.tag("g", shape, word, name, data_shows=f".seed-{seed}")


def _summary(arm, runs, values, measure):
    """Return an arm's name, its median, and how many of its runs lost classes."""
    if not runs:
        return arm, "no such run", ""
    median = round(statistics.median(values.values()), 3)
    lost = sum(measure_of(row, COUNTED[0]) > 0 for row in runs)
    words = f", {lost} with classes never predicted" if lost else ""
    return arm, f"median {median:g} (n = {len(runs)})", words


@torch_as_it_starts()
def ablation_explorer(rows):
    """Return the view of the study's `rows`, as `read_rows` gives them.

    Raises ValueError if there are no rows.
    """
    if not rows:
        refuse("rows", "rows of results, as read_rows gives them", rows)
    names = list(dict.fromkeys(map(arm_name, sorted(rows, key=_place))))
    all_seeds = sorted({row["seed"] for row in rows})
    last = max(row["epoch"] for row in rows)
    options = {
        "arms": {name: name for name in names},
        "seeds": {seed: str(seed) for seed in all_seeds},
        "measure": {measure: measure for measure in MEASURES},
    }
    first = [arm for arm in FIRST if arm in names] or names[:4]

    def draw(epoch, **chosen):
        above = _choices(options, chosen)
        chosen["arms"] = [arm for arm in names if arm in chosen["arms"]]
        return draw_ablation(rows, epoch=epoch, **chosen, above=above)

    return View(
        "The study, run by run",
        "press seed 0, then seed 1 instead: which arm would you have called the better "
        "one?",
        {
            "arms": Chips(options["arms"], first, several=True),
            "seeds": Chips(options["seeds"], all_seeds, several=True),
            "measure": Chips(options["measure"], "test accuracy"),
            "epoch": Number("epoch", min(5, last), 0, last),
        },
        draw,
    )


def _choices(options, chosen):
    """Draw what can be chosen, in lines of chips; return (piece, height)."""
    parts, y = [], 13
    for at, words in options.items():
        line, number, x = {}, 0, 60
        parts.append(svg.text(0, y, at, size=12))
        for value, word in words.items():
            width = svg.width_of(word, 12) + 22
            if x + width > WIDTH:
                parts.append(_line(y, at, line, chosen[at], number))
                line, number, x, y = {}, number + len(line), 60, y + CHIPS
            line[value] = word
            x += width
        parts.append(_line(y, at, line, chosen[at], number))
        y += CHIPS + 4
    return svg.join(*parts), y


def _line(y, at, words, chosen, first):
    return chips(60, y, at, words, chosen, size=12, first=first)[0]
