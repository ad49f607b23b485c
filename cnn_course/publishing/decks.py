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
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path

from cnn_course.files import NOTEBOOKS
from cnn_course.publishing.reading import (
    IN_WORDS,
    NotebookError,
    describe,
    read,
    run,
    write,
)
from cnn_course.publishing.rendering import code, fill, markdown, picture, words

KINDS = ("start", "text", "picture", "code", "output", "step", "definition")
TAGS = {f"slide-{kind}" for kind in KINDS}
SMALLEST, LARGEST = 22, 44  # px on 1280 × 720, of code and of what it printed
HEADING = re.compile(r"^#+ +(.+)\n*", re.MULTILINE)


@dataclass
class Slide:
    """What one slide shows; each HTML with the step at which it comes, from 0."""

    heading: str
    minutes: float = 0
    notes: str = ""
    live: bool = False
    long: bool = False
    texts: list = field(default_factory=list)
    stage: list = field(default_factory=list)


def slides(notebook, name):
    """Return the slides that the marks of a notebook make.

    Raises NotebookError, with the number of the cell, for marks that make
    no slide.
    """
    describe(notebook)
    found, step = [], 0
    for number, cell in enumerate(notebook.cells, start=1):
        tags = {tag for tag in cell.metadata.get("tags", []) if tag.startswith("slide")}
        about = cell.metadata.get("slide", {})
        try:
            if unknown := tags - TAGS:
                raise ValueError(f"there is no tag {min(unknown)}")
            if "slide-start" in tags:
                found.append(_begin(cell, about, "slide-definition" in tags))
                step = 0
            elif not found and (tags or about):
                raise ValueError("no slide begins at this cell or above: slide-start")
            step += "slide-step" in tags
            if "text" in about or "slide-text" in tags:
                text = about.get("text") or _prose(cell)
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


def _begin(cell, about, long):
    own = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
    heading = about.get("heading") or (own and own[1])
    if not heading:
        raise ValueError("a slide needs a heading, as `slide.heading` in the metadata")
    notes = markdown(about.get("notes", ""))
    heading = re.sub("</?p>", "", markdown(heading)).strip()
    return Slide(heading, about.get("minutes", 0), notes, about.get("live"), long)


def _prose(cell):
    return HEADING.sub("", IN_WORDS.sub("", cell.source), count=1)


def _staged(cell, tags, about):
    """Return what a cell puts on the stage: pictures, or code and what it says."""
    outputs = cell.get("outputs", [])
    parts = []
    if "slide-picture" in tags:
        parts = [each for each in map(picture, outputs) if each]
        if not parts:
            raise ValueError("it has left no picture: run it and save the notebook")
        if "picture" in about:
            if not 1 <= about["picture"] <= len(parts):
                raise ValueError(f"it has left {len(parts)} pictures")
            parts = [parts[about["picture"] - 1]]
        if "top" in about:
            parts = [_from(about["top"], each) for each in parts]
        return "\n".join(parts)
    if "slide-code" in tags:
        parts.append(code(_lines(cell.source, about.get("code"))))
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


def _lines(source, ends):
    """Return the lines from the one that begins with ends[0] to that with ends[1]."""
    if not ends:
        return source
    lines = source.splitlines()
    try:
        first = next(i for i, line in enumerate(lines) if line.startswith(ends[0]))
        last = next(
            i for i, line in enumerate(lines) if i >= first and line.startswith(ends[1])
        )
    except StopIteration:
        raise ValueError(f"no lines begin with {ends[0]!r} and {ends[1]!r}") from None
    return textwrap.dedent("\n".join(lines[first : last + 1]))


def deck(path):
    """Return (page, number of slides) of a saved notebook: the page is HTML.

    Raises NotebookError if it cannot be read, has no slides or marks that cannot be
    followed, or needs files from elsewhere.
    """
    shown = slides(read(path), path.name)
    title = re.sub("<[^>]*>", "", shown[0].heading)
    return fill("deck", path.name, title=title, slides=shown), len(shown)


def main(arguments=None):
    """Make the decks; return the exit status, 1 if one of them could not be made."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "notebooks", nargs="*", type=Path, help="default: all in the folder notebooks"
    )
    parser.add_argument(
        "--out", type=Path, default=Path("decks"), help="default: decks"
    )
    options = parser.parse_args(arguments)
    paths = options.notebooks or sorted(NOTEBOOKS.glob("*.ipynb"))

    def pages():
        for path in paths:
            page, count = deck(path)
            yield options.out / f"{path.stem}.html", page, f"{count} slides"

    return run(lambda: write(pages()))


if __name__ == "__main__":
    sys.exit(main())
