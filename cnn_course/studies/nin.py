"""The experiment of notebook 09: what do the 1×1 convolutions of NiN buy?

    python -m cnn_course.studies.nin --seeds 10

writes 09_ablation.csv. A GPU takes some 15 s a run, two cores hours: for them there is
--protocol reduced, which writes 09_reduced.csv.
Every factor is an option, such as --rate 0.0005 --init kaiming; --help names them.
"""

from copy import deepcopy
from functools import partial
from itertools import product

import torch
from torch import nn

from cnn_course.data import load_data_fashion_mnist
from cnn_course.device import choose_precision, try_gpu
from cnn_course.networks import count_parameters
from cnn_course.studies import results
from cnn_course.studies.arms import LR, OTHERS, REMEDIES, build, nin_arm, other_arm
from cnn_course.training import train

# "full" is the protocol of the lecture notes, "reduced" what a CPU can repeat. At 128
# pixels the class map is 2×2; at 96 it would be 1×1, and the average one of one number.
PROTOCOLS = {
    "full": dict(resize=224, train_size=60_000, test_size=10_000, epochs=5),
    "reduced": dict(resize=128, train_size=10_000, test_size=10_000, epochs=5),
}
RESULTS = {
    "full": results.FOLDER / "09_ablation.csv",
    "reduced": results.FOLDER / "09_reduced.csv",
}
BATCH_SIZE = 128
FIRST_LOOK = 500  # test images, 50 of each class, the same ones before every first step


def names(classes):
    """Return class numbers as a text that cannot be taken for a number: "c0 c3"."""
    return " ".join(f"c{c}" for c in classes)


@torch.no_grad()
def classes_in(logits):
    """Return what logits (images, classes) say of the classes, by column of results.

    Never predicted: no image is given to it. Dead: its logit is 0 for every image.
    Spread: see `spread`.
    """
    predicted = set(logits.argmax(dim=1).tolist())
    return {
        "never_predicted": names(sorted(set(range(logits.shape[1])) - predicted)),
        "dead": names((logits == 0).all(dim=0).nonzero().flatten().tolist()),
        "spread": spread(logits),
    }


def spread(logits):
    """Return the standard deviation over the images, the mean over the classes."""
    return float(f"{logits.std(dim=0).mean():.3e}")


def to_look_at(net):
    """Return a copy of `net` in evaluation mode, but for batch normalisation.

    That takes each batch's own statistics: in the first steps its running ones say
    nothing yet.
    """
    net = deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.train()
    return net


@torch.no_grad()
def first_look(net, pictures):
    """Return `classes_in` of all batches (X, y) of `pictures`, in fp32."""
    net = to_look_at(net)
    return classes_in(torch.cat([net(X) for X, _ in pictures]))


def run(protocol, epochs, precision, seed, alone, **arm):
    """Train one arm with one seed; return its rows, one dict an epoch.

    The first is that of epoch 0, before the first step; with 0 epochs the only one.
    """
    settings = PROTOCOLS[protocol] | dict(epochs=epochs)
    if arm["network"] == "LeNet":
        settings["resize"] = 28  # as it was designed, so not resized at all
    torch.manual_seed(seed)
    net, optimizer = build(**arm, side=settings["resize"])
    sizes = {key: settings[key] for key in ("resize", "train_size", "test_size")}
    train_iter, test_iter = load_data_fashion_mnist(BATCH_SIZE, **sizes, seed=seed)
    sizes |= dict(train_size=None, test_size=FIRST_LOOK, device="cpu")
    _, pictures = load_data_fashion_mnist(100, **sizes)
    not_yet = dict.fromkeys(("loss", "train_acc", "test_acc", "seconds"), "")
    rows = [{"epoch": 0, **not_yet, **first_look(net, pictures)}]
    if epochs:
        how = dict(optimizer=optimizer, precision=precision, verbose=False)
        torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
        history = train(net, train_iter, test_iter, epochs, **how)
        results.finished(history, epochs)
        for e, row in enumerate(results.epoch_rows(history)):
            row["never_predicted"] = names(history.never_predicted(e))
            rows.append(row | {"dead": names(history.dead_classes(e)), "spread": ""})
    about = {
        "parameters": count_parameters(net),
        "lr": arm.pop("lr"),  # stands where it stood before it was a factor
        "batch_size": BATCH_SIZE,
        "data": train_iter.name,
        **settings,
        **results.provenance(),
        "alone": alone,
    }
    which = dict(protocol=protocol, **arm, precision=precision, seed=seed)
    return [{**which, **row, **about} for row in rows]


BOTH = ("yes", "no")
FACTORS = {  # of `nin_arm`: option, type, values that a command has by itself, all
    "num_1x1": ("--num-1x1", int, (0, 1, 2, 3), (0, 1, 2, 3)),
    "last_relu": ("--last-relu", str, BOTH, BOTH),
    "lr": ("--rate", float, (LR,), None),
    "init": ("--init", str, ("default",), ("default", "kaiming")),
    "warm_up_steps": ("--warm-up", int, (0,), None),
    "batch_norm": ("--batch-norm", str, ("no",), BOTH),
}
FACTOR_OPTIONS = {
    option: dict(dest=factor, type=kind, nargs="+", default=default, choices=choices)
    for factor, (option, kind, default, choices) in FACTORS.items()
}


def chosen_arms(options):
    """Return every combination of the factors that a command names."""
    values = product(*(getattr(options, factor) for factor in FACTORS))
    return [nin_arm(**dict(zip(FACTORS, chosen, strict=True))) for chosen in values]


def main(arguments=None):
    best = choose_precision(None, try_gpu())
    alone = dict(action="store_const", const="yes", default="no")
    alone["help"] = "nothing else runs beside it: only then do its seconds count"
    own = {
        "--protocol": dict(choices=PROTOCOLS, default="full"),
        "--arms": dict(choices=("grid", "remedies", "networks"), default="grid"),
        "--epochs": dict(type=int, help="default 5; 0: only before step 1"),
        "--precision": dict(choices=["fp32", "bf16"], default=best),
        "--alone": alone,
    }
    options = results.study_options(
        __doc__, arguments, lambda o: RESULTS[o.protocol], own | FACTOR_OPTIONS
    )
    arms = {
        "grid": chosen_arms(options),
        "remedies": [nin_arm(2, "yes", remedy) for remedy in REMEDIES],
        "networks": [other_arm(network) for network in OTHERS],
    }
    epochs = options.epochs
    epochs = PROTOCOLS[options.protocol]["epochs"] if epochs is None else epochs
    precision = options.precision if epochs else "fp32"  # as `first_look` computes
    how = dict(protocol=options.protocol, epochs=epochs, precision=precision)
    # Seed by seed, so that a study cut short has the same seeds in every arm.
    runs = [
        {**how, **arm, "seed": seed}
        for seed in range(options.seeds)
        for arm in arms[options.arms]
    ]
    results.run_missing(options, runs, partial(run, alone=options.alone))


if __name__ == "__main__":
    main()
