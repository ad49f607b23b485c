"""Wrong answers by rule: what comes out if a student reckons with a slip.

A `Slip` changes what a layer is taken for, and the same formula is reckoned again. What
an exercise declares as its `slips` has `right()` and `wrong()`: (wrong answer, what is
said to it), the simplest slips first.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Slip:
    """What a layer may be taken for.

    what     ends the sentence "This comes out …"
    asks     the question that leads on
    changes  the fields of Layer that are different then
    """

    what: str
    asks: str
    changes: dict

    def on(self, layer):
        return replace(layer, **self.changes)


def slip(what, asks, **changes):
    return Slip(what, asks, changes)


DIVIDED = "by dividing by the stride alone"
CHANGED = "What do the kernel's size and the padding change?"
SHEET = "How many weights are there in one sheet of a kernel?"
ADDED = "To what is a bias added: to what comes in, or to a sum that goes out?"
OVERLAP = "Windows of neighbours overlap: how many new pixels does a layer see?"
FLAT = "How many numbers are written in one row, all maps with all their pixels?"

STRIDE = slip("with a stride of 1", "How far does a window move in one step?", stride=1)
SIZES = (
    slip("without the padding", "How much longer does it make an axis?", padding=0),
    slip("with padding on one side only", "How many ends has an axis?", sides=1),
    STRIDE,
    *(slip(DIVIDED, CHANGED, shortcut=by) for by in (math.floor, math.ceil, round)),
    slip("with rounding up", "What if a window would stick out?", rounds=math.ceil),
    slip("without the “+ 1”", "Where does the window stand first?", start=0),
    slip("with one place too many", "Where does the window stand last?", start=2),
    slip("without taking the kernel away", "When does a window stick out?", fits=0),
    slip("if windows stick out", "Where does a whole one fit in?", fits=-1, start=-1),
)
CHANNELS = slip("with the channels that come in", "How many kernels are there?", out=0)
WEIGHTS = (
    slip("with one input channel", "How many channels come in?", inputs="map"),
    slip("for one output alone", "How many outputs are there?", outputs=False),
    slip("with one side of a kernel for its area", SHEET, area=min),
    slip("with the longer side of a kernel for its area", SHEET, area=max),
)
BIASES = (
    slip("without the biases", "What does each output add of its own?", bias="none"),
    slip("with one bias for a layer", "How many outputs are there?", bias="layer"),
    slip("with a bias for every input", ADDED, bias="input"),
    slip("with a bias for every channel that comes in", ADDED, bias="channel"),
    slip("with a bias for every pair of channels", ADDED, bias="pair"),
)
FLATTENED = (
    slip("with one number for each map", FLAT, flat="channels"),
    slip("with one side of a map for its area", FLAT, flat="side"),
)
EVERY_PLACE = slip("with weights for every place", "What do they share?", shared=False)
WINDOWS = slip("by counting windows", "What is done in each?", area=lambda window: 1)
PARAMETERS = (*BIASES, *WEIGHTS, *FLATTENED, *SIZES)
PRODUCTS = (WINDOWS, *WEIGHTS, *SIZES)
FIELDS = (
    STRIDE,
    slip("without the “− 1”", OVERLAP, overlap=0),
    slip("by adding up the kernels", OVERLAP, overlap=0, stride=1, start=0),
)


@dataclass(frozen=True)
class Reckoned:
    """The formula of a network: formula(layers, *given), and the slips it invites."""

    formula: Callable
    layers: tuple
    given: tuple = ()
    slips: tuple = ()

    def right(self):
        return self.formula(self.layers, *self.given)

    def wrong(self):
        """Yield (wrong answer, what is said): the simplest slips first."""
        layers, groups = self.layers, self.groups() if len(self.layers) > 1 else {}
        for one in self.slips:
            yield self.told([one.on(layer) for layer in layers], one)
        for name, some in groups.items():
            yield from self.left_out(name, some)
        for one, (name, some) in itertools.product(self.slips, groups.items()):
            mixed = [one.on(x) if i in some else x for i, x in enumerate(layers)]
            yield self.told(mixed, replace(one, what=f"{one.what}, in {name}"))
        for one, other in itertools.combinations(self.slips, 2):
            if one.changes.keys().isdisjoint(other.changes):
                yield self.told([other.on(one.on(x)) for x in layers], one, other)

    def groups(self):
        """Return {name: numbers of layers}: each, pairs of a kind, all of a kind."""
        groups = {self.called(i): (i,) for i in range(len(self.layers))}
        for kind in dict.fromkeys(layer.what for layer in self.layers):
            some = [i for i, layer in enumerate(self.layers) if layer.what == kind]
            for pair in itertools.combinations(some, 2):
                groups[" and ".join(map(self.called, pair))] = pair
            groups[f"the {kind} layers"] = some
        return groups

    def left_out(self, name, some):
        """Yield what comes out if layers are not counted, are not there, or are all."""
        again = "Go through the network again, layer by layer."
        for there, what in (False, "without"), (True, "for"):
            counted = [
                replace(layer, counted=(i in some) is there)
                for i, layer in enumerate(self.layers)
            ]
            left = slip(f"{what} {name}" + " alone" * there, again)
            yield self.told(counted, left)
            rest = [layer for layer in counted if layer.counted]
            if rest and not there:
                yield self.told(rest, left)

    def told(self, layers, *slips):
        """Return (what comes out with these layers, the slips in words)."""
        what = " and ".join(one.what for one in slips)
        asks = " ".join(dict.fromkeys(one.asks for one in slips))
        return self.formula(layers, *self.given), f"This comes out {what}. {asks}"

    def called(self, i):
        """Return a layer's name: "the convolution", "the second pooling"."""
        kinds = [layer.what for layer in self.layers]
        kind, before = kinds[i], kinds[:i].count(kinds[i])
        if kinds.count(kind) == 1:
            return f"the {kind} layer"
        number = "first second third fourth fifth sixth seventh eighth ninth".split()
        return f"the {(number + ['next'] * 20)[before]} {kind} layer"
