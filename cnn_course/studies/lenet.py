"""Repeat a training over networks and seeds, and keep the raw results as data.

    python -m cnn_course.studies.lenet --rates       which rate each network gets
    python -m cnn_course.studies.lenet --seeds 5     then all arms with these rates

write notebooks/results/05_rates.csv and 05_lenet.csv, a row a run and epoch, each run
as it ends. Runs that the file already holds are skipped, so an interrupted study goes
on where it was.

    python -m cnn_course.studies.lenet --keep        the LeNet that notebook 00 shows

trains the first run's LeNet once more and writes cnn_course/networks/lenet.pt.

Of the 60,000 training pictures 10,000 are held out (stratified, the same for all
seeds). Rates were chosen by the accuracy on these; the test set was looked at once a
run, at its end.
"""

import argparse
import copy

import torch
import torch.nn.functional as F

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.networks import (
    TRAINED_LENET,
    fully_connected,
    lenet,
    modern_lenet,
)
from cnn_course.studies import provenance, results
from cnn_course.training import evaluate, train

RESULTS = results.FOLDER / "05_lenet.csv"
CHOICE = results.FOLDER / "05_rates.csv"
NETWORKS = {
    "LeNet": lenet,
    "fully connected": fully_connected,
    "modern LeNet": modern_lenet,
}
RATES = [0.001, 0.002, 0.005, 0.01]  # of Adam, tried with seed 100
ARMS = [  # what is trained, and on which pictures
    ("LeNet", "as they are"),
    ("fully connected", "as they are"),
    ("LeNet", "pixels shuffled"),
    ("fully connected", "pixels shuffled"),
    ("modern LeNet", "as they are"),
    ("LeNet", "moved at random"),
    ("fully connected", "moved at random"),
]
PROTOCOL = dict(train_size=60_000, test_size=10_000, held_out=10_000, batch_size=128)
EPOCHS = 25
SHIFTS = range(1, 7)  # pixels


class Moved:
    """The batches of `data_iter`, every picture moved at random, anew in each pass.

    By up to `pixels` to the left or right and up or down; black comes in.
    """

    def __init__(self, data_iter, pixels):
        self.data_iter, self.pixels = data_iter, pixels

    def __len__(self):
        return len(self.data_iter)

    def __iter__(self):
        p = self.pixels
        for X, y in self.data_iter:
            N, _, H, W = X.shape
            # The corner at which each picture is cut out of its black frame.
            top, left = torch.randint(0, 2 * p + 1, (2, N, 1), device=X.device)
            rows, columns = (
                start + torch.arange(n, device=X.device)
                for start, n in ((top, H), (left, W))
            )
            n = torch.arange(N, device=X.device).view(-1, 1, 1)
            framed = F.pad(X, (p, p, p, p))[:, 0]
            yield framed[n, rows[:, :, None], columns[:, None, :]][:, None], y


def shuffle_pixels(data_iter, seed):
    """Return the batches with the pixels of all pictures in one new, random order."""
    images, lot = data_iter.images, torch.Generator().manual_seed(seed)
    order = torch.randperm(images[0].numel(), generator=lot).to(images.device)
    mixed = copy.copy(data_iter)
    mixed.images = images.flatten(1)[:, order].view_as(images)
    return mixed


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


def trained(network, pictures, lr, seed):
    """Train one network; return (net, history, test batches with the same pixels).

    The history's test accuracy is that on the held-out pictures.
    """
    torch.manual_seed(seed)
    net = NETWORKS[network]()
    sizes = {key: PROTOCOL[key] for key in ("batch_size", "train_size", "test_size")}
    train_iter, test_iter = load_data_fashion_mnist(**sizes)
    rest, held_out = hold_out(train_iter, PROTOCOL["held_out"])
    if pictures == "pixels shuffled":  # another order for each seed
        rest, held_out, test_iter = (
            shuffle_pixels(data_iter, seed) for data_iter in (rest, held_out, test_iter)
        )
    if pictures == "moved at random":
        rest = Moved(rest, 2)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    history = train(net, rest, held_out, EPOCHS, lr=lr, verbose=False)
    results.finished(history, EPOCHS)
    return net, history, test_iter


def run(network, pictures, lr, seed, test=True):
    """Train one network with one seed; return its rows, one dict an epoch.

    `pictures` is what ARMS say. The test accuracies stand in the last row, and only
    if `test`: on the pictures as they are and, but for shuffled pixels, moved.
    """
    net, history, test_iter = trained(network, pictures, lr, seed)
    rows = [
        {"network": network, "pictures": pictures, "lr": lr, "seed": seed, **row}
        for row in results.held_out_rows(history)
    ]
    measures = ["test_acc", *(f"shifted_{pixels}" for pixels in SHIFTS)]
    about = {"data": test_iter.name, **PROTOCOL, **provenance()}
    for row in rows:
        row |= (dict.fromkeys(measures, "") if test else {}) | about
    if test:
        rows[-1]["test_acc"] = round(evaluate(net, test_iter), 5)
        if pictures != "pixels shuffled":
            for pixels in SHIFTS:
                accuracy = shifted_accuracy(net, test_iter, pixels)
                rows[-1][f"shifted_{pixels}"] = round(accuracy, 5)
    return rows


def chosen_rate(network):
    """Return the rate with the highest accuracy on held-out pictures at the end."""
    rows = [
        row
        for row in results.read_rows(CHOICE)
        if row["network"] == network and row["epoch"] == EPOCHS
    ]
    return results.best(rows)["lr"]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rates", action="store_true", help="try the rates")
    parser.add_argument("--keep", action="store_true", help="write the trained LeNet")
    options = results.study_options(
        parser, arguments, lambda options: CHOICE if options.rates else RESULTS
    )
    if options.rates:
        runs = [
            dict(network=network, pictures="as they are", lr=lr, seed=100)
            for network in NETWORKS
            for lr in RATES
        ]
        return results.run_missing(
            options, runs, lambda **run_: run(**run_, test=False)
        )
    if options.keep:
        net, *_ = trained("LeNet", "as they are", chosen_rate("LeNet"), seed=0)
        return torch.save(net.state_dict(), TRAINED_LENET)
    runs = [
        dict(network=network, pictures=pictures, lr=chosen_rate(network), seed=seed)
        for seed in range(options.seeds)
        for network, pictures in ARMS
    ]
    results.run_missing(options, runs, run)


if __name__ == "__main__":
    main()
