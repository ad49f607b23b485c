"""Fashion-MNIST's missing files from the network: whole and verified, or not at all."""

import contextlib
import errno
import gzip
import io
import os
import shutil
import tempfile
import threading
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import filelock

SOURCES = (  # the files are NAME.gz; HTTPS first
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/"
    "zalandoresearch/fashion-mnist/master/data/fashion/",
    # torchvision's source knows no HTTPS. Every byte is verified, so that is safe.
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
# name: (bytes, MD5) of the published files, unpacked, in the order they are read
RAW_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}
PATIENCE_SECONDS = 60  # for a dead network: all sources, and waiting for others
STALL_SECONDS = 9  # three sources, asked twice each, are within the 60
SLOWEST = 200_000  # bytes that earn a second more: a slow network is not a dead one
LOCK, PART = ".download-lock", ".download-part-"
LOGIN = "does this network want you to log in?"
SIGNS = {  # in what the network's errors say: our words
    "Failed to resolve": "host not found",
    "Connection refused": "connection refused",
    "Connection broken": "connection cut off",
    "Connection aborted": "connection cut off",
    "EOF": "connection cut off",
    "SSL": f"no secure connection: {LOGIN}",
}


class Unusable(Exception):
    """A source did not give a file, and why."""


class Clock:
    """The seconds that are left, from now on."""

    def __init__(self):
        self.end = time.monotonic() + PATIENCE_SECONDS

    def left(self):
        return self.end - time.monotonic()


def missing_files(folder):
    """Return the names of the files that are not in `folder`, packed (.gz) or not."""
    return [
        name
        for name in RAW_FILES
        if not any(os.path.exists(folder / f"{name}{end}") for end in ("", ".gz"))
    ]


def unpacked(raw, size):
    """Unpack bytes that gzip has packed, to one more than `size` at most.

    Raises EOFError, OSError or zlib.error for damaged ones.
    """
    if not raw.startswith(b"\x1f\x8b"):  # not packed, or requests has unpacked them
        return raw
    return gzip.GzipFile(fileobj=io.BytesIO(raw)).read(size + 1)


def download(folder):
    """Put the files that `folder` lacks into it; return reasons if that fails, or [].

    One process at a time does so, also of several users; the others are told and wait.
    Each file is there whole and verified or not at all, even if this process is killed.
    Raises OSError if the folder cannot take them.
    """
    clock = Clock()
    _make_folder(folder)
    # A marker instead, filelock's way where there is no lock, would outlive a kill.
    lock = filelock.FileLock(folder / LOCK, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except filelock.Timeout:
        print(
            "data: another process is downloading Fashion-MNIST into this folder; "
            "waiting for it …",
            flush=True,
        )
        with contextlib.suppress(filelock.Timeout):
            lock.acquire(timeout=max(0, clock.left()))
        if not lock.is_locked:
            long = f"for {PATIENCE_SECONDS:g} s"
            return [f"another process has been downloading {long} and is not done"]
    except OSError:
        pass  # a network folder without locks: two may download at once
    try:
        if lock.is_locked:
            for part in folder.glob(PART + "*"):  # of processes that were killed
                shutil.rmtree(part, ignore_errors=True)
        return _fetch(folder, missing_files(folder), clock)
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


def _fetch(folder, names, clock):
    """Get each file from the first source that has it; return reasons if none has.

    Two rounds. A source that has failed twice is not asked again.
    """
    if not names:  # another process has brought them
        return []
    if shutil.disk_usage(folder).free < 60e6:
        raise OSError(errno.ENOSPC, "No space left on device")
    reasons, failures = {}, []
    with tempfile.TemporaryDirectory(prefix=PART, dir=folder) as part:
        size = "31 MB" if len(names) == 4 else f"{len(names)} of its 4 files"
        print(f"data: downloading Fashion-MNIST ({size}) …", flush=True)
        for name in names:
            for source in SOURCES * 2:
                if failures.count(source) == 2 or clock.left() <= 0:
                    continue
                try:
                    os.replace(_retrieve(source, name, part, clock), folder / name)
                    break
                except Unusable as problem:
                    failures.append(source)
                    reasons[source] = f"{urlsplit(source).netloc}: {problem}"
            else:
                return list(reasons.values()) or ["not finished in time"]
    return []


def _retrieve(source, name, part, clock):
    """Return the path, in `part`, of a verified file; raise Unusable if there is none.

    pooch gives it that name only if its MD5 is the published one, of the file unpacked.
    """
    import pooch  # late: most loads need no network

    size, md5 = RAW_FILES[name]

    def downloader(url, path, _):
        packed = _body(url, size + 2**16, clock)
        if packed[:200].lstrip().startswith(b"<"):
            raise Unusable(f"sent a web page instead of the file: {LOGIN}")
        try:
            raw = unpacked(packed, size)
        except (EOFError, OSError, zlib.error):
            raw = b""
        with open(path, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave a name without bytes
        # It is its maker's alone until now; whoever may read the folder may read it.
        os.chmod(path, 0o600 | os.stat(Path(part).parent).st_mode & 0o044)

    pooch.get_logger().setLevel("WARNING")
    url = f"{source}{name}.gz"
    try:
        return pooch.retrieve(url, f"md5:{md5}", name, part, downloader=downloader)
    except ValueError:  # of the MD5
        raise Unusable("wrong bytes") from None


def _body(url, limit, clock):
    """Return what `url` sends; raise Unusable if that fails, is too long or too slow.

    A thread reads. Looking up a name, and trying the addresses of a host in turn, can
    take minutes, and no time limit of theirs ends that; waiting for a thread has one.
    """
    import pooch

    fetch = pooch.HTTPDownloader(timeout=PATIENCE_SECONDS)
    body, errors, seen, latest = io.BytesIO(), [], 0, time.monotonic()

    def read():
        try:
            fetch(url, body, None)
        except Exception as error:
            errors.append(error)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with body:  # once it is closed, a reader that was left behind ends, too
        while reader.is_alive():
            reader.join(0.05)
            if body.tell() > seen:
                clock.end += (body.tell() - seen) / SLOWEST
                seen, latest = body.tell(), time.monotonic()
            if seen > limit:
                raise Unusable("sends more than the file")
            if clock.left() <= 0:
                raise Unusable("not finished in time")
            if time.monotonic() - latest > STALL_SECONDS:
                raise Unusable(f"no answer for {STALL_SECONDS:g} s")
        if errors:
            raise Unusable(_in_plain_words(errors[0]))
        return body.getvalue()


def _in_plain_words(error):
    """Return what an error of the network means, or what it says."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"HTTP {status}" + (f": {LOGIN}" if status == 511 else "")
    for sign, words in SIGNS.items():
        if sign in str(error):
            return words
    return str(error).rpartition(": ")[2].strip("')>")[:100]
