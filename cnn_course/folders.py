"""The folders of one user: downloaded data, and which exercises are done."""

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
