"""The recorded study: what a run measures, how it goes on, what is told of it."""

import statistics
from pathlib import Path

import pytest
import torch
from torch import nn

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


def test_a_row_names_the_data_and_the_last_has_shifted_accuracies(small):
    rows = study.run("LeNet", 1)
    assert rows[0]["data"] == "Fashion-MNIST" and rows[0]["train_size"] == 100
    assert rows[0]["shifted_2"] == "" and 0 <= rows[1]["shifted_2"] <= 1


def test_the_committed_study_is_complete_and_on_the_real_data():
    rows = read_rows("05_lenet.csv")
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    assert {row["train_size"] for row in rows} == {60_000}
    order = [(seed, arm) for seed in range(5) for arm in study.ARMS]
    expected = [(seed, arm, epoch) for seed, arm in order for epoch in range(1, 11)]
    assert [(r["seed"], r["arm"], r["epoch"]) for r in rows] == expected


def test_what_is_told_is_what_the_study_found():
    text = " ".join(TOLD.read_text(encoding="utf-8").split())
    for arm in study.ARMS:
        rows = read_rows("05_lenet.csv")
        last = [row for row in rows if row["arm"] == arm and row["epoch"] == 10]
        for measure in ("test_acc", "shifted_2"):
            values = [row[measure] for row in last]
            mean, spread = statistics.mean(values), statistics.stdev(values)
            assert f"{mean:.3f} ± {spread:.3f}" in text, (arm, measure)
