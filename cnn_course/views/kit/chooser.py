"""Controls to choose a test picture and to paint on it."""

import contextlib

import ipywidgets

from cnn_course.views.kit.sketchpad import Sketch
from cnn_course.views.kit.view import LABEL, Number

ANY = -1  # not None: to ipywidgets that would mean that no option is chosen


def find(labels, number, only=ANY, step=1):
    """Return the first index from `number` on, around the end, with the label `only`.

    Raises ValueError for a number out of range or a label that no picture has.
    """
    n = len(labels)
    if not 0 <= number < n:
        raise ValueError(
            f"test picture {number} does not exist: there are {n:,}, so take a whole "
            f"number from 0 to {n - 1}"
        )
    for i in range(n):
        index = (number + step * i) % n
        if only in (ANY, labels[index]):
            return index
    raise ValueError("none of these pictures is of that class: choose another class")


class Chooser(ipywidgets.VBox):
    """A test picture, as it is or painted over, or a drawing: a control for a `View`.

    read() returns (image, what to call it, its class or None).
    """

    def __init__(self, test_iter):
        self.images = test_iter.images.cpu().numpy()
        self.labels, self.classes = test_iter.labels.tolist(), test_iter.classes
        self.index = 0
        self.number = Number("test picture", 0, 0, len(self.labels) - 1)
        every = [(name, label) for label, name in enumerate(self.classes)]
        self.only = ipywidgets.Dropdown(
            options=[("any class", ANY), *every],
            description="only class",
            style=LABEL,
            layout={"width": "auto"},
        )
        self.sketch = Sketch()
        self._copy()
        previous = _button("previous", lambda _: self._step(-1))
        following = _button("next", lambda _: self._step(1))
        copy_again = _button("start from test picture", self._copy, "168px")
        clear = _button("clear", lambda _: self.sketch.clear(), "88px")
        rows = [
            ipywidgets.HBox(row) for row in ([previous, following], [copy_again, clear])
        ]
        super().__init__(
            [self.number, self.only, rows[0], self.sketch, rows[1]],
            layout={"width": "266px", "margin": "0 6px 0 0"},
        )

    def on_change(self, callback):
        self.callback = callback
        self.number.on_change(self._choose)
        self.only.observe(self._restrict, "value")
        self.sketch.pad.observe(callback, "picture")

    def _copy(self, _=None):
        self.sketch.write(self.images[self.index])

    def _choose(self, _=None):
        before = self.sketch.pad.picture
        with contextlib.suppress(ValueError):  # `read` raises it again, for the view
            self.index = find(self.labels, self.number.read(), self.only.value)
            self._copy()
        if self.sketch.pad.picture == before:  # a message may have to come or to go
            self.callback()

    def _restrict(self, _):
        self._step(0)
        self._choose()

    def _step(self, step):
        start = (self.index + step) % len(self.labels)
        with contextlib.suppress(ValueError):
            self.number.write(find(self.labels, start, self.only.value, step or 1))

    def read(self):
        index = find(self.labels, self.number.read(), self.only.value)
        image = self.sketch.read()
        if (image == self.images[index]).all():
            return image, f"test picture {index}", self.classes[self.labels[index]]
        return image, "your drawing", None


def _button(name, action, width="128px"):
    button = ipywidgets.Button(description=name, layout={"width": width})
    button.on_click(action)
    return button
