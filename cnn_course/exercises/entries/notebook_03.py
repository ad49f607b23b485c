"""Exercises of notebook 03, channels and shapes."""

import torch
import torch.nn.functional as F

from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.kinds import Misconception, Number, Prediction, Shape


def cross_correlation(X, K, padding=0, stride=1):
    """The reference of 03.corr2d, by PyTorch."""
    return F.conv2d(X[None, None], K[None, None], padding=padding, stride=stride)[0, 0]


def double(rows):
    return torch.tensor(rows, dtype=torch.float64)


def corr2d_cases(generator):
    def random(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    tiny = [  # whole numbers, to be read in a message
        ([[2]], [[3]]),
        ([[2]], [[0.5]], 1),
        ([[2]], [[3]], 1, 2),
        ([[1, 2]], [[3]]),
        ([[1], [2]], [[3]]),
        ([[1, 2], [3, 4]], [[1, 5]]),
        ([[1, 2], [3, 4]], [[1], [5]]),
        ([[1, 2], [3, 4]], [[1, 0], [2, 5]]),
        ([[1, 2, 3], [4, -5, 6]], [[1, -2]]),
        ([[1, 2]], [[1, 3]], 1),
        ([[1, 2, 3], [4, 5, 6]], [[2]], 0, 2),
        ([[1, 2], [3, 4], [5, 6]], [[1, 3]], 1, 2),
    ]
    sizes = [(3, 3, 2, 2), (5, 7, 3, 2), (8, 8, 3, 3), (9, 4, 1, 4), (6, 11, 5, 2)]
    pairs = [(random(H, W), random(h, w)) for H, W, h, w in sizes]
    return [
        *[(*map(double, case[:2]), *case[2:]) for case in tiny],
        *pairs,  # the defaults
        *[(X, K, 1) for X, K in pairs],
        *[(X, K, 2, 3) for X, K in pairs],  # a stride that leaves rows over
        (random(4, 5), random(4, 5)),  # as large as the input
        (random(7, 6), random(2, 2), 0, 3),  # a stride larger than the kernel
        (random(6, 6).float(), random(3, 3).float(), 1, 2),
    ]


def rounded_up(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4)
    more = [-(n - k) % stride for n, k in zip(X.shape, K.shape, strict=True)]
    return cross_correlation(F.pad(X, (0, more[1], 0, more[0])), K, 0, stride)


def sliding(
    sides=lambda H, W, h, w, s: ((H - h) // s + 1, (W - w) // s + 1),
    window=lambda X, i, j, h, w, s: X[i * s : i * s + h, j * s : j * s + w],
    reduce=lambda window, K: (window * K).sum(),
    frame=lambda X, p: F.pad(X, [p] * 4),
):
    """Return a function like the solution with something wrong in it.

    sides  gives the size of the output, from H and W with the frame
    """

    def corr2d(X, K, padding=0, stride=1):
        X = frame(X, padding)
        h, w = K.shape
        Y = torch.zeros(sides(*X.shape, h, w, stride), dtype=X.dtype)
        for i in range(Y.shape[0]):
            for j in range(Y.shape[1]):
                Y[i, j] = reduce(window(X, i, j, h, w, stride), K)
        return Y

    return corr2d


CORR2D_SLIPS = {
    "Your output is as wide as it is high, whatever X is. Height and width each need "
    "their own computation.": sliding(lambda H, W, h, w, s: ((H - h) // s + 1,) * 2),
    "Height and width are mixed up in the size of your output: height comes first.": (
        sliding(lambda H, W, h, w, s: ((W - w) // s + 1, (H - h) // s + 1))
    ),
    "You divide by the stride after adding 1. In `(H - h) // stride + 1` the 1 stands "
    "for the first place, before any step, and comes last.": sliding(
        lambda H, W, h, w, s: ((H - h + 1) // s, (W - w + 1) // s)
    ),
    "Rows and columns of K are swapped in yours. It is used as it is.": (
        lambda X, K, padding=0, stride=1: sliding()(X, K.T, padding, stride)
    ),
    "K is mirrored in yours, left and right. It is used as it is.": (
        lambda X, K, padding=0, stride=1: sliding()(X, K.flip(1), padding, stride)
    ),
    "The size is right, but your windows move by one pixel. Window (i, j) begins at "
    "row `i * stride` and column `j * stride`.": sliding(
        window=lambda X, i, j, h, w, s: X[i : i + h, j : j + w]
    ),
    "Only the rows know of the stride. The columns step as well.": (
        lambda X, K, padding=0, stride=1: cross_correlation(X, K, padding)[::stride]
    ),
    "The stride has got inside your window: it leaves gaps. The numbers of a window "
    "are neighbours; only where it begins is a step away.": (
        lambda X, K, padding=0, stride=1: F.conv2d(
            X[None, None], K[None, None], padding=padding, dilation=stride
        )[0, 0]
    ),
    "The products are not added up: a window gives one number, their sum.": sliding(
        reduce=lambda window, K: window * K
    ),
    "Of each window only the last product is left. They are added up: a sum.": sliding(
        reduce=lambda window, K: (window * K)[-1, -1]
    ),
    "You take the largest product of each window. A cross-correlation adds them up; "
    "the maximum comes with pooling.": sliding(
        reduce=lambda window, K: (window * K).max()
    ),
    "Your last row and column are missing. Where do your loops end? `range(n)` goes "
    "from 0 to n - 1.": lambda *given: cross_correlation(*given)[:-1, :-1],
    "You use the matrix product (`@`). The window is multiplied by the kernel number "
    "by number: `*`.": sliding(reduce=lambda window, K: (window @ K).sum()),
}


def three_whole_numbers(answer):
    if not isinstance(answer, (tuple, list)) or len(answer) != 3:
        raise Unfit("Three numbers are wanted: `(kernel_size, padding, stride)`.")
    if not all(type(n) is int for n in answer):
        raise Unfit("Kernel size, padding and stride are whole numbers.")
    kernel_size, padding, stride = answer
    if kernel_size < 1 or padding < 0 or stride < 1:
        raise Unfit("Kernel size and stride are at least 1, padding is at least 0.")
    return answer


def quarter_size(answer):
    kernel_size, padding, stride = answer
    return (64 + 2 * padding - kernel_size) // stride + 1


EXERCISES = [
    Number(
        id="03.fc-params",
        topic="parameters of a fully connected layer on a colour picture",
        activity="count",
        right=196_609_000,
        because="3 · 256 · 256 = 196,608 numbers go in, each has a weight to every one "
        "of the 1,000 outputs, and every output has a bias.",
        misconceptions=(
            Misconception(
                "no biases",
                3 * 256 * 256 * 1000,
                "That is the count without the biases. Every output adds a number of "
                "its own, whatever comes in: how many outputs are there?",
            ),
            Misconception(
                "one channel",
                256 * 256 * 1000 + 1000,
                "That is the count for a grey picture. RGB has three sheets of "
                "256 × 256 numbers, and the layer sees them all in one long row.",
            ),
            Misconception(
                "a bias for every input",
                3 * 256 * 256 * 1000 + 3 * 256 * 256,
                "You gave a bias to every input. It belongs to the outputs: one "
                "number, added after the weighted sum.",
            ),
            Misconception(
                "one weight for each input",
                3 * 256 * 256 + 1000,
                "You gave each input one weight. But every output has a weighted sum "
                "of its own, so each input has as many weights as there are outputs.",
            ),
        ),
        hints=(
            "How many numbers does the picture have, all three colours together?",
            "One output is a weighted sum of all of them and a bias. There are 1,000 "
            "outputs, and they share nothing.",
        ),
        see="Counting parameters",
    ),
    Number(
        id="03.conv-params",
        topic="parameters of a convolution on the same picture",
        activity="count",
        right=280,
        because="Each of the 10 output channels has a kernel of three sheets of 3 × 3 "
        "and a bias: 10 · 27 + 10. The size of the picture does not occur.",
        misconceptions=(
            Misconception(
                "no biases",
                270,
                "That is the count without the biases: one for each output channel.",
            ),
            Misconception(
                "one sheet a kernel",
                100,
                "You forgot the input channels: a kernel has a sheet of 3 × 3 weights "
                "for each of the three colours, and their results are added.",
            ),
            Misconception(
                "one bias for the layer",
                271,
                "You counted one bias for the whole layer. Every output channel has "
                "one.",
            ),
            Misconception(
                "a bias for every sheet",
                300,
                "You gave every sheet a bias. The sheets of one kernel are summed into "
                "one map, and the bias is added once to that.",
            ),
            Misconception(
                "weights for every place",
                10 * 254 * 254 * 27 + 10,
                "That would be a kernel of its own for every place in the picture. The "
                "same kernel is used everywhere: that is the point of a convolution.",
            ),
        ),
        hints=(
            "One output channel first: how many weights does its kernel have, if the "
            "picture has three channels?",
            "Weight `(C_out, C_in, 3, 3)`, bias `(C_out,)`.",
        ),
        see="Counting parameters",
    ),
    Shape(
        id="03.output-shape",
        topic="shape of the output with padding and stride",
        activity="shape",
        right=(8, 10, 14, 21),
        because="⌊(32 + 2 · 3 − 11)/2⌋ + 1 = ⌊13.5⌋ + 1 = 14 in height, and "
        "(45 + 2 · 3 − 11)/2 + 1 = 21 in width; the batch stays, and the channels are "
        "those of the layer.",
        misconceptions=(
            Misconception(
                "rounded up",
                (8, 10, 15, 21),
                "You rounded 13.5 up. PyTorch rounds down: a window that would stick "
                "out is left out.",
            ),
            Misconception(
                "padding forgotten",
                (8, 10, 11, 18),
                "That is the size without padding, which adds 3 pixels on every side.",
            ),
            Misconception(
                "the one forgotten",
                (8, 10, 13, 20),
                "⌊13.5⌋ is how many *steps* the window takes down; it stood at one "
                "place before the first step.",
            ),
            Misconception(
                "channels kept",
                (8, 3, 14, 21),
                "Height and width are right. The 3 input channels are summed away: how "
                "many maps does this layer make?",
            ),
            Misconception(
                "batch forgotten",
                (10, 14, 21),
                "That is one picture's output. There are 8 in the batch, and each is "
                "treated by itself.",
            ),
        ),
        hints=(
            "Four axes: batch, channels, height, width. Which two does the formula "
            "give?",
            "(32 + 2 · 3 − 11)/2 = 13.5: round it as PyTorch does, and add the place "
            "where the window starts.",
        ),
        see="Stride: larger steps",
    ),
    Shape(
        id="03.weight-shape",
        topic="shape of a convolution's weight",
        activity="recall",
        right=(16, 6, 5, 5),
        because="`(C_out, C_in, kernel height, kernel width)`: 16 kernels, each with a "
        "sheet for every one of the 6 input channels.",
        misconceptions=(
            Misconception(
                "written order",
                (6, 16, 5, 5),
                "That is the order in which you *write* `nn.Conv2d(in, out, …)`. The "
                "weight is *stored* as a stack of kernels, one for each output "
                "channel.",
            ),
            Misconception(
                "one sheet a kernel",
                (16, 5, 5),
                "You forgot the input channels: every kernel has a sheet for each.",
            ),
            Misconception(
                "square not counted twice",
                (16, 6, 5),
                "`kernel_size=5` stands for 5 × 5: height and width are two axes.",
            ),
            Misconception(
                "shape of the input",
                (1, 6, 5, 5),
                "That would be one kernel, and so one output channel.",
            ),
        ),
        hints=(
            "How many axes has it? One kernel alone has three.",
            "The kernels are stacked along axis 0, one for each map that comes out.",
        ),
        see="Several output channels, and the bias",
    ),
    Code(
        id="03.corr2d",
        topic="corr2d with padding and stride",
        activity="code",
        reference=cross_correlation,
        cases=corr2d_cases,
        slips=CORR2D_SLIPS,
        because="It gives what `F.conv2d` gives, for every size, padding and stride "
        "that was tried, and leaves its input alone.",
        misconceptions=(
            Misconception(
                "kernel flipped",
                lambda X, K, padding=0, stride=1: cross_correlation(
                    X, K.flip(0, 1), padding, stride
                ),
                "You turned the kernel by half a turn: that is the convolution of "
                "mathematics. Cross-correlation lays it on as it is.",
            ),
            Misconception(
                "padding ignored",
                lambda X, K, padding=0, stride=1: cross_correlation(X, K, 0, stride),
                "`padding` changes nothing in your function. Put the zeros around X "
                "first (`F.pad`), then go on as without.",
            ),
            Misconception(
                "stride ignored",
                lambda X, K, padding=0, stride=1: cross_correlation(X, K, padding),
                "`stride` changes nothing in your function. The window starts at row "
                "`i * stride`, and there are fewer places for it.",
            ),
            Misconception(
                "padded on two sides only",
                sliding(frame=lambda X, p: F.pad(X, (0, p, 0, p))),
                "You padded below and on the right only. The frame goes around all "
                "four sides: left, right, top, bottom.",
            ),
            Misconception(
                "rounded up",
                rounded_up,
                "You rounded the size up. A window that would stick out is left out: "
                "use `//`, which rounds down.",
            ),
            Misconception(
                "mean instead of sum",
                lambda X, K, padding=0, stride=1: (
                    cross_correlation(X, K, padding, stride) / K.numel()
                ),
                "You took the mean of the products. A cross-correlation adds them up.",
            ),
        ),
        hints=(
            "Begin with `corr2d` of notebook 01. `F.pad(X, (p, p, p, p))` makes a "
            "frame of zeros.",
            "The output has `(H + 2p - h) // s + 1` rows, and window (i, j) begins at "
            "row `i * s` and column `j * s` of the padded input.",
        ),
        see="Stride: larger steps",
    ),
    Number(
        id="03.receptive-field",
        topic="receptive field behind two poolings",
        activity="count",
        right=18,
        because="3, then 4 behind the first pooling, 8, 10, and 18: every layer adds "
        "(kernel size − 1) × (the product of all strides before it).",
        misconceptions=(
            Misconception(
                "strides ignored",
                9,
                "You added the kernels as if all strides were 1. Behind a pooling with "
                "stride 2 a step in the map is two pixels of the picture.",
            ),
            Misconception(
                "only the last stride",
                12,
                "You counted one stride only. Both poolings stretch what comes after "
                "them: the strides are multiplied.",
            ),
            Misconception(
                "poolings ignored",
                7,
                "That is for three convolutions alone. A pooling looks through a "
                "window, too, and its stride stretches everything behind it.",
            ),
            Misconception(
                "kernels added up",
                13,
                "You added up the kernels. Windows of neighbours overlap: how many new "
                "pixels does a layer see, and how far apart are its inputs?",
            ),
            Misconception(
                "the first convolution left out",
                16,
                "You left out the first convolution. How many pixels does one of its "
                "outputs see, before anything is pooled?",
            ),
            Misconception(
                "the last convolution left out",
                10,
                "That is what the last convolution gets: what a unit of the second "
                "pooling sees. How far apart are two of these?",
            ),
            Misconception(
                "kernels multiplied",
                108,
                "You multiplied the kernels. Windows of neighbouring units overlap, so "
                "sizes add up.",
            ),
        ),
        hints=(
            "Go from the first layer to the last, and keep two numbers: how many "
            "pixels a unit sees, and how far apart two neighbouring units are.",
            "After the first pooling: 4 pixels, 2 apart. The next convolution adds "
            "(3 − 1) · 2.",
        ),
        see="How far can a unit see?",
    ),
    Design(
        id="03.quarter",
        topic="a layer that quarters the side and sees every pixel",
        activity="design",
        example=(4, 0, 4),
        convert=three_whole_numbers,
        because="16 places, and with a kernel no smaller than the stride no pixel is "
        "left out between two windows.",
        misconceptions=(
            Misconception(
                "size not checked",
                (5, 0, 4),
                "Your output is not 16 × 16. Do the sum with the formula: "
                "⌊(64 + 2p − k)/s⌋ + 1.",
                found=lambda answer: quarter_size(answer) != 16,
            ),
            Misconception(
                "gaps between the windows",
                (3, 0, 4),
                "The size is right, but there are gaps: a kernel smaller than its "
                "stride leaves pixels between two windows that nobody looks at.",
                found=lambda answer: answer[0] < answer[2],
            ),
            Misconception(
                "the last pixels left out",
                (4, 1, 4),
                "The size is right, but the last window ends before the last pixel, "
                "because the sum was rounded down.",
                found=lambda answer: answer[1] + 64 > 15 * answer[2] + answer[0],
            ),
            Misconception(
                "windows on nothing but zeros",
                (5, 8, 5),
                "The size is right, but a window stands on nothing but the padding. "
                "Keep the padding smaller than the kernel.",
                found=lambda answer: answer[1] >= answer[0],
            ),
        ),
        hints=(
            "Which stride makes 64 pixels into about 16 places?",
            "With stride 4 the kernel must be at least 4 wide. Then choose the padding "
            "by the formula.",
        ),
        see="Stride: larger steps",
    ),
]

PREDICTIONS = [
    Prediction(
        id="03.unseen",
        asks="7 × 7 pixels, kernel 2, stride 3: how many are never looked at?",
        unit="pixels",
    ),
    Prediction(
        id="03.sight",
        asks="3 × 3, pooling, 3 × 3: how many pixels wide does a unit see?",
        unit="pixels",
    ),
]
