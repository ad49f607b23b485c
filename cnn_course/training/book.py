"""What readers of the lecture's book look for after `import cnn_course as d2l`.

Each is an alias with the book's arguments: Dive into Deep Learning, https://d2l.ai, and
its edition in PyTorch, https://tangshusen.me/Dive-into-DL-PyTorch.
"""

from functools import partial

import torch
from torch import nn

from cnn_course.training.loop import evaluate, train

FlattenLayer = nn.Flatten
GlobalAvgPool2d = partial(nn.AdaptiveAvgPool2d, 1)  # (N, C, H, W) to (N, C, 1, 1)


def evaluate_accuracy(data_iter, net, device=None):
    """Call `evaluate`; either of the first two may come first, as in both editions."""
    if isinstance(data_iter, nn.Module):
        data_iter, net = net, data_iter
    return evaluate(net, data_iter, device)


def train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs):
    """Call `train`; `batch_size` is the iterators' business."""
    how = dict(optimizer=optimizer, device=device)
    return train(net, train_iter, test_iter, num_epochs, **how)


def train_ch6(net, train_iter, test_iter, num_epochs, lr, device=None):
    """Call `train` with plain gradient descent, from the book's initial weights."""
    for layer in net.modules():
        if isinstance(layer, nn.Linear | nn.Conv2d):
            nn.init.xavier_uniform_(layer.weight)
    how = dict(optimizer=torch.optim.SGD(net.parameters(), lr=lr), device=device)
    return train(net, train_iter, test_iter, num_epochs, **how)
