"""Exercises of notebook 05, LeNet."""

import math
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit, ready
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import (
    Letters,
    Misconception,
    Number,
    Prediction,
    Shape,
)
from cnn_course.networks import lenet


def cross_entropy_cases(generator):
    # All logits are positive: so a logarithm of the logits themselves is a number, too,
    # and can be recognised.
    def random(pictures, classes):
        logits = 5 * torch.rand(
            pictures, classes, generator=generator, dtype=torch.float64
        )
        return logits, torch.randint(classes, (pictures,), generator=generator)

    sizes = [(2, 3), (5, 5), (7, 10), (128, 10), (3, 100), (6, 2), (1, 7)]
    logits, labels = random(8, 4)
    tiny = [  # whole numbers, to be read in a message
        ([[0, 0]], [1]),
        ([[1, 3]], [0]),
        ([[1, 3]], [1]),
        ([[1, 3], [2, 2]], [1, 0]),
        ([[3, 1, 2], [1, 2, 5]], [2, 1]),
    ]
    return [
        *[(torch.tensor(rows).double(), torch.tensor(y)) for rows, y in tiny],
        *[random(*size) for size in sizes],
        (logits - 3, labels),  # of both signs
        (logits, torch.full_like(labels, 3)),  # one and the same class
        (logits.clone().fill_(1), labels),  # no idea
        (20 * F.one_hot(labels, 4).double() + logits, labels),  # sure, and right
        (20 * F.one_hot(labels, 4).double() + logits, (labels + 1) % 4),  # and wrong
    ]


def one_number(answer, logits, labels):
    """Return the result, as a number if it is a tensor of one number."""
    result = answer(logits, labels)
    if isinstance(result, torch.Tensor) and result.numel() == 1:
        result = result.item()
    return result


def picked(table, labels):
    """Return of each row the number at its label."""
    return table[torch.arange(len(labels)), labels]


def losses(logits, labels):
    return F.cross_entropy(logits, labels, reduction="none")


CROSS_ENTROPY_SLIPS = {
    "You took the softmax over the whole table: all your probabilities together add up "
    "to 1. Each row should, one picture over its classes.": (
        lambda logits, y: -picked(logits - logits.logsumexp((0, 1)), y).mean()
    ),
    "The logarithm is missing: you took the mean of the probabilities. How is a "
    "probability made into a loss that is large where it is small?": (
        lambda logits, y: -picked(logits.softmax(dim=1), y).mean()
    ),
    "Your logarithm has the base 2. Cross-entropy takes the natural one, `log`.": (
        lambda logits, y: losses(logits, y).mean() / math.log(2)
    ),
    "Your logarithm has the base 10. Cross-entropy takes the natural one, `log`.": (
        lambda logits, y: losses(logits, y).mean() / math.log(10)
    ),
    "You return one loss for each picture. Wanted is one number, their mean.": losses,
    "You took the softmax twice. Is what you give to `log_softmax` or "
    "`F.cross_entropy` a probability already?": (
        lambda logits, y: losses(logits.softmax(dim=1), y).mean()
    ),
    "You took the logit of the right class, without softmax: logits are no "
    "probabilities yet. What makes a row of them add up to 1?": (
        lambda logits, y: -picked(logits, y).mean()
    ),
    "All classes count in yours, and the labels do not. Of each row only the number at "
    "its label counts.": lambda logits, y: -logits.log_softmax(dim=1).mean(),
    "Only the first picture counts. Does a `return` stand inside the loop?": (
        lambda logits, y: losses(logits, y)[0]
    ),
    "Only the last picture counts: in the loop each loss is written over the one "
    "before. Add them up, then divide.": lambda logits, y: losses(logits, y)[-1],
}


def in_three_layers(activation=nn.Sigmoid, out=10):
    """Return a list: a convolution of 6 channels, pooling, one linear layer."""
    return [
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        activation(),
        nn.AvgPool2d(kernel_size=4, stride=4),
        nn.Flatten(),
        nn.Linear(6 * 7 * 7, out),
    ]


def tried(answer):
    """Return what the requirements of 05.smaller look at, of a network that was run."""
    built = callable(answer) and not isinstance(answer, nn.Module)
    net = answer() if built else answer
    if not isinstance(net, nn.Module):
        raise Unfit(
            f"{'It returns' if built else 'This is'} {describe(net)}. A function that "
            "returns a network is wanted, as `lenet` does."
        )
    # A copy, in float64 and without dropout: only rounding could blur what is linear.
    net = ready(net, torch.float64)
    generator = torch.Generator().manual_seed(0)
    A, B = torch.randn(2, 2, 1, 28, 28, generator=generator, dtype=torch.float64)
    found = SimpleNamespace(runs=True, convolves=False, linear=False, sums_to_one=False)
    try:
        with torch.no_grad():
            fA, fB, fAB, f0 = net(A), net(B), net(A + B), net(torch.zeros_like(A))
    except Exception:  # whatever PyTorch says of shapes that do not fit
        found.runs = False
        return found
    found.shape = tuple(fA.shape) if isinstance(fA, torch.Tensor) else None
    found.parameters = sum(p.numel() for p in net.parameters())
    found.convolves = any(isinstance(layer, nn.Conv2d) for layer in net.modules())
    if found.shape == (2, 10):
        found.linear = torch.allclose(fA + fB, fAB + f0, rtol=1e-9, atol=1e-9)
        sums = fA.sum(dim=1)
        found.sums_to_one = bool(
            (fA >= 0).all() and torch.allclose(sums, torch.ones_like(sums))
        )
    return found


EXERCISES = [
    Shape(
        id="05.second-pooling",
        topic="shape behind LeNet's second pooling, for other pictures",
        activity="shape",
        right=(8, 16, 6, 9),
        because="Height: 32 → 32 → 16 → 12 → 6. Width: 45 → 45 → 22 → 18 → 9, since "
        "45/2 is rounded down. The channels are those of the second convolution.",
        misconceptions=(
            Misconception(
                "padding forgotten",
                (8, 16, 5, 8),
                "That is without any padding. The first convolution has padding 2: "
                "what does a 5 × 5 kernel then take away?",
            ),
            Misconception(
                "both convolutions padded",
                (8, 16, 8, 11),
                "You padded both convolutions. Only the first has padding; what does "
                "the second one leave of each side?",
            ),
            Misconception(
                "pooling rounded up",
                (8, 16, 6, 10),
                "You rounded half of 45 up. A window that would stick out on the right "
                "is left out, so that column is lost.",
            ),
            Misconception(
                "height and width swapped",
                (8, 16, 9, 6),
                "The numbers are right, but height comes before width in PyTorch, in "
                "the input as in the output.",
            ),
            Misconception(
                "channels kept",
                (8, 3, 6, 9),
                "Height and width are right. But the three colours are summed away by "
                "the first convolution: whose maps are pooled at the end?",
            ),
            Misconception(
                "batch forgotten",
                (16, 6, 9),
                "That is what one picture becomes. Eight of them go through side by "
                "side.",
            ),
        ),
        hints=(
            "Height and width separately, layer by layer: convolution, pooling, "
            "convolution, pooling.",
            "A 5 × 5 convolution takes 4 away, unless padding puts them back. A "
            "pooling halves, and rounds down.",
        ),
        see="Two ways to look at a picture",
    ),
    Number(
        id="05.colour-lenet",
        topic="parameters of a LeNet for small colour pictures",
        activity="count",
        right=108_086,
        because="456 + 2,416 + 94,200 + 10,164 + 850. The first convolution has 300 "
        "weights more than before, the first fully connected layer 46,080: it now has "
        "16 · 7 · 7 = 784 inputs.",
        misconceptions=(
            Misconception(
                "no biases",
                107_850,
                "That is the count without the biases: one for each output channel, "
                "and one for each output of a fully connected layer.",
            ),
            Misconception(
                "flattened as before",
                62_006,
                "Your flattening still gives 400 numbers, as for 28 × 28 pixels. How "
                "large are the maps behind the second pooling now?",
            ),
            Misconception(
                "grey picture",
                107_786,
                "You forgot the colours: each kernel of the first convolution has a "
                "sheet for every input channel.",
            ),
            Misconception(
                "one sheet a kernel",
                105_786,
                "You gave every kernel a single sheet of 5 × 5, in both convolutions. "
                "It has one for each channel that comes in: how many are these?",
            ),
            Misconception(
                "one map flattened",
                19_886,
                "You flattened one map only, 49 numbers. All 16 maps are written in "
                "one row.",
            ),
            Misconception(
                "both convolutions padded",
                169_526,
                "That is with padding in the second convolution as well. Only the "
                "first has it, so the maps that are flattened are smaller.",
            ),
        ),
        hints=(
            "Five layers have parameters. Which of them notice that the picture has "
            "other channels, and which that it has another size?",
            "Follow one side: 37 → 37 → 18 → 14 → … The maps that are left, all 16 of "
            "them, are the inputs of the first fully connected layer.",
        ),
        see="Two ways to look at a picture",
    ),
    Letters(
        id="05.zero-grad",
        topic="the gradients cleared at the wrong place",
        activity="recall",
        right="C",
        options="ABCDEF",
        because="The gradients are gone before `step()` can use them, so no weight "
        "ever changes: the network stays as clueless as it was, near ln 10.",
        misconceptions=(
            Misconception(
                "the place does not matter",
                "A",
                "That holds for any place before `backward()`, or after `step()`. What "
                "is left for `step()` to work with here?",
            ),
            Misconception(
                "taken for leaving it out",
                "B",
                "Gradients pile up if nobody clears them. Here they are cleared in "
                "every round: only when?",
            ),
            Misconception(
                "an error expected",
                "D",
                "PyTorch does not complain: a parameter without a gradient is left out "
                "by `step()`. What does that mean for the loss?",
            ),
            Misconception(
                "random steps",
                "E",
                "Nothing is random in `step()`: it goes where the gradients say. How "
                "far does it go if there are none?",
            ),
            Misconception(
                "no gradient taken for no error",
                "F",
                "A gradient of zero at the minimum goes with a small loss. Deleting "
                "the gradient does not make the network any better.",
            ),
        ),
        hints=(
            "Say for each line what it reads and what it writes: `backward()` writes "
            "the gradients. Who reads them?",
            "If `step()` finds no gradients, what happens to the weights? And what is "
            "the loss of a network with its random start?",
        ),
        see="Training, in sight",
    ),
    Code(
        id="05.cross-entropy",
        topic="cross-entropy by hand",
        activity="code",
        reference=F.cross_entropy,
        cases=cross_entropy_cases,
        run=one_number,
        slips=CROSS_ENTROPY_SLIPS,
        names=("logits", "labels"),
        because="It gives what `F.cross_entropy` gives, for one picture and for many, "
        "for 2 classes and for 100, also if the network has no idea or is sure.",
        misconceptions=(
            Misconception(
                "sum instead of mean",
                lambda logits, labels: F.cross_entropy(logits, labels, reduction="sum"),
                "You added up the losses of all pictures. Then a larger batch has a "
                "larger loss: take the mean.",
            ),
            Misconception(
                "minus forgotten",
                lambda logits, labels: -F.cross_entropy(logits, labels),
                "The size is right, the sign is not. The logarithm of a probability is "
                "negative, and a loss is what should become small.",
            ),
            Misconception(
                "softmax along the batch",
                lambda logits, labels: F.nll_loss(logits.log_softmax(dim=0), labels),
                "Your probabilities add up to 1 down a column, over the pictures. They "
                "should for one picture, over its classes: which axis is that?",
            ),
            Misconception(
                "no softmax",
                lambda logits, labels: F.nll_loss(logits.log(), labels),
                "You took the logarithm of the logits. They are no probabilities yet: "
                "softmax makes them so.",
            ),
            Misconception(
                "the likeliest class",
                lambda logits, labels: -logits.log_softmax(dim=1).amax(dim=1).mean(),
                "You took the largest probability of each picture. The label says "
                "whose probability counts, however small it is.",
            ),
            Misconception(
                "mean of the whole table",
                lambda logits, labels: (
                    F.cross_entropy(logits, labels) / logits.shape[1]
                ),
                "You divided by all entries of the table. There is one loss for each "
                "picture: divide by the number of pictures.",
            ),
        ),
        hints=(
            "Three steps: probabilities from the logits, of each row the one at its "
            "label, minus the mean of their logarithms.",
            "`logits.softmax(dim=1)` makes every row add up to 1.",
            "`P[torch.arange(len(labels)), labels]` picks one number from each row.",
        ),
        see="Training, in sight",
    ),
    Number(
        id="05.one-run",
        topic="how often one run each would have misled",
        activity="experiment",
        # From notebooks/results/05_lenet.csv; the solution counts it out of the file.
        right=13,
        because="In 13 of the 25 pairs one run each would have said that flattening is "
        "better, in 11 that LeNet is; two runs are equal. The means differ by 0.0001. "
        "And who stops after 25 epochs finds LeNet ahead in 23.",
        misconceptions=(
            Misconception(
                "only runs of the same seed",
                3,
                "Those are the runs of the same seed (or `test_acc`). Each of the five "
                "could have been the only run of its network: five times five pairs, "
                "compared by `held_out_acc`.",
            ),
            Misconception(
                "LeNet ahead",
                11,
                "That is how often LeNet is ahead. The other way round is asked.",
            ),
            Misconception(
                "training accuracy",
                25,
                "In all pairs? So it is for `train_acc`, which does not say how good a "
                "network is on new pictures.",
            ),
            Misconception(
                "after the fifth epoch",
                24,
                "That is so after the fifth epoch: LeNet starts slowly. Take the rows "
                "of epoch 10.",
            ),
            Misconception(
                "at the end",
                2,
                "That is so at the end, after 25 epochs. Take the rows of epoch 10.",
            ),
            Misconception(
                "means compared",
                0,
                "Never? LeNet's mean is lower by 0.0001. Compare single runs, each "
                "with each, not the two means.",
            ),
            Misconception(
                "every epoch",
                256,
                "You went through all 25 epochs. Take the rows of epoch 10 only.",
            ),
            Misconception(
                "equal runs counted",
                14,
                "You counted equal runs, too. Are they better?",
            ),
            Misconception(
                "all other pairs",
                12,
                "Those are all other pairs. Which of the two is asked for?",
            ),
            Misconception(
                "in percent",
                52,
                "That is in percent. How many pairs of all are it?",
            ),
            Misconception(
                "a share",
                13 / 25,
                "That is the share. How many pairs of all are it?",
            ),
        ),
        hints=(
            "Make two lists of five numbers first: `runs` in the notebook does it, "
            'with `measure="held_out_acc"` and `epoch=10`.',
            "Then compare each number of one list with each of the other; `a > b` "
            "counts as 1 in a `sum`.",
        ),
        see="Training, in sight",
    ),
    Design(
        id="05.smaller",
        topic="a smaller LeNet",
        activity="design",
        example=lambda: nn.Sequential(*in_three_layers()),
        convert=tried,
        because="It takes the same pictures and gives ten logits, with less than a "
        "third of LeNet's parameters. How good it is, only training can say.",
        misconceptions=(
            Misconception(
                "layers do not fit",
                lambda: nn.Sequential(*in_three_layers()[:-1], nn.Linear(400, 10)),
                "A batch of shape (2, 1, 28, 28) does not get through. Print the shape "
                "after every layer: what does the next one expect?",
                found=lambda net: not net.runs,
            ),
            Misconception(
                "not ten logits a picture",
                lambda: nn.Sequential(*in_three_layers()[:-2], nn.Linear(7, 10)),
                "From (2, 1, 28, 28) it does not make (2, 10): one row of ten logits "
                "for each picture. Is everything flattened before the last layers?",
                found=lambda net: net.shape != (2, 10),
            ),
            Misconception(
                "too many parameters",
                lenet,
                "It gives ten logits, but has more than 20,000 parameters. In which "
                "layer does LeNet have most of them?",
                found=lambda net: net.parameters > 20_000,
            ),
            Misconception(
                "no convolution",
                lambda: nn.Sequential(
                    nn.Flatten(), nn.Linear(784, 16), nn.Sigmoid(), nn.Linear(16, 10)
                ),
                "It is small enough, but there is no `nn.Conv2d` in it: it knows "
                "nothing of neighbours.",
                found=lambda net: not net.convolves,
            ),
            Misconception(
                "linear in disguise",
                lambda: nn.Sequential(*in_three_layers(nn.Identity)),
                "All its layers together are no more than one linear layer: "
                "convolutions, average pooling and `nn.Linear` only add and weight. "
                "What stands between LeNet's layers?",
                found=lambda net: net.linear,
            ),
            Misconception(
                "softmax at the end",
                lambda: nn.Sequential(*in_three_layers(), nn.Softmax(dim=1)),
                "It ends with probabilities. `F.cross_entropy` wants logits and does "
                "the softmax itself: done twice, the loss can never become small.",
                found=lambda net: net.sums_to_one,
            ),
        ),
        hints=(
            "Begin with a copy of `lenet` and look for the layer with most of the "
            "parameters: on what does its size depend?",
            "Fewer outputs in the first fully connected layer, or one fully connected "
            "layer less. Then make the next layer's inputs fit.",
        ),
        see="Two ways to look at a picture",
    ),
]

PREDICTIONS = [
    Prediction(
        id="05.fc-share",
        asks="How many percent of LeNet's parameters are in fully connected layers?",
        unit="%",
        near=0.05,
    ),
    Prediction(
        id="05.chance",
        asks="The cross-entropy of a network that gives every class 1/10?",
    ),
    Prediction(
        id="05.fall",
        asks="Pictures moved by two pixels: how far does LeNet's accuracy fall?",
        unit="percentage points",
        near=0.2,
    ),
]
