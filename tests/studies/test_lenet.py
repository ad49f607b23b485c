"""The recorded study: what a run measures, and how rates were chosen."""

import pytest
import torch
from torch import nn

from cnn_course.data import load_data_fashion_mnist
from cnn_course.networks import TRAINED_LENET, trained_lenet
from cnn_course.studies import lenet as study
from cnn_course.studies.results import read_rows

Y = torch.tensor([0])


@pytest.mark.parametrize("mirrored", [False, True])
def test_moved_pictures_are_whole_and_at_most_so_far_from_their_place(mirrored):
    dot = torch.zeros(500, 1, 7, 7)
    dot[:, :, 3, 3:6] = torch.tensor([1.0, 2, 3])
    moved = study.Moved([(dot, Y)], 1, mirrored)
    ((X, labels),) = moved
    assert labels is Y and X.shape == dot.shape and len(moved) == 1
    assert torch.equal(X.sum((2, 3)), torch.full((500, 1), 6.0))
    rows, columns = (X[:, 0] == 2).nonzero()[:, 1:].T
    assert rows.unique().tolist() == [2, 3, 4] and (rows != columns).any()
    assert columns.unique().tolist() == ([1, 2, 3, 4, 5] if mirrored else [3, 4, 5])
    turned = (X.diff(dim=-1)[:, 0] == -1).any(dim=(1, 2)).sum()  # 3, 2, 1
    assert 200 < turned < 300 if mirrored else turned == 0


def test_shifted_accuracy_is_the_mean_of_four_directions():
    # Class 1 if the lower right pixel is bright: so after moving right or down only.
    picture = torch.zeros(1, 1, 3, 3)
    picture[..., 2, 1] = picture[..., 1, 2] = 1
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 2, bias=False))
    nn.init.zeros_(net[1].weight)
    net[1].weight.data[1, 8] = 1
    assert study.shifted_accuracy(net, [(picture, torch.tensor([1]))], 1) == 0.5
    assert study.shifted_accuracy(net, [(picture, torch.tensor([1]))], 2) == 0


def test_shuffled_pixels_are_the_same_ones_in_one_order_for_all(data_root):
    data, _ = load_data_fashion_mnist(10, train_size=30, root=data_root)
    data.shuffle = False
    mixed, again, other = (study.shuffle_pixels(data, seed) for seed in (1, 1, 2))
    assert torch.equal(mixed.images, again.images)
    assert not torch.equal(mixed.images, other.images)
    order = torch.randperm(28 * 28, generator=torch.Generator().manual_seed(1))
    assert torch.equal(mixed.images.flatten(1), data.images.flatten(1)[:, order])
    assert torch.equal(mixed.labels, data.labels)


def test_the_test_set_is_looked_at_once_at_the_end_of_a_run(small, monkeypatch):
    looks = []
    evaluate = study.evaluate
    monkeypatch.setattr(study, "evaluate", lambda *a: looks.append(a) or evaluate(*a))
    first, last = study.rows("LeNet", "moved at random", 0.01, 1)
    assert "test_acc" not in first and 0 <= first["held_out_acc"] <= 1
    assert 0 <= last["test_acc"] <= 1 and 0 <= last["shifted_2"] <= 1
    assert len(looks) == 1 + 4 * len(study.SHIFTS)
    assert "shifted_2" not in study.rows("LeNet", "pixels shuffled", 0.01, 1)[1]
    looks.clear()
    assert "test_acc" not in study.rows("LeNet", "as they are", 0.01, 100)[1]
    assert looks == []


def test_every_arm_has_the_rate_that_was_best_on_held_out_pictures():
    tried = read_rows("05_rates.csv")
    assert {row["seed"] for row in tried} == {100} and "test_acc" not in tried[0]
    assert {row["pictures"] for row in tried} == {"as they are"}
    chosen_rates = {arm["network"]: arm["lr"] for arm in study.ARMS}
    assert chosen_rates.keys() == study.NETWORKS.keys()
    for network, chosen in chosen_rates.items():
        last = [r for r in tried if (r["network"], r["epoch"]) == (network, 25)]
        assert sorted(row["lr"] for row in last) == [0.001, 0.002, 0.005, 0.01]
        assert max(last, key=lambda row: row["held_out_acc"])["lr"] == chosen


def test_the_trained_lenet_is_the_studys_and_comes_with_the_course():
    net = trained_lenet()
    assert not net.training and TRAINED_LENET.stat().st_size < 300_000
