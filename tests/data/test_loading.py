"""Batches and load_data_fashion_mnist: what comes out, in which order and size."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnn_course import device as machine
from cnn_course import load_data_fashion_mnist, seeds
from cnn_course.data import loading as data
from cnn_course.data.garments import CLASSES, draw_garments
from cnn_course.data.loading import Batches, stratified, to_float
from cnn_course.seeds import set_seed


def numbered(n, **options):
    """Batches in which label i belongs to the image that is i everywhere."""
    images = torch.arange(n, dtype=torch.uint8)[:, None, None].expand(n, 28, 28)
    return Batches(images, torch.arange(n), **options)


def order(batches):
    return torch.cat([y for _, y in batches]).tolist()


def test_batches_are_float_images_and_whole_labels_on_the_device():
    X, y = next(iter(numbered(20, batch_size=8)))
    assert X.shape == (8, 1, 28, 28) and X.dtype == torch.float32
    assert y.shape == (8,) and y.dtype == torch.int64
    assert X.device == y.device == torch.device("cpu")


def test_pixels_run_from_0_to_1():
    X = to_float(torch.tensor([[[0, 51], [204, 255]]], dtype=torch.uint8))
    assert X.flatten().tolist() == pytest.approx([0, 0.2, 0.8, 1])


@pytest.mark.parametrize("n, sizes", [(20, [8, 8, 4]), (16, [8, 8]), (3, [3])])
def test_the_last_short_batch_is_kept_and_counted(n, sizes):
    batches = numbered(n, batch_size=8, shuffle=True)
    assert [len(y) for _, y in batches] == sizes
    assert len(batches) == len(sizes)


def test_image_and_label_stay_together_when_shuffled():
    for X, y in numbered(100, batch_size=7, shuffle=True):
        assert torch.equal((X[:, 0] * 255).round().long().amax((1, 2)), y)


def test_every_epoch_shuffles_anew_and_sees_every_image_once():
    batches = numbered(100, batch_size=8, shuffle=True)
    first, second = order(batches), order(batches)
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second and list(range(100)) not in (first, second)


def test_the_seed_fixes_the_order_of_all_epochs():
    torch.manual_seed(1)
    one = numbered(100, batch_size=8, shuffle=True, seed=3)
    first = [order(one), order(one)]
    torch.manual_seed(2)  # the global seed must not matter
    again, other = (numbered(100, batch_size=9, shuffle=True, seed=s) for s in (3, 4))
    assert first == [order(again), order(again)]
    assert first[0] != order(other)


def test_without_shuffling_the_order_stays():
    batches = numbered(30, batch_size=8)
    assert order(batches) == order(batches) == list(range(30))


def test_repr_says_what_it_is():
    text = repr(numbered(20, batch_size=8, resize=32, name="Numbers"))
    assert text.startswith("3 batches of 8 from 20 images (28×28 resized to (32, 32))")
    assert text.endswith("of Numbers, on cpu")


@pytest.mark.parametrize("size", [224, 96, 14, (20, 40), (56, 21), (37, 30)])
def test_resizing_equals_torchvision_within_one_level_of_grey(size):
    from torchvision import transforms

    images, _ = draw_garments(10, seed=2)
    height, width = size if isinstance(size, tuple) else (size, size)
    resize, to_tensor = transforms.Resize((height, width)), transforms.ToTensor()
    pictures = map(transforms.ToPILImage(), images)
    expected = torch.stack([to_tensor(resize(picture)) for picture in pictures])
    X, _ = next(iter(Batches(images, torch.arange(10), 10, resize=size)))
    assert X.shape == (10, 1, height, width)
    assert (X - expected).abs().max() <= 1 / 255 + 1e-6


@pytest.mark.parametrize("size", [None, (28, 28)])
def test_without_resizing_it_is_only_a_division(size):
    images, _ = draw_garments(10)
    assert torch.equal(to_float(images, size), images[:, None].float() / 255)


def test_a_subset_holds_all_classes_equally_often():
    labels = torch.arange(10).repeat(30)
    counts = labels[stratified(labels, 57)].bincount(minlength=10)
    assert counts.sum() == 57 and counts.max() - counts.min() == 1
    assert labels[stratified(labels, 50)].bincount().tolist() == [5] * 10


def test_a_subset_is_sorted_distinct_and_chosen_by_the_seed():
    labels = torch.arange(10).repeat(30)
    rows = stratified(labels, 57, seed=1)
    assert torch.equal(rows, rows.unique()) and len(rows) == 57
    assert torch.equal(rows, stratified(labels, 57, seed=1))
    assert not torch.equal(rows, stratified(labels, 57, seed=2))


def test_a_subset_larger_than_the_rarest_class_allows_is_refused():
    labels = torch.tensor([0] * 50 + [1] * 3)
    with pytest.raises(ValueError, match=r"size 8 needs up to 4 .* rarest class has 3"):
        stratified(labels, 8)


def test_files_are_loaded_whole_and_in_order(data_root, raw_files, capsys):
    train_iter, test_iter = load_data_fashion_mnist(64, root=data_root)
    X = torch.cat([X for X, _ in test_iter])
    y = torch.cat([y for _, y in test_iter])
    raw = torch.tensor(list(raw_files["t10k-images-idx3-ubyte"][16:]))
    assert torch.equal(X, raw.view(100, 1, 28, 28).float() / 255)
    assert torch.equal(y, torch.arange(100) % 10)
    assert (len(train_iter), len(test_iter)) == (4, 2)
    assert train_iter.name == test_iter.name == "Fashion-MNIST"
    assert len(train_iter.classes) == 10 and train_iter.classes[9] == "Ankle boot"
    assert capsys.readouterr().out == (
        "data: Fashion-MNIST, 200 training and 100 test images: from root\n"
    )


def test_only_the_training_images_are_shuffled_and_the_seed_reaches_them(data_root):
    def order_of(iterator):  # the first pixel of every image is its number
        return [int(255 * x + 0.5) for X, _ in iterator for x in X[:, 0, 0, 0].tolist()]

    one = load_data_fashion_mnist(20, root=data_root, seed=5)
    again = load_data_fashion_mnist(20, root=data_root, seed=5)
    other = load_data_fashion_mnist(20, root=data_root, seed=6)
    train = order_of(one[0])
    assert train != list(range(200)) == sorted(train)
    assert train == order_of(again[0]) != order_of(other[0])
    assert order_of(one[1]) == list(range(100))


def test_subsets_of_files_are_balanced_and_chosen_by_the_seed(data_root, capsys):
    def chosen(seed):
        sizes = {"train_size": 35, "test_size": 20}
        return load_data_fashion_mnist(16, root=data_root, seed=seed, **sizes)

    (train, test), (again, _), (other, _) = chosen(0), chosen(0), chosen(1)
    assert sorted(train.labels.bincount().tolist()) == [3] * 5 + [4] * 5
    assert test.labels.bincount().tolist() == [2] * 10
    assert torch.equal(train.images, again.images)
    assert not torch.equal(train.images, other.images)
    assert "35 training and 20 test images" in capsys.readouterr().out


def test_built_in_garments_never_pass_for_fashion_mnist(capsys):
    train, test = load_data_fashion_mnist(64, train_size=1000, test_size=300)
    line = capsys.readouterr().out
    assert line.startswith("data: BUILT-IN GARMENTS (not Fashion-MNIST), 1,000 train")
    assert line.count("\n") == 1
    assert train.name == test.name == "BUILT-IN GARMENTS (not Fashion-MNIST)"
    assert test.labels.bincount().tolist() == [30] * 10
    assert train.classes == CLASSES
    seen = {image.numpy().tobytes() for image in train.images}
    assert not any(image.numpy().tobytes() in seen for image in test.images)


def test_everything_happens_on_the_device_that_was_asked_for(data_root, monkeypatch):
    # "meta" has shapes without numbers: the only second device on every machine.
    asked = []

    def chosen_device(device):
        asked.append(device)
        return torch.device("meta")

    monkeypatch.setattr(data, "chosen_device", chosen_device)
    train_iter, _ = load_data_fashion_mnist(64, 32, root=data_root, device="cuda:7")
    X, y = next(iter(train_iter))
    assert asked == ["cuda:7"] and train_iter.images.dtype == torch.uint8
    assert X.shape == (64, 1, 32, 32) and X.device.type == y.device.type == "meta"


def test_the_device_is_try_gpus_unless_told_otherwise(data_root, monkeypatch):
    monkeypatch.setattr(machine, "try_gpu", lambda: torch.device("meta"))
    assert load_data_fashion_mnist(64, root=data_root)[1].device.type == "meta"
    train_iter, _ = load_data_fashion_mnist(64, root=data_root, device="cpu")
    assert train_iter.device.type == "cpu"


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 46.00 MiB."),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("MPS backend out of memory"),
    ],
)
def test_a_full_gpu_is_told_and_nothing_is_held(data_root, monkeypatch, error):
    def full(self, device):
        raise error

    monkeypatch.setattr(torch.Tensor, "to", full)
    with pytest.raises(torch.OutOfMemoryError) as caught:
        load_data_fashion_mnist(64, root=data_root)
    assert str(caught.value) == (
        "out of memory: cpu has no room for 0 MB of pictures and labels. Another "
        "notebook may hold it: choose Kernel → Shut Down All Kernels, and run this one "
        'again; or pass device="cpu".'
    )
    assert caught.value.__context__ is None and caught.value.__cause__ is None


def test_another_error_of_a_device_is_not_called_a_full_memory(data_root, monkeypatch):
    def broken(self, device):
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.Tensor, "to", broken)
    with pytest.raises(RuntimeError, match="device-side assert"):
        load_data_fashion_mnist(64, root=data_root)


@pytest.mark.parametrize("batch_size", [100, 10**6, 10**30, np.int64(100)])
def test_a_batch_may_be_larger_than_the_data(data_root, batch_size):
    _, test_iter = load_data_fashion_mnist(batch_size, root=data_root)
    assert [len(y) for _, y in test_iter] == [100] and len(test_iter) == 1


def test_numpys_whole_numbers_will_do():
    plain = order(numbered(50, batch_size=8, shuffle=True, seed=3))
    n = np.int32
    same = numbered(50, batch_size=n(8), shuffle=True, seed=n(3), resize=[n(9), n(7)])
    assert order(same) == plain and next(iter(same))[0].shape == (8, 1, 9, 7)


@pytest.fixture
def no_seeding_yet(monkeypatch):
    monkeypatch.setattr(seeds, "_latest", None)


def test_one_set_seed_fixes_the_order_of_all_batches(no_seeding_yet):
    one, two = (numbered(50, batch_size=8, shuffle=True, seed=s) for s in (3, 4))
    order(one)  # whatever ran before
    set_seed(7)
    first = [order(one), order(one), order(two)]
    set_seed(7)
    assert first == [order(one), order(one), order(two)]
    assert first[0] == first[2] != first[1]
    fresh = numbered(50, batch_size=8, shuffle=True, seed=7)
    assert order(fresh) == first[0]  # as its own seed would
    set_seed(8)
    assert order(one) != first[0]


def test_an_explicit_seed_holds_until_the_next_set_seed(no_seeding_yet):
    set_seed(7)
    one = numbered(50, batch_size=8, shuffle=True, seed=3)
    own = [order(one), order(one)]
    one.reseed(3)
    assert own == [order(one), order(one)]
    set_seed(7)
    one.reseed(3)
    assert own == [order(one), order(one)]
    set_seed(7)
    assert order(one) not in own


def test_set_seed_leaves_an_order_that_stays(no_seeding_yet):
    batches = numbered(30, batch_size=8)
    set_seed(7)
    assert order(batches) == list(range(30))


BAD = [
    (TypeError, "batch_size", ["8", True, 2.0, None]),
    (ValueError, "batch_size", [0, -5]),
    (TypeError, "resize", ["big", 14.5, [28, "28"], (28, None), {28: 28}]),
    (ValueError, "resize", [0, (1, 2, 3), (28, -1), [], 10**9]),
    (ValueError, "train_size", [0, 10**6]),
    (TypeError, "test_size", [10.0]),
    (ValueError, "seed", [-1, 2**63]),
    (TypeError, "seed", [None, 1.0, "0"]),
    (TypeError, "device", [0, b"cpu", ["cpu"], object()]),
    (ValueError, "device", ["cuda", "cuda:99", "mps", "gpu", "", "cpu:x"]),
    (TypeError, "root", [0]),
    (ValueError, "root", ["a\0b"]),
]


@pytest.mark.parametrize(
    "error, argument, value", [(e, name, v) for e, name, values in BAD for v in values]
)
def test_bad_arguments_are_named(data_root, error, argument, value, monkeypatch):
    if argument == "device" and isinstance(value, str) and value[:4] in ("cuda", "mps"):
        available = torch.cuda.is_available() or torch.backends.mps.is_available()
        if available and value != "cuda:99":
            pytest.skip("this machine has such a device")
    with pytest.raises(error, match=f"^{argument} must be .*; got "):
        load_data_fashion_mnist(**{"batch_size": 8, "root": data_root, argument: value})


PICTURES = torch.zeros(4, 28, 28, dtype=torch.uint8)
BAD_BATCHES = [
    (TypeError, "images", [None, [1], PICTURES.numpy()]),
    (ValueError, "images", [PICTURES.float(), PICTURES[0], PICTURES[:0]]),
    (ValueError, "images", [PICTURES.to_sparse()]),
    (TypeError, "labels", [None, [0, 1, 2, 3]]),
    (ValueError, "labels", [torch.zeros(4), torch.zeros(4, 1).long()]),
    (TypeError, "shuffle", [1, "yes", None]),
    (TypeError, "name", [None, 3]),
    (TypeError, "batch_size", [None]),
    (TypeError, "seed", [None]),
    (ValueError, "resize", [0]),
]


@pytest.mark.parametrize(
    "error, argument, value",
    [(e, name, v) for e, name, values in BAD_BATCHES for v in values],
)
def test_bad_arguments_of_batches_are_named(error, argument, value):
    good = {"images": PICTURES, "labels": torch.arange(4), "batch_size": 2}
    with pytest.raises(error, match=f"^{argument} must be .*; got "):
        Batches(**{**good, argument: value})


def test_as_many_labels_as_images():
    with pytest.raises(ValueError) as caught:
        Batches(PICTURES, torch.arange(3), 2)
    assert str(caught.value) == (
        "images and labels must be as many, on one device; got 4 images on cpu and 3 "
        "labels on cpu"
    )


@pytest.mark.parametrize(
    "error, argument, value",
    [
        (TypeError, "labels", [0, 1]),
        (ValueError, "labels", torch.zeros(3)),
        (TypeError, "size", 2.0),
        (ValueError, "size", 0),
        (ValueError, "size", 31),
        (TypeError, "seed", "0"),
    ],
)
def test_bad_arguments_of_stratified_are_named(error, argument, value):
    good = {"labels": torch.arange(30) % 10, "size": 10, "seed": 0}
    with pytest.raises(error, match=f"^{argument} must be .*; got "):
        stratified(**{**good, argument: value})


@given(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary()
    ),
    st.sampled_from(["batch_size", "resize", "train_size", "test_size", "seed"]),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_any_value_works_or_is_refused_in_words(value, argument):
    arguments = {"batch_size": 64, "root": "built-in", "train_size": 10}
    arguments |= {"test_size": 10, argument: value}
    try:
        for batches in load_data_fashion_mnist(**arguments):
            assert len(batches) >= 1  # iterating would draw up to 4096² pixels
    except (TypeError, ValueError) as error:
        assert str(error).startswith(f"{argument} must be ")
