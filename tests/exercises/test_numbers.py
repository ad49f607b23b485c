"""Numbers that exercises tell, or expect, and that come from pictures, data and runs.

They are computed here another way than in the notebooks' solutions.
"""

import re
from statistics import mean, median

import nbformat
import pytest
import torch
import torch.nn.functional as F
from notebook_code import NOTEBOOKS

from cnn_course.exercises import EXERCISES
from cnn_course.networks import (
    NARROW_VGG,
    alexnet,
    count_multiply_adds,
    lenet,
    nin,
    vgg,
)
from cnn_course.studies import mean_interval, read_rows
from cnn_course.studies.arms import nin_arm
from cnn_course.views.edge_learner import draw_edge_learner, learn


def wrong(exercise):
    """Return {name: example} of the misconceptions of an exercise."""
    return {m.name: m.example for m in EXERCISES[exercise].misconceptions}


def test_02_the_straight_part_of_rate_one_tenth():
    loss = learn(0.1, 0.0)[:, 0].double().log10()

    def steps_to_a_tenth(start, end):
        return ((end - start) / (loss[start] - loss[end])).item()

    exercise, found = EXERCISES["02.straight"], wrong("02.straight")
    assert abs(steps_to_a_tenth(20, 60) - exercise.right) < exercise.tolerance / 2
    assert 10 ** loss[20] == pytest.approx(0.02, rel=0.2)
    assert 10 ** loss[60] == pytest.approx(0.0005, rel=0.2)
    two_tenths = 2 * steps_to_a_tenth(20, 60)
    assert abs(two_tenths - found["a labelled line for a power of ten"]) < 5
    assert abs(steps_to_a_tenth(0, 60) - found["the bend counted in"]) < 2


def test_02_what_noise_leaves_of_the_loss():
    floors = {}
    for noise in (0.1, 0.3):
        text = draw_edge_learner(0.3, 60, noise)
        floors[noise] = float(re.search(r"stays above ([\d.]+)", text)[1])
    assert floors == {0.1: 0.00828, 0.3: 0.0745}
    exercise = EXERCISES["02.noise"]
    assert floors[0.3] / floors[0.1] == pytest.approx(9, abs=exercise.tolerance)
    assert "0.0745 / 0.00828" in exercise.because


def test_04_changes_at_a_shift():
    cells = nbformat.read(NOTEBOOKS / "04_pooling.ipynb", as_version=4).cells
    notebook = {}
    for cell in cells:
        if cell.id in ("imports", "patches"):
            exec(cell.source, notebook)

    def change(pool, shift=1):
        still, moved = pool(notebook["maps"](0)), pool(notebook["maps"](shift))
        return (100 * (moved - still).norm() / still.norm()).item()

    def every_fifth(Y):
        return Y[..., ::5, ::5]

    exercise, found = EXERCISES["04.every-fifth"], wrong("04.every-fifth")
    measured = {
        "pooled with the maximum": change(lambda Y: F.max_pool2d(Y, 5)),
        "pooled with the average": change(lambda Y: F.avg_pool2d(Y, 5)),
        "rows and columns not left out": change(lambda Y: Y),
        "a fraction for percent": change(every_fifth) / 100,
        "a shift by two": change(every_fifth, shift=2),
    }
    assert measured == pytest.approx(found, abs=exercise.tolerance / 2)
    assert change(every_fifth) == pytest.approx(exercise.right, abs=0.3)
    assert "75 % against 78 %" in exercise.because and "by 34 %" in exercise.because


def pairs_ahead(a, b, column="test_acc", same_seed=None):
    """Return in how many pairs of a run of a and a run of b the second is ahead."""
    return sum(
        y[column] > x[column]
        for x in a
        for y in b
        if same_seed is None or same_seed == (x["seed"] == y["seed"])
    )


def test_05_what_one_run_each_would_have_said():
    rows = [r for r in read_rows("05_lenet.csv") if r["pictures"] == "as they are"]

    def after(epoch):
        runs = [row for row in rows if row["epoch"] == epoch]
        names = "LeNet", "fully connected"
        return [[row for row in runs if row["network"] == name] for name in names]

    held_out = {e: pairs_ahead(*after(e), "held_out_acc") for e in range(1, 26)}
    exercise, found = EXERCISES["05.one-run"], wrong("05.one-run")
    lenet, flat = after(10)
    assert exercise.right == held_out[10] == 13
    same = pairs_ahead(lenet, flat, "held_out_acc", same_seed=True)
    assert found["only runs of the same seed"] == same == pairs_ahead(*after(25))
    assert found["LeNet ahead"] == pairs_ahead(flat, lenet, "held_out_acc") == 11
    assert found["training accuracy"] == pairs_ahead(lenet, flat, "train_acc")
    assert found["after the fifth epoch"] == held_out[5]
    assert found["at the end"] == held_out[25] == 25 - 23
    assert found["every epoch"] == sum(held_out.values())
    assert found["equal runs counted"] == 25 - 11 and found["all other pairs"] == 12
    means = [mean(row["held_out_acc"] for row in runs) for runs in (lenet, flat)]
    assert round(means[1] - means[0], 4) == 0.0001


def test_07_what_more_work_bought():
    with torch.device("meta"):
        nets = [(lenet(), 28), (vgg(NARROW_VGG, hidden=512), 224), (alexnet(), 224)]
    ops = [count_multiply_adds(net, (1, 1, side, side)) for net, side in nets]
    names = "LeNet", "narrow VGG-11", "AlexNet"
    rows = read_rows("09_ablation.csv")
    runs = [[r for r in rows if r["network"] == name] for name in names]
    low, mid, high = (sorted(r["test_acc"] for r in o if r["epoch"] == 5) for o in runs)
    alone = [[r["seconds"] for r in o if r["alone"] == "yes"] for o in runs]
    seconds = [median(epochs) for epochs in alone]
    shown = {
        "A": low[-1] < mid[0],
        "B": high[-1] < mid[0],
        "C": ops[1] / ops[0] > ops[2] / ops[1],
        "D": False,  # a cause
        "E": ops[2] > 1000 * ops[0] and seconds[2] < 2 * seconds[0],
        "F": False,  # another machine
    }
    right = "".join(letter for letter in shown if shown[letter])
    assert right == EXERCISES["07.more-work"].right
    assert sum(mid) > sum(high)  # so "the mean is higher" is true
    factors = ops[1] / ops[0], ops[2] / ops[1], ops[2] / ops[0]
    assert factors == pytest.approx((290, 8, 2250), rel=0.05)
    assert [round(s, 1) for s in seconds] == [1.6, 2.9, 2.8]


def select(num_1x1, last_relu):
    """Return the ten runs of an arm after epoch 5, as notebook 09 has them."""
    arm = nin_arm(num_1x1, last_relu) | dict(protocol="full", epochs=5, epoch=5)
    runs = [r for r in read_rows("09_ablation.csv") if arm.items() <= r.items()]
    assert sorted(r["seed"] for r in runs) == list(range(10))
    return runs


def test_09_what_single_runs_would_have_told():
    arms = select(1, "yes"), select(1, "no")
    found = wrong("09.luck")
    assert EXERCISES["09.luck"].right == pairs_ahead(*arms) == 63
    assert found["the same seeds only"] == pairs_ahead(*arms, same_seed=True)
    assert found["the same seeds left out"] == pairs_ahead(*arms, same_seed=False)
    assert found["the wrong way round"] == pairs_ahead(*arms[::-1])
    assert found["training accuracy"] == pairs_ahead(*arms, "train_acc")
    two = select(2, "yes"), select(2, "no")
    assert found["two 1×1 convolutions"] == pairs_ahead(*two)
    assert found["a share"] == pairs_ahead(*arms) / 100


def test_09_three_measures_speak_for_two_and_three_for_one():
    one, two = select(1, "yes"), select(2, "yes")

    def better(measure, column):
        return measure([r[column] for r in two]) - measure([r[column] for r in one])

    assert better(mean, "test_acc") > 0 > better(median, "test_acc")  # A, not B
    assert pairs_ahead(one, two, same_seed=True) == 4  # not C
    lost = [sum(r["never_predicted"] is not None for r in arm) for arm in (one, two)]
    assert lost == [4, 3]  # D
    assert better(max, "test_acc") < 0  # not E
    assert better(mean, "loss") < 0  # F
    assert EXERCISES["09.endpoint"].right == "ADF"


def test_09_a_t_interval_of_dead_classes_reaches_below_0():
    by_seed = sorted(select(2, "yes"), key=lambda r: r["seed"])
    dead = [len((r["dead"] or "").split()) for r in by_seed]
    assert dead == [1, 10, 0, 3, 0, 0, 0, 0, 0, 0]
    middle, half = mean_interval(dead)
    assert f"{middle:.1f} ± {half:.1f}" == "1.4 ± 2.3"
    assert (round(middle - half, 1), round(middle + half, 1)) == (-0.9, 3.7)


def test_09_the_side_from_which_all_weights_of_the_last_window_are_used():
    def used(side):  # weights of the last 3×3 that meet a pixel and not only padding
        with torch.no_grad():
            last, X = nin(0)[7][0], nin(0)[:7](torch.zeros(1, 1, side, side))
        last(torch.ones_like(X)).sum().backward()
        return (last.weight.grad != 0).sum().item()

    sides = {name: used(side) for name, side in wrong("09.class-map").items()}
    right = used(EXERCISES["09.class-map"].right)
    assert right == sides["large enough"] == sides["the notes' side"] == 34_560
    assert sides["one pixel too few"] == sides["the protocol at fault"] == 3_840
    assert sides["the smallest that runs"] == 3_840
    assert sides["a map as large as the window"] == 34_560


def test_02_gradients_that_are_not_cleared_swing_to_and_fro():
    torch.manual_seed(0)
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    layer, Y, seen = torch.nn.Conv2d(1, 1, (1, 2)), X[:, :-1] - X[:, 1:], []
    optimizer = torch.optim.SGD(layer.parameters(), 0.3)
    for _ in range(60):
        ((layer(X[None, None]) - Y) ** 2).mean().backward()
        optimizer.step()
        seen.append(layer.weight[0, 0, 0, 0].item() - 1)
    assert max(seen[30:]) > 0.1 and min(seen[30:]) < -0.1
