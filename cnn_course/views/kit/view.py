"""What every interactive view shares: labelled controls, a picture, a line of text.

A view draws with a plain function, which returns the picture and a sentence, or raises
ValueError with one that says what is wrong. JupyterLab calls back on a thread, so
nothing here or in the drawings touches pyplot, and a lock keeps redraws apart.
"""

import base64
import html
import io
import threading

import ipywidgets
from PIL import Image

from cnn_course.views.kit.board import SCALE, Board

STYLE = """<style>
.cnn-view { border: 1px solid #767676; border-radius: 6px; padding: 8px 12px; }
.cnn-view .cnn-message { border-left: 4px solid #D55E00; padding: 2px 8px; }
.cnn-view .cnn-stale { opacity: 0.35; } .cnn-view img { align-self: flex-start; }
.cnn-covered { position: relative; width: fit-content; max-width: 100%; }
.cnn-cover { position: absolute; margin: 0; overflow: visible; }
.cnn-cover button { background: none; margin: 0; width: auto; height: auto; }
.cnn-cover .jupyter-button:is(:hover, :focus-visible) { outline: 3px solid #0072B2;
  outline-offset: -3px; }
</style>"""


class View(ipywidgets.VBox):
    """An interactive view, with a static picture where nothing runs.

    title, try_this  shown above the controls
    controls    {argument of `draw`: control}: any widget with a `value`, or one with
                `read()` and `on_change(callback)`, see `controls`
    draw        draw(**values) returns (picture, text): a `Board` or a `Picture`, and
                one line that says what it shows
    rows        names of controls side by side, line by line; default: all, wrapped.
                A tuple of names is a column
    beside      the name of a control that stands to the left of the picture
    over        a widget that lies on the picture, such as a `Stepper`'s cells
    summary     the static view's text, if `draw`'s depends on training or data
    """

    def __init__(
        self,
        title,
        try_this,
        controls,
        draw,
        *,
        rows=None,
        beside=None,
        over=None,
        summary=None,
        photograph=False,
    ):
        self.title, self.controls = title, controls
        self.draw, self.summary = draw, summary
        self.photograph = photograph  # in colour: as a PNG it would be slow and large
        self.lock = threading.RLock()
        self.picture = ipywidgets.Image(format="jpeg" if photograph else "png")
        self.picture.layout.max_width = "100%"
        self.picture.layout.object_fit = "contain"
        self.text = ipywidgets.HTML()
        self.message = ipywidgets.HTML()
        head = f"{STYLE}<b>{html.escape(title)}</b><br>Try: {html.escape(try_this)}"
        wrap = ipywidgets.Layout(flex_flow="row wrap")
        covered = self.picture
        if over is not None:
            covered = ipywidgets.Box([self.picture, over])
            covered.add_class("cnn-covered")
        if beside:
            covered = ipywidgets.HBox([controls[beside], covered], layout=wrap)
        super().__init__(
            [
                ipywidgets.HTML(head),
                *[
                    ipywidgets.HBox([self._placed(name) for name in row], layout=wrap)
                    for row in (rows or [[n for n in controls if n != beside]])
                ],
                self.message,
                covered,
                self.text,
            ]
        )
        self.add_class("cnn-view")
        for control in controls.values():
            if hasattr(control, "on_change"):
                control.on_change(self.refresh)
            else:
                control.observe(self.refresh, "value")
        # Not `refresh`: what cannot be drawn at first is an error of the cell.
        self.show(*draw(**self.values()))

    def _placed(self, name):
        if isinstance(name, str):
            return self.controls[name]
        column = [self.controls[n] for n in name]
        return ipywidgets.VBox(column, layout={"margin": "0 0 0 12px"})

    def values(self):
        """Return {argument: value} of all controls; ValueError for one unreadable."""
        return {
            name: control.read() if hasattr(control, "read") else control.value
            for name, control in self.controls.items()
        }

    def refresh(self, _=None):
        """Draw once more, or say in the view why that cannot be done."""
        with self.lock:
            try:
                picture, text = self.draw(**self.values())
                self.show(picture, text)
            except ValueError as error:
                self.complain(str(error))
            except Exception as error:  # a traceback would go to a log nobody opens
                self.complain(f"this view has a fault: {type(error).__name__}: {error}")

    def show(self, picture, text):
        """Show a picture and its line of text, and clear the message."""
        image = as_image(picture)
        with self.lock:
            self.last, self.last_text = image, text
            self.picture.width = str(round(image.width / SCALE))
            self.picture.value = encoded(image, self.photograph)
            self.picture.remove_class("cnn-stale")
            self.text.value = html.escape(text)
            self.message.value = ""

    def complain(self, sentence):
        """Say what is wrong, in 400 letters at most; the last picture stays, pale."""
        self.message.value = (
            f'<div class="cnn-message" role="alert">{html.escape(sentence[:400])}</div>'
        )
        self.picture.add_class("cnn-stale")

    def static(self):
        """Return what stands for the view where nothing runs: a picture and a text."""
        head = Board(max(self.last.width / SCALE, 560), 46)
        head.text(2, 14, self.title, size=15, bold=True, anchor="lm")
        head.text(2, 34, "Run this cell to try it.", size=13, anchor="lm")
        size = (max(head.image.width, self.last.width), head.image.height)
        sheet = Image.new("RGB", (size[0], size[1] + self.last.height), "white")
        sheet.paste(head.image, (0, 0))
        sheet.paste(self.last, (0, size[1]))
        return sheet, f"[picture] {self.title}: {self.summary or self.last_text}"

    def _repr_mimebundle_(self, **kwargs):
        # ipywidgets' own text would be a list of traits; a reopened notebook has no
        # widget to show, so the picture stands in for it.
        bundle = super()._repr_mimebundle_(**kwargs)
        sheet, text = self.static()
        kind = "image/jpeg" if self.photograph else "image/png"
        data = encoded(sheet, self.photograph, small=True)
        bundle |= {kind: base64.b64encode(data).decode(), "text/plain": text}
        return bundle, {kind: {"alt": text, "width": round(sheet.width / SCALE)}}


def as_image(picture):
    """Return the Pillow image of a `Board` or a `Picture`."""
    if isinstance(picture, Board):
        return picture.image
    buffer = io.BytesIO()
    picture.savefig(buffer, format="png", dpi=picture.dpi * SCALE)
    return Image.open(buffer).convert("RGB")


def encoded(image, photograph, small=False):
    """Return the bytes of a JPEG or PNG: quickly, or for a file as small ones."""
    buffer = io.BytesIO()
    if photograph:
        image.save(buffer, "jpeg", quality=85)
    elif small:
        image.quantize(256).save(buffer, "png", optimize=True)
    else:
        image.save(buffer, "png", compress_level=1)
    return buffer.getvalue()
