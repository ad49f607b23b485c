"""Where the data come from, in which order, and what a student reads if they do not."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from fault_server import FaultServer

from cnn_course import load_data_fashion_mnist
from cnn_course.data import download as downloading
from cnn_course.data import fashion_mnist as sources
from cnn_course.data import shared_folder
from cnn_course.data.fashion_mnist import find_fashion_mnist
from cnn_course.data.photograph import load_photograph
from cnn_course.data.raw_files import RAW_FILES
from cnn_course.data.shared_folder import LOCK

REAL_CACHE_FOLDER, REAL_DOWNLOAD = sources.cache_folder, sources.download
BUILT_IN = "BUILT-IN GARMENTS (not Fashion-MNIST)"
REAL = "Fashion-MNIST"
NAMES = list(RAW_FILES)


@pytest.fixture
def server(raw_files, monkeypatch):
    """The only source there is: a server that has the crafted files."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(sources, "download", REAL_DOWNLOAD)
    with FaultServer(raw_files) as server:
        monkeypatch.setattr(downloading, "SOURCES", (server.url,))
        yield server


@pytest.fixture
def read_only(monkeypatch):
    """A function: nothing may be written in a folder, not even by root."""
    real = os.access

    def mark(folder):
        def access(path, mode):
            inside = Path(path).is_relative_to(folder)
            return False if inside and mode & os.W_OK else real(path, mode)

        monkeypatch.setattr(os, "access", access)

    return mark


def files_under(folder):
    """Return {name: bytes} of all files under a folder but the lock."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in files if path.name != LOCK}


def test_root_comes_before_environment_before_cache_before_download(
    isolated, write_raw, server, tmp_path, monkeypatch
):
    a, b, cache = map(write_raw, (tmp_path / "a", tmp_path / "b", isolated))
    monkeypatch.setenv("CNN_COURSE_DATA", str(tmp_path / "b"))
    assert find_fashion_mnist(tmp_path / "a") == (a, REAL, "from root")
    assert find_fashion_mnist() == find_fashion_mnist("")
    assert find_fashion_mnist() == (b, REAL, "from CNN_COURSE_DATA")
    monkeypatch.setenv("CNN_COURSE_DATA", "")
    assert find_fashion_mnist() == (cache, REAL, "from this user's cache")
    assert not server.requests
    (cache / NAMES[2]).unlink()
    why = "downloaded into this user's cache"
    assert find_fashion_mnist() == (cache, REAL, why)
    assert server.requests == [NAMES[2]]


def test_built_in_garments_can_be_asked_for_in_both_ways(
    data_root, write_raw, isolated, monkeypatch
):
    write_raw(isolated)
    assert find_fashion_mnist() == (None, BUILT_IN, "CNN_COURSE_DATA asks for them")
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    assert find_fashion_mnist("built-in") == (None, BUILT_IN, "root asks for them")


def test_a_root_that_holds_the_files_itself_will_do(data_root):
    raw = data_root / "FashionMNIST" / "raw"
    assert find_fashion_mnist(raw) == (raw, REAL, "from root")


def not_there(tmp_path):
    return tmp_path / "nothing", " (there is no such folder)"


def a_file(tmp_path):
    (tmp_path / "file").touch()
    return tmp_path / "file", " (it is a file, not a folder)"


def relative(tmp_path):
    slip = " (a relative path is looked up from the notebook's folder: give an "
    return "data/nothing", slip + "absolute one)"


def too_long(tmp_path):
    return tmp_path / ("x" * 5000), " (there is no such folder)"


@pytest.mark.parametrize("root", [not_there, a_file, relative, too_long])
@pytest.mark.parametrize("where", ["root", "CNN_COURSE_DATA"])
def test_a_root_without_the_files_is_mentioned_and_the_cache_used(
    isolated, write_raw, tmp_path, monkeypatch, root, where
):
    cache = write_raw(isolated)
    path, remark = root(tmp_path)
    if where == "root":
        found = find_fashion_mnist(path)
    else:
        monkeypatch.setenv("CNN_COURSE_DATA", str(path))
        found = find_fashion_mnist()
    why = f"as {where} has no FashionMNIST/raw with the four files{remark}"
    assert found == (cache, REAL, f"from this user's cache, {why}")


def test_a_folder_that_may_not_be_looked_into(isolated, write_raw, tmp_path):
    cache, root = write_raw(isolated), tmp_path / "secret"
    root.mkdir()
    real = os.access

    def access(path, mode):
        return False if Path(path) == root else real(path, mode)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "access", access)
        why = "from this user's cache, as root has no FashionMNIST/raw with the four "
        why += "files (you may not look into it)"
        assert find_fashion_mnist(root) == (cache, REAL, why)


@pytest.mark.parametrize(
    "name", ["shared", "Schöne Daten für äöü 数据", "a b%20c#d?e'"]
)
def test_an_empty_folder_that_is_there_is_filled(
    isolated, server, tmp_path, raw_files, name, capsys
):
    root = tmp_path / name
    root.mkdir()
    for why in ("downloaded into root", "from root"):
        train_iter, _ = load_data_fashion_mnist(8, root=str(root))
        assert train_iter.name == REAL and len(train_iter.labels) == 200
        assert capsys.readouterr().out.splitlines()[-1].endswith(f"images: {why}")
    assert files_under(root) == raw_files
    assert sorted(path.name for path in root.iterdir()) == ["FashionMNIST"]
    assert not isolated.exists() and server.requests == NAMES


@pytest.mark.parametrize("name", ["slip", "raw"])
def test_a_folder_that_is_not_there_is_not_made(
    isolated, server, tmp_path, raw_files, name
):
    root = tmp_path / name
    folder, _, why = find_fashion_mnist(root)
    assert folder.is_relative_to(isolated) and not root.exists()
    assert why == (
        "downloaded into this user's cache, as root has no FashionMNIST/raw with the "
        "four files (there is no such folder)"
    )
    assert files_under(isolated) == raw_files


def test_a_read_only_folder_without_the_files_leaves_the_cache(
    isolated, server, tmp_path, read_only, raw_files
):
    root = tmp_path / "root"
    root.mkdir()
    read_only(root)
    assert find_fashion_mnist(root)[0].is_relative_to(isolated)
    assert files_under(root) == {} and files_under(isolated) == raw_files


def test_a_read_only_folder_with_the_files_is_used_as_it_is(
    data_root, read_only, monkeypatch, server
):
    read_only(data_root)
    before = sorted(data_root.rglob("*"))
    raw = data_root / "FashionMNIST" / "raw"
    assert find_fashion_mnist(data_root) == (raw, REAL, "from root")
    assert load_data_fashion_mnist(8, root=data_root)[0].name == REAL
    assert sorted(data_root.rglob("*")) == before and not server.requests


@pytest.mark.parametrize("name", NAMES)
def test_a_read_only_folder_with_some_files_is_told_which_is_missing(
    data_root, read_only, name
):
    path = data_root / "FashionMNIST" / "raw" / name
    path.unlink()
    read_only(data_root)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    assert str(caught.value) == (
        f"{path} is missing. Fashion-MNIST is four files, and this folder holds only "
        "some of them. Copy the missing one into it, or name another folder."
    )


def test_a_folder_of_another_user_leaves_the_own_cache(
    isolated, server, tmp_path, read_only, raw_files
):
    root = tmp_path / "shared"
    (root / "FashionMNIST" / "raw").mkdir(parents=True)
    read_only(root / "FashionMNIST" / "raw")
    assert find_fashion_mnist(root)[0].is_relative_to(isolated)
    assert files_under(root) == {} and files_under(isolated) == raw_files


def test_a_folder_that_only_looks_writable_leaves_the_cache_and_says_why(
    isolated, server, tmp_path, monkeypatch
):
    root, real = tmp_path / "root", downloading.download
    root.mkdir()
    trouble = ("the disk is full: …",)

    def download(folder):
        if folder.is_relative_to(root):
            return downloading.Failed(trouble, True)
        return real(folder)

    monkeypatch.setattr(sources, "download", download)
    folder, _, why = find_fashion_mnist(root)
    assert folder.is_relative_to(isolated)
    assert why == "downloaded into this user's cache, as the disk is full: …"


def test_offline_with_an_empty_shared_folder_the_cache_is_used(
    isolated, server, write_raw, tmp_path
):
    server.plan = ["403"]
    cache, root = write_raw(isolated), tmp_path / "root"
    root.mkdir()
    assert find_fashion_mnist(root)[:2] == (cache, REAL)


def test_a_download_is_kept_in_the_cache(
    isolated, server, raw_files, monkeypatch, capsys
):
    monkeypatch.delenv("CNN_COURSE_DATA")
    for _ in range(2):
        _, test_iter = load_data_fashion_mnist(8)
        assert test_iter.name == REAL and len(test_iter.labels) == 100
    assert server.requests == NAMES
    assert files_under(isolated) == raw_files  # and no leftovers beside them
    announced, first, second = capsys.readouterr().out.splitlines()
    assert announced == "data: downloading Fashion-MNIST (31 MB) …"
    assert first.endswith("downloaded into this user's cache")
    assert second.endswith("from this user's cache")


def test_a_failed_download_is_told_in_full_and_found_out_once(
    isolated, server, monkeypatch, capsys
):
    monkeypatch.delenv("CNN_COURSE_DATA")
    server.plan = ["html"]
    for heads in (["data: downloading Fashion-MNIST (31 MB) …"], []):
        for batches in load_data_fashion_mnist(8):
            assert batches.name == BUILT_IN
        assert capsys.readouterr().out.splitlines() == [
            *heads,
            f"data: {BUILT_IN}, 200 training and 100 test images: Fashion-MNIST could "
            "not be downloaded, so results differ",
            f"data:   {server.host}: sent a web page instead of the file: does this "
            "network want you to log in?",
            "data: To try again: restart the kernel and run the notebook again",
            "data: By hand: get the four .gz files from https://github.com/zalando"
            "research/fashion-mnist/tree/master/data/fashion",
            "data:   unpack each in a terminal: python -m gzip -d FILE",
            f"data:   and put them into {isolated / 'FashionMNIST' / 'raw'}",
            "data:   or set CNN_COURSE_DATA to a folder that has FashionMNIST/raw",
        ]
    assert server.requests == NAMES[:1]


def test_files_placed_by_hand_are_found_without_a_restart(
    isolated, server, write_raw, monkeypatch
):
    monkeypatch.delenv("CNN_COURSE_DATA")
    server.plan = ["403"]
    folder, _, why = find_fashion_mnist()
    place = isolated / "FashionMNIST" / "raw"
    assert folder is None and f"  and put them into {place}\n" in why
    shutil.rmtree(isolated)
    assert write_raw(isolated) == place
    assert find_fashion_mnist() == (place, REAL, "from this user's cache")


def test_a_full_disk_means_built_in_and_advice_about_room(
    isolated, server, monkeypatch, capsys
):
    monkeypatch.delenv("CNN_COURSE_DATA")
    fake = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(shared_folder.shutil, "disk_usage", lambda folder: fake)
    assert load_data_fashion_mnist(8)[0].name == BUILT_IN
    assert capsys.readouterr().out.splitlines() == [
        f"data: {BUILT_IN}, 200 training and 100 test images: Fashion-MNIST could not "
        "be downloaded, so results differ",
        "data:   the disk is full: Fashion-MNIST needs 1 MB in "
        f"{isolated / 'FashionMNIST' / 'raw'}; free some space, or set CNN_COURSE_DATA "
        "to a folder on another disk",
        "data: To try again: restart the kernel and run the notebook again",
    ]
    assert files_under(isolated) == {}


def test_a_cache_that_cannot_be_written_means_built_in(server, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    cache = tmp_path / "file" / "cache"
    monkeypatch.setattr(sources, "cache_folder", lambda: cache)
    folder, name, why = find_fashion_mnist(tmp_path / "nothing")
    assert (folder, name) == (None, BUILT_IN) and not server.requests
    assert why.splitlines()[1] == (
        "data:   root has no FashionMNIST/raw with the four files (there is no such "
        "folder)"
    )
    assert why.splitlines()[2] == (
        f"data:   {cache / 'FashionMNIST' / 'raw'} cannot be written to (Not a "
        "directory); set CNN_COURSE_DATA to a folder where you may write"
    )


class Odd(os.PathLike):
    def __fspath__(self):
        return b"/tmp"


class Broken(os.PathLike):
    def __fspath__(self):
        raise RuntimeError


ALLOWED = 'a folder\'s path, or "built-in"'


@pytest.mark.parametrize(
    "root", [3, False, b"/tmp", ["/tmp"], Odd(), Broken(), torch.ones(2)]
)
def test_a_root_that_is_no_path_is_refused(root):
    with pytest.raises(TypeError) as caught:
        load_data_fashion_mnist(8, root=root)
    assert str(caught.value).startswith(f"root must be {ALLOWED}; got ")


@pytest.mark.parametrize("root", ["a\0b", "/tmp/\0", "\ud800", Path("x\0y")])
def test_a_root_that_no_file_system_can_hold_is_refused(root):
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=root)
    assert str(caught.value) == f"root must be {ALLOWED}; got {str(root)!r}"


def test_without_a_home_folder_the_cache_is_a_temporary_one(monkeypatch):
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without a home
    assert REAL_CACHE_FOLDER() == Path(tempfile.gettempdir()) / "cnn_course"


def test_the_cache_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert REAL_CACHE_FOLDER() == tmp_path / "cnn_course"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert REAL_CACHE_FOLDER() == Path.home() / ".cache" / "cnn_course"


@pytest.mark.parametrize("height, width", [(300, 256), (150, 128)])
def test_the_photograph_is_grey_from_black_to_white(height, width):
    photo = load_photograph(height)
    assert photo.shape == (height, width) and photo.dtype == torch.float32
    assert 0 <= photo.min() < 0.1 and 0.9 < photo.max() <= 1
    assert photo[:20].mean() > 2 * photo[-20:].mean()  # upright: a dark uniform


@pytest.mark.parametrize("height, error", [("tall", TypeError), (0, ValueError)])
def test_a_bad_height_is_refused(height, error):
    with pytest.raises(error, match=r"^height must be a whole number from 1 to 4,096"):
        load_photograph(height)
