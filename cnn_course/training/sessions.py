"""What a network was doing when its training last ended, so that it can go on."""

import weakref
from dataclasses import dataclass

import torch

from cnn_course.training.history import History


@dataclass
class Session:
    """The optimizer that trains a network, and the history of the finished epochs."""

    optimizer: torch.optim.Optimizer
    history: History


# Weak: the optimizer knows the weights but not the network, so that a network that
# nobody uses any more goes, and its optimizer's memory with it.
_sessions = weakref.WeakKeyDictionary()


def remember(net, optimizer, history):
    """Keep what `train(net, …, resume=True)` will go on from."""
    _sessions[net] = Session(optimizer, history)


def recall(net):
    """Return the `Session` of `net`, None if it was never trained here."""
    return _sessions.get(net)


def forget(net):
    """Let `train(net, …, resume=True)` begin anew."""
    _sessions.pop(net, None)
