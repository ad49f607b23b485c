"""A program that loads the data in many processes at once, or kills them on the way.

It imports the course once and forks, so that 16 processes cost little more than one.
Each line of JSON that it reads is a task: what to do, with which sources and published
sizes. Each line that it writes is the answer.
"""

import contextlib
import encodings.idna  # noqa: F401  another user may not read this Python's library
import hashlib
import io
import json
import os
import shutil
import signal
import sys
import time
from pathlib import Path

import pooch  # noqa: F401  the same
import requests  # noqa: F401
import torch

from cnn_course import load_data_fashion_mnist
from cnn_course.data import download
from cnn_course.data import fashion_mnist as sources
from cnn_course.data.download import RAW_FILES


def configure(setup):
    RAW_FILES.update({name: tuple(pair) for name, pair in setup["published"].items()})
    download.SOURCES = tuple(setup["sources"])
    download.STALL_SECONDS = setup.get("stall", 5)
    download.PATIENCE_SECONDS = setup.get("patience", 20)


def load(root):
    """Return what one student gets and reads."""
    began, printed = time.monotonic(), io.StringIO()
    with contextlib.redirect_stdout(printed):
        iters = load_data_fashion_mnist(8, root=root, device="cpu")
    digest = hashlib.md5(usedforsecurity=False)
    for batches in iters:
        digest.update(batches.images.numpy().tobytes())
        digest.update(batches.labels.numpy().tobytes())
    return {
        "name": iters[0].name,
        "digest": digest.hexdigest(),
        "printed": printed.getvalue().splitlines(),
        "seconds": time.monotonic() - began,
    }


def forked(act):
    """Run `act` in a child; return its number. No exception leaves the child."""
    child = os.fork()
    if child:
        return child
    try:
        act()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def at_once(root, n, results, users=False):
    """Load in n processes that begin together; return what each of them got."""
    gate, opener = os.pipe()

    def student(i):
        os.close(opener)
        os.read(gate, 1)  # until the parent closes the other end
        if users:
            os.setgid(20_000 + i)
            os.setuid(20_000 + i)
        own = Path(results, f"cache-{i}")
        sources.cache_folder = lambda: own
        Path(results, f"{i}.json").write_text(json.dumps(load(root)), "utf-8")

    children = [forked(lambda i=i: student(i)) for i in range(n)]
    os.close(opener)
    status = [os.waitpid(child, 0)[1] for child in children]
    files = [Path(results, f"{i}.json") for i in range(n)]
    assert status == [0] * n, status
    found = [json.loads(file.read_text("utf-8")) for file in files]
    for file in files:  # the next users may not write over them
        file.unlink()
    return found


def state(root):
    """Return (names of whole files, names of bad files, all other names)."""
    folder = Path(root, "FashionMNIST", "raw")
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    there = [name for name in names if name in RAW_FILES]
    bad = [
        name
        for name in there
        if sources.fault(name, (folder / name).read_bytes(), *RAW_FILES[name])
    ]
    others = [name for name in names if name not in RAW_FILES]
    return [name for name in there if name not in bad], bad, others


def dying(name, number, before):
    """Make the call of os.name with that number the last thing we do."""
    real, calls = getattr(os, name), []

    def deadly(*arguments, **options):
        calls.append(name)
        if before and len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **options)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(os, name, deadly)


def kill_at_steps(root):
    """Kill before and after a file is on the disk, and gets its final name.

    Return each time the state then, what the next load got, and the state after it.
    """
    found = []
    for name in ("fsync", "replace"):
        for number in (1, 2, 3):
            for before in (True, False):
                shutil.rmtree(root, ignore_errors=True)
                os.mkdir(root)

                def act(step=(name, number, before)):
                    dying(*step)
                    load(root)

                by_signal = os.WIFSIGNALED(os.waitpid(forked(act), 0)[1])
                then, again = state(root), load(root)
                each = {"killed": by_signal, "then": then, "again": again}
                found.append({**each, "end": state(root)})
    return found


def answer(line, file):
    setup = json.loads(line)
    configure(setup)
    found = globals()[setup["task"]](*setup["arguments"])
    file.write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    torch.set_num_threads(1)
    file = Path(sys.argv[1])
    for line in sys.stdin:
        file.write_text("null")
        os.waitpid(forked(lambda line=line: answer(line, file)), 0)
        print(file.read_text("utf-8"), flush=True)
