"""Streams that have no ✓, ○ or →: everything is said, with other marks."""

import io
import os
import subprocess
import sys

import pytest

SCRIPT = """import cnn_course as c
from cnn_course.exercises import EXERCISES, PREDICTIONS
c.check("05.zero-grad", "C")
c.check("05.zero-grad", "A")
c.check("05.zero-grad", ...)
c.check("03.corr2d", lambda X, K: X)
for name in EXERCISES:
    for _ in EXERCISES[name].hints:
        c.hint(name)
for name, guess in PREDICTIONS.items():
    c.predict(name, ...)
    c.predict(name, guess.options[:1] or 3)
c.predictions({name: guess.options[:1] or 4 for name, guess in PREDICTIONS.items()})
c.progress()
c.progress("05")
print("to the end")
"""
WORDS = [
    "+ 05.zero-grad",
    "Right. The gradients are gone",
    "not answered yet.",
    "hint 1 of 2: Say for each line",
    "kept: ",
    "You were asked",
    "exercises of the course are done.",
    "to the end",
]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "ascii"])
def test_a_script_says_everything_in_any_encoding(encoding, tmp_path):
    environment = os.environ | {
        "PYTHONIOENCODING": encoding,
        "PYTHONUTF8": "0",
        "CNN_COURSE_STATE": str(tmp_path),
    }
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    printed = done.stdout.decode(encoding)
    assert [words for words in WORDS if words not in printed] == []


def test_a_stream_in_cp1252_put_in_the_place_of_stdout(monkeypatch, tmp_path):
    raw = io.BytesIO()
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path))
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    exec(SCRIPT, {})
    printed = raw.getvalue().decode("cp1252")
    assert [words for words in WORDS[:-1] if words not in printed] == []
