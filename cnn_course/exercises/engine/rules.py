"""Slips that can happen in any exercise, as changes of a right result or an argument.

Each is run beside an answer that is wrong: the one that gives the same on every input
is what has happened. A change that does not fit an input raises: it explains nothing.
"""

import inspect

import numpy as np
import torch
import torch.nn.functional as F


def each(change):
    """Return a change of a result, number by number: of tensors, tuples and lists."""

    def changed(result, *case):
        if isinstance(result, torch.Tensor):
            return change(result)
        if isinstance(result, (list, tuple)):
            return type(result)(map(changed, result))
        return change(torch.tensor(result, dtype=torch.float64)).item()

    return changed


def only(part):
    """Return a change of a result: all but a part of it is 0."""

    def kept(Y, *case):
        other = torch.zeros_like(Y)
        other[part] = Y[part]
        return other

    return kept


OFF_BY_ONE = {  # what a loop can leave out, and what is left then
    "last row": np.s_[..., :-1, :],
    "last column": np.s_[..., :-1],
    "last row and column": np.s_[..., :-1, :-1],
    "first row": np.s_[..., 1:, :],
    "first column": np.s_[..., 1:],
    "first row and column": np.s_[..., 1:, 1:],
}
ENDS = "Where do your loops begin and end? `range(n)` goes from 0 to n - 1."
LOOP = "Does a `return` stand inside the loop, so that it ends after one round?"

# What is said: change(right result, *arguments) is what the slip makes of it.
OF_A_RESULT = {
    "Rows and columns are swapped in your output. Which comes first in a shape and in "
    "an index, height or width?": lambda Y, *case: Y.mT,
    "The numbers are cut off to whole numbers. Where do the decimals get lost: in "
    "`int(…)`, in `//`, or in a tensor that holds whole numbers only?": each(
        torch.trunc
    ),
    "The numbers are rounded. Return them as they are computed.": each(torch.round),
    "The size is right, the sign is not: each number is the negative of what it "
    "should be. Which is taken away from which?": each(torch.neg),
    "Everything is twice as large as it should be. What do you count twice?": each(
        lambda Y: 2 * Y
    ),
    "Everything is half as large as it should be. Where does a factor of 2 get "
    "lost?": each(lambda Y: Y / 2),
    "The minus signs are lost: is there an `abs`?": each(torch.abs),
    "Wherever a negative number is right, yours has 0. Does something in it begin at "
    "0, or is there a ReLU too many?": each(torch.relu),
    "Nothing but zeros comes out. Is what you compute ever written into it?": each(
        torch.zeros_like
    ),
    "What comes out is what went in. Where is the result put?": (
        lambda Y, *case: case[0]
    ),
    **{
        f"Your {what} is missing. {ENDS}": lambda Y, *case, part=part: Y[part]
        for what, part in OFF_BY_ONE.items()
    },
    **{f"Your {what} stays 0. {ENDS}": only(part) for what, part in OFF_BY_ONE.items()},
    "There is one row and one column of zeros too many at the end. How many places "
    "are there really?": lambda Y, *case: F.pad(Y, (0, 1, 0, 1)),
    "Your output is moved by one row and one column. Python counts from 0.": (
        lambda Y, *case: F.pad(Y, (1, 0, 1, 0))[..., :-1, :-1]
    ),
    f"Only your first row is filled. {LOOP}": only(np.s_[..., :1, :]),
    f"Only your first number is filled. {LOOP}": only(np.s_[..., :1, :1]),
    "Only the first picture of the batch is right; the others stay 0. Over which axis "
    "does nothing run yet?": only(np.s_[:1]),
    "Only the first channel is right; the others stay 0. Axis 1 counts channels.": only(
        np.s_[:, :1]
    ),
    f"Only the first of what is wanted comes out. {LOOP}": lambda Y, *case: Y[:1],
    "The numbers are right, but there is an axis too many in front. Do you still "
    "carry a batch or a channel of one?": lambda Y, *case: Y[None],
    "The numbers are right, but in the reverse order: the last one first.": (
        lambda Y, *case: Y.flip(0) if isinstance(Y, torch.Tensor) else Y[::-1]
    ),
    "That is how many there are. Wanted is which they are.": lambda Y, *case: len(Y),
}

# The same for an argument, {} being its name.
DIVIDED = "Yours is the right result divided by how many numbers there are in"
MULTIPLIED = "Yours is the right result times how many numbers there are in"
MEAN = "Is a mean taken where a sum is wanted?"
SUM = "Is a sum taken where a mean is wanted?"
OF_A_TENSOR = {
    "Rows and columns of `{}` are swapped in yours. Which comes first in a shape and "
    "in an index, height or width?": lambda X: X.mT,
    "`{}` is turned by half a turn in yours. It is used as it is.": (
        lambda X: X.flip(-1, -2)
    ),
    "`{}` is turned upside down in yours. It is used as it is.": lambda X: X.flip(-2),
    "`{}` is mirrored in yours, left and right. It is used as it is.": (
        lambda X: X.flip(-1)
    ),
}
OF_A_NUMBER = {
    "Yours computes as if `{}` were one larger. Is there a `+ 1` too many?": (
        lambda n: n + 1
    ),
    "Yours computes as if `{}` were one smaller. Is a `+ 1` missing?": lambda n: n - 1,
}


def rules(run, reference, names, case):
    """Yield (what is said, wrong): wrong(right result, *case) is what the slip gives.

    run(reference, *case) gives the right result; `case` shows what the arguments are,
    and `names` what they are called.
    """

    def with_another(index, change):
        return lambda right, *case: run(
            reference, *[change(x) if i == index else x for i, x in enumerate(case)]
        )

    yield from OF_A_RESULT.items()
    defaults = _defaults(reference)
    for index, (name, value) in enumerate(zip(names, case, strict=False)):
        changes = OF_A_NUMBER if type(value) is int else {}
        if isinstance(value, torch.Tensor):
            changes = OF_A_TENSOR
            yield f"{DIVIDED} `{name}`. {MEAN}", times(index, lambda X: 1 / X.numel())
            yield f"{MULTIPLIED} `{name}`. {SUM}", times(index, torch.numel)
        for says, change in changes.items():
            yield says.format(name), with_another(index, change)
        if defaults.get(name) is not None:
            says = f"`{name}` changes nothing in yours: it counts as {defaults[name]}."
            yield says, with_another(index, lambda _, name=name: defaults[name])


def times(index, factor):
    """Return a change: the right result times a factor of one of the arguments."""
    return lambda right, *case: each(lambda Y: Y * factor(case[index]))(right)


def _defaults(function):
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:  # torch's own functions do not tell
        return {}
    return {p.name: p.default for p in found if p.default is not p.empty}
