"""Bring a notebook of an edition up to date without losing what was done in it.

Whoever has the edition works in its files, and the course goes on. So every file says
in its metadata what it was made from: the course's version, and each cell's source.
"""

import json
from datetime import date

import nbformat

from cnn_course.files import say, write_whole
from cnn_course.publishing.reading import ANSWER, NotebookError, has, read, short

LOST = "but it is not known what you did in it: copy your answers by hand from"


def sign(notebook):
    """Note in a notebook's metadata what it is made from, and return it."""
    notebook.metadata.cnn_course = {
        "version": short(json.dumps(notebook.cells, sort_keys=True)),
        "sources": {cell.id: short(cell.source) for cell in notebook.cells},
    }
    return notebook


def update(path, notebook):
    """Write a signed notebook; cells of one's own in an older file come along.

    Returns what was done. Prints a line if there were such cells, or might have been:
    then the older file is kept as well, before a new one takes its place.
    """
    done, words = "new", ""
    if path.exists():
        raw = path.read_bytes()
        cells, noted = _read(path)
        if noted.version == notebook.metadata.cnn_course.version:
            return "left as they are"
        if noted.sources.keys() & {cell.id for cell in cells}:
            done = "brought up to date"
            words = _carry_over(cells, noted.sources, notebook)
        else:
            done, words = "begun anew", LOST
    if words:
        # Its name is made from its bytes: two files of one day are two.
        name = f"{path.stem}-{date.today()}-{short(raw)[:4]}.ipynb"
        kept = path.parent / "earlier" / name
        write_whole(kept, raw)
        say(f"{path.name}: {done}, {words} {kept}")
    nbformat.validate(notebook)
    write_whole(path, nbformat.writes(notebook) + "\n")
    return done


def _read(path):
    """Return a file's cells, and what `sign` noted in it."""
    try:
        notebook = read(path)
        return notebook.cells, notebook.metadata.cnn_course
    except (NotebookError, AttributeError):  # it is no notebook of an edition
        return [], nbformat.NotebookNode(version=None, sources={})


def _carry_over(cells, sources, notebook):
    """Put cells of one's own into a new notebook, in place; say how many, or nothing.

    sources  what the course had in `cells`
    """
    merged, current = notebook.cells, notebook.metadata.cnn_course.sources
    renamed = _renamed(sources, current)
    came = stayed = at = 0  # at: where the next cell of one's own goes
    for cell in cells:
        mine, was = short(cell.source), sources.get(cell.id)
        cell.id = renamed.get(cell.id, cell.id)
        if now := current.get(cell.id):
            at = [other.id for other in merged].index(cell.id) + 1
        if mine in (was, now) or not (now or cell.source.strip()):
            continue  # the course's; or empty: running the last cell adds such a one
        if now and now != was and not has(merged[at - 1], ANSWER):
            stayed += 1
            continue
        came += 1
        if now:
            merged[at - 1] = cell
        else:
            merged.insert(at, cell)
            at += 1
    if not came and not stayed:
        return ""
    but = f", {stayed} that the course has changed too did not" if stayed else ""
    return f"{came} of your cells came along{but}; as it was:"


def _renamed(sources, current):
    """Return {old id: new id} of the course's cells that differ in nothing else."""
    new = {source: name for name, source in current.items() if name not in sources}
    old = {source: name for name, source in sources.items() if name not in current}
    return {old[source]: new[source] for source in old.keys() & new.keys()}
