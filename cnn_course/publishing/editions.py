"""The course in two editions: one to work in or hand out, one to teach from.

    python -m cnn_course.publishing.editions [FOLDER] [--only student]

writes FOLDER/student (default: editions/student) with all solutions, the plans for
lecturers and all results taken out, and FOLDER/instructor with solutions open, speaker
notes, our results, and exercises.md, a table of all exercises. Both run from top to
bottom, like the original. Run again, it brings them up to date; what somebody did in
them stays.
"""

import argparse
import re
import sys
from collections import Counter
from pathlib import Path

from cnn_course.files import NOTEBOOKS, say, write_whole
from cnn_course.publishing.reading import PLAN, SOLUTION, NotebookError, has, read
from cnn_course.publishing.updating import sign, update

# What stands in cells of a kind, which show whether a tool has taken a tag away.
TOLD = {
    SOLUTION: re.compile(r"\bkeep\s*=\s*False\b"),
    PLAN: re.compile("For whoever presents this"),
}
# Of whoever has the edition; the one of whoever made it may have a name of its own.
KERNEL = {
    "display_name": "Python 3 (ipykernel)",
    "language": "python",
    "name": "python3",
}


def student(notebook):
    """Take solutions, the lecturer's plan and outputs out of a notebook, in place.

    Results are left out so that the questions come before the answers.
    """
    notebook.cells = [
        cell
        for cell in notebook.cells
        if not has(cell, SOLUTION) and not has(cell, PLAN)
    ]
    for cell in notebook.cells:
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
        for tag, words in TOLD.items():
            if (found := words.search(cell.source)) and not has(cell, tag):
                raise NotebookError(
                    f'{path}: cell {number} says "{found[0]}", but lacks the tag '
                    f'"{tag}" that keeps it from students; some tools take tags away. '
                    "No edition was written. `git restore notebooks` brings back the "
                    "notebooks as the course has them. A cell of your own needs the "
                    "tag: in JupyterLab, the gear on the right."
                )
    notebook.metadata.kernelspec = KERNEL
    sign(EDITIONS[name](notebook), name)
    return notebook


def write_edition(notebooks, name, folder):
    """Write one edition, or bring it up to date; yield what `update` says.

    notebooks  {file name: notebook} as `made` returns them

    Raises OSError if the folder cannot be used.
    """
    for file, notebook in notebooks.items():
        yield update(folder / file, notebook)
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
        names = [options.only] if options.only else EDITIONS
        paths = sorted(NOTEBOOKS.glob("*.ipynb"))
        # All are made before the first is written.
        every = {n: {path.name: made(n, path) for path in paths} for n in names}
        for name, notebooks in every.items():
            _tell(notebooks, name, Path(options.folder, name))
    except NotebookError as error:
        say(error, sys.stderr)
        return 1
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
        say(f"{why}. Name a folder of your own.", sys.stderr)
        return 1
    return 0


def _tell(notebooks, name, folder):
    """Write an edition and print what was done."""
    counts = Counter()
    for done, line in write_edition(notebooks, name, folder):
        counts[done] += 1
        if line:
            say(line)
    each = ", ".join(f"{count} {done}" for done, count in counts.items())
    say(f"{counts.total()} notebooks in {folder}: {each}")


if __name__ == "__main__":
    sys.exit(main())
