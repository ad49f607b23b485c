"""Pages to read without Jupyter and without network: one a notebook, and an index.

    python -m cnn_course.publishing.pages OUT

They are made from the notebooks as saved; nothing is run. What the index says comes
from README.md, notebooks/TEACHING.md and the first cell of each notebook. The folder
OUT can be put on any web server as it is, or be read from a disk.
"""

import argparse
import re
import sys
from pathlib import Path

from cnn_course.files import NOTEBOOKS
from cnn_course.publishing.reading import ANSWER, SOLUTION, has, read, run, write
from cnn_course.publishing.rendering import code, fill, markdown, picture, words

MINUTES = re.compile(r"^\| (\d\d) \| (\d+) \|", re.MULTILINE)  # in TEACHING.md
HEADING = re.compile(r"<h2>(.*?)</h2>")
# A link into the repository, such as to the table of results, has no page to lead to.
ELSEWHERE = re.compile(r'<a href="(?!#|\w+:|[\w.-]+\.html)[^"]*">(.*?)</a>', re.DOTALL)


def pages(folder):
    """Yield (file name, HTML, what it is): a page for each notebook, an index.

    TEACHING.md in the folder has a lesson's minutes, README.md beside the folder what
    the course is and how to install it. Raises NotebookError for what is no notebook,
    OSError for what cannot be read.
    """
    readme = (folder.parent / "README.md").read_text("utf-8")
    teaching = (folder / "TEACHING.md").read_text("utf-8")
    about, install = readme.split("\n## ")[:2]
    lessons = [_lesson(path) for path in sorted(folder.glob("*.ipynb"))]
    course = dict(
        title=about.partition("\n")[0].removeprefix("# "),
        about=_prose(about.partition("\n")[2], folder.parent),
        install=_prose(f"## {install}"),
        minutes=dict(MINUTES.findall(teaching)),
        lessons=lessons,
    )
    start = re.search(r"^\S*jupyter lab .+/", install, re.MULTILINE)[0]
    for i, lesson in enumerate(lessons):
        name = lesson["name"]
        own = dict(lesson=lesson, at=i, start=code(f"{start}{name}.ipynb"))
        page = fill("page.html.j2", name, **course, **own)
        yield f"{name}.html", page, lesson["title"]
    page = fill("page.html.j2", "README.md", **course)
    yield "index.html", page, f"{len(lessons)} notebooks"


def _lesson(path):
    """Return what the pages show of a notebook."""
    notebook = read(path)
    prose = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    title, _, opening = prose[0].partition("\n") if prose else (path.stem, "", "")
    body = "\n".join(map(_html, notebook.cells))
    return dict(
        name=path.stem,
        title=title.removeprefix("# "),
        opening=_prose(opening.partition("\n**After")[0]),  # the aims are on its page
        picture="".join(re.findall("<img [^>]+>", body)[:1]),
        views=list(dict.fromkeys(re.findall("<figcaption>(.*?)</figcaption>", body))),
        contents=re.findall(r'<h2 id="(.+?)">(.*?)</h2>', body),
        body=body,
    )


def _html(cell):
    """Return what a cell becomes on its page."""
    if cell.cell_type != "code":
        return _prose(cell.source) if cell.cell_type == "markdown" else ""
    source = code(cell.source)
    # Nothing can be answered here, so "not answered yet" would be said in vain.
    outputs = "" if has(cell, ANSWER) else "\n".join(map(_shown, cell.outputs))
    if has(cell, SOLUTION):
        return _folded("Solution", source + outputs)
    if cell.metadata.get("jupyter", {}).get("source_hidden"):
        source = _folded("Code", source)
    return source + outputs


def _shown(output):
    if not (seen := picture(output)):
        return words(output) or ""
    if "svg" in output.metadata:  # a view's picture does not name it
        name = output.data["text/plain"].removeprefix("[picture] ").partition(": ")[0]
        seen = f"<figcaption>{name}</figcaption>{seen}"
    return f"<figure>{seen}</figure>"


def _folded(summary, inside):
    return f"<details><summary>{summary}</summary>\n{inside}</details>\n"


def _prose(text, folder=None):
    return HEADING.sub(_anchored, ELSEWHERE.sub(r"\1", markdown(text, folder)))


def _anchored(heading):
    name = re.sub(r"\W+", "-", re.sub("<.*?>", "", heading[1])).strip("-").lower()
    return f'<h2 id="{name}">{heading[1]}</h2>'


def main(arguments=None):
    """Make the pages; return the exit status, 1 if one of them could not be made."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", metavar="OUT", type=Path, help="a folder for the pages")
    out = parser.parse_args(arguments).out
    made = ((out / name, page, what) for name, page, what in pages(NOTEBOOKS))
    return run(write, made)


if __name__ == "__main__":
    sys.exit(main())
