"""Lectures to show without Jupyter and without network: one HTML file a notebook.

    python -m cnn_course.publishing.decks [NOTEBOOK…] [--out decks]

A deck is made from the notebook as saved; nothing is run. Tags and `slide` in a cell's
metadata (in JupyterLab: the gear on the right) say what of it stands on a slide:

    slide-start       a slide begins: its heading is `slide.heading` or the cell's own
    slide-text        the cell's prose; `slide.text` is shown in its place, if there
    slide-picture     the picture that the cell left, a view as its SVG: without the
                      controls above it, from the line on that begins with `slide.top`;
                      of several pictures only number `slide.picture`
    slide-code        its code: `slide.code` = begins of the first and the last line
    slide-output      what it printed or returned
    slide-step        all this comes with the next step, and takes the picture's place
    slide-definition  (at the start) the slide may have 40 words, not 25

`slide.notes` and `slide.minutes` of the starting cell are the presenter's, `slide.live`
says that the view is better shown in JupyterLab.
"""

import argparse
import re
import sys
import textwrap
from html import unescape
from pathlib import Path
from types import SimpleNamespace

from cnn_course.files import NOTEBOOKS
from cnn_course.publishing.reading import NotebookError, read, run, write
from cnn_course.publishing.rendering import code, fill, markdown, picture, words

KINDS = ("start", "text", "picture", "code", "output", "step", "definition")
TAGS = {f"slide-{kind}" for kind in KINDS}
SMALLEST, LARGEST = 22, 44  # px on 1280 × 720, of code and of what it printed
HEADING = re.compile(r"^#+ +(.+)\n*", re.MULTILINE)
FOLDED = re.compile(r"<details>.*?</details>\s*", re.DOTALL)  # a picture in words


def slides(notebook, name):
    """Return the slides that the marks of a notebook make.

    Raises NotebookError, with the number of the cell, for marks that make no slide.
    """
    found, step = [], 0
    for number, cell in enumerate(notebook.cells, start=1):
        tags = {tag for tag in cell.metadata.get("tags", []) if tag.startswith("slide")}
        about = cell.metadata.get("slide", {})
        try:
            if unknown := tags - TAGS:
                raise ValueError(f"there is no tag {min(unknown)}")
            if "slide-start" in tags:
                found.append(_begin(cell, about))
                step = 0
            elif not found and (tags or about):
                raise ValueError("no slide begins at this cell or above: slide-start")
            step += "slide-step" in tags
            if "text" in about or "slide-text" in tags:
                own = HEADING.sub("", FOLDED.sub("", cell.source), count=1)
                text = about.get("text") or own
                found[-1].texts.append((step, markdown(text)))
            if staged := _staged(cell, tags, about):
                found[-1].stage.append((step, staged))
        except ValueError as error:
            raise NotebookError(
                f"{name}, cell {number}: {error}. In JupyterLab select the cell and "
                "open the property inspector (the gear on the right)."
            ) from error
    if not found:
        raise NotebookError(f"{name}: no cell has the tag slide-start, so no slides.")
    return found


def _begin(cell, about):
    """Return an empty slide: its texts and stage are [(step from 0, HTML), …]."""
    own = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
    heading = about.get("heading") or (own and own[1])
    if not heading:
        raise ValueError("a slide needs a heading, as `slide.heading` in the metadata")
    return SimpleNamespace(
        heading=re.sub("</?p>", "", markdown(heading)).strip(),
        minutes=about.get("minutes", 0),
        notes=markdown(about.get("notes", "")),
        live=about.get("live"),
        texts=[],
        stage=[],
    )


def _staged(cell, tags, about):
    """Return what a cell puts on the stage: pictures, or code and what it says."""
    outputs = cell.get("outputs", [])
    parts = []
    if "slide-picture" in tags:
        parts = [each for each in map(picture, outputs) if each]
        if "picture" in about:
            parts = parts[about["picture"] - 1 :][:1]
        if not parts:
            raise ValueError("it has not left this picture: run it, save the notebook")
        if "top" in about:
            parts = [_from(about["top"], each) for each in parts]
        return "\n".join(parts)
    if "slide-code" in tags:
        ends = about.get("code")
        parts.append(code(_lines(cell.source, *ends) if ends else cell.source))
    if "slide-output" in tags:
        said = [each for each in map(words, outputs) if each]
        if not said:
            raise ValueError("it has printed nothing: run it and save the notebook")
        parts += said
    return _as_large_as_fits(parts) if parts else ""


def _from(words, svg):
    """Return a view's SVG without what stands above the line that begins with words."""
    line = re.search(rf'<text[^>]* y="([\d.]+)"[^>]*>{re.escape(words)}', svg)
    if not line:
        raise ValueError(f"no line of the view begins with {words!r}")
    start, width, height, rest = re.split(r'"0 0 (\S+) (\S+)"', svg, maxsplit=1)
    top = float(line[1]) - 15  # the height of its letters
    box = f"0 {top:g} {width} {float(height) - top:g}"
    return f'{start}"{box}" preserveAspectRatio="xMidYMin"{rest}'


def _as_large_as_fits(parts):
    """Return code and printed lines in one box, in the type that fills the stage."""
    lines = unescape(re.sub("<[^>]*>", "", "\n".join(parts))).splitlines()
    wide, high = max(map(len, lines)), len(lines) + 2 * len(parts)
    size = max(SMALLEST, min(LARGEST, 1140 / 0.61 / wide, 480 / 1.35 / high))
    return f'<div class="parts" style="font-size: {size:.0f}px">{"".join(parts)}</div>'


def _lines(source, first, last):
    """Return the lines from one to another, which begin with `first` and `last`."""
    lines = rf"^(?={re.escape(first)})(?:.*\n)*?(?={re.escape(last)}).*"
    if not (found := re.search(lines, source, re.MULTILINE)):
        raise ValueError(f"no lines begin with {first!r} and {last!r}")
    return textwrap.dedent(found[0])


def deck(path):
    """Return (HTML, what it is) for a saved notebook.

    Raises NotebookError if it is none, has no slides or marks that cannot be followed,
    or needs files from elsewhere.
    """
    shown = slides(read(path), path.name)
    title = re.sub("<[^>]*>", "", shown[0].heading)
    page = fill("deck.html.j2", path.name, title=title, slides=shown)
    return page, f"{len(shown)} slides"


def main(arguments=None):
    """Make the decks; return the exit status, 1 if one of them could not be made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("notebooks", nargs="*", type=Path, help="default: the course")
    parser.add_argument("--out", type=Path, default="decks", help="default: decks")
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))
    made = ((options.out / f"{path.stem}.html", *deck(path)) for path in paths)
    return run(write, made)


if __name__ == "__main__":
    sys.exit(main())
