"""Run a study: whatever its file lacks of its runs, each kept as it ends.

A study is a list of arms, dicts of settings, and a function that returns or yields
what was measured in one run, an arm with one seed, as dicts:

    def rows(width, lr, seed):
        ...
        yield dict(epoch=1, test_acc=0.9)

    if __name__ == "__main__":
        runner.main(__doc__, "10_some.csv", ARMS, rows)

A row of the file has the settings, these, and data, machine, versions and date.
"""

import argparse
import glob
import sys
import time
from itertools import product
from pathlib import Path

from cnn_course.data import find_fashion_mnist
from cnn_course.studies.results import FOLDER, append_rows, provenance, read_rows, value


def main(about, name, arms, rows, arguments=None, seeds=5, **always):
    """Read the command's options, and do the runs that they name.

    about   the docstring of the study
    name    of its file in notebooks/results
    arms    a list, or {name: list} of which --arms chooses one, by default the first
    rows    rows(**settings, seed=...) gives the rows of one run
    always  what else stands in every row
    """
    groups = arms if isinstance(arms, dict) else {"all": arms}
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    add = parser.add_argument
    add("--arms", choices=groups, default=next(iter(groups)))
    add("--set", nargs="+", default=[], metavar="KEY=V,V", help="other settings")
    add("--seeds", type=int, default=seeds, help=f"how many (default {seeds})")
    add("--first-seed", type=int, default=0)
    add("--out", type=Path, default=FOLDER / name, help="another file of results")
    add("--part", type=part, metavar="I/N", help="every Nth run, from the Ith on")
    add("--merge", action="store_true", help="only join the files of all parts")
    options = parser.parse_args(arguments)
    path = options.out.absolute()  # for read_rows a relative one is elsewhere
    folder, found, why = find_fashion_mnist()
    if options.merge:
        merge(path)
    elif folder is None:
        sys.exit(f"The study needs the real Fashion-MNIST, but found {found}: {why}")
    else:
        arms = changed(groups[options.arms], options.set)
        # Seed by seed, so that a study cut short has the same seeds in every arm.
        numbers = range(options.first_seed, options.first_seed + options.seeds)
        runs = [{**arm, "seed": seed} for seed in numbers for arm in arms]
        complete(path, runs, rows, options.part, always)


def changed(arms, settings):
    """Return the arms with every combination of settings, ["lr=0.01,0.02", "n=3"]."""
    values = {}
    for text in settings:
        key, _, several = text.partition("=")
        if key not in arms[0]:
            sys.exit(f"--set: {key} is no setting; there are {', '.join(arms[0])}")
        values[key] = [value(one) for one in several.split(",")]
    made = [
        arm | dict(zip(values, chosen, strict=True))
        for arm in arms
        for chosen in product(*values.values())
    ]
    return [arm for i, arm in enumerate(made) if arm not in made[:i]]


def part(text):
    """Read "2/8" as (2, 8)."""
    i, n = map(int, text.split("/"))
    if not 1 <= i <= n:
        raise ValueError
    return i, n


def complete(path, runs, rows, part=None, always=None):
    """Add the rows of all `runs` that a file and its parts lack, each run's as it ends.

    runs  dicts of settings with the same keys, which are columns of the file
    part  (i, n): every nth run from the ith on, into a file of their own

    So the same command goes on with an interrupted study. Prints a line a run, with the
    settings that differ among them.
    """
    keys = list(runs[0])
    told = [key for key in keys if len({settings[key] for settings in runs}) > 1]
    # Of all parts: other numbers of parts than before divide the runs otherwise.
    there = [row for file in files_of(path) for row in read_rows(file)]
    done = {tuple(row[key] for key in keys) for row in there}
    if part:
        i, n = part
        path, runs = path.with_stem(f"{path.stem}.part-{i}-of-{n}"), runs[i - 1 :: n]
    todo = [settings for settings in runs if tuple(settings.values()) not in done]
    there = f"{len(runs) - len(todo)} of {len(runs)} runs are there already"
    print(f"{there}; the others go to {path.name}")
    after = {**(always or {}), "data": "Fashion-MNIST", **provenance()}
    start = time.perf_counter()
    for i, settings in enumerate(todo, 1):
        what = ", ".join(f"{key} {settings[key]}" for key in told or keys)
        try:
            found = [settings | row | after for row in rows(**settings)]
        except KeyboardInterrupt:
            sys.exit(
                f"Interrupted in run {i} of {len(todo)} ({what}), which is not written "
                f"down. The same command goes on with it: {path.name} keeps the others."
            )
        append_rows(path, found)
        left = (time.perf_counter() - start) / i * (len(todo) - i) / 60
        print(f"{i}/{len(todo)} {what}; about {left:.0f} min left", flush=True)


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
