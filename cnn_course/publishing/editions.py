"""The course in two editions: one to hand out, one to teach from.

    python -m cnn_course.publishing.editions [FOLDER]      default: editions

writes FOLDER/student with all solutions, the plans for lecturers and all results taken
out, and FOLDER/instructor with solutions open, speaker notes, our results, and
exercises.md, a table of all exercises. Both run from top to bottom, like the original.
"""

import argparse
import sys
from pathlib import Path

from cnn_course.files import NOTEBOOKS, write_whole

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


def write_editions(folder):
    """Write both editions of all notebooks; return the paths of the files.

    Raises OSError if the folder cannot be used.
    """
    import nbformat

    from cnn_course.publishing.exercise_table import as_markdown

    written = {}
    for name, edit in (("student", student), ("instructor", instructor)):
        for path in sorted(NOTEBOOKS.glob("*.ipynb")):
            edited = edit(nbformat.read(path, as_version=4))
            nbformat.validate(edited)
            text = nbformat.writes(edited) + "\n"
            written[folder / name / path.name] = text
    written[folder / "instructor" / "exercises.md"] = as_markdown()
    for path, text in written.items():
        write_whole(path, text)
    return list(written)


def main(arguments=None):
    """Write both editions; return the exit status, 1 if that was not possible."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "folder", nargs="?", default="editions", help="default: editions"
    )
    folder = Path(parser.parse_args(arguments).folder)
    try:
        written = write_editions(folder)
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
        print(f"{why}. Name a folder of your own.", file=sys.stderr)
        return 1
    print(f"{len(written)} files in {folder / 'student'} and {folder / 'instructor'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
