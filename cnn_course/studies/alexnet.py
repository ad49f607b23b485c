"""A narrow AlexNet with and without each of its changes, for notebook 06.

Writes 06_alexnet.csv. Each seed draws 10,000 other pictures to train on.

Rates and the augmentation are the best on held-out training pictures (06_rates.csv), of
--set lr=0.0005,0.001,0.002,0.004 and of CHANGES at the rate of plain ReLU, with
--first-seed 100, whose runs see no test picture.
"""

import torch
from torch import nn

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.networks import alexnet
from cnn_course.studies import results, runner
from cnn_course.studies.lenet import CHOOSING, Moved
from cnn_course.training import evaluate, train

NETWORKS = {  # the activation, and dropout's p
    "sigmoid": (nn.Sigmoid, 0.0),
    "ReLU": (nn.ReLU, 0.0),
    "ReLU + dropout": (nn.ReLU, 0.5),
    "ReLU + augmentation": (nn.ReLU, 0.0),
    "ReLU + both": (nn.ReLU, 0.5),
}
CHANGES = {  # up to how many of 67 pixels they move, and whether half are mirrored
    "as they are": (0, False),
    "moved by 2": (2, False),
    "moved by 5": (5, False),
    "moved by 7": (7, False),
    "mirrored": (0, True),
    "moved by 5 and mirrored": (5, True),
}
ARMS = [
    dict(arm="sigmoid", pictures="as they are", lr=0.002),
    dict(arm="ReLU", pictures="as they are", lr=0.0005),
    dict(arm="ReLU + dropout", pictures="as they are", lr=0.001),
    dict(arm="ReLU + augmentation", pictures="mirrored", lr=0.0005),
    dict(arm="ReLU + both", pictures="mirrored", lr=0.001),
]
PROTOCOL = dict(side=67, train_size=10_000, held_out=10_000, batch_size=64)
EPOCHS = 30


def narrow_alexnet(activation, dropout):
    """Return AlexNet for 67 pixels with an eighth of the channels and features."""
    net = alexnet(side=67, dropout=dropout, divide=8)
    layers = [activation() if isinstance(m, nn.ReLU) else m for m in net]
    return nn.Sequential(*layers)


def rows(arm, pictures, lr, seed):
    """Train one network with one seed; return its rows, one dict an epoch.

    In the last one stand the accuracies on the unchanged training pictures with dropout
    off and on the test pictures.
    """
    train_iter, test_iter = load_data_fashion_mnist(
        PROTOCOL["batch_size"], resize=PROTOCOL["side"]
    )
    rest, held_out = hold_out(train_iter, PROTOCOL["held_out"])
    _, few = hold_out(rest, PROTOCOL["train_size"], seed)
    few.shuffle = True
    torch.manual_seed(seed)
    net = narrow_alexnet(*NETWORKS[arm])
    seen = Moved(few, *CHANGES[pictures]) if pictures != "as they are" else few
    history = train(net, seen, held_out, EPOCHS, lr=lr, verbose=False)
    found = results.epoch_rows(history, EPOCHS, "held_out_acc")
    found[-1]["train_acc_in_use"] = round(evaluate(net, few), 5)
    if seed < CHOOSING:
        found[-1]["test_acc"] = round(evaluate(net, test_iter), 5)
    return found


def main(arguments=None):
    runner.main(__doc__, "06_alexnet.csv", ARMS, rows, arguments, **PROTOCOL)


if __name__ == "__main__":
    main()
