"""Exercises of notebook 07, VGG."""

import re
from typing import NamedTuple

import torch
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import Letters, Misconception, Number, Prediction
from cnn_course.networks import (
    NARROW_VGG,
    receptive_size,
    vgg_block,
)


def block_cases(generator):
    sizes = [  # (convolutions, channels in, channels out, shape of X without channels)
        (1, 1, 1, (1, 2, 2)),
        (2, 1, 1, (1, 4, 4)),  # as many channels out as in
        (1, 3, 2, (2, 5, 7)),
        (2, 1, 3, (2, 6, 6)),
        (2, 3, 4, (1, 5, 4)),
        (3, 2, 5, (1, 9, 8)),
        (2, 4, 2, (3, 8, 8)),
        (2, 1, 2, (1, 2, 2)),  # the smallest side that can be halved
        (4, 2, 3, (1, 16, 17)),
    ]
    cases = []
    for n, C, D, (N, H, W) in sizes:
        X = 3 * torch.randn(N, C, H, W, generator=generator, dtype=torch.float64)
        cases.append((n, C, D, X.round() if X.numel() <= 16 else X))  # to be read
    return cases


def run_block(answer, num_convs, in_channels, out_channels, X):
    """Build a block, give its parameters known numbers, and run it on X.

    Returns (the shapes of its parameters, its output). A layer that its input does not
    fit gives (what torch says, ""): known mistakes end like that, and are then named.
    """
    block = answer(num_convs, in_channels, out_channels)
    if not isinstance(block, nn.Module):
        raise TypeError(f"it returns {describe(block)}, not an nn.Sequential")
    block.to(X.dtype).eval()
    numbers = torch.Generator().manual_seed(1)
    try:
        with torch.no_grad():
            block(X)  # a lazy layer has no shape before
            for p in block.parameters():
                p.copy_(torch.randn(p.shape, generator=numbers, dtype=X.dtype))
            Y = block(X)
    except RuntimeError as error:
        if not re.search("channels|input size", str(error)):
            raise
        return str(error).splitlines()[0], ""
    shapes = [str(tuple(p.shape)) for p in block.parameters()]
    return "parameters of " + ", ".join(shapes), Y


def block_with(
    between=True,
    last=True,
    pool=nn.MaxPool2d,
    every=False,
    passed_on=True,
    more=0,
    activation=nn.ReLU,
    **size,
):
    """Return a function like vgg_block with something wrong in it.

    between, last  whether there are ReLUs, and one behind the last convolution
    every          pooling behind every convolution
    more           so many convolutions too many
    size           arguments of nn.Conv2d
    """
    size = {"kernel_size": 3, "padding": 1} | size

    def build(num_convs, in_channels, out_channels):
        layers = []
        for i in range(num_convs + more):
            layers.append(nn.Conv2d(in_channels, out_channels, **size))
            if last if i == num_convs - 1 else between:
                layers.append(activation())
            if every or i == num_convs + more - 1:
                layers.append(pool(2))
            if passed_on:
                in_channels = out_channels
        return nn.Sequential(*layers)

    return build


def pooling_first(num_convs, in_channels, out_channels):
    *layers, pooling = vgg_block(num_convs, in_channels, out_channels)
    return nn.Sequential(pooling, *layers)


BLOCK_SLIPS = {
    "Your convolutions have no bias. They have one, as `nn.Conv2d` does of itself: "
    "leave `bias` out.": block_with(bias=False),
    "Your kernels are 5 × 5. They should be 3 × 3.": block_with(
        kernel_size=5, padding=2
    ),
    "Behind your convolutions stands a sigmoid, as in LeNet. VGG has ReLUs.": (
        block_with(activation=nn.Sigmoid)
    ),
    "There is one convolution too many: `num_convs` says how many the block has, the "
    "first one included.": block_with(more=1),
    "There is one convolution too few: `num_convs` says how many the block has, the "
    "first one included.": lambda n, c, d: vgg_block(max(n - 1, 1), c, d),
    "`in_channels` and `out_channels` are swapped: `nn.Conv2d` takes first how many "
    "channels come in.": lambda n, c, d: vgg_block(n, d, c),
    "Your pooling stands in front of the convolutions. It comes once, behind all of "
    "them: do not halve what they should still see.": pooling_first,
    "There is a batch normalisation in it, with parameters of its own. VGG as "
    "described has none: convolution, ReLU, pooling.": block_with(
        activation=lambda: nn.Sequential(nn.LazyBatchNorm2d(), nn.ReLU())
    ),
    "Your pooling has a window of 3 × 3. That of the block is 2 × 2, stride 2.": (
        block_with(pool=lambda size: nn.MaxPool2d(3, 2, 1))
    ),
}


def one_layer_again(num_convs, in_channels, out_channels):
    layers = [nn.Conv2d(in_channels, out_channels, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers * num_convs, nn.MaxPool2d(2))


class Plan(NamedTuple):
    """A table of blocks as 07.design looks at it, for pictures of 96 × 96."""

    blocks: tuple
    side: int  # of its last map
    sees: int  # how many pixels each way, behind the last block
    work: int  # multiply-adds of vgg(blocks, side=96, hidden=512)
    busiest: int  # the number of the block that does most of them, from 0


def plan(answer):
    if not isinstance(answer, (tuple, list)) or not answer:
        raise Unfit("A table such as `((1, 8), (2, 16))` is wanted.")
    for pair in answer:
        if not isinstance(pair, (tuple, list)) or [type(n) for n in pair] != [int] * 2:
            wanted = "a pair of whole numbers, (convolutions, channels)"
            raise Unfit(f"Every block is {wanted}; {describe(pair)} is not.")
        if not (1 <= pair[0] <= 20 and 1 <= pair[1] <= 4096):
            most = "1 to 20 convolutions and 1 to 4,096 channels"
            raise Unfit(f"{describe(pair)}: a block has {most} here.")
    blocks, layers, channels, work = tuple(map(tuple, answer)), [], 1, []
    if len(blocks) > 6:
        raise Unfit(f"{len(blocks)} blocks halve 96 pixels to nothing.")
    for i, (num_convs, out_channels) in enumerate(blocks):
        layers += [(3, 1)] * num_convs + [(2, 2)]
        weights = 9 * out_channels * (channels + (num_convs - 1) * out_channels)
        work.append(weights * (96 >> i) ** 2)  # once at every place
        channels = out_channels
    side = 96 >> len(blocks)
    connected = channels * side**2 * 512 + 512 * 512 + 512 * 10
    return Plan(
        blocks,
        side=side,
        sees=receptive_size(layers),
        work=sum(work) + connected,
        busiest=work.index(max(work)),
    )


EXERCISES = [
    Code(
        id="07.vgg-block",
        topic="a VGG block as a function",
        activity="code",
        reference=vgg_block,
        cases=block_cases,
        run=run_block,
        slips=BLOCK_SLIPS,
        names=("num_convs", "in_channels", "out_channels", "X"),
        because="With the same numbers as weights and biases it gives what our block "
        "gives, for one to four convolutions, odd sides, and 2 × 2 pixels.",
        misconceptions=(
            Misconception(
                "channels not passed on",
                block_with(passed_on=False),
                "A convolution gets more or fewer channels than it was built for. The "
                "second one takes what the first one puts out: how many are that?",
            ),
            Misconception(
                "one layer used again",
                one_layer_again,
                "You use one convolution again and again, with the same weights. Make "
                "a new `nn.Conv2d` each time round a loop.",
            ),
            Misconception(
                "no padding",
                block_with(padding=0),
                "Your convolutions take off a frame of one pixel each. How much "
                "padding does a 3 × 3 kernel need to keep height and width?",
            ),
            Misconception(
                "one ReLU at the end",
                block_with(between=False),
                "You have one ReLU only, behind the last convolution. With nothing "
                "between them two convolutions are hardly more than one larger one.",
            ),
            Misconception(
                "last ReLU forgotten",
                block_with(last=False),
                "Negative numbers can come out: there is no ReLU between the last "
                "convolution and the pooling.",
            ),
            Misconception(
                "no ReLU",
                block_with(between=False, last=False),
                "There is no ReLU anywhere. How many does the block need?",
            ),
            Misconception(
                "pooling after every convolution",
                block_with(every=True),
                "You pool after every convolution, so two of them leave a quarter of "
                "the side. A block halves it once: what belongs into the loop?",
            ),
            Misconception(
                "average pooling",
                block_with(pool=nn.AvgPool2d),
                "The sizes are right, but you take the mean of each 2 × 2 window, as "
                "LeNet does. Which pooling was described?",
            ),
            Misconception(
                "pooling with stride 1",
                block_with(pool=lambda size: nn.MaxPool2d(size, stride=1)),
                "Your pooling takes one row and one column off, no more: its window "
                "moves by 1. Which step halves the side?",
            ),
            Misconception(
                "no pooling",
                block_with(pool=lambda size: nn.Identity()),
                "Height and width come out as they went in. Which layer of the block "
                "is there to change them?",
            ),
        ),
        hints=(
            "Collect the layers in a list, in a loop, and return "
            "`nn.Sequential(*layers, …)`. What comes once, what every time?",
            "Only the first convolution takes `in_channels`. What do the others take, "
            "and how can the loop know?",
        ),
        see="One block, again and again",
    ),
    Letters(
        id="07.more-work",
        topic="what recorded runs show of work, time and accuracy",
        activity="plot",
        right="ACE",
        options="ABCDEF",
        because="A: no mark of LeNet is as high as the lowest of the narrow VGG. C: "
        "about 290 times against 8 times, on a logarithmic axis. E: about 2,250 times "
        "the work, in 2.8 s against 1.6 s.",
        misconceptions=(
            Misconception(
                "logarithmic axis read as an even one",
                "AE",
                "Two are right, one is missing: look at the axis of the work again. On "
                "it a distance is a factor, and the distances differ.",
            ),
            Misconception(
                "higher mean taken for every run",
                "ABCE",
                "One too many: B. The *mean* of the narrow VGG is higher. Is its "
                "lowest mark above AlexNet's highest one?",
            ),
            Misconception(
                "taken for the cause",
                "ACDE",
                "One too many: D. The networks differ in depth and width, too. What "
                "would have to be kept the same?",
            ),
            Misconception(
                "seconds taken for any machine",
                "ACEF",
                "One too many: F. The seconds are those of one large GPU. A machine "
                "that computes more slowly may well wait for the work.",
            ),
            Misconception(
                "work taken for time",
                "AC",
                "Two are right, one is missing: AlexNet's work is another thing than "
                "its seconds. Compare both with LeNet's.",
            ),
        ),
        hints=(
            "There is more than one letter. Of every statement ask first: can these "
            "runs show it at all? Then read it off.",
            "The axis of the work is logarithmic: read two numbers there and divide.",
        ),
        see="Cost against accuracy",
    ),
    Letters(
        id="07.shrink",
        topic="which change saves most parameters",
        activity="recall",
        right="C",
        options="ABCDE",
        because="At 112 pixels the last map is 3 × 3 and no longer 7 × 7, so fc 1 has "
        "512 · 9 inputs and not 512 · 49. Of 128.8 million parameters 44.9 are left.",
        misconceptions=(
            Misconception(
                "many layers, many parameters",
                "A",
                "That leaves 123.5 million. Three of eleven layers are gone, but all "
                "convolutions together have only 7 % of the parameters.",
            ),
            Misconception(
                "the convolutions have them",
                "B",
                "That leaves 70.5 million. The convolutions fall to a quarter, but "
                "they have few; fc 1 only to a half, and fc 2 stays as it is.",
            ),
            Misconception(
                "output of fc 1 only",
                "D",
                "That leaves 64.8 million: fc 1 falls to a half, fc 2 to a quarter. A "
                "good idea, but one of the changes takes more than half of fc 1 away.",
            ),
            Misconception(
                "batch taken for a parameter",
                "E",
                "That leaves all 128.8 million. The batch decides how much memory the "
                "*activations* take; the weights are the same for every picture.",
            ),
        ),
        hints=(
            "Which layer has 80 % of the parameters, and what decides how many it has?",
            "fc 1 has inputs · outputs weights. For each change ask: by what factor do "
            "its inputs fall, by what factor its outputs?",
        ),
        see="Where the parameters sit",
    ),
    Number(
        id="07.nine-by-nine",
        topic="weights saved by 3 × 3 convolutions for a 9 × 9",
        activity="count",
        right=45 * 32**2,
        because="Four 3 × 3 see 9 × 9 pixels. They have 4 · 9 · 32² weights, the one "
        "has 81 · 32²: 45 · 1,024 fewer.",
        misconceptions=(
            Misconception(
                "three see nine",
                54 * 32**2,
                "You took three convolutions. The first sees 3 pixels each way, and "
                "every further one adds how many?",
            ),
            Misconception(
                "as many as fit into the area",
                0,
                "Nine 3 × 3 have as many weights as one 9 × 9, and see 19 × 19. Areas "
                "do not add up: how much does a convolution add to the side?",
            ),
            Misconception(
                "what is left",
                36 * 32**2,
                "That is how many weights the small ones have. How many fewer is it?",
            ),
            Misconception(
                "channels once",
                45 * 32,
                "You multiplied by 32 once. Each of the 32 kernels of a layer has a "
                "sheet for each of its 32 input channels.",
            ),
            Misconception(
                "biases counted",
                45 * 32**2 - 3 * 32,
                "You counted the biases, 32 for each layer. Only weights are wanted.",
            ),
            Misconception(
                "channels left out",
                45,
                "You left out the channels. How many sheets of weights has a layer?",
            ),
            Misconception(
                "the 9×9 alone",
                81 * 32**2,
                "That is the 9 × 9 alone. How many weights has what replaces it?",
            ),
            Misconception(
                "one 3×3",
                72 * 32**2,
                "You took one 3 × 3 convolution. How many pixels does it see?",
            ),
            Misconception(
                "two 3×3",
                63 * 32**2,
                "You took two convolutions. How many pixels do they see?",
            ),
        ),
        hints=(
            "How many 3 × 3 does it take? One sees 3 pixels each way, two see 5.",
            "A k × k convolution from c to c channels has k²c² weights.",
        ),
        see="What they cost",
    ),
    Number(
        id="07.side",
        topic="up to which side VGG-11 has fewer than 60 million parameters",
        activity="experiment",
        right=159,
        because="From 128 to 159 pixels the last map is 4 × 4, and there are 59.6 "
        "million; at 160 it is 5 × 5, and there are 78.5 million.",
        misconceptions=(
            Misconception(
                "only multiples of 32",
                128,
                "That side is small enough, but not the largest. Sides are rounded "
                "down as they are halved: try one pixel more.",
            ),
            Misconception(
                "one too far",
                160,
                "That is the first side that has too many. Which is the last without?",
            ),
            Misconception(
                "fc 1 alone",
                191,
                "There fc 1 has 52 million parameters, but it is not alone. Read the "
                "line `together`.",
            ),
            Misconception(
                "side of the last map",
                4,
                "That is the side of the last *map*. How large is the picture?",
            ),
            Misconception(
                "a smaller map",
                127,
                "There the last map is 3 × 3. Which is the largest with which there "
                "are few enough parameters?",
            ),
        ),
        hints=(
            "Change nothing but `side`. The sum of the parameters jumps: where?",
            "Only fc 1 depends on the side, by the last map: ⌊side / 32⌋ pixels wide.",
        ),
        see="Build your own",
    ),
    Design(
        id="07.design",
        topic="a VGG that sees far for little work",
        activity="design",
        example=((1, 8), (1, 16), (2, 32), (4, 32)),
        convert=plan,
        because="All five are met: where maps are small, convolutions cost little.",
        misconceptions=(
            Misconception(
                "too many blocks",
                NARROW_VGG,
                "Your last map is smaller than 6 × 6. Every block halves the side, "
                "however many convolutions it has: how often can 96 be halved?",
                found=lambda plan: plan.side < 6,
            ),
            Misconception(
                "blocks taken for convolutions",
                ((1, 8), (1, 16), (1, 32), (1, 32)),
                "There are fewer than 8 convolutions. The first number of each pair "
                "says how many a block has: add these up.",
                found=lambda plan: sum(n for n, _ in plan.blocks) < 8,
            ),
            Misconception(
                "channels missing at the end",
                ((1, 8), (1, 8), (2, 16), (4, 16)),
                "The last block has fewer than 32 channels, the second of its numbers.",
                found=lambda plan: plan.blocks[-1][1] < 32,
            ),
            Misconception(
                "depth where the steps are small",
                ((4, 8), (2, 8), (1, 16), (1, 32)),
                "A unit behind the last block sees fewer than 90 pixels each way. A "
                "3 × 3 adds two *steps*, and every pooling before it doubles a step: "
                "in which block does a convolution add most?",
                found=lambda plan: plan.sees < 90,
            ),
            Misconception(
                "width where the maps are large",
                ((3, 32), (2, 32), (2, 32), (3, 32)),
                "More than 20 million multiply-adds, and most of them in the first or "
                "second block. Each of their weights is used at thousands of places: "
                "fewer channels or convolutions there?",
                found=lambda plan: plan.work > 20_000_000 and plan.busiest < 2,
            ),
            Misconception(
                "too wide at the end",
                ((1, 8), (1, 16), (2, 64), (4, 128)),
                "More than 20 million multiply-adds, and the block that does most is "
                "not one of the first two. What do twice the channels in and out cost?",
                found=lambda plan: plan.work > 20_000_000,
            ),
        ),
        hints=(
            "Count the blocks first: 96, 48, 24, … Then try tables in the builder, "
            "with side 96 and hidden width 512.",
            "Late convolutions see farther and work on smaller maps: move "
            "convolutions from the first blocks to the last one.",
        ),
        see="Build your own",
    ),
]

PREDICTIONS = [
    Prediction(
        id="07.left",
        asks="VGG-11, a picture of 100 × 100: which side is left after five blocks?",
        unit="pixels",
    ),
    Prediction(
        id="07.conv-share",
        asks="Which share of VGG-11's parameters is in the eight convolutions?",
        unit="%",
        near=0.3,
    ),
    Prediction(
        id="07.best",
        asks="Best in all runs: A LeNet, B narrow VGG-11, C AlexNet or D none?",
        options="ABCD",
    ),
]
