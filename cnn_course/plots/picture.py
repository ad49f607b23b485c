"""The `Picture` of all drawings: it looks the same whatever matplotlib is set to.

A Picture is a matplotlib Figure made without pyplot, which is slow to import.
"""

import base64
import functools
import inspect
import io

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

inside = False  # of a function that draws with matplotlib's defaults


def with_defaults(function):
    """Return a function that runs with matplotlib's defaults and restores the settings.

    A student's matplotlibrc or style would else turn pictures upside down
    (image.origin), hide their numbers (dark_background) or fail (text.usetex).
    """

    @functools.wraps(function)
    def drawn(*args, **kwargs):
        global inside
        if inside:  # setting them takes longer than drawing a word
            return function(*args, **kwargs)
        inside = True
        try:
            with style.context("default"):
                return function(*args, **kwargs)
        finally:
            inside = False

    return drawn


def all_with_defaults(kind):
    """Let the public methods of a class run with matplotlib's defaults."""
    for name in dir(kind):
        method = inspect.getattr_static(kind, name)
        # Not those that only read: matplotlib looks whether a class has its own ones.
        if inspect.isfunction(method) and not name.startswith(("_", "get_")):
            setattr(kind, name, with_defaults(method))
    return kind


@all_with_defaults
class PictureAxes(Axes):
    """The axes of a `Picture`: cells of notebooks draw on them, too."""

    def add_patch(self, patch):
        patch.set_fill(patch.get_fill())  # made outside: takes its colours once more
        return super().add_patch(patch)


@all_with_defaults
class Picture(Figure):
    """A figure, in inches, that shows itself in a notebook; `alt` says it in words."""

    @with_defaults
    def __init__(self, width, height, alt):
        super().__init__(figsize=(width, height), layout="constrained", dpi=100)
        self.get_layout_engine().set(h_pad=0.06)  # inches: titles keep off labels
        self.alt = alt
        self.photograph = False  # in colour: as a PNG it would take several times more

    def add_subplot(self, *args, **kwargs):
        return super().add_subplot(*args, axes_class=PictureAxes, **kwargs)

    @with_defaults
    def _repr_mimebundle_(self, include=None, exclude=None):
        from PIL import Image  # comes with matplotlib

        buffer = io.BytesIO()
        self.draw_without_rendering()
        self.set_layout_engine(None)  # it has been laid out
        # It grows where a title or a label is too long for it: nothing is cut off.
        whole = Bbox.union([self.bbox_inches, self.get_tightbbox()])
        self.savefig(buffer, format="png", bbox_inches=whole)
        # Opaque, on white: the kernel does not know whether the page is dark or light.
        image = Image.open(buffer).convert("RGB")
        if not self.photograph:
            # 256 colours hold any grey picture or colour map, in a third of the size.
            image = image.quantize(256)
        kind = "jpeg" if self.photograph else "png"
        buffer = io.BytesIO()
        image.save(buffer, format=kind, optimize=True, quality=90)
        encoded = base64.b64encode(buffer.getvalue()).decode()
        data = {f"image/{kind}": encoded, "text/plain": f"[picture] {self.alt}"}
        return data, {f"image/{kind}": {"alt": self.alt}}
