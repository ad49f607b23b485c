"""One way to refuse a bad argument: its name, what is allowed, what was given."""

import math
import numbers
import reprlib

MAX_SEED = 2**63 - 1  # what torch's generators take
MAX_SIZE = 2**31 - 1  # more channels, classes or pixels than any memory holds

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlong, _SHORT.maxlevel = 30, 2
_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, dict, set, frozenset)


def shown(value):
    """Return a short text for any value, on one line; never raises."""
    try:
        if value is None or type(value) in _PLAIN:
            return " ".join(_SHORT.repr(value).split())
        shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
        if isinstance(shape, tuple) and dtype is not None:  # of torch and of numpy
            return f"a {type(value).__name__} of shape {tuple(shape)}, {dtype}"
        if isinstance(value, type):
            return f"the class {value.__name__}"
    except Exception:  # its own methods may do anything
        pass
    return f"an object of type {type(value).__name__}"


def refuse(name, allowed, value, error=ValueError):
    """Raise `error`: the argument's name, what is allowed, what was given."""
    raise error(f"{name} must be {allowed}; got {shown(value)}")


def instance(name, value, kinds, allowed):
    """Return `value` if it is an instance of `kinds`; raise TypeError otherwise."""
    if not isinstance(value, kinds):
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
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        refuse(name, allowed, value, TypeError)
    value = int(value)  # numpy has whole numbers of its own
    if value < low or (high is not None and value > high):
        refuse(name, allowed, value)
    return value


def real_number(name, value, low, high=math.inf, *, above=False):
    """Return `value` as a float if it is finite and low <= value <= high.

    With `above` it must be more than `low`. Raises TypeError for anything but a real
    number (True included) and ValueError outside the range, NaN included.
    """
    allowed = f"a number {'above' if above else 'of at least'} {low:g}"
    if high < math.inf:
        allowed += f", {high:g} at most"
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        refuse(name, allowed, value, TypeError)
    try:
        found = float(value)
    except OverflowError:  # a whole number of more than 308 digits
        found = math.inf
    inside = low < found if above else low <= found
    if not (inside and found <= high and math.isfinite(found)):
        refuse(name, allowed, value)
    return found


def flag(name, value):
    """Return `value` if it is True or False; raise TypeError otherwise."""
    return instance(name, value, bool, "True or False")


def choice(name, value, allowed):
    """Return `value` if it is one of `allowed` texts; raise ValueError otherwise."""
    if not isinstance(value, str) or value not in allowed:
        refuse(name, f"one of {', '.join(map(repr, allowed))}", value)
    return value
