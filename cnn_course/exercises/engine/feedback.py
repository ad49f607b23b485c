"""What a student reads after a check, in a notebook and in a terminal."""

import contextlib
import html
import inspect
import re
from dataclasses import dataclass

import torch

from cnn_course.checks import shown
from cnn_course.files import say

IN_FULL = 16  # so many numbers are shown, and of more only where they differ first
MARKS = {"right": "✓", "wrong": "✗", "blank": "○", "hint": "→"}
# Told apart by their marks; the colours are safe for colour-blind readers.
COLOURS = {"right": "#009E73", "wrong": "#D55E00", "blank": "#888", "hint": "#0072B2"}


@dataclass(frozen=True)
class Feedback:
    """A verdict (a key of MARKS) with the words that go with it."""

    exercise: str
    verdict: str
    text: str

    def __str__(self):
        return f"{MARKS[self.verdict]} {self.exercise} · {self.text}"

    def _repr_mimebundle_(self, include=None, exclude=None):
        box = (
            f'<div style="border-left: 4px solid {COLOURS[self.verdict]}; '
            'padding: 2px 12px; max-width: 60em">'
            f"<b>{MARKS[self.verdict]} {html.escape(self.exercise)}</b> · "
            f"{as_html(self.text)}</div>"
        )
        return {"text/plain": str(self), "text/html": box}


def as_html(text):
    """Return the text as HTML: escaped, `code` set as code, lines kept."""
    text = html.escape(text).replace("\n", "<br>")
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def show(item):
    """Show a Feedback or a Table: as HTML in a notebook, elsewhere as plain text."""
    from IPython import display, get_ipython  # late: it is slow, and not always needed

    (display.display if get_ipython() else say)(item)


@dataclass(frozen=True)
class Table:
    """Rows of texts under a heading, aligned in a terminal."""

    head: tuple
    rows: tuple
    below: str = ""

    def __str__(self):
        lines = [self.head, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]
        return "\n".join([*padded, self.below] if self.below else padded)

    def _repr_mimebundle_(self, include=None, exclude=None):
        def line(cells, tag):
            left = ' style="text-align: left"'
            inner = "".join(f"<{tag}{left}>{as_html(c)}</{tag}>" for c in cells)
            return f"<tr>{inner}</tr>"

        body = "".join(line(row, "td") for row in self.rows)
        page = f"<table>{line(self.head, 'th')}{body}</table>"
        if self.below:
            page += f"<p>{as_html(self.below)}</p>"
        return {"text/plain": str(self), "text/html": page}


def describe(value):
    """Return a short text for any value, in full for small tensors and lists."""
    kind = type(value)
    if kind is torch.Tensor and amount(value) <= IN_FULL:
        with contextlib.suppress(NotImplementedError, RuntimeError):  # meta, sparse
            return describe(value.tolist())
    if kind in (list, tuple) and amount(value) <= IN_FULL:
        inner = ", ".join(map(describe, value))
        if kind is list:
            return f"[{inner}]"
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if kind is float:
        return f"{value + 0.0 or 0.0:,.6g}"  # no -0
    if kind is int and abs(value) < 10**15:
        return f"{value:,}"
    if kind is str:
        return repr(value[:200])
    return (
        f"the function {value.__name__}" if inspect.isroutine(value) else shown(value)
    )


def amount(value):
    """Return how many numbers a value holds: the size of an input."""
    if isinstance(value, torch.Tensor):
        return value.numel()
    if isinstance(value, (list, tuple)):
        return sum(map(amount, value))
    return 1
