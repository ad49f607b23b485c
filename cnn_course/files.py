"""The folders of one user, for data and for progress; and files written whole."""

import contextlib
import errno
import os
import sys
import tempfile
import time
from pathlib import Path

# What an OSError says, by its errno, when a disk or a quota is full.
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def cache_folder():
    """Return the per-user folder for downloaded data (not created here)."""
    if sys.platform == "darwin":
        return _folder(None, "~/Library/Caches")
    return _folder("XDG_CACHE_HOME", "~/.cache")


def state_folder():
    """Return the per-user folder for progress in the exercises (not created here)."""
    if chosen := os.environ.get("CNN_COURSE_STATE"):
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    if sys.platform == "darwin":
        return _folder(None, "~/Library/Application Support")
    return _folder("XDG_STATE_HOME", "~/.local/state")


def _folder(variable, otherwise):
    if sys.platform == "win32":
        variable, otherwise = "LOCALAPPDATA", "~/AppData/Local"
    base = (variable and os.environ.get(variable)) or otherwise
    # expanduser leaves "~" alone where there is no home folder: use a temporary one.
    path = os.path.expanduser(base)
    return Path(tempfile.gettempdir() if path.startswith("~") else path) / "cnn_course"


def write_whole(path, content):
    """Write a text or bytes, all or nothing: an older file stays until then.

    Makes the folder if need be, and clears away what a killed process has left. Raises
    OSError if the writing fails.
    """
    raw = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f"{_beside(path)}{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _clear_leftovers(path)
        with open(beside, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without bytes
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # as a rule it has got its name and is gone
            beside.unlink()


def _beside(path):
    return f".{path.name}.part-"


def _clear_leftovers(path):
    """Remove parts that nobody can be writing any more: they are an hour old."""
    for part in list(path.parent.iterdir()):
        if part.name.startswith(_beside(path)):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > 3600:
                    part.unlink()
