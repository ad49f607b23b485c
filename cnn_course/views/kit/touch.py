"""Controls that lie in the picture itself: chips, a place, numbers to type or drag."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import torch

from cnn_course.checks import refuse
from cnn_course.views.kit import svg
from cnn_course.views.kit.svg import INK, PAPER, SOFT

LARGEST = 8  # rows and columns of a matrix at most
HUGE = 1e6
STEPS = dict(ArrowLeft=(0, -1), ArrowRight=(0, 1), ArrowUp=(-1, 0), ArrowDown=(1, 0))


@dataclass
class Touch:
    """What was done to an element of the picture.

    kind   press, drag, hover, key or file; Enter and the space bar press
    x, y   where, in the picture's CSS pixels; 0 of a key
    over   data-at of the element that a drag is over now
    key    what was typed, in JavaScript's words, and whether with Shift; of a file: its
           name
    file   the bytes of a file that was chosen; None if it is larger than 10 MB
    """

    kind: str
    x: float = 0.0
    y: float = 0.0
    over: str = ""
    key: str = ""
    shift: bool = False
    file: bytes | None = None


class Chips:
    """One of several words, all in sight: a control for a `View`, drawn by `chips`.

    options  {value: word}; a single one is switched on (its value True) and off
    several  a list of values is chosen, by pressing them on and off: never none, and
             where all are on the pressed one alone
    """

    def __init__(self, options, value, several=False):
        self.options, self.value, self.several = options, value, several

    def touch(self, place, touch):
        if touch.kind == "press":
            self.press(list(self.options)[int(place)])

    def press(self, value):
        if not self.several:
            self.value = value if len(self.options) > 1 else not self.value
        elif len(self.value) == len(self.options) or self.value == [value]:
            self.value = [value]
        else:
            self.value = [v for v in self.options if (v in self.value) != (v == value)]


class Buttons(Chips):
    """Words to press that do something: actions is {word: what is called}."""

    def __init__(self, actions):
        super().__init__({word: word for word in actions}, None)
        self.actions = actions

    def press(self, word):
        self.actions[word]()


def chips(x, y, at, options, chosen, *, size=13, gap=6, first=0, **more):
    """Draw words to press, from x to the right; return (piece, right end).

    chosen  the value of the one that is on, or a list of them
    first   the number of the first of them, where they stand in several lines
    more    other attributes of each
    """
    on = chosen if isinstance(chosen, list) else [chosen]
    parts, height = [], size + 11
    for i, (value, words) in enumerate(options.items(), first):
        pressed, width = value in on, svg.width_of(words, size) + 16
        fill, ink = (INK, PAPER) if pressed else (PAPER, INK)
        place = dict(x=x, y=y - height / 2, width=width, height=height)
        box = svg.rect(**place, rx=height / 2, fill=fill, stroke=SOFT)
        word = svg.text(x + width / 2, y, words, size=size, anchor="middle", fill=ink)
        parts.append(button(f"{at}:{i}", words, box, word, pressed=pressed, **more))
        x += width + gap
    return svg.join(*parts), x


def button(at, label, *parts, pressed=None, **more):
    """Return parts that can be pressed, by mouse or key; the first one is outlined."""
    named = dict(data_at=at, role="button", tabindex=0, aria_label=label)
    state = None if pressed is None else str(pressed).lower()
    return svg.tag("g", *parts, **named, aria_pressed=state, **more)


class Place:
    """A row and a column of a grid, which a view keeps within `fit`'s rows, columns.

    areas  {name: (x, y, cell)}: where x and y tell the place, in `cell` CSS pixels
    """

    rows = columns = 1

    def __init__(self, row=0, column=0):
        self.row, self.column, self.areas = row, column, {}

    def fit(self, rows, columns):
        """Stay within rows × columns places."""
        self.rows, self.columns = rows, columns
        self.go(self.row, self.column)

    def go(self, row, column):
        self.row = min(max(int(row), 0), self.rows - 1)
        self.column = min(max(int(column), 0), self.columns - 1)

    def touch(self, place, touch):
        """Go to an area's place, or to "row,column"; arrow keys step, with Shift by 10.

        When pressed, hovered or dragged over.
        """
        if touch.key in STEPS:
            down, right = (10 * n if touch.shift else n for n in STEPS[touch.key])
            self.go(self.row + down, self.column + right)
        elif place in self.areas:
            x, y, cell = self.areas[place]
            if not touch.key:
                self.go((touch.y - y) // cell, (touch.x - x) // cell)
        elif touch.kind != "key":
            place = touch.over.partition(":")[2] if touch.kind == "drag" else place
            if "," in place:
                self.go(*place.split(","))


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


class Cells:
    """A matrix, float32 `numbers`, which are typed or dragged where they are drawn.

    Press a number and type another one, such as -1, 0.5 or 1/9; or press it and drag
    to the right for more, to the left for less. What is typed stands in `texts` at
    once; as long as it is no number, the one before it counts and `problem` says why.

    step  what 8 pixels of dragging are worth
    """

    def __init__(self, label, values, step=0.5):
        self.label, self.step = label, step
        self.write(values)

    def write(self, values):
        """Show these numbers, a matrix (rows, columns)."""
        self.numbers = as_matrix(self.label, values).clone()
        self.texts = [[as_typed(n) for n in row] for row in self.numbers.tolist()]
        self.typing = None  # the place whose text grows
        self.began = 0.0, 0.0  # of a drag: x, and the number there

    def resize(self, rows, columns):
        """Change the shape: numbers stay in their places, new ones are 0."""
        kept, old = torch.zeros(rows, columns), self.numbers[:rows, :columns]
        kept[: old.shape[0], : old.shape[1]] = old
        self.write(kept)

    @property
    def problem(self):
        """What is typed and is no number, in a sentence, or None."""
        for i, j in np.ndindex(*self.numbers.shape):
            if parsed(text := self.texts[i][j]) is None:
                return (
                    f"{self.label} row {i + 1}, column {j + 1}: type a number from "
                    f"-1e6 to 1e6, such as 2, -0.5 or 1/9; got {text or 'nothing'}"
                )

    def touch(self, place, touch):
        i, j = map(int, place.split(","))
        if i >= len(self.texts) or j >= len(self.texts[0]):
            return  # of a picture from before the matrix became smaller
        text = self.texts[i][j] if self.typing == (i, j) else ""
        if touch.kind == "press":
            self.began, self.typing = (touch.x, self.numbers[i, j].item()), None
        elif touch.kind == "drag":
            x, number = self.began
            if moved := self.step * int((touch.x - x) / 8):
                self._type(i, j, as_typed(round(number + moved, 6)))
                self.typing = None
        elif touch.key in ("Backspace", "Delete"):
            self._type(i, j, "" if touch.key == "Delete" else text[:-1])
        elif len(touch.key) == 1:
            self._type(i, j, (text + touch.key)[:20])

    def _type(self, i, j, text):
        self.texts[i][j], self.typing = text, (i, j)
        number = parsed(text)
        if number is not None:
            self.numbers[i, j] = number


def parsed(text):
    """Return the number that a text such as 1/9 means, within ±1e6, or None."""
    top, _, bottom = text.replace("−", "-").partition("/")
    try:
        value = float(top) / float(bottom or 1)
    except (ValueError, ZeroDivisionError):
        return None
    return value if abs(value) <= HUGE else None  # nor is nan


def as_typed(value):
    """Return a number as a student would type it: 2, -0.5, 1/9 for 0.111111; short."""
    decimal = f"{value:g}"
    fraction = Fraction(value).limit_denominator(300)
    if len(decimal) > 5 and abs(float(fraction) - value) < 1e-6 * abs(value):
        decimal = min(decimal, str(fraction), key=len)
    return decimal if len(decimal) <= 6 else f"{value:.3g}"
