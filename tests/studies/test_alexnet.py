"""The recorded study: what a run measures, and what was chosen."""

import torch
from torch import nn

from cnn_course.networks import alexnet, count_parameters
from cnn_course.studies import alexnet as study
from cnn_course.studies.results import FOLDER, read_rows


def test_the_narrow_network_is_alexnet_with_an_eighth_of_everything():
    narrow, wide = study.narrow_alexnet(nn.ReLU, 0.5), alexnet(side=67)
    assert list(map(type, narrow)) == list(map(type, wide))
    for small, large in zip(narrow, wide, strict=True):
        if isinstance(small, nn.Conv2d):
            assert small.out_channels * 8 == large.out_channels
    assert narrow(torch.zeros(2, 1, 67, 67)).shape == (2, 10)
    assert round(60_965_224 / count_parameters(narrow)) == 177  # notebook 06 tells so


def test_a_run_looks_at_the_test_set_at_its_end_only(small):
    first, last = study.rows("ReLU + both", "moved by 5", 0.001, seed=0)
    assert "train_acc_in_use" not in first and 0 <= last["train_acc_in_use"] <= 1
    assert "test_acc" not in first and 0 <= last["test_acc"] <= 1
    _, last = study.rows("ReLU", "as they are", 0.001, seed=100)
    assert "test_acc" not in last and 0 <= last["held_out_acc"] <= 1


def test_all_was_chosen_by_held_out_pictures():
    rows = read_rows("06_rates.csv")
    assert {row["seed"] for row in rows} == {100} and "test_acc" not in rows[0]
    tried, told = {}, (FOLDER / "README.md").read_text(encoding="utf-8")
    for row in rows:
        if row["epoch"] == study.EPOCHS:
            assert f"{row['held_out_acc']:.3f}" in told, row
            key = row["arm"], row["pictures"], row["lr"]
            tried[key] = row["held_out_acc"]
    rates, rate = (0.0005, 0.001, 0.002, 0.004), study.ARMS[1]["lr"]
    expected = []
    for arm, pictures, lr in map(dict.values, study.ARMS):
        these = [(arm, pictures, rate) for rate in rates]
        assert max(these, key=tried.get) == (arm, pictures, lr)
        expected += these
    changes = [("ReLU + augmentation", each, rate) for each in study.CHANGES]
    changes = changes[1:]  # the first one changes nothing
    assert max(changes, key=tried.get)[1] == study.ARMS[3]["pictures"]
    assert set(tried) == {*expected, *changes}
