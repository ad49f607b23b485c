"""Crafted IDX files: each fault has its own sentence, and no byte gets by."""

import gzip
import hashlib
import os
import pickle

import pytest
import torch

from cnn_course import load_data_fashion_mnist
from cnn_course.data.raw_files import RAW_FILES, fault, missing_files, read_verified

TRAIN_X, TRAIN_Y, TEST_X, TEST_Y = RAW_FILES


@pytest.fixture
def folder(data_root):
    return data_root / "FashionMNIST" / "raw"


def number(n):
    return n.to_bytes(4, "big")


def put(path, at, new):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(new)] = new
    path.write_bytes(raw)


def test_contents_of_the_raw_files(folder):
    X_train, y_train, X_test, y_test = read_verified(folder)
    assert X_train.shape == (200, 28, 28) and X_test.shape == (100, 28, 28)
    assert X_train.dtype == X_test.dtype == torch.uint8
    assert y_train.dtype == y_test.dtype == torch.int64
    assert X_train[:, 0, 0].tolist() == list(range(200))
    assert X_test[7, 27, 27] == (7 + 782) % 256
    assert y_train.tolist() == [i % 10 for i in range(200)]


def test_missing_files(folder, tmp_path):
    assert missing_files(folder) == []
    (folder / TEST_X).unlink()
    assert missing_files(folder) == [TEST_X]
    assert missing_files(tmp_path / "nothing") == list(RAW_FILES)


def truncated(path):
    path.write_bytes(path.read_bytes()[:-5])
    return (
        f"it is cut short: {path.stat().st_size:,} bytes of {path.stat().st_size + 5:,}"
    )


def header_cut(path):
    path.write_bytes(path.read_bytes()[:6])
    return f"it is cut short: 6 bytes of {RAW_FILES[path.name][0]:,}"


def empty(path):
    path.write_bytes(b"")
    return f"it is cut short: 0 bytes of {RAW_FILES[path.name][0]:,}"


def too_long(path):
    path.write_bytes(path.read_bytes() + b"\0" * 1000)
    size = RAW_FILES[path.name][0]
    return f"it is too long: {size + 1000:,} bytes instead of {size:,}"


def a_flipped_bit(path):
    right = RAW_FILES[path.name][1]
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(raw)
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return f"its MD5 is {found} instead of {right}, so some bytes were changed"


def web_page(path):
    path.write_bytes(b"\r\n <!DOCTYPE html><html>Log in" + b" " * 10**6)
    return "it is a web page, not data: perhaps a login page was saved"


def wrong_magic(path):
    put(path, 0, number(1234))
    kind, right = ("images", 2051) if "images" in path.name else ("labels", 2049)
    return f"it begins with the number 1234 instead of {right} (a file of {kind})"


def fewer_than_belong(path):
    kind = "images" if "images" in path.name else "labels"
    size = RAW_FILES[path.name][0]
    belong = size - 8 if kind == "labels" else (size - 16) // 784
    put(path, 4, number(belong // 2))
    path.write_bytes(path.read_bytes()[: size // 2])  # and its size is wrong, too
    return f"it has {belong // 2} {kind} where {belong} belong"


EVERY_FILE = [truncated, header_cut, empty, too_long, a_flipped_bit, web_page]
EVERY_FILE += [wrong_magic, fewer_than_belong]


def advice(path):
    return "Delete it and load again: it will be downloaded anew."


@pytest.mark.parametrize("name", RAW_FILES)
@pytest.mark.parametrize("damage", EVERY_FILE)
def test_a_fault_that_every_file_can_have(data_root, folder, name, damage):
    path = folder / name
    what = damage(path)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    assert str(caught.value) == f"{path} is damaged: {what}. {advice(path)}"


def label_255(folder):
    put(folder / TEST_Y, 8 + 17, b"\xff")
    return TEST_Y, (
        "the label of image 17 (counted from 0) is 255, but labels go from 0 to 9 "
        "(1 of 100 do not)"
    )


def many_wrong_labels(folder):
    put(folder / TRAIN_Y, 8 + 150, bytes(range(10, 60)))
    return TRAIN_Y, (
        "the label of image 150 (counted from 0) is 10, but labels go from 0 to 9 "
        "(50 of 200 do not)"
    )


def labels_as_images(folder):
    (folder / TEST_X).write_bytes((folder / TEST_Y).read_bytes())
    return TEST_X, (
        "it begins with the number 2049 (a file of labels) instead of 2051 "
        "(a file of images)"
    )


def images_as_labels(folder):
    (folder / TEST_Y).write_bytes((folder / TEST_X).read_bytes())
    return TEST_Y, (
        "it begins with the number 2051 (a file of images) instead of 2049 "
        "(a file of labels)"
    )


def swapped(folder):
    (folder / TRAIN_X).write_bytes((folder / TEST_X).read_bytes())
    return TRAIN_X, "it has 100 images where 200 belong"


def sides(folder):
    put(folder / TRAIN_X, 8, number(32) + number(30))
    return TRAIN_X, "its images have 32×30 pixels instead of 28×28"


@pytest.mark.parametrize(
    "damage",
    [label_255, many_wrong_labels, labels_as_images, images_as_labels, swapped, sides],
)
def test_a_fault_of_one_kind_of_file(data_root, folder, damage):
    name, what = damage(folder)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    path = folder / name
    assert str(caught.value) == f"{path} is damaged: {what}. {advice(path)}"


def test_5000_labels_where_10000_belong():
    raw = number(2049) + number(5000) + bytes(5000)
    assert fault(TEST_Y, raw) == "it has 5,000 labels where 10,000 belong"
    raw = number(2049) + number(10_000) + bytes(5000)
    assert fault(TEST_Y, raw) == "it is cut short: 5,008 bytes of 10,008"


def test_a_packed_file_is_told_how_to_unpack(data_root, folder):
    path = folder / TEST_Y
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    assert str(caught.value) == (
        f"{path} is damaged: it is still packed (gzip). Rename it to {TEST_Y}.gz and "
        f'unpack it in a terminal: python -m gzip -d "{path}.gz"'
    )
    path.rename(f"{path}.gz")
    with pytest.raises(ValueError) as caught:
        read_verified(folder)
    assert str(caught.value) == (
        f"{path} is missing, but lies there packed. Unpack it in a terminal: "
        f'python -m gzip -d "{path}.gz"'
    )


@pytest.mark.parametrize("writable", [True, False])
def test_the_advice_fits_who_may_write(data_root, folder, monkeypatch, writable):
    monkeypatch.setattr(os, "access", lambda path, mode: writable)
    truncated(folder / TEST_X)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    ending = " Ask for a good copy in its place, or name another folder."
    assert str(caught.value).endswith(advice(folder) if writable else ending)


def test_a_folder_in_the_place_of_a_file(data_root, folder):
    (folder / TEST_X).unlink()
    (folder / TEST_X).mkdir()
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    path = folder / TEST_X
    assert str(caught.value) == f"{path} is a folder, not a data file. {advice(path)}"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are POSIX's")
def test_a_pipe_in_the_place_of_a_file_is_not_waited_for(folder):
    (folder / TEST_X).unlink()
    os.mkfifo(folder / TEST_X)
    with pytest.raises(ValueError, match="is no ordinary file, not a data file"):
        read_verified(folder)


READING = {
    PermissionError(13, "Permission denied"): (
        "you may not read it. Ask whoever put it there to let everybody read it"
    ),
    OSError(5, "Input/output error"): (
        "Input/output error. Copy the four files to a folder of your own"
    ),
}


@pytest.mark.parametrize("error", READING, ids=lambda error: error.strerror)
def test_a_file_that_cannot_be_read(data_root, folder, monkeypatch, error):
    import cnn_course.data.raw_files as module

    def refuse(path, mode):
        raise error

    monkeypatch.setattr(module, "open", refuse, raising=False)
    with pytest.raises(ValueError) as caught:
        load_data_fashion_mnist(8, root=data_root)
    assert str(caught.value) == (
        f"{folder / TRAIN_X} cannot be read: {READING[error]}, or name another folder."
    )
    assert caught.value.__cause__ is None and caught.value.__suppress_context__


def test_no_more_is_read_than_a_good_file_has(folder):
    with open(folder / TEST_Y, "r+b") as file:
        file.truncate(2**40)  # a hole: 1 TB that takes no room
    with pytest.raises(ValueError, match="too long: 1,099,511,627,776 bytes instead"):
        read_verified(folder)


def test_data_are_never_executed(data_root, folder):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("the data were unpickled",)

    (folder / TEST_X).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ValueError, match=r"is damaged: it begins with the number \d+"):
        load_data_fashion_mnist(8, root=data_root)


@pytest.mark.parametrize("name", RAW_FILES)
def test_no_flipped_bit_gets_by(raw_files, name):
    raw = bytearray(raw_files[name])
    assert fault(name, raw) is None
    for at in range(0, 8 * len(raw), 8 * len(raw) // 40 + 1):
        raw[at // 8] ^= 1 << at % 8
        assert fault(name, raw)
        raw[at // 8] ^= 1 << at % 8
