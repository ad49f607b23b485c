"""check, hint, predict, predictions, progress: what they say, and what is kept."""

import io
import os
import subprocess
import sys
import warnings

import pytest
import torch

from cnn_course import check, hint, predict, predictions, progress
from cnn_course.exercises import EXERCISES, PREDICTIONS, calls
from cnn_course.exercises.engine import store
from cnn_course.files import cache_folder


@pytest.fixture
def state(monkeypatch, tmp_path):
    """A folder of its own for the record; gives the file."""
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path / "mein Fortschritt"))
    monkeypatch.setattr(store, "_unwritten", [])
    monkeypatch.setattr(calls, "_last", {})
    return tmp_path / "mein Fortschritt" / store.NAME


FIRST = "03.fc-params"
RIGHT = EXERCISES[FIRST].right
GUESS = next(name for name, guess in PREDICTIONS.items() if not guess.options)


def test_only_a_right_answer_of_ones_own_is_kept_and_once(state, capsys):
    check(FIRST, ...)
    check(FIRST, object())
    check(FIRST, RIGHT, keep=False)
    assert not state.exists()
    check(FIRST, RIGHT)
    check(FIRST, RIGHT)
    assert state.read_text().split("\n\n") == [f'\n{{"id": "{FIRST}"}}\n']
    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines] == ["○", "✗", "✓", "✓", "✓"]
    assert EXERCISES[FIRST].because not in lines[2]  # a folded solution tells nothing
    assert EXERCISES[FIRST].because in lines[3]


def test_an_unknown_name_is_an_error_that_names_the_nearest():
    with pytest.raises(ValueError, match=r"^exercise .* such as '03.fc-params'; got"):
        check("03.fc-parms", 3)
    with pytest.raises(ValueError, match=r"^name must be .*; got 3"):
        predict(3, 3)


def test_hints_come_one_after_the_other(state, capsys):
    with pytest.raises(ValueError, match="Which exercise"):
        hint()
    check(FIRST, ...)
    for _ in range(len(EXERCISES[FIRST].hints) + 1):
        hint()
    hint("03.corr2d")
    out = capsys.readouterr().out.splitlines()[1:]
    hints = EXERCISES[FIRST].hints
    assert all(text in line for text, line in zip(hints, out, strict=False))
    assert out[-2] == out[-3] and out[-2].endswith("(That was the last one.)")
    assert "03.corr2d · hint 1 of" in out[-1]


def test_the_first_prediction_stays_until_it_is_forgotten(state, capsys):
    for value in (..., "x", [1], 5, 7, 5):
        predict(GUESS, value)
    out = capsys.readouterr().out.splitlines()
    assert "not predicted yet" in out[0]
    assert "Nothing was kept" in out[1] and "Nothing was kept" in out[2]
    assert "kept: 5" in out[3] and "stays: 5" in out[4] and "kept: 5" in out[5]
    assert store.summary() == (set(), {GUESS: 5})
    progress(forget=GUESS[:2])
    assert store.summary() == (set(), {})
    predict(GUESS, 7)
    assert store.summary()[1] == {GUESS: 7}


def test_predictions_are_compared_with_what_came_out(state, capsys):
    predict(GUESS, 5)
    predictions({GUESS: torch.tensor(33)})
    head, row = capsys.readouterr().out.splitlines()[1:]
    assert head.split("  ")[0] == "You were asked"
    assert "too small" in row and PREDICTIONS[GUESS].asks in row
    with pytest.raises(ValueError, match=f"outcomes..{GUESS}..: 'x' is a text"):
        predictions({GUESS: "x"})


def test_progress_counts(state, capsys):
    check(FIRST, RIGHT)
    predict(GUESS, 5)
    capsys.readouterr()
    progress()
    *_, total = capsys.readouterr().out.splitlines()
    assert total == f"1 of {len(EXERCISES)} exercises of the course are done."
    progress(FIRST[:2])
    out = capsys.readouterr().out
    assert f"✓  {FIRST}" in out and "○  " in out
    with pytest.raises(ValueError, match=r"notebook must be one of '01', .*; got 3"):
        progress(3)


def test_a_damaged_record_loses_only_what_is_damaged(state, capsys):
    check(FIRST, RIGHT)
    with open(state, "ab") as file:
        file.write(b'\n\xff\xfe garbage\n[1]\n{"id": 5}\n{"forget": 3}\n{"id": "03.f')
    check("03.conv-params", 280)
    assert store.summary()[0] == {FIRST, "03.conv-params"}


def test_processes_that_write_at_once_lose_nothing(state):
    script = "import sys; from cnn_course.exercises.engine import store\n"
    script += "for i in range(50): store.add(id=f'{sys.argv[1]}.{i}')"
    command = [sys.executable, "-c", script]
    running = [subprocess.Popen([*command, str(i)]) for i in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert len(store.summary()[0]) == 2 * 50


def no_home_folder(monkeypatch, tmp_path):
    for variable in ("CNN_COURSE_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    with pytest.raises(OSError, match="there is no home folder"):
        cache_folder()  # what data/test_fashion_mnist.py pretends
    return r"~ \(there is no home folder\)"


def a_file_in_the_way(monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path / "file" / "inside"))
    return str(tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="a user of Windows has a home folder")
@pytest.mark.parametrize("trouble", [no_home_folder, a_file_in_the_way])
def test_nowhere_to_write_is_said_once_and_progress_lasts_as_long_as_the_kernel(
    state, monkeypatch, tmp_path, trouble
):
    place = trouble(monkeypatch, tmp_path)
    words = f"Your progress cannot be kept in {place}.*, only until this kernel ends. "
    with pytest.warns(UserWarning, match=f"{words}.* set CNN_COURSE_STATE"):
        check(FIRST, RIGHT)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check("03.conv-params", 280)
    assert store.summary()[0] == {FIRST, "03.conv-params"}


def test_a_stream_that_has_no_signs_for_it_gets_others(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(calls, "_last", {})  # the first hint first
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp1252"))
    check("05.zero-grad", "C", keep=False)
    check("05.zero-grad", ...)
    hint()
    progress()
    sys.stdout.flush()
    printed = raw.getvalue().decode("cp1252")
    for words in ("+ 05.zero-grad", "o 05.zero-grad", "> 05.zero-grad", "are done."):
        assert words in printed
