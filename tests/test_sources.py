"""Where the data come from, in which order, and what happens to damaged files."""

import os
import tempfile
from pathlib import Path

import pytest
import torch

from cnn_course import load_data_fashion_mnist, sources
from cnn_course.sources import find_fashion_mnist, load_photograph, read_verified

REAL_CACHE_FOLDER, REAL_DOWNLOAD = sources.cache_folder, sources._download
BUILT_IN = "BUILT-IN GARMENTS (not Fashion-MNIST)"
NAMES = list(sources.RAW_FILES)


GOOD = "shutil.copytree(mirror, raw)"
PARTIAL = "raw.mkdir(parents=True); (raw / 'train-images-idx3-ubyte').write_bytes(b'x')"
LOGIN = f"{GOOD}; (raw / 't10k-labels-idx1-ubyte').write_bytes(b'<html>log in</html>')"


@pytest.fixture
def downloads(monkeypatch, tmp_path, write_raw):
    """A function that puts a script in the place of the downloader.

    It should write to the folder `raw`; the folder `mirror` has the crafted files.
    Returns a function that returns one item for each run.
    """
    log, mirror = tmp_path / "runs", write_raw(tmp_path / "mirror")

    def use(script):
        lines = [
            "import pathlib, shutil, sys, time",
            f"open({str(log)!r}, 'a').write('run ')",
            "raw = pathlib.Path(sys.argv[1], 'FashionMNIST', 'raw')",
            f"mirror = {str(mirror)!r}",
            script,
        ]
        monkeypatch.setattr(sources, "_DOWNLOADER", "\n".join(lines))
        monkeypatch.setattr(sources, "_download", REAL_DOWNLOAD)
        return lambda: log.read_text().split() if log.exists() else []

    return use


def files_under(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_root_comes_before_environment_before_cache_before_download(
    isolated, write_raw, downloads, tmp_path, monkeypatch
):
    runs = downloads(GOOD)
    real = "Fashion-MNIST"
    a, b, cache = map(write_raw, (tmp_path / "a", tmp_path / "b", isolated))
    monkeypatch.setenv("CNN_COURSE_DATA", str(tmp_path / "b"))
    assert find_fashion_mnist(tmp_path / "a") == (a, real, "from root")
    assert find_fashion_mnist() == (b, real, "from CNN_COURSE_DATA")
    monkeypatch.setenv("CNN_COURSE_DATA", "")
    assert find_fashion_mnist() == (cache, real, "from this user's cache")
    assert not runs()
    (cache / NAMES[2]).unlink()
    folder, name, why = find_fashion_mnist()
    assert (folder, name) == (cache, real) and why.startswith("downloaded")
    assert len(runs()) == 1


def test_built_in_garments_can_be_asked_for_in_both_ways(
    data_root, write_raw, isolated, monkeypatch
):
    write_raw(isolated)
    assert find_fashion_mnist() == (None, BUILT_IN, "CNN_COURSE_DATA asks for them")
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    assert find_fashion_mnist("built-in") == (None, BUILT_IN, "root asks for them")


def test_a_root_without_the_files_is_mentioned_and_the_cache_used(
    isolated, write_raw, tmp_path
):
    cache = write_raw(isolated)
    folder, _, why = find_fashion_mnist(tmp_path / "nothing")
    assert folder == cache
    assert why.startswith("root has no FashionMNIST/raw") and why.endswith("cache")


def test_contents_of_the_raw_files(data_root):
    X_train, y_train, X_test, y_test = read_verified(data_root / "FashionMNIST" / "raw")
    assert X_train.shape == (200, 28, 28) and X_test.shape == (100, 28, 28)
    assert X_train.dtype == X_test.dtype == torch.uint8
    assert y_train.dtype == y_test.dtype == torch.int64
    assert X_train[:, 0, 0].tolist() == list(range(200))
    assert X_test[7, 27, 27] == (7 + 782) % 256
    assert y_train.tolist() == [i % 10 for i in range(200)]


def cut_off(path):
    path.write_bytes(path.read_bytes()[:-5])
    return "bytes instead of"


def flip(path):
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    return "MD5"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", [cut_off, flip])
@pytest.mark.parametrize("place", ["root", "cache"])
def test_a_damaged_file_is_named_with_what_to_do(
    isolated, write_raw, tmp_path, name, damage, place
):
    root = isolated if place == "cache" else tmp_path / "root"
    path = write_raw(root) / name
    what = damage(path)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=root)
    message = str(caught.value)
    assert message.startswith(f"{path} is damaged: ") and what in message
    assert ("Delete it and load again" in message) == (place == "cache")
    assert ("Put a good copy in its place" in message) == (place == "root")


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_file_is_named_with_what_to_do(write_raw, tmp_path, name):
    path = write_raw(tmp_path / "root") / name
    path.unlink()
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=tmp_path / "root")
    assert str(caught.value).startswith(f"{path} is missing")
    assert "Copy the missing one" in str(caught.value)


def test_a_download_is_kept_in_the_cache(
    isolated, downloads, raw_files, monkeypatch, capsys
):
    runs = downloads(GOOD)
    monkeypatch.delenv("CNN_COURSE_DATA")
    for _ in range(2):
        _, test_iter = load_data_fashion_mnist(8)
        assert test_iter.name == "Fashion-MNIST" and len(test_iter.labels) == 100
    assert len(runs()) == 1
    kept = {path.name: path.read_bytes() for path in files_under(isolated)}
    assert kept == raw_files  # and no leftovers beside them
    announced, first, second = capsys.readouterr().out.splitlines()
    assert announced.startswith("data: downloading Fashion-MNIST")
    assert first.endswith("downloaded into this user's cache")
    assert second.endswith("from this user's cache")


FAILURES = {  # script, what the printed line must say
    "refused": ("sys.exit('HTTP Error 503: no service')", "HTTP Error 503: no service"),
    "cut off": (f"{PARTIAL}; sys.exit('connection reset')", "connection reset"),
    "short file": (PARTIAL, "train-images-idx3-ubyte"),
    "wrong bytes": (LOGIN, "t10k-labels-idx1-ubyte"),
    "nothing": ("", "train-images-idx3-ubyte"),
    "hangs": (f"{PARTIAL}; time.sleep(60)", "not finished after 2 s"),
    "silent": ("sys.exit(1)", "no reason given"),
}


@pytest.mark.parametrize("script, reason", FAILURES.values(), ids=FAILURES)
def test_a_failed_download_leaves_nothing_and_says_why(
    isolated, downloads, monkeypatch, capsys, script, reason
):
    runs = downloads(script)
    monkeypatch.delenv("CNN_COURSE_DATA")
    monkeypatch.setattr(sources, "DOWNLOAD_SECONDS", 2 if "sleep" in script else 60)
    for _ in range(2):
        assert load_data_fashion_mnist(8)[0].name == BUILT_IN
        line = capsys.readouterr().out.splitlines()[-1]
        assert line.startswith(f"data: {BUILT_IN}") and reason in line
        assert "set CNN_COURSE_DATA to " in line
        # No advice about a temporary folder that is gone already.
        assert str(isolated) not in line and "Delete it" not in line
    assert len(runs()) == 1  # an offline kernel finds out once
    assert files_under(isolated) == []


STUB = """
class FashionMNIST:
    def __init__(self, root, download):
        raise RuntimeError("Error:\\nTried http://x, got:\\nHTTP Error 403")
"""


def test_torchvisions_own_reason_reaches_the_printed_line(monkeypatch, tmp_path):
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").touch()
    (tmp_path / "torchvision" / "datasets.py").write_text(STUB)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert REAL_DOWNLOAD(tmp_path / "cache") == "HTTP Error 403"


def test_a_cache_that_cannot_be_written_means_built_in(
    downloads, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setattr(sources, "cache_folder", lambda: tmp_path / "file" / "cache")
    runs = downloads(GOOD)
    folder, name, why = find_fashion_mnist(tmp_path / "nothing")
    assert (folder, name) == (None, BUILT_IN) and str(tmp_path / "file") in why
    assert not runs()


def test_without_a_home_folder_the_cache_is_a_temporary_one(monkeypatch):
    for variable in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without a home
    assert REAL_CACHE_FOLDER() == Path(tempfile.gettempdir()) / "cnn_course"


def test_the_cache_is_the_users_own(monkeypatch, tmp_path):
    monkeypatch.setattr(sources.sys, "platform", "linux")
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
