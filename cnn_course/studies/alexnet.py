"""Train a narrow AlexNet with and without each of its changes, seed by seed.

    python -m cnn_course.studies.alexnet --choose rates     of unchanged pictures
    python -m cnn_course.studies.alexnet --choose pictures  which augmentation
    python -m cnn_course.studies.alexnet --choose rates     of augmented pictures, too
    python -m cnn_course.studies.alexnet --seeds 5          then all arms with these

The first three write 06_rates.csv, the last 06_alexnet.csv.

Choices are made by the accuracy on held-out training pictures. Each seed draws 10,000
others to train on.
"""

from functools import partial

import torch
from torch import nn

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.studies import results
from cnn_course.studies.lenet import Moved
from cnn_course.training import evaluate, train

RESULTS = results.FOLDER / "06_alexnet.csv"
CHOICE = results.FOLDER / "06_rates.csv"
RATES = [0.0005, 0.001, 0.002, 0.004]  # of Adam, tried with seed 100
ARMS = {  # the activation, dropout's p, and whether the training pictures are changed
    "sigmoid": (nn.Sigmoid, 0.0, False),
    "ReLU": (nn.ReLU, 0.0, False),
    "ReLU + dropout": (nn.ReLU, 0.5, False),
    "ReLU + augmentation": (nn.ReLU, 0.0, True),
    "ReLU + both": (nn.ReLU, 0.5, True),
}
AS_THEY_ARE = "as they are"
CHANGES = {  # how: up to how many of 67 pixels they move, and whether half are mirrored
    "moved by 2": (2, False),
    "moved by 5": (5, False),
    "moved by 7": (7, False),
    "mirrored": (0, True),
    "moved by 5 and mirrored": (5, True),
}
PROTOCOL = dict(side=67, train_size=10_000, held_out=10_000, batch_size=64)
EPOCHS = 30


def narrow_alexnet(activation, dropout):
    """Return AlexNet for 67 pixels with an eighth of the channels and features."""
    layers, channels = [nn.Conv2d(1, 12, kernel_size=11, stride=4), activation()], 12
    layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
    for i, out in enumerate((32, 48, 48, 32)):
        size = 3 if i else 5
        layers += [nn.Conv2d(channels, out, size, padding=size // 2), activation()]
        if i in (0, 3):
            layers.append(nn.MaxPool2d(kernel_size=3, stride=2))
        channels = out
    layers.append(nn.Flatten())
    for features in (32, 512):
        layers += [nn.Linear(features, 512), activation(), nn.Dropout(dropout)]
    return nn.Sequential(*layers, nn.Linear(512, 10))


def run(arm, pictures, lr, seed, test=True):
    """Train one network with one seed; return its rows, one dict an epoch.

    `pictures` is a key of CHANGES, or says that they stay as they are. In the last row
    stand the accuracy on the unchanged training pictures with dropout off and, if
    `test`, that on the test pictures.
    """
    activation, dropout, _ = ARMS[arm]
    train_iter, test_iter = load_data_fashion_mnist(
        PROTOCOL["batch_size"], resize=PROTOCOL["side"]
    )
    rest, held_out = hold_out(train_iter, PROTOCOL["held_out"])
    _, few = hold_out(rest, PROTOCOL["train_size"], seed)
    few.shuffle = True
    torch.manual_seed(seed)
    net = narrow_alexnet(activation, dropout)
    seen = few if pictures == AS_THEY_ARE else Moved(few, *CHANGES[pictures])
    history = train(net, seen, held_out, EPOCHS, lr=lr, verbose=False)
    results.finished(history, EPOCHS)
    looks = {"train_acc_in_use": few} | ({"test_acc": test_iter} if test else {})
    which = dict(arm=arm, pictures=pictures, lr=lr, seed=seed)
    about = {"data": test_iter.name, **PROTOCOL}
    rows = results.held_out_rows(history, which, looks, about)
    rows[-1] |= {name: round(evaluate(net, it), 5) for name, it in looks.items()}
    return rows


def chosen_rate(arm):
    """Return the rate of the arm's best run."""
    return results.best(CHOICE, arm=arm, epoch=EPOCHS).get("lr")


def chosen_change():
    """Return the best of CHANGES at the rate of plain ReLU, None if none was tried."""
    wanted = dict(arm="ReLU + augmentation", lr=chosen_rate("ReLU"), epoch=EPOCHS)
    return results.best(CHOICE, **wanted).get("pictures")


def main(arguments=None):
    own = {"--choose": dict(choices=["rates", "pictures"], help="try them")}
    options = results.study_options(
        __doc__, arguments, lambda options: CHOICE if options.choose else RESULTS, own
    )
    change = chosen_change()
    arms = {
        arm: change if changed else AS_THEY_ARE for arm, (*_, changed) in ARMS.items()
    }
    if options.choose == "pictures":
        tries = [("ReLU + augmentation", how, chosen_rate("ReLU")) for how in CHANGES]
    else:  # as long as none is chosen, not those with augmentation
        tries = [(arm, how, lr) for arm, how in arms.items() if how for lr in RATES]
    runs = [dict(arm=arm, pictures=how, lr=lr, seed=100) for arm, how, lr in tries]
    if not options.choose:
        runs = [
            dict(arm=arm, pictures=how, lr=chosen_rate(arm), seed=seed)
            for seed in range(options.seeds)
            for arm, how in arms.items()
        ]
    results.run_missing(options, runs, partial(run, test=not options.choose))


if __name__ == "__main__":
    main()
