"""The course in two editions: one to work in or hand out, one to teach from.

    python -m cnn_course.publishing.editions [FOLDER] [--only student]

writes FOLDER/student (default: editions/student) with all solutions and
results taken out, and FOLDER/instructor with solutions open, speaker notes, our
results, and exercises.md, a table of all exercises. Both run from top to
bottom, like the original. Run again, it brings them up to date; what somebody did in
them stays.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from cnn_course.files import NOTEBOOKS, say, write_whole
from cnn_course.publishing.reading import SOLUTION, NotebookError, has, read, run
from cnn_course.publishing.updating import sign, update

SOLVED = "keep=False"  # stands in each solution, whether or not it kept its tag


def student(notebook):
    """Take solutions and outputs out of a notebook, in place.

    Results are left out so that the questions come before the answers, and so are the
    marks of slides, whose notes tell them.
    """
    notebook.cells = [c for c in notebook.cells if not has(c, SOLUTION)]
    for cell in notebook.cells:
        cell.metadata.pop("slide", None)
        if tags := cell.metadata.pop("tags", None):
            cell.metadata["tags"] = [t for t in tags if not t.startswith("slide-")]
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def instructor(notebook):
    """Open the folded solutions of a notebook, in place."""
    for cell in notebook.cells:
        if has(cell, SOLUTION):
            cell.metadata.pop("jupyter", None)
    return notebook


EDITIONS = {"student": student, "instructor": instructor}


def made(name, path):
    """Return a notebook as one edition has it, signed.

    Raises NotebookError if it cannot be read, or if it cannot be told what a student
    should not see.
    """
    notebook = read(path)
    for number, cell in enumerate(notebook.cells, start=1):
        if SOLVED in cell.source and not has(cell, SOLUTION):
            raise NotebookError(
                f'{path}: cell {number} says "{SOLVED}", but lacks the tag '
                f'"{SOLUTION}" that keeps it from students; some tools take tags away. '
                "No edition was written. `git restore notebooks` brings back the "
                "course's own; the gear on the right of JupyterLab gives a tag."
            )
    sign(EDITIONS[name](notebook), name)
    return notebook


def write_edition(notebooks, name, folder):
    """Write one edition, or bring it up to date; print what was done.

    notebooks  {file name: notebook} as `made` returns them

    Raises OSError if the folder cannot be used.
    """
    counts = Counter()
    for file, notebook in notebooks.items():
        done, line = update(folder / file, notebook)
        counts[done] += 1
        if line:
            say(line)
    if name == "instructor":
        from cnn_course.publishing.exercise_table import as_markdown

        write_whole(folder / "exercises.md", as_markdown())
    each = ", ".join(f"{count} {done}" for done, count in counts.items())
    say(f"{counts.total()} notebooks in {folder}: {each}")


def main(arguments=None):
    """Write the editions; return the exit status, 1 if that was not possible."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", default="editions", help="default: editions"
    )
    parser.add_argument("--only", choices=EDITIONS, help="default: both editions")
    options = parser.parse_args(arguments)
    names = [options.only] if options.only else EDITIONS
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))

    def editions():  # all are made before the first is written
        every = {n: {path.name: made(n, path) for path in paths} for n in names}
        for name, notebooks in every.items():
            write_edition(notebooks, name, Path(options.folder, name))

    return run(editions)


if __name__ == "__main__":
    sys.exit(main())
