"""The course in two editions: one to work in or hand out, one to teach from.

    python -m cnn_course.publishing.editions [FOLDER] [--only student]

writes FOLDER/student (default: editions/student) with all solutions, the plans for
lecturers and all results taken out, and FOLDER/instructor with solutions open, speaker
notes, our results, and exercises.md, a table of all exercises. Both run from top to
bottom, like the original. Run again, it brings them up to date; what somebody did in
them stays.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path

import nbformat

from cnn_course.files import NOTEBOOKS, write_whole
from cnn_course.publishing.updating import sign, update

SOLUTION = "solution"  # the tag of solution cells
PLAN = "lecture"  # the id of the cell with the plan for whoever presents it


def student(notebook):
    """Take solutions, the lecturer's plan and outputs out of a notebook, in place.

    Results are left out so that the questions come before the answers.
    """
    notebook.cells = [
        cell
        for cell in notebook.cells
        if SOLUTION not in cell.metadata.get("tags", []) and cell.id != PLAN
    ]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def instructor(notebook):
    """Open the folded solutions of a notebook, in place."""
    for cell in notebook.cells:
        if SOLUTION in cell.metadata.get("tags", []):
            cell.metadata.pop("jupyter", None)
    return notebook


EDITIONS = {"student": student, "instructor": instructor}


def write_edition(name, folder):
    """Write one edition, or bring it up to date; yield what `update` says.

    Raises OSError if the folder cannot be used.
    """
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = EDITIONS[name](nbformat.read(path, as_version=4))
        sign(notebook, name)
        yield update(folder / path.name, notebook)
    if name == "instructor":
        from cnn_course.publishing.exercise_table import as_markdown

        write_whole(folder / "exercises.md", as_markdown())


def main(arguments=None):
    """Write the editions; return the exit status, 1 if that was not possible."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", default="editions", help="default: editions"
    )
    parser.add_argument("--only", choices=EDITIONS, help="default: both editions")
    options = parser.parse_args(arguments)
    try:
        for name in [options.only] if options.only else EDITIONS:
            _tell(name, Path(options.folder, name))
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
        print(f"{why}. Name a folder of your own.", file=sys.stderr)
        return 1
    return 0


def _tell(name, folder):
    """Write an edition and print what was done."""
    counts = Counter()
    for done, line in write_edition(name, folder):
        counts[done] += 1
        if line:
            print(line)
    each = ", ".join(f"{count} {done}" for done, count in counts.items())
    print(f"{counts.total()} notebooks in {folder}: {each}")


if __name__ == "__main__":
    sys.exit(main())
