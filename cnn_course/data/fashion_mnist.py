"""Fashion-MNIST's four files: where they are, and whether they are the published ones.

The format is IDX: a header of 16 bytes for images and 8 for labels, then one byte a
pixel or label.
"""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

import torch

from cnn_course.data.download import download, missing_files
from cnn_course.files import FULL, cache_folder

# name: (bytes, MD5) of the published files, unpacked
FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}
# Their first 6,000 and first 1,000 pictures, which are installed with the course.
SAMPLE = Path(__file__).parent / "sample"
SAMPLE_FILES = {
    "train-images-idx3-ubyte": (4_704_016, "174027b45d9c18b5bf34036a99be55c5"),
    "train-labels-idx1-ubyte": (6_008, "21f0b9bf5f1a9e1079b2c84108c667f6"),
    "t10k-images-idx3-ubyte": (784_016, "8a1b719f9f0735f54c6f9ef07f01fe5c"),
    "t10k-labels-idx1-ubyte": (1_008, "e27076c4666f2f7b7b7ba19675567282"),
}
NAME, SAMPLE_NAME = "Fashion-MNIST", "Fashion-MNIST sample"
BUILT_IN = "built-in"  # CNN_COURSE_DATA=built-in asks for the sample
AUTHORS = "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"

_no_network = []  # why nothing came: an offline kernel finds out once, not every time


def find_fashion_mnist(root=None):
    """Return (folder with the four files or None, name of the data set, why this one).

    Looks in `root` (default: $CNN_COURSE_DATA) and in the per-user cache, in this
    order, and completes the first of them that can be written to from the network.
    None stands for the sample. `why` may have several lines; each but the first begins
    with "data: ".
    """
    where, how = "root", "leave out root"
    if not root:
        root, where = os.environ.get("CNN_COURSE_DATA"), "CNN_COURSE_DATA"
        how = "start JupyterLab without CNN_COURSE_DATA"
    if root == BUILT_IN:
        why = f"{where} asks for it, so results differ"
        return None, SAMPLE_NAME, f"{why}\ndata: To get all 70,000: {how}"
    places = [(cache_folder(), "this user's cache")]
    if root:
        places.insert(0, (Path(os.path.expanduser(root)), where))
    problems = []
    for place, where in places:
        folder = place
        if len(missing_files(place)) == len(FILES):
            folder = place / "FashionMNIST" / "raw"
        because = "".join(f", as {problem}" for problem in problems)
        if not missing_files(folder):
            return folder, NAME, f"from {where}{because}"
        # A root that is not there is a slip as a rule; one that is there may have been
        # prepared for the first student to fill.
        if where != "this user's cache":
            problems.append(_what_is_missing(place, folder, where))
            if not os.path.isdir(place):
                continue
        try:
            if not _no_network:
                _no_network.extend(download(folder))
                if not _no_network:
                    return folder, NAME, f"downloaded into {where}{because}"
        except OSError as error:  # the network's do not get here
            problems.append(_trouble(folder, error))
    lines = [
        "the rest could not be downloaded, so results differ",
        *[f"  {reason}" for reason in (*problems, *_no_network)],
        "To get all 70,000: restart the kernel with a network, and run it again",
        f"By hand: get the four .gz files from {AUTHORS}",
        f"  and put them, as they are, into {folder}",
        "  or set CNN_COURSE_DATA to a folder that has FashionMNIST/raw",
    ]
    return None, SAMPLE_NAME, "\ndata: ".join(lines)


def _what_is_missing(place, folder, where):
    """Say what a folder lacks, and what a student may have overlooked about it."""
    missing = missing_files(folder)
    if len(missing) < len(FILES):
        return f"{where} lacks {', '.join(missing)}"
    slip = ""
    if not place.is_absolute():
        slip = " (a path is looked up from the notebook's folder: give an absolute one)"
    elif not os.path.isdir(place):
        slip = " (there is no such folder)"
    return f"{where} has no FashionMNIST/raw with the four files{slip}"


def _trouble(folder, error):
    """Say why a folder could not take the files."""
    why = f"cannot be written to ({error.strerror})"
    if error.errno in FULL:
        why = "has no room for 31 MB: the disk is full"
    return f"{folder} {why}; set CNN_COURSE_DATA to a folder that can take them"


def read_verified(folder):
    """Return (images, labels) of the training pictures, and of the test pictures.

    Images are uint8 (n, 28, 28), labels int64 (n,); of the sample if `folder` is None.
    Raises ValueError for a file that cannot be read or is not the published one: which,
    why, what to do.
    """
    published = SAMPLE_FILES if folder is None else FILES
    tensors = []
    for name, (size, md5) in published.items():
        # bytearray, because torch warns of bytes that cannot be written to.
        raw = bytearray(_verified_bytes((folder or SAMPLE) / name, size, md5))
        head = 16 if "images" in name else 8
        tensors.append(torch.frombuffer(raw, dtype=torch.uint8, offset=head))
    X_train, y_train, X_test, y_test = tensors
    train = X_train.view(-1, 28, 28), y_train.long()
    return train, (X_test.view(-1, 28, 28), y_test.long())


def _verified_bytes(path, size, md5):
    """Return the unpacked bytes of a file, or raise ValueError with what to do."""
    if not os.path.exists(path):
        path = path.with_name(path.name + ".gz")
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror}. Ask whoever put it there to let "
            "everybody read it, or name another folder."
        ) from None
    try:
        if raw.startswith(b"\x1f\x8b"):  # packed, whatever its name says
            raw = gzip.decompress(raw)
        wrong = fault(path.name, raw, size, md5)
    except (EOFError, OSError, zlib.error) as error:
        wrong = f"it cannot be unpacked ({error})"
    if not wrong:
        return raw
    advice = "Ask for a good copy in its place, or name another folder"
    if path.parent == SAMPLE:
        advice = "It is a part of the course: get the course anew"
    elif os.access(path.parent, os.W_OK):
        advice = "Delete it and load again: it will be downloaded anew"
    raise ValueError(f"{path} is damaged: {wrong}. {advice}.")


def fault(name, raw, size, md5):
    """Return what is wrong with the bytes of a file, None if its MD5 is right."""
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found == md5:
        return None
    if raw[:200].lstrip().startswith(b"<"):
        return "it is a web page, not data: perhaps a login page was saved"
    if len(raw) != size:
        return f"it has {len(raw):,} bytes instead of {size:,}"
    bad = (
        [i for i, label in enumerate(raw[8:]) if label > 9] if "labels" in name else []
    )
    if bad:
        return (
            f"the label of image {bad[0]:,} (counted from 0) is {raw[8 + bad[0]]}, but "
            f"labels go from 0 to 9 ({len(bad):,} of {size - 8:,} do not)"
        )
    return f"its MD5 is {found} instead of {md5}, so some bytes were changed"
