"""One way to refuse a bad argument: its name, what is allowed, what was given.

Nothing here trusts what it is given: a value's own methods may raise, or tell lies.
torch is imported late, for whoever has no use for it.
"""

import contextlib
import itertools
import math
import numbers
import operator
import reprlib
from collections.abc import Mapping

MAX_SEED = 2**63 - 1  # what torch's generators take
MAX_SIZE = 2**31 - 1  # more channels, classes or pixels than any memory holds
MAX_TEXT = 300  # letters: more are no title
MAX_NUMBER = 1e100  # in pictures and statistics: squares of larger ones overflow

_REAL = "bool uint8 int8 int16 int32 int64 float16 bfloat16 float32 float64".split()
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)


class _Short(reprlib.Repr):
    def __init__(self):
        super().__init__()
        self.maxstring = self.maxother = 60
        self.maxlong, self.maxlevel = 30, 2

    def repr1(self, x, level):
        if x is None or x is ... or type(x) in _PLAIN:
            return super().repr1(x, level)
        return f"<{type(x).__name__}>"  # its own repr may never end


_SHORT = _Short()


def shown(value):
    """Return a short text for any value, on one line; never raises."""
    try:
        if value is None or type(value) in _PLAIN:
            return " ".join(_SHORT.repr(value).split())
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(shape, tuple) and dtype is not None:  # of torch and of numpy
            odd = [getattr(value, "layout", None), getattr(value, "device", None)]
            odd = [f", {o}" for o in map(str, odd) if "sparse" in o or o == "meta"]
            name = type(value).__name__
            return f"a {name} of shape {tuple(shape)}, {dtype}{''.join(odd)}"
        if isinstance(value, type):
            return f"the class {value.__name__}"
    except Exception:  # its own methods may do anything
        pass
    return f"an object of type {type(value).__name__}"


def refuse(name, allowed, value, error=ValueError):
    """Raise `error`: the argument's name, what is allowed, what was given."""
    raise error(f"{name} must be {allowed}; got {shown(value)}")


def is_a(value, kinds):
    """Say whether `value` is an instance of `kinds`, without asking itself."""
    return issubclass(type(value), kinds)


def instance(name, value, kinds, allowed):
    """Return `value` if it is an instance of `kinds`; raise TypeError otherwise."""
    if not is_a(value, kinds):
        refuse(name, allowed, value, TypeError)
    return value


def whole_number(name, value, low, high=None):
    """Return `value` as an int if it is whole and low <= value (<= high).

    Raises TypeError for anything but a whole number (True and 3.0 included) and
    ValueError outside the range; both name the argument.
    """
    allowed = f"a whole number of at least {low:,}"
    if high is not None:
        allowed = f"a whole number from {low:,} to {high:,}"
    if is_a(value, bool) or not is_a(value, numbers.Integral):
        refuse(name, allowed, value, TypeError)
    found = operator.index(value)  # numpy has whole numbers of its own
    if found < low or (high is not None and found > high):
        refuse(name, allowed, value)
    return found


def real_number(name, value, low, high=math.inf, *, above=False):
    """Return `value` as a float if it is finite and low <= value <= high.

    With `above` it must be more than `low`. Raises TypeError for anything but a real
    number (True included) and ValueError outside the range, NaN included.
    """
    allowed = f"a number {'above' if above else 'of at least'} {low:g}"
    if high < math.inf:
        allowed += f", {high:g} at most"
    if is_a(value, bool) or not is_a(value, numbers.Real):
        refuse(name, allowed, value, TypeError)
    found = _float(value)
    if found is None or not math.isfinite(found):
        refuse(name, allowed, value)
    if not low <= found <= high or (above and found == low):
        refuse(name, allowed, value)
    return found


def _float(value):
    """Return a real number as a float, None for anything else."""
    try:
        if not is_a(value, numbers.Real):  # of torch or of numpy, with one number
            value = value.item()
        return float(value) if is_a(value, numbers.Real) else None
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf
    except Exception:
        return None


def flag(name, value):
    """Return `value` if it is True or False; raise TypeError otherwise."""
    return instance(name, value, bool, "True or False")


def choice(name, value, allowed):
    """Return `value` if it is one of `allowed` texts; raise ValueError otherwise."""
    if not is_a(value, str) or str.__str__(value) not in allowed:
        refuse(name, f"one of {', '.join(map(repr, allowed))}", value)
    return value


def text(name, value, high=MAX_TEXT):
    """Return `value` as a text that can be printed and saved.

    Raises TypeError for anything but a text, ValueError for a very long one. Halves of
    characters, which no file can hold, become question marks.
    """
    allowed = f"a text of at most {high:,} letters"
    value = str.__str__(instance(name, value, str, allowed))
    if len(value) > high:
        refuse(name, allowed, value)
    return value.encode("utf-8", "replace").decode()


def several(name, value, what, low=0, high=1000):
    """Return the items of a list, or of anything to loop over, as a list.

    Raises TypeError for what cannot be looped over or is a text, ValueError unless
    there are `low` to `high` items.
    """
    allowed, items = f"{low:,} to {high:,} {what}, in a list", None
    if not is_a(value, (str, bytes)):
        with contextlib.suppress(Exception):
            items = list(itertools.islice(value, high + 1))  # it may be endless
    if items is None:
        refuse(name, allowed, value, TypeError)
    if not low <= len(items) <= high:
        refuse(name, allowed, value)
    return items


def named(name, value, what, low=0, high=100):
    """Return `value`, {text: anything}, as a plain dict with `low` to `high` entries.

    Raises TypeError for anything but a dict with texts as names.
    """
    allowed, pairs = f"a dict {{name: …}} of {low:,} to {high:,} {what}", None
    if is_a(value, Mapping):
        with contextlib.suppress(Exception):
            pairs = [(key, x) for key, x in itertools.islice(value.items(), high + 1)]
    if pairs is None:
        refuse(name, allowed, value, TypeError)
    if not low <= len(pairs) <= high:
        refuse(name, allowed, value)
    return {text(f"each name in {name}", key): item for key, item in pairs}


def real_numbers(name, value, low=0, high=100_000, *, finite=False):
    """Return a list of floats; numbers may be Python's, numpy's or torch's.

    With `finite` nan and inf are refused, else both become nan: a gap in a picture.
    Raises TypeError or ValueError as `several` does.
    """
    found = several(name, value, "numbers", low, high)
    for i, item in enumerate(found):
        found[i] = _float(item)
        if found[i] is None:
            refuse(f"{name}[{i}]", "a number", item, TypeError)
        if math.isinf(found[i]) and not finite:
            found[i] = math.nan
        if abs(found[i]) > MAX_NUMBER or (finite and math.isnan(found[i])):
            refuse(f"{name}[{i}]", f"a number within ±{MAX_NUMBER:g}", item)
    return found


def tensor(name, value, dims, allowed, *, low=1, high=10**7):
    """Return `value` if it is a plain tensor with `dims` axes and real numbers.

    `dims` are all numbers of axes that fit. Raises TypeError for anything but a tensor,
    ValueError for one that is complex, sparse, on "meta" (a shape without numbers) or
    has fewer than `low` or more than `high` numbers.
    """
    import torch

    if not is_a(value, torch.Tensor):
        refuse(name, allowed, value, TypeError)
    plain = value.layout == torch.strided and not (value.is_meta or value.is_nested)
    real = str(value.dtype).removeprefix("torch.") in _REAL
    if not (plain and real and value.dim() in dims and low <= value.numel() <= high):
        refuse(name, allowed, value)
    return value


def network(name, value):
    """Return `value` if it is a torch network whose layers know their sizes.

    Raises TypeError for anything but a network (a class is none: call it), ValueError
    for lazy layers, which have no numbers yet.
    """
    from torch import nn

    instance(name, value, nn.Module, "a network, such as lenet()")
    if any(map(nn.parameter.is_lazy, [*value.parameters(), *value.buffers()])):
        refuse(name, "a network without lazy layers: let it see a batch first", value)
    return value
