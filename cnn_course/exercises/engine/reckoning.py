"""Counts and shapes of a network, reckoned by its layers, the right way or with a slip.

A `Layer` holds the rules by which it is reckoned, and a slip is another rule: the same
formula then gives what a student with this slip finds. A shape is (C, H, W).
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Layer:
    """A layer, and the rules by which it is reckoned.

    out      channels or outputs that come out; 0: as many as come in
    kernel   (height, width); (): as large as the map that comes in
    places   of a window on an axis: from its size, the kernel's, stride, and padding
    weights  their number: from channels in, the kernel's height and width, and out
    biases   their number: from channels in, and out
    counted  False: it has no parameters, or somebody forgets them
    """

    what: str
    out: int = 0
    kernel: tuple = ()
    stride: int = 1
    padding: int = 0
    places: Callable = lambda n, k, s, p: (n + 2 * p - k) // s + 1
    weights: Callable = lambda C, h, w, out: C * h * w * out
    biases: Callable = lambda C, out: out
    counted: bool = True

    def reckon(self, shape):
        """Return (number of parameters, shape behind) for the shape in front."""
        C, *sides = shape
        (H, W), (h, w), given = sides, self.kernel or sides, (self.stride, self.padding)
        count = self.weights(C, h, w, self.out) + self.biases(C, self.out)
        places = self.places(H, h, *given), self.places(W, w, *given)
        behind = (self.out or C, *(places if self.kernel else (1, 1)))
        return count if self.counted else 0, behind


def convolution(out, kernel, stride=1, padding=0):
    return Layer("convolution", out, (kernel, kernel), stride, padding)


def pooling(kernel, stride):
    return Layer("pooling", 0, (kernel, kernel), stride, counted=False)


def linear(out):
    return Layer("fully connected", out)


def parameters(layers, shape):
    """Return the number of weights and biases of all layers; shape goes in."""
    count = 0
    for layer in layers:
        more, shape = layer.reckon(shape)
        count += more
    return count


def batch_shape(layers, shape):
    """Return the shape (N, C, H, W) behind the layers for the one that goes in."""
    N, *shape = shape
    for layer in layers:
        _, shape = layer.reckon(shape)
    return N, *shape


# {what ends the sentence "This comes out …": the rule that a student goes by}
SIZES = {
    "without the padding": lambda n, k, s, p: (n - k) // s + 1,
    "with padding on one side only": lambda n, k, s, p: (n + p - k) // s + 1,
    "with a stride of 1": lambda n, k, s, p: n + 2 * p - k + 1,
    "by dividing by the stride alone": lambda n, k, s, p: n // s,
    "with rounding up": lambda n, k, s, p: -((k - n - 2 * p) // s) + 1,
    "without the “+ 1”": lambda n, k, s, p: (n + 2 * p - k) // s,
    "with one place too many": lambda n, k, s, p: (n + 2 * p - k) // s + 2,
    "without taking the kernel away": lambda n, k, s, p: (n + 2 * p) // s + 1,
}
WEIGHTS = {
    "with one input channel": lambda C, h, w, out: h * w * out,
    "with the weights of one output": lambda C, h, w, out: C * h * w,
    "with one weight for each map": lambda C, h, w, out: C * out,
    "with one side of a kernel or map for its area": lambda C, h, w, out: C * h * out,
}
BIASES = {
    "without the biases": lambda C, out: 0,
    "with one bias for a layer": lambda C, out: 1,
    "with a bias for every channel that comes in": lambda C, out: C,
    "with a bias for every pair of channels": lambda C, out: C * out,
}
ASKED = {
    "places": "Where does a window stand first and last, and how far does it step?",
    "weights": "How many weights has one output, and how many outputs are there?",
    "biases": "To what is a bias added: to what comes in, or to a sum that goes out?",
    "out": "How many kernels are there?",
    "counted": "Go through the network again, layer by layer.",
}
SLIPS = {
    parameters: {"biases": BIASES, "weights": WEIGHTS, "places": SIZES},
    batch_shape: {"places": SIZES, "out": {"with the channels that come in": 0}},
}


def reckoned(formula, layers, shape):
    """Return [(wrong answer, what is said to it)]: the simplest slips first.

    formula(layers, shape) gives the right answer: `parameters`, or `batch_shape`.
    """

    def told(some, what, **rules):
        """Return (what comes out with slips in some layers, the slips in words)."""
        seen = [replace(x, **rules) if i in some else x for i, x in enumerate(layers)]
        return formula(seen, shape), f"This comes out {what}. {ASKED[list(rules)[-1]]}"

    every, groups = set(range(len(layers))), groups_of(layers)
    slips = SLIPS[formula].items()
    rules = [(what, {on: rule}) for on, some in slips for what, rule in some.items()]
    found = [told(every, what, **rule) for what, rule in rules]
    for name, some in groups.items():
        others = [layer for i, layer in enumerate(layers) if i not in some]
        says = f"This comes out without {name}. {ASKED['counted']}"
        found.append((formula(others, shape), says))
        found.append(told(some, f"without {name}", counted=False))
        found.append(told(every - some, f"with {name} alone", counted=False))
    for name, (what, rule) in itertools.product(groups, rules):
        found.append(told(groups[name], f"{what}, in {name}", **rule))
    # Two at once only where that is common: else any number would be named.
    for (bias, no), (weight, less) in itertools.product(rules, rules):
        if bias in list(BIASES)[:2] and weight in WEIGHTS:
            found.append(told(every, f"{bias} and {weight}", **no, **less))
    return found


def groups_of(layers):
    """Return {name: numbers of layers}: each, and all of a kind."""
    each, kinds = {}, {}
    for i, layer in enumerate(layers if len(layers) > 1 else ()):
        some = kinds.setdefault(f"the {layer.what} layers", set())
        number = ("first", "second", "third", "fourth", "fifth")[len(some)]
        each[f"the {number} {layer.what} layer"] = {i}
        some.add(i)
    return each | kinds
