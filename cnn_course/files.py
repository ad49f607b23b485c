"""Where files lie: the notebooks, a user's own folders; and how things are written."""

import errno
import os
import sys
from pathlib import Path

from platformdirs import PlatformDirs

PLAIN = str.maketrans({"✓": "+", "✗": "x", "○": "o", "→": ">", "·": "-", "…": "..."})
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def cache_folder():
    """Return the per-user folder for downloaded data, which need not be there yet.

    Raises OSError where there is no home folder.
    """
    return _own_folder("user_cache_dir")


def state_folder():
    """Return the per-user folder for progress in the exercises; else as above."""
    if chosen := os.environ.get("CNN_COURSE_STATE"):
        return Path(chosen).expanduser().absolute()
    return _own_folder("user_state_dir")


def _own_folder(kind):
    try:
        folders = PlatformDirs("cnn_course", appauthor=False, opinion=False)
        return Path(getattr(folders, kind))
    except RuntimeError:
        raise OSError(errno.ENOENT, "there is no home folder", "~") from None


def write_whole(path, content):
    """Write a text or bytes, all or nothing: an older file stays until then.

    Makes the folder if need be. Raises OSError if the writing fails.
    """
    raw = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.part-{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with open(beside, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without bytes
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)  # as a rule it has got its name and is gone


def say(text, file=None):
    """Print `text`, with other signs for those that a stream, as one in cp1252, lacks.

    On Windows a script whose output goes into a file writes in cp1252, without ✓ and →.
    """
    file = file or sys.stdout
    try:
        print(text, file=file, flush=True)
    except UnicodeEncodeError:
        text = str(text).translate(PLAIN)
        text = text.encode(file.encoding, "replace").decode(file.encoding)
        print(text, file=file, flush=True)
