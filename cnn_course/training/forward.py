"""Compute a network's logits: in which precision, and how its numbers lie in memory."""

import torch
from torch import nn

from cnn_course.checks import shown
from cnn_course.device import memory_format
from cnn_course.networks import modes_kept
from cnn_course.training.memory import is_out_of_memory


def logits_of(net, X, precision):
    """Return net(X) as float32 (N, classes), computed in `precision`.

    Raises ValueError, and beside it torch's own error, if net cannot take X or gives
    something else.
    """
    try:
        if precision == "fp32":
            logits = net(X)
        else:
            with torch.autocast(X.device.type, torch.bfloat16):
                logits = net(X).float()
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        ours = is_out_of_memory(error) or isinstance(error, NotImplementedError)
        if ours or "view size is not compatible" in str(error):
            raise
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ValueError(
            f"net must take the pictures as they come; got X of shape "
            f"{tuple(X.shape)}, {X.dtype}, and this happened: {reason}. Compare the "
            "shape with what the first layer expects, and follow it layer by layer."
        ) from error
    if not torch.is_tensor(logits) or logits.dim() != 2 or len(logits) != len(X):
        raise ValueError(
            f"net must return logits of shape (N, classes), here ({len(X)}, classes); "
            f"got {shown(logits)}"
        )
    return logits


def _kernels(net):
    parameters = (p for p in net.parameters() if not nn.parameter.is_lazy(p))
    return [p for p in parameters if p.dim() == 4]  # the weights of Conv2d layers


def lay_out(net, memory_format):
    """Let the numbers of all kernels of `net` lie as `memory_format` says."""
    for p in _kernels(net):
        p.data = p.data.contiguous(memory_format=memory_format)


def lay_out_for(net, X, precision):
    """Lay out net's kernels as is fastest for X, if the net can work with that."""
    if not _kernels(net):
        return
    # channels_last: the numbers of one pixel lie side by side.
    lay_out(net, memory_format(X.device))
    with modes_kept(net), torch.no_grad():
        net.eval()  # a look at one picture must not change BatchNorm's averages
        try:
            logits_of(net, X[:1], precision)
        except RuntimeError as error:
            if "view size is not compatible" not in str(error):
                raise
            lay_out(net, torch.contiguous_format)  # such a net flattens with .view()
