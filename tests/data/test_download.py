"""The download: a server that fails in every way it can, many processes, and kills."""

import errno
import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import stat
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import filelock
import pytest
import torch
from fault_server import FaultServer

from cnn_course.data import download as downloading
from cnn_course.data.download import LOCK, download
from cnn_course.data.fashion_mnist import FILES

TRAIN_X, TRAIN_Y, TEST_X, TEST_Y = FILES
NAMES = [TEST_Y, TRAIN_Y, TEST_X, TRAIN_X]  # in this order, the small ones first
PACKED = [f"{name}.gz" for name in NAMES]
WAITING = (
    "data: another process is downloading Fashion-MNIST into this folder; waiting for "
    "it …"
)
DOWNLOADING = "data: downloading Fashion-MNIST (31 MB) …"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloading, "STALL_SECONDS", 0.5)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "FashionMNIST" / "raw"


def contents(folder):
    """Return {name: bytes} of all files but the lock."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != LOCK}


def test_the_sources_are_https_first_and_a_dead_network_takes_a_minute_at_most():
    protocols = [source.split(":")[0] for source in downloading.SOURCES]
    assert protocols == ["https", "https", "http"]
    assert downloading.STALL_SECONDS * len(protocols) * 2 < downloading.DEAD_SECONDS
    assert downloading.DEAD_SECONDS == 60


def test_four_whole_files_and_only_missing_ones(server, folder, whole, capfd):
    folder.mkdir(parents=True)
    (folder / "tmp_notes").write_bytes(b"mine")  # of somebody else: it stays
    whole["tmp_notes"] = b"mine"
    assert download(folder) == []
    assert contents(folder) == whole and server.requests == NAMES
    (folder / f"{NAMES[2]}.gz").unlink()
    assert download(folder) == [] and server.requests == [*NAMES, NAMES[2]]
    assert contents(folder) == whole
    assert download(folder) == [] and len(server.requests) == 5
    assert capfd.readouterr() == (  # and pooch says nothing
        f"{DOWNLOADING}\ndata: downloading Fashion-MNIST (1 of its 4 files) …\n",
        "",
    )


FAULTS = {
    "403": "HTTP 403",
    "503": "HTTP 503",
    "stall": "no answer",
    "reset": "connection cut off",
    "cut": "connection cut off",
    "html": "it is a web page: does this network want you to log in?",
    "wrong": "it is damaged, or of MNIST, whose files have the same names",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_bad_source_has_its_words_leaves_nothing_and_is_followed_by_a_good_one(
    server, folder, raw_files, monkeypatch, whole, fault
):
    server.plan = [fault]
    began = time.monotonic()
    assert download(folder) == [f"{server.host}: {FAULTS[fault]}"]
    assert time.monotonic() - began < 4
    assert server.requests == [NAMES[0]] * 2 and contents(folder) == {}
    with FaultServer(raw_files) as second:
        monkeypatch.setattr(downloading, "SOURCES", (server.url, second.url))
        assert download(folder) == []
        assert contents(folder) == whole and second.requests == NAMES


def test_a_passing_fault_is_tried_again(server, folder, whole):
    server.plan = ["cut", "good"]
    assert download(folder) == [] and contents(folder) == whole
    assert server.requests == [NAMES[0], *NAMES]


def look_up(monkeypatch, host, act):
    """Call `act` when the address of `host` is asked for."""
    from urllib3.util import connection

    def getaddrinfo(name, *rest):
        return act() if name == host else real(name, *rest)

    real = connection.socket.getaddrinfo
    monkeypatch.setattr(connection.socket, "getaddrinfo", getaddrinfo)


def no_such_host():
    raise socket.gaierror(-2, "Name or service not known")


def test_every_source_is_named_with_its_own_reason(
    folder, monkeypatch, server, no_settings
):
    sources = ("http://127.0.0.1:9/", "https://host.invalid/")
    monkeypatch.setattr(downloading, "SOURCES", sources)
    look_up(monkeypatch, "host.invalid", no_such_host)
    refused, unknown = download(folder)
    assert refused == "127.0.0.1:9: connection refused"
    assert unknown == "host.invalid: host not found"


# ------------------------------------------------------------ proxies and certificates


@pytest.fixture
def no_settings(server, monkeypatch):
    """The environment says nothing of proxies and certificates."""
    for name in filter(re.compile("_PROXY$|_CA_BUNDLE$", re.I).search, [*os.environ]):
        monkeypatch.delenv(name)


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "http_proxy"])
@pytest.mark.parametrize("address", ["127.0.0.1:9", "proxy.invalid:80"])
def test_a_proxy_that_does_not_work_is_told_without_its_password(
    folder, monkeypatch, no_settings, variable, address
):
    scheme = variable.lower().removesuffix("_proxy")
    monkeypatch.setattr(downloading, "SOURCES", (f"{scheme}://a.example/",))
    look_up(monkeypatch, "proxy.invalid", no_such_host)
    monkeypatch.setenv(variable, f"http://me:secret@{address}")
    words = "no connection to the proxy that HTTPS_PROXY or its like names"
    assert download(folder) == [f"a.example: {words}"]


CERTIFICATE = Path(__file__).with_name("loopback.pem")  # signed by itself


def test_of_a_certificate_the_variable_that_is_read_is_told(
    server, folder, monkeypatch, no_settings, whole
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    options = {"server_side": True, "do_handshake_on_connect": False}
    server.socket = context.wrap_socket(server.socket, **options)
    monkeypatch.setattr(downloading, "SOURCES", (f"https://{server.host}/",))
    monkeypatch.setattr(downloading, "STALL_SECONDS", 5)
    (reason,) = download(folder)
    words = "its certificate is not trusted here; if this network has one of its own, "
    assert reason == f"{server.host}: {words}REQUESTS_CA_BUNDLE must name it"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(CERTIFICATE))
    assert download(folder) == [] and contents(folder) == whole


# --------------------------------------------------------------------- it has an end


def test_a_dead_network_takes_no_longer_than_that(server, folder, monkeypatch):
    server.plan = ["stall"]
    monkeypatch.setattr(downloading, "DEAD_SECONDS", 0.4)  # less than one try takes
    second = server.url.replace("127.0.0.1", "localhost")
    monkeypatch.setattr(downloading, "SOURCES", (server.url, second))
    told = "localhost:" + server.url.split(":")[2].strip("/")
    assert download(folder) == [
        f"{server.host}: no answer",
        f"{told}: not finished in time",
    ]


def test_files_that_arrived_stay_when_a_later_one_fails(server, folder, whole):
    server.plan = ["good", "good", "403"]
    assert download(folder) == [f"{server.host}: HTTP 403"]
    assert sorted(contents(folder)) == sorted(PACKED[:2])
    server.plan = ["good"]
    server.requests.clear()
    assert download(folder) == [] and contents(folder) == whole
    assert server.requests == NAMES[2:]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_a_folder_that_cannot_take_them_is_told_and_nothing_half_written(
    server, folder, monkeypatch, number
):
    def full(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(Path, "chmod", full)
    with pytest.raises(OSError) as caught:
        download(folder)
    assert caught.value.errno == number and contents(folder) == {}


def test_without_locks_it_goes_on(server, folder, monkeypatch, whole):
    def no_locks(self, **_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(filelock.FileLock, "acquire", no_locks)
    assert download(folder) == [] and contents(folder) == whole


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o755, 0o700])
def test_a_shared_folder_is_shared_all_the_way_down(server, folder, tmp_path, mode):
    tmp_path.chmod(mode)
    old = os.umask(0o077)
    try:
        assert download(folder) == []
    finally:
        os.umask(old)
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.parent.rglob("*")}
    whole = dict.fromkeys(PACKED, 0o644)
    assert modes == whole | {"raw": mode & 0o777, LOCK: 0o666}


# ------------------------------------------------------- many processes, users, kills

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
            "files": FILES,
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
    for name, raw in raw_files.items():  # images, labels, images, labels
        if "images" in name:
            digest.update(raw[16:])
        else:
            labels = torch.tensor(list(raw[8:]), dtype=torch.int64)
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


ALL = sorted([LOCK, *PACKED])


@forks
def test_16_processes_one_download(run, server, tmp_path, digest):
    server.plan, server.slow_seconds = ["slow"], 0.15
    root = tmp_path / "gemeinsame Daten 数据"
    root.mkdir()
    found = run("at_once", root, 16, tmp_path)
    assert server.requests == NAMES  # one download of each file
    assert [each["digest"] for each in found] == [digest] * 16
    heads = [line for each in found for line in each["printed"][:-1]]
    assert heads.count(DOWNLOADING) == 1 and heads.count(WAITING) >= 8
    assert set(heads) == {DOWNLOADING, WAITING} and listing(root) == ALL


@forks
def test_16_processes_and_a_dead_network_end_in_time_and_are_told(
    run, server, tmp_path
):
    server.plan = ["stall"]
    root = tmp_path / "root"
    root.mkdir()
    found = run("at_once", root, 16, tmp_path, stall=0.4, dead=1.5)
    for each in found:
        assert each["name"] == "Fashion-MNIST sample"
        assert each["printed"][0] in (DOWNLOADING, WAITING)
        told = "|".join(each["printed"])
        assert re.search("no answer|not finished in time|is not done", told)
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
    assert server.requests == NAMES and listing(place / "root") == ALL


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
