"""Slips that can happen in any exercise that is code.

Each is what is said, and wrong(right result, *arguments): what the slip makes of them.
One that gives what a wrong answer gives, on every input, is what has happened; one that
does not fit an input raises, and explains nothing.
"""

import numpy as np
import torch


def only(part):
    """Return a slip: all but a part of the result is 0."""

    def kept(Y, *case):
        other = torch.zeros_like(Y)
        other[part] = Y[part]
        return other

    return kept


OFF_BY_ONE = {  # what a loop can leave out, and what is left then
    "last row": np.s_[..., :-1, :],
    "last column": np.s_[..., :-1],
    "last row and column": np.s_[..., :-1, :-1],
}
ENDS = "Where do your loops begin and end? `range(n)` goes from 0 to n - 1."
OUTPUT = {  # the right one, a tensor
    "Rows and columns are swapped in your output. Which comes first in a shape and in "
    "an index, height or width?": lambda Y, *case: Y.mT,
    "The numbers are cut off to whole numbers. Where do the decimals get lost: in "
    "`int(…)`, in `//`, or in a tensor that holds whole numbers only?": (
        lambda Y, *case: Y.trunc()
    ),
    "The size is right, the sign is not: each number is the negative of what it "
    "should be. Which is taken away from which?": lambda Y, *case: -Y,
    "Wherever a negative number is right, yours has 0. Does something in it begin at "
    "0, or is there a ReLU too many?": lambda Y, *case: Y.relu(),
    "Nothing but zeros comes out. Is what you compute ever written into it?": (
        lambda Y, *case: torch.zeros_like(Y)
    ),
    "What comes out is what went in. Where is the result put?": (
        lambda Y, *case: case[0]
    ),
    **{
        f"Your {what} is missing. {ENDS}": lambda Y, *case, part=part: Y[part]
        for what, part in OFF_BY_ONE.items()
    },
    **{f"Your {what} stays 0. {ENDS}": only(part) for what, part in OFF_BY_ONE.items()},
    "Only the first picture of the batch is right; the others stay 0. Over which axis "
    "does nothing run yet?": only(np.s_[:1]),
    "The numbers are right, but there is an axis too many in front. Do you still "
    "carry a batch or a channel of one?": lambda Y, *case: Y[None],
}
LISTED = {  # the right ones, in a list or tuple
    "Only the first of what is wanted comes out. Does a `return` stand inside the "
    "loop, so that it ends after one round?": lambda Y, *case: Y[:1],
    "The numbers are right, but in the reverse order: the last one first.": (
        lambda Y, *case: Y[::-1]
    ),
    "That is how many there are. Wanted is which they are.": lambda Y, *case: len(Y),
}
