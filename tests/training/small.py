"""A small network and six small pictures, for the tests of training."""

import torch
from torch import nn

X = torch.rand(6, 2, 5, 5, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2])
BATCHES = [(X[:2], Y[:2]), (X[2:4], Y[2:4]), (X[4:], Y[4:])]


def network(width=3):
    torch.manual_seed(0)
    layers = nn.Conv2d(2, width, 3), nn.BatchNorm2d(width), nn.Flatten()
    return nn.Sequential(*layers, nn.Linear(9 * width, 3))


def sgd(net):
    return torch.optim.SGD(net.parameters(), lr=0.1)


def weights(net):
    """The bytes of all that a network has learned."""
    return b"".join(t.numpy().tobytes() for t in net.state_dict().values())


def measured(history):
    """All lists of a history but the times."""
    return {k: v for k, v in vars(history).items() if "second" not in k}
