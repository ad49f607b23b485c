"""Exercises of notebook 01, cross-correlation."""

import torch
import torch.nn.functional as F

from cnn_course.exercises.engine.answers import as_grid
from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.kinds import (
    Grid,
    Letters,
    Misconception,
    Number,
    Prediction,
)


def cross_correlation(X, K):
    return F.conv2d(X[None, None], K[None, None])[0, 0]


def full_convolution(X, K):
    """The reference of 01.convolve: PyTorch's transposed convolution stamps, too."""
    return F.conv_transpose2d(X[None, None], K[None, None])[0, 0]


def convolution_cases(generator):
    def random(*size):
        return torch.randn(*size, generator=generator, dtype=torch.float64)

    tiny = [  # whole numbers, to be read in a message
        ([[2]], [[3]]),
        ([[1, 2]], [[3]]),
        ([[1], [2]], [[3]]),
        ([[1, 2], [3, 4]], [[1, 5]]),
        ([[1, 2], [3, 4]], [[1], [5]]),
        ([[1, 2], [3, 4]], [[1, 0], [2, 5]]),
        ([[1, 2, 3], [4, -5, 6]], [[1, -2]]),
    ]
    # No kernel reaches over the input in any direction, also transposed or turned: a
    # function that slides where this one stamps then runs, and can be told what it did.
    sizes = [(5, 7, 3, 2), (8, 8, 3, 3), (9, 5, 1, 4), (4, 4, 4, 4)]
    return [
        *[tuple(torch.tensor(rows).double() for rows in pair) for pair in tiny],
        *[(random(H, W), random(h, w)) for H, W, h, w in sizes],
        (random(6, 6).float(), random(3, 3).float()),
    ]


def stamping(
    size=lambda H, W, h, w: (H + h - 1, W + w - 1),
    pixels=lambda X: X,
    stamp=lambda patch, x, K: patch + x * K,
    dtype=torch.float64,
):
    """Return a function like the solution with something wrong in it."""

    def convolve(X, K):
        h, w = K.shape
        Y = torch.zeros(size(*X.shape, h, w), dtype=dtype)
        X = pixels(X)
        for i in range(X.shape[0]):
            for j in range(X.shape[1]):
                Y[i : i + h, j : j + w] = stamp(Y[i : i + h, j : j + w], X[i, j], K)
        return Y

    return convolve


CONVOLVE_SLIPS = {
    "You have mixed up height and width in the size of Y: H goes with h, W with w.": (
        stamping(size=lambda H, W, h, w: (H + w - 1, W + h - 1))
    ),
    "Your Y is only as large as X, so the stamps at the edge find no room. How far "
    "does the stamp of the last pixel reach?": stamping(size=lambda H, W, h, w: (H, W)),
    "Your output is only as large as X: the rest of the stamps at the edge is cut off. "
    "How far does the stamp of the last pixel reach?": lambda X, K: full_convolution(
        X, K
    )[: X.shape[0], : X.shape[1]],
    "The pixels of the last row and the last column do not stamp. `range(H)` ends at "
    "H - 1 already.": stamping(pixels=lambda X: X[:-1, :-1]),
    "Only the first row of pixels stamps. Does `return` stand inside the loop?": (
        stamping(pixels=lambda X: X[:1])
    ),
    "The numbers are cut off to whole numbers on the way: Y holds whole numbers only. "
    "Make it with `dtype=X.dtype`.": stamping(dtype=torch.int64),
    "Rows and columns of K are swapped in yours: your stamp is its transpose.": (
        lambda X, K: full_convolution(X, K.T)
    ),
    "K is mirrored in yours, left and right. It is used as it is.": (
        lambda X, K: full_convolution(X, K.flip(1))
    ),
    "You add the pixel to the kernel. A stamp is the kernel *times* the pixel.": (
        stamping(stamp=lambda patch, x, K: patch + x + K)
    ),
}


def three_by_three(answer):
    grid, problem = as_grid(answer)
    if problem:
        raise Unfit(problem)
    if grid.shape != (3, 3):
        size = " × ".join(map(str, grid.shape))
        raise Unfit(f"A kernel of 3 × 3 numbers is wanted, and this is {size}.")
    return grid


# Black and white pictures of one edge. FALLING runs from the upper left to the lower
# right; every 3 × 3 kernel meets it at all its distances.
FALLING = torch.ones(9, 9, dtype=torch.float64).triu()
RISING = FALLING.flip(1)
UPRIGHT = (torch.arange(9) > 4).double().expand(9, 9)
LEVEL = UPRIGHT.T


def sees(kernel, picture):
    """Say whether a kernel gives anything but 0, up to rounding, on a picture."""
    largest = cross_correlation(picture, kernel).abs().max()
    return bool(largest > 1e-6 * kernel.abs().max())


EXERCISES = [
    Grid(
        id="01.single-one",
        topic="what a kernel with a single 1 does, in the view",
        activity="experiment",
        right=[[0, 0, 0], [2, 0, 0], [1, 4, 0]],
        because="Every output is the pixel above and to the right of it, so the "
        "picture moves the other way, down and to the left, and zeros come in from the "
        "frame.",
        misconceptions=(
            Misconception(
                "moved towards the 1",
                [[0, 3, 1], [0, 1, 2], [0, 0, 0]],
                "You moved the picture towards the 1. That is what the turned kernel "
                "does: is “flip the kernel” ticked? If you did it in your head: from "
                "which pixel does the window fetch its number?",
            ),
            Misconception(
                "padding left at 0",
                [[0]],
                "That is the output with padding 0, where a 3 × 3 window fits at one "
                "place only. The frame of zeros makes room for more.",
            ),
            Misconception(
                "1 in the middle",
                [[1, 2, 0], [3, 1, 4], [1, 2, 5]],
                "That is the input itself: a 1 in the middle of the kernel fetches the "
                "pixel under the middle. Yours stands in a corner.",
            ),
            Misconception(
                "1 in another corner",
                [[0, 0, 0], [0, 1, 2], [0, 3, 1]],
                "You typed the 1 into the upper left corner. Row 1, column 3 is the "
                "other end of that row.",
            ),
            Misconception(
                "1 in the last row",
                [[1, 4, 0], [2, 5, 0], [0, 0, 0]],
                "You typed the 1 into the lower right corner. Which row comes first?",
            ),
            Misconception(
                "old numbers left in",
                [[0, 3, 6], [4, 14, 5], [7, 12, 15]],
                "The kernel that the view began with is still there: its 1, 2 and 3 "
                "stay when you choose another size. All fields but one must be 0.",
            ),
            Misconception(
                "kernel left at 2 × 2",
                [[0, 0, 0, 0], [1, 2, 0, 0], [3, 1, 4, 0], [1, 2, 5, 0]],
                "That is the output for the 2 × 2 kernel with rows 0 1 and 0 0. Choose "
                "the size 3×3 first.",
            ),
        ),
        hints=(
            "In the view: kernel size 3×3, then 0 in every field but the one, padding "
            "1, and “show all outputs”.",
            "Click on one output and read its sum: eight products are 0. On which "
            "input, or on which zero of the frame, does the 1 lie?",
        ),
        see="Touch it",
    ),
    Grid(
        id="01.by-hand",
        topic="a cross-correlation by hand",
        activity="recall",
        right=[[-2, 2, 5], [8, -1, 3]],
        because="The window stands at 2 × 3 places, and each gives one sum of four "
        "products: the first is 2·1 + 0·2 + 1·0 + 4·(−1).",
        misconceptions=(
            Misconception(
                "kernel flipped",
                [[4, 8, 1], [0, 3, 11]],
                "You turned the kernel by half a turn before you laid it on: that is "
                "the convolution of mathematics. Here its first number lies on the "
                "window's first number.",
            ),
            Misconception(
                "rows and columns swapped",
                [[0, 8, -1], [0, 1, 9]],
                "You laid the kernel's rows on the window's columns. Its first row, 1 "
                "2, lies on two neighbours in one row of X.",
            ),
            Misconception(
                "kernel laid on from right to left",
                [[3, -3, 5], [6, 7, -3]],
                "You laid the kernel on from right to left. Which of its numbers lies "
                "on the window's first?",
            ),
            Misconception(
                "first row alone",
                [[2, 2, 7], [9, 4, 4]],
                "You took the kernel's row 0 alone. What lies under the rest?",
            ),
            Misconception(
                "minus lost",
                [[6, 2, 9], [10, 9, 5]],
                "You added the last product. The kernel's last number is −1, so what "
                "lies under it is taken away.",
            ),
            Misconception(
                "products not added",
                [[2, 0], [0, -4]],
                "Those are the four products of the first window, not added up yet. "
                "Each window gives one number.",
            ),
            Misconception(
                "windows side by side",
                [[-2, 5]],
                "You put the windows side by side. The window moves by one column or "
                "row at a time, and windows overlap.",
            ),
            Misconception(
                "padded",
                [
                    [-2, 0, -1, -3, 0],
                    [3, -2, 2, 5, 3],
                    [2, 8, -1, 3, 2],
                    [0, 2, 11, 7, 1],
                ],
                "You put a frame of zeros around X first. Without padding the window "
                "never leaves the input.",
            ),
        ),
        hints=(
            "At how many places does a window of two rows and two columns fit into "
            "three rows and four columns?",
            "The first window holds 2 0 and 1 4. Multiply each number by the kernel's "
            "number at the same place, add the four products, move one column.",
        ),
        see="By hand first",
    ),
    Number(
        id="01.products",
        topic="multiplications in one cross-correlation",
        activity="count",
        right=184_240,
        because="The window fits at (100 − 7 + 1) · (60 − 5 + 1) = 94 · 56 = 5,264 "
        "places, and each costs 7 · 5 = 35 multiplications.",
        misconceptions=(
            Misconception(
                "windows counted",
                94 * 56,
                "That is how many windows there are, and how many numbers come out. "
                "Each of them is the sum of how many products?",
            ),
            Misconception(
                "a window for every pixel",
                100 * 60 * 35,
                "You counted a window for each pixel of the picture. Near the lower "
                "and the right edge it would stick out.",
            ),
            Misconception(
                "one place forgotten",
                93 * 55 * 35,
                "93 and 55 are how many steps the window takes down and to the right; "
                "it stood at one place before the first step.",
            ),
            Misconception(
                "height and width mixed up",
                96 * 54 * 35,
                "You let the kernel's width shorten the picture's height. Sizes are "
                "written height × width, for both.",
            ),
            Misconception(
                "windows do not overlap",
                14 * 12 * 35,
                "You cut the picture into windows side by side. The window moves by "
                "one pixel, so most pixels are in many windows.",
            ),
            Misconception(
                "additions counted, too",
                94 * 56 * (35 + 34),
                "You counted the additions as well. Only multiplications are asked "
                "for.",
            ),
            Misconception(
                "one side of the kernel",
                94 * 56 * 7,
                "You counted one side of the kernel. How many numbers has all of it?",
            ),
            Misconception(
                "one place too many",
                95 * 57 * 35,
                "You counted one place too many on each axis. Before the first step it "
                "stands at one place already: how many steps follow?",
            ),
            Misconception(
                "over the edge",
                106 * 64 * 35,
                "In yours the window sticks out over the edge, as with a frame of "
                "zeros. Here there is no padding.",
            ),
            Misconception(
                "moved down only",
                94 * 35,
                "You moved the window down only. Where else does it go?",
            ),
            Misconception(
                "moved across only",
                56 * 35,
                "You moved the window across only. Where else does it go?",
            ),
        ),
        hints=(
            "How many numbers does the output have?",
            "Each output is one window: every number of the kernel is multiplied once.",
        ),
        see="How large is the output?",
    ),
    Code(
        id="01.convolve",
        topic="a convolution, by stamping the kernel",
        activity="code",
        reference=full_convolution,
        cases=convolution_cases,
        slips=CONVOLVE_SLIPS,
        because="It is the convolution of mathematics, at every place where kernel and "
        "input touch. Seen from one output the kernel lies turned, though nobody "
        "turned it: a pixel to the left of it arrives with a number from the right of "
        "the kernel.",
        misconceptions=(
            Misconception(
                "stamps overwritten",
                stamping(stamp=lambda patch, x, K: x * K),
                "Where stamps overlap, yours keeps only the last one. What becomes "
                "of the numbers that stand there already?",
            ),
            Misconception(
                "kernel flipped",
                lambda X, K: full_convolution(X, K.flip(0, 1)),
                "You turned the kernel, and the stamps are upside down. A single 1 "
                "must leave a copy of K as it is.",
            ),
            Misconception(
                "pixels ignored",
                lambda X, K: full_convolution(torch.ones_like(X), K),
                "All your stamps are equal, whatever X holds. Pixel (i, j) stamps the "
                "kernel times its own number.",
            ),
            Misconception(
                "cross-correlation",
                cross_correlation,
                "That is `corr2d`: a window that gathers, and a smaller output. Here "
                "each pixel of X gives, to as many outputs as K has numbers.",
            ),
            Misconception(
                "only where the kernel fits",
                lambda X, K: cross_correlation(X, K.flip(0, 1)),
                "That is a convolution, but only where the turned kernel fits into X. "
                "The stamps of the pixels at the edge reach further.",
            ),
            Misconception(
                "one row and column too many",
                lambda X, K: F.pad(full_convolution(X, K), (0, 1, 0, 1)),
                "Your last row and column are always empty. Where does the stamp of "
                "the last pixel begin, and where does it end?",
            ),
        ),
        hints=(
            "Two loops over the pixels of X, and in the middle one line that adds to a "
            "part of Y: the patch that `corr2d` reads is the one to write to here.",
            "In one direction: 3 pixels, a kernel of 2. The stamps cover 0–1, 1–2 and "
            "2–3: how many places is that, and which formula gives it?",
        ),
        see="Is this a convolution?",
    ),
    Letters(
        id="01.collar",
        topic="reading the colours of an edge map",
        activity="plot",
        right="Q",
        options="PQRST",
        because="N is (left neighbour) − (right neighbour). At the left rim the left "
        "neighbour is the black jacket, so the difference is negative: orange. At the "
        "right rim it is the other way round.",
        misconceptions=(
            Misconception(
                "signs not looked at",
                "P",
                "Those are the colours for B, which has its minus on the left; or did "
                "you turn the kernel? N is laid on as it is: which number lies on the "
                "black side of the left rim, and which on the white side?",
            ),
            Misconception(
                "direction of the edge mixed up",
                "R",
                "Those are the colours for D, which compares a pixel's neighbour below "
                "with the one above. Where are the two that N compares?",
            ),
            Misconception(
                "one colour on either side of an edge",
                "S",
                "Double lines come from E, which compares a pixel with the mean of its "
                "neighbours. N takes one difference: what is its sign all across the "
                "rim?",
            ),
            Misconception(
                "brightness instead of change",
                "T",
                "That would be a kernel that responds to brightness. Add up N's "
                "numbers: what does it give where the collar is white all over?",
            ),
        ),
        hints=(
            "Look at the collar in the map of B: which colour is its left rim, where "
            "black turns into white from left to right?",
            "Write the three pixels across the left rim as 0, ?, 1 (black, rim, white) "
            "and lay the row 1 0 −1 on them. Purple is positive, orange is negative.",
        ),
        see="Kernels at work on a photograph",
    ),
    Design(
        id="01.diagonal",
        topic="a kernel for edges along one diagonal",
        activity="design",
        example=[[0, 1, 2], [-1, 0, 1], [-2, -1, 0]],
        convert=three_by_three,
        because="It takes the difference across the wanted edge, and along every line "
        "from the upper right to the lower left its numbers add up to 0, so an edge "
        "that runs that way leaves nothing.",
        misconceptions=(
            Misconception(
                "nothing but zeros",
                [[0, 0, 0], [0, 0, 0], [0, 0, 0]],
                "Nothing but zeros: this gives 0 on plain grey, and on everything "
                "else.",
                found=lambda kernel: not kernel.any(),
            ),
            Misconception(
                "a drawing of the edge",
                [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
                "Your kernel responds to plain grey, because its numbers do not add up "
                "to 0. An edge is a difference: what is bright must be weighed against "
                "what is dark.",
                found=lambda kernel: sees(kernel, torch.ones_like(FALLING)),
            ),
            Misconception(
                "the other diagonal",
                [[2, 1, 0], [1, 0, -1], [0, -1, -2]],
                "On plain grey it is quiet, but it gives 0 all along an edge from the "
                "upper left to the lower right, too. The difference is to be taken "
                "across the edge: in which direction is that?",
                found=lambda kernel: not sees(kernel, FALLING),
            ),
            Misconception(
                "upright or level edges",
                [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
                "This is a kernel for upright or for level edges, like Sobel's. A "
                "slanted edge is half of that, so it sees both diagonals.",
                found=lambda kernel: (
                    sees(kernel, RISING)
                    and sees(kernel, UPRIGHT) != sees(kernel, LEVEL)
                ),
            ),
            Misconception(
                "edges in several directions",
                [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
                "It finds the wanted edge, and also one that runs from the upper right "
                "to the lower left. Draw that one with a few 0s and 1s, and add up "
                "what lies under its 1s.",
                found=lambda kernel: sees(kernel, RISING),
            ),
        ),
        hints=(
            "Sobel's kernels have a row or a column of zeros where the edge lies, "
            "minus on one side and plus on the other. Where does this edge lie in a "
            "window of 3 × 3?",
            "Put zeros on the diagonal from the upper left to the lower right. Then "
            "fill both sides so that every line from the upper right to the lower left "
            "adds up to 0.",
        ),
        see="Kernels at work on a photograph",
    ),
]

PREDICTIONS = [
    Prediction(
        id="01.runs",
        asks="3 × 3 input, 2 × 2 kernel: how often does the inner line run?",
        unit="times",
    ),
    Prediction(
        id="01.bias",
        asks="6 × 8 input: with 1 more on the bias, how much more is the sum?",
    ),
    Prediction(
        id="01.grey",
        asks="kernels A to E: how many give 0 on plain grey?",
        unit="kernels",
    ),
]
