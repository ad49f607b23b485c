"""One runner for all studies: what a file lacks is run, and goes on after a stop."""

import contextlib
import signal

import pytest

from cnn_course import train
from cnn_course.studies import (
    alexnet,
    class_maps,
    first_steps,
    lenet,
    nin,
    read_rows,
    results,
    runner,
)

STUDIES = [lenet, alexnet, class_maps, nin, first_steps]
each_study = pytest.mark.parametrize("study", STUDIES, ids=lambda s: s.__name__[19:])
ARMS = [dict(net="NiN", arm="a", n=None), dict(net="NiN", arm="b", n=2)]


@pytest.fixture
def command(small, tmp_path):
    """A function: a study of ARMS, run with these options; gives the rows it wrote."""

    def run(rows, options="", arms=ARMS):
        path = tmp_path / "some.csv"
        options = [*options.split(), "--out", str(path)]
        runner.main("A study.", "some.csv", arms, rows, options, seeds=2, side=28)
        return read_rows(path) if path.exists() else []

    return run


def test_only_missing_runs_are_run_and_each_is_kept_when_it_ends(command, capsys):
    ran = []

    def rows(**settings):
        ran.append(settings)
        for epoch in (0, 1):
            yield {"epoch": epoch, "test_acc": epoch / 2}
            if len(ran) == 4:
                raise KeyboardInterrupt

    with pytest.raises(SystemExit, match=r"in run 4 of 4 \(arm b, n 2, seed 1\)"):
        command(rows)
    found = command(rows)
    runs = [arm | {"seed": seed} for seed in (0, 1) for arm in ARMS]
    assert ran == [*runs, runs[3]]
    made = [run | {"epoch": e, "test_acc": e / 2} for run in runs for e in (0, 1)]
    assert [list(row.items())[:6] for row in found] == [list(m.items()) for m in made]
    assert list(found[0])[6:] == "side data machine threads torch date".split()
    assert command(None) == found  # nothing is left, so it is never called
    lines = capsys.readouterr().out.splitlines()
    already = [line[:6] for line in lines if "already" in line]
    assert already == ["0 of 4", "3 of 4", "4 of 4"]
    assert lines[1].startswith("1/4 arm a, n None, seed 0; about 0 min")


def test_other_settings_seeds_and_groups_of_arms(command):
    def ran(options, arms=ARMS):
        command(lambda **run: runs.append(tuple(run.values())) or [{}], options, arms)
        return [runs.pop(0) for _ in list(runs)]

    runs = []
    several = "--set n=3,0.5 arm=c --first-seed 7 --seeds 1"
    assert ran(several) == [("NiN", "c", 3, 7), ("NiN", "c", 0.5, 7)]
    groups = {"one": ARMS[:1], "two": ARMS[1:]}
    assert ran("--seeds 1", groups) == [("NiN", "a", None, 0)]
    assert ran("--seeds 1 --arms two", groups) == [("NiN", "b", 2, 0)]
    with pytest.raises(SystemExit, match="k is no setting; there are net, arm, n"):
        ran("--set k=3")


@pytest.mark.parametrize("n", [1, 2, 7])
def test_parts_divide_the_runs_and_merging_joins_them(command, tmp_path, capsys, n):
    def rows(seed):
        ran.append(seed)
        if len(ran) == 2:
            raise KeyboardInterrupt
        return [{"epoch": 1}, {"epoch": 2}]

    ran, arms = [], [{}]
    command(rows, "--first-seed 4 --seeds 1", arms)  # no part makes that one again
    for i in range(1, n + 1):
        with contextlib.suppress(SystemExit):
            command(rows, f"--seeds 6 --part {i}/{n}", arms)
        command(rows, f"--seeds 6 --part {i}/{n}", arms)
    del ran[1]  # interrupted, and made later
    assert sorted(ran) == [0, 1, 2, 3, 4, 5]
    found = command(None, f"--seeds 6 --part 1/{n + 1}", arms)  # divided otherwise
    assert [row["seed"] for row in found] == [4, 4]
    found = command(None, "--merge")
    whole = [(seed, epoch) for seed in range(6) for epoch in (1, 2)]
    assert sorted((row["seed"], row["epoch"]) for row in found) == whole
    assert command(None, "--merge") == found
    parts = len(list(tmp_path.glob("some.part-*.csv")))
    said = capsys.readouterr().out.splitlines()[-2:]
    end = f"rows of {parts} parts were added to some.csv"
    assert said == [f"10 {end}", f"0 {end}"]


def test_an_interrupted_study_goes_on_as_if_nothing_had_been(
    small, tmp_path, monkeypatch
):
    trained = []

    def interrupting(batches):
        for batch in batches:
            yield batch
            signal.raise_signal(signal.SIGINT)

    def second_interrupted(net, train_iter, *args, **options):
        trained.append(net)
        batches = interrupting(train_iter) if len(trained) == 2 else train_iter
        return train(net, batches, *args, **options)

    few = "--seeds 1 --set protocol=reduced num_1x1=0,1 last_relu=yes epochs=2"

    def run(name):
        nin.main([*few.split(), "--out", str(tmp_path / name)])
        return read_rows(tmp_path / name)

    undisturbed = run("undisturbed.csv")
    monkeypatch.setattr(nin, "train", second_interrupted)
    with pytest.raises(SystemExit, match="Interrupted in run 2 of "):
        run("out.csv")
    half, found = read_rows(tmp_path / "out.csv"), run("out.csv")
    assert {row["epoch"] for row in half} == {row["epoch"] for row in found}
    assert len(half) < len(found) == len(undisturbed)
    for row in found + undisturbed:
        row.pop("seconds", None)
    assert found == undisturbed


@each_study
def test_a_study_records_the_real_data_only(study, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "rows", lambda **_: pytest.fail("it trained"))
    with pytest.raises(SystemExit, match="needs the real Fashion-MNIST"):
        study.main(["--out", str(tmp_path / "out.csv")])
    assert not (tmp_path / "out.csv").exists()


LITTLE = {class_maps: ["epochs=1", "train_size=20"], nin: ["protocol=reduced"]}
LITTLE[nin] += ["epochs=1", "precision=fp32"]
FILES = ["05_lenet", "06_alexnet", "08_rates", "09_ablation", "09_first_steps"]


@pytest.mark.parametrize(("study", "name"), list(zip(STUDIES, FILES, strict=True)))
def test_a_run_has_the_columns_of_the_committed_file(study, name, small, tmp_path):
    committed = (results.FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    out = tmp_path / "out.csv"
    out.write_text(committed.partition("\n")[0] + "\n")
    some = ["--set", *LITTLE[study]] if study in LITTLE else []
    study.main(["--out", str(out), "--part", "1/999", *some])
    study.main(["--out", str(out), "--merge"])  # refuses another column
    found = read_rows(out)
    assert {row["data"] for row in found} == {"Fashion-MNIST"}
    assert {row["seed"] for row in found} == {0} and found[-1]["machine"]
    empty = {key for key in found[-1] if all(row[key] is None for row in found)}
    assert empty <= {"never_predicted", "dead"}
