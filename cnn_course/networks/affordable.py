"""Refuse networks that cannot be, or that no memory holds, before they are built."""

import functools
import inspect

import torch

from cnn_course.checks import (
    flag,
    is_a,
    real_number,
    refuse,
    several,
    shown,
    whole_number,
)

MOST_PARAMETERS = 400_000_000  # 1.6 GB and some seconds; VGG-11 has a third of that
LARGEST = {  # argument: largest whole number
    "in_channels": 100_000,
    "out_channels": 100_000,
    "num_classes": 100_000,
    "hidden": 16_384,
    "num_convs": 20,
    "num_1x1": 20,
    "side": 4096,
}
WINDOWS = {"kernel_size": 1, "stride": 1, "padding": 0}  # argument: smallest


def affordable(build):
    """Let `build` return a network only if its arguments make sense.

    Each is checked by its name. Then the network is built on torch's device "meta",
    as shapes without numbers, which costs nothing, and its parameters are counted.
    Raises TypeError or ValueError.
    """
    signature = inspect.signature(build)

    @functools.wraps(build)
    def checked(*args, **kwargs):
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        as_given = shown(dict(given.arguments))
        for name, value in given.arguments.items():
            given.arguments[name] = _checked(name, value)
        if torch.get_default_device().type != "meta":
            with torch.device("meta"):
                net = build(*given.args)
            count = sum(p.numel() for p in net.parameters())
            if count > MOST_PARAMETERS:
                raise ValueError(
                    f"{', '.join(given.arguments)} must be small enough for "
                    f"{MOST_PARAMETERS:,} parameters; got {as_given}, {count:,} of "
                    'them. To count no more, build it in `with torch.device("meta")`'
                )
        return build(*given.args)

    return checked


def _checked(name, value):
    """Return the value of an argument of this name; refuse what makes no sense."""
    if name == "last_relu":
        return flag(name, value)
    if name == "dropout":
        return real_number(name, value, 0, 1)
    if name == "blocks":
        return _blocks(value)
    if name in WINDOWS and is_a(value, (tuple, list)) and len(value) == 2:
        return tuple(
            whole_number(f"{name}[{i}]", n, WINDOWS[name], 1024)
            for i, n in enumerate(value)
        )
    if name in WINDOWS:
        return whole_number(name, value, WINDOWS[name], 1024)
    return whole_number(name, value, 0 if name == "num_1x1" else 1, LARGEST[name])


def _blocks(value):
    pairs = several("blocks", value, "pairs (convolutions, output channels)", 1, 12)
    for i, pair in enumerate(pairs):
        if not is_a(pair, (tuple, list)) or len(pair) != 2:
            allowed = "a pair (number of convolutions, output channels)"
            refuse(f"blocks[{i}]", allowed, pair, TypeError)
        num_convs = whole_number(f"blocks[{i}][0]", pair[0], 1, LARGEST["num_convs"])
        channels = whole_number(f"blocks[{i}][1]", pair[1], 1, LARGEST["out_channels"])
        pairs[i] = (num_convs, channels)
    return tuple(pairs)
