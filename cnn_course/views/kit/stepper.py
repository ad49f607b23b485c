"""Steps through the outputs of a window: by playing, sliding, typing or clicking."""

import ipywidgets

from cnn_course.views.kit.controls import Number, button


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


class Stepper(ipywidgets.HBox):
    """A control for a number from 1 to the number of outputs, row by row.

    `cells` are invisible buttons to lay over the drawn output: click on a number.
    """

    def __init__(self):
        self.shape = self.place = None
        self.buttons = []
        self.quiet = False  # while the outputs change: their view is drawing already
        self.number = Number("step", 1, 1, 1)
        self.play = ipywidgets.Play(
            1, min=1, max=1, interval=900, show_repeat=False, tooltip="play, stop"
        )
        back = button("previous", lambda: self._move(-1), "80px")
        forth = button("next", lambda: self._move(1), "80px")
        self.cells = ipywidgets.GridBox(layout={"grid_gap": "0"})
        self.cells.add_class("cnn-cover")
        super().__init__([self.play, back, forth, self.number])
        self.layout.flex_flow = "row wrap"
        self.play.observe(lambda change: self._go(change["new"]), "value")
        self.number.slider.observe(self._follow, "value")

    def on_change(self, callback):
        """Call `callback(change)` when another step is chosen."""
        self.number.on_change(lambda change: self.quiet or callback(change))

    def read(self):
        """Return itself: how many steps there are is known only after `fit`."""
        return self

    def chosen(self):
        """Return the step; raise ValueError if there is none of that number."""
        return self.number.read()

    def fit(self, rows, columns, box, board):
        """Step through rows × columns outputs; another shape starts at the first.

        box    (left, top, cell): where the output is drawn on `board`
        board  (width, height), all in CSS pixels
        """
        if (rows, columns) != self.shape:
            self.shape, count = (rows, columns), rows * columns
            self.quiet = True
            try:
                self.play.playing = False
                self.number.slider.max = self.play.max = count
                self.number.limits = (1, count)
                self._go(1)
            finally:
                self.quiet = False
        if (self.shape, box, board) != self.place:
            self.place = (self.shape, box, board)
            self._cover(box, board)

    def _go(self, step):
        if 1 <= step <= self.number.slider.max:
            self.number.write(step)

    def _move(self, steps):
        self._go(self.number.slider.value + steps)

    def _follow(self, change):
        self.play.value = change["new"]

    def _cover(self, box, board):
        rows, columns = self.shape
        while len(self.buttons) < rows * columns:
            step = len(self.buttons) + 1
            self.buttons.append(button("", lambda step=step: self._go(step)))
        shown = self.buttons[: rows * columns]
        for i, cell_button in enumerate(shown):
            row, column = divmod(i, columns)
            cell_button.tooltip = f"output row {row + 1}, column {column + 1}"
        (left, top, cell), (width, height) = box, board
        layout = self.cells.layout
        # Parts of the picture, not pixels: a narrow page shows the picture smaller.
        layout.left, layout.top = f"{left / width:.4%}", f"{top / height:.4%}"
        layout.width = f"{columns * cell / width:.4%}"
        layout.height = f"{rows * cell / height:.4%}"
        layout.grid_template_columns = f"repeat({columns}, 1fr)"
        layout.grid_template_rows = f"repeat({rows}, 1fr)"
        self.cells.children = shown
