"""Exercises of notebook 06, AlexNet."""

from dataclasses import dataclass

import torch

from cnn_course.exercises.engine.code import Code, Design, Unfit
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import Letters, Misconception, Number, Prediction


def dropped_out(X, U, p, training=True):
    """The reference of 06.dropout: `F.dropout`, with the random numbers given."""
    return torch.where(U < p, 0, X / (1 - p)) if training else X


def dropout_cases(generator):
    def pair(*size):
        X = torch.randn(*size, generator=generator, dtype=torch.float64)
        return X, torch.rand(*size, generator=generator, dtype=torch.float64)

    X, U = pair(5, 4)

    def row(*numbers):
        return torch.tensor(numbers, dtype=torch.float64)

    return [
        (row(3), row(0.9), 0.5),  # nice numbers, for messages
        (row(3), row(0.1), 0.5),
        (row(3), row(0.5), 0.5),  # equal to p: it survives
        (row(3), row(0), 0),
        (row(4, -8), row(0.1, 0.9), 0.2),
        (row(4, -8), row(0.9, 0.1), 0.75, False),
        (*pair(2, 4), 0.5),  # the default: in training
        *[(X, U, p) for p in (0.2, 0.8)],  # a half alone hides who divides by what
        (*pair(2, 3, 5, 5), 0.3),
        *[(X, U, *rest) for rest in ((0.2, False), (0.5, False), (0.2, True))],
        (X.float(), U.float(), 0.3),
    ]


def dropping(train, use=lambda X, U, p: X):
    """Return a dropout that does other things in training, or in use."""
    return lambda X, U, p, training=True: (train if training else use)(X, U, p)


DROPOUT_SLIPS = {
    "A number in `U` that is equal to p drops in yours. Only smaller ones do: `U >= p` "
    "survives.": dropping(lambda X, U, p: X * (U > p) / (1 - p)),
    "You multiply by 1 − p what survives. Then it gets smaller, and it should make up "
    "for what is gone: divide.": dropping(lambda X, U, p: X * (U >= p) * (1 - p)),
    "You compare `U` with 1 − p, so p has become the probability to keep.": dropping(
        lambda X, U, p: X * (U >= 1 - p) / (1 - p)
    ),
    "`training` works the other way round: yours drops in use, and lets everything "
    "pass in training.": dropping(lambda X, U, p: X, dropped_out),
    "Nothing is dropped in yours, only divided. Which numbers should become 0?": (
        dropping(lambda X, U, p: X / (1 - p))
    ),
    "`p` does nothing in yours: it always drops a half.": dropping(
        lambda X, U, p: X * (U >= 0.5) / 0.5
    ),
    "In training it is right, but in use you divide by 1 − p as well. With "
    "`training=False` nothing happens to X.": dropping(
        dropped_out, lambda X, U, p: X / (1 - p)
    ),
    "`/ 1 - p` divides by 1 and takes p away afterwards: the parentheses of "
    "`/ (1 - p)` are missing.": dropping(lambda X, U, p: X * (U >= p) / 1 - p),
}


ALEXNET = [
    ("convolution", 96, 11, 4, 0),
    ("pooling", 3, 2),
    ("convolution", 256, 5, 1, 2),
    ("pooling", 3, 2),
    ("convolution", 384, 3, 1, 1),
    ("convolution", 384, 3, 1, 1),
    ("convolution", 256, 3, 1, 1),
    ("pooling", 3, 2),
    ("flatten",),
    ("hidden", 4096),
    ("hidden", 4096),
    ("output", 10),
]


def work_cases(generator):
    wide = torch.randint(2, 9, (4,), generator=generator).tolist()
    random = [
        ("convolution", wide[0], 5, 2, 1),
        ("pooling", 2, 2),
        ("convolution", wide[1], 3, 3, 2),
        ("flatten",),
        ("hidden", wide[2]),
        ("output", wide[3]),
    ]
    return [
        (ALEXNET,),  # the defaults
        ([("flatten",), ("output", 3)], 2, 1),  # tables that can be worked out by hand
        ([("flatten",), ("hidden", 2), ("output", 3)], 2, 1),
        ([("convolution", 3, 2, 1, 0)], 2, 3),
        ([("convolution", 1, 1, 1, 1)], 1, 1),
        ([("convolution", 1, 1, 2, 0), ("convolution", 2, 1, 1, 0)], 3, 3),
        ([("convolution", 2, 2, 1, 0), ("pooling", 2, 2)], 1, 4),
        ([("pooling", 2, 1), ("convolution", 2, 1, 1, 0)], 1, 4),
        ([("flatten",), ("output", 3)], 2, 2),
        (ALEXNET, 3, 227),
        (random, 2, 20),
        (random, 1, 31),
        ([("convolution", 2, 2, 5, 0)], 3, 12),  # a stride larger than the kernel
        ([("convolution", 4, 7, 1, 0)], 2, 7),  # a kernel as large as the picture
        ([("convolution", 3, 1, 1, 0), ("pooling", 1, 1)], 5, 1),  # one pixel
        ([("pooling", 3, 2), ("flatten",), ("output", 10)], 2, 9),
        ([("flatten",), ("hidden", 6), ("output", 3)], 1, 8),
    ]


@dataclass
class Step:
    """A line of a table at work: `channels` maps, `before` × `before`, come in."""

    what: str
    channels: int
    before: int
    out: int
    after: int
    kernel: int = 1

    @property
    def weights(self):
        if self.what == "pooling":
            return 0
        return self.channels * self.out * self.kernel**2

    @property
    def work(self):
        return self.weights * self.after**2


def walk(
    rows,
    channels,
    size,
    side=lambda n, kernel, stride, padding: (n + 2 * padding - kernel) // stride + 1,
    flat=lambda channels, size: channels * size * size,
    passed_on=lambda channels, out: out,
):
    """Return a Step for each line that computes.

    Where a window does not fit, `after` is 0 or less. With another function for the
    side behind a window, for flattening, or for what the next layer takes in, it is
    the walk of somebody who has that wrong.
    """
    steps = []
    for what, *numbers in rows:
        if what == "flatten":
            channels, size = flat(channels, size), 1
            continue
        step = Step(what, channels, size, channels, size)
        if what == "convolution":
            step.out, step.kernel, stride, padding = numbers
            step.after = side(size, step.kernel, stride, padding)
        elif what == "pooling":
            step.kernel, stride = numbers
            step.after = side(size, step.kernel, stride, 0)
        else:
            step.out = numbers[0]
        steps.append(step)
        channels, size = passed_on(channels, step.out), step.after
    return steps


def counting(count=lambda step: step.work, **walked):
    """Return a function like the reference of 06.multiply-adds, with another count."""

    def counted(rows, channels=1, size=224):
        return sum(map(count, walk(rows, channels, size, **walked)))

    return counted


def without(*kinds):
    """Return the reference of 06.multiply-adds for a table without these lines."""
    return lambda rows, *rest: multiply_adds(
        [row for row in rows if row[0] not in kinds], *rest
    )


multiply_adds = counting()
WORK_SLIPS = {
    "Your maps keep their size at a pooling. What comes behind it has smaller ones.": (
        without("pooling")
    ),
    "The fully connected layers are missing: hidden and output, each with every weight "
    "once.": without("hidden", "output"),
    "The output layer is missing. It is fully connected as well.": without("output"),
    "Your flattening forgets the pixels: each channel has size · size numbers.": (
        counting(flat=lambda channels, size: channels)
    ),
    "The channels are never passed on: what a layer puts out is what the next one "
    "takes in.": counting(passed_on=lambda channels, out: channels),
    "Your padding counts for one side only. There is a frame on both sides: "
    "2 · padding.": counting(side=lambda n, k, s, p: (n + p - k) // s + 1),
    "The padding changes nothing in yours. It makes the maps larger.": counting(
        side=lambda n, k, s, p: (n - k) // s + 1
    ),
    "There is one place more for every window than you count: `+ 1` for the place "
    "before the first step.": counting(side=lambda n, k, s, p: (n + 2 * p - k) // s),
    "You count one row of places. A map has size · size of them: square the side.": (
        counting(lambda step: step.weights * step.after)
    ),
    "`size` changes nothing in yours: it counts as 224.": (
        lambda rows, channels=1, size=224: multiply_adds(rows, channels)
    ),
}


LINES = {"convolution": 4, "pooling": 2, "flatten": 0, "hidden": 1, "output": 1}


def read_table(rows):
    """Return the facts on a table such as ALEXNET, for grey pictures of 64 × 64."""
    if not isinstance(rows, (list, tuple)) or not 0 < len(rows) < 100:
        raise Unfit("A table such as `ALEXNET` is wanted: a list with a line a step.")
    for row in rows:
        if not isinstance(row, (list, tuple)) or not isinstance([*row, 0][0], str):
            raise Unfit(f"`{describe(row)}`: a line begins with the name of a step.")
        if row[0] not in LINES:
            raise Unfit(f"The steps are {', '.join(LINES)}: not {describe(row[0])}.")
        if len(row) != 1 + LINES[row[0]] or not all(type(n) is int for n in row[1:]):
            count = f"{LINES[row[0]]} whole numbers"
            raise Unfit(f"`{describe(row)}`: behind the name {count} are wanted.")
        least = (1, 1, 1, 0) if row[0] == "convolution" else (1, 1)
        if any(n < low for n, low in zip(row[1:], least, strict=False)):
            raise Unfit(f"`{describe(row)}`: only a padding may be 0, none less.")
    kinds = [row[0] for row in rows]
    if kinds.count("flatten") != 1:
        raise Unfit("One line flattens the maps, between poolings and hidden layers.")
    for kind in kinds[kinds.index("flatten") :]:
        if kind in ("convolution", "pooling"):
            raise Unfit(f"Behind 'flatten' there are no maps left for a {kind}.")
    if {"hidden", "output"} & set(kinds[: kinds.index("flatten")]):
        raise Unfit("A hidden or output layer takes a row of numbers: flatten first.")
    steps = walk(rows, channels=1, size=64)
    with_weights = [step for step in steps if step.what != "pooling"]
    return {
        "fits": all(step.after > 0 for step in steps),
        "parameters": sum(step.weights + step.out for step in with_weights),
        "work": sum(step.work for step in steps),
        "weights": [kinds.count(kind) for kind in ("convolution", "hidden", "output")],
        "classes": rows[-1][1] if kinds[-1] == "output" else None,
        "channels": [row[1] for row in rows if row[0] == "convolution"],
        "features": [row[1] for row in rows if row[0] == "hidden"],
    }


def small_table(first=(32, 5, 2, 2), classes=10, pooled=True, more=()):
    """Return a table for 64 × 64 pixels; by default, one that meets everything."""
    pooling = [("pooling", 3, 2)] if pooled else []
    return [
        ("convolution", *first),
        *pooling,
        ("convolution", 64, 5, 1, 2),
        *pooling,
        *[("convolution", 64, 3, 1, 1)] * 3,
        *pooling,
        *more,
        ("flatten",),
        *[("hidden", 256)] * 2,
        ("output", classes),
    ]


EXERCISES = [
    Number(
        id="06.no-pooling",
        topic="parameters without the last pooling",
        activity="experiment",
        right=171_545_290,
        because="The maps stay 12 × 12, so 256 · 12 · 12 = 36,864 numbers are "
        "flattened in the place of 6,400, and each one more has 4,096 weights.",
        misconceptions=(
            Misconception(
                "a pooling changes no parameters",
                46_764_746,
                "That is the count with the pooling. It has no parameters itself, but "
                "what comes behind it looks at the maps that it makes smaller.",
            ),
            Misconception(
                "one layer only",
                36_864 * 4096 + 4096,
                "That is the first hidden layer alone. The whole network is wanted.",
            ),
            Misconception(
                "no biases",
                171_545_290 - 9_578,
                "You counted the weights only. Every output channel, and every output "
                "of a fully connected layer, has a bias.",
            ),
            Misconception(
                "only what is added",
                (36_864 - 6_400) * 4096,
                "That is how many more there are. How many are there in all?",
            ),
            Misconception(
                "the last line instead of the last pooling",
                46_764_746 - 40_970,
                "You took away the last line of the table, the output layer. The last "
                "pooling stands just before `flatten`.",
            ),
            Misconception(
                "all poolings left out",
                46_764_746 + (256 * 54 * 54 - 6_400) * 4096,
                "You left out all three poolings. Only the last one goes.",
            ),
        ),
        hints=(
            "`mine = list(ALEXNET)`, then `del mine[...]` with the number of the line, "
            "counted from 0. Print `mine` before you go on.",
            "`with torch.device('meta'):` and, indented below it, "
            "`print(count_parameters(build(mine)))`.",
        ),
        see="Eight layers, as a table",
    ),
    Number(
        id="06.seven-sigmoids",
        topic="what seven sigmoids leave of a gradient",
        activity="count",
        right=16_384,
        because="Every sigmoid multiplies by 1/4 at most, seven of them by (1/4)⁷ = "
        "1/16,384. (The weights multiply, too, and are not counted here.)",
        misconceptions=(
            Misconception(
                "added instead of multiplied",
                28,
                "You added the layers up. By the chain rule slopes are multiplied: "
                "what is left behind two sigmoids is a quarter of a quarter.",
            ),
            Misconception(
                "value for slope",
                128,
                "You took a half for every layer. That is the sigmoid's value at 0, "
                "and a gradient is multiplied by its slope.",
            ),
            Misconception(
                "a sigmoid behind the output",
                65_536,
                "You counted eight sigmoids, one behind each layer. But the output "
                "layer is followed by none.",
            ),
            Misconception(
                "convolutions only",
                1_024,
                "You counted the sigmoids behind the five convolutions. The gradient "
                "passes the hidden layers first.",
            ),
            Misconception(
                "upside down",
                4.0**-7,
                "That is the share that may be left. How many times smaller is that? "
                "Turn the fraction over.",
            ),
            Misconception(
                "one sigmoid only",
                4,
                "That is one sigmoid. The gradient has to pass one behind every "
                "convolution and every hidden layer.",
            ),
            Misconception(
                "one sigmoid too few",
                4**6,
                "One sigmoid is left out. Behind which layers does one stand?",
            ),
            Misconception(
                "hidden layers only",
                4**2,
                "That is for the hidden layers. What does the gradient pass behind "
                "them?",
            ),
            Misconception(
                "base and exponent swapped",
                7**4,
                "You multiplied sevens, one for each slope. Which number is "
                "multiplied by itself, and how often?",
            ),
            Misconception(
                "sigmoids counted",
                7,
                "That is how many sigmoids there are. What does each of them do?",
            ),
        ),
        hints=(
            "What does one sigmoid leave of a gradient, at most? What do two leave?",
            "The largest slope that the cell above prints, multiplied by itself once "
            "for each sigmoid; then 1 divided by that.",
        ),
        see="What changed, 1: ReLU in the place of the sigmoid",
    ),
    Letters(
        id="06.gradient-picture",
        topic="reading the gradients of all layers on a logarithmic axis",
        activity="plot",
        right="C",
        options="ABCDE",
        because="The lines cross: at layer 1 they are more than two powers of ten "
        "apart, and at layer 8 the sigmoid's is the upper one.",
        misconceptions=(
            Misconception(
                "low means zero",
                "A",
                "You took the lower edge of the picture for 0. A logarithmic axis has "
                "no 0: read the power of ten at which the line begins.",
            ),
            Misconception(
                "gradient travels forwards",
                "B",
                "You read the picture from left to right. The numbers fit, but the "
                "gradient is computed from the last layer to the first.",
            ),
            Misconception(
                "lower everywhere",
                "D",
                "That holds for the first layers, and you took it for all. Look at the "
                "right end of the two lines.",
            ),
            Misconception(
                "logarithmic axis read as a plain one",
                "E",
                "On a plain axis a steady climb would mean that. On a logarithmic one "
                "equal heights are equal factors.",
            ),
        ),
        hints=(
            "Look at the axis on the left first: what lies between two of its marks, a "
            "difference or a factor?",
            "Compare the two lines at layer 1, and then at layer 8. The gradient "
            "starts at the loss, behind layer 8.",
        ),
        see="What changed, 1: ReLU in the place of the sigmoid",
    ),
    Code(
        id="06.dropout",
        topic="dropout, with the random numbers given",
        activity="code",
        reference=dropped_out,
        cases=dropout_cases,
        slips=DROPOUT_SLIPS,
        because="In training the small `U` drop, and the rest is divided by 1 − p; in "
        "use nothing changes.",
        misconceptions=(
            Misconception(
                "survivors not scaled",
                dropping(lambda X, U, p: X * (U >= p)),
                "The zeros are right, but the survivors stay as they were, so the mean "
                "shrinks. What did `nn.Dropout(0.5)` make of a 1?",
            ),
            Misconception(
                "divided by p",
                dropping(lambda X, U, p: X * (U >= p) / p),
                "You divided by p. The share that survives is another one, and only "
                "for p = 0.5 are they equal.",
            ),
            Misconception(
                "kept instead of dropped",
                dropping(lambda X, U, p: X * (U < p) / (1 - p)),
                "You kept those that should go, and dropped the others. Look at the "
                "comparison: how likely is it that a number in `U` is smaller than p?",
            ),
            Misconception(
                "p taken for the probability of keeping",
                dropping(lambda X, U, p: X * (U < p) / p),
                "In your function p is the probability of keeping a number. In "
                "PyTorch it is that of dropping one.",
            ),
            Misconception(
                "zeros in use, too",
                dropping(dropped_out, dropped_out),
                "In training it is right, but your function drops numbers with "
                "`training=False`, too. A network in use should not play dice.",
            ),
            Misconception(
                "scaled in use, as in 2012",
                dropping(lambda X, U, p: X * (U >= p), lambda X, U, p: X * (1 - p)),
                "That is how it was done in 2012: no division in training, smaller "
                "numbers in use. Today all the scaling is done in training.",
            ),
        ),
        hints=(
            "Two cases, and one is very short: `if not training: return X`.",
            "`U >= p` is True where a number survives. As a factor, True counts as 1 "
            "and False as 0.",
            "Which share survives on average? Divide by it, and the mean stays.",
        ),
        see="What changed, 2: dropout",
    ),
    Code(
        id="06.multiply-adds",
        topic="multiply-adds of a network, from its table",
        activity="code",
        reference=multiply_adds,
        cases=work_cases,
        slips=WORK_SLIPS,
        because="Every weight of a convolution works once at every place of its output "
        "map, every weight of a fully connected layer once, and poolings have none.",
        misconceptions=(
            Misconception(
                "every weight once",
                counting(lambda step: step.weights),
                "Those are the weights, each counted once. That is right for a fully "
                "connected layer. At how many places does a convolution use each?",
            ),
            Misconception(
                "places of the input",
                counting(lambda step: step.weights * step.before**2),
                "You counted the places of the map that comes in. The window stands "
                "once for every number that goes *out*.",
            ),
            Misconception(
                "one channel in",
                counting(lambda step: step.work // step.channels),
                "You forgot the channels that come in: each has a sheet of weights of "
                "its own for every channel that goes out.",
            ),
            Misconception(
                "kernel not squared",
                counting(lambda step: step.work // step.kernel),
                "Your kernels are one row high. A kernel of size k has k rows and k "
                "columns.",
            ),
            Misconception(
                "biases counted",
                counting(
                    lambda step: (
                        step.work + bool(step.weights) * step.out * step.after**2
                    )
                ),
                "You counted the biases, too. They are added, and nothing is "
                "multiplied by them.",
            ),
            Misconception(
                "poolings counted",
                counting(
                    lambda step: step.work or step.out * step.kernel**2 * step.after**2
                ),
                "You counted the poolings, too. They take a maximum: there are no "
                "weights to multiply by.",
            ),
            Misconception(
                "operations",
                counting(lambda step: 2 * step.work),
                "That is twice as many: you counted multiplications and additions "
                "apart. A multiply-add is one of each.",
            ),
        ),
        hints=(
            "Go through the rows as `build` does, and keep the same two numbers: "
            "`channels` and `size`. What has to be added up in each branch?",
            "A convolution: channels · out · kernel_size² weights, each used at "
            "size · size places, with the size *behind* it. A fully connected layer: "
            "channels · out.",
            "`flatten` adds nothing, but makes one long row: channels · size · size.",
        ),
        see="Where the parameters sit, and where the work is",
    ),
    Letters(
        id="06.allowed",
        topic="which augmentation keeps the label and the picture possible",
        activity="recall",
        right="D",
        options="ABCDEF",
        because="From straight above there is no up and no left: a mirrored field is a "
        "field, and one that could lie somewhere.",
        misconceptions=(
            Misconception(
                "position carries the label",
                "A",
                "Upside down, the highest note becomes the lowest. Here the label is "
                "the height itself, so it would be wrong.",
            ),
            Misconception(
                "colour carries the label",
                "B",
                "The colour of the strip is the answer, so the label would be wrong: "
                "the ripe tomato once more.",
            ),
            Misconception(
                "direction carries the label",
                "C",
                "Three o'clock would become nine o'clock, with the label of three. "
                "Does mirroring keep what is asked here?",
            ),
            Misconception(
                "pictures that do not occur",
                "E",
                "The label stays right, but will anybody hand in such a picture? The "
                "rule has a second half.",
            ),
            Misconception(
                "the answer cut away",
                "F",
                "A small crop leaves most of the people out, and the label still "
                "counts them. A crop may not lose what is asked.",
            ),
        ),
        hints=(
            "Two questions for each: is the label still right? Could such a picture "
            "occur when the network is used?",
            "Imagine that you see the changed picture only. Would you write the same "
            "label below it, and would you wonder where it comes from?",
        ),
        see="What changed, 3: data augmentation",
    ),
    Design(
        id="06.small-pictures",
        topic="a table of eight layers for pictures of 64 × 64",
        activity="design",
        example=small_table(),
        convert=read_table,
        because="Eight layers, none too narrow, and the sizes were brought down early "
        "enough for the work and far enough for the parameters.",
        misconceptions=(
            Misconception(
                "sizes not followed to the end",
                small_table((32, 11, 4, 0)),
                "The picture does not get through: somewhere a window is larger than "
                "the map that it should stand on. Write the size behind every line, "
                "beginning with 64.",
                found=lambda facts: not facts["fits"],
            ),
            Misconception(
                "number of classes",
                small_table(classes=1000),
                "The last line must be an output layer with a number for each of the "
                "10 classes.",
                found=lambda facts: facts["classes"] != 10,
            ),
            Misconception(
                "pooling counted as a layer with weights",
                [*small_table()[:4], *small_table()[6:]],
                "It would run, but the layers with weights are not five convolutions, "
                "two hidden layers and one output layer. Poolings do not count.",
                found=lambda facts: facts["weights"] != [5, 2, 1],
            ),
            Misconception(
                "made too narrow",
                small_table((16, 5, 2, 2)),
                "One of your layers is too narrow: 32 channels and 256 features are "
                "the least. There are other ways to save.",
                found=lambda facts: (
                    min(facts["channels"]) < 32 or min(facts["features"]) < 256
                ),
            ),
            Misconception(
                "long row into the first hidden layer",
                small_table((32, 3, 2, 1), pooled=False),
                "These are too many parameters. Compute channels × size × size at "
                "`flatten`: every one of those numbers has a weight to every hidden "
                "unit.",
                found=lambda facts: facts["parameters"] >= 1_000_000,
            ),
            Misconception(
                "large maps for too long",
                small_table((32, 5, 1, 2), more=[("pooling", 3, 2)]),
                "The parameters are few enough, but there is too much work: every "
                "weight of a convolution is used once at every place of its map. How "
                "early do the maps get small?",
                found=lambda facts: facts["work"] > 30_000_000,
            ),
        ),
        hints=(
            "Change `ALEXNET` line by line. An 11 × 11 kernel with stride 4 was for "
            "224 pixels: what would you take for 64?",
            "Write the sizes beside the lines. Maps that get small early save work, "
            "and a small map at `flatten` saves parameters.",
            "Let the first convolution have stride 2, and 64 channels at most behind "
            "it; leave the three poolings in.",
        ),
        see="Where the parameters sit, and where the work is",
    ),
]

PREDICTIONS = [
    Prediction(
        id="06.smallest",
        asks="How wide is the smallest picture that AlexNet can take?",
        unit="pixels",
    ),
    Prediction(
        id="06.fc-parameters",
        asks="What share of the parameters is in the fully connected layers?",
        unit="%",
    ),
    Prediction(
        id="06.fc-work",
        asks="And what share of the multiply-adds?",
        unit="%",
    ),
]
