"""The experiment of notebook 09: what do the 1×1 convolutions of NiN buy?

    python -m cnn_course.studies.nin --seeds 10

writes 09_ablation.csv. A GPU takes some 15 s a run, two cores hours: for them there is
--set protocol=reduced. Other arms: --arms, or --set, such as lr=0.0005 last_relu=no;
--set epochs=0 precision=fp32 looks before the first step only.
"""

import torch

from cnn_course.data import load_data_fashion_mnist
from cnn_course.device import choose_precision, modes_kept, try_gpu
from cnn_course.networks import count_parameters
from cnn_course.studies import results, runner
from cnn_course.studies.arms import OTHERS, REMEDIES, build, nin_arm, other_arm
from cnn_course.training import train

# "full" is the protocol of the lecture notes, "reduced" what a CPU can repeat. At 128
# pixels the class map is 2×2; at 96 it would be 1×1, and the average one of one number.
PROTOCOLS = {
    "full": dict(resize=224, train_size=60_000, test_size=10_000),
    "reduced": dict(resize=128, train_size=10_000, test_size=10_000),
}
BATCH_SIZE = 128
FIRST_LOOK = 500  # test images, 50 of each class, the same ones before every first step


def names(classes):
    """Return class numbers as a text that cannot be taken for a number: "c0 c3"."""
    return " ".join(f"c{c}" for c in classes)


def classes_in(logits):
    """Return what logits (images, classes) say of the classes, by column of results.

    Never predicted: no image is given to it. Dead: its logit is 0 for every image.
    Spread: the standard deviation over the images, the mean over the classes.
    """
    predicted = set(logits.argmax(dim=1).tolist())
    return {
        "never_predicted": names(sorted(set(range(logits.shape[1])) - predicted)),
        "dead": names((logits == 0).all(dim=0).nonzero().flatten().tolist()),
        "spread": float(f"{logits.std(dim=0).mean():.3e}"),
    }


def first_look(net, pictures):
    """Return `classes_in` of all batches (X, y) of `pictures`, in fp32."""
    with modes_kept(net), torch.no_grad():
        net.eval()
        return classes_in(torch.cat([net(X) for X, _ in pictures]))


def rows(protocol, epochs, precision, seed, **arm):
    """Train one arm with one seed; return its rows, one dict an epoch.

    The first is that of epoch 0, before the first step; with 0 epochs the only one.
    """
    sizes = dict(PROTOCOLS[protocol])
    if arm["network"] == "LeNet":
        sizes["resize"] = 28  # as it was designed, so not resized at all
    torch.manual_seed(seed)
    net, optimizer = build(**arm, side=sizes["resize"])
    train_iter, test_iter = load_data_fashion_mnist(BATCH_SIZE, **sizes, seed=seed)
    few = dict(resize=sizes["resize"], test_size=FIRST_LOOK, device="cpu")
    _, pictures = load_data_fashion_mnist(100, **few)
    found = [{"epoch": 0, **first_look(net, pictures)}]
    if epochs:
        how = dict(optimizer=optimizer, precision=precision, verbose=False)
        torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
        history = train(net, train_iter, test_iter, epochs, **how)
        for e, row in enumerate(results.epoch_rows(history, epochs)):
            row["never_predicted"] = names(history.never_predicted(e))
            found.append(row | {"dead": names(history.dead_classes(e))})
    return [row | {"parameters": count_parameters(net)} | sizes for row in found]


def main(arguments=None):
    how = dict(protocol="full", epochs=5, precision=choose_precision(None, try_gpu()))
    groups = {
        "grid": [nin_arm(n, relu) for n in range(4) for relu in ("yes", "no")],
        "remedies": [nin_arm(2, "yes", remedy) for remedy in REMEDIES],
        "networks": [other_arm(network) for network in OTHERS],
    }
    arms = {name: [how | arm for arm in group] for name, group in groups.items()}
    always = dict(batch_size=BATCH_SIZE, alone="no")  # "yes" if nothing else ran
    runner.main(__doc__, "09_ablation.csv", arms, rows, arguments, **always)


if __name__ == "__main__":
    main()
