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
    kind     layers of this kind alone can be mistaken so; "": all
    changes  the fields of Layer that are different then
    """

    what: str
    asks: str
    kind: str
    changes: dict

    def on(self, layer):
        mistaken = self.kind in ("", layer.what)
        return replace(layer, **self.changes) if mistaken else layer


def slip(what, asks, kind="", **changes):
    return Slip(what, asks, kind, changes)


DIVIDED = "by dividing by the stride and nothing else"
CHANGED = "What do the kernel's size and the padding change?"
SHEET = "How many weights are there in one sheet of a kernel?"
ADDED = "To what is a bias added: to what comes in, or to a sum that goes out?"

STRIDE = slip("with a stride of 1", "How far does a window move in one step?", stride=1)
SIZES = (
    slip(
        "without the padding", "How much longer does padding make an axis?", padding=0
    ),
    slip("with padding on one side only", "How many ends has an axis?", sides=1),
    STRIDE,
    *(slip(DIVIDED, CHANGED, shortcut=by) for by in (math.floor, math.ceil, round)),
    slip(
        "with rounding up",
        "What does PyTorch do with a window that would stick out?",
        rounds=math.ceil,
    ),
    slip(
        "without the “+ 1”",
        "Where does the window stand before its first step?",
        start=0,
    ),
    slip(
        "with one place too many",
        "How many places has a window that is as large as its input?",
        start=2,
    ),
    slip(
        "without taking the kernel's size away",
        "How far can a window go before it sticks out?",
        fits=0,
    ),
    slip(
        "if windows stick out on all sides",
        "At how many places does the whole window lie on the input?",
        fits=-1,
        start=-1,
    ),
)
CHANNELS = slip(
    "with as many channels as come in",
    "How many kernels does a layer have, and what does each make?",
    "convolution",
    out=0,
)
WEIGHTS = (
    slip(
        "with one input channel",
        "How many channels come in, and which of them does a kernel read?",
        inputs="map",
    ),
    slip(
        "for one output alone",
        "How many outputs or maps does a layer make, each with weights of its own?",
        outputs=False,
    ),
    slip("with one side of a kernel for its area", SHEET, "convolution", area=min),
    slip(
        "with the longer side of a kernel for its area", SHEET, "convolution", area=max
    ),
)
BIASES = (
    slip(
        "without the biases",
        "What does each output add, whatever comes in?",
        bias="none",
    ),
    slip(
        "with one bias for a whole layer",
        "How many outputs are there, each with a bias of its own?",
        bias="layer",
    ),
    slip("with a bias for every input", ADDED, bias="input"),
    slip("with a bias for every channel that comes in", ADDED, bias="channel"),
    slip(
        "with a bias for every pair of an input and an output channel",
        ADDED,
        "convolution",
        bias="pair",
    ),
)
FLATTENED = (
    slip(
        "with one number for each map",
        "How many numbers are left in one map when it is flattened?",
        "linear",
        inputs="channels",
    ),
    slip(
        "with one side for the whole picture",
        "How many numbers are there in rows times columns?",
        "linear",
        inputs="side",
    ),
)
EVERY_PLACE = slip(
    "with weights of its own for every place",
    "What do all places of a convolution have in common?",
    "convolution",
    shared=False,
)
WINDOWS = slip(
    "by counting windows alone",
    "What is done in each window, and how often?",
    area=lambda window: 1,
)
PARAMETERS = (*BIASES, *WEIGHTS, *FLATTENED, *SIZES)
PRODUCTS = (WINDOWS, *WEIGHTS, *SIZES)
FIELDS = (
    STRIDE,
    slip(
        "without the “− 1”",
        "Windows overlap: how much does a kernel of 3 add to one pixel?",
        overlap=0,
    ),
    slip(
        "by adding up the kernels",
        "Neighbouring windows overlap: how many new pixels does each layer see?",
        overlap=0,
        stride=1,
        start=0,
    ),
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
        layers, several = self.layers, len(self.layers) > 1
        for one in self.slips:
            yield self.told([one.on(layer) for layer in layers], one)
        if several:
            yield from self.left_out()
        for one in self.slips if several else ():
            for i, layer in enumerate(layers):
                mistaken = [*layers[:i], one.on(layer), *layers[i + 1 :]]
                yield self.told(mistaken, one, where=self.called(i))
        for one, other in itertools.combinations(self.slips, 2):
            if one.changes.keys().isdisjoint(other.changes):
                both = [other.on(one.on(layer)) for layer in layers]
                yield self.told(both, one, other)

    def left_out(self):
        """Yield what comes out without a layer, uncounted or not there, or with one."""
        layers, again = self.layers, "Go through the network again, layer by layer."
        groups = {self.called(i): [i] for i in range(len(layers))}
        for kind in {layer.what: 0 for layer in layers}:
            some = [i for i, layer in enumerate(layers) if layer.what == kind]
            groups[f"the {kind} layers"] = some
            pairs = itertools.combinations(some, 2) if len(some) > 2 else ()
            for pair in pairs:
                groups[" and ".join(map(self.called, pair))] = pair
        for name, some in groups.items():
            left = slip(f"without {name}", again)
            rest = [layer for i, layer in enumerate(layers) if i not in some]
            if rest:
                yield self.told(self.counting(lambda i, s=some: i not in s), left)
                yield self.told(rest, left)
            only = slip(f"for {name} alone", again)
            yield self.told(self.counting(lambda i, s=some: i in s), only)

    def counting(self, which):
        return [replace(one, counted=which(i)) for i, one in enumerate(self.layers)]

    def told(self, layers, *slips, where=""):
        """Return (what comes out with these layers, the slips in words)."""
        what = " and ".join(one.what for one in slips)
        asks = " ".join(dict.fromkeys(one.asks for one in slips))
        at = f", in {where}" if where else ""
        return self.formula(layers, *self.given), f"This comes out {what}{at}. {asks}"

    def called(self, i):
        """Return a layer's name: "the convolution", "the second pooling"."""
        kinds = [layer.what for layer in self.layers]
        kind, before = kinds[i], kinds[:i].count(kinds[i])
        if kinds.count(kind) == 1:
            return f"the {kind} layer"
        number = "first second third fourth fifth sixth seventh eighth ninth".split()
        return f"the {(number + ['next'] * 20)[before]} {kind} layer"


@dataclass(frozen=True)
class Varied:
    """Any function, reckoned again with other arguments: {what is said: arguments}."""

    formula: Callable
    says: dict

    def right(self):
        return self.formula()

    def wrong(self):
        for text, changes in self.says.items():
            yield self.formula(**changes), text


def of_pairs(ahead, behind, total):
    """Return what may be counted where in `ahead` of all pairs one is better."""
    return Varied(
        lambda count=ahead: count,
        {
            "You counted equal ones, too. Are they better?": {"count": total - behind},
            "Those are all other pairs. Which of the two is asked for?": {
                "count": total - ahead
            },
            "That is how often the other one is better. Which is asked for?": {
                "count": behind
            },
            "That is the share. How many pairs of all are it?": {
                "count": ahead / total
            },
            "That is in percent. How many pairs of all are it?": {
                "count": 100 * ahead / total
            },
        },
    )
