"""Exercises of notebook 09, 1×1 convolutions and what an experiment supports."""

import copy
import itertools

import torch
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import Letters, Misconception, Number, Prediction

BOTH, RATES = ("yes", "no"), (0.002, 0.0002)  # of 09.plan


def dead_classes(logits):
    """The reference of 09.dead: a bool for every class."""
    return (logits == 0).all(dim=0)


def dead_cases(generator):
    def random(images, classes):
        return torch.randn(images, classes, generator=generator, dtype=torch.float64)

    def closed(logits, *classes):
        logits[:, list(classes)] = 0
        return logits

    small = [[0, 2, 0, 1], [0, 0, 0, 3], [0, 1, 0, 0], [0, 0, 0, 0]]
    cancels, below = random(6, 5), closed(-random(7, 4).abs(), 3)
    cancels[:, 2] = torch.tensor([1.5, -1.5, 2, -2, 3, -3])  # its sum is 0
    below[0, 1] = 0  # its largest is 0, the others are negative
    below[:2, 0] = torch.tensor([0.0, 2.0])  # one 0, and not the largest
    quiet = closed(random(8, 6).relu(), 4)
    quiet[:, 1] = 1e-3  # alive, but never the largest
    quiet[:, 0] += 1
    logits = [
        torch.tensor(small, dtype=torch.float64),
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
    net = copy.deepcopy(answer).cpu().float().eval()
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


def planned(answer):
    """Return {(last ReLU, rate): seeds} of a list of runs."""
    if not isinstance(answer, (list, tuple)) or not answer:
        raise Unfit('A list of runs such as `("yes", 0.002, 0)` is wanted.')
    arms = {}
    for one in answer:
        if not isinstance(one, (list, tuple)) or len(one) != 3:
            raise Unfit(f"A run is `(last_relu, rate, seed)`, not {describe(one)}.")
        relu, rate, seed = one
        if relu not in BOTH or rate not in RATES or type(seed) is not int:
            wanted = '"yes" or "no", then 0.002 or 0.0002, then a whole number'
            raise Unfit(f"{describe(one)} is no run of this study: {wanted}.")
        seeds = arms.setdefault((relu, rate), [])
        if seed in seeds:
            twice = "is in your list twice: the same seed gives the same run again"
            raise Unfit(f"{describe(one)} {twice}.")
        seeds.append(seed)
    return arms


def runs(relus, rates, seeds):
    return list(itertools.product(relus, rates, seeds))


def changes_both(arms):
    """Say if there are two arms, with another ReLU and another rate."""
    (relus, rates) = (len(set(values)) for values in zip(*arms, strict=True))
    return len(arms) == relus == rates == 2


EXERCISES = [
    Letters(
        id="09.rising",
        topic="what curves that still rise can show",
        activity="plot",
        right="AC",
        options="ABCDE",
        because="All but the uppermost still climb, the lower the steeper: these "
        "networks learn more slowly. Where they would end, the picture does not say.",
        misconceptions=(
            Misconception(
                "only the level is read",
                "A",
                "A is right, and it is not all. Look at the last piece of every curve, "
                "between epochs 4 and 5: how steep is it?",
            ),
            Misconception(
                "not yet learned taken for worse",
                "B",
                "That would hold for curves that have levelled out. Three of them are "
                "still rising: what do you know of epoch 20?",
            ),
            Misconception(
                "only the slope is read",
                "C",
                "C is right, and it is not all. Put a ruler at a height of 0.55: when "
                "does each curve get there?",
            ),
            Misconception(
                "low accuracy taken for overfitting",
                "D",
                "Overfitting is a gap between training and test. The picture shows the "
                "test accuracy alone, and it is rising.",
            ),
            Misconception(
                "points taken for runs",
                "E",
                "A point here is the *mean* of five runs. How far they are apart is to "
                "be seen in the picture before, with a dot for every seed.",
            ),
            Misconception(
                "beyond the last epoch",
                "ABC",
                "A and C are there to be seen. B speaks of epochs that nobody has run: "
                "could the lowest curve not arrive later?",
            ),
        ),
        hints=(
            "A curve shows what is on its axes, up to its last point. Which of the "
            "statements are about something else?",
            "Two are right. For one of them read four times, for the other four "
            "slopes.",
        ),
        see="The controlled experiment",
    ),
    Letters(
        id="09.interval",
        topic="what a paired difference supports",
        activity="recall",
        right="E",
        options="ABCDEF",
        because="R − P lies between 0.025 and 0.055, all above 0; Q − P between −0.030 "
        "and 0.070, which holds 0 and much else.",
        misconceptions=(
            Misconception(
                "no evidence taken for no difference",
                "A",
                "The interval holds 0, but 0.060 as well: P and Q may well differ. "
                '"Not told apart" is not "equal".',
            ),
            Misconception(
                "interval ignored",
                "B",
                "+0.020 is what these five seeds gave, and others may turn the sign: "
                "where does the interval of Q − P end on the left?",
            ),
            Misconception(
                "overlapping intervals",
                "C",
                "Their own intervals overlap because some seeds are good for both and "
                "some bad for both. Which difference takes that out?",
            ),
            Misconception(
                "the mean taken for single runs",
                "D",
                "The interval is for the *mean* difference. Single differences scatter "
                "more: with five of them ± is 1.24 standard deviations.",
            ),
            Misconception(
                "significant against not significant",
                "F",
                "That one difference is clear and the other not does not make *them* "
                "clearly different. R − Q needs an interval of its own.",
            ),
        ),
        hints=(
            "For each statement: which difference is it about, and was its interval "
            "given?",
            "An interval without 0 tells two arms apart. An interval with 0 says only "
            "how large the difference may be, either way.",
        ),
        see="The controlled experiment",
    ),
    Number(
        id="09.luck",
        topic="what single runs would have told us",
        activity="experiment",
        right=15,
        because="In 15 of 25 pairs the network without the last ReLU wins, in 10 that "
        "with it: whoever compares one run with one run tosses a coin here.",
        misconceptions=(
            Misconception(
                "the same seeds only",
                2,
                "You compared seed 0 with seed 0, 1 with 1, and so on. Here everyone "
                "has a seed of their own: take all 5 × 5 pairs.",
            ),
            Misconception(
                "the same seeds left out",
                13,
                "You left out the pairs with the same seed. Two people may have taken "
                "the same one: there are 25 pairs.",
            ),
            Misconception(
                "the wrong way round",
                10,
                "In so many pairs the network *with* the last ReLU is better. Which of "
                "the two was asked for?",
            ),
            Misconception(
                "training accuracy",
                11,
                "You compared `train_acc`. What counts is the accuracy on images that "
                "the network has not learned from.",
            ),
            Misconception(
                "two 1×1 convolutions",
                17,
                "That is the count for the arms with two 1 × 1 convolutions. The "
                "question is about one.",
            ),
            Misconception(
                "a share",
                0.6,
                "That is the share of the pairs. Their number is wanted, out of 25.",
            ),
        ),
        hints=(
            '`select(**nin_arm(1, "yes"))` gives the five runs of one arm, each a dict '
            'with a `"test_acc"`.',
            "Two loops, one in the other: every run of one arm beside every run of the "
            "other. Count where the second is larger.",
        ),
        see="Explore the study, and add a run of your own",
    ),
    Code(
        id="09.dead",
        topic="dead classes, from the logits",
        activity="code",
        reference=dead_classes,
        cases=dead_cases,
        run=listed,
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
        see="The diagnosis",
    ),
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
        see="Use 3: fewer parameters",
    ),
    Design(
        id="09.plan",
        topic="a plan of runs with a control and the same seeds",
        activity="design",
        example=runs(BOTH, RATES, range(3)),
        convert=planned,
        because="Every combination runs with the same three seeds: each change can be "
        "judged by paired differences, with and without the other one.",
        misconceptions=(
            Misconception(
                "more than there is time for",
                runs(BOTH, RATES, range(5)),
                "These are more than 12 runs. Fewer seeds, or fewer arms: which of the "
                "two can you do without?",
                found=lambda arms: sum(map(len, arms.values())) > 12,
            ),
            Misconception(
                "two things changed at once",
                [*runs(["yes"], [0.002], range(5)), *runs(["no"], [0.0002], range(5))],
                "You change the ReLU and the rate together. If the accuracy rises, "
                "which of the two was it?",
                found=changes_both,
            ),
            Misconception(
                "a combination is missing",
                [*runs(["yes"], RATES, range(4)), *runs(["no"], [0.002], range(4))],
                "Not every combination of ReLU and rate is there. Perhaps the rate "
                "matters only while the ReLU stands: how would you notice?",
                found=lambda arms: len(arms) < 4,
            ),
            Misconception(
                "one run each",
                runs(BOTH, RATES, [0]),
                "All combinations are there, but one has a single run. One run has no "
                "interval: by how much would the next seed differ?",
                found=lambda arms: min(map(len, arms.values())) == 1,
            ),
            Misconception(
                "other seeds in every arm",
                [(*arm[:2], i) for i, arm in enumerate(runs(BOTH, RATES, range(3)))],
                "The arms have different seeds, so no differences can be taken pair by "
                "pair: the luck of the seed stays in them.",
                found=lambda arms: len(set(map(frozenset, arms.values()))) > 1,
            ),
            Misconception(
                "two seeds",
                runs(BOTH, RATES, range(2)),
                "With two seeds ± is 9 standard deviations, with three 2.5. You have "
                "time for more runs: use it.",
                found=lambda arms: min(map(len, arms.values())) < 3,
            ),
        ),
        hints=(
            "Two rates, with and without the ReLU: how many arms is that, if each "
            "change is to be seen with and without the other?",
            "12 runs, shared fairly by all the arms. And which seeds should an arm "
            "have, if its neighbour has 0, 1, 2?",
        ),
        see="The controlled experiment",
    ),
]

PREDICTIONS = [
    Prediction(
        id="09.saving",
        asks="ResNet's bottleneck: how many times fewer weights than two 3 × 3?",
        unit="times",
    ),
    Prediction(
        id="09.two-one",
        asks="With the last ReLU: mean accuracy with two 1 × 1, minus that with one?",
    ),
    Prediction(
        id="09.lost",
        asks="Runs with the last ReLU: how many end with classes never predicted?",
        unit="runs",
    ),
]
