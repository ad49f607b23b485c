"""What notebooks/results/README.md and README.md tell of recorded runs, recomputed."""

import math
from statistics import mean, median

import pytest

from cnn_course.files import NOTEBOOKS
from cnn_course.studies import mean_interval, read_rows
from cnn_course.studies.arms import nin_arm
from cnn_course.studies.results import FOLDER


def words(path):
    return " ".join(path.read_text(encoding="utf-8").replace("−", "-").split())


TOLD = words(FOLDER / "README.md")
README = words(NOTEBOOKS.parent / "README.md")
PAIRS = [(n, seed) for n in range(4) for seed in range(10)]


def runs(num_1x1, last_relu, epoch=5, **factors):
    """Return {seed: row} of an arm of the study."""
    arm = nin_arm(num_1x1, last_relu, **factors)
    arm |= dict(protocol="full", epochs=min(epoch, 1) * 5, epoch=epoch)
    rows = read_rows("09_ablation.csv")
    return {r["seed"]: r for r in rows if arm.items() <= r.items()}


def medians(num_1x1, last_relu, **factors):
    found = runs(num_1x1, last_relu, **factors).values()
    return f"{median(r['test_acc'] for r in found):.3f}"


def ahead(more, fewer, last_relu):
    """Return the paired differences in test accuracy, by seed."""
    a, b = runs(more, last_relu), runs(fewer, last_relu)
    return [a[seed]["test_acc"] - b[seed]["test_acc"] for seed in range(10)]


@pytest.mark.parametrize("num_1x1", range(4))
def test_the_table_of_the_study(num_1x1):
    cells = [str(num_1x1)]
    for last_relu in ("yes", "no"):
        found = runs(num_1x1, last_relu).values()
        lost = sum(r["never_predicted"] is not None for r in found)
        cells += [medians(num_1x1, last_relu), f"{lost} of {len(found)}"]
    assert f"| {' | '.join(cells)} |" in TOLD


def test_lost_runs_with_wilsons_intervals_and_an_exact_test():
    lost = {}
    for relu in ("yes", "no"):
        rows = {(n, seed): row for n in range(4) for seed, row in runs(n, relu).items()}
        assert sorted(rows) == PAIRS
        lost[relu] = {p for p in PAIRS if rows[p]["never_predicted"] is not None}
    told = []
    for found in lost.values():
        # Wilson's limits are where |k/n - p| is 1.96 standard deviations of p.
        k, n, z = len(found), 40, 1.96
        grid = [i / 10_000 for i in range(1, 10_000)]
        inside = [p for p in grid if abs(k / n - p) <= z * math.sqrt(p * (1 - p) / n)]
        told += [(k, f"{inside[0]:.2f} to {inside[-1]:.2f}")]
    assert told == [(22, "0.40 to 0.69"), (2, "0.01 to 0.17")]
    assert "are 22 of 40 runs with the last ReLU (95 % interval 0.40 to 0.69)" in TOLD
    assert "and 2 of 40 without (0.01 to 0.17)" in TOLD
    only = len(lost["yes"] - lost["no"]), len(lost["no"] - lost["yes"])
    p = 2 * sum(math.comb(24, k) for k in range(3)) / 2**24
    assert only == (22, 2) and f"{p:.5f}" == "0.00004"
    assert "22 are lost only with it, 2 only without (exact test, p = 0.00004)" in TOLD
    assert "ReLU 22 of 40 runs lose classes, without it 2 of 40." in README
    with_1x1 = [sum(n > 0 for n, _ in found) for found in lost.values()]
    p = 2 * sum(math.comb(14, k) for k in range(3)) / 2**14
    assert with_1x1 == [12, 2] and f"{p:.3f}" == "0.013"
    assert "12 of 30 against 2 of 30, 12 pairs against 2, p = 0.013." in TOLD


def test_pairs():
    found = {
        (more, fewer, relu): sum(d > 0 for d in ahead(more, fewer, relu))
        for more, fewer in ((1, 0), (2, 0), (2, 1))
        for relu in ("yes", "no")
    }
    assert list(found.values()) == [8, 1, 9, 0, 4, 1]
    assert "one beats none in 8 of 10 pairs, two beats none in 9, two beats" in TOLD
    assert "one beats none in 1 of 10, two beats one in 1, two beats none in 0" in TOLD
    middle, half = mean_interval(ahead(2, 1, "yes"))
    told = f"median {median(ahead(2, 1, 'yes')):+.3f}, mean {middle:+.3f} ± {half:.3f}"
    assert f"two beats one in 4: {told} (95 %" in TOLD
    assert "help (one beats none in 8 of 10 pairs), without it they cost" in README
    assert "epochs (1 of 10). Two beat one in 4 of 10 pairs, where" in README


def test_a_quarter_of_the_rate():
    found = [medians(n, "no", lr=0.0005) for n in range(4)]
    assert f"last ReLU): {', '.join(found[:3])} and {found[3]}." in TOLD


def test_what_became_of_the_classes():
    born, back, others = [], [], []
    for n in range(4):
        first, last = (
            {(s, c) for s, r in runs(n, "yes", e).items() for c in classes(r["dead"])}
            for e in (0, 5)
        )
        born.append(len(first))
        back.append(len(first - last))
        others.append(len(last - first))
    assert (born, back, others) == ([3, 49, 46, 48], [2, 39, 37, 40], [38, 12, 5, 14])
    assert "3, 49, 46 and 48 of 100 classes are dead with 0, 1, 2, 3" in TOLD
    assert "2, 39, 37 and 40 of them are back after epoch 5, and 38, 12, 5" in TOLD
    for n in (1, 2, 3):
        for seed, last in runs(n, "yes").items():
            first = classes(runs(n, "yes", 0)[seed]["dead"])
            killed = set(classes(last["dead"])) - set(first)
            assert (round(last["test_acc"], 3) == 0.1) == bool(killed)


def classes(names):
    return (names or "").split()


def test_the_benchmark_on_a_gpu():
    seconds = {}
    for row in read_rows("benchmark_h200.csv"):
        what = row["what"].split(" at ")[0]
        seconds.setdefault((what, row["way"]), []).append(row["value"])
        assert (row["n"], row["machine"]) == (60_000, "NVIDIA H200")
    ratios = []
    for what in dict.fromkeys(what for what, _ in seconds):
        ours, plain = (median(seconds[what, way]) for way in ("ours", "plain"))
        ratios.append(plain / ours)
        row = f"| {what} | {ours:.2f} | {plain:.2f} | {ratios[-1]:.2f} |"
        assert row in TOLD
    assert f"Over the three that is {mean(ratios):.1f} times; 5 was aimed at" in TOLD


STEPS = [(0, 0.002, 0), (0, 0.002, 64), (1, 0.002, 0), (1, 0.002, 64), (0, 0.0005, 0)]


@pytest.mark.parametrize("num_1x1, lr, warm_up", STEPS)
def test_the_first_steps(num_1x1, lr, warm_up):
    arm = dict(num_1x1=num_1x1, lr=lr, warm_up_steps=warm_up, last_relu="yes")
    rows = [r for r in read_rows("09_first_steps.csv") if arm.items() <= r.items()]
    for row in rows:  # the number of dead classes is that of the closed maps
        largest = row["largest_pre_activation_by_class"].split()
        assert row["dead"] == sum(value.startswith("-") for value in largest)
    cells = [str(num_1x1), f"{lr:g}", f"{warm_up} steps" if warm_up else "–"]
    for step in (0, 1, 3, 64, 96):
        seen = {r["seed"]: str(r["dead"]) for r in rows if r["step"] == step}
        assert len(seen) == 5 or step == 96
        dead = [seen[seed] for seed in range(5)] if len(seen) == 5 else []
        cells.append(" ".join(dead) or "not seen")
    assert f"| {' | '.join(cells)} |" in TOLD


def test_the_first_steps_repeated_with_other_pictures():
    found = []
    for step in (0, 1, 64):
        rows = read_rows("09_first_steps_repeated.csv")
        dead = {r["seed"]: str(r["dead"]) for r in rows if r["step"] == step}
        found.append(" ".join(dead[seed] for seed in range(5)))
    before, after, later = (f"`{dead}`" for dead in found)
    assert f"{before} before, {after} after one step, {later} after 64." in TOLD


def test_without_the_last_relu_a_warm_up_shows_no_gain():
    loss = {0: [], 64: []}
    for row in read_rows("09_first_steps.csv"):
        if (row["last_relu"], row["step"]) == ("no", 96):
            loss[row["warm_up_steps"]].append(row["loss"])
    assert list(map(len, loss.values())) == [5, 5]
    without, with_it = (f"{min(v):.2f} to {max(v):.2f}" for v in loss.values())
    assert f"step 96 is {without} without and {with_it} with it" in TOLD


def test_whole_trainings_with_and_without_a_warm_up():
    rows = [r for r in read_rows("09_reduced.csv") if r["epoch"] == 5]
    lost, accuracies = {0: 0, 64: 0}, {0: [], 64: []}
    for row in sorted(rows, key=lambda row: row["seed"]):
        lost[row["warm_up_steps"]] += row["never_predicted"] is not None
        accuracies[row["warm_up_steps"]].append(f"{row['test_acc']:.3f}")
    assert lost == {0: 3, 64: 0} and len(rows) == 6
    without, with_it = map(", ".join, accuracies.values())
    assert f"3 of 3 runs lose classes (accuracies {without})" in TOLD
    assert f"the rate raised over 64 steps 0 of 3 ({with_it})" in TOLD
