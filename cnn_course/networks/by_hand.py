"""What notebooks 01 to 04 build by hand, for later notebooks (a test holds that)."""

import torch
from torch import nn


def corr2d(X, K):
    """Return the cross-correlation (H-h+1, W-w+1) of X (H, W) with the kernel K (h, w).

    Stride 1, no padding: the two loops of notebook 01, slow and plain. Whole numbers
    times fractions are fractions.
    """
    H, W = X.shape
    h, w = K.shape
    Y = torch.zeros(H - h + 1, W - w + 1, dtype=torch.result_type(X, K))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


class Conv2D(nn.Module):
    """Cross-correlate (H, W) with a learned kernel and add a learned bias."""

    def __init__(self, kernel_size):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(kernel_size))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return corr2d(X, self.weight) + self.bias


def receptive_size(layers):
    """Return how many pixels, in one direction, a unit behind these layers sees.

    `layers` is a list of (kernel size, stride), the first layer first.
    """
    size, step = 1, 1
    for kernel_size, stride in layers:
        size += (kernel_size - 1) * step
        step *= stride
    return size
