"""The download: a server that fails in every way it can, many processes, and kills."""

import errno
import hashlib
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import filelock
import pytest
import torch
from fault_server import FaultServer

from cnn_course.data import download as downloading
from cnn_course.data.download import LOCK, PART, RAW_FILES, download, missing_files

NAMES = list(RAW_FILES)
LOGIN = "does this network want you to log in?"


@pytest.fixture
def server(raw_files, monkeypatch):
    """One source that has the crafted files."""
    monkeypatch.setenv("no_proxy", "*")
    with FaultServer(raw_files) as server:
        monkeypatch.setattr(downloading, "SOURCES", (server.url,))
        yield server


@pytest.fixture
def second(server, raw_files, monkeypatch):
    """A second source, which is good unless told otherwise."""
    with FaultServer(raw_files) as second:
        monkeypatch.setattr(downloading, "SOURCES", (server.url, second.url))
        yield second


@pytest.fixture
def limits(monkeypatch):
    """A function: sets the time limits, in seconds; what arrives earns nothing more."""

    def set_limits(stall=5, whole=20):
        monkeypatch.setattr(downloading, "STALL_SECONDS", stall)
        monkeypatch.setattr(downloading, "PATIENCE_SECONDS", whole)
        monkeypatch.setattr(downloading, "SLOWEST", 10**12)

    return set_limits


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "FashionMNIST" / "raw"


def contents(folder):
    """Return {name: bytes} of all files but the lock."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != LOCK}


def test_the_sources_are_https_first_and_a_dead_network_takes_a_minute_at_most():
    protocols = [source.split(":")[0] for source in downloading.SOURCES]
    assert protocols == ["https", "https", "http"]
    assert downloading.STALL_SECONDS * len(protocols) * 2 < 60
    assert downloading.PATIENCE_SECONDS == 60


def test_four_whole_files_and_only_missing_ones(server, folder, raw_files, capfd):
    assert download(folder) == []
    assert contents(folder) == raw_files and server.requests == NAMES
    (folder / NAMES[2]).unlink()
    assert download(folder) == [] and server.requests == [*NAMES, NAMES[2]]
    assert contents(folder) == raw_files
    assert download(folder) == [] and len(server.requests) == 5
    assert capfd.readouterr() == (  # and pooch says nothing
        "data: downloading Fashion-MNIST (31 MB) …\n"
        "data: downloading Fashion-MNIST (1 of its 4 files) …\n",
        "",
    )


FAULTS = {
    "403": "HTTP 403",
    "503": "HTTP 503",
    "511": f"HTTP 511: {LOGIN}",
    "stall": "no answer for 0.4 s",
    "reset": "connection cut off",
    "cut": "connection cut off",
    "html": f"sent a web page instead of the file: {LOGIN}",
    "wrong": "wrong bytes",
    "bomb": "wrong bytes",
    "endless": "sends more than the file",
    "trickle": "not finished in time",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_its_words_and_leaves_nothing(server, folder, fault, limits):
    limits(*{"stall": (0.4, 20), "trickle": (5, 1.2)}.get(fault, (5, 20)))
    server.plan = [fault]
    began = time.monotonic()
    assert download(folder) == [f"{server.host}: {FAULTS[fault]}"]
    assert time.monotonic() - began < 4
    assert server.requests == [NAMES[0]] * (1 if fault == "trickle" else 2)
    assert contents(folder) == {}


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "trickle"])
def test_a_bad_source_is_followed_by_a_good_one(
    server, second, folder, raw_files, fault, limits
):
    limits(stall=0.5)
    server.plan = [fault]
    assert download(folder) == []
    assert contents(folder) == raw_files
    assert second.requests == NAMES
    assert len(server.requests) == 2  # not once for each file


def test_a_passing_fault_is_tried_again(server, folder, raw_files):
    server.plan = ["cut", "good"]
    assert download(folder) == []
    assert server.requests == [NAMES[0], *NAMES]
    assert contents(folder) == raw_files


def test_each_source_is_named_with_its_own_reason(server, second, folder):
    server.plan, second.plan = ["403"], ["cut", "html"]
    assert download(folder) == [
        f"{server.host}: HTTP 403",
        f"{second.host}: sent a web page instead of the file: {LOGIN}",
    ]


def look_up(monkeypatch, host, act):
    """Call `act` when the address of `host` is asked for."""
    from urllib3.util import connection

    def getaddrinfo(name, *rest):
        return act() if name == host else real(name, *rest)

    real = connection.socket.getaddrinfo
    monkeypatch.setattr(connection.socket, "getaddrinfo", getaddrinfo)


def test_sources_that_nobody_answers_at(folder, raw_files, monkeypatch, server):
    with FaultServer({}) as gone:
        closed = gone.url
    sources = (closed, "https://host.invalid/", server.url.replace("http", "https"))
    monkeypatch.setattr(downloading, "SOURCES", sources)

    def unknown():
        raise socket.gaierror(-2, "Name or service not known")

    look_up(monkeypatch, "host.invalid", unknown)
    assert download(folder) == [
        f"{closed[7:-1]}: connection refused",
        "host.invalid: host not found",
        f"{server.host}: no secure connection: {LOGIN}",
    ]


def test_a_name_look_up_that_takes_for_ever_is_left_behind(
    server, folder, monkeypatch, raw_files, limits
):
    limits(stall=0.5)
    ended = threading.Event()
    look_up(monkeypatch, "host.invalid", lambda: ended.wait(20))
    sources = ("http://host.invalid/", server.url)
    monkeypatch.setattr(downloading, "SOURCES", sources)
    began = time.monotonic()
    assert download(folder) == []
    assert 1 <= time.monotonic() - began < 5
    assert contents(folder) == raw_files
    ended.set()


def test_words_for_errors_that_no_local_server_makes():
    words = downloading._in_plain_words
    pool = "HTTPSConnectionPool(host='h', port=443): Max retries exceeded with url: /x "
    assert words(OSError(f"{pool}(Caused by SSLError(SSLEOFError(8, 'EOF')))")) == (
        "connection cut off"
    )
    lost = "NewConnectionError('<x>: [Errno 101] Network is unreachable'))"
    assert words(OSError(f"{pool}(Caused by {lost}")) == (
        "[Errno 101] Network is unreachable"
    )
    proxy = "ProxyError('Unable to connect', OSError('Tunnel failed: 403 Forbidden')))"
    assert words(OSError(f"{pool}(Caused by {proxy}")) == "403 Forbidden"


def test_files_that_arrived_stay_when_a_later_one_fails(server, folder, raw_files):
    server.by_name[NAMES[2]] = ["403"]
    assert download(folder) == [f"{server.host}: HTTP 403"]
    assert missing_files(folder) == NAMES[2:]
    server.by_name.clear()
    server.requests.clear()
    assert download(folder) == []
    assert server.requests == NAMES[2:] and contents(folder) == raw_files


def test_a_slow_network_is_not_a_dead_one(
    server, folder, limits, monkeypatch, raw_files
):
    limits(whole=0.6)
    server.plan, server.slow_seconds = ["slow"], 0.5
    assert download(folder) == [f"{server.host}: not finished in time"]
    assert missing_files(folder) == NAMES[1:]  # what had arrived stays
    monkeypatch.setattr(downloading, "SLOWEST", 1000)
    server.plan = ["slow"]
    assert download(folder) == [] and contents(folder) == raw_files


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_disk_that_fills_up_is_told_and_nothing_half_written(
    server, folder, monkeypatch, number
):
    def full(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(downloading.os, "fsync", full)
    with pytest.raises(OSError) as caught:
        download(folder)
    assert caught.value.errno == number and contents(folder) == {}


def test_no_byte_is_fetched_for_a_disk_without_room(server, folder, monkeypatch):
    fake = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(downloading.shutil, "disk_usage", lambda folder: fake)
    with pytest.raises(OSError, match="No space left"):
        download(folder)
    assert server.requests == [] and contents(folder) == {}


def test_an_interrupt_is_let_through_and_leaves_nothing(server, folder, monkeypatch):
    def interrupt(self, timeout):
        raise KeyboardInterrupt

    monkeypatch.setattr(downloading.threading.Thread, "join", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(folder)
    assert contents(folder) == {}


def test_without_locks_it_goes_on(server, folder, monkeypatch, raw_files):
    def no_locks(self, **_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", no_locks)
    assert download(folder) == []
    assert contents(folder) == raw_files


def test_waiting_has_an_end(server, folder, limits, capsys):
    limits(whole=0.3)
    folder.mkdir(parents=True)
    with filelock.FileLock(folder / LOCK):
        assert download(folder) == [
            "another process has been downloading for 0.3 s and is not done"
        ]
    assert capsys.readouterr().out == f"{WAITING}\n"
    assert server.requests == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o755, 0o700])
def test_a_shared_folder_is_shared_all_the_way_down(
    server, folder, raw_files, tmp_path, mode
):
    tmp_path.chmod(mode)
    old = os.umask(0o077)
    try:
        assert download(folder) == []
    finally:
        os.umask(old)
    for made in (folder.parent, folder):
        assert stat.S_IMODE(made.stat().st_mode) == mode & 0o777
    for name in NAMES:
        readable = stat.S_IMODE((folder / name).stat().st_mode)
        assert readable == (0o600 if mode == 0o700 else 0o644)
    assert stat.S_IMODE((folder / LOCK).stat().st_mode) == 0o666


# ------------------------------------------------------- many processes, users, kills

WAITING = (
    "data: another process is downloading Fashion-MNIST into this folder; waiting for "
    "it …"
)
DOWNLOADING = "data: downloading Fashion-MNIST (31 MB) …"
PROGRAM = Path(__file__).with_name("many_processes.py")
forks = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="Windows has no fork, which makes this quick"
)
root_only = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be others"
)


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    answer = tmp_path_factory.mktemp("answer") / "answer.json"
    with subprocess.Popen(
        [sys.executable, PROGRAM, answer],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "no_proxy": "*"},
    ) as program:
        yield program
        program.stdin.close()


@pytest.fixture
def run(raw_files, server, program):
    """A function: runs a task of many_processes.py and returns what it found."""

    def task(name, *arguments, **options):
        setup = {
            "task": name,
            "arguments": [str(a) if isinstance(a, Path) else a for a in arguments],
            "published": RAW_FILES,
            "sources": [server.url],
            **options,
        }
        print(json.dumps(setup), file=program.stdin, flush=True)
        found = json.loads(program.stdout.readline())
        assert found is not None, "the task failed: see its traceback in stderr"
        return found

    return task


@pytest.fixture
def digest(raw_files):
    """What the right tensors of the crafted files hash to."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in RAW_FILES:  # images, labels, images, labels
        if "images" in name:
            digest.update(raw_files[name][16:])
        else:
            labels = torch.tensor(list(raw_files[name][8:]), dtype=torch.int64)
            digest.update(labels.numpy().tobytes())
    return digest.hexdigest()


@pytest.fixture
def place():
    """A folder that all users may look into, with one for results that all may fill."""
    place = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    for folder, mode in ((place, 0o755), (place / "results", 0o777)):
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    yield place
    shutil.rmtree(place)


def listing(root):
    return sorted(os.listdir(root / "FashionMNIST" / "raw"))


@forks
def test_16_processes_one_download(run, server, tmp_path, digest):
    server.plan, server.slow_seconds = ["slow"], 0.15
    root = tmp_path / "gemeinsame Daten 数据"
    root.mkdir()
    found = run("at_once", root, 16, tmp_path)
    assert sorted(server.requests) == sorted(NAMES)  # one download of each file
    assert [each["digest"] for each in found] == [digest] * 16
    heads = [line for each in found for line in each["printed"][:-1]]
    assert heads.count(DOWNLOADING) == 1 and heads.count(WAITING) >= 8
    assert set(heads) == {DOWNLOADING, WAITING}
    assert listing(root) == sorted([LOCK, *NAMES])


@forks
def test_16_processes_and_a_dead_network_end_in_time_and_are_told(
    run, server, tmp_path
):
    server.plan = ["stall"]
    root = tmp_path / "root"
    root.mkdir()
    found = run("at_once", root, 16, tmp_path, stall=0.6, patience=2)
    for each in found:
        assert each["name"] == "Fashion-MNIST sample"
        assert each["printed"][0] in (DOWNLOADING, WAITING)
        told = "|".join(each["printed"])
        assert re.search("no answer for 0.6 s|not finished in time|is not done", told)
        assert each["seconds"] < 5
    assert listing(root) == [LOCK]


@root_only
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_8_users_one_download(run, server, digest, place, mode):
    server.plan, server.slow_seconds = ["slow"], 0.15
    (place / "root").mkdir()
    (place / "root").chmod(mode)
    found = run("at_once", place / "root", 8, place / "results", True)
    assert [each["digest"] for each in found] == [digest] * 8
    assert sorted(server.requests) == sorted(NAMES)
    assert listing(place / "root") == sorted([LOCK, *NAMES])


@root_only
def test_users_who_may_only_read(run, server, digest, place):
    (place / "root").mkdir()
    found = run("at_once", place / "root", 2, place / "results", True)
    assert [each["digest"] for each in found] == [digest] * 2
    for each in found:  # nobody has filled it: each takes the own cache
        assert each["printed"][0] == DOWNLOADING
        assert "cache, as root has no FashionMNIST/raw" in each["printed"][1]
    assert sorted(server.requests) == sorted(2 * NAMES)
    assert os.listdir(place / "root") == []
    run("at_once", place / "root", 1, place / "results")  # root fills it
    found = run("at_once", place / "root", 2, place / "results", True)
    assert [each["digest"] for each in found] == [digest] * 2
    for each in found:
        (line,) = each["printed"]
        assert line.endswith("images: from root")


@forks
def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(
    run, server, tmp_path, digest
):
    found = run("kill_at_steps", tmp_path / "root")
    assert len(found) == 12
    for each in found:
        _, bad, others = each["then"]
        assert each["killed"] and bad == []  # each final file was absent or whole
        assert len(others) == 2 and any(name.startswith(PART) for name in others)
        assert each["again"]["digest"] == digest
        assert each["end"] == [sorted(NAMES), [], [LOCK]]
