"""From LeNet to a good network, one change after the other, for notebook 10.

Writes 10_good_network.csv. Rates, and how far pictures move, are the best on held-out
training pictures (good_network_rates.csv): of --set lr=0.001,0.003,0.01 and of
pixels=1,2 with --first-seed 100, whose runs see no test picture. The rates of the first
two steps are those of notebook 05.
"""

import torch
from torch import nn
from torch.optim.lr_scheduler import OneCycleLR

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.networks import Residual, lenet, modern_lenet
from cnn_course.studies import results, runner
from cnn_course.studies.lenet import CHOOSING, Moved
from cnn_course.training import evaluate, train

EPOCHS = 8
PROTOCOL = dict(train_size=60_000, test_size=10_000, held_out=10_000, batch_size=128)


def normed(net):
    """Return modern LeNet's layers with batch normalisation before each activation.

    Ioffe and Szegedy, "Batch Normalization" (2015).
    """
    layers = []
    for layer in net:
        layers.append(layer)
        if isinstance(layer, nn.Conv2d):
            layers.append(nn.BatchNorm2d(layer.out_channels))
        elif isinstance(layer, nn.Linear) and layer is not net[-1]:
            layers.append(nn.BatchNorm1d(layer.out_features))
    return nn.Sequential(*layers)


def conv(in_channels, out_channels, kernel_size):
    """Return a convolution that keeps (H, W), and batch normalisation of its maps."""
    size = dict(kernel_size=kernel_size, padding=kernel_size // 2)
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, bias=False, **size),
        nn.BatchNorm2d(out_channels),
    )


def good_network(shortcut=True):
    """Return the network of the last steps: (N, 1, 28, 28) to logits (N, 10).

    LeNet's plan with 16 channels, then 32 in a block of two 3×3 convolutions; with
    `shortcut` a 1×1 convolution goes past them, as in He et al., "Deep Residual
    Learning for Image Recognition" (2015).
    """
    block = nn.Sequential(conv(16, 32, 3), nn.ReLU(), conv(32, 32, 3))
    if shortcut:
        block = Residual(block, conv(16, 32, 1))
    return nn.Sequential(
        conv(1, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        block,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 120, bias=False),
        nn.BatchNorm1d(120),
        nn.ReLU(),
        nn.Linear(120, 10),
    )


def rise_and_fall(optimizer, lr, steps):
    """Let the rate rise to `lr` and fall to nearly 0 over so many steps.

    Smith and Topin, "Super-Convergence" (2018).
    """
    schedule = OneCycleLR(optimizer, max_lr=lr, total_steps=steps + 1)
    optimizer.register_step_post_hook(lambda *_: schedule.step())


NETWORKS = {
    "LeNet": lenet,
    "ReLU and max pooling": modern_lenet,
    "batch normalisation": lambda: normed(modern_lenet()),
    "shifts and flips": lambda: normed(modern_lenet()),
    "wider and deeper": lambda: good_network(shortcut=False),
    "1×1 shortcut": good_network,
    "rate rises and falls": good_network,
}
# Each step keeps what the one before it has changed.
ARMS = [
    dict(step="LeNet", pixels=0, lr=0.005),
    dict(step="ReLU and max pooling", pixels=0, lr=0.001),
    dict(step="batch normalisation", pixels=0, lr=0.001),
    dict(step="shifts and flips", pixels=1, lr=0.001),
    dict(step="wider and deeper", pixels=1, lr=0.001),
    dict(step="1×1 shortcut", pixels=1, lr=0.001),
    dict(step="rate rises and falls", pixels=1, lr=0.01),
]


def rows(step, pixels, lr, seed):
    """Train one network with one seed; return its rows, one dict an epoch.

    With `pixels` every picture moves by up to so many, and half are mirrored. In the
    last row stands the test accuracy.
    """
    torch.manual_seed(seed)
    net, sizes = NETWORKS[step](), dict(PROTOCOL)
    held_out = sizes.pop("held_out")
    train_iter, test_iter = load_data_fashion_mnist(**sizes)
    rest, held_out = hold_out(train_iter, held_out)
    seen = Moved(rest, pixels, mirrored=True) if pixels else rest
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    if step == "rate rises and falls":
        rise_and_fall(optimizer, lr, EPOCHS * len(rest))
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    how = dict(optimizer=optimizer, verbose=False)
    history = train(net, seen, held_out, EPOCHS, **how)
    found = results.epoch_rows(history, EPOCHS, "held_out_acc")
    if seed < CHOOSING:
        found[-1]["test_acc"] = round(evaluate(net, test_iter), 5)
    return found


def main(arguments=None):
    runner.main(__doc__, "10_good_network.csv", ARMS, rows, arguments, **PROTOCOL)


if __name__ == "__main__":
    main()
