"""Train a narrow AlexNet with and without each of its changes, seed by seed.

    python -m cnn_course.studies.alexnet --choose rates     of unchanged pictures
    python -m cnn_course.studies.alexnet --choose pictures  which augmentation
    python -m cnn_course.studies.alexnet --choose rates     of augmented pictures, too
    python -m cnn_course.studies.alexnet --seeds 5          then all arms with these

The first three write notebooks/results/06_rates.csv, the last 06_alexnet.csv, a row a
run and epoch, each run as it ends. Runs that the file already holds are skipped, so an
interrupted study goes on where it was.

Of the 60,000 training pictures 10,000 are held out (stratified, the same for all
seeds), and each seed draws 10,000 others to train on. What is chosen is chosen by the
accuracy on those held out; the test set is looked at once a run, at its end.
"""

import argparse

import torch
from torch import nn

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.studies import provenance, results
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
    return nn.Sequential(
        nn.Conv2d(1, 12, kernel_size=11, stride=4),
        activation(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(12, 32, kernel_size=5, padding=2),
        activation(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Conv2d(32, 48, kernel_size=3, padding=1),
        activation(),
        nn.Conv2d(48, 48, kernel_size=3, padding=1),
        activation(),
        nn.Conv2d(48, 32, kernel_size=3, padding=1),
        activation(),
        nn.MaxPool2d(kernel_size=3, stride=2),
        nn.Flatten(),
        nn.Linear(32, 512),
        activation(),
        nn.Dropout(dropout),
        nn.Linear(512, 512),
        activation(),
        nn.Dropout(dropout),
        nn.Linear(512, 10),
    )


class Changed:
    """The batches of `data_iter`, every picture changed at random, anew in each pass.

    Moved by up to `pixels` (black comes in), and with `mirrored` half of them mirrored.
    """

    def __init__(self, data_iter, pixels, mirrored):
        self.moved, self.mirrored = Moved(data_iter, pixels), mirrored

    def __len__(self):
        return len(self.moved)

    def __iter__(self):
        for X, y in self.moved:
            if self.mirrored:
                turned = torch.rand(len(X), device=X.device) < 0.5
                X = torch.where(turned.view(-1, 1, 1, 1), X.flip(-1), X)
            yield X, y


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
    seen = few if pictures == AS_THEY_ARE else Changed(few, *CHANGES[pictures])
    history = train(net, seen, held_out, EPOCHS, lr=lr, verbose=False)
    results.finished(history, EPOCHS)
    about = {"data": test_iter.name, **PROTOCOL, **provenance()}
    rows = []
    for row in results.held_out_rows(history):
        measures = {"train_acc_in_use": ""} | ({"test_acc": ""} if test else {})
        settings = {"arm": arm, "pictures": pictures, "lr": lr, "seed": seed}
        rows.append(settings | row | measures | about)
    rows[-1]["train_acc_in_use"] = round(evaluate(net, few), 5)
    if test:
        rows[-1]["test_acc"] = round(evaluate(net, test_iter), 5)
    return rows


def tried():
    """Return the last rows of the runs that were made to choose."""
    rows = results.read_rows(CHOICE) if CHOICE.exists() else []
    return [row for row in rows if row["epoch"] == EPOCHS]


def chosen_rate(arm):
    """Return the rate of the arm's best run."""
    return results.best([row for row in tried() if row["arm"] == arm])["lr"]


def chosen_change():
    """Return the best of CHANGES at the rate of plain ReLU, "" if none was tried."""
    rows = [row for row in tried() if row["arm"] == "ReLU + augmentation"]
    rows = [row for row in rows if row["lr"] == chosen_rate("ReLU")]
    return results.best(rows)["pictures"] if rows else ""


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--choose", choices=["rates", "pictures"], help="try them")
    options = results.study_options(
        parser, arguments, lambda options: CHOICE if options.choose else RESULTS
    )
    change = chosen_change()
    seen = {
        arm: change if changed else AS_THEY_ARE for arm, (*_, changed) in ARMS.items()
    }
    if options.choose == "pictures":
        rate, arm = chosen_rate("ReLU"), "ReLU + augmentation"
        runs = [dict(arm=arm, pictures=it, lr=rate, seed=100) for it in CHANGES]
    elif options.choose == "rates":
        runs = [
            dict(arm=arm, pictures=seen[arm], lr=lr, seed=100)
            for arm in ARMS
            for lr in RATES
            if seen[arm]  # the augmentation is chosen later
        ]
    else:
        runs = [
            dict(arm=arm, pictures=seen[arm], lr=chosen_rate(arm), seed=seed)
            for seed in range(options.seeds)
            for arm in ARMS
        ]
    test = not options.choose
    results.run_missing(options, runs, lambda **settings: run(**settings, test=test))


if __name__ == "__main__":
    main()
