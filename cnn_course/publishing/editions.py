"""The course in two editions: one to work in or hand out, one to teach from.

    python -m cnn_course.publishing.editions [FOLDER] [--only student]

writes FOLDER/student (default: editions/student) with all solutions and results taken
out, and FOLDER/instructor with solutions open, notes and our results. Both run from
top to bottom, like the original. Run again, it brings them up to date; what somebody
did in them stays.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

from cnn_course.files import NOTEBOOKS, say
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

    Raises NotebookError if it is none, or has a solution without its tag.
    """
    notebook = read(path)
    for number, cell in enumerate(notebook.cells, start=1):
        if SOLVED in cell.source and not has(cell, SOLUTION):
            raise NotebookError(
                f'{path}: cell {number} says "{SOLVED}", but lacks the tag '
                f'"{SOLUTION}" that keeps it from students; some tools take tags away. '
                "No edition was written. `git restore notebooks` brings back the "
                "course's own."
            )
    return sign(EDITIONS[name](notebook))


def write_editions(names, folder):
    """Write editions, or bring them up to date; print what was done.

    Raises NotebookError, and writes nothing, if one of their notebooks cannot be made;
    OSError if a file cannot be read or written.
    """
    paths = sorted(NOTEBOOKS.glob("*.ipynb"))
    every = {name: [made(name, path) for path in paths] for name in names}
    for name, notebooks in every.items():
        files = [Path(folder, name, path.name) for path in paths]
        counts = Counter(map(update, files, notebooks))
        each = ", ".join(f"{count} {done}" for done, count in counts.items())
        say(f"{len(paths)} notebooks in {Path(folder, name)}: {each}")


def main(arguments=None):
    """Write the editions; return the exit status, 1 if that was not possible."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", nargs="?", default="editions")
    parser.add_argument("--only", choices=EDITIONS, help="default: both editions")
    options = parser.parse_args(arguments)
    names = [options.only] if options.only else EDITIONS
    return run(write_editions, names, options.folder)


if __name__ == "__main__":
    sys.exit(main())
