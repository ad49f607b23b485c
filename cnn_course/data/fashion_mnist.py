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

from cnn_course.data.download import download
from cnn_course.files import cache_folder

# name: (bytes, MD5) of the published files, unpacked
FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}
# Their first 6,000 and first 1,000 pictures, which are installed with the course
SAMPLE = Path(__file__).parent / "sample"
NAME, SAMPLE_NAME = "Fashion-MNIST", "Fashion-MNIST sample"
BUILT_IN = "built-in"  # CNN_COURSE_DATA=built-in asks for the sample
AUTHORS = "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"

# Where torchvision, Keras, the authors and Kaggle put a file, and a level beside that
FOLDERS = "FashionMNIST/raw . raw fashion-mnist data/fashion {name}".split()
FOLDERS += ["datasets/FashionMNIST/raw", "data/FashionMNIST/raw"]
OTHER = "perhaps it is another data set's, such as MNIST's, with the same file names"
ASK = "Ask for a good copy in its place, or name another folder"
CACHE = "this user's cache"

_no_network = []  # why nothing came: an offline kernel finds out once, not every time


def find_fashion_mnist(root=None):
    """Return ({name: path} of the four files or None, name of the data set, why).

    Looks in `root` (default: $CNN_COURSE_DATA) and in the per-user cache, in this
    order; what is missing is downloaded into the first of them that `_may_fill`. None
    stands for the sample. Each line of `why` but the first begins with "data: ".
    """
    where, how = "root", "leave out root"
    if not root:
        root, where = os.environ.get("CNN_COURSE_DATA"), "CNN_COURSE_DATA"
        how = "start JupyterLab without CNN_COURSE_DATA"
    if root == BUILT_IN:
        why = f"{where} asks for it, so results differ"
        return None, SAMPLE_NAME, f"{why}\ndata: To get all 70,000: {how}"
    asked, problems = ([(root, where)] if root else []), []
    for place, where in (*asked, (None, CACHE)):
        folder = None
        because = "".join(f", as {problem}" for problem in problems)
        try:
            place = Path(os.path.expanduser(place or cache_folder()))
            files = files_in(place)
            if len(files) == len(FILES):
                return files, NAME, f"from {where}{because}"
            folder = place / "FashionMNIST" / "raw"
            if where != CACHE:
                problems.append(_what_is_missing(place, where, files))
                if not _may_fill(place):
                    continue
            if not _no_network:
                _no_network.extend(download(folder))
                if not _no_network:
                    return files_in(place), NAME, f"downloaded into {where}{because}"
        except OSError as error:  # the network's do not get here
            problems.append(
                f"{folder or error.filename} cannot be written to ({error.strerror}); "
                "set CNN_COURSE_DATA to a folder that can take them"
            )
    lines = [
        "the rest could not be downloaded, so results differ",
        *[f"  {reason}" for reason in (*problems, *_no_network)],
        "To get all 70,000: go online, mend the above, and restart the kernel",
        f"By hand: get the four .gz files from {AUTHORS}",
        f"  and put them, as they are, into {folder or 'a new folder'}",
        f"  {'or' if folder else 'and'} set CNN_COURSE_DATA to a folder that has them",
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
    there = {*root.glob("[!.]*"), *root.glob("FashionMNIST/[!.]*")}
    return raw.is_dir() or (root.is_dir() and there <= {raw.parent})


def _what_is_missing(place, where, files):
    """Say what a folder lacks, and what a student may have overlooked about it."""
    lacks = "has no FashionMNIST/raw with the four files"
    if files:
        missing = ", ".join(f"{name}.gz" for name in FILES if name not in files)
        lacks = f"lacks {missing} in {next(iter(files.values())).parent}"
    relative = "a path is looked up from the notebook's folder: give an absolute one"
    slips = {
        "it is a link that leads nowhere": place.is_symlink() and not place.exists(),
        "it may not be read": place.is_dir() and not os.access(place, os.R_OK),
        relative: not place.is_absolute(),
        "it is a file: give the folder": place.is_file(),
        "there is no such folder": not place.is_dir(),
        "it holds other things, so nothing is downloaded into it": not _may_fill(place),
    }
    slip = next((f" ({words})" for words, there in slips.items() if there), "")
    return f"{where} {lacks}{slip}"


def read_verified(files):
    """Return (images, labels) of the training pictures, and of the test pictures.

    Images are uint8 (n, 28, 28), labels int64 (n,). `files` is {published name: path},
    None the sample. Raises ValueError for a file that cannot be read or is not the
    published one: which, why, what to do.
    """
    tensors = []
    for name in FILES:
        if files:
            raw = _verified_bytes(files[name], name)
        else:
            raw = gzip.decompress((SAMPLE / f"{name}.gz").read_bytes())
        head = 16 if "images" in name else 8
        # bytearray, because torch warns of bytes that cannot be written to.
        tensors.append(torch.frombuffer(bytearray(raw), dtype=torch.uint8, offset=head))
    X_train, y_train, X_test, y_test = tensors
    train = X_train.view(-1, 28, 28), y_train.long()
    return train, (X_test.view(-1, 28, 28), y_test.long())


def _verified_bytes(path, name):
    """Return the unpacked bytes of a file, or raise ValueError with what to do."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}. {ASK}.") from None
    try:
        if raw.startswith(b"\x1f\x8b"):  # packed, whatever its name says
            raw = gzip.decompress(raw)
        wrong = _fault(name, raw)
    except (EOFError, OSError, zlib.error) as error:
        wrong = f"it cannot be unpacked ({error})"
    if not wrong:
        return raw
    if wrong.endswith(OTHER):
        advice = "Name another folder, or move it away and load again"
        raise ValueError(f"{path} is not {NAME}'s file: {wrong}. {advice}.")
    may = os.access(path.parent, os.W_OK)
    advice = "Delete it and load again: it will be downloaded anew" if may else ASK
    raise ValueError(f"{path} is damaged: {wrong}. {advice}.")


def _fault(name, raw):
    """Return what is wrong with the bytes of a file, None if its MD5 is right."""
    size, md5 = FILES[name]
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found == md5:
        return None
    if raw[:200].lstrip().startswith(b"<"):
        return "it is a web page, not data: perhaps a login page was saved"
    if len(raw) != size:
        return f"it has {len(raw):,} bytes instead of {size:,}"
    labels = raw[8:] if "labels" in name else b""
    if bad := [i for i, label in enumerate(labels) if label > 9]:
        return (
            f"the label of image {bad[0]:,} (counted from 0) is {labels[bad[0]]}, but "
            f"labels go from 0 to 9 ({len(bad):,} of {len(labels):,} do not)"
        )
    return f"its MD5 is {found} instead of {md5}; {OTHER}"
