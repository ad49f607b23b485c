"""A notebook of the course as its files hold it, whichever tool wrote them last.

What a cell is for is said by its tags. Other tools keep those, but not a cell's id:
nbstripout counts the cells, jupytext draws new ids, Colab has none.
"""

import hashlib
import re
import sys

import nbformat

from cnn_course.files import say, write_whole
from cnn_course.publishing.server import drop_views

ANSWER = "answer"  # tags the blank of an exercise, and a prediction
SOLUTION = "solution"
POSITION = re.compile(r"(cell[-_]?)?\d+")  # an id that will be another cell's one day


class NotebookError(Exception):
    """A notebook that nothing can be made of; the message says what to do."""


def read(path):
    """Return the notebook in a file, its cells with ids and its views as pictures.

    An id that is missing, a mere number or there twice comes from the cell's text, so
    that each reading gives the same. Raises NotebookError if it is no notebook, OSError
    if it cannot be read.
    """
    raw = path.read_bytes()
    try:
        # nbformat's usual `read` would draw ids.
        notebook = nbformat.convert(nbformat.reader.reads(raw.decode()), 4)
        name_cells(notebook)
        drop_views(notebook)
        nbformat.validate(notebook)
        return notebook
    except Exception as error:  # nbformat has no one class for broken notebooks
        raise NotebookError(
            f"{path} is not a Jupyter notebook, or it is damaged: does JupyterLab open "
            "it? `git restore notebooks` brings back the course's own."
        ) from error


def name_cells(notebook):
    """Give every cell an id of its own that stays when cells move, in place."""
    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)  # the first with ids
    taken = set()
    for cell in notebook.cells:
        name, count = cell.get("id", ""), 0
        while not name or POSITION.fullmatch(name) or name in taken:
            name, count = short(f"{cell.source}{count}"), count + 1
        cell.id = name
        taken.add(name)


def short(content):
    """Return a name for a text or bytes that nothing else will have."""
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()[:12]


def has(cell, tag):
    return tag in cell.metadata.get("tags", [])


def run(command, *given):
    """Do what a command says; return its exit status, 1 where that was not possible."""
    try:
        command(*given)
        return 0
    except NotebookError as error:
        say(error, sys.stderr)
    except OSError as error:
        asked = "Is the name right, and may you write there?"
        say(f"{error.filename}: {error.strerror}. {asked}", sys.stderr)
    return 1


def write(files):
    """Write (path, content, what it is), all made before the first; say so.

    Raises OSError if a file cannot be written: an older one stays until then.
    """
    for path, content, what in list(files):
        write_whole(path, content)
        say(f"{path}: {what}")
