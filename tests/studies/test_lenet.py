"""The recorded study: what a run measures, how it goes on, what README says of it."""

import re
import statistics
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_course.studies import lenet as study
from cnn_course.studies.results import read_rows

README = Path(__file__).parents[2] / "README.md"
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


@pytest.fixture
def small(monkeypatch, data_root):
    """A study of seconds, on the crafted files."""
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    protocol = dict(train_size=100, test_size=50, batch_size=20, lr=0.01)
    monkeypatch.setattr(study, "PROTOCOL", protocol)
    monkeypatch.setattr(study, "EPOCHS", 2)


def runs(path):
    return [(r["arm"], r["seed"], r["epoch"]) for r in read_rows(path)]


def test_half_a_run_is_no_result(small, tmp_path, interrupt_second_training):
    out = tmp_path / "out.csv"
    interrupt_second_training(study)
    with pytest.raises(KeyboardInterrupt):
        study.main(["--seeds", "2", "--out", str(out)])
    assert len(runs(out)) == 2  # both epochs of the first run
    study.main(["--seeds", "2", "--out", str(out)])
    assert len(runs(out)) == 4 * 2


def test_a_study_goes_on_where_it_was_interrupted(small, tmp_path, monkeypatch):
    out, whole = tmp_path / "out.csv", tmp_path / "whole.csv"
    study.main(["--seeds", "2", "--out", str(whole)])
    run, started = study.run, []

    def interrupted(arm, seed):
        started.append((arm, seed))
        if len(started) == 3:
            raise KeyboardInterrupt
        return run(arm, seed)

    monkeypatch.setattr(study, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        study.main(["--seeds", "2", "--out", str(out)])
    assert len(runs(out)) == 2 * 2
    study.main(["--seeds", "2", "--out", str(out)])
    assert len(started) == 2 + 1 + 2  # the two finished runs were not done again
    assert runs(out) == runs(whole)
    assert [a for a in study.ARMS for _ in range(2)] == [r[0] for r in runs(out)[:4]]
    one, two = read_rows(out), read_rows(whole)
    assert [row["loss"] for row in one] == [row["loss"] for row in two]
    assert [row["shifted_2"] for row in one] == [row["shifted_2"] for row in two]
    assert not list(tmp_path.glob("*.part*"))


def test_a_row_names_data_machine_versions_and_date(small, tmp_path):
    rows = study.run("LeNet", 1)
    assert rows[0]["data"] == "Fashion-MNIST" and rows[0]["train_size"] == 100
    assert rows[0]["torch"] == torch.__version__ and rows[0]["machine"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", rows[0]["date"])
    assert rows[0]["shifted_2"] == "" and 0 <= rows[1]["shifted_2"] <= 1


def test_the_built_in_garments_are_not_recorded(tmp_path):
    with pytest.raises(SystemExit, match="needs the real Fashion-MNIST"):
        study.main(["--out", str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


def test_the_committed_study_is_complete_and_on_the_real_data():
    rows = read_rows("05_lenet.csv")
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    assert {row["train_size"] for row in rows} == {60_000}
    expected = [
        (arm, seed, epoch)
        for seed in range(5)
        for arm in study.ARMS
        for epoch in range(1, study.EPOCHS + 1)
    ]
    assert [(r["arm"], r["seed"], r["epoch"]) for r in rows] == expected


def test_readme_says_what_the_study_found():
    text = " ".join(README.read_text(encoding="utf-8").split())
    for arm in study.ARMS:
        rows = read_rows("05_lenet.csv")
        last = [row for row in rows if row["arm"] == arm and row["epoch"] == 10]
        for measure in ("test_acc", "shifted_2"):
            values = [row[measure] for row in last]
            mean, spread = statistics.mean(values), statistics.stdev(values)
            assert f"{mean:.3f} ± {spread:.3f}" in text, (arm, measure)
