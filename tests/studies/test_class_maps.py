"""The NiN that comes with the course: how it was made, and what its maps find."""

import re

import nbformat

from cnn_course.files import NOTEBOOKS
from cnn_course.studies import class_maps as study
from cnn_course.studies import read_rows


def test_the_kept_network_has_the_best_rate_and_the_notebook_says_how_it_was_made():
    rows = read_rows("08_rates.csv")
    assert {row["data"] for row in rows} == {"Fashion-MNIST"}
    assert "test_acc" not in rows[0]
    last = {}
    for row in rows:
        last[row["lr"], row["train_size"], row["epochs"]] = row["held_out_acc"]
    *short, long = (tuple(arm.values()) for arm in study.ARMS)
    assert set(last) == {*short, long} and long[1:] == (50_000, 10)
    assert max(short, key=last.get)[0] == long[0]
    text = nbformat.read(NOTEBOOKS / "08_nin.ipynb", as_version=4)
    text = " ".join(cell.source for cell in text.cells)
    assert re.search("50,000 sheets, 10 epochs.*three on 10,000 held-out", text)
    assert f"lr={long[0]:g}" in text and study.PROTOCOL["held_out"] == 10_000
