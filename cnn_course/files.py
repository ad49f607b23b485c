"""Where files lie: the notebooks, a user's own folders; and how things are written."""

import contextlib
import errno
import glob
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

from platformdirs import PlatformDirs

# What an OSError says, by its errno, when a disk or a quota is full.
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
PLAIN = str.maketrans({"✓": "+", "✗": "x", "○": "o", "→": ">", "·": "-", "…": "..."})
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def cache_folder():
    """Return the per-user folder for downloaded data, which need not be there yet.

    Raises OSError where there is no home folder and no private one either.
    """
    return _own_folder("user_cache_dir")


def state_folder():
    """Return the per-user folder for progress in the exercises; else as above."""
    if chosen := os.environ.get("CNN_COURSE_STATE"):
        return Path(chosen).expanduser().absolute()
    return _own_folder("user_state_dir")


def _own_folder(kind):
    folders = PlatformDirs("cnn_course", appauthor=False, opinion=False)
    try:
        return Path(getattr(folders, kind))
    except RuntimeError:  # there is no home folder
        return _private(Path(tempfile.gettempdir(), f"cnn_course-{os.getuid()}"))


def _private(folder):
    """Return a folder in /tmp, made if need be, where nobody else reads or writes.

    Everybody may have made one of that name before: raises OSError for one that is a
    link, another user's or open to others, and if none can be made.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(0o700)
    found = os.lstat(folder)
    if (found.st_mode, found.st_uid) != (stat.S_IFDIR | 0o700, os.getuid()):
        why = "there is no home folder, and this one is not yours alone"
        raise OSError(errno.EACCES, why, str(folder))
    return folder


def write_whole(path, content):
    """Write a text or bytes, all or nothing: an older file stays until then.

    Makes the folder if need be, and clears away what a killed process has left. Raises
    OSError if the writing fails.
    """
    raw = content.encode() if isinstance(content, str) else content
    beside = path.with_name(f".{path.name}.part-{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for part in path.parent.glob(f".{glob.escape(path.name)}.part-*"):
            with contextlib.suppress(OSError):
                if time.time() - part.stat().st_mtime > 3600:  # nobody writes it now
                    part.unlink()
        with open(beside, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without bytes
        beside.replace(path)
    finally:
        with contextlib.suppress(OSError):  # as a rule it has got its name and is gone
            beside.unlink()


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
