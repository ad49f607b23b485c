"""A control that stands above a picture: a number to slide or to type."""

import contextlib
import math

import ipywidgets

LABEL = {"description_width": "initial"}


def window_places(n, size, stride, name):
    """Return at how many places a window of `size` fits into `n` numbers in a row.

    `name` is what the window is called in a message. Raises ValueError with a sentence
    if it fits nowhere.
    """
    if size > n:
        raise ValueError(
            f"the {name} spans {size} numbers, but only {n} are there, padding "
            f"included: it fits nowhere. Take a smaller {name}"
        )
    return (n - size) // stride + 1


def stride_control(value, high=4, most=8):
    """Return the control for a stride, to slide to `high`, to type up to `most`."""
    why = ("a stride of 0 would never move the window", "")
    return Number("stride", value, 1, high, limits=(1, most), why=why)


class Number(ipywidgets.HBox):
    """A number to slide or to type.

    The slider goes from `low` to `high` in steps of `step`; if `value` is a whole
    number, so are all.

    limits  (least, most) that may be typed; by default as far as the slider goes
    why     reasons for both limits, told to whoever types a number beyond them
    narrow  so that four fit side by side, not three
    """

    def __init__(
        self, label, value, low, high, step=1, *, limits=None, why=None, narrow=False
    ):
        self.label, self.limits, self.why = label, limits or (low, high), why
        self.kind = type(value)
        slider = {int: ipywidgets.IntSlider, float: ipywidgets.FloatSlider}[self.kind]
        self.slider = slider(value, min=low, max=high, step=step, readout=False)
        self.slider.description, self.slider.style = label, LABEL
        width = "138px" if narrow else "190px"
        self.slider.layout = {"width": "auto", "min_width": width}
        # Every key counts, not only Enter.
        self.field = ipywidgets.Text(f"{value:g}", continuous_update=True)
        self.field.tooltip = f"{label}, typed"
        self.field.layout = {"width": "50px" if narrow else "64px"}
        super().__init__([self.slider, self.field], layout={"margin": "0 8px 0 0"})
        self.slider.observe(self._slid, "value")
        self.field.observe(self._typed, "value")

    def _slid(self, change):
        with contextlib.suppress(ValueError):
            if self.value == change["new"]:
                return  # else 0.30 would become 0.3 while it is being typed
        self.write(change["new"])

    def _typed(self, _):
        with contextlib.suppress(ValueError):  # the view reads it, too, and tells
            if self.slider.min <= self.value <= self.slider.max:
                self.slider.value = self.value

    @property
    def value(self):
        """The number that is typed; ValueError with a sentence for any other text."""
        (least, most), text = self.limits, self.field.value
        try:
            number = self.kind(text)
        except ValueError:
            number = math.nan  # neither within the limits nor beyond them
        if least <= number <= most:
            return number
        beyond = number < least or number > most
        reason = self.why[number > most] if self.why and beyond else ""
        what = "a whole number" if self.kind is int else "a number"
        typed = f"{text!r:.40}" if text else "nothing"
        said = f"{self.label}: type {what}, from {least:,} to {most:,}; got {typed}"
        raise ValueError(": ".join(filter(None, (said, reason))))

    def write(self, value):
        self.field.value = f"{value:g}"
