"""The recorded study: what a run measures, how it goes on, what is told of it."""

import statistics
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_course.data import load_data_fashion_mnist
from cnn_course.networks import TRAINED_LENET, lenet, trained_lenet
from cnn_course.studies import lenet as study
from cnn_course.studies.results import read_rows

TOLD = Path(__file__).parents[2] / "notebooks" / "results" / "README.md"
X = torch.arange(1.0, 10.0).view(1, 1, 3, 3)
Y = torch.tensor([0])


@pytest.mark.parametrize(
    "move, expected",
    [
        ((1, 0), [[0, 1, 2], [0, 4, 5], [0, 7, 8]]),
        ((-1, 0), [[2, 3, 0], [5, 6, 0], [8, 9, 0]]),
        ((0, 2), [[0, 0, 0], [0, 0, 0], [1, 2, 3]]),
        ((0, -1), [[4, 5, 6], [7, 8, 9], [0, 0, 0]]),
    ],
)
def test_pictures_move_and_black_comes_in(move, expected):
    ((moved, labels),) = study.shifted([(X, Y)], *move)
    assert moved[0, 0].tolist() == expected and labels is Y


def test_shifted_accuracy_is_the_mean_of_four_directions():
    # Class 1 if the lower right pixel is bright: so after moving right or down only.
    picture = torch.zeros(1, 1, 3, 3)
    picture[..., 2, 1] = picture[..., 1, 2] = 1
    net = nn.Sequential(nn.Flatten(), nn.Linear(9, 2, bias=False))
    nn.init.zeros_(net[1].weight)
    net[1].weight.data[1, 8] = 1
    assert study.shifted_accuracy(net, [(picture, torch.tensor([1]))], 1) == 0.5
    assert study.shifted_accuracy(net, [(picture, torch.tensor([1]))], 2) == 0


def test_moved_pictures_are_whole_and_at_most_so_far_from_their_place():
    dot = torch.zeros(500, 1, 7, 7)
    dot[:, :, 3, 3] = 1
    ((moved, labels),) = study.Moved([(dot, Y)], 2)
    assert labels is Y and moved.shape == dot.shape
    assert torch.equal(moved.sum((2, 3)), torch.ones(500, 1))
    rows, columns = moved[:, 0].nonzero()[:, 1:].T
    for places in (rows, columns):
        assert places.unique().tolist() == [1, 2, 3, 4, 5]
    assert (rows != columns).any() and len(study.Moved([1, 2], 2)) == 2


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
    first, last = study.run("LeNet", "moved at random", 0.01, 1)
    assert first["data"] == "Fashion-MNIST" and first["train_size"] == 100
    assert first["test_acc"] == first["shifted_2"] == "" and 0 <= first["held_out_acc"]
    assert 0 <= last["test_acc"] <= 1 and 0 <= last["shifted_2"] <= 1
    assert len(looks) == 1 + 4 * len(study.SHIFTS)
    assert study.run("LeNet", "pixels shuffled", 0.01, 1)[1]["shifted_2"] == ""
    looks.clear()
    assert "test_acc" not in study.run("LeNet", "as they are", 0.01, 1, test=False)[1]
    assert looks == []


def test_the_committed_study_is_complete_and_on_the_real_data():
    rows = read_rows("05_lenet.csv")
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    assert {(row["train_size"], row["held_out"]) for row in rows} == {(60_000, 10_000)}
    found = {(r["seed"], r["network"], r["pictures"], r["epoch"]) for r in rows}
    arms = {(seed, *arm) for seed in range(5) for arm in study.ARMS}
    assert found == {(*arm, epoch) for arm in arms for epoch in range(1, 26)}
    assert len(rows) == len(found)


def test_every_arm_has_the_rate_that_was_best_on_held_out_pictures():
    tried = read_rows("05_rates.csv")
    found = {(r["network"], r["lr"], r["epoch"]) for r in tried}
    assert len(tried) == len(found) == len(study.NETWORKS) * len(study.RATES) * 25
    assert {row["seed"] for row in tried}.isdisjoint(range(5))
    for row in read_rows("05_lenet.csv"):
        assert row["lr"] == study.chosen_rate(row["network"])


def test_what_is_told_is_what_the_study_found():
    text = " ".join(TOLD.read_text(encoding="utf-8").split())
    rows = [row for row in read_rows("05_lenet.csv") if row["epoch"] == 25]
    for network, pictures in study.ARMS:
        mine = [r for r in rows if (r["network"], r["pictures"]) == (network, pictures)]
        cells = [network, pictures, f"{mine[0]['lr']}"]
        for measure in ("test_acc", "shifted_2"):
            values = [row[measure] for row in mine]
            told = "–"
            if None not in values:
                mean, spread = statistics.mean(values), statistics.stdev(values)
                told = f"{mean:.3f} ± {spread:.3f}"
            cells.append(told)
        assert f"| {' | '.join(cells)} |" in text, (network, pictures)


def test_the_trained_lenet_is_the_studys_and_comes_with_the_course():
    net = trained_lenet()
    assert not net.training and TRAINED_LENET.stat().st_size < 300_000
    shapes = {name: w.shape for name, w in lenet().state_dict().items()}
    assert {name: w.shape for name, w in net.state_dict().items()} == shapes
