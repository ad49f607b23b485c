"""The networks of the course, each as built in its notebook (a test holds that)."""

from torch import nn


def lenet():
    """Return LeNet as in notebook 05: (N, 1, 28, 28) to logits (N, 10).

    After LeCun et al., "Gradient-Based Learning Applied to Document Recognition"
    (1998), simplified: plain average pooling and a linear output layer.
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5),
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        nn.Sigmoid(),
        nn.Linear(84, 10),
    )


def fully_connected():
    """Return the rival of LeNet in notebook 05, with 61,764 parameters to its 61,706.

    Pictures (N, 1, 28, 28) are flattened first; logits (N, 10) come out.
    """
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 70),
        nn.Sigmoid(),
        nn.Linear(70, 84),
        nn.Sigmoid(),
        nn.Linear(84, 10),
    )
