"""Exercises of notebook 02, learning edge kernels."""

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


def one_step(w, b, x, y, lr):
    """The reference of 02.step, by autograd.

    Plain numbers, so that an answer may give numbers or tensors of one number.
    """
    w, b = (parameter.clone().requires_grad_() for parameter in (w, b))
    slopes = torch.autograd.grad(F.mse_loss(w * x + b, y), (w, b))
    return (w - lr * slopes[0]).item(), (b - lr * slopes[1]).item()


def step_cases(generator):
    def random(*size):
        return torch.randn(size, generator=generator, dtype=torch.float64)

    def numbers(*values):
        return torch.tensor(values, dtype=torch.float64)

    toy = torch.tensor(1.0).double(), torch.tensor(0.0).double()
    return [
        *[  # nice numbers, for messages
            (numbers(w)[0], numbers(b)[0], numbers(*x), numbers(*y), 0.1)
            for w, b, x, y in [(1, 0, [2], [1]), (1, 2, [3], [4]), (2, 1, [1], [4])]
        ],
        (*toy, numbers(1, 2), numbers(3, 5), 0.1),
        *[(random(), random(), random(n), random(n), 0.3) for n in (1, 2, 5, 30)],
        (random(), random(), random(4), random(4), 1.5),
        (random(), random(), random(4), random(4), 0.0),
        (*toy, numbers(2, 3, 7), numbers(2, 3, 7), 0.2),  # nothing left to learn
    ]


def slope_of_w(error, x):
    return 2 * (error * x).mean()


def slope_of_b(error, x):
    return 2 * error.mean()


def slopes_of(w, b, x, y):
    error = w * x + b - y
    return slope_of_w(error, x), slope_of_b(error, x)


def stepping(w_slope=slope_of_w, b_slope=slope_of_b):
    """Return a step like the reference, with other slopes, of (error, x): wrong."""

    def step(w, b, x, y, lr):
        error = w * x + b - y
        return w - lr * w_slope(error, x), b - lr * b_slope(error, x)

    return step


def bias_left_out(w, b, x, y, lr):
    w_slope, b_slope = slopes_of(w, 0, x, y)
    return w - lr * w_slope, b - lr * b_slope


def one_after_the_other(w, b, x, y, lr):
    w = w - lr * slopes_of(w, b, x, y)[0]
    return w, b - lr * slopes_of(w, b, x, y)[1]


STEP_SLIPS = {
    "The learning rate `lr` is not used: multiply the slope by it.": (
        lambda w, b, x, y, lr: one_step(w, b, x, y, 1)
    ),
    "You return the slopes. Wanted are the new `w` and `b`: the old ones, moved by lr "
    "times the slope.": lambda w, b, x, y, lr: slopes_of(w, b, x, y),
    "You took the mean of the errors times the mean of `x`. First multiply each error "
    "by its own x, then take the mean of the products.": stepping(
        lambda error, x: 2 * error.mean() * x.mean()
    ),
    "You kept the square. The derivative of error² is 2 · error.": stepping(
        lambda error, x: slope_of_w(error**2, x),
        lambda error, x: slope_of_b(error**2, x),
    ),
    "Your steps depend only on the sign of the error: so it is for a mean of "
    "*absolute* errors. Here the loss is the mean of their squares.": stepping(
        lambda error, x: (error.sign() * x).mean(),
        lambda error, x: error.sign().mean(),
    ),
    "You left `b` out of the error: what the layer gives is `w * x + b`.": (
        bias_left_out
    ),
    "Only the first number of `x` counts in yours. Take the mean over all of them.": (
        lambda w, b, x, y, lr: one_step(w, b, x[:1], y[:1], lr)
    ),
    "`w` stays as it was. It has a slope, as `b` has.": stepping(lambda error, x: 0),
    "The slope of `w` is a sum in yours. The loss is a mean: take the mean.": stepping(
        lambda error, x: 2 * (error * x).sum()
    ),
    "The slope of `b` is a sum in yours. The loss is a mean: take the mean.": stepping(
        b_slope=lambda error, x: 2 * error.sum()
    ),
    "The numbers are right, in the reverse order: `w` comes first.": (
        lambda *given: one_step(*given)[::-1]
    ),
    "You moved `b` by the slope of `w`. By `b` the error has the derivative 1: no "
    "factor `x` there.": stepping(b_slope=slope_of_w),
}


def windows_of_3_by_3(answer):
    """Return (the picture, what the four weights see at the four places, (4, 4))."""
    picture, problem = as_grid(answer)
    if problem:
        raise Unfit(problem)
    if picture.shape != (3, 3):
        size = " × ".join(map(str, picture.shape))
        raise Unfit(f"Your picture is {size}, and 3 × 3 pixels are wanted.")
    return picture, picture.unfold(0, 2, 1).unfold(1, 2, 1).reshape(4, 4)


EXERCISES = [
    Grid(
        id="02.column",
        topic="output of a kernel of two numbers, one above the other",
        activity="count",
        right=[[0, 5, 5, 0], [0, 0, -2, 8]],
        because="Every number is a pixel minus the one below it: three rows make two, "
        "and only horizontal edges are seen.",
        misconceptions=(
            Misconception(
                "compared along the row",
                [[0, 0, 0], [5, 0, -5], [5, -2, 5]],
                "That is the output of `[[1, −1]]`, which compares neighbours in a "
                "row. This kernel is two rows high and one column wide.",
            ),
            Misconception(
                "kernel flipped",
                [[0, -5, -5, 0], [0, 0, 2, -8]],
                "You took the lower pixel minus the upper one. The kernel is laid on "
                "as it is: which of the two pixels does the 1 lie on?",
            ),
            Misconception(
                "signs dropped",
                [[0, 5, 5, 0], [0, 0, 2, 8]],
                "These are the sizes of the differences. The sign says whether it gets "
                "darker or lighter on the way down, and the output keeps it.",
            ),
            Misconception(
                "negative values cut off",
                [[0, 5, 5, 0], [0, 0, 0, 8]],
                "You left out a negative difference. An output is not a picture: its "
                "numbers may be below 0.",
            ),
            Misconception(
                "a row too many",
                [[0, 5, 5, 0], [0, 0, -2, 8], [9, 4, 6, 1]],
                "Your output is as high as the picture: you went on as if there were "
                "zeros below it. The kernel has to lie on the picture as a whole.",
            ),
            Misconception(
                "added",
                [[18, 13, 13, 18], [18, 8, 10, 10]],
                "You added the two pixels. One of the two weights is negative.",
            ),
        ),
        hints=(
            "At how many places does a kernel of height 2 and width 1 fit on 3 rows "
            "and 4 columns?",
            "The 1 lies on the upper pixel, the −1 on the one below. Begin with the "
            "leftmost column: 9 over 9, then 9 over 9 again.",
        ),
        see="A black bar on white, and two numbers",
    ),
    Letters(
        id="02.missing-line",
        topic="a training loop in which the gradients are not cleared",
        activity="recall",
        options="ABCDE",
        right="D",
        because="`backward` *adds* to `parameter.grad`, so old gradients keep pushing "
        "after the goal is passed. `zero_grad` is the line that was missing.",
        misconceptions=(
            Misconception(
                "backward overwrites",
                "A",
                "That would be so if `backward` wrote over the old gradients. Why "
                "would `learn` then call `zero_grad` at all?",
            ),
            Misconception(
                "the graph is kept",
                "B",
                "Each turn calls the layer again and gets a new loss, so `backward` "
                "has something new to go through every time. No error comes.",
            ),
            Misconception(
                "longer steps arrive earlier",
                "C",
                "The steps do get longer. But does an old gradient still point to the "
                "goal when the layer has gone past it?",
            ),
            Misconception(
                "update forgotten",
                "E",
                "The update is there, in the last line. `backward` alone would change "
                "no parameter, it only measures the slopes.",
            ),
        ),
        hints=(
            "Compare with `learn`, line by line. Which line is not there?",
            "Where does `backward` put the gradients, and what does it do with those "
            "that are there already?",
        ),
        see="Let the layer find it",
    ),
    Code(
        id="02.step",
        topic="a step of gradient descent on the mean squared error",
        activity="code",
        reference=one_step,
        cases=step_cases,
        slips=STEP_SLIPS,
        because="Both slopes are what `backward` finds, for every input that was "
        "tried, and both parameters go a little the other way.",
        misconceptions=(
            Misconception(
                "uphill",
                stepping(
                    lambda error, x: -slope_of_w(error, x),
                    lambda error, x: -slope_of_b(error, x),
                ),
                "Your step goes uphill: the loss grows. The slope says in which "
                "direction a parameter would *increase* the loss.",
            ),
            Misconception(
                "sum instead of mean",
                stepping(
                    lambda error, x: 2 * (error * x).sum(),
                    lambda error, x: 2 * error.sum(),
                ),
                "You added up the slopes of all numbers in `x`. The loss is the "
                "*mean*, or else twice the data would mean steps twice as long.",
            ),
            Misconception(
                "the square not differentiated",
                stepping(
                    lambda error, x: (error * x).mean(), lambda error, x: error.mean()
                ),
                "Your steps are half as long as they should be. What is the derivative "
                "of a square?",
            ),
            Misconception(
                "the bias by the new weight",
                one_after_the_other,
                "You moved `w` first and then took the slope of `b` at the new `w`. "
                "`backward` measures all slopes at one place, before anything moves.",
            ),
            Misconception(
                "inner derivative forgotten",
                stepping(w_slope=slope_of_b),
                "You moved `w` by the slope of `b`. In `w * x + b` the weight has a "
                "factor that the bias has not: the chain rule brings it in.",
            ),
            Misconception(
                "bias not learned",
                stepping(b_slope=lambda error, x: 0),
                "Your bias stays as it was. It is a parameter as well, with a slope of "
                "its own.",
            ),
        ),
        hints=(
            "Begin with the error `w * x + b - y`, one for each number of `x`. The "
            "loss is the mean of its squares.",
            "For one number the derivative of error² is 2 · error · (derivative of the "
            "error). By `w` the error has the derivative x, by `b` it has 1.",
            "Take the mean of each, times `lr`, and subtract it: both from the old "
            "values of `w` and `b`.",
        ),
        see="Let the layer find it",
    ),
    Number(
        id="02.bowl",
        topic="limit of the learning rate in a bowl of two weights",
        activity="count",
        right=0.25,
        tolerance=0.005,
        because="The second derivatives are 8 along u and 2 along v, and the largest "
        "decides: 2/8. A step multiplies u by 1 − 8 · rate, which must stay above −1.",
        misconceptions=(
            Misconception(
                "coefficient for curvature",
                0.5,
                "You took the factor before u² for the curvature. The curvature is the "
                "second derivative: how fast does the slope 8u change?",
            ),
            Misconception(
                "one step to the bottom",
                0.125,
                "At this rate one step leads exactly to the bottom along u. A larger "
                "one goes past it, and may still land lower than it started.",
            ),
            Misconception(
                "the gentlest direction",
                1.0,
                "That is the limit along v alone. With this rate, what would become of "
                "u? Try a step from u = 1.",
            ),
            Misconception(
                "mean of the curvatures",
                0.4,
                "You took the mean of the two curvatures. But each direction goes its "
                "own way, and it is enough that one of them runs away.",
            ),
            Misconception(
                "upside down",
                4.0,
                "You divided the curvature by 2. A steeper bowl needs smaller steps, "
                "so the curvature stands below the line.",
            ),
            Misconception(
                "curvatures added",
                2 / (8 + 2),
                "You added the curvatures. Each direction goes its own way: which "
                "of them runs away first?",
            ),
            Misconception(
                "smaller curvature above the line",
                2 / 8 / 8,
                "You put the smaller curvature above the line. What does a steeper "
                "bowl need?",
            ),
        ),
        hints=(
            "One direction at a time: the slope along u is 8u, and a step takes "
            "rate · 8u away from u.",
            "From u = 1, where does one step lead at a rate of 0.1, of 0.2, of 0.3? "
            "And is v more or less sensitive than u?",
        ),
        see="Too fast",
    ),
    Number(
        id="02.straight",
        topic="a straight line on a logarithmic axis",
        activity="plot",
        right=25,
        tolerance=5,
        because="From about 0.02 at step 20 to about 0.0005 at step 60: 1.6 powers of "
        "ten in 40 steps. Straight on a logarithmic axis means: by the same factor "
        "again and again.",
        misconceptions=(
            Misconception(
                "a labelled line for a power of ten",
                50,
                "In so many steps the line goes down by one labelled mark. Look at the "
                "labels: from one to the next it is not a factor of ten.",
            ),
            Misconception(
                "another line",
                12,
                "So fast fall the lines of the rates 0.3 and 0.65. Rate 0.1 is the "
                "solid one.",
            ),
            Misconception(
                "the bend counted in",
                19,
                "You took the line from its left end. In the first ten steps it is "
                "steeper than later: begin behind the bend.",
            ),
            Misconception(
                "the whole width",
                62,
                "In about so many steps the loss falls from the left end of the "
                "picture to the right: how many powers of ten is that?",
            ),
            Misconception(
                "factor per step",
                1,
                "No line in the picture falls that fast in its straight part. Steps "
                "are wanted, not powers of ten.",
            ),
        ),
        hints=(
            "The labels on the left stand for 10⁻¹, 10⁻³, …: where between two of them "
            "is 10⁻²?",
            "Read the loss at step 20 and at step 60. How many powers of ten lie "
            "between the two, and how many steps?",
        ),
        see="Too fast",
    ),
    Number(
        id="02.noise",
        topic="what noise leaves of the loss",
        activity="experiment",
        right=9.0,
        tolerance=0.2,
        because="0.0745 / 0.00828. Three times the noise, three times the differences, "
        "and the loss is the mean of their squares.",
        misconceptions=(
            Misconception(
                "proportional",
                3,
                "You expected the loss to grow as the noise does. What does the loss "
                "do to every difference before it takes the mean?",
            ),
            Misconception(
                "doubled for squared",
                6,
                "That is 2 · 3, and the loss does not double a difference. Read both "
                "numbers in the view and divide.",
            ),
            Misconception(
                "noise leaves nothing",
                1,
                "That would mean that the noise makes no difference. Below the limit "
                "of the rate, where does the loss come to rest with each?",
            ),
            Misconception(
                "wrong way round",
                1 / 9,
                "A number below 1 would mean that more noise leaves less. Divide what "
                "is left with noise 0.3 by what is left with noise 0.1.",
            ),
            Misconception(
                "cubed",
                27,
                "That is a cube. How often does the loss multiply a difference by "
                "itself?",
            ),
            Misconception(
                "squared twice",
                81,
                "You squared twice. The loss is a mean of squares: what else is there?",
            ),
            Misconception(
                "root for square",
                3**0.5,
                "You took a root. What does the loss do to a difference?",
            ),
        ),
        hints=(
            'The line over the curves says "the loss stays above …". Note the number '
            "for either noise.",
            "The loss is the mean of *squared* differences, and noise of 0.3 makes "
            "differences three times those of 0.1.",
        ),
        see="Turn the knobs",
    ),
    Design(
        id="02.probe",
        topic="a picture that determines a 2 × 2 kernel",
        activity="design",
        example=[[0, 0, 0], [0, 1, 0], [0, 0, 0]],
        convert=windows_of_3_by_3,
        because="The four windows are independent, so four outputs determine four "
        "weights.",
        misconceptions=(
            Misconception(
                "plain surface",
                [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
                "All your pixels are equal. The four outputs are equal as well, and "
                "tell at most the sum of the weights.",
                found=lambda answer: (answer[0] == answer[0][0, 0]).all(),
            ),
            Misconception(
                "rows alike",
                [[0, 1, 0], [0, 1, 0], [0, 1, 0]],
                "These are bars: all rows are alike, as in the notebook, and only the "
                "sum of each *column* of the kernel matters.",
                found=lambda answer: (answer[0] == answer[0][0]).all(),
            ),
            Misconception(
                "columns alike",
                [[0, 0, 0], [1, 1, 1], [0, 0, 0]],
                "These are bars laid on their side: all columns are alike, and only "
                "the sum of each *row* of the kernel matters.",
                found=lambda answer: (answer[0] == answer[0][:, :1]).all(),
            ),
            Misconception(
                "a weight sees only zeros",
                [[1, 0, 0], [0, 0, 0], [0, 0, 0]],
                "At all four places one of the weights lies on a 0. It could be any "
                "number, and the output would be the same.",
                found=lambda answer: (answer[1] == 0).all(dim=0).any(),
            ),
            Misconception(
                "two windows alike",
                [[1, 0, 1], [0, 1, 0], [1, 0, 1]],
                "Two of your four windows are equal and give the same number twice. "
                "For four unknowns that leaves fewer than four equations.",
                found=lambda answer: len(answer[1].unique(dim=0)) < 4,
            ),
            Misconception(
                "windows that follow from each other",
                [[0, 1, 2], [3, 4, 5], [6, 7, 8]],
                "Your four windows differ, but one follows from the others: multiples "
                "of them add up to it, so its output tells nothing new.",
                found=lambda answer: torch.linalg.matrix_rank(answer[1]) < 4,
            ),
        ),
        hints=(
            "Write down the four windows of 2 × 2 pixels. Each gives one equation for "
            "the four weights, and no two should say the same.",
            "Could a picture show you a single weight at a time? A window with one 1 "
            "and three 0 does.",
        ),
        see="When the data do not determine the kernel",
    ),
]

PREDICTIONS = [
    Prediction(
        id="02.bias",
        asks="The layer learns the kernel [1, −1]: what does its bias become?",
    ),
    Prediction(
        id="02.rate",
        asks="Rate 0.1, 0.3, 0.65 or 0.7: which has the lowest loss after 60 steps?",
    ),
    Prediction(
        id="02.pinned",
        asks="In how many of 9 weights do three perfect kernels for bars agree?",
        unit="weights",
    ),
]
