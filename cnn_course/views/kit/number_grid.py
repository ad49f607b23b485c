"""A matrix to type in, for a kernel or a small input: one text field a number."""

import itertools
from fractions import Fraction

import ipywidgets
import torch

from cnn_course.checks import refuse
from cnn_course.views.kit.controls import dropdown

LARGEST = 8  # rows and columns at most
HUGE = 1e6


def as_matrix(name, values, largest=LARGEST):
    """Return a tensor, an array or nested lists as a matrix, float32 (h, w).

    Raises ValueError unless it has 1×1 to largest×largest numbers within ±1e6.
    """
    matrix = torch.as_tensor(values, dtype=torch.float32).detach().cpu()
    fits = matrix.dim() == 2 and matrix.numel() and max(matrix.shape) <= largest
    if not fits or not (matrix.abs() <= HUGE).all():  # nor is nan
        allowed = f"a matrix of 1×1 to {largest}×{largest} finite numbers within ±1e6"
        refuse(name, allowed, values)
    return matrix


class NumberGrid(ipywidgets.VBox):
    """A labelled grid of text fields; each has a tooltip, "kernel row 1, column 2".

    values  a matrix (rows, columns), 1×1 to 8×8: a tensor, an array or nested lists
    sizes   shapes such as (3, 3) to choose from a menu; default: no menu
    """

    def __init__(self, label, values, sizes=()):
        self.label = label
        self.fields = {}  # (row, column): field, made when first needed
        self.rows = self.columns = 0
        self.callbacks = []
        self.quiet = False  # while many fields are written: one call back for all
        self.box = ipywidgets.GridBox()
        self.menu = dropdown(f"{label} size:", ())
        head = self.menu if sizes else ipywidgets.Label(f"{label}:")
        super().__init__([head, self.box])
        self.sizes = list(sizes)
        self.write(values)
        self.menu.observe(self._chosen, "value")

    def on_change(self, callback):
        """Call `callback(change)` after a key press, once after `write`, `resize`."""
        self.callbacks.append(callback)

    def read(self):
        """Return the numbers, float32 (rows, columns).

        Raises ValueError with the field's name for what is no number.
        """
        return torch.tensor(
            [
                [self._read_one(i, j) for j in range(self.columns)]
                for i in range(self.rows)
            ]
        )

    def write(self, values):
        """Show these numbers; the grid takes their shape."""
        values = as_matrix(self.label, values).tolist()
        self._write_texts([[as_typed(value) for value in row] for row in values])

    def resize(self, rows, columns):
        """Change the shape: what is typed stays in its place, new fields hold 0."""
        inside = itertools.product(range(self.rows), range(self.columns))
        kept = {place: self.fields[place].value for place in inside}
        self._write_texts(
            [[kept.get((i, j), "0") for j in range(columns)] for i in range(rows)]
        )

    def _write_texts(self, texts):
        self.quiet = True
        try:
            self._show(len(texts), len(texts[0]))
            for i, row in enumerate(texts):
                for j, text in enumerate(row):
                    self.fields[i, j].value = text
        finally:
            self.quiet = False
        self._changed()

    def _chosen(self, change):
        if not self.quiet:
            self.resize(*change["new"])

    def _show(self, rows, columns):
        if (rows, columns) == (self.rows, self.columns):
            return
        self.rows, self.columns = rows, columns
        places = list(itertools.product(range(rows), range(columns)))
        for i, j in places:
            if (i, j) not in self.fields:
                self.fields[i, j] = ipywidgets.Text(
                    "0",
                    continuous_update=True,
                    tooltip=f"{self.label} row {i + 1}, column {j + 1}",
                    layout={"width": "48px", "margin": "1px"},
                )
                self.fields[i, j].observe(self._changed, "value")
        self.box.layout.grid_template_columns = f"repeat({columns}, 50px)"
        self.box.children = [self.fields[place] for place in places]
        self.sizes = sorted({*self.sizes, (rows, columns)})
        self.menu.options = [(f"{r}×{c}", (r, c)) for r, c in self.sizes]
        self.menu.value = (rows, columns)

    def _changed(self, change=None):
        if not self.quiet:
            for callback in self.callbacks:
                callback(change)

    def _read_one(self, i, j):
        text = self.fields[i, j].value
        top, _, bottom = text.partition("/")
        try:
            value = float(top) / float(bottom or 1)
        except (ValueError, ZeroDivisionError):
            value = float("nan")
        if abs(value) <= HUGE:  # False for nan, too
            return value
        name = self.fields[i, j].tooltip
        raise ValueError(
            f"{name}: type a number from -1e6 to 1e6, such as 2, -0.5 or 1/9; got "
            f"{repr(text) if text else 'nothing'}"
        )


def as_typed(value):
    """Return a number as a student would type it: 2, -0.5, or 1/9 for 0.111111."""
    decimal = f"{value:g}"
    fraction = Fraction(value).limit_denominator(300)
    if len(decimal) > 5 and abs(float(fraction) - value) < 1e-6 * abs(value):
        return min(decimal, str(fraction), key=len)
    return decimal
