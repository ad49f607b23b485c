"""Slips that can happen in any exercise, told as what they make of the right result."""

import torch

from cnn_course.exercises.engine.variants import Slip, number_by_number


def only(part):
    """Return a `result` that is 0 but for a part of it."""

    def kept(result, *case):
        other = torch.zeros_like(result)
        other[part] = result[part]
        return other

    return kept


def one(change):
    """Return a `result` by change(result), for tensors alone."""
    return lambda result, *case: (
        change(result) if isinstance(result, torch.Tensor) else None
    )


def listed(change):
    """Return a `result` for lists and tuples alone."""
    return lambda found, *case: (
        change(found) if isinstance(found, (list, tuple)) else None
    )


def same_size(result, X, *rest):
    return result[tuple(slice(n) for n in X.shape)]


def same_size_middle(result, X, *rest):
    cut = [(n - m) // 2 for n, m in zip(result.shape, X.shape, strict=True)]
    return result[tuple(slice(c, c + m) for c, m in zip(cut, X.shape, strict=True))]


def padded(*sides):
    return one(lambda Y: torch.nn.functional.pad(Y, sides))


def shifted(axis):
    """Return a `result` moved on by one, with zeros where nothing came from."""

    def moved(result, *case):
        moved = result.roll(1, axis)
        moved.select(axis, 0).zero_()
        return moved

    return moved


LAST = "Where do your loops end: does the window or the pixel at the very end have its "
LAST += "turn? `range(n)` ends at n - 1."
ON_TENSORS = (
    Slip(
        "Rows and columns are swapped in your output. Which comes first in a shape and "
        "in an index, height or width?",
        one(lambda Y: Y.mT),
    ),
    Slip(
        "The numbers are cut off to whole numbers. Where do the decimals get lost: in "
        "`int(…)`, in `//`, or in a tensor that holds whole numbers only?",
        number_by_number(torch.trunc),
    ),
    Slip(
        "The numbers are rounded. Return them as they are computed.",
        number_by_number(torch.round),
    ),
    Slip(
        "The size is right, the sign is not: each number is the negative of what it "
        "should be. Which is taken away from which?",
        number_by_number(torch.neg),
    ),
    Slip(
        "Everything is twice as large as it should be. What do you count twice?",
        number_by_number(lambda Y: 2 * Y),
    ),
    Slip(
        "Everything is half as large as it should be. Where does a factor of 2 get "
        "lost, or what is divided once too often?",
        number_by_number(lambda Y: Y / 2),
    ),
    Slip(
        "The minus signs are lost: you return absolute values. Is there an `abs`?",
        number_by_number(torch.abs),
    ),
    Slip(
        "Wherever a negative number is right, yours has 0. Does something in it begin "
        "at 0 and only grow, or is there a ReLU (`clamp`, `max(0, …)`) too many?",
        number_by_number(torch.relu),
    ),
    Slip(
        "You return the squares of the right numbers. Which square is not wanted?",
        number_by_number(torch.square),
    ),
    Slip(
        "What you give is too large by 1. Is a `+ 1` too much, or do you count from 1?",
        number_by_number(lambda Y: Y + 1),
    ),
    Slip(
        "What you give is too small by 1. Is a `- 1` too much, or a `+ 1` forgotten?",
        number_by_number(lambda Y: Y - 1),
    ),
    Slip("Your last row is missing. " + LAST, one(lambda Y: Y[..., :-1, :])),
    Slip("Your last column is missing. " + LAST, one(lambda Y: Y[..., :-1])),
    Slip(
        "Your last row and your last column are missing. " + LAST,
        one(lambda Y: Y[..., :-1, :-1]),
    ),
    Slip(
        "Your first row and your first column are missing. At which number does a loop "
        "begin?",
        one(lambda Y: Y[..., 1:, 1:]),
    ),
    Slip("Your last row stays 0. " + LAST, only((..., slice(-1), slice(None)))),
    Slip("Your last column stays 0. " + LAST, only((..., slice(-1)))),
    Slip(
        "Your last row and your last column stay 0. " + LAST,
        only((..., slice(-1), slice(-1))),
    ),
    Slip(
        "Your first row and your first column stay 0. At which number does a loop "
        "begin? Python counts from 0.",
        only((..., slice(1, None), slice(1, None))),
    ),
    Slip(
        "Only your first row is filled. Does a `return` stand inside the loop, so that "
        "it ends after one round?",
        only((..., slice(1), slice(None))),
    ),
    Slip(
        "Only your first number is filled. Does a `return` stand inside the loops, so "
        "that they end after one round?",
        only((..., slice(1), slice(1))),
    ),
    Slip(
        "There is one row and one column of zeros too many at the end. How many places "
        "are there really?",
        padded(0, 1, 0, 1),
    ),
    Slip("There is one row of zeros too many at the end.", padded(0, 0, 0, 1)),
    Slip("There is one column of zeros too many at the end.", padded(0, 1)),
    Slip(
        "There is a frame of zeros around your output. Where does the first number "
        "belong?",
        padded(1, 1, 1, 1),
    ),
    Slip("Your output is moved down by one row. Python counts from 0.", shifted(-2)),
    Slip("Your output is moved by one column. Python counts from 0.", shifted(-1)),
    Slip(
        "Your output is moved by one row and one column. Python counts from 0.",
        lambda Y, *case: shifted(-1)(shifted(-2)(Y)),
    ),
    Slip(
        "Your output is cut off: it has the size of `X`, and the rest of what you "
        "computed found no room. How large must it be?",
        same_size,
    ),
    Slip(
        "Your output has the size of `X`, as with a padding that keeps the size. How "
        "large must it be here?",
        same_size_middle,
    ),
    Slip(
        "Your output is upside down: its rows run from the last to the first.",
        one(lambda Y: Y.flip(-2)),
    ),
    Slip(
        "Your output is mirrored: its columns run from the last to the first.",
        one(lambda Y: Y.flip(-1)),
    ),
    Slip("Your output is turned by half a turn.", one(lambda Y: Y.flip(-1, -2))),
    Slip(
        "Only the first picture of the batch is right; the others stay 0. Over which "
        "axis does nothing run yet? Axis 0 counts the pictures.",
        only(0),
    ),
    Slip(
        "Only the first picture of the batch comes out. A batch holds several: keep "
        "axis 0 as it is.",
        one(lambda Y: Y[:1]),
    ),
    Slip(
        "Only the first picture comes out, and without the axis of the batch. Axis 0 "
        "counts the pictures: keep it.",
        one(lambda Y: Y[0] if Y.dim() > 2 else None),
    ),
    Slip(
        "Only the first channel of each picture is right; the others stay 0. Axis 1 "
        "counts the channels.",
        lambda Y, *case: only((slice(None), 0))(Y) if Y.dim() > 2 else None,
    ),
    Slip(
        "You add up all numbers of the output in the end. It should keep its shape.",
        one(lambda Y: Y.sum()),
    ),
    Slip(
        "You return the mean of the output. It should keep its shape.",
        one(lambda Y: Y.mean()),
    ),
    Slip(
        "The numbers are right, but all of them stand in one row. Which shape is "
        "wanted?",
        one(lambda Y: Y.flatten()),
    ),
    Slip(
        "The numbers are right, but height and width have become one axis: the pixels "
        "stand in a row. Bring them into rows and columns again (`reshape`).",
        one(lambda Y: Y.flatten(2) if Y.dim() > 2 else None),
    ),
    Slip(
        "The numbers are right, but there is an axis too many in front. Do you still "
        "carry a batch or a channel of one?",
        one(lambda Y: Y[None]),
    ),
    Slip(
        "The numbers are right, but there are two axes too many in front: take "
        "`[0, 0]` of what `F.conv2d` or the like gives.",
        one(lambda Y: Y[None, None]),
    ),
    Slip(
        "All your numbers are equal to the first one. Does something not move on with "
        "the loop?",
        one(lambda Y: Y[..., :1, :1].expand_as(Y)),
    ),
    Slip(
        "Nothing but zeros comes out. Is what you compute ever written into it?",
        number_by_number(torch.zeros_like),
    ),
    Slip(
        "What comes out is what went in. Where is the result put?",
        lambda Y, *case: case[0],
    ),
)
ON_LISTS = (
    Slip(
        "The numbers are right, but in the reverse order.",
        listed(lambda found: found[::-1]),
    ),
    Slip(
        "Only the first of what is wanted comes out. Does a `return` stand inside the "
        "loop?",
        listed(lambda found: found[:1]),
    ),
    Slip(
        "Only the last of what is wanted comes out. Is what you found before written "
        "over?",
        listed(lambda found: found[-1:]),
    ),
    Slip(
        "That is how many there are. A list of which they are is wanted.",
        listed(len),
    ),
)
BY_RULE = ON_TENSORS + ON_LISTS
