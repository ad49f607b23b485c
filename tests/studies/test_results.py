"""Raw results: numbers come back as numbers, files grow by whole runs or not at all."""

import contextlib
import math
import os
import statistics
from types import SimpleNamespace

import pytest

from cnn_course import History
from cnn_course.studies import (
    first_steps,
    lenet,
    mean_interval,
    nin,
    read_rows,
    results,
)
from cnn_course.studies.results import FOLDER, append_rows, epoch_rows, merge


def test_a_field_is_a_number_nothing_or_text(tmp_path):
    path = tmp_path / "some.csv"
    fields = "3,0.25,1e-05,,c0 c3,2026-11-23,2.15.0+cu132"
    path.write_text(f"a,b,c,d,e,f,g\n{fields}\n", encoding="utf-8")
    (row,) = read_rows(path)
    values = [3, 0.25, 1e-05, None, "c0 c3", "2026-11-23", "2.15.0+cu132"]
    assert row == dict(zip("abcdefg", values, strict=True))
    assert [type(value) for value in row.values()] == [type(value) for value in values]


ROWS = [
    {"arm": "1×1, twice", "seed": 0, "loss": 0.5, "dead": "", "num_1x1": None},
    {"arm": 'a "quoted" one', "seed": 1, "loss": 2.0, "dead": "c0 c3", "num_1x1": 2},
]
READ = [dict(ROWS[0], dead=None), ROWS[1]]


def test_what_was_appended_is_read_and_the_names_stand_once(tmp_path, monkeypatch):
    monkeypatch.setattr(results, "FOLDER", tmp_path)  # what a relative path means
    path = tmp_path / "some.csv"
    append_rows(path, ROWS)
    append_rows(path, ROWS[:1])
    assert read_rows(path) == read_rows("some.csv") == [*READ, READ[0]]
    raw = path.read_bytes()
    assert raw.count(b"arm,seed,loss,dead,num_1x1\n") == 1 and b"\r" not in raw
    assert [p.name for p in tmp_path.iterdir()] == ["some.csv"]


def broken_disk(*_):
    raise OSError("no space left on device")


@pytest.mark.parametrize("there", [True, False], ids=["old file", "new file"])
@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({**ROWS[1], "surprise": 1}, "some.csv has other columns"),
        ({"arm": "it lacks the others"}, "some.csv has other columns"),
        (ROWS[1], "no space left"),
    ],
)
def test_all_rows_are_added_or_none(tmp_path, monkeypatch, there, row, error):
    path = tmp_path / "some.csv"
    if there:
        append_rows(path, ROWS)
    before = path.read_bytes() if there else None
    monkeypatch.setattr(os, "replace", broken_disk)
    with pytest.raises((OSError, ValueError), match=error):
        append_rows(path, [ROWS[0], row])
    assert (path.read_bytes() if path.exists() else None) == before


def run_missing(path, runs, run, part=None):
    results.run_missing(SimpleNamespace(out=path, part=part), runs, run)


def test_only_missing_runs_are_run_and_each_is_kept_when_it_ends(tmp_path, capsys):
    path, ran = tmp_path / "some.csv", []
    arms = [dict(net="NiN", arm="a", n=None), dict(net="NiN", arm="b", n=2)]
    runs = [arm | {"seed": seed} for seed in (0, 1) for arm in arms]

    def run(**settings):
        if len(ran) == 3:
            ran.append("interrupt")
            raise KeyboardInterrupt
        ran.append(settings)
        return [{**settings, "test_acc": e / 2, "epoch": e} for e in (0, 1)]

    with pytest.raises(SystemExit, match=r"in run 4 of 4 \(arm b, n 2, seed 1\)"):
        run_missing(path, runs, run)
    assert len(read_rows(path)) == 3 * 2
    run_missing(path, runs, run)
    assert ran == [*runs[:3], "interrupt", *runs[3:]]
    run_missing(path, runs, None)  # nothing is left, so it is never called
    run_missing(tmp_path / "one.csv", runs[:1], lambda **settings: [settings])
    lines = capsys.readouterr().out.splitlines()
    already = [line[:6] for line in lines if "already" in line]
    assert already == ["0 of 4", "3 of 4", "4 of 4", "0 of 1"]
    # Named is what differs among the runs; of a single run everything.
    assert lines[1].startswith("1/4 arm a, n None, seed 0; about 0 min")
    assert lines[-1].startswith("1/1 net NiN, arm a, n None, seed 0; about 0 min")


@pytest.mark.parametrize("n", [1, 2, 3, 7])
def test_parts_divide_the_runs_and_merging_joins_them(tmp_path, capsys, n):
    def run(seed):
        ran.append(seed)
        if len(ran) == 2:
            raise KeyboardInterrupt
        return [dict(seed=seed, epoch=epoch, loss=0.1 * seed) for epoch in (1, 2)]

    path, ran, runs = tmp_path / "some.csv", [], [dict(seed=s) for s in range(6)]
    append_rows(path, run(4))  # the main file holds a run already, and no part makes it
    whole, expected = path.read_text(), {path}
    for i in range(1, n + 1):
        with contextlib.suppress(SystemExit):
            run_missing(path, runs, run, (i, n))
        run_missing(path, runs, run, (i, n))
        if set(range(i - 1, 6, n)) - {4}:
            expected.add(tmp_path / f"some.part-{i}-of-{n}.csv")
    del ran[1]  # interrupted, and made later
    assert sorted(ran) == [0, 1, 2, 3, 4, 5] and set(tmp_path.glob("*.*")) == expected
    run_missing(path, runs, None, (1, n + 1))  # however they are divided now
    assert path.read_text() == whole
    merge(path)
    assert path.read_text().startswith(whole)
    merged, found = path.read_text(), [(r["seed"], r["epoch"]) for r in read_rows(path)]
    assert sorted(found) == [(seed, epoch) for seed in range(6) for epoch in (1, 2)]
    merge(path)
    assert path.read_text() == merged
    said = capsys.readouterr().out.splitlines()[-2:]
    end = f"rows of {len(expected) - 1} parts were added to some.csv"
    assert said == [f"10 {end}", f"0 {end}"]
    append_rows(tmp_path / "some.part-8-of-8.csv", [dict(seed=9, epoch=1)])
    with pytest.raises(ValueError, match="has other columns"):
        merge(path)
    assert path.read_text() == merged


@pytest.mark.parametrize("part", ["0/4", "5/4", "x", "1"])
def test_what_is_no_part_is_refused(part, capsys):
    with pytest.raises(SystemExit, match="2"):
        lenet.main([f"--part={part}"])
    assert f"invalid part value: '{part}'" in capsys.readouterr().err


STUDIES = [(lenet, [], [1, 2])]
few = "--protocol reduced --num-1x1 0 1 --last-relu yes --precision fp32".split()
STUDIES += [(nin, few, [0, 1, 2])]


@pytest.mark.parametrize(("study", "options", "epochs"), STUDIES, ids=["lenet", "nin"])
def test_an_interrupted_study_goes_on_as_if_nothing_had_been(
    small, tmp_path, monkeypatch, interrupt_second_training, study, options, epochs
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(lenet, "ARMS", lenet.ARMS[:2])
    out, undisturbed = tmp_path / "out.csv", tmp_path / "undisturbed.csv"
    options = [*options, "--seeds", "2", "--out"]
    study.main([*options, "undisturbed.csv"])
    interrupt_second_training(study)
    with pytest.raises(SystemExit, match=r"Interrupted in run 2 of 4 \(.*seed 0"):
        study.main([*options, "out.csv"])
    assert [row["epoch"] for row in read_rows(out)] == epochs  # half a run is no result
    study.main([*options, "out.csv"])
    one, two = read_rows(out), read_rows(undisturbed)
    for row in one + two:
        del row["seconds"]
    assert one == two and [row["epoch"] for row in one] == epochs * 4
    # Seed by seed, so that a study cut short has the same seeds in every arm.
    assert [row["seed"] for row in one] == sorted([0, 1] * 2 * len(epochs))


@pytest.mark.parametrize("study", [lenet, nin, first_steps])
def test_a_study_records_the_real_data_only(study, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "run", lambda **_: pytest.fail("it trained"))
    with pytest.raises(SystemExit, match="needs the real Fashion-MNIST"):
        study.main(["--out", str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("n", [2, 3, 5, 10, 20])
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


@pytest.mark.parametrize("n", [0, 1, 21])
def test_too_few_or_too_many_values_for_the_table_are_refused(n):
    with pytest.raises(ValueError, match="values must be 2 to 20 numbers"):
        mean_interval([0.5] * n)


TOLD = (FOLDER / "README.md").read_text(encoding="utf-8")


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


def test_rows_are_rounded_and_leave_out_what_was_not_measured():
    history = History(loss=[1.234567, 1], train_acc=[1 / 3, 1], seconds=[1.005, 2])
    untested = [
        {"epoch": 1, "loss": 1.23457, "train_acc": 0.33333, "seconds": 1.0},
        {"epoch": 2, "loss": 1, "train_acc": 1, "seconds": 2},
    ]
    assert epoch_rows(history) == untested
    history.test_acc = [0.9, 2 / 3]
    assert [row["test_acc"] for row in epoch_rows(history)] == [0.9, 0.66667]
    assert list(epoch_rows(history)[0])[-2:] == ["test_acc", "seconds"]
    assert epoch_rows(History()) == []
