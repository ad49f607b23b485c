"""The folders of one user, for data and for progress; and files written whole."""

import contextlib
import os
import sys
import tempfile
from pathlib import Path


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


def write_whole(path, text):
    """Write a text file, all of it or nothing: an older file stays until then.

    Makes the folder if need be. Raises OSError if that or the writing fails.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # as a rule it has got its name and is gone
            beside.unlink()
