"""Train the narrow NiN whose class maps notebook 08 shows.

    python -m cnn_course.studies.class_maps

tries RATES, a short training each, keeps what came out in 08_rates.csv, trains with the
best of them (some 20 minutes on two cores) and writes cnn_course/networks/nin.pt. Every
picture lies somewhere on a sheet; the network is told the class only.

The rate is chosen by the accuracy on held-out training pictures; the study never looks
at the test set.
"""

import torch

from cnn_course.data import hold_out, load_data_fashion_mnist, scattered
from cnn_course.networks import TRAINED_NIN, narrow_nin
from cnn_course.studies import results
from cnn_course.training import train

RESULTS = results.FOLDER / "08_rates.csv"
RATES = [0.001, 0.002, 0.005]  # of Adam
PROTOCOL = dict(batch_size=128, side=64, resize=195, held_out=10_000)
SHORT = dict(train_size=10_000, epochs=5)
LONG = dict(train_size=50_000, epochs=10)


def trained(lr, train_size, epochs):
    """Train one network; return (net, rows), one dict an epoch."""
    train_iter, _ = load_data_fashion_mnist(
        PROTOCOL["batch_size"], resize=PROTOCOL["resize"]
    )
    rest, held_out = hold_out(train_iter, PROTOCOL["held_out"])
    if train_size < len(rest.labels):
        _, rest = hold_out(rest, train_size)
        rest.shuffle = True
    rest, held_out = (
        scattered(data_iter, PROTOCOL["side"], seed)
        for seed, data_iter in enumerate((rest, held_out))
    )
    torch.manual_seed(0)
    net = narrow_nin()
    torch.manual_seed(0)
    history = train(net, rest, held_out, epochs, lr=lr, verbose=False)
    results.finished(history, epochs)
    which = dict(lr=lr, train_size=train_size, epochs=epochs)
    about = {"data": train_iter.name, **PROTOCOL}
    return net, results.held_out_rows(history, which, [], about)


def main(arguments=None):
    options = results.study_options(__doc__, arguments, lambda options: RESULTS)
    runs = [dict(lr=lr, **SHORT) for lr in RATES]
    results.run_missing(options, runs, lambda **run: trained(**run)[1])
    net, rows = trained(results.best(options.out, **SHORT)["lr"], **LONG)
    results.append_rows(options.out, rows)
    torch.save(net.cpu().state_dict(), TRAINED_NIN)


if __name__ == "__main__":
    main()
