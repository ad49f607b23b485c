"""The experiment of notebook 09: what do the 1×1 convolutions of NiN buy?

    python -m cnn_course.studies.nin --seeds 5

writes notebooks/results/09_ablation.csv, a row a run and epoch, each run as it ends.
Runs that the file already holds are skipped, so an interrupted study goes on where it
was. On a GPU add --protocol full --seeds 10; --help names the rest.
"""

import argparse
from copy import deepcopy

import torch
from torch import nn

from cnn_course.checks import choice, whole_number
from cnn_course.data import load_data_fashion_mnist
from cnn_course.device import choose_precision, try_gpu
from cnn_course.networks import NARROW_VGG, alexnet, count_parameters, lenet, nin, vgg
from cnn_course.studies import provenance, results
from cnn_course.training import train

RESULTS = results.FOLDER / "09_ablation.csv"
# "full" is the protocol of the lecture notes, "a sixth" that with a sixth of the
# training images, "reduced" what a CPU can repeat often enough.
PROTOCOLS = {
    "full": dict(resize=224, train_size=60_000, test_size=10_000, epochs=5),
    "a sixth": dict(resize=224, train_size=10_000, test_size=10_000, epochs=5),
    "reduced": dict(resize=96, train_size=10_000, test_size=10_000, epochs=5),
}
BATCH_SIZE, LR = 128, 0.002
PARAMETERS = {0: 1_546_058, 1: 1_769_112, 2: 1_992_166, 3: 2_215_220}

REMEDIES = ("lower rate", "Kaiming initialisation", "gradient clipping")


def nin_arm(num_1x1, last_relu, remedy="none"):
    """Return one arm of the study, as columns of its results.

    Raises ValueError for an arm that the study does not have.
    """
    return {
        "network": "NiN",
        "num_1x1": whole_number("num_1x1", num_1x1, 0, max(PARAMETERS)),
        "last_relu": choice("last_relu", last_relu, ("yes", "no")),
        "remedy": choice("remedy", remedy, ("none", *REMEDIES)),
    }


# The other networks, each at the rate of its notebook.
OTHERS = {
    "LeNet": (lambda side: lenet(), 0.005),
    "AlexNet": (lambda side: alexnet(side=side), 0.001),
    "narrow VGG-11": (lambda side: vgg(NARROW_VGG, side=side, hidden=512), 0.001),
}
ARMS = {
    "notes": [nin_arm(n, "yes") for n in (1, 2)],
    "main": [nin_arm(n, relu) for n in (1, 2) for relu in ("yes", "no")],
    "grid": [nin_arm(n, relu) for n in (0, 1, 2, 3) for relu in ("yes", "no")],
    "remedies": [nin_arm(2, "yes", remedy) for remedy in REMEDIES],
    # For the table of costs:
    "networks": [
        dict(network=network, num_1x1=None, last_relu=None, remedy="none")
        for network in OTHERS
    ],
}
ARMS["all"] = ARMS["grid"] + ARMS["remedies"] + ARMS["networks"]


def kaiming(net):
    """Draw the weights anew with variance 2 / fan_in and set the biases to zero.

    He et al., "Delving Deep into Rectifiers" (2015). Raises ValueError for a layer
    with weights that is neither convolution nor linear, rather than to pass it over.
    """
    for module in net.modules():
        if not list(module.parameters(recurse=False)):
            continue
        # isinstance, not `type(m) == nn.Conv2d`: that misses every subclass, so lazy
        # layers keep their default weights and nobody notices.
        if not isinstance(module, (nn.Conv2d, nn.Linear)):
            raise ValueError(f"no Kaiming initialisation for {module}")
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def clip_gradients(optimizer, largest=1.0):
    """Shorten the gradient to length `largest`, if longer, before every step."""
    parameters = [p for group in optimizer.param_groups for p in group["params"]]

    def shorten(*_):  # what a hook returns would replace the step's arguments
        nn.utils.clip_grad_norm_(parameters, largest)

    optimizer.register_step_pre_hook(shorten)


def build(network, num_1x1, last_relu, remedy, side):
    """Return (net, optimizer) of one arm, drawn from torch's current random state."""
    if network == "NiN":
        net, lr = nin(num_1x1, last_relu == "yes"), LR
    else:
        make, lr = OTHERS[network]
        net = make(side)
    if remedy == "lower rate":
        lr /= 10
    if remedy == "Kaiming initialisation":
        kaiming(net)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    if remedy == "gradient clipping":
        clip_gradients(optimizer)
    return net, optimizer


def check_declared(net, num_1x1, last_relu):
    """Raise RuntimeError if `net` is not the NiN that the arm declares."""
    ends_in_relu = isinstance(net[-3][-1], nn.ReLU)  # the last block
    found = {"parameters": count_parameters(net), "a last ReLU": ends_in_relu}
    declared = {"parameters": PARAMETERS[num_1x1], "a last ReLU": last_relu == "yes"}
    if found != declared:
        raise RuntimeError(f"the arm declares {declared}, but the net has {found}")


def check_trained(before, net):
    """Raise RuntimeError if a parameter of `net` is still as in `before`."""
    for old, new in zip(before.parameters(), net.parameters(), strict=True):
        if torch.equal(old, new.cpu()):
            raise RuntimeError("a layer of the declared net was never trained")


def run(protocol, network, num_1x1, last_relu, remedy, seed, precision):
    """Train one arm with one seed; return its rows, one dict an epoch."""
    choice("protocol", protocol, tuple(PROTOCOLS))
    settings = dict(PROTOCOLS[protocol])
    if network == "LeNet":
        settings["resize"] = 28  # as it was designed, so not resized at all
    side, epochs = settings["resize"], settings["epochs"]
    torch.manual_seed(seed)
    net, optimizer = build(network, num_1x1, last_relu, remedy, side)
    if network == "NiN":
        check_declared(net, num_1x1, last_relu)
    train_iter, test_iter = load_data_fashion_mnist(
        BATCH_SIZE,
        resize=side,
        train_size=settings["train_size"],
        test_size=settings["test_size"],
        seed=seed,
    )
    before = deepcopy(net)
    how = dict(optimizer=optimizer, precision=precision, verbose=False)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    history = train(net, train_iter, test_iter, epochs, **how)
    results.finished(history, epochs)
    check_trained(before, net)
    arm = dict(protocol=protocol, network=network, num_1x1=num_1x1)
    arm |= dict(last_relu=last_relu, remedy=remedy, precision=precision, seed=seed)
    about = {
        "parameters": count_parameters(net),
        "lr": optimizer.param_groups[0]["lr"],
        "batch_size": BATCH_SIZE,
        "data": train_iter.name,
        **settings,
        **provenance(),
    }
    return [
        {
            **arm,
            **row,
            # Class numbers, read as text: "c0 c3" cannot be taken for a number.
            "never_predicted": " ".join(f"c{c}" for c in history.never_predicted(e)),
            "dead": " ".join(f"c{c}" for c in history.dead_classes(e)),
            **about,
        }
        for e, row in enumerate(results.epoch_rows(history))
    ]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--protocol", choices=PROTOCOLS, default="reduced")
    parser.add_argument("--arms", choices=ARMS, default="all")
    parser.add_argument(
        "--precision",
        choices=["fp32", "bf16"],
        default=choose_precision(None, try_gpu()),
        help="default: bf16 on an NVIDIA GPU made for it, else fp32",
    )
    options = results.study_options(parser, arguments, RESULTS)
    # Seed by seed, so that a study cut short has the same seeds in every arm.
    runs = [
        dict(protocol=options.protocol, **arm, seed=seed, precision=options.precision)
        for seed in range(options.seeds)
        for arm in ARMS[options.arms]
    ]
    results.run_missing(options.out, runs, run)


if __name__ == "__main__":
    main()
