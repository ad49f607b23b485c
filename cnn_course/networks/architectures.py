"""The networks of the course, each as built in its notebook (a test holds that)."""

from pathlib import Path

import torch
from torch import nn

from cnn_course.checks import refuse

TRAINED_LENET = Path(__file__).with_name("lenet.pt")  # `studies.lenet.keep` wrote it
TRAINED_NIN = Path(__file__).with_name("nin.pt")  # `studies.class_maps.keep` wrote it


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


def trained_lenet():
    """Return a LeNet that has been trained, in evaluation mode, on the CPU.

    It is seed 0's of the study of notebook 05 (`python -m cnn_course.studies.lenet`):
    50,000 pictures of Fashion-MNIST, 25 epochs.
    """
    return _trained(lenet(), TRAINED_LENET)


def _trained(net, path):
    net.load_state_dict(torch.load(path, weights_only=True))
    return net.eval()


def modern_lenet():
    """Return LeNet with ReLU and max pooling, as at the end of notebook 05.

    As many parameters as `lenet`, and the same shapes.
    """
    modern = {nn.Sigmoid: nn.ReLU, nn.AvgPool2d: lambda: nn.MaxPool2d(2)}
    return nn.Sequential(
        *[modern[type(m)]() if type(m) in modern else m for m in lenet()]
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


def alexnet(in_channels=1, num_classes=10, side=224, dropout=0.5, divide=1):
    """Return AlexNet as in notebook 06: (N, in_channels, side, side) to logits.

    46,764,746 parameters with the defaults. `side` is 67 pixels or more: a smaller
    picture does not survive the pooling. All channels and hidden features are divided
    by `divide`. After Krizhevsky, Sutskever and Hinton,
    "ImageNet Classification with Deep Convolutional Neural Networks" (2012), on one
    GPU and without local response normalisation.
    """
    size = (side - 11) // 4 + 1
    for _ in range(3):
        size = (size - 3) // 2 + 1
    if size < 1:
        refuse("side", "at least 67 pixels: the pooling leaves nothing of fewer", side)
    a, b, c, hidden = (n // divide for n in (96, 256, 384, 4096))
    return nn.Sequential(
        nn.Conv2d(in_channels, a, kernel_size=11, stride=4),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(a, b, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(b, c, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(c, c, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.Conv2d(c, b, kernel_size=3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Flatten(),
        nn.Linear(b * size * size, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(hidden, num_classes),
    )


VGG11 = ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512))
NARROW_VGG = ((1, 8), (1, 16), (2, 32), (2, 64), (2, 64))


def vgg_block(num_convs, in_channels, out_channels):
    """Return 3×3 convolutions with ReLU that keep (H, W), then pooling that halves it.

    (N, in_channels, H, W) to (N, out_channels, H // 2, W // 2).
    """
    layers = []
    for _ in range(num_convs):
        layers += [nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1)]
        layers += [nn.ReLU()]
        in_channels = out_channels
    return nn.Sequential(*layers, nn.MaxPool2d(kernel_size=2, stride=2))


def vgg(blocks=VGG11, in_channels=1, num_classes=10, side=224, hidden=4096):
    """Return VGG as in notebook 07: (N, in_channels, side, side) to logits.

    `blocks` is the table of (number of convolutions, output channels); every block
    halves the side. VGG-11 by default, 128,806,154 parameters. After Simonyan and
    Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition"
    (2014), configuration A. Raises ValueError if the side is halved to nothing.
    """
    size = side // 2 ** len(blocks)
    if size < 1:
        enough = f"at least {2 ** len(blocks)} pixels: each block halves it"
        refuse("side", enough, side)
    layers = []
    for num_convs, out_channels in blocks:
        layers.append(vgg_block(num_convs, in_channels, out_channels))
        in_channels = out_channels
    return nn.Sequential(
        *layers,
        nn.Flatten(),
        nn.Linear(in_channels * size * size, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, hidden),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(hidden, num_classes),
    )


def nin_block(
    in_channels, out_channels, kernel_size, stride, padding, num_1x1=2, last_relu=True
):
    """Return a convolution and `num_1x1` 1×1 convolutions, with a ReLU after each.

    A small fully connected network at every pixel: Lin, Chen and Yan, "Network In
    Network" (2013). `last_relu=False` leaves out the ReLU at the end of the block.
    """
    layers = [nn.Conv2d(in_channels, out_channels, kernel_size, stride, padding)]
    for _ in range(num_1x1):
        layers += [nn.ReLU(), nn.Conv2d(out_channels, out_channels, kernel_size=1)]
    if last_relu:
        layers += [nn.ReLU()]
    return nn.Sequential(*layers)


NIN = (96, 256, 384)
NARROW_NIN = (16, 32, 64)


def nin(num_1x1=2, last_relu=True, in_channels=1, num_classes=10, channels=NIN):
    """Return NiN as in notebook 08: (N, in_channels, H, W) to logits.

    Three blocks with `channels`, by default those of the authors' later ImageNet
    model, one with `num_classes`, then global average pooling. `last_relu=False` leaves
    out the ReLU behind the class maps. H and W are 67 or more (224 in the notes).
    """
    first, second, third = channels
    return nn.Sequential(
        nin_block(in_channels, first, 11, 4, 0, num_1x1),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nin_block(first, second, 5, 1, 2, num_1x1),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nin_block(second, third, 3, 1, 1, num_1x1),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Dropout(0.5),
        nin_block(third, num_classes, 3, 1, 1, num_1x1, last_relu),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def narrow_nin():
    """Return the NiN whose class maps notebook 08 shows: signed, 44,648 parameters."""
    return nin(num_1x1=1, last_relu=False, channels=NARROW_NIN)


def trained_nin():
    """Return a `narrow_nin` that has been trained, in evaluation mode, on the CPU.

    On 50,000 sheets with a picture of Fashion-MNIST somewhere on each:
    `python -m cnn_course.studies.class_maps`.
    """
    return _trained(narrow_nin(), TRAINED_NIN)
