"""View 10: the recorded study, arm by arm."""

import re
import statistics

import pytest
import torch

from cnn_course.studies import read_rows
from cnn_course.studies.arms import nin_arm
from cnn_course.views.ablation_explorer import (
    RADIUS,
    arm_name,
    chosen_runs,
    draw_ablation,
    levels,
)

ARMS = ONE, TWO = "one 1×1 · ReLU", "two 1×1 · ReLU"
SLOW = "no 1×1 · no ReLU · rate 0.0005"


@pytest.fixture(scope="module")
def rows():
    return read_rows("09_ablation.csv")


def asked(**changes):
    return dict(arms=ARMS, seeds=range(10), measure="test accuracy", epoch=5) | changes


def test_an_arm_is_called_by_what_sets_it_apart(rows):
    arms = {arm_name(row) for row in rows}
    told = [
        (r["network"], *(r[k] for k in nin_arm(0, "no") if k != "network"))
        for r in rows
    ]
    assert len(arms) == len(set(told)) == 20  # no two of the study in one
    clipped = nin_arm(3, "no", "gradient clipping")
    assert arm_name(clipped) == "three 1×1 · no ReLU · gradient clipping"
    other = nin_arm(2, "yes", lr=0.0005) | {"init": "kaiming"}
    assert arm_name(other) == "two 1×1 · ReLU · rate 0.0005 · Kaiming init"


def test_the_label_has_the_median_and_how_many_runs_lost_classes(rows):
    accuracies = [
        row["test_acc"]
        for row in rows
        if nin_arm(1, "yes").items() <= row.items() and row["epoch"] == 5
    ]
    assert len(accuracies) == 10
    median = round(statistics.median(accuracies), 3)
    drawn = draw_ablation(rows, **asked())
    assert f"{ONE}: median {median:g} (n = 10), 4 with classes never" in drawn
    assert all(f": {accuracy:.4g}<" in drawn for accuracy in accuracies)
    drawn = draw_ablation(rows, **asked(measure="dead classes", epoch=0))
    assert f"epoch 0. {ONE}: median 5 (n = 10), 10 with classes never" in drawn
    drawn = draw_ablation(rows, **asked(arms=[ONE, SLOW], seeds=[7]))
    assert f"{SLOW}: no such run" in drawn


def test_dots_do_not_touch_and_lines_join_equal_seeds(rows):
    drawn = draw_ablation(rows, **asked())
    found = re.findall(r'<text x="(\S+)" y="(\S+)" font-size="11" text-anchor', drawn)
    dots = torch.tensor([[float(x), float(y)] for x, y in found])
    assert len(dots) == 20 and torch.pdist(dots).min() >= 2 * RADIUS
    assert len(re.findall('<line [^>]*class="seed-', drawn)) == 10
    assert levels({0: 5.0, 1: 5.0, 2: 99.0}) == {0: 0, 1: 1, 2: 0}


def test_seeds_0_and_1_tell_opposite_stories(rows):  # which the view proposes to try
    one, two = chosen_runs(rows, **asked(seeds=[0, 1])).values()
    assert [two[s] > one[s] for s in (0, 1)] == [True, False]
