"""The steps to a good network: what a run measures, and how things were chosen."""

import ast
from pathlib import Path
from statistics import mean, stdev

import pytest
import torch
from notebook_code import source_of, statements
from torch import nn

from cnn_course.networks import count_parameters, modern_lenet
from cnn_course.studies import good_network as study
from cnn_course.studies.results import FOLDER, mean_interval, read_rows


def best(step, setting):
    """Return what of a setting had the best held-out accuracy after the last epoch."""
    rows = read_rows("good_network_rates.csv")
    rows = [r for r in rows if r["step"] == step and r["epoch"] == study.EPOCHS]
    assert len(rows) > 1 and all(row["seed"] >= study.CHOOSING for row in rows)
    return max(rows, key=lambda row: row["held_out_acc"])[setting]


def test_rates_and_shifts_are_the_best_on_held_out_pictures():
    chosen = {arm["step"]: arm for arm in study.ARMS}
    for step in ("batch normalisation", "1×1 shortcut", "rate rises and falls"):
        assert chosen[step]["lr"] == best(step, "lr")
    for step in ("shifts and flips", "wider and deeper", "1×1 shortcut"):
        assert chosen[step]["lr"] == chosen["batch normalisation"]["lr"]
        assert chosen[step]["pixels"] == best("shifts and flips", "pixels")


def test_every_run_is_whole_and_saw_the_test_pictures_once():
    rows = read_rows("10_good_network.csv")
    for arm in study.ARMS:
        for seed in range(5):
            run = [r for r in rows if (arm | dict(seed=seed)).items() <= r.items()]
            assert [r["epoch"] for r in run] == list(range(1, study.EPOCHS + 1))
            tested = [r["test_acc"] is not None for r in run]
            assert tested == [False] * (study.EPOCHS - 1) + [True]
    assert len(rows) == len(study.ARMS) * 5 * study.EPOCHS


def test_the_test_set_is_looked_at_once_at_the_end_of_a_run(small, monkeypatch):
    looks, evaluate = [], study.evaluate
    monkeypatch.setattr(study, "evaluate", lambda *a: looks.append(a) or evaluate(*a))
    for arm in study.ARMS:
        first, last = study.rows(**arm, seed=1)
        assert "test_acc" not in first and 0 <= last["test_acc"] <= 1
    assert len(looks) == len(study.ARMS)
    assert "test_acc" not in study.rows(**study.ARMS[-1], seed=study.CHOOSING)[-1]


def test_only_the_shortcut_is_added_in_its_step():
    plain, whole = study.good_network(shortcut=False), study.good_network()
    added = count_parameters(whole) - count_parameters(plain)
    assert added == 16 * 32 + 2 * 32 and count_parameters(whole) == 204_570
    assert 3 < count_parameters(plain) / count_parameters(modern_lenet()) < 3.5
    normed = study.normed(modern_lenet())
    kinds = [type(layer) for layer in normed]
    assert kinds.count(nn.BatchNorm2d) == kinds.count(nn.BatchNorm1d) == 2
    for net in (plain, whole, normed):
        assert net(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_the_rate_rises_and_falls_once():
    weight = nn.Parameter(torch.ones(1))
    optimizer = torch.optim.Adam([weight])
    study.rise_and_fall(optimizer, 0.1, 100)
    rates = []
    for _ in range(100):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
    top = rates.index(max(rates))
    assert 20 < top < 40 and 0.099 < rates[top] <= 0.1 and rates[-1] < 0.001
    assert sorted(rates[: top + 1]) == rates[: top + 1]
    assert sorted(rates[top:], reverse=True) == rates[top:]


@pytest.mark.parametrize("name", ["conv", "good_network", "rise_and_fall"])
def test_the_notebook_shows_what_the_study_runs(name):
    tree = ast.parse(Path(study.__file__).read_text(encoding="utf-8"))
    notebook = statements("10_clinic.ipynb")
    assert source_of(notebook, name) == source_of(tree.body, name)


def test_what_the_page_of_results_tells():
    told = (FOLDER / "README.md").read_text(encoding="utf-8").replace("−", "-")
    rows = read_rows("10_good_network.csv")
    last = [row for row in rows if row["epoch"] == study.EPOCHS]
    before = None
    for arm in study.ARMS:
        runs = [row for row in last if row["step"] == arm["step"]]
        columns = "train_acc", "held_out_acc", "test_acc"
        train, held_out, test = ([run[key] for run in runs] for key in columns)
        line = f"| {arm['step']} | {arm['lr']} | {mean(train):.3f} | "
        line += f"{mean(held_out):.4f} | {mean(test):.4f} ± {stdev(test):.4f} | "
        gain = "–"
        if before:
            gains = [100 * (b - a) for a, b in zip(before, test, strict=True)]
            gain = "{:+.2f} ± {:.2f}".format(*mean_interval(gains))
        assert f"{line}{gain} |" in told
        before = test
    rates = read_rows("good_network_rates.csv")
    for row in rates:
        if row["epoch"] == study.EPOCHS:
            assert f" {row['held_out_acc']:.3f}" in told
