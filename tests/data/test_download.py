"""The downloader against a server that fails in every way it can."""

import errno
import os
import stat
import time

import pytest
from fault_server import FaultServer

from cnn_course.data import download as downloading
from cnn_course.data import shared_folder
from cnn_course.data.download import Failed, download
from cnn_course.data.raw_files import RAW_FILES, missing_files

NAMES = list(RAW_FILES)
LOCK = shared_folder.LOCK


@pytest.fixture
def server(raw_files, monkeypatch):
    """One source that has the crafted files."""
    monkeypatch.setenv("no_proxy", "*")
    with FaultServer(raw_files) as server:
        monkeypatch.setattr(downloading, "SOURCES", (server.url,))
        yield server


@pytest.fixture
def limits(monkeypatch):
    """A function: sets the time limits, in seconds."""

    def set_limits(stall=5, whole=20):
        monkeypatch.setattr(downloading, "STALL_SECONDS", stall)
        monkeypatch.setattr(downloading, "DOWNLOAD_SECONDS", whole)

    return set_limits


@pytest.fixture
def second(server, raw_files, monkeypatch):
    """A second source, which is good unless told otherwise."""
    with FaultServer(raw_files) as second:
        monkeypatch.setattr(downloading, "SOURCES", (server.url, second.url))
        yield second


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "FashionMNIST" / "raw"


def contents(folder):
    """Return {name: bytes} of all files but the lock."""
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != LOCK}


def test_the_sources_are_https_first_and_the_files_those_of_the_authors():
    protocols = [source.split(":")[0] for source in downloading.SOURCES]
    assert protocols == ["https", "https", "http"]
    assert all(source.endswith("/") for source in downloading.SOURCES)


def test_four_whole_files(server, folder, raw_files, capsys):
    assert download(folder) is None
    assert contents(folder) == raw_files
    assert server.requests == NAMES
    assert capsys.readouterr().out == "data: downloading Fashion-MNIST (31 MB) …\n"


def test_only_missing_files_are_fetched(server, folder, raw_files, capsys):
    assert download(folder) is None
    (folder / NAMES[2]).unlink()
    server.requests.clear()
    assert download(folder) is None and server.requests == [NAMES[2]]
    assert contents(folder) == raw_files
    assert capsys.readouterr().out.endswith("Fashion-MNIST (1 of its 4 files) …\n")
    assert download(folder) is None and server.requests == [NAMES[2]]
    assert capsys.readouterr().out == ""  # nothing was downloaded


LOGIN = "does this network want you to log in?"
FAULTS = {  # what the student reads, how often the source was asked
    "403": ("HTTP 403", 1),
    "404": ("HTTP 404", 1),
    "503": ("HTTP 503", 2),
    "511": (f"HTTP 511: {LOGIN}", 2),
    "stall": ("no answer for 0.4 s", 1),
    "reset": ("connection cut off", 2),
    "cut": ("connection cut off", 2),
    "empty": ("connection cut off", 2),
    "html": (f"sent a web page instead of the file: {LOGIN}", 1),
    "redirect": (f"sent a web page instead of the file: {LOGIN}", 1),
    "wrong": ("wrong bytes", 2),
    "flipped": ("wrong bytes", 2),
    "bomb": ("wrong bytes", 2),
    "endless": ("sends more than the file", 1),
    "trickle": ("not finished after 1.2 s", 1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_has_its_words_and_leaves_nothing_but_a_note(
    server, folder, fault, limits
):
    limits(*{"stall": (0.4, 20), "trickle": (5, 1.2)}.get(fault, (5, 20)))
    server.plan = [fault]
    began = time.monotonic()
    reason, asked = FAULTS[fault]
    assert download(folder) == Failed((f"{server.host}: {reason}",), False)
    assert time.monotonic() - began < 4
    pages = ["login"] * (fault == "redirect")
    assert server.requests == [NAMES[0]] * asked + pages
    assert list(contents(folder)) == [shared_folder.NOTE]


@pytest.mark.parametrize("fault", [f for f in FAULTS if f != "trickle"])
def test_a_bad_source_is_followed_by_a_good_one(
    server, second, folder, raw_files, fault, limits
):
    limits(stall=1)
    server.plan = [fault]
    assert download(folder) is None
    assert contents(folder) == raw_files
    assert second.requests == NAMES
    assert len(server.requests) <= 2 + (fault == "redirect")  # not once for each file


def test_a_bomb_is_not_unpacked(server, folder, monkeypatch):
    lengths, real = [], downloading.fault

    def measured(name, raw):
        lengths.append(len(raw))
        return real(name, raw)

    monkeypatch.setattr(downloading, "fault", measured)
    server.plan = ["bomb"]
    assert download(folder) is not None
    assert lengths == [RAW_FILES[NAMES[0]][0] + 1] * 2  # of 16 MB


@pytest.mark.parametrize("fault", ["cut", "503", "wrong", "flipped", "reset"])
def test_a_passing_fault_is_tried_again(server, folder, raw_files, fault):
    server.plan = [fault, "good"]
    assert download(folder) is None
    assert server.requests == [NAMES[0], *NAMES]
    assert contents(folder) == raw_files


def test_each_source_is_named_with_its_own_reason(server, second, folder):
    server.plan, second.plan = ["403"], ["cut", "html"]
    reasons = (
        f"{server.host}: HTTP 403",
        f"{second.host}: sent a web page instead of the file: {LOGIN}",
    )
    assert download(folder) == Failed(reasons, False)
    assert (len(server.requests), len(second.requests)) == (1, 2)


def test_sources_that_nobody_answers_at(folder, raw_files, monkeypatch, server):
    with FaultServer({}) as gone:
        closed = gone.url
    monkeypatch.setattr(downloading, "SOURCES", (closed, "http://host.invalid/"))

    def no_such_host(*_):
        raise downloading.socket.gaierror(-2, "Name or service not known")

    def connect(address, *rest, **options):
        if address[0] == "host.invalid":
            no_such_host()
        return real(address, *rest, **options)

    real = downloading.socket.create_connection
    monkeypatch.setattr(downloading.socket, "create_connection", connect)
    reasons = (
        f"{closed[7:-1]}: connection refused",
        "host.invalid: host not found",
    )
    assert download(folder) == Failed(reasons, False)


def test_a_name_look_up_that_takes_for_ever_is_left_behind(
    server, second, folder, monkeypatch, raw_files, limits
):
    limits(stall=1)

    def connect(address, *rest, **options):
        if address[1] == server.server_port:
            time.sleep(6)  # no time limit of a socket ends this
        return real(address, *rest, **options)

    real = downloading.socket.create_connection
    monkeypatch.setattr(downloading.socket, "create_connection", connect)
    began = time.monotonic()
    assert download(folder) is None
    assert 1 <= time.monotonic() - began < 5
    assert server.requests == [] and contents(folder) == raw_files


def error_words(error):
    problem = downloading._unusable(error)
    return str(problem), problem.again


def test_words_for_errors_that_no_local_server_makes():
    ssl, wrap = downloading.ssl, downloading.urllib.error.URLError
    secure = (f"no secure connection: {LOGIN}", False)
    assert error_words(wrap(ssl.SSLCertVerificationError(1, "self-signed"))) == secure
    assert error_words(wrap(ssl.SSLError(1, "WRONG_VERSION_NUMBER"))) == secure
    cut_off = ("connection cut off", True)
    assert error_words(ssl.SSLEOFError(8, "EOF occurred")) == cut_off
    assert error_words(downloading.http.client.IncompleteRead(b"")) == cut_off
    unreachable = OSError(errno.ENETUNREACH, "Network is unreachable")
    assert error_words(wrap(unreachable)) == ("Network is unreachable", False)
    proxy = OSError("Tunnel connection failed: 403 Forbidden")
    assert error_words(wrap(proxy)) == (
        "Tunnel connection failed: 403 Forbidden",
        False,
    )
    assert error_words(wrap("unknown url type")) == ("unknown url type", False)
    assert error_words(MemoryError()) == ("MemoryError", False)


def test_files_that_arrived_stay_when_a_later_one_fails(server, folder, raw_files):
    server.by_name[NAMES[2]] = ["403"]
    assert download(folder) == Failed((f"{server.host}: HTTP 403",), False)
    assert missing_files(folder) == NAMES[2:]
    server.by_name.clear()
    server.requests.clear()
    assert download(folder) is None
    assert server.requests == NAMES[2:] and contents(folder) == raw_files


def test_slow_but_steady_is_cut_off_in_the_end(server, folder, limits):
    limits(whole=0.6)
    server.plan, server.slow_seconds = ["good", "slow"], 5
    assert download(folder).reasons == (f"{server.host}: not finished after 0.6 s",)
    assert missing_files(folder) == NAMES[1:]


def test_slow_but_steady_is_no_stall(server, folder, raw_files, limits):
    limits(stall=0.8)
    server.by_name[NAMES[0]], server.slow_seconds = ["slow"], 2
    assert download(folder) is None
    assert contents(folder) == raw_files and server.requests == NAMES


def full_disk(monkeypatch, number):
    """After this the second half of any file cannot be written."""
    real = open

    def opened(handle, mode):
        file = real(handle, mode, buffering=0)

        class Full:
            def __enter__(self):
                return self

            def __exit__(self, *_):
                file.close()

            def write(self, contents):
                file.write(contents[: len(contents) // 2])
                raise OSError(number, os.strerror(number))

        return Full()

    monkeypatch.setattr(shared_folder, "open", opened, raising=False)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_fills_up_is_told_and_nothing_half_written(
    server, folder, monkeypatch, number
):
    full_disk(monkeypatch, number)
    assert download(folder) == Failed(
        (
            f"the disk is full: Fashion-MNIST needs 1 MB in {folder}; free some space, "
            "or set CNN_COURSE_DATA to a folder on another disk",
        ),
        True,
    )
    assert contents(folder) == {}


def test_no_byte_is_fetched_for_a_disk_without_room(server, folder, monkeypatch):
    fake = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shared_folder.shutil, "disk_usage", lambda folder: fake)
    failed = download(folder)
    assert failed.folder_at_fault and failed.reasons[0].startswith("the disk is full: ")
    assert server.requests == [] and contents(folder) == {}


def test_fashion_mnist_needs_55_mb(folder):
    needed = sum(size for size, _ in RAW_FILES.values())
    full = OSError(errno.ENOSPC, "")
    assert " needs 55 MB in " in shared_folder.trouble(folder, full, needed)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_may_not_be_written_to_is_told(
    server, folder, monkeypatch, number
):
    def refuse(*args, **options):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(shared_folder.tempfile, "TemporaryFile", refuse)
    assert download(folder) == Failed(
        (
            f"{folder} cannot be written to ({os.strerror(number)}); set "
            "CNN_COURSE_DATA to a folder where you may write",
        ),
        True,
    )
    assert server.requests == [] and contents(folder) == {}


def test_an_interrupt_is_let_through_and_leaves_nothing(server, folder, monkeypatch):
    def interrupt(handle):
        raise KeyboardInterrupt

    monkeypatch.setattr(shared_folder.os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        download(folder)
    monkeypatch.undo()
    assert contents(folder) == {}


def test_an_interrupt_while_waiting_for_the_network_is_let_through(
    server, folder, monkeypatch
):
    class Interrupted(downloading.queue.SimpleQueue):
        def get(self, timeout):
            raise KeyboardInterrupt

    monkeypatch.setattr(downloading.queue, "SimpleQueue", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        download(folder)
    assert contents(folder) == {}


def test_without_locks_it_goes_on(server, folder, monkeypatch, raw_files):
    def no_locks(self, **_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(shared_folder.FileLock, "acquire", no_locks)
    assert download(folder) is None
    assert contents(folder) == raw_files


def test_leftovers_of_killed_ones_are_cleared(server, folder, raw_files):
    folder.mkdir(parents=True)
    (folder / (shared_folder.PART + "x")).write_bytes(b"half")
    assert download(folder) is None
    assert contents(folder) == raw_files


def test_an_old_note_is_not_believed_and_goes_away(server, folder, raw_files):
    server.plan = ["403"]
    assert download(folder) is not None
    assert shared_folder.NOTE in contents(folder)
    server.plan = ["good"]
    assert download(folder) is None and contents(folder) == raw_files


def test_waiting_has_an_end(server, folder, limits, capsys):
    limits(stall=0.1, whole=0.2)
    folder.mkdir(parents=True)
    with shared_folder.FileLock(folder / LOCK):
        assert download(folder) == Failed(
            (
                "another process has been downloading into this folder for 0.2 s and "
                "is not done",
            ),
            False,
        )
    assert capsys.readouterr().out == (
        "data: another process is downloading Fashion-MNIST into this folder; "
        "waiting for it …\n"
    )
    assert server.requests == []


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o777, 0o1777, 0o755, 0o700])
def test_a_shared_folder_is_shared_all_the_way_down(
    server, folder, raw_files, tmp_path, mode
):
    tmp_path.chmod(mode)
    old = os.umask(0o077)
    try:
        assert download(folder) is None
    finally:
        os.umask(old)
    for made in (folder.parent, folder):
        assert stat.S_IMODE(made.stat().st_mode) == mode & 0o777
    for name in NAMES:
        readable = stat.S_IMODE((folder / name).stat().st_mode)
        assert readable == (0o600 if mode == 0o700 else 0o644)
    assert stat.S_IMODE((folder / LOCK).stat().st_mode) == 0o666
