"""What decks and pages share: cells as HTML that needs no other file and no network."""

import html
import re
from pathlib import Path

from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from cnn_course.publishing.reading import NotebookError

TEMPLATES = Path(__file__).parent / "templates"
# What a browser would fetch by itself when it opens the page; a link is only followed.
FETCHED = re.compile(r"<(?!a\b)\w[^>]*?\s(?:src|href)=\"(?!data:|#)([^\"]+)\"")
LINK = re.compile(r'(<a\b[^>]*href="[\w.-]+)\.ipynb([#"])')
# In a saved view nobody answers to a press: what is to be pressed is no button there.
TO_PRESS = re.compile(r"<[^>]* data-(at|hover|file)=[^>]*>")
AS_BUTTON = re.compile(r' (data-(at|hover|file)|tabindex|role|aria-\w+)="[^"]*"')


def markdown(source, folder=None):
    """Return prose as HTML; links between notebooks lead between decks, or pages.

    folder  holds pictures that are put into it; default: there are none
    """
    own = dict(embed_images=folder is not None, path=str(folder))
    renderer = IPythonRenderer(escape=False, exclude_anchor_links=True, **own)
    return LINK.sub(r"\1.html\2", MarkdownWithMath(renderer=renderer).render(source))


def code(source):
    """Return Python as HTML, its words coloured by classes of pygments."""
    return Highlight2HTML()(source, language="ipython3")


def picture(output):
    """Return what an output shows as a picture, a view as its SVG; or None."""
    about, data = output.get("metadata", {}), output.get("data", {})
    if svg := about.get("svg"):
        start, rest = svg.split(">", 1)
        return f"{start}>{TO_PRESS.sub(lambda tag: AS_BUTTON.sub('', tag[0]), rest)}"
    kind = next((k for k in ("image/png", "image/jpeg") if k in data), None)
    if kind is None:
        return None
    own = about.get(kind, {})
    alt = html.escape(own.get("alt") or data.get("text/plain", ""))
    size = f' width="{own["width"]}"' if "width" in own else ""
    return f'<img src="data:{kind};base64,{data[kind].strip()}" alt="{alt}"{size}>'


def words(output):
    """Return what an output says in HTML or in plain text; or None."""
    data = output.get("data", {})
    if "text/html" in data:
        return data["text/html"]
    text = data.get("text/plain", output.get("text"))
    return f"<pre>{html.escape(text.rstrip())}</pre>" if text else None


def fill(template, name, **more):
    """Return the page that a template makes; `name` is for errors.

    Raises NotebookError if the page needs a file from elsewhere.
    """
    from jinja2 import Environment, FileSystemLoader  # comes with nbconvert

    loaded = Environment(loader=FileSystemLoader(TEMPLATES)).get_template(template)
    page = loaded.render(more)
    if missing := FETCHED.search(page):
        raise NotebookError(
            f"{name}: everything is held in one file, but {missing[1]} could not be "
            "put into it. Let a code cell show the picture, or take it out."
        )
    return page
