"""Where Fashion-MNIST is: in a folder, in the cache, in the network, or nowhere."""

import os
from pathlib import Path

from cnn_course.data.download import download
from cnn_course.data.fashion_mnist import FILES
from cnn_course.files import cache_folder

NAME, SAMPLE_NAME = "Fashion-MNIST", "Fashion-MNIST sample"
AUTHORS = "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"
# Where torchvision, Keras, the authors and Kaggle put a file, and a level beside that
FOLDERS = "FashionMNIST/raw . raw fashion-mnist data/fashion {name}".split()
FOLDERS += ["datasets/FashionMNIST/raw", "data/FashionMNIST/raw"]
CACHE = "this user's cache"

_no_network = []  # why nothing came: an offline kernel finds out once, not every time


def find_fashion_mnist(root=None):
    """Return ({name: path} of the four files or None, name of the data set, why).

    Looks in `root` (default: $CNN_COURSE_DATA) and in the per-user cache, in this
    order; what is missing is downloaded into the first of them that `_may_fill`. None
    stands for the sample. Each line of `why` but the first begins with "data: ".
    """
    asked = "root" if root else "CNN_COURSE_DATA"
    root = root or os.environ.get("CNN_COURSE_DATA")
    if root == "built-in":
        why = f"{asked} asks for it, so results differ"
        return None, SAMPLE_NAME, f"{why}\ndata: To get all 70,000: leave that out"
    problems, places = [], {CACHE: None}
    if root:
        places = {asked: root} | places
    for where, place in places.items():
        because = "".join(f", as {problem}" for problem in problems)
        try:
            place = Path(os.path.expanduser(place or cache_folder()))
            raw, files = place / "FashionMNIST" / "raw", files_in(place)
            if len(files) == len(FILES):
                return files, NAME, f"from {where}{because}"
            if where != CACHE:
                problems.append(_what_is_missing(place, where, files))
                if not _may_fill(place):
                    continue
            if not _no_network:
                _no_network.extend(download(raw))
                if not _no_network:
                    return files_in(place), NAME, f"downloaded into {where}{because}"
        except OSError as error:  # the network's do not get here
            problems.append(
                f"{place or error.filename} cannot be written to ({error.strerror}); "
                "set CNN_COURSE_DATA to a folder that can take them"
            )
    lines = [
        "the rest could not be downloaded, so results differ",
        *[f"  {reason}" for reason in (*problems, *_no_network)],
        "To get all 70,000: go online, mend the above, and restart the kernel",
        f"By hand: get the four .gz files from {AUTHORS}",
        "  and set CNN_COURSE_DATA to the folder that has them, as they are",
    ]
    return None, SAMPLE_NAME, "\ndata: ".join(lines)


def files_in(root):
    """Return {published name: path} of the files that are in `root`, packed or not.

    Looks into `FOLDERS` only, so that MNIST's files of the same names are left alone.
    """
    found = {}
    for name in FILES:
        for folder in FOLDERS:
            for file in (name, f"{name}.gz"):
                path = root / folder.format(name=name) / file
                if os.path.isfile(path):  # pathlib's own may raise
                    found.setdefault(name, path)
    return found


def _may_fill(root):
    """Say if `root` has FashionMNIST/raw, or is empty, as if prepared for it."""
    raw = root / "FashionMNIST" / "raw"
    # In this order: another process may be making both folders just now.
    there = {*root.glob("[!.]*"), *root.glob("FashionMNIST/[!.]*")}
    return (root.is_dir() and there <= {raw.parent}) or raw.is_dir()


def _what_is_missing(place, where, files):
    """Say what a folder lacks, and what a student may have overlooked about it."""
    if not place.is_dir():
        return f"{where} names no folder ({place.absolute()})"
    lacks = "has no FashionMNIST/raw with the four files"
    if files:
        missing = ", ".join(f"{name}.gz" for name in FILES if name not in files)
        lacks = f"lacks {missing} in {next(iter(files.values())).parent}"
    other = " (it holds other things, so nothing is downloaded into it)"
    return f"{where} {lacks}{'' if _may_fill(place) else other}"
