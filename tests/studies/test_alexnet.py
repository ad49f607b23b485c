"""The recorded study: what a run measures, what was chosen, what is told of it."""

import statistics
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_course.networks import alexnet, count_parameters
from cnn_course.studies import alexnet as study
from cnn_course.studies.results import read_rows

TOLD = Path(__file__).parents[2] / "notebooks" / "results" / "README.md"


def test_the_narrow_network_is_alexnet_with_an_eighth_of_everything():
    narrow, wide = study.narrow_alexnet(nn.ReLU, 0.5), alexnet(side=67)
    assert list(map(type, narrow)) == list(map(type, wide))
    for small, large in zip(narrow, wide, strict=True):
        if isinstance(small, nn.Conv2d):
            assert small.out_channels * 8 == large.out_channels
            assert small.kernel_size == large.kernel_size
            assert (small.stride, small.padding) == (large.stride, large.padding)
    assert narrow(torch.zeros(2, 1, 67, 67)).shape == (2, 10)
    assert round(60_965_224 / count_parameters(narrow)) == 177  # notebook 06 tells so


def test_pictures_are_mirrored_one_by_one():
    torch.manual_seed(0)
    X = torch.arange(4.0).view(1, 1, 2, 2).repeat(200, 1, 1, 1)
    changed = study.Moved([(X, torch.zeros(200))], 0, mirrored=True)
    ((Y, _),) = changed
    mirrored = (Y == X.flip(-1)).flatten(1).all(1)
    assert 60 < mirrored.sum() < 140 and Y[~mirrored].equal(X[~mirrored])
    assert len(changed) == 1


@pytest.mark.parametrize("test", [True, False])
def test_a_run_looks_at_the_test_set_at_its_end_only(monkeypatch, data_root, test):
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    small = dict(side=67, train_size=20, held_out=20, batch_size=10)
    monkeypatch.setattr(study, "PROTOCOL", small)
    monkeypatch.setattr(study, "EPOCHS", 2)
    first, last = study.run("ReLU + both", "moved by 5", 0.001, 0, test=test)
    assert first["train_acc_in_use"] == "" and 0 <= last["train_acc_in_use"] <= 1
    assert [row.get("test_acc", "none") == "" for row in (first, last)] == [test, False]
    assert ("test_acc" in last) is test and 0 <= last["held_out_acc"] <= 1


def test_the_committed_study_is_complete_and_on_the_real_data():
    rows = read_rows(study.RESULTS)
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    for name, value in study.PROTOCOL.items():
        assert {row[name] for row in rows} == {value}
    epochs = range(1, study.EPOCHS + 1)
    expected = {(s, arm, e) for s in range(5) for arm in study.ARMS for e in epochs}
    assert {(r["seed"], r["arm"], r["epoch"]) for r in rows} == expected
    assert len(rows) == len(expected)
    change = study.chosen_change()
    for row in rows:
        changed = study.ARMS[row["arm"]][2]
        assert row["pictures"] == (change if changed else study.AS_THEY_ARE)
        assert row["lr"] == study.chosen_rate(row["arm"])
        assert (row["test_acc"] is None) is (row["epoch"] < study.EPOCHS)


def test_nothing_was_chosen_by_test_pictures():
    rows = read_rows(study.CHOICE)
    assert {row["seed"] for row in rows} == {100} and "test_acc" not in rows[0]
    tried = {(row["arm"], row["pictures"], row["lr"]) for row in rows}
    change, rate = study.chosen_change(), study.chosen_rate("ReLU")
    expected = {("ReLU + augmentation", each, rate) for each in study.CHANGES}
    for arm, (*_, changed) in study.ARMS.items():
        pictures = change if changed else study.AS_THEY_ARE
        expected |= {(arm, pictures, lr) for lr in study.RATES}
    assert tried == expected


def test_what_is_told_is_what_the_study_found():
    text = " ".join(TOLD.read_text(encoding="utf-8").split())
    last = [row for row in read_rows(study.RESULTS) if row["epoch"] == study.EPOCHS]
    for arm in study.ARMS:
        rows = [row for row in last if row["arm"] == arm]
        told = [arm]
        for measure in ("train_acc_in_use", "test_acc"):
            values = [row[measure] for row in rows]
            told += [f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}"]
        assert "| " + " | ".join(told) + " |" in text, told
    for row in read_rows(study.CHOICE):
        if row["epoch"] == study.EPOCHS:
            assert f"{row['held_out_acc']:.3f}" in text, row
