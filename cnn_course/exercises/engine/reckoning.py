"""Shapes and counts of a network with pencil and paper, the right way or with a slip.

A network is a list of `Layer`, and a shape is (C, H, W). Every formula reads all it
needs from the layers, so that `slips.py` can change what a layer is taken for.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Layer:
    """A layer; the fields from `sides` on are as they should be, until a slip.

    out       channels or outputs that come out; 0: as many as come in
    kernel    a number, or (height, width)
    """

    what: str
    out: int = 0
    kernel: int | tuple = 1
    stride: int = 1
    padding: int = 0
    sides: int = 2  # of an axis are padded
    fits: int = 1  # the kernel is subtracted so many times
    start: int = 1  # places where the window stands before its first step
    rounds: Callable = math.floor
    shortcut: Callable | None = None  # rounds size / stride, and that is all
    bias: str = "output"  # there is one for each
    inputs: str = "all"  # or "map": one channel
    flat: str = "all"  # numbers of a picture in a row, or "channels", or "side"
    outputs: bool = True
    area: Callable = math.prod  # weights of a sheet
    shared: bool = True  # by all places
    overlap: int = 1  # of the windows of two neighbours, when fields are added up
    counted: bool = True

    @property
    def window(self):
        return self.kernel if isinstance(self.kernel, tuple) else (self.kernel,) * 2

    def after(self, shape):
        """Return the shape (C, H, W) that comes out for the one that goes in."""
        if self.what == "fully connected":
            return self.out, 1, 1
        sizes = zip(shape[1:], self.window, strict=True)
        return self.out or shape[0], *(self.places(n, k) for n, k in sizes)

    def places(self, size, kernel):
        """Return at how many places a window fits along an axis."""
        if self.shortcut:
            return self.shortcut(size / self.stride)
        free = size + self.sides * self.padding - self.fits * kernel
        return self.rounds(free / self.stride) + self.start

    def weights(self, shape):
        """Return the number of weights for an input of shape (C, H, W)."""
        C, H, W = shape
        if self.what == "pooling":
            return 0
        if self.inputs == "map" and (H * W > 1 or self.what == "convolution"):
            C = 1
        if self.what == "fully connected":
            count = {"all": C * H * W, "channels": C, "side": C * H}[self.flat]
        else:
            places = 1 if self.shared else math.prod(self.after(shape)[1:])
            count = C * self.area(self.window) * places
        return count * (self.out if self.outputs else 1)

    def biases(self, shape):
        """Return the number of biases for an input of shape (C, H, W)."""
        if self.what == "pooling":
            return 0
        C, numbers = shape[0], math.prod(shape)
        inputs = numbers if self.what == "fully connected" else C
        outputs = self.out if self.outputs else 1
        counts = {"output": outputs, "none": 0, "layer": 1, "channel": C}
        return (counts | {"input": inputs, "pair": C * self.out})[self.bias]


def convolution(out, kernel, stride=1, padding=0):
    return Layer("convolution", out, kernel, stride, padding)


def pooling(kernel, stride):
    return Layer("pooling", 0, kernel, stride)


def linear(out):
    return Layer("fully connected", out)


def walk(layers, shape):
    """Yield (layer, shape (C, H, W) that goes in, shape that comes out)."""
    for layer in layers:
        after = layer.after(shape)
        yield layer, shape, after
        shape = after


def parameters(layers, shape):
    """Return the number of weights and biases of all layers."""
    return sum(
        layer.weights(before) + layer.biases(before)
        for layer, before, _ in walk(layers, shape)
        if layer.counted
    )


def multiplications(layers, shape):
    """Return how many products all outputs of all layers need."""
    steps = [step for step in walk(layers, shape) if step[0].counted]
    return sum(layer.weights(shape) * H * W for layer, shape, (_, H, W) in steps)


def batch_shape(layers, shape):
    """Return the shape (N, C, H, W) behind the layers; shape goes in."""
    *_, (_, _, after) = walk(layers, shape[1:])
    return shape[0], *after


def receptive_field(layers):
    """Return how many pixels wide the patch is that a unit behind the layers sees."""
    sees, apart = layers[0].start, 1
    for layer in layers:
        sees += (layer.kernel - layer.overlap) * apart
        apart *= layer.stride
    return sees


def second_place(layers, first):
    """Return the size with a second place, if at least `first` is needed for one."""
    return first + math.prod(layer.stride for layer in layers)


def side_before(layers, places):
    """Return the smallest size from which the layers make so many places."""
    for layer in reversed(layers):
        places = (places - layer.overlap) * layer.stride + layer.kernel
    return places
