"""Exercises whose answer is code: it is run beside a reference, on many inputs."""

import copy
import functools
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import torch

from cnn_course.exercises.engine.compare import amount, difference, in_full, same
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import Exercise
from cnn_course.exercises.engine.rules import BY_RULE
from cnn_course.exercises.engine.running import SECONDS, Stopped, TimeUp, call
from cnn_course.exercises.engine.variants import STOPS, Slip, of_arguments


def plain_call(answer, *args):
    """Call a student's function with the arguments of a case."""
    return answer(*args)


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function or class, compared with a `reference` on every case.

    cases      cases(generator) returns a list of tuples of arguments: tiny ones that
               can be read, random shapes in float64, the defaults, and the edges; under
               a second in all. They are tried from the smallest to the largest
    run        run(answer, *case) gives what is compared: a tensor, a number, or a tuple
               of them. Default: answer(*case)
    names      of the arguments of a case, for messages; default: the reference's own
    slips      more known wrong implementations, as `Slip`s
    Examples of misconceptions are wrong functions: an answer that gives the same as one
    of them on every case is taken for it, else for one of the slips.
    """

    reference: Callable
    cases: Callable
    run: Callable = plain_call
    names: tuple = ()
    slips: tuple = ()

    def problem(self, answer):
        if not callable(answer):
            found = describe(answer)
            return f"The function or class itself is wanted, and this is {found}."
        tries = []
        cases = self.cases(torch.Generator().manual_seed(0))
        for case in sorted(cases, key=amount):
            given = copy.deepcopy(case)
            try:
                result, printed = call(self.run, answer, *given)
            except Stopped as stopped:
                tries.append(Try(case, stopped, f" it stopped: {stopped}."))
                continue
            except TimeUp:
                return (
                    f"With {self.inputs(case)} it was still running after {SECONDS} "
                    "seconds and was stopped. Is there a loop that never ends?"
                )
            if changed := self.changed(case, given):
                return changed
            right = self.run(self.reference, *case)
            problem = difference(result, right)
            said = f" (It printed: {printed.strip()[:200]})" if printed.strip() else ""
            problem = problem and f": {problem}"
            tries.append(Try(case, result, problem, same(result, right), said))
        wrong = [one for one in tries if one.problem]
        return self.explained(answer, tries, wrong) if wrong else None

    def explained(self, answer, tries, wrong):
        """Return the words for a known slip, else for the smallest input."""
        stopped = [one for one in wrong if isinstance(one.result, Stopped)]
        first = (stopped or wrong)[0]
        text = f"With {self.inputs(first.case)}{first.problem}{first.printed}"
        if len(stopped) == len(tries) or all(one.right for one in wrong):
            return text  # it never runs, or only the dtype is wrong
        if not stopped and not self.repeats(answer, wrong[-1]):
            return (
                f"{text} And when it is called again, it gives something else: are "
                "random numbers drawn in it, or is a `torch.empty` never filled?"
            )
        says = self.slip(tries)
        if says and stopped:
            return f"{says} ({text})"
        return says + first.printed if says else text

    def named(self, case):
        """Return [(name, value)] of the arguments of a case."""
        names = self.names or inspect.signature(self.reference).parameters
        return list(zip(names, case, strict=False))

    def inputs(self, case):
        """Return the arguments of a case in words."""
        return ", ".join(f"{name} = {in_full(x)}" for name, x in self.named(case))

    def changed(self, case, given):
        """Return a sentence if the call changed a tensor or list that it was given."""
        for (name, before), after in zip(self.named(case), given, strict=False):
            if isinstance(before, torch.Tensor) and not equal(before, after):
                return (
                    f"It changes its input: {name} was {in_full(before)}, and after "
                    f"the call it is {in_full(after)}, so whoever calls it twice gets "
                    f"two results. Work on a copy: `{name}.clone()`."
                )
            if isinstance(before, list) and before != after:
                return f"It changes its input: the list {name}. Work on a copy of it."
        return None

    def repeats(self, answer, one):
        """Say if an answer gives for a case what it gave before."""
        try:
            return same(call(self.run, answer, *copy.deepcopy(one.case))[0], one.result)
        except Stopped:
            return False

    def slip(self, tries):
        """Return what is said to the known slip that explains all tries, or None."""
        try:
            with warnings.catch_warnings(action="ignore"):  # not by the student's code
                return next(self.slips_found(tries), None)
        except TimeUp:  # the answer itself took nearly all of the time
            return None

    def slips_found(self, tries):
        """Yield what is said to each slip that explains all tries: the declared first,
        then those by rule, then a declared one and a rule together."""
        names, case = zip(
            *self.named(max((t.case for t in tries), key=len)), strict=True
        )
        rules = [*of_arguments(self.reference, names, case), *BY_RULE]
        if any(isinstance(one.result, Stopped) for one in tries):
            rules = []  # why it stops is nothing that a rule knows
        declared = [Slip(m.says, example=m.example) for m in self.misconceptions]
        declared += self.slips

        @functools.cache  # for most slips the first cases are enough
        def found(slip, number):
            return slip.outcome(self.run, self.reference, tries[number].case)

        for slip in [*declared, *rules]:
            outcomes = (found(slip, number) for number in range(len(tries)))
            if all(map(explains, outcomes, tries)):
                yield slip.says
        for first in declared[: len(self.misconceptions)]:
            for then in filter(lambda rule: rule.result, rules):
                outcomes = (
                    then.after(found(first, n), t.case) for n, t in enumerate(tries)
                )
                if all(map(explains, outcomes, tries)):
                    yield f"Two things at once. {first.says} And: {then.says}"


def explains(outcome, one):
    """Say if what a slip gives for a case is what the answer gave."""
    stopped = isinstance(one.result, Stopped)
    if outcome is STOPS:
        return stopped
    return not stopped and same(one.result, outcome)


class Try(NamedTuple):
    """What came out for one case, and what is wrong with it, if anything."""

    case: tuple
    result: object  # or Stopped
    problem: str | None
    right: bool = False  # its values are, whatever their dtype
    printed: str = ""


def equal(a, b):
    return a.shape == b.shape and a.dtype == b.dtype and torch.equal(a, b)


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


def ready(net, dtype=torch.float32):
    """Return a copy of a student's network to try: on the CPU, in evaluation mode.

    Raises Unfit for one on the device "meta", which has shapes and no numbers.
    """
    if any(part.is_meta for part in (*net.parameters(), *net.buffers())):
        raise Unfit(
            "Your network has layers, but no numbers in them: it was built on the "
            "device `meta`. Is there a `torch.set_default_device` or `torch.device` "
            "above it? Build it again with the device `cpu`."
        )
    return copy.deepcopy(net).cpu().to(dtype).eval()
