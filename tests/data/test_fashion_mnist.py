"""Where the data come from, the sample, and what a student reads of damaged files."""

import errno
import os
from pathlib import Path

import pytest
from crafted import md5, packed

from cnn_course import load_data_fashion_mnist
from cnn_course.data import find_fashion_mnist, where
from cnn_course.data.download import LOCK
from cnn_course.data.fashion_mnist import FILES, SAMPLE

REAL_DOWNLOAD = where.download
LOGIN = "it is a web page: does this network want you to log in?"
REAL, SAMPLE_NAME = "Fashion-MNIST", "Fashion-MNIST sample"
NAMES = TRAIN_X, TRAIN_Y, TEST_X, TEST_Y = tuple(FILES)
ASKED = [TEST_Y, TRAIN_Y, TEST_X, TRAIN_X]  # in this order, the small ones first


@pytest.fixture
def server(server, monkeypatch):
    """The only source, from which these tests may download."""
    monkeypatch.setattr(where, "download", REAL_DOWNLOAD)
    return server


def four(folder, ending=""):
    """What `find_fashion_mnist` gives for the four files that lie in a folder."""
    return {name: folder / f"{name}{ending}" for name in NAMES}


def files_under(folder):
    """Return {name: bytes} of all files under a folder but the lock."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path.name: path.read_bytes() for path in files if path.name != LOCK}


# ------------------------------------------------------------------------- where from


def test_root_comes_before_environment_before_cache_before_download(
    isolated, write_raw, server, tmp_path, monkeypatch
):
    a, b, cache = map(write_raw, (tmp_path / "a", tmp_path / "b", isolated))
    monkeypatch.setenv("CNN_COURSE_DATA", str(tmp_path / "b"))
    assert find_fashion_mnist(tmp_path / "a") == (four(a), REAL, "from root")
    assert find_fashion_mnist(a)[2] == "from root"  # holds the files itself
    assert find_fashion_mnist() == find_fashion_mnist("")
    assert find_fashion_mnist() == (four(b), REAL, "from CNN_COURSE_DATA")
    monkeypatch.setenv("CNN_COURSE_DATA", "")
    assert find_fashion_mnist() == (four(cache), REAL, "from this user's cache")
    assert not server.requests
    (cache / TEST_X).unlink()
    why = "downloaded into this user's cache"
    files = four(cache) | {TEST_X: cache / f"{TEST_X}.gz"}
    assert find_fashion_mnist() == (files, REAL, why)
    assert server.requests == [TEST_X]


@pytest.mark.parametrize(
    "root, remark",
    [
        ("nothing", " names no folder (/"),
        (Path("a/relative/path"), " names no folder (/"),
        ("empty", " has no FashionMNIST/raw with the four files"),
    ],
)
def test_a_root_without_the_files_is_mentioned_and_the_cache_used(
    isolated, write_raw, server, tmp_path, monkeypatch, root, remark
):
    server.plan = ["403"]
    (tmp_path / "empty").mkdir()
    cache, root = write_raw(isolated), tmp_path / root if root != Path(root) else root
    monkeypatch.setenv("CNN_COURSE_DATA", str(root))
    files, name, why = find_fashion_mnist()
    assert (files, name) == (four(cache), REAL)
    assert why.startswith(f"from this user's cache, as CNN_COURSE_DATA{remark}")
    assert not (tmp_path / "nothing").exists()  # a slip, as a rule


@pytest.mark.parametrize(
    "name, there",
    [
        ("Schöne Daten für äöü 数据", []),
        ("a b%20c#d?e'", [".DS_Store"]),
        ("standard", ["FashionMNIST/raw", "MNIST/raw"]),
    ],
)
def test_a_folder_that_is_empty_or_prepared_is_filled(
    isolated, server, tmp_path, whole, name, there, capsys
):
    root = tmp_path / name
    for each in ["", *there]:
        (root / each).mkdir(parents=True)
    for why in ("downloaded into root", "from root"):
        train_iter, _ = load_data_fashion_mnist(8, root=str(root))
        assert train_iter.name == REAL and len(train_iter.labels) == 200
        assert capsys.readouterr().out.splitlines()[-1].endswith(f"images: {why}")
    assert files_under(root / "FashionMNIST" / "raw") == whole
    assert not isolated.exists() and server.requests == ASKED


@pytest.mark.parametrize(
    "lacking, says",
    [
        (NAMES, "root has no FashionMNIST/raw with the four files"),
        (NAMES[1:3], f"root lacks {TRAIN_Y}.gz, {TEST_X}.gz in "),
    ],
)
def test_a_read_only_folder_without_all_files_leaves_the_cache_and_is_told(
    isolated, server, data_root, whole, monkeypatch, lacking, says
):
    def download(place):  # as where root may not write either
        if place == folder:
            raise PermissionError(13, "Permission denied")
        return REAL_DOWNLOAD(place)

    monkeypatch.setattr(where, "download", download)
    folder = data_root / "FashionMNIST" / "raw"
    for name in lacking:
        (folder / name).unlink()
    before = files_under(data_root)
    found, _, why = find_fashion_mnist(data_root)
    assert found == four(isolated / "FashionMNIST" / "raw", ".gz")
    assert files_under(isolated) == whole
    says += str(folder) * says.endswith("in ")
    assert why == (
        f"downloaded into this user's cache, as {says}, as {data_root} cannot be "
        "written to (Permission denied); set CNN_COURSE_DATA to a folder that can take "
        "them"
    )
    assert files_under(data_root) == before


def test_a_download_is_kept_in_the_cache(isolated, server, whole, monkeypatch, capsys):
    monkeypatch.delenv("CNN_COURSE_DATA")
    for _ in range(2):
        _, test_iter = load_data_fashion_mnist(8)
        assert test_iter.name == REAL and len(test_iter.labels) == 100
    assert server.requests == ASKED
    assert files_under(isolated) == whole  # and no leftovers beside them
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
        for batches in load_data_fashion_mnist(8, train_size=500):
            assert batches.name == SAMPLE_NAME
        assert capsys.readouterr().out.splitlines() == [
            *heads,
            f"data: {SAMPLE_NAME}, 7,000 of 70,000 pictures, 500 training and 1,000 "
            "test images: the rest could not be downloaded, so results differ",
            f"data:   {server.host}: {LOGIN}",
            "data: To get all 70,000: go online, mend the above, and restart the "
            "kernel",
            "data: By hand: get the four .gz files from https://github.com/zalando"
            "research/fashion-mnist/tree/master/data/fashion",
            "data:   and set CNN_COURSE_DATA to the folder that has them, as they are",
        ]
    assert server.requests == ASKED[:1] * 2


@pytest.mark.parametrize(
    "name, number, told",
    [
        ("download", errno.EACCES, "{} cannot be written to (Permission denied); set "),
        ("download", errno.ENOSPC, "{} cannot be written to (No space left on device)"),
        ("cache_folder", errno.ENOENT, "~ cannot be written to (No such file or dir"),
    ],
)
def test_a_cache_that_cannot_take_the_files_means_the_sample_and_is_told(
    isolated, monkeypatch, name, number, told
):
    def refuse(*folder):
        raise OSError(number, os.strerror(number), *([] if folder else ["~"]))

    monkeypatch.setattr(where, name, refuse)
    monkeypatch.delenv("CNN_COURSE_DATA")
    files, found, why = find_fashion_mnist()
    assert (files, found) == (None, SAMPLE_NAME)
    assert told.format(isolated) in why and "set CNN_COURSE_DATA to a fol" in why


# ----------------------------------------------------------------- data nearly in place

LAYOUTS = {  # what CNN_COURSE_DATA names; below it lies each file, for {}
    "torchvision, packed": ("", "FashionMNIST/raw/{}.gz"),
    "a level too deep": ("FashionMNIST", "raw/{}"),
    "two levels too deep": ("FashionMNIST/raw", "{}"),
    "a level too high": ("", "datasets/FashionMNIST/raw/{}"),
    "keras": ("", "fashion-mnist/{}.gz"),
    "the authors": ("", "data/fashion/{}.gz"),
    "kaggle": ("", "{0}/{0}"),
}


def place_files(folder, names, raw_files, where="{}"):
    """Write some files, packed if `where` says so; return the folder."""
    for name in names:
        path = folder / where.format(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = raw_files[name]
        path.write_bytes(packed(raw) if path.suffix == ".gz" else raw)
    return folder


def everything(folder):
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_four_files_are_found_where_tools_and_people_put_them(
    layout, raw_files, tmp_path, monkeypatch, capsys
):
    named, where = LAYOUTS[layout]
    root = place_files(tmp_path / "root" / named, NAMES, raw_files, where)
    (tmp_path / "root" / "notes.txt").touch()
    before = everything(tmp_path)
    monkeypatch.setenv("CNN_COURSE_DATA", str(root))
    train, test = load_data_fashion_mnist(8)  # `isolated`: a download fails the test
    assert capsys.readouterr().out.endswith("images: from CNN_COURSE_DATA\n")
    assert digest(train.images) == md5(raw_files[TRAIN_X][16:])
    assert test.labels.tolist() == list(raw_files[TEST_Y][8:])
    assert everything(tmp_path) == before  # nothing is made in it


@pytest.mark.parametrize(
    "names, where, told",
    [
        ([], "", "root has no FashionMNIST/raw with the four files (it holds other "),
        (NAMES, "MNIST/raw/{}", "root has no FashionMNIST/raw with the four files"),
        (NAMES[:3], "fashion-mnist/{}.gz", f"root lacks {TEST_Y}.gz in "),
        (NAMES[1:], "raw/{}", f"root lacks {TRAIN_X}.gz in "),
    ],
)
def test_nothing_is_made_in_somebodys_data(
    names, where, told, server, raw_files, whole, tmp_path, isolated
):
    root = place_files(tmp_path / "root", names, raw_files, where)
    (root / "FashionMNIST").mkdir(parents=True)
    (root / "FashionMNIST" / "notes.txt").touch()
    before = everything(root)
    why = find_fashion_mnist(root)[2]
    assert why.startswith(f"downloaded into this user's cache, as {told}")
    assert everything(root) == before and files_under(isolated) == whole


# ------------------------------------------------------------------------- the sample


def test_the_sample_never_passes_for_all_of_it_and_can_be_asked_for_in_both_ways(
    data_root, monkeypatch, capsys
):
    head = f"data: {SAMPLE_NAME}, 7,000 of 70,000 pictures, "
    train, test = load_data_fashion_mnist(64)
    assert train.name == test.name == SAMPLE_NAME
    assert (len(train.labels), len(test.labels)) == (6000, 1000)
    assert (len(train), len(list(train)[-1][1])) == (94, 48)  # as notebook 00 says
    assert capsys.readouterr().out == (
        f"{head}6,000 training and 1,000 test images: CNN_COURSE_DATA asks for it, so "
        "results differ\n"
        "data: To get all 70,000: leave that out\n"
    )
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    load_data_fashion_mnist(64, train_size=60_000, test_size=100, root="built-in")
    assert capsys.readouterr().out == (
        f"{head}6,000 training and 100 test images: root asks for it, so results "
        "differ\ndata: To get all 70,000: leave that out\n"
    )


def test_the_sample_is_the_beginning_of_the_published_files():
    train, test = load_data_fashion_mnist(64)
    # The MD5s of these pixels and labels in the published files.
    assert digest(train.images) == "5d1f5ae87143747f6937c596763f841b"
    assert digest(train.labels.byte()) == "24de83732a4d6cb96de29e88d7a47160"
    assert digest(test.images) == "e4935cb282bc5d816ad692c741fcb55b"
    assert digest(test.labels.byte()) == "d348470f447410c02be7500b37724407"
    assert test.classes[test.labels[0]] == "Ankle boot"
    counts = [batches.labels.bincount().aminmax() for batches in (train, test)]
    assert counts == [(560, 643), (87, 115)]
    for size in (500, 870):  # there are 87 of the rarest class
        _, test = load_data_fashion_mnist(64, test_size=size)
        assert test.labels.bincount().tolist() == [size // 10] * 10


def digest(tensor):
    return md5(tensor.numpy().tobytes())


def test_the_sample_comes_small_and_with_its_licence():
    names = [f"{name}.gz" for name in sorted(NAMES)]
    assert sorted(path.name for path in SAMPLE.iterdir()) == ["LICENSE", *names]
    assert sum(path.stat().st_size for path in SAMPLE.iterdir()) < 3.1e6
    text = (SAMPLE / "LICENSE").read_text("utf-8")
    assert "MIT License" in text and "© 2017 Zalando SE, https://tech.zalando" in text


# --------------------------------------------------------------------- damaged files


@pytest.fixture
def folder(data_root):
    return data_root / "FashionMNIST" / "raw"


EVERY_FILE = {  # what becomes of its bytes, and what is said
    "cut short": (lambda raw: raw[:-5], "it has {} bytes instead of "),
    "too long": (lambda raw: raw + b"\0", "it has {} bytes instead of "),
    "a flipped bit": (
        lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
        "it is damaged, or of MNIST, whose files have the same names",
    ),
    "a web page": (lambda raw: b"\r\n <!DOCTYPE html><html>" + b" " * 10**6, LOGIN),
    "packed and cut": (lambda raw: packed(raw)[:-9], "it cannot be unpacked (Comp"),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage, says", EVERY_FILE.values(), ids=EVERY_FILE)
def test_a_fault_that_every_file_can_have(data_root, folder, name, damage, says):
    path = folder / name
    bad = damage(path.read_bytes())
    path.write_bytes(bad)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    words = str(caught.value)
    assert words.startswith(f"{path} cannot be used: {says.format(f'{len(bad):,}')}")
    advice = ". Delete it and load again, which downloads it, or name another folder"
    assert words.endswith(advice)


def test_a_packed_file_will_do_without_its_ending(data_root, folder, raw_files):
    (folder / TEST_Y).write_bytes(packed(raw_files[TEST_Y]))
    assert len(load_data_fashion_mnist(8, root=data_root)[1].labels) == 100
