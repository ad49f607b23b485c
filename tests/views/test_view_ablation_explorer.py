"""View 10: the recorded study, arm by arm."""

import pytest

from cnn_course.studies import mean_interval, read_rows
from cnn_course.views.ablation_explorer import (
    arm_name,
    chosen_runs,
    draw_ablation,
    measure_of,
)

ONE, TWO = "1 1×1, with last ReLU", "2 1×1, with last ReLU"


@pytest.fixture(scope="module")
def rows():
    return read_rows("09_ablation.csv")


def asked(**changes):
    asked = dict(arms=[ONE], seeds=range(5), epoch=5)
    return asked | dict(protocol="reduced", precision="bf16") | changes


def test_an_arm_s_runs_are_those_of_the_file(rows):
    found = chosen_runs(rows, **asked(arms=[TWO, ONE]))
    assert list(found) == [TWO, ONE]
    assert [row["seed"] for row in found[ONE]] == [0, 1, 2, 3, 4]
    for row in found[TWO]:
        wanted = ("NiN", 2, "yes", "none", 5, "reduced", "bf16")
        keys = ("network", "num_1x1", "last_relu", "remedy")
        keys += ("epoch", "protocol", "precision")
        assert tuple(row[key] for key in keys) == wanted


def test_the_text_has_mean_and_interval_of_the_chosen_seeds(rows):
    values = [
        row["test_acc"] for row in chosen_runs(rows, **asked(seeds=[1, 2, 4]))[ONE]
    ]
    mean, half = mean_interval(values)
    _, text = draw_ablation(rows, [], measure="test accuracy", **asked(seeds=[1, 2, 4]))
    assert f"{ONE}: {mean:.3f} ± {half:.3f} (n = 3)" in text
    _, text = draw_ablation(rows, [], measure="test accuracy", **asked(seeds=[2]))
    assert f"{ONE}: {values[1]:.3f}, one run" in text


def test_classes_are_counted(rows):
    row = {"never_predicted": "c0 c3 c9", "dead": None}
    assert measure_of(row, "classes never predicted") == 3
    assert measure_of(row, "dead classes") == 0


def test_own_runs_are_told_in_their_arm(rows):
    own = [dict(rows[0], seed=9, epoch=e, test_acc=e / 10) for e in (4, 5)]
    arms = dict(arms=[arm_name(rows[0]), TWO], measure="test accuracy")
    _, text = draw_ablation(rows, own, **asked(**arms))
    assert text.count("your own") == 1 and "your own 0.500" in text


@pytest.mark.parametrize(
    "changes, words",
    [
        (dict(arms=[]), "no arm is chosen"),
        (dict(seeds=[]), "no seed is chosen"),
        (dict(epoch=6), "after epoch 6. Choose others"),
        (dict(protocol="a sixth", arms=["LeNet"]), "under the protocol 'a sixth'"),
    ],
)
def test_nothing_to_show_is_said(rows, changes, words):
    with pytest.raises(ValueError, match=words):
        chosen_runs(rows, **asked(**changes))
