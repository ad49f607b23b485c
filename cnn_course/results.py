"""Raw results as data: CSV files that grow run by run, and go on after a stop."""

import csv
import io
import os
import time
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "notebooks" / "results"


def read_rows(path):
    """Return the rows of a CSV file, one dict each, its numbers as numbers.

    Whole numbers become int, others float, an empty field None, the rest stays text.
    A relative path is looked up in notebooks/results.
    """
    with open(FOLDER / path, newline="", encoding="utf-8") as file:
        return [
            {name: _value(text) for name, text in row.items()}
            for row in csv.DictReader(file)
        ]


def _value(text):
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text or None


def append_rows(path, rows):
    """Add `rows`, dicts with the same keys, to a CSV file: all of them or none."""
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
    if not old:
        writer.writeheader()
    writer.writerows(rows)
    unfinished = path.with_suffix(".part")
    unfinished.write_text(old + text.getvalue(), encoding="utf-8", newline="\n")
    os.replace(unfinished, path)


def run_missing(path, runs, run):
    """Call `run(**settings)` for each of `runs` that the file at `path` lacks.

    `runs` are dicts of settings with the same keys, which are columns of the file;
    `run` returns the rows of one run, which are added when it ends. An interrupted
    study so goes on where it was. Prints a line a run.
    """
    done = read_rows(path) if path.exists() else []
    done = {tuple(row[key] for key in runs[0]) for row in done}
    todo = [settings for settings in runs if tuple(settings.values()) not in done]
    print(f"{len(runs) - len(todo)} of {len(runs)} runs are in {path.name} already")
    start = time.perf_counter()
    for i, settings in enumerate(todo, 1):
        rows = run(**settings)
        append_rows(path, rows)
        each = (time.perf_counter() - start) / i
        what = ", ".join(f"{key} {value}" for key, value in settings.items())
        print(
            f"{i}/{len(todo)} {what}: test acc {rows[-1]['test_acc']:.3f}; "
            f"about {each * (len(todo) - i) / 60:.0f} min left",
            flush=True,
        )
