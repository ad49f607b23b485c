"""Fashion-MNIST's missing files from the network: whole and verified, or not at all.

Not with torchvision: it gives up its list of mirrors at a time-out and at the page of
a network that wants a login, has no time limit, and writes under the final name.
"""

import gzip
import http.client
import io
import queue
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
import zlib
from typing import NamedTuple
from urllib.parse import urlsplit

from cnn_course.data import shared_folder
from cnn_course.data.raw_files import RAW_FILES, fault, missing_files

SOURCES = (  # the files are NAME.gz; HTTPS first
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/"
    "zalandoresearch/fashion-mnist/master/data/fashion/",
    # torchvision's source knows no HTTPS. Every byte is verified, so that is safe.
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
DOWNLOAD_SECONDS = 180  # 31 MB; a link slower than 1.4 Mbit/s is as good as none
STALL_SECONDS = 15
LOGIN = "does this network want you to log in?"


class Failed(NamedTuple):
    """Why there was no download: lines to print; whether another folder may do."""

    reasons: tuple
    folder_at_fault: bool


class Unusable(Exception):
    """A source did not give a file: the reason, and whether to try it once more."""

    def __init__(self, reason, again=False):
        super().__init__(reason)
        self.again = again


def download(folder):
    """Put the raw files that `folder` lacks into it; return None, or a `Failed`.

    One process at a time does so, also of several users; the others are told, wait,
    and take what it brought: the files, or its reasons, left in a note. Each file is
    there whole and verified or not at all, even if this process is killed.
    """
    try:
        shared_folder.make_folder(folder)
        note = shared_folder.read_note(folder)
        with shared_folder.turn(folder, DOWNLOAD_SECONDS + STALL_SECONDS):
            missing = missing_files(folder)
            if not missing:
                return None
            # Else all who waited would stall one after the other.
            news = shared_folder.read_note(folder)
            if news and news != note:
                return Failed(tuple(news.splitlines()[1:]), False)
            reasons = _fetch(folder, missing)
            if reasons:
                shared_folder.write_note(folder, reasons)
                return Failed(tuple(reasons), False)
            shared_folder.delete_note(folder)
    except TimeoutError:  # of the lock
        reason = "another process has been downloading into this folder for "
        return Failed((f"{reason}{DOWNLOAD_SECONDS:g} s and is not done",), False)
    except OSError as error:  # of the folder: those of the network stay in _fetch
        needed = sum(size for size, _ in RAW_FILES.values())
        return Failed((shared_folder.trouble(folder, error, needed),), True)
    return None


def _fetch(folder, missing):
    """Get each missing file from the first source that has it; return reasons if not.

    Two rounds. A source that is dead, or has failed twice, is not asked again.
    """
    # Now rather than after a download: is there room, and may we write?
    shared_folder.try_out(folder, sum(RAW_FILES[name][0] for name in missing))
    size = "31 MB" if len(missing) == 4 else f"{len(missing)} of its 4 files"
    print(f"data: downloading Fashion-MNIST ({size}) …", flush=True)
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    reasons, out = {}, set()
    for name in missing:
        for source in SOURCES * 2:
            if source in out or time.monotonic() > deadline:
                continue
            try:
                raw = _get(source, name, deadline)
            except Unusable as problem:
                if not problem.again or source in reasons:
                    out.add(source)
                reasons[source] = str(problem)
            else:
                shared_folder.keep(folder, name, raw)
                break
        else:
            lines = [f"{urlsplit(s).netloc}: {why}" for s, why in reasons.items()]
            return lines or [f"not finished after {DOWNLOAD_SECONDS:g} s"]
    return []


def _get(source, name, deadline):
    """Return the verified bytes of a raw file, or raise Unusable."""
    size, _ = RAW_FILES[name]
    packed = _body(f"{source}{name}.gz", size + 2**16, deadline)
    if packed[:200].lstrip().startswith(b"<"):
        raise Unusable(f"sent a web page instead of the file: {LOGIN}")
    try:
        # No more than one byte too many, whatever it would unpack to.
        raw = gzip.GzipFile(fileobj=io.BytesIO(packed)).read(size + 1)
    except EOFError:
        raise Unusable("connection cut off", again=True) from None
    except (OSError, zlib.error):
        raise Unusable("wrong bytes", again=True) from None
    if fault(name, raw):
        raise Unusable("wrong bytes" if packed else "connection cut off", again=True)
    return raw


def _body(url, limit, deadline):
    """Return what `url` sends; raise Unusable if that fails, is too long or too slow.

    A thread reads. Looking up a name, and trying the addresses of a host in turn, can
    take minutes, and no time limit of theirs ends that; waiting for a thread has one.
    """
    pieces, abandoned, body = queue.SimpleQueue(), threading.Event(), bytearray()
    threading.Thread(target=_read, args=(url, pieces, abandoned), daemon=True).start()
    try:
        while True:
            left = deadline - time.monotonic()
            if left <= 0:  # also where a server trickles
                raise Unusable(f"not finished after {DOWNLOAD_SECONDS:g} s")
            try:
                piece = pieces.get(timeout=min(left, STALL_SECONDS))
            except queue.Empty:
                if left < STALL_SECONDS:
                    continue
                piece = TimeoutError()
            if isinstance(piece, Exception):
                raise _unusable(piece)
            if not piece:
                return bytes(body)
            body += piece
            if len(body) > limit:
                raise Unusable("sends more than the file")
    finally:
        abandoned.set()


def _read(url, pieces, abandoned):
    """Put what `url` sends into a queue, piece by piece: b"" or an error at the end."""
    try:
        request = urllib.request.Request(url, headers={"User-Agent": "cnn_course"})
        with urllib.request.urlopen(request, timeout=STALL_SECONDS) as response:
            while not abandoned.is_set():
                piece = response.read1(2**16)  # what is there, not what is to come
                pieces.put(piece)
                if not piece:
                    break
    except Exception as error:
        pieces.put(error)


def _unusable(error):
    """Return Unusable for an error of the network, in plain words."""
    if isinstance(error, urllib.error.HTTPError):
        login = f": {LOGIN}" if error.code == 511 else ""
        return Unusable(f"HTTP {error.code}{login}", again=error.code >= 500)
    if isinstance(error, urllib.error.URLError):
        error = error.reason
    cut_off = (ConnectionError, http.client.HTTPException, ssl.SSLEOFError)
    for kinds, reason, again in (
        (socket.gaierror, "host not found", False),
        (TimeoutError, f"no answer for {STALL_SECONDS:g} s", False),
        (ConnectionRefusedError, "connection refused", False),
        (cut_off, "connection cut off", True),
        (ssl.SSLError, f"no secure connection: {LOGIN}", False),
    ):
        if isinstance(error, kinds):
            return Unusable(reason, again)
    words = str(getattr(error, "strerror", None) or error) or type(error).__name__
    return Unusable(" ".join(words.split())[:100])
