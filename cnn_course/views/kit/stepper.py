"""Steps through the outputs of a window: by playing, sliding, typing or clicking."""

import ipywidgets

from cnn_course.views.kit.view import Number


def window_places(n, size, stride, name):
    """Return at how many places a window of `size` fits into `n` numbers in a row.

    `name` is what the window is called in a message. Raises ValueError with a sentence
    if it fits nowhere, and for sizes that make no sense.
    """
    for what, value in {name: size, "stride": stride}.items():
        if not 1 <= value <= 8:
            zero = (what, value) == ("stride", 0)
            why = "would never move the window" if zero else "makes no sense here"
            raise ValueError(f"{what} {value} {why}: take a whole number from 1 to 8")
    if size > n:
        raise ValueError(
            f"the {name} spans {size} numbers, but only {n} are there, padding "
            f"included: it fits nowhere. Take a smaller {name}"
        )
    return (n - size) // stride + 1


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
        back, forth = (
            ipywidgets.Button(description=name, layout={"width": "80px"})
            for name in ("previous", "next")
        )
        self.cells = ipywidgets.GridBox(layout={"grid_gap": "0"})
        self.cells.add_class("cnn-cover")
        super().__init__([self.play, back, forth, self.number])
        self.layout.flex_flow = "row wrap"
        back.on_click(lambda _: self._go(self.number.slider.value - 1))
        forth.on_click(lambda _: self._go(self.number.slider.value + 1))
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
        step, count = self.number.read(), self.number.high
        if not 1 <= step <= count:
            raise ValueError(f"step {step}: there are {count} outputs, 1 to {count}")
        return step

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
                self.number.high = self.number.slider.max = self.play.max = count
                self._go(1)
            finally:
                self.quiet = False
        if (self.shape, box, board) != self.place:
            self.place = (self.shape, box, board)
            self._cover(box, board)

    def _go(self, step):
        if 1 <= step <= self.number.high:
            self.number.write(step)

    def _follow(self, change):
        self.play.value = change["new"]

    def _cover(self, box, board):
        rows, columns = self.shape
        while len(self.buttons) < rows * columns:
            step = len(self.buttons) + 1
            self.buttons.append(ipywidgets.Button())
            self.buttons[-1].on_click(lambda _, step=step: self._go(step))
        shown = self.buttons[: rows * columns]
        for i, button in enumerate(shown):
            row, column = divmod(i, columns)
            button.tooltip = f"output row {row + 1}, column {column + 1}"
        (left, top, cell), (width, height) = box, board
        layout = self.cells.layout
        # Parts of the picture, not pixels: a narrow page shows the picture smaller.
        layout.left, layout.top = f"{left / width:.4%}", f"{top / height:.4%}"
        layout.width = f"{columns * cell / width:.4%}"
        layout.height = f"{rows * cell / height:.4%}"
        layout.grid_template_columns = f"repeat({columns}, 1fr)"
        layout.grid_template_rows = f"repeat({rows}, 1fr)"
        self.cells.children = shown
