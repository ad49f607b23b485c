"""What a network costs: parameters, multiply-adds and the memory of its activations."""

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from cnn_course.device import modes_kept

NO_OUTPUT = (nn.Flatten, nn.Unflatten, nn.Identity, nn.Dropout)  # of their own


def count_parameters(net):
    """Return the number of learned numbers, weights and biases."""
    return sum(p.numel() for p in net.parameters())


def count_multiply_adds(net, shape):
    """Return the multiply-adds of one forward pass over an input of `shape`.

    Counted by torch while it computes; it counts a multiply-add as two operations,
    and adding biases, activations and pooling not at all. `shape` is (N, C, H, W);
    with N = 1 the result is per picture.
    """
    with FlopCounterMode(display=False) as counter:
        _forward(net, shape)
    return counter.get_total_flops() // 2


def activation_bytes(net, shape):
    """Return the bytes that the outputs of all layers take in float32.

    Training keeps most of them for the backward pass, so a batch of N needs N times
    as much as one picture. Layers that only reshape their input or work in place are
    not counted, and neither is dropout.
    """
    count = 0

    def note(module, _, output):
        nonlocal count
        if not isinstance(module, NO_OUTPUT) and not getattr(module, "inplace", False):
            count += output.numel()

    leaves = [m for m in net.modules() if not list(m.children())]
    hooks = [m.register_forward_hook(note) for m in leaves]
    try:
        _forward(net, shape)
    finally:
        for hook in hooks:
            hook.remove()
    return 4 * count


@torch.no_grad()
def _forward(net, shape):
    """Run the net once on zeros, where it is, and leave its mode as it was."""
    like = next(net.parameters(), torch.zeros(()))  # in device and type of numbers
    with modes_kept(net):
        net.eval()
        net(torch.zeros(shape, device=like.device, dtype=like.dtype))
