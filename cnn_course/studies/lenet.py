"""Two kinds of networks on three kinds of pictures, for notebook 05: 05_lenet.csv.

Rates are the best on held-out training pictures (05_rates.csv): of --set
lr=0.001,0.002,0.005,0.01 with --first-seed 100, whose runs see no test picture.
"""

import copy

import torch
import torch.nn.functional as F

from cnn_course.data import hold_out, load_data_fashion_mnist
from cnn_course.networks import TRAINED_LENET, fully_connected, lenet, modern_lenet
from cnn_course.studies import results, runner
from cnn_course.training import evaluate, train

NETWORKS = {
    "LeNet": lenet,
    "fully connected": fully_connected,
    "modern LeNet": modern_lenet,
}
ARMS = [
    dict(network=network, pictures=pictures, lr=lr)
    for pictures in ("as they are", "pixels shuffled", "moved at random")
    for network, lr in (("LeNet", 0.005), ("fully connected", 0.002))
]
ARMS += [dict(network="modern LeNet", pictures="as they are", lr=0.001)]
CHOOSING = 100  # from this seed on, runs choose rates and look at no test picture
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
            top, left = torch.randint(0, 2 * p + 1, (2, N), device=X.device)
            windows = F.pad(X, (p, p, p, p)).unfold(2, H, 1).unfold(3, W, 1)
            X = windows[torch.arange(N, device=X.device), :, top, left]
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


def shifted_accuracy(net, data_iter, pixels):
    """Return the mean accuracy with all pictures moved left, right, up and down.

    What leaves on one side is lost; black comes in on the other.
    """
    total = 0
    for right, down in ((pixels, 0), (-pixels, 0), (0, pixels), (0, -pixels)):
        frame = (right, -right, down, -down)  # a negative one crops
        total += evaluate(net, ((F.pad(X, frame), y) for X, y in data_iter))
    return total / 4


def rows(network, pictures, lr, seed, keep=None):
    """Train one network with one seed; return its rows, one dict an epoch.

    In the last one stand the test accuracies: on the pictures as they are and, but for
    shuffled pixels, moved. `keep` is a file for the weights.
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
    if keep:
        torch.save(net.state_dict(), keep)
    found = results.epoch_rows(history, EPOCHS, "held_out_acc")
    if seed < CHOOSING:
        found[-1]["test_acc"] = round(evaluate(net, test_iter), 5)
        for n in SHIFTS if pictures != "pixels shuffled" else ():
            moved = shifted_accuracy(net, test_iter, n)
            found[-1][f"shifted_{n}"] = round(moved, 5)
    return found


def keep():
    """Train seed 0's LeNet once more, and write cnn_course/networks/lenet.pt."""
    rows(**ARMS[0], seed=0, keep=TRAINED_LENET)


def main(arguments=None):
    runner.main(__doc__, "05_lenet.csv", ARMS, rows, arguments, **PROTOCOL)


if __name__ == "__main__":
    main()
