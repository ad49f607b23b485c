"""Known slips, told as what they make of an input or of a right result.

Each is run beside an answer that is wrong: the one that gives the same on every input
is what has happened. A rule is derived from the reference; an exercise declares more.
"""

import inspect
from collections.abc import Callable
from typing import NamedTuple

import torch

STOPS = object()


class Slip(NamedTuple):
    """A known wrong implementation, and what is said to it.

    says    what was done, and the question that leads on
    result  result(right result, *case) gives what the slip makes of it
    case    case(*case) gives the arguments as the slip takes them
    example the whole wrong implementation; default: the reference
    """

    says: str
    result: Callable | None = None
    case: Callable | None = None
    example: Callable | None = None

    def outcome(self, run, reference, case):
        """Return what comes out for a case with this slip, or STOPS."""
        try:
            given = self.case(*case) if self.case else case
            found = run(self.example or reference, *given)
        except Exception:  # it need not work for every case
            return STOPS
        return self.after(found, case)

    def after(self, found, case):
        """Return what the slip makes of what was found for a case, or STOPS."""
        try:
            changed = self.result(found, *case) if self.result else found
        except Exception:
            return STOPS
        return STOPS if changed is None else changed


def number_by_number(change):
    """Return a `result` that changes each number of a tensor, list or tuple."""

    def changed(result, *case):
        if isinstance(result, torch.Tensor):
            return change(result)
        if isinstance(result, (list, tuple)):
            return type(result)(changed(item) for item in result)
        return change(torch.tensor(result, dtype=torch.float64)).item()

    return changed


def argument(index, change):
    """Return a `case` in which one argument is changed, where it is given."""

    def changed(*case):
        return [change(x) if i == index else x for i, x in enumerate(case)]

    return changed


def factors(name, index, axis=None):
    """Return two slips: the right result divided, or multiplied, by a count in it."""
    what = f"the number of numbers in `{name}`"
    if axis is not None:
        what = f"the length of axis {axis} of `{name}`"

    def count(case):
        return case[index].numel() if axis is None else case[index].shape[axis]

    return [
        Slip(
            f"Yours is the right result divided by {what}: is a mean taken where a sum "
            "is wanted, or is it divided once too often?",
            lambda Y, *case: number_by_number(lambda y: y / count(case))(Y),
        ),
        Slip(
            f"Yours is the right result times {what}: is a sum taken where a mean is "
            "wanted, or something added once for each of them?",
            lambda Y, *case: number_by_number(lambda y: y * count(case))(Y),
        ),
    ]


def of_arguments(reference, names, case):
    """Return the slips that concern the arguments; `case` shows what these are."""
    defaults = _defaults(reference)
    slips = []
    for index, (name, value) in enumerate(zip(names, case, strict=False)):
        if isinstance(value, torch.Tensor) and value.is_floating_point():
            slips += factors(name, index)
            for axis in range(value.dim() if value.dim() > 1 else 0):
                slips += factors(name, index, axis)
        slips += [
            Slip(says.format(name), case=argument(index, change))
            for says, change in _changes(value, defaults.get(name))
        ]
    return slips


def _changes(value, default):
    """Return [(what is said, with {} for the name; change)] for such an argument."""
    changes = []
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        changes += [
            ("The minus signs in `{}` get lost. Is there an `abs`?", torch.abs),
            ("Negative numbers in `{}` count as 0. Is there a ReLU?", torch.relu),
            ("The numbers in `{}` are squared in yours. Should they be?", torch.square),
            (
                "The decimals in `{}` get lost. Is it made into whole numbers?",
                torch.trunc,
            ),
        ]
        if value.dim() > 1:
            lies = "Its first number comes first: it is used as it is."
            changes += [
                (
                    "Rows and columns of `{}` are swapped in yours. Which comes first "
                    "in a shape and in an index, height or width?",
                    lambda x: x.mT,
                ),
                (
                    f"`{{}}` is turned by half a turn in yours. {lies}",
                    lambda x: x.flip(-1, -2),
                ),
                (
                    f"`{{}}` is turned upside down in yours. {lies}",
                    lambda x: x.flip(-2),
                ),
                (
                    f"`{{}}` is mirrored in yours, left and right. {lies}",
                    lambda x: x.flip(-1),
                ),
            ]
    elif isinstance(value, bool):
        says = "`{}` works the other way round: yours does with True what is wanted "
        changes.append((says + "with False.", lambda x: not x))
    elif isinstance(value, int):
        asks = "Is there a `+ 1` or a `- 1` too many, or one too few?"
        changes += [
            (f"Yours computes as if `{{}}` were one larger. {asks}", lambda n: n + 1),
            (f"Yours computes as if `{{}}` were one smaller. {asks}", lambda n: n - 1),
            (
                "Yours computes as if `{}` were twice as large. Is it counted for two "
                "sides, twice?",
                lambda n: 2 * n,
            ),
            (
                "Yours computes as if `{}` were half as large. Is it counted for one "
                "side only, or divided?",
                lambda n: n // 2,
            ),
        ]
    if default is not None:
        says = f"`{{}}` changes nothing in yours: it counts as {default}, whatever is "
        changes.append((says + "given.", lambda _: default))
    return changes


def _defaults(function):
    try:
        found = inspect.signature(function).parameters.values()
    except ValueError:  # torch's own functions do not tell
        return {}
    return {p.name: p.default for p in found if p.default is not p.empty}
