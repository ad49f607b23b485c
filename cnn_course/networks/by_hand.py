"""What notebooks 01 to 04 build by hand, for later notebooks (a test holds that)."""

import torch
from torch import nn

from cnn_course.checks import refuse, several, tensor, whole_number

MOST_PLACES, MOST_PRODUCTS = 250_000, 10**8  # some seconds


def corr2d(X, K):
    """Return the cross-correlation (H-h+1, W-w+1) of X (H, W) with the kernel K (h, w).

    Stride 1, no padding: the two loops of notebook 01, slow and plain.
    """
    check_fit(X, K)
    H, W = X.shape
    h, w = K.shape
    Y = torch.zeros(H - h + 1, W - w + 1, dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


class Conv2D(nn.Module):
    """Cross-correlate (H, W) with a learned kernel and add a learned bias."""

    def __init__(self, kernel_size):
        check_kernel_size(kernel_size)
        super().__init__()
        self.weight = nn.Parameter(torch.randn(kernel_size))
        self.bias = nn.Parameter(torch.zeros(1))

    def forward(self, X):
        return corr2d(X, self.weight) + self.bias


def receptive_size(layers):
    """Return how many pixels, in one direction, a unit behind these layers sees.

    `layers` is a list of (kernel size, stride), the first layer first.
    """
    check_layers(layers)
    size, step = 1, 1
    for kernel_size, stride in layers:
        size += (kernel_size - 1) * step
        step *= stride
    return size


def check_fit(X, K):
    """Raise TypeError or ValueError unless corr2d can let K slide over X."""
    tensor("X", X, (2,), "a matrix (H, W) of numbers")
    tensor("K", K, (2,), "a matrix (h, w) of numbers")
    if K.device != X.device:
        refuse("K", f"on the device of X, {X.device}", str(K.device))
    places = [n - k + 1 for n, k in zip(X.shape, K.shape, strict=True)]
    if min(places) < 1:
        refuse("X", f"at least as large as K, which is {K.shape[0]}×{K.shape[1]}", X)
    count = places[0] * places[1]
    if count > MOST_PLACES or count * K.numel() > MOST_PRODUCTS:
        room = f"of at most {MOST_PLACES:,} places for K and {MOST_PRODUCTS:,} products"
        refuse("X", f"{room}, for two loops are slow: take F.conv2d", X)


def check_kernel_size(kernel_size):
    """Raise TypeError or ValueError unless it is a pair of whole numbers."""
    pair = several("kernel_size", kernel_size, "numbers, (height, width)", 2, 2)
    for i, n in enumerate(pair):
        whole_number(f"kernel_size[{i}]", n, 1, 1000)


def check_layers(layers):
    """Raise TypeError or ValueError unless they are pairs of whole numbers."""
    for i, pair in enumerate(several("layers", layers, "pairs (kernel size, stride)")):
        pair = several(f"layers[{i}]", pair, "numbers, (kernel size, stride)", 2, 2)
        for name, n in zip(("kernel size", "stride"), pair, strict=True):
            whole_number(f"layers[{i}]: the {name}", n, 1, 1000)
