"""A block with a shortcut, for networks deeper than those of the notebooks."""

from torch import nn


class Residual(nn.Module):
    """Add what two ways make of X: branch(X) + shortcut(X), without an activation.

    The shortcut is X itself unless one is given, such as a 1×1 convolution where the
    branch changes the shape. After He et al., "Deep Residual Learning for Image
    Recognition" (2015), whose networks put a ReLU behind every such block.
    """

    def __init__(self, branch, shortcut=None):
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, X):
        return self.add(self.branch(X), self.shortcut(X))

    def add(self, Y, X):
        """Return Y + X; ValueError unless their shapes are the same."""
        if Y.shape != X.shape:  # torch would repeat a single map, without a word
            raise ValueError(
                f"the branch gives {tuple(Y.shape)} and the shortcut {tuple(X.shape)}, "
                "and only equal shapes can be added: give Residual a shortcut, such as "
                "nn.Conv2d(in_channels, out_channels, kernel_size=1, stride=stride)"
            )
        return Y + X
