"""Train the narrow NiN whose class maps notebook 08 shows: 08_rates.csv.

Three short trainings choose the rate of the long one (some 20 minutes on two cores) by
the accuracy on held-out training pictures. Every picture lies somewhere on a sheet; the
network is told the class only. The study never looks at the test set.
"""

import torch

from cnn_course.data import hold_out, load_data_fashion_mnist, scattered
from cnn_course.networks import TRAINED_NIN, narrow_nin
from cnn_course.studies import results, runner
from cnn_course.training import train

PROTOCOL = dict(batch_size=128, side=64, resize=195, held_out=10_000)
ARMS = [dict(lr=lr, train_size=10_000, epochs=5) for lr in (0.001, 0.002, 0.005)]
ARMS += [dict(lr=0.005, train_size=50_000, epochs=10)]


def rows(lr, train_size, epochs, seed, keep=None):
    """Train one network; return its rows, one dict an epoch; `keep` names its file."""
    batch_size, side, resize, few = PROTOCOL.values()
    train_iter, _ = load_data_fashion_mnist(batch_size, resize=resize)
    rest, held_out = hold_out(train_iter, few)
    if train_size < len(rest.labels):
        _, rest = hold_out(rest, train_size)
        rest.shuffle = True
    rest, held_out = (
        scattered(data_iter, side, seed + i)
        for i, data_iter in enumerate((rest, held_out))
    )
    torch.manual_seed(seed)
    net = narrow_nin()
    torch.manual_seed(seed)
    history = train(net, rest, held_out, epochs, lr=lr, verbose=False)
    if keep:
        torch.save(net.cpu().state_dict(), keep)
    return results.epoch_rows(history, epochs, "held_out_acc")


def keep():
    """Train the last arm once more, and write cnn_course/networks/nin.pt."""
    rows(**ARMS[-1], seed=0, keep=TRAINED_NIN)


def main(arguments=None):
    runner.main(__doc__, "08_rates.csv", ARMS, rows, arguments, seeds=1, **PROTOCOL)


if __name__ == "__main__":
    main()
