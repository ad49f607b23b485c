"""Exercises whose answer is code: it is run beside a reference, on many inputs."""

import copy
import inspect
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import torch

from cnn_course.exercises.engine.compare import difference, same
from cnn_course.exercises.engine.feedback import amount, describe
from cnn_course.exercises.engine.kinds import Exercise
from cnn_course.exercises.engine.running import Stopped, call


@dataclass(frozen=True, kw_only=True)
class Code(Exercise):
    """A function or class, compared with a `reference` on every case.

    cases  cases(generator) returns tuples of arguments: tiny ones that can be read,
           random shapes in float64, the defaults, the edges; under a second in all
    run    run(answer, *case) gives what is compared: a tensor, a number, or several
    names  of the arguments of a case, for messages; default: the reference's own
    slips  more known wrong functions: {what is said: function}
    Examples of misconceptions are wrong functions, too: an answer that gives the same
    as one of them on every case is taken for it, else for a slip; else the smallest
    case that goes wrong is told.
    """

    reference: Callable
    cases: Callable
    run: Callable = lambda answer, *case: answer(*case)
    names: tuple = ()
    slips: dict = field(default_factory=dict)

    def problem(self, answer):
        if not callable(answer):
            found = describe(answer)
            return f"The function or class itself is wanted, and this is {found}."
        names = self.names or tuple(inspect.signature(self.reference).parameters)
        results, problems, stops = [], [], []
        for case in sorted(self.cases(torch.Generator().manual_seed(0)), key=amount):
            given, named = copy.deepcopy(case), zip(names, case, strict=False)
            inputs = f"With {', '.join(f'{name} = {describe(x)}' for name, x in named)}"
            try:
                result, printed = call(self.run, answer, *given)
            except Stopped as stopped:
                results.append((case, stopped))
                stops.append(f"{inputs} it stopped: {stopped}.")
                continue
            for name, before, after in zip(names, case, given, strict=False):
                if not same(before, after):
                    copied = "clone" if isinstance(before, torch.Tensor) else "copy"
                    return (
                        f"It changes its input: {name} was {describe(before)}, and "
                        f"after the call it is {describe(after)}, so whoever calls it "
                        f"twice gets two results. Work on a copy: `{name}.{copied}()`."
                    )
            results.append((case, result))
            if problem := difference(result, self.run(self.reference, *case)):
                said = f" (It printed: {printed.strip()[:200]})" if printed else ""
                problems.append(f"{inputs}: {problem}{said}")
        first = next(iter(stops + problems), None)
        if first is None or len(stops) == len(results):
            return first
        known = self.slip(results)
        return f"{known} ({first})" if known and stops else known or first

    def slip(self, results):
        """Return what is said to the first known slip that explains all results."""
        declared = {m.says: m.example for m in self.misconceptions} | self.slips
        with warnings.catch_warnings(action="ignore"):  # not by the student's code
            for says, wrong in declared.items():
                if all(self.explains(wrong, *one) for one in results):
                    return says
        return None

    def explains(self, wrong, case, result):
        """Say if what a known slip gives for a case is what the answer gave."""
        try:
            found = self.run(wrong, *case)
        except Exception:  # it need not work for every case
            return isinstance(result, Stopped)
        return not isinstance(result, Stopped) and same(result, found)


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
        except Stopped as stopped:
            if isinstance(stopped.__cause__, Unfit):
                return str(stopped.__cause__)
            return f"Your answer, {describe(answer)}, stopped with {stopped}."
        return next((m.says for m in self.misconceptions if m.found(value)), None)


def ready(net, dtype=torch.float32):
    """Return a copy of a student's network to try: on the CPU, in evaluation mode.

    Raises Unfit for one on the device "meta", which has shapes and no numbers.
    """
    if any(part.is_meta for part in (*net.parameters(), *net.buffers())):
        raise Unfit(
            "Your network has layers, but no numbers in them: it was built on the "
            "device `meta`. Build it again, without that device."
        )
    return copy.deepcopy(net).cpu().to(dtype).eval()
