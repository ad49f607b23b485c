"""Fashion-MNIST's files from the network: whole and verified, or not at all."""

import os
import shutil
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from cnn_course.files import say

SOURCES = (  # HTTPS first; the last one knows none, but every byte is verified
    "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    "https://raw.githubusercontent.com/"
    "zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
# The published files and their MD5, as torchvision has them. Small ones come first, to
# tell a dead network from a slow one.
PACKED_FILES = {
    "t10k-labels-idx1-ubyte.gz": "bb300cfdad3c16e7a12a480ee83cd310",
    "train-labels-idx1-ubyte.gz": "25c81989df183df01b3e8a0aad5dffbe",
    "t10k-images-idx3-ubyte.gz": "bef4ecab320f06d8554ea6380940ec79",
    "train-images-idx3-ubyte.gz": "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
}
DEAD_SECONDS = 60  # so long at most for a network that brings nothing, or for others
SLOW_SECONDS = 600  # so long for 31 MB that do come
STALL_SECONDS = 9  # three sources, asked twice each, are within the 60
LOCK, PART = ".download-lock", ".download-part-"
LOGIN = "sent a web page instead of the file: does this network want you to log in?"
SIGNS = {  # in what an error says: our words
    LOGIN: LOGIN,
    "does not match the known hash": "wrong bytes",
    " 407": "the proxy wants a name and a password, http://NAME:PASSWORD@ADDRESS",
    "Failed to resolve": "host not found",
    "timed out": "no answer",
    "Connection refused": "connection refused",
    "Connection broken": "connection cut off",
    "Connection aborted": "connection cut off",
    "Failed to parse": "this is no address",
    "CERTIFICATE_VERIFY": "its certificate is not trusted here; if this network has "
    "one of its own, REQUESTS_CA_BUNDLE must name it",
    "TLS CA": "REQUESTS_CA_BUNDLE or CURL_CA_BUNDLE names a file that is not there",
    "SSLError": "no secure connection",
}


def missing_files(folder):
    """Return the names of the packed files that `folder` has in neither form."""
    there = {path.name for path in folder.glob("*-ubyte*") if path.is_file()}
    return [n for n in PACKED_FILES if not there & {n, n.removesuffix(".gz")}]


def download(folder):
    """Put the packed files that `folder` lacks into it; return [], or reasons why not.

    One process at a time does so, also of several users; the others are told and wait.
    A file gets its name when it is whole and verified, so that a process may be killed
    at any time. Raises OSError if the folder cannot take the files.
    """
    began = time.monotonic()
    _make_folder(folder)
    # A marker instead, filelock's way where there is no lock, would outlive a kill.
    lock = FileLock(folder / LOCK, fallback_to_soft=False)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        say(
            "data: another process is downloading Fashion-MNIST into this folder; "
            "waiting for it …"
        )
        try:
            lock.acquire(timeout=DEAD_SECONDS)
        except Timeout:
            return [f"another process is not done with it after {DEAD_SECONDS:g} s"]
    except OSError:
        pass  # a network folder without locks: two may download at once
    try:
        return _fetch(folder, max(0, began + DEAD_SECONDS - time.monotonic()))
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


def _fetch(folder, patience):
    """Fetch what is missing; return reasons if nothing came in `patience` seconds.

    A thread does it: looking up a name, and trying the addresses of a host in turn, can
    take minutes, and no time limit of theirs ends that; waiting for a thread has one.
    """
    for part in folder.glob(f"{PART}*"):  # of processes that were killed
        shutil.rmtree(part, ignore_errors=True)
    wanted, reasons, errors = missing_files(folder), {}, []
    if not wanted:  # another process has brought them
        return []
    size = "31 MB" if len(wanted) == 4 else f"{len(wanted)} of its 4 files"
    say(f"data: downloading Fashion-MNIST ({size}) …")
    known = threading.Event()  # whether the network lives

    def fetch_all():
        try:
            with tempfile.TemporaryDirectory(prefix=PART, dir=folder) as part:
                for name in wanted:
                    if not any(_came(s, name, part, reasons) for s in SOURCES * 2):
                        return
                    os.replace(Path(part, name), folder / name)
                    known.set()
            reasons.clear()
        except OSError as error:  # of the folder
            errors.append(error)
        finally:
            known.set()

    thread = threading.Thread(target=fetch_all, daemon=True)
    thread.start()
    if known.wait(patience):
        thread.join(SLOW_SECONDS)
    if errors:
        raise errors[0]
    told = [f"{urlsplit(source).netloc}: {why}" for source, why in reasons.items()]
    return [*told, "not finished in time"] if thread.is_alive() else told


def _came(source, name, part, reasons):
    """Say if a source gave a file, whole, into `part`; note in `reasons` why not."""
    import pooch  # late: most loads need no network

    headers = {"Accept-Encoding": "identity"}  # a .gz file is to come as it is
    fetch = pooch.HTTPDownloader(timeout=STALL_SECONDS, headers=headers)

    def fetch_readable(url, path, _):
        fetch(url, path, None)
        with open(path, "rb") as file:
            if file.read(200).lstrip().startswith(b"<"):
                raise ValueError(LOGIN)
        # It is its maker's alone until now; whoever may read the folder may read it.
        os.chmod(path, 0o600 | Path(part).parent.stat().st_mode & 0o044)

    pooch.get_logger().setLevel("WARNING")
    md5 = f"md5:{PACKED_FILES[name]}"
    try:
        pooch.retrieve(source + name, md5, name, part, downloader=fetch_readable)
        return True
    except (OSError, ValueError) as error:
        if getattr(error, "errno", None):  # of the folder; those of requests have none
            raise
        reasons[source] = _reason(source, error)
        return False


def _reason(source, error):
    """Say in our words what kept a file from coming, and if there is a proxy."""
    from requests.utils import get_environ_proxies, select_proxy

    response = getattr(error, "response", None)
    said = str(error) if response is None else f"HTTP {response.status_code}"
    words = next((SIGNS[sign] for sign in SIGNS if sign in said), said[-100:])
    proxy = select_proxy(source, get_environ_proxies(source))
    if not proxy:
        return words
    host = proxy.rpartition("@")[2].removeprefix("http://").strip("/")  # no password
    return f"{words} (through the proxy {host}; HTTPS_PROXY or its like names it)"
