"""A data folder that many processes and users fill at once: one lock, whole files."""

import contextlib
import errno
import os
import shutil
import tempfile
import time

from filelock import FileLock, Timeout

LOCK, NOTE, PART = ".download-lock", ".download-failed", ".download-part-"
FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def make_folder(folder):
    """Make FashionMNIST/raw with its lock; whoever may write into its root may here."""
    root = folder.parent.parent
    root.mkdir(parents=True, exist_ok=True)
    mode = root.stat().st_mode & 0o777
    # Not by a later chmod: at nine o'clock another user is in between.
    mask = os.umask(0)
    try:
        for part in (folder.parent, folder):
            part.mkdir(mode, exist_ok=True)
        (folder / LOCK).touch(0o666)  # every user may take it
    finally:
        os.umask(mask)


def may_write(folder):
    """Tell whether files can be put into `folder`, made if its root is there."""
    while not os.path.exists(folder) and folder.name in ("raw", "FashionMNIST"):
        folder = folder.parent
    return os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK)


@contextlib.contextmanager
def turn(folder, seconds):
    """Hold the folder's lock, and wait for it if need be; leftovers are cleared.

    Where there can be no lock, as on some network folders, it goes on without: two
    processes may then download at once, each into a file of its own. TimeoutError is
    raised if another process holds the lock for longer than `seconds`.
    """
    # A marker instead, filelock's way where there is no lock, would outlive a kill.
    lock = FileLock(folder / LOCK, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        print(
            "data: another process is downloading Fashion-MNIST into this folder; "
            "waiting for it …",
            flush=True,
        )
        lock.acquire(timeout=seconds)
    except OSError:
        yield
        return
    try:
        for part in folder.glob(PART + "*"):  # of processes that were killed
            with contextlib.suppress(OSError):  # another user's, perhaps
                part.unlink()
        yield
    finally:
        lock.release()


def try_out(folder, needed):
    """Raise OSError if nothing may be written to `folder`, or no `needed` bytes."""
    with tempfile.TemporaryFile(prefix=PART, dir=folder):
        pass
    if shutil.disk_usage(folder).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def keep(folder, name, contents):
    """Write a file that is there whole or not at all, even after a kill or a crash."""
    handle, part = tempfile.mkstemp(prefix=PART, dir=folder)
    try:
        with open(handle, "wb") as file:
            file.write(contents)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(OSError):
            # mkstemp lets nobody else read it; whoever may read the folder may.
            os.chmod(part, 0o600 | os.stat(folder).st_mode & 0o044)
        os.replace(part, folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


def write_note(folder, reasons):
    """Leave the reasons of a failure for those who wait; no two notes are the same."""
    head = f"{os.getpid()} {time.time_ns()}"
    with contextlib.suppress(OSError):  # then those who wait try for themselves
        keep(folder, NOTE, "\n".join([head, *reasons]).encode())


def read_note(folder):
    """Return the note, or None."""
    try:
        return (folder / NOTE).read_text("utf-8", "replace")[:2000]
    except OSError:
        return None


def delete_note(folder):
    """Take back the note of an earlier failure: the files are there now."""
    with contextlib.suppress(OSError):
        (folder / NOTE).unlink(missing_ok=True)


def trouble(folder, error, needed):
    """Say in a student's words why `folder` could not take `needed` bytes."""
    if error.errno in FULL:
        return (
            f"the disk is full: Fashion-MNIST needs {-(-needed // 10**6)} MB in "
            f"{folder}; free some space, or set CNN_COURSE_DATA to a folder on another "
            "disk"
        )
    return (
        f"{folder} cannot be written to ({error.strerror}); set CNN_COURSE_DATA to a "
        "folder where you may write"
    )
