"""Batches and load_data_fashion_mnist: what comes out, in which order and size."""

import os
import subprocess
import sys

import pytest
import torch

from cnn_course import load_data_fashion_mnist
from cnn_course.data import Batches, hold_out, load_photograph, scattered
from cnn_course.data import loading as data
from cnn_course.data.loading import stratified


def numbered(n, **options):
    """Batches in which label i belongs to the image that is i everywhere."""
    images = torch.arange(n, dtype=torch.uint8)[:, None, None].expand(n, 28, 28)
    return Batches(images, torch.arange(n), **options)


@pytest.mark.parametrize("n, sizes", [(20, [8, 8, 4]), (16, [8, 8])])
def test_every_epoch_shuffles_anew_and_sees_every_image_once_with_its_label(n, sizes):
    batches, orders = numbered(n, batch_size=8, shuffle=True), []
    for _ in range(2):
        given = list(batches)
        assert [len(y) for _, y in given] == sizes and len(batches) == len(sizes)
        for X, y in given:
            assert X.shape == (len(y), 1, 28, 28) and X.dtype == torch.float32
            assert y.dtype == torch.int64 and X.device.type == y.device.type == "cpu"
            assert torch.equal((X[:, 0] * 255).round().long().amax((1, 2)), y)
        orders.append(torch.cat([y for _, y in given]).tolist())
        assert sorted(orders[-1]) == list(range(n)) != orders[-1]
    assert orders[0] != orders[1]


@pytest.mark.parametrize("size", [224, 96, 14, (20, 40), (56, 21), (37, 30)])
def test_resizing_equals_torchvision_within_one_level_of_grey(size):
    from torchvision import transforms

    images = load_data_fashion_mnist(8)[1].images[:10]
    height, width = size if isinstance(size, tuple) else (size, size)
    resize, to_tensor = transforms.Resize((height, width)), transforms.ToTensor()
    pictures = map(transforms.ToPILImage(), images)
    expected = torch.stack([to_tensor(resize(picture)) for picture in pictures])
    X, _ = next(iter(Batches(images, torch.arange(10), 10, resize=size)))
    assert X.shape == (10, 1, height, width)
    assert (X - expected).abs().max() <= 1 / 255 + 1e-6


@pytest.mark.parametrize(
    "size, counts", [(8, [5, 3]), (6, [3, 3]), (3, [1, 2]), (53, [50, 3])]
)
def test_where_a_class_has_too_few_the_others_fill_up(size, counts):
    labels = torch.tensor([0] * 50 + [1] * 3)
    found = labels[stratified(labels, size)].bincount(minlength=2).tolist()
    assert found == counts or (size == 3 and found == counts[::-1])


def test_files_are_loaded_whole_and_in_order(data_root, raw_files, capsys):
    train_iter, test_iter = load_data_fashion_mnist(64, root=data_root)
    X = torch.cat([X for X, _ in test_iter])
    y = torch.cat([y for _, y in test_iter])
    raw = torch.tensor(list(raw_files["t10k-images-idx3-ubyte"][16:]))
    assert torch.equal(X, raw.view(100, 1, 28, 28).float() / 255)
    assert torch.equal(y, torch.arange(100) % 10)
    assert (len(train_iter), len(test_iter)) == (4, 2) and train_iter.shuffle
    assert train_iter.name == test_iter.name == "Fashion-MNIST"
    assert len(train_iter.classes) == 10 and train_iter.classes[9] == "Ankle boot"
    assert capsys.readouterr().out == (
        "data: Fashion-MNIST, 200 training and 100 test images: from root\n"
    )


def test_the_seed_chooses_a_subset_and_not_the_order(data_root):
    def orders(seed):
        train, _ = load_data_fashion_mnist(20, root=data_root, seed=seed)
        torch.manual_seed(1)
        return torch.cat([y for _, y in train]).tolist()

    assert orders(5) == orders(6)


def test_subsets_of_files_are_balanced_and_chosen_by_the_seed(data_root, capsys):
    def chosen(seed):
        sizes = {"train_size": 35, "test_size": 20}
        return load_data_fashion_mnist(16, root=data_root, seed=seed, **sizes)

    (train, test), (again, _), (other, _) = chosen(0), chosen(0), chosen(1)
    assert sorted(train.labels.bincount().tolist()) == [3] * 5 + [4] * 5
    assert test.labels.bincount().tolist() == [2] * 10
    tags = train.images[:, 0, 0].tolist()  # which image it is
    assert tags == sorted(set(tags))  # in the order of the file, none twice
    assert torch.equal(train.images, again.images)
    assert not torch.equal(train.images, other.images)
    assert "35 training and 20 test images" in capsys.readouterr().out


def test_everything_happens_on_the_device_asked_for_or_try_gpus(data_root, monkeypatch):
    # "meta" has shapes without numbers: the only second device on every device.
    train_iter, _ = load_data_fashion_mnist(64, 32, root=data_root, device="meta")
    X, y = next(iter(train_iter))
    assert train_iter.images.dtype == torch.uint8
    assert X.shape == (64, 1, 32, 32) and X.device.type == y.device.type == "meta"
    monkeypatch.setattr(data, "try_gpu", lambda: torch.device("meta"))
    assert load_data_fashion_mnist(64, root=data_root)[1].device.type == "meta"


BAD = [
    (TypeError, "batch_size", ["8", 2.0]),
    (ValueError, "batch_size", [0]),
    (TypeError, "resize", ["big", 14.5, (28, None)]),
    (ValueError, "resize", [0, 10**9]),
    (TypeError, "test_size", [10.0]),
    (ValueError, "test_size", [0]),
]


@pytest.mark.parametrize(
    "error, argument, value", [(e, name, v) for e, name, values in BAD for v in values]
)
def test_bad_arguments_are_named(data_root, error, argument, value):
    name = argument.removeprefix("test_")
    with pytest.raises(error, match=f"^{name} must be .*; got "):
        load_data_fashion_mnist(**{"batch_size": 8, "root": data_root, argument: value})


def test_a_batch_may_be_larger_than_the_data(data_root):
    _, test_iter = load_data_fashion_mnist(10**6, root=data_root)
    assert [len(y) for _, y in test_iter] == [100] and len(test_iter) == 1


# ----------------------------------------------------- what an earlier cell has left on


def all_of_it():
    """Return tensors of every kind that this room gives."""
    torch.manual_seed(3)
    data._resizing.cache_clear()
    found = [load_photograph(40), load_photograph(40, colour=True)]
    for options in ({}, {"resize": 32, "train_size": 501, "test_size": 57}):
        for batches in load_data_fashion_mnist(500, **options):
            found += [batches.images, batches.labels]
            found += [tensor for batch in batches for tensor in batch]
    return found


def test_switches_that_an_earlier_cell_left_on_change_nothing(leave_a_switch_on):
    expected = all_of_it()
    leave_a_switch_on()
    found = all_of_it()
    assert len(found) == len(expected) > 30
    for a, b in zip(found, expected, strict=True):
        assert (a.dtype, a.device) == (b.dtype, b.device) and torch.equal(a, b)


def test_what_was_loaded_in_inference_mode_can_be_trained_with():
    data._resizing.cache_clear()
    with torch.inference_mode():
        batches, _ = load_data_fashion_mnist(8, resize=32, train_size=8)
        list(batches)  # as in a test of one's own
        photo = load_photograph(32)
    ((X, _),) = batches
    weight = torch.ones(1, requires_grad=True)
    ((X + photo[:, :1]) * weight * photo[:, :1]).sum().backward()


OFFLINE = """
from cnn_course import load_data_fashion_mnist
train_iter, test_iter = load_data_fashion_mnist(256)
assert test_iter.name == "Fashion-MNIST sample"
"""


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_lines_are_printed_on_streams_that_cannot_encode_them(encoding, tmp_path):
    settings = {
        **dict.fromkeys(("CNN_COURSE_DATA", "NO_PROXY", "no_proxy"), ""),
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://127.0.0.1:9"),
        **dict.fromkeys(("https_proxy", "http_proxy"), "http://127.0.0.1:9"),
        "PYTHONIOENCODING": encoding,
        # A folder with a letter that none of them has.
        **dict.fromkeys(("XDG_CACHE_HOME", "HOME"), str(tmp_path / "数据")),
    }
    ended = subprocess.run(
        [sys.executable, "-c", OFFLINE],
        env=os.environ | settings,
        capture_output=True,
        encoding=encoding,
    )
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("data: downloading Fashion-MNIST (31 MB) ")
    assert "to the proxy that HTTPS_PROXY" in lines[2]
    assert all("data: " in line for line in lines)


def test_what_is_held_out_is_stratified_and_not_trained_with(data_root):
    data, _ = load_data_fashion_mnist(7, 14, train_size=100, root=data_root)
    rest, held_out = hold_out(data, 20, seed=3)
    assert len(rest.labels) == 80 and rest.shuffle and not held_out.shuffle
    assert held_out.labels.bincount().tolist() == [2] * 10
    chosen = stratified(data.labels, 20, seed=3)
    assert torch.equal(held_out.images, data.images[chosen])
    together = torch.cat([rest.images, held_out.images]).flatten(1)
    rows = sorted(together.tolist())
    assert rows == sorted(data.images.flatten(1).tolist())
    assert next(iter(rest))[0].shape == (7, 1, 14, 14) and rest.name == data.name
    with pytest.raises(ValueError, match="size"):
        hold_out(data, 101)


def test_scattered_pictures_lie_where_it_says_and_all_else_is_black():
    pictures = numbered(200, batch_size=8, resize=67, shuffle=True)
    sheets = scattered(pictures, side=40)
    assert sheets.images.shape == (200, 40, 40) and sheets.labels is pictures.labels
    assert (sheets.batch_size, sheets.resize, sheets.shuffle) == (8, (67, 67), True)
    for i, (row, column) in enumerate(sheets.places.tolist()):
        there = sheets.images[i, row : row + 28, column : column + 28]
        assert there.shape == (28, 28) and (there == i).all()
        assert sheets.images[i].long().sum() == 28 * 28 * i
    assert [set(each) for each in sheets.places.T.tolist()] == [set(range(13))] * 2
    assert torch.equal(scattered(pictures, 40).places, sheets.places)
    assert not torch.equal(scattered(pictures, 40, seed=1).places, sheets.places)
