"""Exercises whose answer is code: it is run beside a reference, on many inputs."""

import copy
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from cnn_course.exercises.engine.compare import difference, same
from cnn_course.exercises.engine.feedback import amount, describe, in_full
from cnn_course.exercises.engine.kinds import Exercise
from cnn_course.exercises.engine.rules import LISTED, OUTPUT
from cnn_course.exercises.engine.running import Stopped, TimeUp, call


def plain_call(answer, *args):
    """Call a student's function with the arguments of a case."""
    return answer(*args)


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function or class, compared with a `reference` on every case.

    cases  cases(generator) returns tuples of arguments: tiny ones that can be read,
           random shapes in float64, the defaults, the edges; under a second in all
    run    run(answer, *case) gives what is compared: a tensor, a number, or several
    names  of the arguments of a case, for messages; default: the reference's own
    slips  more known wrong functions: {what is said: function}
    Examples of misconceptions are wrong functions, too: an answer that gives the same
    as one of them on every case is taken for it, else for a slip, else for a rule.
    """

    reference: Callable
    cases: Callable
    run: Callable = plain_call
    names: tuple = ()
    slips: dict = field(default_factory=dict)

    def problem(self, answer):
        if not callable(answer):
            found = describe(answer)
            return f"The function or class itself is wanted, and this is {found}."
        tries = []
        for case in sorted(self.cases(torch.Generator().manual_seed(0)), key=amount):
            given = copy.deepcopy(case)
            right = self.run(self.reference, *case)
            named = zip(self.parameters(), case, strict=False)
            inputs = f"With {', '.join(f'{name} = {in_full(x)}' for name, x in named)}"
            try:
                result, printed = call(self.run, answer, *given)
            except Stopped as stopped:
                problem = f"{inputs} it stopped: {stopped}."
                tries.append(Try(case, right, stopped, problem))
                continue
            if changed := self.changed(case, given):
                return changed
            problem = difference(result, right)
            problem = problem and f"{inputs}: {problem}"
            said = f" (It printed: {printed.strip()[:200]})" if printed.strip() else ""
            tries.append(Try(case, right, result, problem, said))
        return self.explained(answer, tries)

    def explained(self, answer, tries):
        """Return the words for a known slip, else for the smallest input."""
        wrong = [one for one in tries if one.problem]
        if not wrong:
            return None
        stopped = [one for one in wrong if isinstance(one.result, Stopped)]
        first = (stopped or wrong)[0]
        if len(stopped) == len(tries) or all(same(t.result, t.right) for t in tries):
            return first.problem  # it never runs, or only the dtype is wrong
        last, again = wrong[-1], copy.deepcopy(wrong[-1].case)
        if not stopped and not same(call(self.run, answer, *again)[0], last.result):
            return (
                f"{first.problem} And when it is called again, it gives something "
                "else: are random numbers drawn in it, or is a `torch.empty` never "
                "filled?"
            )
        says = self.slip(tries)
        if says and stopped:
            says = f"{says} ({first.problem})"
        return (says or first.problem) + first.printed

    def slip(self, tries):
        """Return what is said to the first known slip that explains all tries."""
        declared = {m.says: m.example for m in self.misconceptions} | self.slips
        known = [
            (says, lambda right, *case, wrong=wrong: self.run(wrong, *case))
            for says, wrong in declared.items()
        ]
        try:
            with warnings.catch_warnings(action="ignore"):  # not by the student's code
                for says, wrong in [*known, *OUTPUT.items(), *LISTED.items()]:
                    if all(explains(wrong, one) for one in tries):
                        return says
        except TimeUp:  # the answer itself took nearly all of the time
            pass
        return None

    def parameters(self):
        """Return the names of the arguments of a case."""
        return self.names or tuple(inspect.signature(self.reference).parameters)

    def changed(self, case, given):
        """Return a sentence if the call changed a tensor or list that it was given."""
        for name, before, after in zip(self.parameters(), case, given, strict=False):
            if not same(before, after):
                copied = "clone" if isinstance(before, torch.Tensor) else "copy"
                return (
                    f"It changes its input: {name} was {in_full(before)}, and after "
                    f"the call it is {in_full(after)}, so whoever calls it twice gets "
                    f"two results. Work on a copy: `{name}.{copied}()`."
                )
        return None


class Try(NamedTuple):
    """What came out for one case, and what is wrong with it, if anything."""

    case: tuple
    right: object
    result: object  # or Stopped
    problem: str | None
    printed: str = ""


def explains(wrong, one):
    """Say if what a known slip gives for a case is what the answer gave."""
    try:
        found = wrong(one.right, *one.case)
    except Exception:  # it need not work for every case
        return isinstance(one.result, Stopped)
    return not isinstance(one.result, Stopped) and same(one.result, found)


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
