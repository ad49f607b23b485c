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
# A picture's description, folded into one line under it.
IN_WORDS = re.compile(r"<details><summary>In words</summary>(.*?)</details>\s*", re.S)
POSITION = re.compile(r"(cell[-_]?)?\d+")  # an id that will be another cell's one day


class NotebookError(Exception):
    """A notebook that nothing can be made of; the message says what to do."""


def read(path):
    """Return the notebook in a file, its cells with ids and its views as pictures.

    An id that is missing, a mere number or there twice comes from the cell's text, so
    that each reading gives the same. Raises NotebookError if it is no notebook.
    """
    raw = contents(path)
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


def contents(path):
    """Return the bytes of a file; NotebookError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise NotebookError(f"{path} cannot be read: {error.strerror}.") from error


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


def describe(notebook):
    """Add each picture's folded description to its alt text, in place."""
    pictures = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            every = [
                about for o in cell.outputs for about in o.get("metadata", {}).values()
            ]
            own = [a for a in every if isinstance(a, dict) and "alt" in a]
            pictures = own or pictures  # a table may stand between
        elif found := IN_WORDS.search(cell.source):
            for about in pictures:
                if found[1] not in about["alt"]:
                    about["alt"] += f". {found[1]}"
            pictures = []


def short(content):
    """Return a name for a text or bytes that nothing else will have."""
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()[:12]


def has(cell, tag):
    return tag in cell.metadata.get("tags", [])


def run(command):
    """Do what a command says; return its exit status, 1 where that was not possible."""
    try:
        command()
    except NotebookError as error:
        say(error, sys.stderr)
        return 1
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
        say(f"{why}. Name a folder of your own.", sys.stderr)
        return 1
    return 0


def write(files):
    """Write (path, content, what it is), all made before the first; say so.

    Raises NotebookError if two have one path, OSError if a file cannot be written:
    older ones stay until the new ones are whole.
    """
    files = list(files)
    if len({path for path, *_ in files}) < len(files):
        raise NotebookError("Two notebooks have the same name: take one by one.")
    for path, content, what in files:
        write_whole(path, content)
        say(f"{path}: {what}")
