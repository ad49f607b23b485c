"""One way to refuse a bad argument: its name, what was given, what is allowed."""

MAX_SEED = 2**63 - 1  # what torch's generators take


def whole_number(name, value, low, high=None):
    """Return `value` if it is an int with low <= value (<= high).

    Raises TypeError for anything but an int (True and 3.0 included) and
    ValueError outside the range; both name the argument.
    """
    allowed = f"a whole number of at least {low}"
    if high is not None:
        allowed = f"a whole number from {low} to {high:,}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{name} must be {allowed}; got {value!r}")
    if value < low or (high is not None and value > high):
        raise ValueError(f"{name} must be {allowed}; got {value:,}")
    return value
