"""Slides to show without Jupyter and without network: one HTML file a notebook.

    python -m cnn_course.publishing.decks [NOTEBOOK…] [--out decks]

A deck is made from the notebook as saved; nothing is run. A cell's *Slide Type* (in
JupyterLab: the property inspector, the gear on the right) says where it goes: slide,
subslide, fragment, skip, notes, or "-", which continues what stands above. In a browser
the arrow keys go through the slides, n shows the notes and p prints a slide a page.
"""

import argparse
import re
import sys
from pathlib import Path

from cnn_course.files import NOTEBOOKS, say, write_whole
from cnn_course.publishing.reading import (
    IN_WORDS,
    SOLUTION,
    NotebookError,
    describe,
    has,
    read,
)

TEMPLATES = Path(__file__).parent  # nbconvert looks for deck_template in here
ONLY_OUTPUT = "remove-input"  # tags a cell whose code says less than its picture
SLIDE_TYPES = ("slide", "subslide", "fragment", "skip", "notes", "-")
# What a browser would fetch by itself when it opens the page; a link is only followed.
FETCHED = re.compile(r"<(?!a\b)\w[^>]*?\s(?:src|href)=\"(?!data:|#)([^\"]+)\"")


def deck(path):
    """Return (page, number of slides) for a saved notebook: the page is HTML.

    Left out are cells of type skip, cells tagged `solution`, the code of cells tagged
    `remove-input`, and other folded cells (`metadata.jupyter.source_hidden`).
    Raises NotebookError if it cannot be read, says nothing about slides, or needs
    files from elsewhere.
    """
    from nbconvert.exporters.slides import SlidesExporter
    from traitlets.config import Config

    path = Path(path)
    notebook = _prepared(read(path), path.name)
    only_picture = {"enabled": True, "remove_input_tags": [ONLY_OUTPUT]}
    exporter = SlidesExporter(
        config=Config({"TagRemovePreprocessor": only_picture}),
        template_name="deck_template",
        extra_template_basedirs=[str(TEMPLATES)],
        exclude_input_prompt=True,
        exclude_output_prompt=True,
        exclude_anchor_links=True,
        embed_images=True,
    )
    about = {"title": _title(notebook) or path.stem, "path": str(path.parent)}
    page, _ = exporter.from_notebook_node(notebook, {"metadata": about})
    if missing := FETCHED.search(page):
        raise NotebookError(
            f"{path.name}: a deck holds everything in one file, but {missing[1]} could "
            "not be put into it. Keep the file beside the notebook, or skip the cell."
        )
    # Notebooks link to each other; decks lie together under the same names.
    page = re.sub(r'(<a\b[^>]*href="[\w.-]+)\.ipynb([#"])', r"\1.html\2", page)
    starts = [cell for cell in notebook.cells if _slide_type(cell).endswith("slide")]
    return page, len(starts)


def _slide_type(cell):
    return cell.metadata.get("slideshow", {}).get("slide_type") or "-"


def _prepared(notebook, name):
    """Return the notebook with solutions typed skip, descriptions as alt texts."""
    describe(notebook)
    for number, cell in enumerate(notebook.cells, start=1):
        if (kind := _slide_type(cell)) not in SLIDE_TYPES:
            raise NotebookError(
                f'{name}: cell {number} has the slide type "{kind}", which does not '
                f"exist. Choose one of {', '.join(SLIDE_TYPES)}."
            )
        if cell.cell_type == "markdown" and IN_WORDS.search(cell.source):
            cell.source = IN_WORDS.sub("", cell.source)  # the picture has it
            if not cell.source:
                kind = "skip"
                cell.metadata["slideshow"] = {"slide_type": kind}
        folded = cell.metadata.get("jupyter", {}).get("source_hidden")
        if has(cell, SOLUTION) or (folded and not has(cell, ONLY_OUTPUT)):
            cell.metadata["slideshow"] = {"slide_type": "skip"}
    kinds = [kind for kind in map(_slide_type, notebook.cells) if kind != "skip"]
    if not any(kind.endswith("slide") for kind in kinds):
        raise NotebookError(
            f"{name}: no cell is a slide. In JupyterLab select a cell, open the "
            "property inspector (the gear on the right), choose a Slide Type and save."
        )
    if not kinds[0].endswith("slide"):
        raise NotebookError(
            f'{name}: the first cell to be shown has the slide type "{kinds[0]}". '
            "Make it a slide, or skip what stands before the first slide."
        )
    return notebook


def _title(notebook):
    prose = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    heading = re.search(r"^# (.+)", prose, re.MULTILINE)
    return heading and heading[1].strip()


def main(arguments=None):
    """Make the decks; return the exit status, 1 if one of them could not be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all in the folder notebooks"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("decks"), help="default: decks"
    )
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    targets = {path: options.out / f"{path.stem}.html" for path in paths}
    if len(set(targets.values())) < len(targets):
        parser.error("two notebooks have the same name: make their decks one by one")
    try:
        pages = {path: deck(path) for path in targets}
        for path, (page, slides) in pages.items():
            write_whole(targets[path], page)  # an older deck stays until then
            say(f"{targets[path]}: {slides} slides")
    except NotebookError as error:
        say(error, sys.stderr)
        return 1
    except OSError as error:
        why = f"{error.filename} cannot be written ({error.strerror})"
        say(f"{why}. Name a folder of your own with --out.", sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
