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
    kernel   (height, width)
    places   of a window on an axis: from its size, the kernel's, stride, and padding
    weights  their number: from channels in, the kernel's height and width, and out
    biases   their number: from channels in, and out
    there    False: somebody forgets that the layer is there
    counted  False: somebody forgets to count it
    """

    what: str
    out: int = 0
    kernel: tuple = (1, 1)
    stride: int = 1
    padding: int = 0
    places: Callable = lambda n, k, s, p: (n + 2 * p - k) // s + 1
    weights: Callable = lambda C, h, w, out: C * h * w * out
    biases: Callable = lambda C, out: out
    there: bool = True
    counted: bool = True

    def after(self, shape):
        """Return the shape that comes out for the one that goes in."""
        if not self.there:
            return shape
        if self.what == "fully connected":
            return self.out, 1, 1
        given = self.stride, self.padding
        sizes = zip(shape[1:], self.kernel, strict=True)
        return self.out or shape[0], *(self.places(n, k, *given) for n, k in sizes)

    def counts(self, shape):
        """Return (number of weights, number of biases) for the shape that goes in."""
        if self.what == "pooling" or not (self.there and self.counted):
            return 0, 0
        # A fully connected layer is a convolution with a kernel as large as the map.
        h, w = shape[1:] if self.what == "fully connected" else self.kernel
        C, out = shape[0], self.out
        return self.weights(C, h, w, out), self.biases(C, out)


def convolution(out, kernel, stride=1, padding=0):
    return Layer("convolution", out, (kernel, kernel), stride, padding)


def pooling(kernel, stride):
    return Layer("pooling", 0, (kernel, kernel), stride)


def linear(out):
    return Layer("fully connected", out)


def parameters(layers, shape):
    """Return the number of weights and biases of all layers; shape goes in."""
    count = 0
    for layer in layers:
        count += sum(layer.counts(shape))
        shape = layer.after(shape)
    return count


def multiplications(layers, shape):
    """Return how many products all outputs of all layers need."""
    count = 0
    for layer in layers:
        weights, _ = layer.counts(shape)
        shape = layer.after(shape)
        count += weights * shape[1] * shape[2]
    return count


def batch_shape(layers, shape):
    """Return the shape (N, C, H, W) behind the layers for the one that goes in."""
    N, *shape = shape
    for layer in layers:
        shape = layer.after(shape)
    return N, *shape


# {what ends the sentence "This comes out …": the rule that a student goes by}
SIZES = {
    "without the padding": lambda n, k, s, p: (n - k) // s + 1,
    "with padding on one side only": lambda n, k, s, p: (n + p - k) // s + 1,
    "with a stride of 1": lambda n, k, s, p: n + 2 * p - k + 1,
    "by dividing by the stride alone": lambda n, k, s, p: n // s,
    "by dividing by the stride alone, and rounding up": lambda n, k, s, p: -(-n // s),
    "with rounding up": lambda n, k, s, p: -((k - n - 2 * p) // s) + 1,
    "without the “+ 1”": lambda n, k, s, p: (n + 2 * p - k) // s,
    "with one place too many": lambda n, k, s, p: (n + 2 * p - k) // s + 2,
    "without taking the kernel away": lambda n, k, s, p: (n + 2 * p) // s + 1,
    "if windows stick out": lambda n, k, s, p: (n + 2 * p + k) // s - 1,
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
    "there": "Go through the network again, layer by layer.",
    "counted": "Go through the network again, layer by layer.",
}
COUNTS = {"biases": BIASES, "weights": WEIGHTS}
PARAMETERS = {**COUNTS, "places": SIZES}
SHAPES = {"places": SIZES, "out": {"with the channels that come in": 0}}
PRODUCTS = {"weights": WEIGHTS, "places": SIZES}


@dataclass(frozen=True)
class Reckoned:
    """The formula of a network: formula(layers, shape), and the slips it invites."""

    formula: Callable
    layers: tuple
    shape: tuple
    slips: dict

    def right(self):
        return self.formula(self.layers, self.shape)

    def wrong(self):
        """Yield (wrong answer, what is said to it): the simplest slips first."""
        slips = [
            (field, what, rule)
            for field, rules in self.slips.items()
            for what, rule in rules.items()
        ]
        every, groups = set(range(len(self.layers))), self.groups()
        for slip in slips:
            yield self.told(every, slip)
        for name, some in groups.items():
            yield self.told(some, ("there", f"without {name}", False))
            yield self.told(some, ("counted", f"without {name}", False))
            yield self.told(every - some, ("counted", f"with {name} alone", False))
        for some, (field, what, rule) in itertools.product(groups, slips):
            yield self.told(groups[some], (field, f"{what}, in {some}", rule))
        # Two at once only where that is common: else any number would be named.
        biases = [slip for slip in slips if slip[1] in list(BIASES)[:2]]
        weights = [slip for slip in slips if slip[0] == "weights"]
        for pair in itertools.product(biases, weights):
            yield self.told(every, *pair)

    def groups(self):
        """Return {name: numbers of layers}: each, and all of a kind."""
        each, kinds = {}, {}
        for i, layer in enumerate(self.layers):
            some = kinds.setdefault(f"the {layer.what} layers", set())
            number = ("first", "second", "third", "fourth", "fifth")[len(some)]
            each[f"the {number} {layer.what} layer"] = {i}
            some.add(i)
        return each | kinds if len(self.layers) > 1 else {}

    def told(self, some, *slips):
        """Return (what comes out with slips in some layers, the slips in words)."""
        rules = {field: rule for field, _, rule in slips}
        layers = [
            replace(layer, **rules) if i in some else layer
            for i, layer in enumerate(self.layers)
        ]
        what, asks = " and ".join(what for _, what, _ in slips), ASKED[slips[-1][0]]
        return self.formula(layers, self.shape), f"This comes out {what}. {asks}"
