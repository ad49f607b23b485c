"""Raw results as data: CSV files that grow run by run, and go on after a stop."""

import argparse
import csv
import glob
import io
import math
import re
import statistics
import sys
import time
from pathlib import Path

from cnn_course.checks import refuse
from cnn_course.data import find_fashion_mnist
from cnn_course.files import NOTEBOOKS, write_whole

# Student's t for a 95 % interval, by degrees of freedom 1, 2, 3, … (any table has it).
T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201]
T95 += [2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093]
FOLDER = NOTEBOOKS / "results"


def read_rows(path):
    """Return the rows of a CSV file, one dict each, its numbers as numbers.

    Whole numbers become int, others float, an empty field None, the rest stays text.
    A relative path is looked up in notebooks/results.
    """
    with open(FOLDER / path, newline="", encoding="utf-8") as file:
        head, *rows = csv.reader(file)
    return [dict(zip(head, map(_value, row), strict=True)) for row in rows if row]


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text or None


def mean_interval(values):
    """Return (mean, half the width of its 95 % interval) of 2 to 20 measurements.

    Student's t: mean ± t·s/√n holds the true mean in 95 of 100 such studies, if the
    values are roughly normal. Raises ValueError for fewer or more than 2 to 20.
    """
    n = len(values)
    if not 2 <= n <= len(T95) + 1:
        refuse("values", f"2 to {len(T95) + 1} numbers, in a list", values)
    half = T95[n - 2] * statistics.stdev(values) / math.sqrt(n)
    return statistics.mean(values), half


def epoch_rows(history):
    """Return one dict an epoch of a `History`, rounded, for a CSV file of raw results.

    Its keys: epoch (counted from 1), loss, train_acc, test_acc if there was a test,
    seconds.
    """
    digits = {"loss": 5, "train_acc": 5, "test_acc": 5, "seconds": 2}
    measured = {name: getattr(history, name) for name in digits}
    return [
        {"epoch": e + 1}
        | {name: round(v[e], digits[name]) for name, v in measured.items() if v}
        for e in range(len(history))
    ]


def held_out_rows(history):
    """Return `epoch_rows` of a training that was tested on held-out pictures.

    What `train` calls test_acc is held_out_acc here, the last key.
    """
    rows = epoch_rows(history)
    for row in rows:
        row["held_out_acc"] = row.pop("test_acc")
    return rows


def best(rows):
    """Return the row with the highest accuracy on held-out pictures."""
    return max(rows, key=lambda row: row["held_out_acc"])


def append_rows(path, rows):
    """Add `rows`, dicts with the same keys, to a CSV file: all of them or none.

    Raises ValueError if the file has other columns than one of them.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    if not old:
        writer.writeheader()
    columns = old.splitlines()[0].split(",") if old else list(rows[0])
    if any(list(row) != columns for row in rows):
        raise ValueError(
            f"{path.name} has other columns than these rows; "
            "move it away and let the study start a new file"
        )
    writer.writerows(rows)
    write_whole(path, old + text.getvalue())


def study_options(parser, arguments, path):
    """Return the options of a study's command: --seeds, --out, and parts.

    `path(options)` is where results go without --out. With --merge it joins the files
    of all parts and ends the program. Ends it with a sentence, too, if the real
    Fashion-MNIST is not there.
    """
    parser.add_argument("--seeds", type=int, default=5, help="how many (default 5)")
    parser.add_argument("--out", type=Path, help="the file of results")
    parser.add_argument(
        "--part",
        type=_part,
        metavar="I/N",
        help="of all runs take every Nth, from the Ith on, into a file of its own: N "
        "such commands share the runs among machines, or among processes",
    )
    parser.add_argument(
        "--merge", action="store_true", help="join the files of all parts; run nothing"
    )
    options = parser.parse_args(arguments)
    # For read_rows a relative path is elsewhere.
    options.out = (options.out or path(options)).absolute()
    if options.merge:
        sys.exit(merge(options.out))
    if options.seeds < 1:
        parser.error(f"--seeds must be 1 or more, not {options.seeds}")
    folder, name, why = find_fashion_mnist()
    if folder is None:
        sys.exit(f"The study needs the real Fashion-MNIST, but found {name}: {why}")
    return options


def _part(text):
    """Read "2/8" as (2, 8)."""
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    i, n = map(int, found.groups()) if found else (0, 0)
    if not 1 <= i <= n:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a part such as 2/8, the second of eight"
        )
    return i, n


def parts_of(path):
    """Return the files beside the one at `path` that hold parts of its runs."""
    return sorted(path.parent.glob(f"{glob.escape(path.stem)}.part-*-of-*.csv"))


def merge(path):
    """Add to the file at `path` what the files of its parts have; say what was done.

    A row that is there already is not added again, so merging twice changes nothing.
    The parts are kept.
    """
    parts = parts_of(path)
    if not parts:
        return f"No parts of {path.name} lie beside it, so there is nothing to merge."
    there = read_rows(path) if path.exists() else []
    there = {tuple(row.values()) for row in there}
    rows = {tuple(row.values()): row for part in parts for row in read_rows(part)}
    new = [row for values, row in rows.items() if values not in there]
    if new:
        append_rows(path, new)
    print(f"{len(new)} rows of {len(parts)} parts were added to {path.name}")
    return 0


class Unfinished(Exception):
    """A run was interrupted before its last epoch, so it has no result."""


def finished(history, num_epochs):
    """Raise Unfinished if a history has fewer than `num_epochs` epochs.

    `train` returns what it has when it is interrupted. Half a run is no result, and a
    study that wrote it down would never make the other half.
    """
    if len(history) < num_epochs:
        raise Unfinished(f"interrupted after {len(history)} of {num_epochs} epochs")


def run_missing(options, runs, run):
    """Call `run(**settings)` for each of `runs` that the study's files lack.

    options  of `study_options`: the file, and which part of the runs
    runs     dicts of settings with the same keys, which are columns of the file
    run      returns the rows of one run, which are added when it ends

    An interrupted study so goes on where it was. Prints a line a run, with the
    settings that differ among them; ends the program with a sentence if it is
    interrupted.
    """
    keys, out, where = list(runs[0]), options.out, options.out
    told = [key for key in keys if len({settings[key] for settings in runs}) > 1]
    if options.part:
        i, n = options.part
        out = where.with_name(f"{where.stem}.part-{i}-of-{n}.csv")
        runs = runs[i - 1 :: n]
    # Of all parts: other numbers of parts than before divide the runs otherwise.
    files = [path for path in (where, *parts_of(where)) if path.exists()]
    there = [row for path in files for row in read_rows(path)]
    done = {tuple(row[key] for key in keys) for row in there}
    todo = [settings for settings in runs if tuple(settings.values()) not in done]
    print(
        f"{len(runs) - len(todo)} of {len(runs)} runs are there already, the others "
        f"go into {out.name}"
    )
    start = time.perf_counter()
    for i, settings in enumerate(todo, 1):
        what = ", ".join(f"{key} {settings[key]}" for key in told or keys)
        try:
            rows = run(**settings)
        except (KeyboardInterrupt, Unfinished):
            sys.exit(
                f"Interrupted in run {i} of {len(todo)} ({what}), which is not written "
                f"down. The same command goes on with it: {out.name} keeps the others."
            )
        append_rows(out, rows)
        left = (time.perf_counter() - start) / i * (len(todo) - i)
        accuracy = rows[-1].get("test_acc")
        reached = f": test acc {accuracy:.3f}" if accuracy else ""
        print(
            f"{i}/{len(todo)} {what}{reached}; about {left / 60:.0f} min left",
            flush=True,
        )
