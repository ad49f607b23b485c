"""Streams that have no ✓, ○ or →: everything is said, with other marks."""

import io
import sys

import pytest

import cnn_course as c
from cnn_course.exercises import EXERCISES, PREDICTIONS, calls

WORDS = [
    "+ 05.zero-grad",
    "Right. The gradients are gone",
    "not answered yet.",
    "hint 1 of 2: Say for each line",
    "kept: ",
    "You were asked",
    "exercises of the course are done.",
]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_everything_is_said_in_any_encoding(encoding, monkeypatch, tmp_path):
    raw = io.BytesIO()
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path))
    monkeypatch.setattr(calls, "_last", {})  # the first hint first
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=encoding))
    for answer in ("C", "A", ...):
        c.check("05.zero-grad", answer)
    c.check("03.corr2d", lambda X, K: X)
    for name, exercise in EXERCISES.items():
        for _ in exercise.hints:
            c.hint(name)
    for name, guess in PREDICTIONS.items():
        c.predict(name, ...)
        c.predict(name, guess.options[:1] or 3)
    c.predictions({name: guess.options[:1] or 4 for name, guess in PREDICTIONS.items()})
    c.progress()
    c.progress("05")
    sys.stdout.flush()
    printed = raw.getvalue().decode(encoding)
    assert [words for words in WORDS if words not in printed] == []
