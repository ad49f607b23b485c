"""Exercises whose answer is code: it is run beside a reference, on many inputs."""

import copy
import inspect
from collections.abc import Callable
from dataclasses import dataclass

import torch

from cnn_course.exercises.engine.answers import as_number
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import Exercise
from cnn_course.exercises.engine.running import SECONDS, Stopped, TimeUp, call


def plain_call(answer, *args):
    """Call a student's function with the arguments of a case."""
    return answer(*args)


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function or class, compared with a `reference` on every case.

    cases      cases(generator) returns a list of tuples of arguments: random shapes in
               float64, the defaults, and the edges; under a second in all
    run        run(answer, *case) gives what is compared: a tensor, a number, or a tuple
               of them. Default: answer(*case)
    names      of the arguments of a case, for messages; default: the reference's own
    Examples of misconceptions are wrong functions: an answer that gives the same wrong
    results is taken for one of these.
    """

    reference: Callable
    cases: Callable
    run: Callable = plain_call
    names: tuple = ()

    def problem(self, answer):
        if not callable(answer):
            found = describe(answer)
            return f"The function or class itself is wanted, and this is {found}."
        wrong = []
        for case in self.cases(torch.Generator().manual_seed(0)):
            given = copy.deepcopy(case)
            try:
                result, printed = call(self.run, answer, *given)
            except Stopped as stopped:
                return f"With {self.inputs(case)} it stopped: {stopped}."
            except TimeUp:
                return (
                    f"With {self.inputs(case)} it was still running after {SECONDS} "
                    "seconds and was stopped. Is there a loop that never ends?"
                )
            if changed := self.changed(case, given):
                return changed
            right = self.run(self.reference, *copy.deepcopy(case))
            if problem := difference(result, right):
                wrong.append((case, result, problem, printed.strip()))
        if not wrong:
            return None
        for misconception in self.misconceptions:
            if all(self.explains(misconception, *found[:2]) for found in wrong):
                return misconception.says
        case, _, problem, printed = wrong[0]
        text = f"With {self.inputs(case)}: {problem}"
        return f"{text} (It printed: {printed[:200]})" if printed else text

    def named(self, case):
        """Return [(name, value)] of the arguments of a case."""
        names = self.names or inspect.signature(self.reference).parameters
        return list(zip(names, case, strict=False))

    def inputs(self, case):
        """Return the arguments of a case in words."""
        return ", ".join(f"{name} = {describe(x)}" for name, x in self.named(case))

    def changed(self, case, given):
        """Return a sentence if the call changed a tensor or list that it was given."""
        for (name, before), after in zip(self.named(case), given, strict=False):
            if isinstance(before, torch.Tensor) and not equal(before, after):
                return (
                    f"It changes its input: {name} was {describe(before)}, and after "
                    f"the call it is {describe(after)}, so whoever calls it twice gets "
                    f"two results. Work on a copy: `{name}.clone()`."
                )
            if isinstance(before, list) and before != after:
                return f"It changes its input: the list {name}. Work on a copy of it."
        return None

    def explains(self, misconception, case, result):
        """Say if the misconception's own code gives this wrong result."""
        try:
            with torch.random.fork_rng(devices=[]):
                wrong = self.run(misconception.example, *copy.deepcopy(case))
        except Exception:  # it need not work for every case
            return False
        return difference(result, wrong, dtype=False) is None


def equal(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)


def difference(result, right, dtype=True):
    """Return how a result differs from the right one, as a sentence; None if equal."""
    if result is None or result is ...:
        return "it returns nothing. Is there a `return`?"
    if isinstance(right, torch.Tensor):
        return _tensor_difference(result, right, dtype)
    if isinstance(right, (tuple, list)):
        if not isinstance(result, (tuple, list)) or len(result) != len(right):
            wanted = f"{type(right).__name__} of {len(right)} is wanted"
            return f"a {wanted}, and it returns {describe(result)}."
        pairs = zip(result, right, strict=True)
        return next(filter(None, (difference(a, b, dtype) for a, b in pairs)), None)
    if isinstance(right, (str, bool)):
        if type(result) is type(right) and result == right:
            return None
        return f"{right!r} is wanted, and it returns {describe(result)}."
    value, problem = as_number(result)
    if problem:
        return problem
    if abs(value - right) <= 1e-9 * max(1, abs(right)):
        return None
    return f"it returns {value:,}; right is {right:,}."


def _tensor_difference(result, right, dtype):
    if not isinstance(result, torch.Tensor):
        return f"a tensor is wanted, and it returns {describe(result)}."
    if result.shape != right.shape:
        shapes = tuple(result.shape), tuple(right.shape)
        return f"the output's shape is {shapes[0]}; right is {shapes[1]}."
    a, b = result.detach().double().cpu(), right.detach().double()
    if a.isnan().any() and not b.isnan().any():
        return "there is `nan` in the output. Is something divided by 0, or never set?"
    tolerance = 1e-9 if result.dtype == torch.float64 else 1e-4  # float32 is coarser
    wrong = ~torch.isclose(a, b, rtol=tolerance, atol=tolerance, equal_nan=True)
    if wrong.any():
        where = wrong.nonzero()[0].tolist()
        yours, correct = a[tuple(where)].item(), b[tuple(where)].item()
        count = f"{int(wrong.sum())} of {wrong.numel()} numbers are wrong"
        return (
            f"{count}, first at {where}: yours is {yours:.4g}, right is {correct:.4g}."
        )
    if dtype and result.dtype != right.dtype:
        kinds = [str(t.dtype).removeprefix("torch.") for t in (result, right)]
        return (
            f"the numbers are right, but of type {kinds[0]} where the input has "
            f"{kinds[1]}. Make new tensors with `dtype=X.dtype`."
        )
    return None


class Unfit(Exception):
    """Raised by a Design's `convert`: the answer is not of the kind that is wanted."""


@dataclass(frozen=True, kw_only=True)
class Design(Exercise):
    """Something to design, with more than one right answer.

    convert    convert(answer) returns what the requirements look at, or raises
               Unfit("what is wanted instead")
    example    an answer that meets all requirements
    Every misconception has `found`: found(converted) is True if the requirement that it
    stands for is not met. They are looked at in order.
    """

    example: object
    convert: Callable

    def problem(self, answer):
        try:
            value, _ = call(self.convert, answer)
            for misconception in self.misconceptions:
                if call(misconception.found, value)[0]:
                    return misconception.says
        except Stopped as stopped:
            if isinstance(stopped.__cause__, Unfit):
                return str(stopped.__cause__)
            return f"Your answer, {describe(answer)}, stopped with {stopped}."
        return None
