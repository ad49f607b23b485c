"""Numbers and sizes as short texts."""

import math


def number(value):
    """Return a number as short text: 2 decimals at most, a true minus, and no −0."""
    if abs(value) >= 1e5 and math.isfinite(value):
        text = f"{value:.0e}"
    else:
        text = f"{round(float(value), 2) + 0.0:g}"
    return text.replace("-", "−")


def is_exact(value):
    """Say whether `number` shows all of a value."""
    shown = float(number(value).replace("−", "-"))
    return abs(shown - value) <= 1e-6 * max(1, abs(value))


def size_of(matrix):
    """Return the shape of a matrix, a tensor or an array, as text: 3×4."""
    return "×".join(map(str, matrix.shape))


def short(value):
    """Return two decimals, or a power of ten where they would be too long."""
    text = f"{value:.0e}" if 1e4 <= abs(value) < math.inf else f"{value:.2f}"
    return text.replace("-0.00", "0.00").replace("-", "−")


def memory(num_bytes):
    """Return a number of bytes as short text, such as 65.6 MB (a kB is 1,000 bytes)."""
    power = min((len(str(num_bytes)) - 1) // 3, 4)
    unit = ("bytes", "kB", "MB", "GB", "TB")[power]
    return f"{num_bytes / 1000**power:.{1 if power else 0}f} {unit}"
