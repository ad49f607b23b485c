"""What every view shares: a title, controls, and one picture that answers to a touch.

A view draws with a plain function, which returns an SVG, or raises ValueError with a
sentence that says what is wrong. JupyterLab calls back on a thread, so nothing here or
in the drawings touches pyplot, and a lock keeps redraws apart.
"""

import base64
import html
import io
import re
import threading
from pathlib import Path

import anywidget
import ipywidgets
import traitlets
from PIL import Image

from cnn_course.views.kit.svg import THEMES, Svg, picture, png, tag, text
from cnn_course.views.kit.touch import Touch

BUSY = "No answer yet: the kernel is busy. What you do here counts when it is free."
HEAD = 46  # height of the title above a saved picture


def _variables(theme):
    colours = THEMES[theme].items()
    return " ".join(f"--cnn-{name}: {colour};" for name, colour in colours)


STYLE = f"""
.cnn-view {{ {_variables("light")} border: 1px solid var(--cnn-line); padding: 6px 12px;
  border-radius: 6px; background: var(--cnn-paper); color: var(--cnn-ink); }}
[data-jp-theme-light="false"] .cnn-view {{ {_variables("dark")} }}
.cnn-view .cnn-message, .cnn-view.cnn-busy::after {{
  border-left: 4px solid var(--cnn-orange); padding: 2px 8px; }}
.cnn-view.cnn-busy::after {{ content: "{BUSY}"; }}
.cnn-picture svg {{ display: block; max-width: 100%; height: auto; user-select: none;
  font-family: var(--jp-ui-font-family, sans-serif); }}
.cnn-stale .cnn-picture svg {{ opacity: 0.35; }}
.cnn-picture [data-at] {{ cursor: pointer; touch-action: none; outline: none; }}
.cnn-picture [data-at]:is(:hover, :focus-visible) > :first-child {{
  stroke: var(--cnn-orange); stroke-width: 3px; }}
.cnn-picture .when-lit.lit {{ visibility: visible; }}
.cnn-picture .lit:not(.when-lit) {{ stroke: var(--cnn-orange); stroke-width: 3px; }}
"""


class Picture(anywidget.AnyWidget):
    """An SVG in the page; `widget.js` lights it up and tells where it is touched.

    svg    the picture
    heard  goes up with every message that was answered: so the page knows of a kernel
           that is busy
    """

    _esm = Path(__file__).with_name("widget.js")
    _css = STYLE
    svg = traitlets.Unicode().tag(sync=True)
    heard = traitlets.Int().tag(sync=True)


class View(ipywidgets.VBox):
    """An interactive view, with a static picture where nothing runs.

    title, try_this  shown above the controls
    controls    {argument of `draw`: control}: `draw` is given its `value`, or itself.
                One with `touch(place, touch)` is told what is done to the elements of
                the picture whose data-at is "argument:place", see `touch`; it raises
                ValueError with a sentence where it cannot follow. One with a `problem`
                says what is wrong with it, or None. A widget stands above the picture,
                and the view follows it
    draw        draw(**values) returns a `picture`
    rows        names of widgets side by side, line by line; by default all in one
    summary     the static view's text, if the picture's label depends on training or
                data
    photograph  the saved picture is a JPEG with fewer dots: else it would be large
    """

    def __init__(
        self, title, try_this, controls, draw, *, rows=(), summary="", photograph=False
    ):
        self.title, self.controls = title, controls
        self.draw, self.summary, self.photograph = draw, summary, photograph
        self.lock = threading.RLock()
        self.picture, self.message = Picture(), ipywidgets.HTML()
        self.picture.on_msg(self._touched)
        named = controls.items()
        widgets = {n: c for n, c in named if isinstance(c, ipywidgets.Widget)}
        head = f"<b>{html.escape(title)}</b> · Try: {html.escape(try_this)}"
        lines = [[controls[name] for name in row] for row in rows or [widgets]]
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        boxes = [ipywidgets.HBox(line, layout=wrap) for line in lines if line]
        super().__init__([ipywidgets.HTML(head), *boxes, self.message, self.picture])
        self.add_class("cnn-view")
        for control in widgets.values():
            getattr(control, "field", control).observe(self.refresh, "value")
        # Not `refresh`: what cannot be drawn at first is an error of the cell.
        self.show(draw(**self.values()))

    def values(self):
        """Return {argument: value} of all controls; ValueError for one unreadable."""
        return {name: getattr(c, "value", c) for name, c in self.controls.items()}

    def refresh(self, _=None):
        """Draw once more, or say in the view why that cannot be done."""
        with self.lock:
            try:
                self.show(self.draw(**self.values()))
                problems = (getattr(c, "problem", None) for c in self.controls.values())
                for problem in filter(None, problems):
                    self.complain(problem)
            except ValueError as error:
                self.complain(str(error))
            except Exception as error:  # a traceback would go to a log nobody opens
                self.complain(f"this view has a fault: {type(error).__name__}: {error}")

    def show(self, svg):
        """Show a picture, and clear the message."""
        with self.lock:
            self.picture.svg, self.message.value = svg, ""
            self.remove_class("cnn-stale")
            hear_while_busy(self)

    def complain(self, sentence):
        """Say what is wrong, in 400 letters at most; the last picture stays, pale."""
        self.message.value = (
            f'<div class="cnn-message" role="alert">{html.escape(sentence[:400])}</div>'
        )
        self.add_class("cnn-stale")

    def touch(self, kind, at, **more):
        """Do what the page does: tell the control that `at` names, and draw."""
        self._touched(None, {"touches": [{"kind": kind, "at": at, **more}]}, [])

    def _touched(self, _, content, buffers):
        with self.lock:
            touches, said, problem = content["touches"], self.message.value, None
            for one in touches:
                if one["kind"] == "file" and buffers:
                    one["file"] = bytes(buffers[0])
                name, _, place = one.pop("at").partition(":")
                if hasattr(self.controls.get(name), "touch"):  # else: drawn long ago
                    try:
                        self.controls[name].touch(place, Touch(**one))
                    except ValueError as error:
                        problem = str(error)
            # At once, or a message would go and come, and the picture jump.
            with self.hold_sync(), self.message.hold_sync():
                if touches:
                    self.refresh()
                if problem:
                    self.complain(problem)
                if all(one["kind"] == "hover" for one in touches):
                    self.message.value = self.message.value or said
            self.picture.heard += 1

    @property
    def label(self):
        """What the picture says to a screen reader."""
        return html.unescape(re.search(r'aria-label="([^"]*)"', self.picture.svg)[1])

    def static(self):
        """Return what stands for the view where nothing runs: a picture and a text."""
        width, height = _size(self.picture.svg)
        words = f"[picture] {self.title}: {self.summary or self.label}"
        head = text(2, 14, self.title, size=15, bold=True)
        run = text(2, 34, "Run this cell to try it.", size=13)
        below = tag("g", Svg(self.picture.svg), transform=f"translate(0 {HEAD})")
        return picture(max(width, 400), height + HEAD, words, head, run, below), words

    def _repr_mimebundle_(self, **kwargs):
        # ipywidgets' own text would be a list of traits; a reopened notebook has no
        # widget to show, so the picture stands in for it. A deck takes the SVG.
        bundle = super()._repr_mimebundle_(**kwargs)
        svg, words = self.static()
        kind, zoom = ("image/jpeg", 1.5) if self.photograph else ("image/png", 2)
        data = base64.b64encode(smaller(png(svg, zoom=zoom), kind)).decode()
        shown = {"alt": words, "width": round(_size(svg)[0])}
        metadata = {kind: shown, "svg": self.picture.svg}
        hear_while_busy(self)
        return bundle | {kind: data, "text/plain": words}, metadata


def hear_while_busy(widget):
    """Let a widget and those inside it be heard while a cell runs.

    JupyterLab asks for another thread than the one that runs cells. ipykernel 7.4
    prefers the thread that last wrote to the widget, and that one may be busy.
    """
    vars(widget.comm).pop("_reply_subshell_id", None)
    for child in getattr(widget, "children", ()):
        hear_while_busy(child)


def _size(svg):
    """Return (width, height) of a picture, in CSS pixels."""
    return tuple(map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups()))


def smaller(content, kind):
    """Return the bytes of a picture for a file: a JPEG, or a PNG of 256 colours."""
    buffer, image = io.BytesIO(), Image.open(io.BytesIO(content)).convert("RGB")
    if kind == "image/jpeg":
        image.save(buffer, "jpeg", quality=80)
    else:
        image.quantize(256).save(buffer, "png", optimize=True)
    return buffer.getvalue()
