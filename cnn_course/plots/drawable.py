"""What the functions of `plots` and `diagrams` can draw: their arguments, looked at.

Each function returns what it was given in one plain form, or raises TypeError or
ValueError that names the argument.
"""

from cnn_course.checks import (
    is_a,
    named,
    real_numbers,
    refuse,
    several,
    tensor,
    text,
    whole_number,
)

LARGEST = 30  # inches each way of a picture: 3,000 dots
MOST_IMAGES, MOST_LINES, MOST_NUMBERS = 200, 50, 1000  # more would take long seconds
MOST_COLUMNS = 50
MOST_POINTS = 200_000
PIXELS = 4096 * 4096  # of one image
IMAGE = f"a tensor (H, W) or (3, H, W) of real numbers, at most {PIXELS:,} of them"
MATRIX = f"a matrix (h, w) of real numbers, at most {MOST_NUMBERS:,} of them"


def plain(words):
    """Return a text for matplotlib, to which what stands between two $ is a formula."""
    return words.replace("$", r"\$")


def images(images):
    what = "images, (H, W) or (3, H, W)"
    images = several("images", images, what, 1, MOST_IMAGES)
    for i, image in enumerate(images):
        tensor(f"images[{i}]", image, (2, 3), IMAGE, high=3 * PIXELS)
        if image.dim() == 3 and len(image) != 3:
            refuse(f"images[{i}]", IMAGE, image)
        images[i] = image.detach().cpu().float()
    return images


def titles(titles, count):
    if titles is None:
        return []
    found = several("titles", titles, "texts, one for each image", 0, MOST_IMAGES)
    if found and len(found) < count:
        refuse("titles", f"{count} texts, one for each image", titles)
    return [text(f"titles[{i}]", t) for i, t in enumerate(found)]


def limits(limits):
    low, high = real_numbers("limits", limits, 2, 2, finite=True)
    if low >= high:
        refuse("limits", "(black, white) with black below white", limits)
    return low, high


def grids(grids):
    """Return {name: matrix (h, w)} as float64 on the CPU."""
    found = named("grids", grids, "matrices", 1, 20)
    for name, grid in found.items():
        grid = tensor(f"grids[{name!r}]", grid, (2,), MATRIX, high=MOST_NUMBERS)
        found[name] = grid.detach().cpu().double()
    if sum(grid.numel() for grid in found.values()) > MOST_NUMBERS:
        refuse("grids", f"matrices of at most {MOST_NUMBERS:,} numbers in all", grids)
    return found


def windows(windows, grids):
    windows = named("windows", {} if windows is None else windows, "windows")
    for name, window in windows.items():
        if name not in grids:
            refuse("windows", f"for grids that there are: {list(grids)}", name)
        what = "whole numbers (row, column, height, width)"
        windows[name] = [
            whole_number(f"windows[{name!r}][{i}]", n, i // 2, MOST_NUMBERS)
            for i, n in enumerate(several(f"windows[{name!r}]", window, what, 4, 4))
        ]
    return windows


def lines(name, series, most=MOST_POINTS):
    """Return {name: list of floats}, nan for what is not finite."""
    found = named(name, series, "lines", 0, MOST_LINES)
    found = {key: real_numbers(f"{name}[{key!r}]", v) for key, v in found.items()}
    if sum(map(len, found.values())) > most:
        refuse(name, f"of at most {most:,} numbers in all", series)
    return found


def places(x, series):
    found = several("x", x, "numbers or texts", 0, 100_000)
    if found and all(is_a(place, str) for place in found):
        several("x", found, "texts", 1, 200)  # each one is written
        found = [plain(text(f"x[{i}]", place)) for i, place in enumerate(found)]
    else:
        found = real_numbers("x", found)
    for values in series.values():
        if len(values) != len(found):
            refuse("x", f"{len(values)} numbers, as many as each line has", x)
    return found


def shares(counts, classes):
    """Return the counts as shares of their row, float64 (n, n), and n class names."""
    classes = several("classes", classes, "names of classes", 1, 50)
    classes = [plain(text(f"classes[{i}]", name)) for i, name in enumerate(classes)]
    square = (len(classes), len(classes))
    allowed = f"a tensor {square} of counts from 0 to 1e15, a row for each class"
    found = tensor("counts", counts, (2,), allowed).detach().cpu().double()
    if found.shape != square or not ((found >= 0) & (found <= 1e15)).all():
        refuse("counts", allowed, counts)
    return found / found.sum(dim=1, keepdim=True).clamp(min=1e-9), classes


def small_tensors(tensors):
    """Return {name: tensor of up to four axes} as float64 on the CPU."""
    what = f"a tensor of up to four axes and {MOST_NUMBERS:,} real numbers"
    found = named("tensors", tensors, "tensors", 1, 20)
    for name, value in found.items():
        axes = range(5)
        value = tensor(f"tensors[{name!r}]", value, axes, what, high=MOST_NUMBERS)
        found[name] = value.detach().cpu().double()
    if sum(value.numel() for value in found.values()) > MOST_NUMBERS:
        refuse("tensors", f"of at most {MOST_NUMBERS:,} numbers in all", tensors)
    return found


def shapes(shapes):
    """Return [(layer, (C, H, W) or (features,)), …] with whole numbers."""
    found = several("shapes", shapes, "pairs (layer, shape)", 1, 30)
    for i, pair in enumerate(found):
        pair = several(f"shapes[{i}]", pair, "parts, (layer, shape)", 2, 2)
        layer, shape = text(f"shapes[{i}][0]", pair[0]), pair[1]
        shape = several(f"shapes[{i}][1]", shape, "numbers, 3 or 1", 1, 3)
        if len(shape) == 2:
            refuse(f"shapes[{i}][1]", "(C, H, W) or (features,)", pair[1])
        numbers = [whole_number(f"shapes[{i}][1]", n, 1, 10**9) for n in shape]
        found[i] = (layer, tuple(numbers))
    if sum(shape[0] for _, shape in found if len(shape) == 3) > 2 * MOST_NUMBERS:
        refuse("shapes", f"of at most {2 * MOST_NUMBERS:,} maps in all", shapes)
    return found


def image_and_maps(image, maps):
    """Return a matrix and {name: (C, h, w)}, as float32 on the CPU."""
    allowed = f"a matrix (H, W) of real numbers, at most {PIXELS:,} of them"
    image = tensor("image", image, (2,), allowed, high=PIXELS)
    allowed = f"maps (C, h, w) of real numbers, at most {PIXELS:,} of them"
    found = named("maps", maps, "maps (C, h, w)", 0, 10)
    for name, value in found.items():
        value = tensor(f"maps[{name!r}]", value, (3,), allowed, high=PIXELS)
        found[name] = value.detach().cpu().float()
    if sum(map(len, found.values())) > MOST_IMAGES:
        refuse("maps", f"of at most {MOST_IMAGES} channels in all", maps)
    return image.detach().cpu().float(), found


def scores(scores):
    """Return {class: probability}, floats from 0 to 1."""
    found = named("scores", scores, "probabilities", 1, 100_000)
    for name, value in found.items():
        (found[name],) = real_numbers(f"scores[{name!r}]", [value])
        if not -1e-6 <= found[name] <= 1 + 1e-6:
            refuse(f"scores[{name!r}]", "a probability from 0 to 1", value)
    return found
