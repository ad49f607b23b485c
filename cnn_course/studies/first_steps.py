"""The first steps of a NiN, class by class: when do the classes of notebook 09 die?

Writes 09_first_steps.csv, a row a run and look; on two cores a run takes one to three
minutes.
"""

from itertools import chain, islice, repeat

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.data import load_data_fashion_mnist
from cnn_course.device import modes_kept
from cnn_course.studies import runner
from cnn_course.studies.arms import LR, build, nin_arm
from cnn_course.studies.nin import BATCH_SIZE, classes_in

SIDE, TEST_IMAGES = 128, 300
ARMS = [
    dict(num_1x1=n, last_relu="yes", lr=LR, warm_up_steps=steps)
    for n in (0, 1)
    for steps in (0, 64)
]
LOOKS = (0, 1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96)  # after so many steps


@torch.no_grad()
def class_maps(net, X):
    """Return the class maps of a NiN as they are before the last ReLU, if it has one.

    X (N, 1, H, W) to (N, classes, h, w), in evaluation mode.
    """
    last = net[-3]  # behind it come the average and the flattening
    last = last[:-1] if isinstance(last[-1], nn.ReLU) else last
    with modes_kept(net):
        net.eval()
        return last(net[:-3](X))


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
            "spread": classes_in(bare)["spread"],
            "largest": maps.amax(dim=(0, 2, 3)).tolist(),
            "mean": bare.mean(dim=0).tolist(),
        }


def rows(num_1x1, last_relu, lr, warm_up_steps, seed):
    """Train one arm for 96 steps with one seed; yield its rows, one dict a look."""
    sizes = dict(resize=SIDE, test_size=TEST_IMAGES, seed=seed)
    train_iter, test_iter = load_data_fashion_mnist(BATCH_SIZE, **sizes)
    pictures = torch.cat([X for X, _ in test_iter])
    arm = nin_arm(num_1x1, last_relu, lr=lr, warm_up_steps=warm_up_steps)
    torch.manual_seed(seed)
    net, optimizer = build(**arm)
    net.to(train_iter.device)
    torch.manual_seed(seed)  # for the order of the pictures: the same in every arm
    for look in watch(net, optimizer, train_iter, pictures, LOOKS):
        row = {key: look[key] for key in ("step", "spread")}
        row["loss"] = look["loss"] and round(look["loss"], 4)
        for key in ("dead", "never_predicted"):
            row[key] = len(look[key].split())
        for key in ("largest", "mean"):
            values = " ".join(f"{value:+.3f}" for value in look[key])
            row[f"{key}_pre_activation_by_class"] = values
        yield row


def main(arguments=None):
    always = dict(side=SIDE, batch_size=BATCH_SIZE, test_images=TEST_IMAGES)
    always["init"] = "default"
    runner.main(__doc__, "09_first_steps.csv", ARMS, rows, arguments, **always)


if __name__ == "__main__":
    main()
