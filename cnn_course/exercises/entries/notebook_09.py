"""Exercises of notebook 09, 1×1 convolutions and what an experiment shows."""

import itertools

import torch
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit, ready
from cnn_course.exercises.engine.kinds import Letters, Misconception, Number, Prediction


def dead_classes(logits):
    """The reference of 09.dead: a bool for every class."""
    return (logits == 0).all(dim=0)


def dead_cases(generator):
    def random(images, classes):
        return torch.randn(images, classes, generator=generator, dtype=torch.float64)

    def closed(logits, *classes):
        logits[:, list(classes)] = 0
        return logits

    tiny = [  # whole numbers, to be read in a message
        [[0]],
        [[3]],
        [[0, 1]],
        [[2, 0]],
        [[0], [1]],
        [[1], [0]],
        [[0, 2], [0, 0]],
        [[-1, 0], [-2, 0]],
        [[1, 0, 0], [-1, 0, 3]],
        [[0, 2, 0], [0, 0, 0]],
        [[0, 2, 0, 1], [0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 0, 0]],
    ]
    cancels, below = random(6, 5), closed(-random(7, 4).abs(), 3)
    cancels[:, 2] = torch.tensor([1.5, -1.5, 2, -2, 3, -3])  # its sum is 0
    below[0, 1] = 0  # its largest is 0, the others are negative
    below[:2, 0] = torch.tensor([0.0, 2.0])  # one 0, and not the largest
    quiet = closed(random(8, 6).relu(), 4)
    quiet[:, 1] = 1e-3  # alive, but never the largest
    quiet[:, 0] += 1
    logits = [
        *[torch.tensor(rows, dtype=torch.float64) for rows in tiny],
        quiet,
        cancels,
        below,
        closed(random(20, 10).relu(), 2, 7),
        random(9, 10),  # none
        torch.zeros(3, 10, dtype=torch.float64),  # all
        closed(random(1, 3), 1),
        closed(random(12, 10).relu(), 0, 9).float(),
    ]
    return [(one,) for one in logits]


def listed(answer, logits):
    """Run an answer; give class numbers, whether it lists them or marks them."""
    result = answer(logits)
    if isinstance(result, torch.Tensor):
        if result.dtype == torch.bool and result.dim() == 1:
            result = result.nonzero()
        result = result.flatten().tolist()
    if isinstance(result, (list, tuple)):
        if result and all(type(item) is bool for item in result):
            result = [c for c, item in enumerate(result) if item]
        return list(result)
    return sorted(result) if isinstance(result, (set, frozenset)) else result


def never_predicted(logits):
    return [c for c in range(logits.shape[1]) if c not in logits.argmax(dim=1)]


DEAD_SLIPS = {
    "Those are the classes that are *not* dead. Is a `not` or a `!=` the wrong way "
    "round?": lambda logits: ~dead_classes(logits),
    "You look at the first image only. A class is dead if its logit is 0 for every "
    "image.": lambda logits: logits[0] == 0,
    "The last image alone decides in yours: each round of the loop writes over what "
    "was found before.": lambda logits: logits[-1] == 0,
    "Small is not dead: yours lists classes whose logits are nearly 0. Dead is exactly "
    "0.": lambda logits: (logits.abs() < 0.01).all(dim=0),
    "A class is found once for each image in yours, so its number comes more than "
    "once.": lambda logits: (
        dead_classes(logits).nonzero().flatten().tolist() * len(logits)
    ),
    "Your list has a number for every 0 in the table. Dead means 0 for every image.": (
        lambda logits: (logits == 0).nonzero()[:, 1].tolist()
    ),
    "You say whether *all* logits are 0. Wanted is a list: which classes are dead?": (
        lambda logits: bool((logits == 0).all())
    ),
    "Only the first dead class comes out. Does a `return` stand inside the loop?": (
        lambda logits: dead_classes(logits).nonzero().flatten().tolist()[:1]
    ),
    "That is how many classes are dead. Wanted is which they are: a list.": (
        lambda logits: int(dead_classes(logits).sum())
    ),
    "The classes are right, counted from 1. Python counts from 0.": (
        lambda logits: [c + 1 for c, dead in enumerate(dead_classes(logits)) if dead]
    ),
}


def leaves(net):
    """Return the layers in the order of their calls, each as often as it is called."""
    found = []
    for layer in net:
        found += leaves(layer) if isinstance(layer, nn.Sequential) else [layer]
    return found


def built(answer):
    """Return (layers, output's shape, parameters) of a network of plain layers."""
    if not isinstance(answer, nn.Sequential):
        raise Unfit("An `nn.Sequential` is wanted, the network itself.")
    net = ready(answer)
    layers = leaves(net)
    if any(list(layer.children()) for layer in layers):
        raise Unfit("Only layers of torch, please, and `nn.Sequential` around them.")
    if any(getattr(layer, "groups", 1) != 1 for layer in layers):
        raise Unfit("Plain convolutions, please: `groups=1`, all channels see all.")
    with torch.no_grad():
        shape = tuple(net(torch.zeros(1, 512, 14, 14)).shape)
    return layers, shape, sum(p.numel() for p in net.parameters())


def multiplies_out(layers):
    """Say if two convolutions follow each other with nothing but linear between."""
    linear = (nn.BatchNorm2d, nn.Dropout, nn.Dropout2d, nn.Identity)
    rest = [layer for layer in layers if not isinstance(layer, linear)]
    kinds = [isinstance(layer, nn.Conv2d) for layer in rest]
    return (True, True) in itertools.pairwise(kinds)


def block(*layers):
    """Build an example; a tuple is a convolution (in, out, kernel, stride, padding)."""
    made = [nn.ReLU() if one == "relu" else nn.Conv2d(*one) for one in layers]
    return nn.Sequential(*made)


EXERCISES = [
    Design(
        id="09.bottleneck",
        topic="a bottleneck with a limit on its parameters",
        activity="design",
        example=block((512, 96, 1), "relu", (96, 96, 3, 1, 1), "relu", (96, 512, 1)),
        convert=built,
        because="512 channels at the same size come out, the network looks sideways, "
        "keeps to the limit, and no two convolutions multiply out to one.",
        misconceptions=(
            Misconception(
                "not widened again",
                block((512, 64, 1), "relu", (64, 64, 3, 1, 1)),
                "The output does not have 512 channels. A bottleneck goes down, and "
                "comes up again: which layer brings the channels back?",
                found=lambda made: made[1][:2] != (1, 512),
            ),
            Misconception(
                "padding forgotten",
                block((512, 64, 1), "relu", (64, 64, 3), "relu", (64, 512, 1)),
                "The channels are right, but height and width are not 14. Which layer "
                "takes pixels away at the border?",
                found=lambda made: made[1][2:] != (14, 14),
            ),
            Misconception(
                "1×1 convolutions only",
                block((512, 64, 1), "relu", (64, 512, 1)),
                "No convolution here has a window of 3 × 3 or more. With 1 × 1 alone a "
                "pixel never learns of its neighbours.",
                found=lambda made: (
                    not any(
                        isinstance(layer, nn.Conv2d) and min(layer.kernel_size) >= 3
                        for layer in made[0]
                    )
                ),
            ),
            Misconception(
                "too wide",
                block(
                    (512, 128, 1), "relu", (128, 128, 3, 1, 1), "relu", (128, 512, 1)
                ),
                "These are more than 200,000 parameters. With m channels in the middle "
                "two layers cost 512 · m each: and the 3 × 3?",
                found=lambda made: made[2] > 200_000,
            ),
            Misconception(
                "nothing between the convolutions",
                block((512, 64, 1), (64, 64, 3, 1, 1), (64, 512, 1)),
                "Size and limit are kept, but two convolutions stand one right behind "
                "the other. They are linear: what must stand between them?",
                found=lambda made: multiplies_out(made[0]),
            ),
        ),
        hints=(
            "Three convolutions, as in ResNet's: down, sideways, up. Only the width in "
            "the middle is yours to choose.",
            "With m channels in the middle: 2 · 512 · m + 9 · m² weights, and a few "
            "biases. A quarter of 512 is too much.",
        ),
        see="Use 3: fewer weights",
    ),
    Code(
        id="09.dead",
        topic="dead classes, from the logits",
        activity="code",
        reference=dead_classes,
        cases=dead_cases,
        run=listed,
        slips=DEAD_SLIPS,
        names=("logits",),
        because="A class is dead if its column holds nothing but zeros, whatever the "
        "other classes do.",
        misconceptions=(
            Misconception(
                "never predicted taken for dead",
                never_predicted,
                "Those are the classes that never *win*. Such a class may have logits "
                "above 0, and gradients: it can come back. What is 0 in a dead one?",
            ),
            Misconception(
                "one image is enough",
                lambda logits: (logits == 0).any(dim=0),
                "You list classes whose logit is 0 for *some* image. A ReLU may be "
                "closed for a boot and open for a bag: dead means closed for all.",
            ),
            Misconception(
                "axes mixed up",
                lambda logits: (logits == 0).all(dim=1),
                "You list images, rows whose logits are all 0. Axis 0 counts images, "
                "axis 1 classes: over which one does *for every image* run?",
            ),
            Misconception(
                "sum or mean of zero",
                lambda logits: logits.sum(dim=0) == 0,
                "A sum or a mean can be 0 because +2 and −2 cancel, if no ReLU stands "
                "behind the maps. Look at the logits one by one.",
            ),
            Misconception(
                "largest logit of zero",
                lambda logits: logits.amax(dim=0) == 0,
                "The largest logit of these classes is 0, and behind a ReLU that would "
                "do. Without it the others may be negative: those are alive.",
            ),
            Misconception(
                "negative taken for dead",
                lambda logits: (logits <= 0).all(dim=0),
                "A negative logit is not a dead one: it has come past no closed ReLU, "
                "and its weights have a gradient. Dead is exactly 0.",
            ),
        ),
        hints=(
            "`logits == 0` has a True for every zero. Which question do you ask of "
            "each column?",
            "`.all(dim=…)` asks it, and `.nonzero()` turns True into numbers; or write "
            "a loop over the classes.",
        ),
        see="What those runs died of",
    ),
    Number(
        id="09.class-map",
        topic="a protocol that takes away what it studies",
        activity="shape",
        right=99,
        because="From 99 pixels on the class map is 2 × 2 or more, and each of the "
        "nine weights of a window meets a pixel in one place or another.",
        misconceptions=(
            Misconception(
                "the protocol at fault",
                96,
                "That is the protocol at fault: its class map is 1 × 1, and eight of "
                "the nine weights of a window meet the padding alone.",
            ),
            Misconception(
                "the smallest that runs",
                67,
                "At 67 pixels the network runs, but its class map is 1 × 1. Which map "
                "gives every weight of the window a pixel somewhere?",
            ),
            Misconception(
                "one pixel too few",
                98,
                "At 98 pixels a division leaves a rest, and PyTorch rounds down: the "
                "map is still 1 × 1. Where does that division come out larger?",
            ),
            Misconception(
                "a map as large as the window",
                131,
                "131 gives a map of 3 × 3. A smaller one will do: the window slides, "
                "so where does its first weight stand at the last place?",
            ),
            Misconception(
                "large enough",
                128,
                "At 128, as in this notebook, all are used, but it is not the smallest "
                "side. How large must the map be, and what gives that?",
            ),
            Misconception(
                "the notes' side",
                224,
                "At 224 the class map is 5 × 5, more than enough. Try smaller sides, "
                "or count backwards through the layers.",
            ),
        ),
        hints=(
            "`nin(0)[:7](torch.zeros(1, 1, side, side)).shape` is what the last 3 × 3 "
            "is given. Which height and width does it need?",
            "A map of 2 × 2: at its upper left place the window sees it with its lower "
            "right weights, and the other way round. Now try sides.",
        ),
        see="What those runs died of",
    ),
    Number(
        id="09.luck",
        topic="what single runs would have told us",
        activity="experiment",
        right=63,
        because="In 63 of 100 pairs the network without the last ReLU wins, in 37 that "
        "with it: whoever compares one run with one run draws lots.",
        misconceptions=(
            Misconception(
                "the same seeds only",
                7,
                "You compared seed 0 with seed 0, 1 with 1, and so on. Here everyone "
                "has a seed of their own: take all 10 × 10 pairs.",
            ),
            Misconception(
                "the same seeds left out",
                56,
                "You left out the pairs with the same seed. Two people may have taken "
                "the same one: there are 100 pairs.",
            ),
            Misconception(
                "the wrong way round",
                37,
                "In so many pairs the network *with* the last ReLU is better. Which of "
                "the two was asked for?",
            ),
            Misconception(
                "training accuracy",
                60,
                "You compared `train_acc`. What counts is the accuracy on images that "
                "the network has not learned from.",
            ),
            Misconception(
                "two 1×1 convolutions",
                44,
                "That is the count for the arms with two 1 × 1 convolutions. The "
                "question is about one.",
            ),
            Misconception(
                "a share",
                0.63,
                "That is the share of the pairs. Their number is wanted, out of 100.",
            ),
        ),
        hints=(
            '`accuracies(nin_arm(1, "yes"))` gives the ten test accuracies of one arm, '
            "by seed.",
            "Two loops, one in the other: every run of one arm beside every run of the "
            "other. Count where the second is larger.",
        ),
        see="The same experiment, ten times",
    ),
    Letters(
        id="09.below-zero",
        topic="a t-interval that reaches below 0",
        activity="recall",
        right="BD",
        options="ABCDE",
        because="Seven zeros and 1, 3 and 10 are no hump around 1.4. A bootstrap only "
        "draws from what was counted, so its means are never below 0.",
        misconceptions=(
            Misconception(
                "an interval of single runs",
                "ABD",
                "One too many: look at A again. The interval is for the *mean*, and a "
                "count is never below 0. What does that say of the formula?",
            ),
            Misconception(
                "no evidence taken for no effect",
                "BCD",
                "One too many: look at C again. Have none of these ten runs lost a "
                "class?",
            ),
            Misconception(
                "the end cut off",
                "BDE",
                "One too many: E mends the end that looks wrong. Why should the other "
                "end, 3.7, be right, if the formula does not fit?",
            ),
            Misconception(
                "only the assumption",
                "B",
                "B is right, and it is not all. A bootstrap draws ten of these numbers "
                "again and again: can their mean be below 0?",
            ),
            Misconception(
                "only the bootstrap",
                "D",
                "D is right, and it is not all. What must be true of the values before "
                "a t-interval may be trusted?",
            ),
            Misconception(
                "a formula is always right",
                "C",
                "The interval holds 0, and three of these runs have lost classes. Is C "
                "true, or does the formula not fit?",
            ),
        ),
        hints=(
            "Draw the ten numbers as dots. Where is the hump, and where would most of "
            "a bell around 1.4 lie?",
            "Ask of each: is it about what the formula takes for granted, about what "
            "was counted, or about another way to get an interval?",
        ),
        see="Two endpoints, named first",
    ),
    Letters(
        id="09.endpoint",
        topic="to choose the endpoint before looking",
        activity="experiment",
        right="ADF",
        options="ABCDEF",
        because="Three measures speak for two, three for one, and all are measures of "
        "the same runs. Whoever chooses after the look can say either.",
        misconceptions=(
            Misconception(
                "only the mean",
                "A",
                "A is right, and it is not all. There are five other ways to look at "
                "the same twenty runs: work them out, too.",
            ),
            Misconception(
                "the wrong way round",
                "BCE",
                "Those are the measures by which *one* is better. The question is "
                "about two.",
            ),
            Misconception(
                "a lower loss overlooked",
                "AD",
                "One is missing: of two mean losses, is the larger the better one, or "
                "the smaller?",
            ),
            Misconception(
                "median taken for mean",
                "ABDF",
                "One too many: look at B again. Sort the ten accuracies of each "
                "network, and take what lies between the fifth and the sixth.",
            ),
            Misconception(
                "the best run taken for the rest",
                "ADEF",
                "One too many: look at E again, and compare the largest accuracy of "
                "each network once more.",
            ),
            Misconception(
                "everything agrees",
                "ABCDEF",
                "Not all of them. Two of ten runs with one 1 × 1 end at 0.1 and pull "
                "its *mean* down: which of these measures hardly notice?",
            ),
        ),
        hints=(
            '`select(**nin_arm(2, "yes"))` gives ten rows, with `"test_acc"`, `"loss"` '
            'and `"never_predicted"` (None if every class is predicted).',
            "`statistics` has `mean` and `median`; for C take both runs of a seed, and "
            "for D count the rows in which some class is never predicted.",
        ),
        see="Two endpoints, named first",
    ),
]

PREDICTIONS = [
    Prediction(
        id="09.saving",
        asks="ResNet's bottleneck: how many times fewer weights than two 3 × 3?",
        unit="times",
    ),
    Prediction(
        id="09.ahead",
        asks="With the last ReLU: in how many of ten pairs is two 1×1 ahead of one?",
        unit="pairs",
    ),
    Prediction(
        id="09.lost",
        asks="Of the 40 runs with the last ReLU: how many lose a class?",
        unit="runs",
    ),
]
