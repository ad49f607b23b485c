"""The first steps of a NiN, class by class: when do the classes of notebook 09 die?

    python -m cnn_course.studies.first_steps --num-1x1 0 1 --warm-up 0 64

writes 09_first_steps.csv, a row a run and look; on two cores a run takes one to three
minutes. The factors are those of `studies.nin`.
"""

from functools import partial
from itertools import chain, islice, repeat

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.data import load_data_fashion_mnist
from cnn_course.studies import results
from cnn_course.studies.arms import build
from cnn_course.studies.nin import (
    BATCH_SIZE,
    FACTOR_OPTIONS,
    FACTORS,
    chosen_arms,
    classes_in,
    spread,
    to_look_at,
)

RESULTS = results.FOLDER / "09_first_steps.csv"
SIDE, TEST_IMAGES = 128, 300
LOOKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)  # after so many steps


@torch.no_grad()
def class_maps(net, X):
    """Return the class maps of a NiN as they are before the last ReLU, if it has one.

    X (N, 1, H, W) to (N, classes, h, w), by `to_look_at(net)`.
    """
    *before, last = to_look_at(net)[:-2]  # the average and the flattening come last
    for layer in before:
        X = layer(X)
    return (last[:-1] if isinstance(last[-1], nn.ReLU) else last)(X)


def watch(net, optimizer, train_iter, pictures, looks=LOOKS):
    """Train a NiN for its first steps, and yield a dict for each of `looks`.

    net, optimizer  as `studies.arms.build` returns them
    train_iter      batches (X, y) on the device of net
    pictures        what is looked at, float (N, 1, H, W), on that device too
    looks           after how many steps, in rising order; 0 is before the first

    step, loss (of the step before; None at 0), dead, never_predicted (texts like "c0
    c3"), spread (of the logits over the pictures, taken without the last ReLU),
    largest and mean (of each class map before the last ReLU, over all pictures).
    """
    loss, step = None, 0
    batches = chain.from_iterable(repeat(train_iter))  # epoch after epoch
    for look in looks:
        net.train()
        for X, y in islice(batches, look - step):
            loss = F.cross_entropy(net(X), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        step = look
        maps = class_maps(net, pictures)
        bare = maps.mean(dim=(2, 3))
        closes = isinstance(net[-3][-1], nn.ReLU)
        logits = maps.relu().mean(dim=(2, 3)) if closes else bare
        yield {
            "step": step,
            "loss": None if loss is None else loss.item(),
            **classes_in(logits),
            "spread": spread(bare),
            "largest": maps.amax(dim=(0, 2, 3)).tolist(),
            "mean": bare.mean(dim=0).tolist(),
        }


def run(seed, **arm):
    """Train one arm for 96 steps with one seed; return its rows, one dict a look."""
    sizes = dict(resize=SIDE, test_size=TEST_IMAGES, seed=seed)
    train_iter, test_iter = load_data_fashion_mnist(BATCH_SIZE, **sizes)
    pictures = torch.cat([X for X, _ in test_iter])
    torch.manual_seed(seed)
    net, optimizer = build(**arm)
    net.to(train_iter.device)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    about = {key: arm[key] for key in ("last_relu", "init", "batch_norm")}
    about |= dict(side=SIDE, batch_size=BATCH_SIZE, test_images=TEST_IMAGES)
    about |= {"data": train_iter.name} | results.provenance()
    which = dict(num_1x1=arm["num_1x1"], seed=seed, lr=arm["lr"])
    which["warm_up_steps"] = arm["warm_up_steps"]
    rows = []
    for look in watch(net, optimizer, train_iter, pictures, LOOKS):
        look["loss"] = look["loss"] and round(look["loss"], 4)
        for key in ("dead", "never_predicted"):
            look[key] = len(look.pop(key).split())
        look["spread"] = look.pop("spread")
        for key in ("largest", "mean"):
            values = " ".join(f"{value:+.3f}" for value in look.pop(key))
            look[f"{key}_pre_activation_by_class"] = values
        rows.append(which | look | about)
    return rows


def main(arguments=None):
    options = results.study_options(
        __doc__,
        arguments,
        lambda options: RESULTS,
        FACTOR_OPTIONS,
        num_1x1=(0, 1),
        last_relu=("yes",),
        warm_up_steps=(0, 64),
    )
    arms = [{key: arm[key] for key in FACTORS} for arm in chosen_arms(options)]
    runs = [{**arm, "seed": seed} for seed in range(options.seeds) for arm in arms]
    results.run_missing(options, runs, partial(run, network="NiN", remedy="none"))


if __name__ == "__main__":
    main()
