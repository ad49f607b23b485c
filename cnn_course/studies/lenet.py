"""Repeat a training over networks and seeds, and keep the raw results as data.

    python -m cnn_course.studies.lenet --seeds 5

writes notebooks/results/05_lenet.csv, a row a run and epoch, each run as it ends. Runs
that the file already holds are skipped, so an interrupted study goes on where it was.
"""

import argparse

import torch
import torch.nn.functional as F

from cnn_course.data import load_data_fashion_mnist
from cnn_course.networks import fully_connected, lenet
from cnn_course.studies import provenance, results
from cnn_course.training import evaluate, train

RESULTS = results.FOLDER / "05_lenet.csv"
ARMS = {"LeNet": lenet, "fully connected": fully_connected}
PROTOCOL = dict(train_size=60_000, test_size=10_000, batch_size=128, lr=0.005)
EPOCHS = 10
SHIFTS = range(1, 7)  # pixels


def shifted(data_iter, right, down):
    """Yield the batches with the pictures moved by whole pixels (may be negative).

    What leaves on one side is lost; black comes in on the other.
    """
    for X, y in data_iter:
        # A negative pad crops: as much as is added on one side.
        yield F.pad(X, (right, -right, down, -down)), y


def shifted_accuracy(net, data_iter, pixels):
    """Return the mean accuracy with all pictures moved left, right, up and down."""
    moves = [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
    return sum(evaluate(net, shifted(data_iter, *m)) for m in moves) / len(moves)


def run(arm, seed):
    """Train one network with one seed; return its rows, one dict an epoch."""
    torch.manual_seed(seed)
    net = ARMS[arm]()
    sizes = {key: PROTOCOL[key] for key in ("batch_size", "train_size", "test_size")}
    train_iter, test_iter = load_data_fashion_mnist(**sizes, seed=seed)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    history = train(
        net, train_iter, test_iter, EPOCHS, lr=PROTOCOL["lr"], verbose=False
    )
    results.finished(history, EPOCHS)
    about = {"data": train_iter.name, **PROTOCOL, **provenance()}
    not_yet = {f"shifted_{pixels}": "" for pixels in SHIFTS}
    rows = [
        {"arm": arm, "seed": seed} | row | not_yet | about
        for row in results.epoch_rows(history)
    ]
    for pixels in SHIFTS:  # after the last epoch only
        accuracy = shifted_accuracy(net, test_iter, pixels)
        rows[-1][f"shifted_{pixels}"] = round(accuracy, 5)
    return rows


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options = results.study_options(parser, arguments, lambda _: RESULTS)
    runs = [dict(arm=arm, seed=seed) for seed in range(options.seeds) for arm in ARMS]
    results.run_missing(options, runs, run)


if __name__ == "__main__":
    main()
