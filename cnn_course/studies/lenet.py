"""Repeat a training over networks and seeds, and keep the raw results as data.

    python -m cnn_course.studies.lenet --rates       which rate each network gets
    python -m cnn_course.studies.lenet --seeds 5     then all arms with these rates

write 05_rates.csv and 05_lenet.csv.

    python -m cnn_course.studies.lenet --keep        the LeNet that notebook 00 shows

trains the first run's LeNet once more and writes cnn_course/networks/lenet.pt.

Rates are chosen by the accuracy on held-out training pictures.
"""

import copy
from functools import partial

import torch
import torch.nn.functional as F

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.networks import TRAINED_LENET, fully_connected, lenet, modern_lenet
from cnn_course.studies import results
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
    (network, pictures)
    for pictures in ("as they are", "pixels shuffled", "moved at random")
    for network in ("LeNet", "fully connected")
] + [("modern LeNet", "as they are")]
PROTOCOL = dict(train_size=60_000, test_size=10_000, held_out=10_000, batch_size=128)
EPOCHS = 25
SHIFTS = range(1, 7)  # pixels


class Moved:
    """The batches of `data_iter`, every picture moved at random, anew in each pass.

    By up to `pixels` to the left or right and up or down; black comes in. With
    `mirrored` half of them are mirrored, too.
    """

    def __init__(self, data_iter, pixels, mirrored=False):
        self.data_iter, self.pixels, self.mirrored = data_iter, pixels, mirrored

    def __len__(self):
        return len(self.data_iter)

    def __iter__(self):
        p = self.pixels
        for X, y in self.data_iter:
            N, _, H, W = X.shape
            # The corner at which each picture is cut out of its black frame.
            top, left = torch.randint(0, 2 * p + 1, (2, N, 1, 1), device=X.device)
            rows = top + torch.arange(H, device=X.device).view(H, 1)
            columns = left + torch.arange(W, device=X.device)
            n = torch.arange(N, device=X.device).view(N, 1, 1)
            X = F.pad(X, (p, p, p, p))[n, 0, rows, columns][:, None]
            if self.mirrored:
                turned = torch.rand(N, 1, 1, 1, device=X.device) < 0.5
                X = torch.where(turned, X.flip(-1), X)
            yield X, y


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
    if pixels == 0:
        return evaluate(net, data_iter)
    moves = [(pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)]
    return sum(evaluate(net, shifted(data_iter, *m)) for m in moves) / len(moves)


def trained(network, pictures, lr, seed):
    """Train one network; return (net, history, test batches with the same pixels).

    The history's test accuracy is that on the held-out pictures.
    """
    torch.manual_seed(seed)
    net, sizes = NETWORKS[network](), dict(PROTOCOL)
    held_out = sizes.pop("held_out")
    train_iter, test_iter = load_data_fashion_mnist(**sizes)
    rest, held_out = hold_out(train_iter, held_out)
    if pictures == "pixels shuffled":  # another order for each seed
        rest, held_out, test_iter = (
            shuffle_pixels(data_iter, seed) for data_iter in (rest, held_out, test_iter)
        )
    if pictures == "moved at random":
        rest = Moved(rest, 2)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    history = train(net, rest, held_out, EPOCHS, lr=lr, verbose=False)
    return net, results.finished(history, EPOCHS), test_iter


def run(network, pictures, lr, seed, test=True):
    """Train one network with one seed; return its rows, one dict an epoch.

    `pictures` is what ARMS say. The test accuracies stand in the last row, and only
    if `test`: on the pictures as they are and, but for shuffled pixels, moved.
    """
    net, history, test_iter = trained(network, pictures, lr, seed)
    measures = ["test_acc", *(f"shifted_{pixels}" for pixels in SHIFTS)] if test else []
    which = dict(network=network, pictures=pictures, lr=lr, seed=seed)
    about = {"data": test_iter.name, **PROTOCOL}
    rows = results.held_out_rows(history, which, measures, about)
    for pixels, measure in enumerate(measures):
        if pixels == 0 or pictures != "pixels shuffled":
            accuracy = shifted_accuracy(net, test_iter, pixels)
            rows[-1][measure] = round(accuracy, 5)
    return rows


def chosen_rate(network):
    """Return the rate with the highest accuracy on held-out pictures at the end."""
    return results.best(CHOICE, network=network, epoch=EPOCHS)["lr"]


def main(arguments=None):
    own = {
        "--rates": dict(action="store_true", help="try the rates"),
        "--keep": dict(action="store_true", help="write the trained LeNet"),
    }
    options = results.study_options(
        __doc__, arguments, lambda options: CHOICE if options.rates else RESULTS, own
    )
    if options.keep:
        net, *_ = trained("LeNet", "as they are", chosen_rate("LeNet"), seed=0)
        torch.save(net.state_dict(), TRAINED_LENET)
    elif options.rates:
        runs = [
            dict(network=network, pictures="as they are", lr=lr, seed=100)
            for network in NETWORKS
            for lr in RATES
        ]
        results.run_missing(options, runs, partial(run, test=False))
    else:
        runs = [
            dict(network=network, pictures=pictures, lr=chosen_rate(network), seed=seed)
            for seed in range(options.seeds)
            for network, pictures in ARMS
        ]
        results.run_missing(options, runs, run)


if __name__ == "__main__":
    main()
