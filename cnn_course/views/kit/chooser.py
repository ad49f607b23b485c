"""Controls to choose a test picture and to paint on it."""

import contextlib

import ipywidgets

from cnn_course.checks import refuse
from cnn_course.data import Batches
from cnn_course.views.kit.controls import Number, button, dropdown
from cnn_course.views.kit.sketchpad import Sketch

ANY = -1  # not None: to ipywidgets that would mean that no option is chosen


def refuse_other_than_batches(name, value):
    """Raise TypeError unless `value` is a loader of the course."""
    if not isinstance(value, Batches):
        refuse(name, "a loader as load_data_fashion_mnist gives", value, TypeError)


def find(labels, number, only=ANY, step=1):
    """Return the first index from `number` on, around the end, with the label `only`.

    Raises ValueError if no picture has it.
    """
    for i in range(len(labels)):
        index = (number + step * i) % len(labels)
        if only in (ANY, labels[index]):
            return index
    raise ValueError("none of these pictures is of that class: choose another class")


class Chooser(ipywidgets.VBox):
    """A test picture, as it is or painted over, or a drawing: a control for a `View`.

    read() returns (image, what to call it, its class or None).
    """

    def __init__(self, name, test_iter):
        refuse_other_than_batches(name, test_iter)
        self.images = test_iter.images.cpu().numpy()
        self.labels, self.classes = test_iter.labels.tolist(), test_iter.classes
        self.index = 0
        self.number = Number("test picture", 0, 0, len(self.labels) - 1)
        every = [(name, label) for label, name in enumerate(self.classes)]
        self.only = dropdown("only class", [("any class", ANY), *every])
        self.sketch = Sketch()
        self._copy()
        steps = [
            button("previous", lambda: self._step(-1), "128px"),
            button("next", lambda: self._step(1), "128px"),
        ]
        sheet = [
            button("start from test picture", self._copy, "168px"),
            button("clear", self.sketch.clear, "88px"),
        ]
        super().__init__(
            [
                self.number,
                self.only,
                ipywidgets.HBox(steps),
                self.sketch,
                ipywidgets.HBox(sheet),
            ],
            layout={"width": "266px", "margin": "0 6px 0 0"},
        )

    def on_change(self, callback):
        self.callback = callback
        self.number.on_change(self._choose)
        self.only.observe(self._restrict, "value")
        self.sketch.pad.observe(callback, "picture")

    def _copy(self):
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
