"""The built-in garments: format, reproducibility, refusals, and how hard they are."""

import pytest
import torch
from torch import nn

from cnn_course.data.garments import CLASSES, draw_garments

UPPER_BODY = {0, 2, 3, 4, 6}  # T-shirt/top, Pullover, Dress, Coat, Shirt


def same(first, second):
    return all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize("n", [1, 7, 1000, 1001, 2500])
def test_shapes_types_and_label_range(n):
    images, labels = draw_garments(n)
    assert images.shape == (n, 28, 28) and images.dtype == torch.uint8
    assert labels.shape == (n,) and labels.dtype == torch.int64
    assert images.device.type == labels.device.type == "cpu"
    assert 0 <= labels.min() and labels.max() < len(CLASSES) == 10


def test_every_thousand_holds_a_hundred_of_each_class_in_mixed_order():
    _, labels = draw_garments(3000, seed=4)
    for thousand in labels.split(1000):
        assert thousand.bincount(minlength=10).tolist() == [100] * 10
        assert len(thousand[:50].unique()) >= 8
    assert not torch.equal(labels[:1000], labels[1000:2000])


def test_bright_garments_on_a_black_background():
    images, labels = draw_garments(2000, seed=2)
    assert images.min() == 0 and images.max() == 255
    garment = images > 12
    for label, name in enumerate(CLASSES):
        share = garment[labels == label].float().mean((1, 2))
        assert 0.04 < share.min() and share.max() < 0.95, name
    # The brightness that networks learn from: 0.29 ± 0.35 in Fashion-MNIST.
    pixels = images / 255
    assert 0.24 < pixels.mean() < 0.34 and 0.30 < pixels.std() < 0.40


def test_no_two_pictures_are_alike():
    images, _ = draw_garments(3000)
    assert len(images.flatten(1).unique(dim=0)) == 3000


def test_same_seed_same_pictures_other_seed_other_pictures():
    first, again, other = (draw_garments(1200, seed) for seed in (5, 5, 6))
    assert same(first, again)
    assert not torch.equal(first[1], other[1])
    assert (first[0] == other[0]).flatten(1).all(1).sum() == 0
    assert same(draw_garments(30), draw_garments(30, seed=0))


def test_seeds_that_agree_in_32_bits_still_differ():
    assert not same(draw_garments(50, seed=1), draw_garments(50, seed=1 + 2**32))


@pytest.mark.parametrize("n", [1, 500, 1000, 1500])
def test_fewer_pictures_are_the_beginning_of_more(n):
    images, labels = draw_garments(3000, seed=3)
    assert same(draw_garments(n, seed=3), (images[:n], labels[:n]))


def test_global_random_state_stays_as_it_is():
    torch.manual_seed(11)
    before = torch.get_rng_state()
    draw_garments(1100, seed=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_global_random_state_and_settings_do_not_matter():
    expected = draw_garments(100, seed=8)
    threads, dtype = torch.get_num_threads(), torch.get_default_dtype()
    device = torch.get_default_device()
    try:
        torch.manual_seed(99)
        torch.set_num_threads(1 if threads > 1 else 2)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")  # stands for a GPU that holds the default
        drawn = draw_garments(100, seed=8)
    finally:
        torch.set_num_threads(threads)
        torch.set_default_dtype(dtype)
        torch.set_default_device(device)
    assert same(expected, drawn)


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"n": 2.5}, TypeError, r"^n must be a whole .* 1,000,000; got 2\.5"),
        ({"n": "10"}, TypeError, r"^n must be a whole .* 1,000,000; got '10'"),
        ({"n": True}, TypeError, r"^n must be a whole .* 1,000,000; got True"),
        ({"n": None}, TypeError, r"^n must be a whole .* 1,000,000; got None"),
        ({"n": 0}, ValueError, r"^n must be a whole .* 1,000,000; got 0"),
        ({"n": -3}, ValueError, r"^n must be a whole .* 1,000,000; got -3"),
        ({"n": 10, "seed": 1.0}, TypeError, r"^seed must be a whole .*; got 1\.0"),
        ({"n": 10, "seed": False}, TypeError, r"^seed must be a whole .*; got False"),
        ({"n": 10, "seed": None}, TypeError, r"^seed must be a whole .*; got None"),
        ({"n": 10, "seed": -1}, ValueError, r"^seed must be a whole .*; got -1"),
    ],
)
def test_bad_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=message):
        draw_garments(**arguments)


def test_a_small_network_learns_them_and_confuses_upper_body_garments():
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 10),
    )
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    X, y = draw_garments(4000, seed=0)
    X = X[:, None] / 255
    for _ in range(6):
        for batch in torch.randperm(len(X)).split(64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(X[batch]), y[batch]).backward()
            optimizer.step()

    X, y = draw_garments(2000, seed=1)
    with torch.no_grad():
        guess = net(X[:, None] / 255).argmax(1)
    accuracy = (guess == y).float().mean()
    assert 0.70 < accuracy < 0.95  # far above chance, 0.1; far from solved

    confusion = torch.zeros(10, 10, dtype=torch.int64)
    confusion.index_put_((y, guess), torch.ones_like(y), accumulate=True)
    pairs = (confusion + confusion.T).triu(1)
    worst = [divmod(cell, 10) for cell in pairs.flatten().topk(3).indices.tolist()]
    assert all(set(pair) <= UPPER_BODY for pair in worst), worst
    upper = sorted(UPPER_BODY)
    assert pairs[upper][:, upper].sum() > 0.6 * pairs.sum()
