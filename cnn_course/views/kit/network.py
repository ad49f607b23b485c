"""For the views that look into a network: what it answers, and its loader."""

import copy

import torch
from torch import nn

from cnn_course.checks import refuse
from cnn_course.data import Batches

POOLING = {
    nn.AvgPool2d: "average pooling",
    nn.MaxPool2d: "max pooling",
    nn.AdaptiveAvgPool2d: "average pooling",
    nn.AdaptiveMaxPool2d: "max pooling",
}
EXPECTED = (
    "expected is a network like lenet() of notebook 05: an nn.Sequential with Conv2d "
    "and pooling layers, then nn.Flatten, and at the end one logit for each class"
)


def refuse_other_than_batches(name, value):
    """Raise TypeError unless `value` is a loader of the course."""
    if not isinstance(value, Batches):
        refuse(name, "a loader as load_data_fashion_mnist gives", value, TypeError)


def answer_of(layer, X, expected, name=None):
    """Return layer(X), without gradients; ValueError if it cannot take X.

    The error names the layer by `name`, or else by its class, and ends in `expected`.
    """
    try:
        with torch.no_grad():
            return layer(X)
    except (RuntimeError, ValueError) as error:
        raise ValueError(
            f"{name or type(layer).__name__} cannot take what comes in, "
            f"{tuple(X.shape[1:])}: {str(error).splitlines()[0]}; {expected}"
        ) from error


def refuse_diverged(numbers, whose="the network's logits"):
    """Raise ValueError for what a network gives whose training went wrong."""
    if not numbers.isfinite().all():
        raise ValueError(
            f"{whose} are not all finite numbers: its training went wrong. Train "
            "it once more, with a smaller learning rate"
        )


def layers_of(net):
    """Yield the layers in order, those of an nn.Sequential inside it one by one."""
    for layer in net:
        yield from layers_of(layer) if isinstance(layer, nn.Sequential) else [layer]


def feature_maps(net, X):
    """Send X (1, 1, H, W) through `net`; return ([(name, maps), …], logits).

    There are maps, float32 (C, h, w) on the CPU, for every convolution and pooling
    before nn.Flatten, taken behind the activation or other layers that follow it;
    logits are float32 (classes,). The network computes as after net.eval(), but
    neither its mode nor its gradients change: a copy is asked.

    Raises ValueError if the layers are not as EXPECTED or do not fit X.
    """
    if not isinstance(net, nn.Sequential):
        raise ValueError(f"this is a {type(net).__name__}; {EXPECTED}")
    layers = copy.deepcopy(list(layers_of(net)))
    X = X.to(next(net.parameters(), X))  # the device and the precision of its weights
    stages, convolutions, flat = [], 0, False
    for layer in layers:
        kind = type(layer).__name__
        X = answer_of(layer.eval(), X, EXPECTED)
        flat = flat or isinstance(layer, nn.Flatten)
        if flat:
            continue
        if isinstance(layer, nn.Conv2d):
            convolutions += 1
            stages.append((f"convolution {convolutions}", X))
        elif type(layer) in POOLING:
            stages.append((POOLING[type(layer)], X))
        elif stages:
            stages[-1] = (f"{stages[-1][0]}, {kind}", X)
    if not flat or not convolutions:
        missing = "Conv2d before an nn.Flatten" if flat else "nn.Flatten"
        raise ValueError(f"this network has no {missing}; {EXPECTED}")
    return [(name, maps[0].float().cpu()) for name, maps in stages], X[0].float().cpu()


def probabilities(logits, classes):
    """Return [(probability, class), …], the likeliest first.

    Raises ValueError for logits that are not one for each class, or no numbers.
    """
    if logits.shape != (len(classes),):
        raise ValueError(
            f"the network's output has the shape {tuple(logits.shape)}, but there are "
            f"{len(classes)} classes; {EXPECTED}"
        )
    refuse_diverged(logits)
    return sorted(zip(logits.softmax(0).tolist(), classes, strict=True), reverse=True)
