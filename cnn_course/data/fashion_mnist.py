"""Where Fashion-MNIST is: in a folder, in the cache, on the network, or nowhere."""

import contextlib
import os
from pathlib import Path

from cnn_course.checks import refuse
from cnn_course.data.download import download
from cnn_course.data.raw_files import RAW_FILES, missing_files
from cnn_course.data.shared_folder import may_write
from cnn_course.files import cache_folder

BUILT_IN = "built-in"  # CNN_COURSE_DATA=built-in asks for the built-in garments
BUILT_IN_NAME = "BUILT-IN GARMENTS (not Fashion-MNIST)"
REAL_NAME = "Fashion-MNIST"
AUTHORS = "https://github.com/zalandoresearch/fashion-mnist/tree/master/data/fashion"

_failed_downloads = {}  # folder: why; an offline kernel finds out once, not every time


def find_fashion_mnist(root=None):
    """Return (folder with the raw files or None, name of the data set, why this one).

    Looks in `root` (default: $CNN_COURSE_DATA) and in the per-user cache, in this
    order, and completes the first of them that can be written to from the network.
    None stands for the built-in garments. `why` may have several lines; each but the
    first begins with "data: ". Raises TypeError or ValueError for a bad `root`.
    """
    root, where = check_root(root), "root"
    if not root:
        root, where = os.environ.get("CNN_COURSE_DATA"), "CNN_COURSE_DATA"
    if root == BUILT_IN:
        return None, BUILT_IN_NAME, f"{where} asks for them"
    lacking, failed = "", None
    if root:
        root = Path(os.path.expanduser(root))
        folder = _raw_folder(root)
        if not missing_files(folder):
            return folder, REAL_NAME, f"from {where}"
        lacking = f"{where} has no FashionMNIST/raw with the four files{_remark(root)}"
        # A folder that is not there is a slip as a rule; one that is there may have
        # been prepared for the first student to fill.
        if os.path.exists(root) and may_write(folder):
            failed = _complete(folder)
            if failed is None:
                return folder, REAL_NAME, f"downloaded into {where}"
            if failed.folder_at_fault:
                (lacking,) = failed.reasons
        elif len(missing_files(folder)) < len(RAW_FILES):
            return folder, REAL_NAME, f"from {where}"  # to be told what is missing
    because = f", as {lacking}" if lacking else ""
    cache = _raw_folder(cache_folder())
    if not missing_files(cache):
        return cache, REAL_NAME, f"from this user's cache{because}"
    if failed is None or failed.folder_at_fault:
        folder, failed = cache, _complete(cache)
        if failed is None:
            return cache, REAL_NAME, f"downloaded into this user's cache{because}"
    return None, BUILT_IN_NAME, _how_to_get_them(folder, lacking, failed)


def check_root(root):
    """Return `root` as a text, "" for None; raise TypeError or ValueError if bad."""
    allowed = f'a folder\'s path, or "{BUILT_IN}"'
    path = "" if root is None else root
    if isinstance(path, os.PathLike):
        with contextlib.suppress(Exception):  # its own method may do anything
            path = os.fspath(path)
    if not isinstance(path, str):
        refuse("root", allowed, root, TypeError)
    try:
        bad = b"\0" in os.fsencode(path)
    except UnicodeEncodeError:  # half of a character, which no file system can hold
        bad = True
    if bad:
        refuse("root", allowed, path)
    return path


def _raw_folder(root):
    """Return the folder of the four files: FashionMNIST/raw, or `root` has them."""
    if len(missing_files(root)) < len(RAW_FILES):
        return root
    return root / "FashionMNIST" / "raw"


def _remark(root):
    """Return what a student may have overlooked about a folder, or nothing."""
    if not root.is_absolute():
        return (
            " (a relative path is looked up from the notebook's folder: give an "
            "absolute one)"
        )
    if not os.path.exists(root):
        return " (there is no such folder)"
    if not os.path.isdir(root):
        return " (it is a file, not a folder)"
    if not os.access(root, os.R_OK | os.X_OK):
        return " (you may not look into it)"
    return ""


def _complete(folder):
    """Download what `folder` lacks; return None, or the `Failed` of the first time."""
    if folder not in _failed_downloads:
        failed = download(folder)
        if failed is None:
            return None
        _failed_downloads[folder] = failed
    return _failed_downloads[folder]


def _how_to_get_them(folder, lacking, failed):
    """Return the lines that follow the name of the built-in garments."""
    lines = ["Fashion-MNIST could not be downloaded, so results differ"]
    lines += [f"  {reason}" for reason in (lacking, *failed.reasons) if reason]
    lines.append("To try again: restart the kernel and run the notebook again")
    if not failed.folder_at_fault:
        lines.append(f"By hand: get the four .gz files from {AUTHORS}")
        lines.append("  unpack each in a terminal: python -m gzip -d FILE")
        lines.append(f"  and put them into {folder}")
        lines.append("  or set CNN_COURSE_DATA to a folder that has FashionMNIST/raw")
    return "\ndata: ".join(lines)
