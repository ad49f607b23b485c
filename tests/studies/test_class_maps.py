"""The NiN that comes with the course: how it was made, and what its maps find."""

import re

import nbformat

from cnn_course.files import NOTEBOOKS
from cnn_course.studies import class_maps as study
from cnn_course.studies import read_rows


def test_a_training_has_a_row_an_epoch_and_never_sees_the_test_set(
    monkeypatch, data_root
):
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    small = dict(batch_size=20, side=40, resize=67, held_out=50)
    monkeypatch.setattr(study, "PROTOCOL", small)
    _, rows = study.trained(0.01, 20, 2)
    assert [row["epoch"] for row in rows] == [1, 2] and "test_acc" not in rows[0]
    assert 0 <= rows[1]["held_out_acc"] <= 1 and rows[0]["train_size"] == 20


def test_the_kept_network_has_the_best_rate_and_the_notebook_says_how_it_was_made():
    rows = read_rows("08_rates.csv")
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    last = {}
    for row in rows:
        last[row["train_size"], row["lr"]] = row["held_out_acc"]
    short = {lr: last.pop((10_000, lr)) for lr in study.RATES}
    best = max(short, key=short.get)
    assert list(last) == [(50_000, best)] and len(short) == 3
    text = nbformat.read(NOTEBOOKS / "08_nin.ipynb", as_version=4)
    text = " ".join(cell.source for cell in text.cells)
    assert re.search("50,000 sheets, 10 epochs.*three on 10,000 held-out", text)
    assert f"lr={best:g}" in text and study.LONG["epochs"] == 10
    assert study.PROTOCOL["held_out"] == 10_000
