"""Raw results as data: CSV files that grow run by run, and go on after a stop."""

import argparse
import csv
import datetime
import glob
import io
import math
import platform
import re
import statistics
import sys
import time
from pathlib import Path

import torch

from cnn_course.checks import refuse
from cnn_course.data import find_fashion_mnist
from cnn_course.device import try_gpu
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


def held_out_rows(history, which, measures, about):
    """Return the rows, one an epoch, of a training tested on held-out pictures.

    What `train` calls test_acc is held_out_acc there. Before it stand the settings
    `which`; after it empty `measures`, for the last row to fill, and `about`.
    """
    rows = epoch_rows(history)
    for row in rows:
        row["held_out_acc"] = row.pop("test_acc")
    after = dict.fromkeys(measures, "") | about | provenance()
    return [which | row | after for row in rows]


def best(path, **wanted):
    """Return the row with the highest accuracy on held-out pictures, {} without rows.

    Of the rows of a file that have the values `wanted`, by column.
    """
    rows = read_rows(path) if path.exists() else []
    rows = [row for row in rows if wanted.items() <= row.items()]
    return max(rows, key=lambda row: row["held_out_acc"], default={})


def provenance():
    """Return what a measurement must name: machine, threads, torch version and date."""
    return {
        "machine": machine_name(try_gpu()),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def machine_name(device):
    """Return the model of the GPU or CPU that `device` stands for."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text() if info.exists() else "")
    return found[1] if found else platform.processor() or platform.machine()


def append_rows(path, rows):
    """Add `rows`, dicts with the same keys, to a CSV file: all of them or none.

    Raises ValueError if the file has other columns than one of them.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    columns = old.splitlines()[0].split(",") if old else list(rows[0])
    if any(list(row) != columns for row in rows):
        raise ValueError(
            f"{path.name} has other columns than these rows; "
            "move it away and let the study start a new file"
        )
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if not old:
        writer.writeheader()
    writer.writerows(rows)
    write_whole(path, old + text.getvalue())


def study_options(about, arguments, path, more=None, **defaults):
    """Return the options of a study's command: --seeds, --out, --part and its own.

    about     the docstring of the study
    path      path(options) is where results go without --out
    more      {option: what `add_argument` takes}; `defaults` replace theirs

    Ends the program after --merge, and with a sentence if the real Fashion-MNIST is not
    there.
    """
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    for option, how in {
        "--seeds": dict(type=int, default=5, help="how many (default 5)"),
        "--out": dict(type=Path, help="the file of results"),
        "--part": dict(type=part, metavar="I/N", help="every Nth run, from the Ith on"),
        "--merge": dict(action="store_true", help="only join the files of all parts"),
        **(more or {}),
    }.items():
        parser.add_argument(option, **how)
    parser.set_defaults(**defaults)
    options = parser.parse_args(arguments)
    # For read_rows a relative path is elsewhere.
    options.out = (options.out or path(options)).absolute()
    if options.merge:
        sys.exit(merge(options.out))
    folder, name, why = find_fashion_mnist()
    if folder is None:
        sys.exit(f"The study needs the real Fashion-MNIST, but found {name}: {why}")
    return options


def part(text):
    """Read "2/8" as (2, 8)."""
    i, n = map(int, text.split("/"))
    if not 1 <= i <= n:
        raise ValueError
    return i, n


def files_of(path):
    """Return the file at `path` and those of parts beside it, if they are there."""
    parts = path.parent.glob(f"{glob.escape(path.stem)}.part-*-of-*.csv")
    return [*([path] if path.exists() else []), *sorted(parts)]


def merge(path):
    """Add the rows of all parts to the file at `path`, but for those it has already."""
    there = read_rows(path) if path.exists() else []
    parts = [file for file in files_of(path) if file != path]
    new = [row for file in parts for row in read_rows(file) if row not in there]
    if new:
        append_rows(path, new)
    print(f"{len(new)} rows of {len(parts)} parts were added to {path.name}")


def finished(history, num_epochs):
    """Return a history; interrupt the study if it has fewer than `num_epochs` epochs.

    `train` returns what it has when it is interrupted. Half a run is no result, and a
    study that wrote it down would never make the other half.
    """
    if len(history) < num_epochs:
        raise KeyboardInterrupt
    return history


def run_missing(options, runs, run):
    """Call `run(**settings)` for each of `runs` that the study's files lack.

    options  of `study_options`: the file, and which part of the runs
    runs     dicts of settings with the same keys, which are columns of the file
    run      returns the rows of one run, which are added when it ends

    An interrupted study so goes on where it was. Prints a line a run, with the
    settings that differ among them.
    """
    keys, out = list(runs[0]), options.out
    told = [key for key in keys if len({settings[key] for settings in runs}) > 1]
    # Of all parts: other numbers of parts than before divide the runs otherwise.
    there = [row for file in files_of(out) for row in read_rows(file)]
    done = {tuple(row[key] for key in keys) for row in there}
    if options.part:
        i, n = options.part
        out, runs = out.with_name(f"{out.stem}.part-{i}-of-{n}.csv"), runs[i - 1 :: n]
    todo = [settings for settings in runs if tuple(settings.values()) not in done]
    there = len(runs) - len(todo)
    print(f"{there} of {len(runs)} runs are there already; the others go to {out.name}")
    start = time.perf_counter()
    for i, settings in enumerate(todo, 1):
        what = ", ".join(f"{key} {settings[key]}" for key in told or keys)
        try:
            rows = run(**settings)
        except KeyboardInterrupt:
            sys.exit(
                f"Interrupted in run {i} of {len(todo)} ({what}), which is not written "
                f"down. The same command goes on with it: {out.name} keeps the others."
            )
        append_rows(out, rows)
        left = (time.perf_counter() - start) / i * (len(todo) - i) / 60
        print(f"{i}/{len(todo)} {what}; about {left:.0f} min left", flush=True)
