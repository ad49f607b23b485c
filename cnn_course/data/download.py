"""Fashion-MNIST's files from the network: whole and verified, or not at all."""

import math
import os
import time
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cnn_course.data.fashion_mnist import FILES, published
from cnn_course.files import say

SOURCES = (  # HTTPS first; the last one knows none, but every byte is verified
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/"
    "zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
DEAD_SECONDS = 60  # so long at most for a network that brings nothing, or for others
STALL_SECONDS = 9  # three sources, asked twice each, are within the 60
LOCK = ".download-lock"
SIGNS = {  # in what an error says: our words
    "to proxy": "no connection to the proxy that HTTPS_PROXY or its like names",
    "Failed to resolve": "host not found",
    "timed out": "no answer",
    "Connection refused": "connection refused",
    "Connection broken": "connection cut off",
    "Connection aborted": "connection cut off",
    "CERTIFICATE_VERIFY": "its certificate is not trusted here; if this network has "
    "one of its own, REQUESTS_CA_BUNDLE must name it",
}


def download(folder):
    """Put the packed files that `folder` lacks into it; return [], or reasons why not.

    One process at a time does so, also of several users; the others are told and wait.
    A file gets its name when it is whole and verified, so that a process may be killed
    at any time. Raises OSError if the folder cannot take the files.
    """
    deadline = time.monotonic() + DEAD_SECONDS
    _make_folder(folder)
    # A marker instead, filelock's way where there is no lock, would outlive a kill.
    lock = FileLock(folder / LOCK, fallback_to_soft=False)
    try:
        try:
            lock.acquire(blocking=False)
        except Timeout:
            say(
                "data: another process is downloading Fashion-MNIST into this folder; "
                "waiting for it …"
            )
            lock.acquire(timeout=DEAD_SECONDS)
    except Timeout:
        return [f"another process is not done with it after {DEAD_SECONDS:g} s"]
    except OSError:
        pass  # a network folder without locks: two may download at once
    try:
        return _fetch(folder, deadline)
    finally:
        lock.release()


def _make_folder(folder):
    """Make FashionMNIST/raw with its lock; whoever may write into its root may here."""
    root = folder.parent.parent
    root.mkdir(parents=True, exist_ok=True)
    mode = root.stat().st_mode & 0o777
    # Not by a later chmod: at nine o'clock another user is in between.
    mask = os.umask(0)
    try:
        for each in (folder.parent, folder):
            each.mkdir(mode, exist_ok=True)
        (folder / LOCK).touch(0o666)  # every user may take it
    finally:
        os.umask(mask)


def _fetch(folder, deadline):
    """Fetch what is missing; return reasons if nothing has come by the deadline."""
    there = {path.name for path in folder.iterdir()}
    wanted = [name for name in FILES if not there & {name, f"{name}.gz"}]
    if not wanted:  # another process has brought them
        return []
    size = "31 MB" if len(wanted) == 4 else f"{len(wanted)} of its 4 files"
    say(f"data: downloading Fashion-MNIST ({size}) …")
    reasons = {}
    for name in sorted(wanted, key=FILES.get):  # small ones tell soon what is dead
        for source in SOURCES * 2:
            if time.monotonic() > deadline:
                reasons.setdefault(source, "not finished in time")
                continue
            reasons[source] = _why_not(source, name, folder)
            if not reasons[source]:
                deadline = math.inf  # the network lives
                break
        else:
            return [f"{urlsplit(each).netloc}: {why}" for each, why in reasons.items()]
    return []


def _why_not(source, name, folder):
    """Bring a file from a source into the folder; return "", or why it did not come."""
    import pooch  # late: most loads need no network

    headers = {"Accept-Encoding": "identity"}  # a .gz file is to come as it is
    fetch = pooch.HTTPDownloader(timeout=STALL_SECONDS, headers=headers)
    part = folder / f".download-part-{os.getpid()}"
    try:
        fetch(f"{source}{name}.gz", part, None)
        published(name, part.read_bytes())
        part.chmod(0o644)  # whoever may look into the folder may read it
        part.replace(folder / f"{name}.gz")
        return ""
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None):  # of the folder; those of requests have none
            raise
        response = getattr(error, "response", None)
        said = str(error) if response is None else f"HTTP {response.status_code}"
        return next((SIGNS[sign] for sign in SIGNS if sign in said), said[-100:])
    finally:
        part.unlink(missing_ok=True)
