"""Known slips in counting multiply-adds from a table, for 06.multiply-adds."""

from cnn_course.exercises.engine.variants import Slip


def working(
    side=lambda size, kernel, stride, padding: (
        (size + 2 * padding - kernel) // stride + 1
    ),
    pool=lambda size, kernel, stride: (size - kernel) // stride + 1,
    passes=lambda channels, out, what: out,
    flat=lambda channels, size: channels * size * size,
    work=lambda channels, out, kernel, size: channels * out * kernel**2 * size**2,
    row=lambda channels, out, size: channels * out,
    add=lambda total, work: total + work,
):
    """Return a function like the solution with something wrong in it."""

    def count(rows, channels=1, size=224):
        total = 0
        for what, *n in rows:
            if what == "convolution":
                size = side(size, *n[1:])
                total = add(total, work(channels, n[0], n[1], size))
                channels = passes(channels, n[0], what)
            elif what == "pooling":
                size = pool(size, *n)
            elif what == "flatten":
                channels = flat(channels, size)
            else:
                total = add(total, row(channels, n[0], size))
                channels = passes(channels, n[0], what)
        return total

    return count


def of_rows(change):
    """Return a `case` with another table: change(row) gives rows in its place."""
    return lambda rows, *rest: ([r for row in rows for r in change(row)], *rest)


def without(*kinds):
    return of_rows(lambda row: [] if row[0] in kinds else [row])


def with_numbers(kind, change):
    return of_rows(lambda row: [(kind, *change(*row[1:]))] if row[0] == kind else [row])


WORK_SLIPS = (
    Slip(
        "Your maps keep their size at a pooling. It costs nothing, but what comes "
        "behind it works on smaller maps.",
        case=without("pooling"),
    ),
    Slip(
        "Your flattening forgets the pixels: each channel has size · size numbers, and "
        "all of them go into the next layer.",
        example=working(flat=lambda channels, size: channels),
    ),
    Slip(
        "Your flattening forgets the channels: each of them has size · size numbers.",
        example=working(flat=lambda channels, size: size * size),
    ),
    Slip(
        "Your flattening takes one row of each map: a map has size · size numbers.",
        example=working(flat=lambda channels, size: channels * size),
    ),
    Slip(
        "The channels are never passed on: what a layer puts out is what the next one "
        "takes in.",
        example=working(passes=lambda channels, out, what: channels),
    ),
    Slip(
        "The convolutions do not pass on their channels: what one puts out is what the "
        "next layer takes in.",
        example=working(
            passes=lambda c, out, what: c if what == "convolution" else out
        ),
    ),
    Slip(
        "The hidden layers do not pass on how many numbers they put out: the next "
        "layer takes these in.",
        example=working(
            passes=lambda c, out, what: out if what == "convolution" else c
        ),
    ),
    Slip(
        "Your padding counts for one side only. There is a frame on both sides: "
        "2 · padding.",
        example=working(side=lambda n, k, s, p: (n + p - k) // s + 1),
    ),
    Slip(
        "The padding changes nothing in yours. It makes the maps larger.",
        case=with_numbers("convolution", lambda out, k, s, p: (out, k, s, 0)),
    ),
    Slip(
        "The stride of the convolutions changes nothing in yours. With steps of s "
        "there are fewer places.",
        case=with_numbers("convolution", lambda out, k, s, p: (out, k, 1, p)),
    ),
    Slip(
        "Stride and padding are mixed up: a line is (out, kernel size, stride, "
        "padding).",
        case=with_numbers("convolution", lambda out, k, s, p: (out, k, max(p, 1), s)),
    ),
    Slip(
        "Stride and padding change nothing in yours.",
        case=with_numbers("convolution", lambda out, k, s, p: (out, k, 1, 0)),
    ),
    Slip(
        "The size of your maps stays the same at a convolution. Stride and padding "
        "change it.",
        example=working(side=lambda n, k, s, p: n),
    ),
    Slip(
        "The poolings halve (or divide) the size by their stride in yours. Their "
        "window must fit, too: `output_size`.",
        example=working(pool=lambda n, k, s: n // s),
    ),
    Slip(
        "Your poolings always halve the size. Window and stride are in their line.",
        example=working(pool=lambda n, k, s: n // 2),
    ),
    Slip(
        "Your pooling windows always touch: the stride of a pooling is the second "
        "number in its line.",
        case=with_numbers("pooling", lambda k, s: (k, k)),
    ),
    Slip(
        "Your poolings divide the size by their window. It is the stride that makes "
        "the steps: `output_size`.",
        example=working(pool=lambda n, k, s: n // k),
    ),
    Slip(
        "There is one place more for every window than you count: `+ 1` for the place "
        "before the first step.",
        example=working(
            side=lambda n, k, s, p: (n + 2 * p - k) // s,
            pool=lambda n, k, s: (n - k) // s,
        ),
    ),
    Slip(
        "Your convolutions have one place more than you count: `+ 1` for the place "
        "before the first step.",
        example=working(side=lambda n, k, s, p: (n + 2 * p - k) // s),
    ),
    Slip(
        "Your sizes are rounded up. A window that would stick out is left out: `//`.",
        example=working(
            side=lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
            pool=lambda n, k, s: -(-(n - k) // s) + 1,
        ),
    ),
    Slip(
        "Your sizes are broken numbers: `/` gives halves, `//` rounds down.",
        example=working(
            side=lambda n, k, s, p: (n + 2 * p - k) / s + 1,
            pool=lambda n, k, s: (n - k) / s + 1,
        ),
    ),
    Slip(
        "You count one row of places. A map has size · size of them: square the side.",
        example=working(work=lambda c, out, k, size: c * out * k * k * size),
    ),
    Slip(
        "You double where you should square: k rows of k numbers are k · k.",
        example=working(work=lambda c, out, k, size: c * out * 2 * k * size**2),
    ),
    Slip(
        "You forgot the channels that go out: each of them has its own kernel.",
        example=working(work=lambda c, out, k, size: c * k * k * size**2),
    ),
    Slip(
        "You add channels in and channels out. Each channel out has weights for each "
        "channel in: a product.",
        example=working(work=lambda c, out, k, size: (c + out) * k * k * size**2),
    ),
    Slip(
        "You forgot the kernel: each number that goes out costs kernel size squared, "
        "for every channel that comes in.",
        example=working(work=lambda c, out, k, size: c * out * size**2),
    ),
    Slip(
        "You use the size squared for fully connected layers, too. Behind `flatten` "
        "each weight works once.",
        example=working(row=lambda c, out, size: c * out * size**2),
    ),
    Slip(
        "The fully connected layers are missing: hidden and output, each with every "
        "weight once.",
        case=without("hidden", "output"),
    ),
    Slip(
        "The output layer is missing. It is fully connected as well.",
        case=without("output"),
    ),
    Slip(
        "The hidden layers count nothing in yours, or their numbers are not passed "
        "on. Each of their weights works once.",
        case=without("hidden"),
    ),
    Slip(
        "The convolutions are missing in your sum.", example=working(work=lambda *_: 0)
    ),
    Slip(
        "Only the last line counts in yours: `=` writes over what was there, `+=` "
        "adds.",
        example=working(add=lambda total, work: work),
    ),
    Slip(
        "Only the first line counts in yours. Does a `return` stand inside the loop?",
        case=lambda rows, *rest: (rows[:1], *rest),
    ),
    Slip(
        "The biases of the fully connected layers are counted, too. Nothing is "
        "multiplied by them.",
        example=working(row=lambda c, out, size: (c + 1) * out),
    ),
    Slip(
        "The biases of the convolutions are counted, too. Nothing is multiplied by "
        "them.",
        example=working(work=lambda c, out, k, size: (c * k * k + 1) * out * size**2),
    ),
    Slip(
        "`size` counts as 224 in yours, whatever is given.",
        case=lambda rows, channels=1, size=224: (rows, channels, 224),
    ),
)
