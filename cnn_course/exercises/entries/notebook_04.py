"""Exercises of notebook 04, pooling."""

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.kinds import (
    Grid,
    Letters,
    Misconception,
    Number,
    Prediction,
)


def run_layer(layer_class, X, size, stride=None, compared="output"):
    """Build a student's pooling layer; return its output for X, or X's gradient."""
    if isinstance(layer_class, nn.Module):
        raise TypeError("hand in the class itself, without parentheses behind it")
    layer = layer_class(size) if stride is None else layer_class(size, stride)
    if compared == "output":
        return layer(X)
    X = X.clone().requires_grad_()
    Y = layer(X)
    if not isinstance(Y, torch.Tensor):
        return Y
    if not Y.requires_grad:  # nothing leads back to X
        return torch.zeros_like(X)
    (gradient,) = torch.autograd.grad(Y.sum(), X, allow_unused=True)
    return torch.zeros_like(X) if gradient is None else gradient


def max_pool_cases(generator):
    def random(*size):  # of both signs: a maximum that starts at 0 must be found out
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    def whole(*rows):
        return torch.tensor([[rows]], dtype=torch.float64)

    return [
        (whole([-3]), 1),  # whole numbers, to be read in a message
        (whole([1, 2], [3, 0]), 2),
        (whole([-1, -2], [-4, -3]), 2),
        (whole([4, 1, 2], [0, 5, 3]), 2, 1),
        (whole([4, 1], [0, -5], [2, 3]), 2, 1),
        (whole([4, 1, 2], [0, 5, 3]), 1, 2),
        (whole([5, 7, 1, -2], [6, 8, 3, 4]), 2),
        (torch.cat([whole([-3]), whole([2])]), 1),  # two pictures
        (torch.cat([whole([-3]), whole([2])], dim=1), 1),  # two channels
        (whole([1, 2], [4, 3]), 2, None, "gradient of the sum of all outputs"),
        ((10 * random(1, 1, 4, 4)).round(), 2),
        (random(2, 3, 6, 8), 2),
        (random(2, 3, 5, 7), 3),  # rows and columns are left over
        (random(1, 2, 7, 6), 2, 2),
        (random(3, 2, 7, 9), 3, 1),  # the windows overlap
        (random(2, 2, 8, 6), 3, 2),
        (random(2, 2, 10, 8), 2, 3),  # gaps between the windows
        (random(2, 3, 4, 4), 4),  # as large as the input
        (random(2, 2, 5, 3), 1, 2),
        (random(2, 2, 6, 6).float(), 2),
        (random(2, 3, 6, 7), 2, 2, "gradient of the sum of all outputs"),
    ]


class _Wrong(nn.Module):
    """A pooling layer made of function(X, size, stride), for wrong examples."""

    function = None

    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, stride or size

    def forward(self, X):
        return type(self).function(X, self.size, self.stride)


def wrong(function):
    return type("MaxPool", (_Wrong,), {"function": staticmethod(function)})


def pooled(X, size, stride):
    return F.max_pool2d(X, size, stride)


def by_windows(
    sides=lambda H, W, n, s: ((H - n) // s + 1, (W - n) // s + 1),
    window=lambda X, i, j, n, s: X[:, :, i * s : i * s + n, j * s : j * s + n],
    best=lambda window: window.amax(dim=(2, 3)),
):
    """Return a layer like the solution with something wrong in it; n is its size."""

    def forward(X, size, stride):
        H, W = sides(*X.shape[2:], size, stride)
        Y = torch.zeros(*X.shape[:2], H, W, dtype=X.dtype)
        for i in range(H):
            for j in range(W):
                Y[:, :, i, j] = best(window(X, i, j, size, stride))
        return Y

    return wrong(forward)


MAX_POOL_SLIPS = {
    "Where a window holds negative numbers only, yours gives 0: your maximum begins "
    "with 0. Begin with a number of the window itself, or with `-inf`.": wrong(
        lambda X, size, stride: pooled(X, size, stride).relu()
    ),
    "You add up the numbers of each window. The largest one is wanted.": by_windows(
        best=lambda window: window.sum(dim=(2, 3))
    ),
    "You take the smallest number of each window. The largest one is wanted.": wrong(
        lambda X, size, stride: -pooled(-X, size, stride)
    ),
    "You take the number that is farthest from 0, without its sign. Is there an "
    "`abs`?": wrong(lambda X, size, stride: pooled(X.abs(), size, stride)),
    "You return *where* the largest number stands in its window. The number itself is "
    "wanted: `amax` instead of `argmax`.": by_windows(
        best=lambda window: window.flatten(2).argmax(dim=2)
    ),
    "Your windows leave out their last row and column: `range(n)` and `a : b` end "
    "before their end.": by_windows(
        window=lambda X, i, j, n, s: X[:, :, i * s :, j * s :][
            :, :, : max(n - 1, 1), : max(n - 1, 1)
        ]
    ),
    "Window (i, j) begins at row i in yours: it moves by one pixel, whatever the "
    "stride. It should begin at row `i * stride`, column `j * stride`.": by_windows(
        window=lambda X, i, j, n, s: X[:, :, i : i + n, j : j + n]
    ),
    "Your output is as wide as it is high, whatever X is. Height and width each need "
    "their own computation.": by_windows(lambda H, W, n, s: ((H - n) // s + 1,) * 2),
    "You divide H and W by the stride. The way that the window can go is shorter, "
    "`H - size`, and at its beginning it stands at one place more.": by_windows(
        lambda H, W, n, s: (H // s, W // s)
    ),
    "You take the maximum over the channels, too. Each channel is pooled by itself.": (
        wrong(lambda X, size, stride: pooled(X.amax(1, keepdim=True), size, stride))
    ),
    "Only the first picture of the batch is right; the others stay 0. Over which axis "
    "does nothing run yet?": wrong(
        lambda X, size, stride: torch.cat(
            [pooled(X[:1], size, stride), 0 * pooled(X[1:], size, stride)]
        )
    ),
}


def two_whole_numbers(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 2:
        raise Unfit("Two numbers are wanted: `(window, stride)`.")
    if not all(type(n) is int and n >= 1 for n in answer):
        raise Unfit("Window and stride are whole numbers, 1 or more.")
    if answer[0] > 28:
        raise Unfit("The window does not fit into 28 × 28 pixels.")
    return answer


def places(answer):
    window, stride = answer
    return (28 - window) // stride + 1


EXERCISES = [
    Number(
        id="04.parameters",
        topic="parameters of a convolution with a pooling behind it",
        activity="count",
        right=880,
        because="There are 16 · 6 · 9 weights and 16 biases. The pooling has no "
        "parameters: which number is the largest need not be learned.",
        misconceptions=(
            Misconception(
                "a weight for each pixel of the window",
                884,
                "That is four more than the convolution has: a weight for each pixel "
                "of the 2 × 2 window. With what does a maximum multiply its inputs?",
            ),
            Misconception(
                "a window of weights for each channel",
                944,
                "You gave the pooling 2 × 2 weights for each of the 16 channels, as if "
                "it had kernels. What would they do to the largest number of a window?",
            ),
            Misconception(
                "counted like a convolution",
                1920,
                "You counted the pooling like a convolution from 16 to 16 channels, "
                "with biases. Both look through a window. Do both have something to "
                "learn?",
            ),
            Misconception(
                "one number for each channel",
                896,
                "You gave the pooling one number for each channel, such as a bias. Is "
                "anything added to the largest number before it goes out?",
            ),
            Misconception(
                "no biases in the convolution",
                864,
                "That leaves out the biases of the convolution: one for each map that "
                "it makes.",
            ),
            Misconception(
                "the pooling alone",
                0,
                "That is the pooling by itself. The network has a convolution before "
                "it, and that has something to learn.",
            ),
        ),
        hints=(
            "Go layer by layer. The convolution is counted as in notebook 03.",
            "A parameter is a number that training changes. Which number in "
            "`window.max()` could training change?",
        ),
        see="How many parameters?",
    ),
    Letters(
        id="04.backward",
        topic="pooling in the backward pass",
        activity="recall",
        right="BCE",
        options="ABCDE",
        because="The gradient passes through the pooling to the layer before it; it "
        "leaves with one number for each input, and for a maximum the forward pass "
        "must have noted which input it was.",
        misconceptions=(
            Misconception(
                "no parameters, no backward pass",
                "A",
                "If the backward pass left out the pooling, nothing would reach the "
                "layers before it, and they would never learn. To have no gradient of "
                "one's own is one thing, to hand on what arrives another.",
            ),
            Misconception(
                "pooling is trained",
                "D",
                "An optimizer changes parameters. You have just counted those of a "
                "pooling layer: what could it change there?",
            ),
            Misconception(
                "handed on unchanged",
                "B",
                "That one holds, and others do, too. What arrives cannot be handed on "
                "as it is: compare the number of outputs with the number of inputs.",
            ),
            Misconception(
                "nothing need be kept",
                "BC",
                "Both hold, and one is missing. Two inputs with different numbers can "
                "give the same output. Does the output tell where the gradient goes?",
            ),
            Misconception(
                "gradient of the output's shape",
                "BE",
                "Both hold, and one is missing. Think of shapes: how many numbers does "
                "the layer before the pooling expect, one for each of its outputs?",
            ),
            Misconception(
                "passes through, and is trained",
                "BCDE",
                "One letter too many. Gradients pass through the pooling, but a step "
                "of the optimizer changes only what is in `parameters()`.",
            ),
        ),
        hints=(
            "Take a convolution, a pooling and a loss. By which way does the loss "
            "depend on the weights of the convolution?",
            "Two by two inputs make one output. Going back: how many numbers come in, "
            "how many must go out, and does the number that comes in say to whom?",
        ),
        see="The way back",
    ),
    Grid(
        id="04.gradient",
        topic="gradients through max pooling with overlapping windows",
        activity="count",
        right=[[0, 3, 0], [8, 0, 4], [0, 0, 0]],
        because="The 6 wins both upper windows and collects 1 + 2; in the lower left "
        "window two 4s tie and the first gets the 8; the 5 wins the last window.",
        misconceptions=(
            Misconception(
                "overwritten instead of added",
                [[0, 2, 0], [8, 0, 4], [0, 0, 0]],
                "The 6 wins in two windows, and you kept only what it got from the "
                "second. If the 6 grows a little, how many outputs grow?",
            ),
            Misconception(
                "a tie counted twice",
                [[0, 3, 0], [8, 0, 4], [8, 0, 0]],
                "In the lower left window two inputs tie and you gave the whole "
                "gradient to each, so more goes out than came in. Whom does PyTorch "
                "choose?",
            ),
            Misconception(
                "average pooling",
                [[0.25, 0.75, 0.5], [2.25, 3.75, 1.5], [2, 3, 1]],
                "That is the way back through average pooling: each input gets a "
                "quarter. A maximum depends on one of its inputs only.",
            ),
            Misconception(
                "everybody gets all",
                [[1, 3, 2], [9, 15, 6], [8, 12, 4]],
                "You handed the gradient to every input of a window, in full. Change a "
                "loser a little: does the maximum change?",
            ),
            Misconception(
                "wins counted",
                [[0, 2, 0], [1, 0, 1], [0, 0, 0]],
                "The places are right. You counted the windows that each input wins; "
                "put in the place of each win the gradient that arrives there.",
            ),
            Misconception(
                "arriving gradients transposed",
                [[0, 9, 0], [2, 0, 4], [0, 0, 0]],
                "You swapped the 2 and the 8: the first row of arriving gradients "
                "belongs to the two upper windows.",
            ),
            Misconception(
                "the last of equals",
                [[0, 3, 0], [0, 0, 4], [8, 0, 0]],
                "In the lower left window two inputs tie, and you gave the gradient to "
                "the last. Whom does PyTorch choose?",
            ),
            Misconception(
                "shared among equals",
                [[0, 3, 0], [4, 0, 4], [4, 0, 0]],
                "In the lower left window two inputs tie, and you gave half to each. "
                "Whom does PyTorch choose?",
            ),
            Misconception(
                "the first gradient kept",
                [[0, 1, 0], [8, 0, 4], [0, 0, 0]],
                "The 6 wins in two windows, and you kept only what it got from the "
                "first. If the 6 grows a little, how many outputs grow?",
            ),
            Misconception(
                "outputs for gradients",
                [[6, 6], [4, 5]],
                "Those are the outputs, the largest of each window. What comes back to "
                "the nine inputs?",
            ),
        ),
        hints=(
            "Find the four windows first, and mark the winner in each. PyTorch takes "
            "the first of equals, row by row.",
            "Each arriving gradient goes to one input, whole; an input that wins twice "
            "adds up what it gets. Your numbers must sum to 1 + 2 + 8 + 4.",
        ),
        see="The way back",
    ),
    Grid(
        id="04.padded-average",
        topic="what average pooling with padding divides by",
        activity="count",
        right=[[16, 24, 16], [24, 36, 24], [16, 24, 16]],
        because="Every window divides by 9, and a corner's holds four 36s only: an "
        "even picture gets a dark frame. With `count_include_pad=False` the zeros do "
        "not count, and all nine stay 36.",
        misconceptions=(
            Misconception(
                "zeros not counted",
                [[36] * 3] * 3,
                "You left the zeros out: `count_include_pad=False`, or max pooling. "
                "Here they count. How many numbers does a window in a corner hold?",
            ),
            Misconception(
                "a corner taken for a side",
                [[24, 24, 24], [24, 36, 24], [24, 24, 24]],
                "The sides are right. A window in a corner sticks out twice: it lacks "
                "a row *and* a column of the input.",
            ),
            Misconception(
                "the shared zero taken away twice",
                [[12, 24, 12], [24, 36, 24], [12, 24, 12]],
                "The sides are right. In a corner the row and the column of zeros "
                "share a number: how many of the nine are left?",
            ),
            Misconception(
                "no padding",
                [[36]],
                "That is without padding. With its frame of zeros the input is 5 × 5.",
            ),
            Misconception(
                "padding put around the output",
                [[0, 0, 0], [0, 36, 0], [0, 0, 0]],
                "You put the zeros around what comes out. They go around the input.",
            ),
            Misconception(
                "the default stride",
                [[16]],
                "That is a stride of 3, as large as the window. Here it is 1.",
            ),
        ),
        hints=(
            "Draw the 3 × 3 input with its frame of zeros, and the window in a corner, "
            "at a side, and in the middle.",
            "How many 36s does each window hold? The sum is divided by 9 every time.",
        ),
        see="By hand first",
    ),
    Number(
        id="04.every-fifth",
        topic="is it the window or the smaller map that softens a shift?",
        activity="experiment",
        right=75.0,
        tolerance=0.6,
        because="Leaving numbers out hardly helps: 75 % against 78 % with all of them. "
        "5 × 5 max pooling leaves as few numbers and changes by 34 %; it is the window "
        "that softens the shift.",
        misconceptions=(
            Misconception(
                "pooled with the maximum",
                34.3,
                "That is 5 × 5 max pooling, which looks at all numbers of a window. "
                "Here 24 of 25 are left out without a look.",
            ),
            Misconception(
                "pooled with the average",
                37.5,
                "That is 5 × 5 average pooling, to which every number contributes. "
                "Here no number is computed from its neighbours.",
            ),
            Misconception(
                "rows and columns not left out",
                78.3,
                "That is (nearly) the change without pooling. A batch of maps has the "
                "axes (N, C, H, W): you want every fifth of the last *two* axes.",
            ),
            Misconception(
                "a fraction for percent",
                0.75,
                "`change` returns a fraction of the map's size. The question is for "
                "percent.",
            ),
            Misconception(
                "a shift by two",
                114.0,
                "That is the change for a shift by two pixels. The second argument of "
                "`change` is the shift.",
            ),
        ),
        hints=(
            "`change` takes any function of the maps, for example "
            "`lambda Y: F.max_pool2d(Y, 5)`.",
            "`Y[:, :, ::5, ::5]` keeps every fifth row and column. Give `change` a "
            "function that returns this, and 1 for the shift.",
        ),
        see="A shift by one pixel",
    ),
    Code(
        id="04.max-pool",
        topic="a max pooling layer as a class",
        activity="code",
        reference=nn.MaxPool2d,
        cases=max_pool_cases,
        run=run_layer,
        slips=MAX_POOL_SLIPS,
        names=("X", "size", "stride", "compared"),
        because="It gives what `nn.MaxPool2d` gives, for every size and stride that "
        "was tried, and gradients find their way back through it.",
        misconceptions=(
            Misconception(
                "average instead of maximum",
                nn.AvgPool2d,
                "You took the average of each window. The largest number is wanted.",
            ),
            Misconception(
                "stride ignored",
                wrong(lambda X, size, stride: F.max_pool2d(X, size)),
                "`stride` changes nothing in your layer: its windows always touch. "
                "Window (i, j) begins at row `i * stride`.",
            ),
            Misconception(
                "a default stride of 1",
                lambda size, stride=1: nn.MaxPool2d(size, stride),
                "Without a stride your window moves by one pixel, as a convolution's "
                "does. For a pooling the default is another: see the beginning of this "
                "notebook.",
            ),
            Misconception(
                "one maximum for all channels",
                wrong(
                    lambda X, size, stride: F.max_pool2d(
                        X.amax((0, 1), keepdim=True), size, stride
                    ).expand(*X.shape[:2], -1, -1)
                ),
                "You took one maximum over all pictures and channels of the batch. "
                "Each channel of each picture is pooled by itself: take the maximum "
                "over the axes of height and width only.",
            ),
            Misconception(
                "rounded up",
                lambda size, stride=None: nn.MaxPool2d(size, stride, ceil_mode=True),
                "You rounded the size up: your last windows stick out of the input. "
                "PyTorch leaves such a window out; `//` rounds down.",
            ),
            Misconception(
                "the gradient cut off",
                wrong(lambda X, size, stride: F.max_pool2d(X.detach(), size, stride)),
                "The numbers are right, but no gradient reaches the input, so the "
                "layers before could not learn. `.item()`, `.detach()`, "
                "`torch.tensor(…)` and `torch.no_grad()` cut its way back.",
            ),
        ),
        hints=(
            "Keep `size` and `stride` in `__init__`; in `forward` begin with `pool2d` "
            "of this notebook, and `N, C, H, W = X.shape`.",
            "`X[:, :, top : top + size, left : left + size]` is the window of all "
            "pictures and channels at once, and `.amax(dim=(2, 3))` has a maximum for "
            "each.",
        ),
        see="By hand first",
    ),
    Design(
        id="04.even",
        topic="an average pooling whose inputs all get the same gradient",
        activity="design",
        example=(4, 4),
        convert=two_whole_numbers,
        because="Window and stride are equal, and 28 is a multiple of them: every "
        "input is in exactly one window, and gets one share.",
        misconceptions=(
            Misconception(
                "the map stays too large",
                (2, 2),
                "Your output has more than 10 rows and columns. They are "
                "⌊(28 − window)/stride⌋ + 1.",
                found=lambda answer: places(answer) > 10,
            ),
            Misconception(
                "nearly everything pooled away",
                (28, 28),
                "Your output has fewer than 3 rows and columns, so hardly anything is "
                "left of *where*. Use smaller windows or steps.",
                found=lambda answer: places(answer) < 3,
            ),
            Misconception(
                "gaps between the windows",
                (3, 4),
                "The size is right, but between your windows there are gaps, and an "
                "input in a gap gets no gradient at all.",
                found=lambda answer: answer[1] > answer[0],
            ),
            Misconception(
                "windows that overlap",
                (4, 3),
                "The size is right, but your windows overlap: an input in several "
                "windows gets a share from each, one in the corner from one only.",
                found=lambda answer: answer[1] < answer[0],
            ),
            Misconception(
                "the rest of the division forgotten",
                (3, 3),
                "The windows touch, but the last one ends before the last row and "
                "column: the size was rounded down, and what is left over gets no "
                "gradient.",
                found=lambda answer: 28 % answer[0] != 0,
            ),
        ),
        hints=(
            "An input's gradient is the sum of its shares, one for each window that it "
            "is in. When is that the same for all 784 inputs?",
            "The windows must touch without overlapping, and the last one must end "
            "exactly at pixel 28.",
        ),
        see="The way back",
    ),
]

PREDICTIONS = [
    Prediction(
        id="04.order",
        asks="A none, B 2×2 max, C 2×2 average, D 4×4 max: from least to most change?",
        options="ABCD",
    ),
    Prediction(
        id="04.non-zero",
        asks="2×2 max pooling: how many of the 16 inputs get a gradient other than 0?",
        unit="inputs",
    ),
    Prediction(
        id="04.unreached",
        asks="Max pooling, window 2, stride 3: how many of the 16 inputs get none?",
        unit="inputs",
        near=0,
    ),
]
