"""Raw results: numbers come back as numbers, files grow by whole runs or not at all."""

import itertools
import math
import os
import statistics

import pytest

from cnn_course import History
from cnn_course.studies import alexnet, lenet, mean_interval, read_rows, results
from cnn_course.studies.results import FOLDER, append_rows, epoch_rows


def test_a_field_is_a_number_nothing_or_text(tmp_path):
    path = tmp_path / "some.csv"
    fields = "3,0.25,1e-05,,c0 c3,2026-11-23,2.15.0+cu132"
    path.write_text(f"a,b,c,d,e,f,g\n{fields}\n", encoding="utf-8")
    (row,) = read_rows(path)
    values = [3, 0.25, 1e-05, None, "c0 c3", "2026-11-23", "2.15.0+cu132"]
    assert row == dict(zip("abcdefg", values, strict=True))
    assert [type(value) for value in row.values()] == [type(value) for value in values]


ROWS = [
    {"arm": "1×1, twice", "seed": 0, "num_1x1": None},
    {"arm": 'a "quoted" one', "seed": 1, "num_1x1": 2, "dead": "c0 c3"},
]
READ = [ROWS[0] | {"dead": None}, ROWS[1]]


def test_what_was_appended_is_read_and_the_names_stand_once(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)  # what a relative path means
    path = tmp_path / "some.csv"
    append_rows(path, ROWS)
    append_rows(path, ROWS[:1])
    assert read_rows(path) == read_rows("some.csv") == [*READ, READ[0]]
    raw = path.read_bytes()
    assert raw.count(b"arm,seed,num_1x1,dead\n") == 1 and b"\r" not in raw
    assert [p.name for p in tmp_path.iterdir()] == ["some.csv"]


def broken_disk(*_):
    raise OSError("no space left on device")


def test_all_rows_are_added_or_none(tmp_path, monkeypatch):
    path = tmp_path / "some.csv"
    append_rows(path, ROWS)
    before = path.read_bytes()
    with pytest.raises(ValueError, match="not in fieldnames: 'surprise'"):
        append_rows(path, [ROWS[0], ROWS[1] | {"surprise": 1}])
    monkeypatch.setattr(os, "replace", broken_disk)
    with pytest.raises(OSError, match="no space left"):
        append_rows(path, ROWS)
    with pytest.raises(OSError, match="no space left"):
        append_rows(tmp_path / "new.csv", ROWS)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_epochs_are_rounded_and_half_a_run_is_no_result():
    history = History(loss=[1.234567, 1], train_acc=[1 / 3, 1], seconds=[1.005, 2])
    history.test_acc = [0.9, 2 / 3]
    first, last = epoch_rows(history, 2, "held_out_acc")
    assert first == dict(
        epoch=1, loss=1.23457, train_acc=0.33333, held_out_acc=0.9, seconds=1.0
    )
    assert (last["epoch"], last["held_out_acc"]) == (2, 0.66667)
    with pytest.raises(KeyboardInterrupt):
        epoch_rows(history, 3)


@pytest.mark.parametrize("n", [2, 5, 20])
def test_the_interval_holds_95_percent_of_students_t(n):
    values = [float(i) for i in range(n)]
    mean, half = mean_interval(values)
    assert mean == (n - 1) / 2
    spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
    t, f = half * math.sqrt(n) / spread, n - 1  # f degrees of freedom
    scale = math.gamma((f + 1) / 2) / (math.sqrt(f * math.pi) * math.gamma(f / 2))
    step = t / 10_000
    middles = ((i + 0.5) * step for i in range(10_000))
    inside = 2 * step * sum(scale * (1 + x * x / f) ** (-(f + 1) / 2) for x in middles)
    assert inside == pytest.approx(0.95, abs=1e-4)


@pytest.mark.parametrize("n", [1, 21])
def test_too_few_or_too_many_values_for_the_table_are_refused(n):
    with pytest.raises(ValueError, match="values must be 2 to 20 numbers"):
        mean_interval([0.5] * n)


TOLD = (FOLDER / "README.md").read_text(encoding="utf-8")
TABLES = [  # study, its file, a row of the table about it
    (lenet, "05_lenet.csv", "{network} | {pictures} | {lr} | {test_acc} | {shifted_2}"),
    (alexnet, "06_alexnet.csv", "{arm} | {train_acc_in_use} | {test_acc} | {lr}"),
]


@pytest.mark.parametrize("study, name, table_row", TABLES, ids=["lenet", "alexnet"])
def test_a_committed_study_is_complete_and_told_as_it_is(study, name, table_row):
    rows = read_rows(name)
    about = study.PROTOCOL | {"data": "Fashion-MNIST"}
    assert all(about.items() <= row.items() for row in rows)
    for arm in study.ARMS:
        mine = [row for row in rows if arm.items() <= row.items()]
        rows = [row for row in rows if row not in mine]
        mine.sort(key=lambda row: row["seed"])  # epochs stay as they are
        runs = itertools.product(range(5), range(1, study.EPOCHS + 1))
        assert [(row["seed"], row["epoch"]) for row in mine] == list(runs)
        assert all(
            row["test_acc"] is None for row in mine if row["epoch"] < study.EPOCHS
        )
        told = arm | dict.fromkeys(["test_acc", "shifted_2", "train_acc_in_use"], "–")
        for measure in told.keys() & mine[-1].keys() - arm.keys():
            found = [row[measure] for row in mine if row["epoch"] == study.EPOCHS]
            if None not in found:
                mean, spread = statistics.mean(found), statistics.stdev(found)
                told[measure] = f"{mean:.3f} ± {spread:.3f}"
        assert f"| {table_row.format(**told)} |" in TOLD, arm
    assert not rows


def medians(name, measure, *columns):
    """Return {the values of these columns: the median of `measure`} of a file."""
    runs = {}
    for row in read_rows(name):
        runs.setdefault(tuple(row[c] for c in columns), []).append(row[measure])
    return {key: statistics.median(values) for key, values in runs.items()}


def test_what_is_told_of_the_benchmark_are_its_medians():
    columns = "what", "n", "unit", "threads", "way", "workers"
    best = {}  # the fastest number of workers of the plain way counts
    for (*about, way, _), value in medians("benchmark.csv", "value", *columns).items():
        found = best.setdefault(tuple(about), {})
        faster = max if "images/s" in about else min
        found[way] = faster(found.get(way, value), value)
    assert len(best) == 6
    for (what, n, unit, threads), found in best.items():
        ours, other = found.pop("ours"), *found.values()
        ratio = ours / other if unit == "images/s" else other / ours
        digits = 0 if unit == "images/s" else 2
        row = f"{ours:,.{digits}f} | {other:,.{digits}f} | {ratio:.2f}"
        assert f"| {what}, n = {n:,} ({unit}) | {threads} | {row} |" in TOLD


def test_what_is_told_of_shared_cores_are_its_medians():
    found = medians("shared_cores.csv", "seconds", "net", "side", "at_once", "setting")
    for net, side in (("lenet", 28), ("nin", 96)):
        for at_once in (1, 4):
            settings = ("before", "after", "one thread")
            seconds = [found[net, side, at_once, setting] for setting in settings]
            row = " | ".join(f"{s:.1f}" for s in seconds)
            assert f"| {net}, {side} px, {at_once} | {row} |" in TOLD
    alone = found["lenet", 28, 1, "after"] / found["lenet", 28, 1, "before"]
    assert f"costs LeNet alone {100 * (alone - 1):.0f} %" in TOLD
