"""Exercises of notebook 08, network in network."""

import functools
import inspect
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit, ready
from cnn_course.exercises.engine.kinds import (
    Letters,
    Misconception,
    Number,
    Prediction,
    Shape,
)


def conv1x1_cases(generator):
    sizes = [  # N, C_in, H, W, C_out
        (1, 2, 1, 2, 2),
        (2, 3, 4, 5, 3),
        (3, 2, 3, 3, 4),
        (1, 4, 5, 2, 1),  # one channel out
        (2, 1, 3, 4, 3),  # one channel in
        (2, 3, 1, 1, 2),  # one pixel: nn.Linear
    ]
    random = functools.partial(torch.randn, generator=generator, dtype=torch.float64)
    cases = [
        (random(N, C_in, H, W), random(C_out, C_in, 1, 1), random(C_out))
        for N, C_in, H, W, C_out in sizes
    ]

    def whole(X, weight, bias):
        rows = torch.tensor(weight, dtype=torch.float64)[:, :, None, None]
        X, bias = (torch.tensor(t, dtype=torch.float64) for t in (X, bias))
        return X, rows, bias

    tiny = [  # whole numbers, to be read in a message
        whole([[[[2]]]], [[3]], [1]),
        whole([[[[2, -1]]]], [[3]], [1]),
        whole([[[[2], [-1]]]], [[3]], [1]),
        whole([[[[2]]], [[[4]]]], [[3]], [1]),
        whole([[[[1]], [[2]]]], [[3, -5]], [4]),
        whole([[[[1]]]], [[3], [-5]], [4, 2]),
        whole([[[[1]], [[2]]]], [[3, -5], [2, 7]], [4, 6]),
        whole([[[[1, 2], [3, 4]]]], [[3]], [1]),
    ]
    return [*tiny, *cases, tuple(t.float() for t in cases[1])]


def weight_reshaped(X, weight, bias):
    rows = weight.reshape(weight.shape[1], weight.shape[0])  # reshaped, not transposed
    return (X.permute(0, 2, 3, 1) @ rows + bias).permute(0, 3, 1, 2)


def reshaped_back(X, weight, bias):
    Y = F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)
    return Y.reshape(X.shape[0], weight.shape[0], X.shape[2], X.shape[3])


def reshaped_twice(X, weight, bias):
    Y = F.linear(X.reshape(-1, X.shape[1]), weight.flatten(1), bias)
    return Y.reshape(X.shape[0], -1, *X.shape[2:])


CONV1X1_SLIPS = {
    "Only the last input channel counts in yours: `=` writes over what was there. The "
    "channels are added up: `+=`.": (
        lambda X, weight, bias: F.conv2d(X[:, -1:], weight[:, -1:], bias)
    ),
    "You take the mean over the input channels. Each is multiplied by its weight, and "
    "the products are added up: a sum.": (
        lambda X, weight, bias: F.conv2d(X, weight / X.shape[1], bias)
    ),
    "You take the bias away. It is added.": (
        lambda X, weight, bias: F.conv2d(X, weight, -bias)
    ),
    "The bias is added twice. Is it in `F.linear` already?": (
        lambda X, weight, bias: F.conv2d(X, weight, 2 * bias)
    ),
    "Every output channel gets the first bias. Channel c has `bias[c]`.": (
        lambda X, weight, bias: F.conv2d(X, weight) + bias[0]
    ),
    "Your bias runs along the width, for `+` begins at the last axis. One bias for "
    "each channel: bring it to the shape (C_out, 1, 1).": (
        lambda X, weight, bias: F.conv2d(X, weight) + bias
    ),
    "The weight matrix is the wrong way round for your product: (C_out, C_in) takes a "
    "column of C_in numbers, a row of them needs its transpose `.T`.": (
        lambda X, weight, bias: (
            X.permute(0, 2, 3, 1) @ weight.flatten(1) + bias
        ).permute(0, 3, 1, 2)
    ),
    "`squeeze()` takes away every axis of length 1, also that of a single channel. "
    "`weight.flatten(1)` keeps it.": (
        lambda X, weight, bias: (
            X.permute(0, 2, 3, 1) @ weight.squeeze().mT + bias
        ).permute(0, 3, 1, 2)
    ),
    "Your channels are mixed along the width: the *last* axis of X is no channel yet. "
    "Move the channels there first.": (
        lambda X, weight, bias: F.linear(X, weight.flatten(1), bias)
    ),
}


SIDES = [(5, 5), (1, 1), (2, 2), (3, 3), (4, 4), (6, 6), (7, 7), (3, 7)]


def tried_head(answer):
    """Try a network on maps of several sizes, with random parameters.

    Functions that build a network are taken, too: the examples below are some, because
    a layer made on import would draw from the notebook's random numbers.
    """
    net = answer() if inspect.isfunction(answer) else answer
    if not isinstance(net, nn.Module):
        raise Unfit("A network is wanted, such as `nn.Sequential(…)` with its layers.")
    net = ready(net)
    generator = torch.Generator().manual_seed(0)
    random = functools.partial(torch.randn, generator=generator)
    kinds, errors = [], []
    for side in SIDES:
        try:
            kinds.append(kind_of(net(random(2, 384, *side)), *side))
        except Exception as error:
            errors.append(error)
    if not kinds:
        raise errors[0]
    other = [isinstance(kind, tuple) for kind in kinds]
    if not errors and all(other):
        raise Unfit(f"Maps of shape (2, 384, 5, 5) become {kinds[0]}; wanted: (2, 10).")
    tried = SimpleNamespace(kinds=set(kinds), one_size=bool(errors or any(other)))
    tried.parameters = sum(p.numel() for p in net.parameters())
    if errors or tried.kinds != {"logits"}:
        return tried
    if not tried.parameters:
        raise Unfit("There is no parameter in it, so nothing that can learn classes.")
    with torch.no_grad():  # a weight that happens to be 0 must not hide a place
        for p in net.parameters():
            p.copy_(0.1 * random(*p.shape))
        logits = net(1000 * random(8, 384, 3, 7))
    tried.squeezed = logits.any() and logits.equal(logits.clamp(0, 1))
    X = random(4, 384, 32, 32)  # so large that 384 maxima read at most 38% of it
    X = torch.cat([X, -X]).requires_grad_()  # what a ReLU hides in one, the other shows
    (gradient,) = torch.autograd.grad(net(X).sum(), X)
    places = (gradient != 0).any(dim=1)
    tried.seen = places.any(dim=0).all() and places.float().mean() > 0.4
    return tried


def kind_of(Y, height, width):
    """Return what two pictures with maps of this size were made into."""
    if not isinstance(Y, torch.Tensor):
        raise Unfit(f"Your network returns a {type(Y).__name__}, and not a tensor.")
    known = {
        (2, 10, height, width): "maps",
        (2, 10 * height * width): "maps",
        (2, 10, 1, 1): "not flattened",  # the last one counts where H = W = 1
        (2, 10): "logits",
    }
    return known.get(tuple(Y.shape), tuple(Y.shape))


def head(*layers):
    """Return a function that builds this head; each layer is a function, too."""
    return lambda: nn.Sequential(*[layer() for layer in layers])


def conv(size):
    return lambda: nn.Conv2d(384, 10, size, padding=size // 2)


def average():
    return nn.AdaptiveAvgPool2d(1)


EXERCISES = [
    Number(
        id="08.thousand-classes",
        topic="parameters of NiN's last block for 1,000 classes",
        activity="count",
        right=5_459_000,
        because="384 · 1,000 · 9 + 1,000 for the 3 × 3 windows, and twice "
        "1,000 · 1,000 + 1,000: the 1 × 1 convolutions grow with the square of the "
        "number of classes. AlexNet's last layer alone would have 4,097,000.",
        misconceptions=(
            Misconception(
                "a hundred times as many",
                34_790 * 100,
                "You took 100 times the parameters for 10 classes. That holds for the "
                "first convolution. How many channels do the 1 × 1 convolutions read?",
            ),
            Misconception(
                "one weight a channel in a 1×1",
                3_457_000 + 2 * (1000 + 1000),
                "You gave a 1 × 1 convolution one weight for each channel. Each of its "
                "output channels mixes *all* channels of the pixel.",
            ),
            Misconception(
                "no 1×1",
                3_457_000,
                "That is the 3 × 3 convolution alone. What follows it in a NiN block?",
            ),
            Misconception(
                "only one 1×1",
                3_457_000 + 1_001_000,
                "You counted one 1 × 1 convolution. How many has a block unless "
                "`num_1x1` says otherwise?",
            ),
            Misconception(
                "no biases",
                3_456_000 + 2_000_000,
                "That is the count without the biases. Each of the three convolutions "
                "has one for each of its output channels.",
            ),
        ),
        hints=(
            "Three convolutions, one of 3 × 3 and two of 1 × 1. How many channels go "
            "into each, and how many come out?",
            "A convolution has C_out · C_in · (window) + C_out parameters. For the "
            "1 × 1 ones, C_in and C_out are both the number of classes.",
        ),
        see="What it saves",
    ),
    Letters(
        id="08.can-do",
        topic="what one 1×1 convolution can do",
        activity="recall",
        right="ACF",
        options="ABCDEF",
        because="Each needs only the numbers of the pixel itself: three channels mixed "
        "into one, 256 into 64, and one channel with weight −1 and bias 1.",
        misconceptions=(
            Misconception(
                "it can blur",
                "ABCF",
                "With B it would have to take an average of neighbouring pixels. How "
                "many pixels lie in its window?",
            ),
            Misconception(
                "it can find edges",
                "ACDF",
                "With D it would have to compare a pixel with the one beside it: an "
                "edge is a difference of neighbours. Does it see both?",
            ),
            Misconception(
                "it can move the picture",
                "ACEF",
                "With E an output pixel would have to read a pixel that lies further "
                "left. Which single pixel does it read?",
            ),
            Misconception(
                "bias forgotten",
                "AC",
                "What you chose can be done, and something is missing. Besides its "
                "weights the layer has a bias: what is w · x + b for a negative w?",
            ),
            Misconception(
                "number of channels kept",
                "AF",
                "What you chose can be done, and something is missing. In a NiN block "
                "as many channels come out as go in: must that be so?",
            ),
            Misconception(
                "colours not mixed",
                "CF",
                "What you chose can be done, and something is missing. What happens to "
                "the input channels of one pixel on the way to one output channel?",
            ),
        ),
        hints=(
            "One question for each: is the output at a pixel made from the numbers of "
            "that same pixel only?",
            "It computes w · x + b with all channels x of one pixel. The number of its "
            "output channels is free.",
        ),
        see="A small network at every pixel",
    ),
    Code(
        id="08.conv1x1",
        topic="a 1×1 convolution as a fully connected layer at every pixel",
        activity="code",
        reference=F.conv2d,
        names=("X", "weight", "bias"),
        cases=conv1x1_cases,
        slips=CONV1X1_SLIPS,
        because="It gives what `F.conv2d` gives, for every shape that was tried: a "
        "fully connected layer at every pixel, the same one everywhere.",
        misconceptions=(
            Misconception(
                "bias forgotten",
                lambda X, weight, bias: F.conv2d(X, weight),
                "Your function ignores `bias`: one number for each output channel, the "
                "same at every pixel.",
            ),
            Misconception(
                "bias for every input channel",
                lambda X, weight, bias: F.conv2d(X, weight, bias * X.shape[1]),
                "You add the bias once for every input channel. Sum over the input "
                "channels first, then add it once.",
            ),
            Misconception(
                "weight reshaped, not transposed",
                weight_reshaped,
                "Your weight matrix has the right shape and its numbers in the wrong "
                "places: `reshape` does not swap axes, `.T` does.",
            ),
            Misconception(
                "channels left last",
                lambda X, weight, bias: F.conv2d(X, weight, bias).permute(0, 2, 3, 1),
                "The numbers are right, but the channels are the last axis. A "
                "convolution returns (N, C_out, H, W): move them back.",
            ),
            Misconception(
                "reshaped back",
                reshaped_back,
                "The products are right, but you brought the channels back by "
                "`reshape`, which only cuts the row of numbers anew. To move an axis "
                "takes `permute`.",
            ),
            Misconception(
                "pixels cut across channels",
                reshaped_twice,
                "Your rows are not the channels of one pixel: in (N, C, H, W) "
                "neighbours in memory are pixels of one channel. Move the channel axis "
                "to the end before you cut rows.",
            ),
        ),
        hints=(
            "`F.linear(rows, matrix, bias)` mixes along the *last* axis. Which axis "
            "of X holds the channels?",
            "`X.permute(0, 2, 3, 1)` is (N, H, W, C_in), and `weight.flatten(1)` is "
            "the matrix (C_out, C_in). Then the channels must go back.",
        ),
        see="A small network at every pixel",
    ),
    Shape(
        id="08.map-shape",
        topic="shape of the class maps for a wide picture",
        activity="shape",
        right=(4, 10, 2, 6),
        because="128 → 30 → 14 → 6 → 2 and 256 → 62 → 30 → 14 → 6; the other "
        "convolutions keep the size, and the last block has a channel for each class.",
        misconceptions=(
            Misconception(
                "rounded up, or halved",
                (4, 10, 3, 7),
                "That comes out with rounding up, or if a pooling halves the side. Its "
                "window is 3 pixels wide and must fit in: ⌊(n − 3)/2⌋ + 1.",
            ),
            Misconception(
                "a pooling forgotten",
                (4, 10, 6, 14),
                "One pooling is missing: count those in `nin`. There is one between "
                "any two blocks.",
            ),
            Misconception(
                "channels of the third block",
                (4, 384, 2, 6),
                "384 channels go *into* the last block. How many maps does it make?",
            ),
            Misconception(
                "average taken",
                (4, 10),
                "Those are the logits. `[:-2]` leaves out the average and the "
                "flattening: what do they work on?",
            ),
            Misconception(
                "height and width swapped",
                (4, 10, 6, 2),
                "You have width before height. The order is (N, C, height, width), and "
                "this picture is wider than high.",
            ),
        ),
        hints=(
            "Height and width go their own ways, by the same formula. First the "
            "11 × 11 window with stride 4, then three poolings.",
            "⌊(128 − 11)/4⌋ + 1 = 30, and a pooling makes ⌊(30 − 3)/2⌋ + 1 = 14 of it. "
            "Go on, and do the same with 256.",
        ),
        see="The network",
    ),
    Number(
        id="08.two-places",
        topic="the smallest side with class maps of 2 × 2",
        activity="experiment",
        right=99,
        because="A second place of the map begins 4 · 2 · 2 · 2 = 32 pixels after the "
        "first, the product of all strides: 67 + 32.",
        misconceptions=(
            Misconception(
                "only the first stride",
                67 + 4,
                "That is one step of the first window further. The three poolings take "
                "steps of 2, which stretch it: the map is still 1 × 1.",
            ),
            Misconception(
                "the first stride left out",
                67 + 8,
                "You counted the strides of the three poolings. What does the first "
                "convolution do with each of these steps?",
            ),
            Misconception(
                "one pixel more",
                67 + 1,
                "One pixel more makes room for a second window only if all strides are "
                "1. How many pixels lie between two places of the last map?",
            ),
            Misconception(
                "off by one",
                98,
                "There the map is still 1 × 1, if only just: try the side next to it.",
            ),
            Misconception(
                "the largest such side",
                130,
                "The maps are 2 × 2 there, and also for smaller sides. PyTorch rounds "
                "down, so many sides give the same map; the smallest is wanted.",
            ),
            Misconception(
                "twice 67",
                134,
                "You doubled 67. The windows of neighbouring places overlap, so a "
                "second place costs less: here the maps are 3 × 3 already.",
            ),
            Misconception(
                "whole receptive fields",
                195 + 32,
                "You laid two whole receptive fields into the picture. The paddings of "
                "the blocks let them stick out: NiN takes 67 pixels, less than 195.",
            ),
        ),
        hints=(
            "`nin()[:-2](torch.rand(1, 1, side, side)).shape` for one side; a loop "
            "over sides from 67 on finds where it changes.",
            "With a pencil, backwards: a pooling needs 3 pixels for one place, 5 for "
            "two. What must the pooling before it give, and what the first window?",
        ),
        see="Global average pooling",
    ),
    Design(
        id="08.head",
        topic="a head for maps of any size with fewer than 4,000 parameters",
        activity="design",
        example=head(conv(1), average, nn.Flatten),
        convert=tried_head,
        because="It gives ten logits for maps of every size that was tried, every "
        "place has its share, and it is cheaper than NiN's own last block.",
        misconceptions=(
            Misconception(
                "one size only",
                head(nn.Flatten, lambda: nn.Linear(384 * 5 * 5, 10)),
                "It takes some sizes of maps, and not others: somewhere it counts on a "
                "certain height and width, as AlexNet's fully connected layers do.",
                found=lambda tried: tried.one_size,
            ),
            Misconception(
                "no average",
                head(conv(1)),
                "Ten class maps come out, or all their numbers in a row. A class needs "
                "one number, whatever the size of its map.",
                found=lambda tried: "maps" in tried.kinds,
            ),
            Misconception(
                "not flattened",
                head(conv(1), average),
                "The shape is (N, 10, 1, 1): the numbers are there, but the loss wants "
                "logits of shape (N, 10). What stands at the very end of `nin`?",
                found=lambda tried: tried.kinds != {"logits"},
            ),
            Misconception(
                "too many parameters",
                head(conv(3), average, nn.Flatten),
                "It works for every size, but has 4,000 parameters or more. A window "
                "of 3 × 3 has nine weights for every pair of channels: is it needed?",
                found=lambda tried: tried.parameters >= 4000,
            ),
            Misconception(
                "probabilities for logits",
                head(conv(1), average, nn.Flatten, lambda: nn.Softmax(dim=1)),
                "Its numbers always lie between 0 and 1: probabilities, not logits. "
                "`F.cross_entropy` applies the softmax itself.",
                found=lambda tried: tried.squeezed,
            ),
            Misconception(
                "maximum for average",
                head(conv(1), lambda: nn.AdaptiveMaxPool2d(1), nn.Flatten),
                "Some places of the maps have no influence on any logit. A maximum "
                "reads one place of each map; which layer reads all of them?",
                found=lambda tried: not tried.seen,
            ),
        ),
        hints=(
            "Two jobs: from 384 channels to 10, and from H × W places to one. Which "
            "layer does each for any size?",
            "384 · 10 weights and 10 biases fit into the 4,000. The average has no "
            "parameters and takes any H and W; `nn.Flatten()` drops two axes of 1.",
        ),
        see="Global average pooling",
    ),
]

PREDICTIONS = [
    Prediction(
        id="08.map-side",
        asks="A picture of 224 pixels: how many numbers wide is a class map?",
        unit="numbers",
    ),
    Prediction(
        id="08.fewer",
        asks="How many times fewer parameters does the last block have than AlexNet's "
        "fully connected layers?",
        unit="times",
    ),
    Prediction(
        id="08.sees",
        asks="How many pixels wide is what one number of a class map sees, at most?",
        unit="pixels",
    ),
]
