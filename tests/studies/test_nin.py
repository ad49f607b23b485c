"""The experiment of notebook 09: its arms, its remedies, and what it records."""

import re
from copy import deepcopy

import pytest
import torch
from torch import nn

from cnn_course.networks import count_parameters, nin
from cnn_course.studies import arms, read_rows
from cnn_course.studies import nin as study
from cnn_course.studies.arms import build, kaiming, nin_arm, other_arm

SIDE = 67  # as in conftest.py


def built(*arm, seed=3, **factors):
    torch.manual_seed(seed)
    return build(**nin_arm(*arm, **factors), side=SIDE)


def test_kaiming_draws_every_layer_with_variance_2_over_fan_in():
    torch.manual_seed(0)
    lazy = nn.Sequential(nn.LazyConv2d(8, 5), nn.Flatten(), nn.LazyLinear(300))
    lazy(torch.zeros(1, 16, 12, 12))  # a lazy layer has weights after its first batch
    net = nn.Sequential(nn.Conv2d(40, 50, 3), nn.ReLU(), lazy)
    kaiming(net)
    for p in net.parameters():
        expected = (2 / p[0].numel()) ** 0.5 if p.dim() > 1 else 0
        assert p.std().item() == pytest.approx(expected, rel=0.05)


CLIPPED = [("none", 99, 99), *(("gradient clipping", s, min(s, 1)) for s in (99, 0.3))]


@pytest.mark.parametrize("remedy, size, left", CLIPPED)
def test_clipping_limits_the_length_of_the_gradient_over_all_layers(remedy, size, left):
    net, optimizer = built(0, "yes", remedy)
    for p in net.parameters():
        p.grad = torch.full_like(p, size / count_parameters(net) ** 0.5)
    optimizer.step()
    length = nn.utils.get_total_norm([p.grad for p in net.parameters()]).item()
    assert length == pytest.approx(left, rel=1e-3)


GRID = [nin_arm(n, relu) for n in range(4) for relu in ("yes", "no")]
REMEDIES = [nin_arm(2, "yes", remedy) for remedy in study.REMEDIES]
OTHERS = [other_arm(network) for network in study.OTHERS]


def test_an_arm_has_adam_at_its_rate():
    rates = [0.0002, 0.002, 0.002, 0.005, 0.001, 0.001]
    for arm, rate in zip([*REMEDIES, *OTHERS], rates, strict=True):
        net, optimizer = build(**arm, side=SIDE)
        (group,) = optimizer.param_groups
        assert type(optimizer) is torch.optim.Adam and group["lr"] == rate
        assert [id(p) for p in group["params"]] == [id(p) for p in net.parameters()]


@pytest.mark.filterwarnings("error")
def test_warm_up_raises_the_rate_of_the_first_steps():
    net, optimizer = built(0, "yes", lr=0.01, warm_up_steps=4)
    (*_, bias), moved = net.parameters(), []
    for _ in range(6):
        before = bias.detach().clone()
        for p in net.parameters():
            p.grad = torch.ones_like(p)  # at a steady gradient Adam moves by its rate
        optimizer.step()
        moved.append((before - bias.detach()).mean().item())
    assert moved == pytest.approx([0.0025, 0.005, 0.0075, 0.01, 0.01, 0.01], rel=1e-4)


def test_a_seed_gives_the_same_weights_in_every_arm_but_kaimings():
    def same(*arm, **factors):
        other = built(*arm, **factors)[0].state_dict()
        return all(torch.equal(first[name], other[name]) for name in first)

    first = built(2, "yes")[0].state_dict()
    assert same(2, "no") and same(2, "yes", warm_up_steps=9)
    assert same(2, "yes", "lower rate") and same(2, "yes", "gradient clipping")
    assert not same(2, "yes", seed=4) and not same(2, "yes", "Kaiming initialisation")


@pytest.mark.parametrize("arm", [(4, "no"), (1, "maybe"), (1, "no", "luck")])
def test_an_arm_that_the_study_does_not_have_is_refused(arm):
    with pytest.raises(ValueError, match=f"must be .*; got ({arm[-1]!r}|4)"):
        nin_arm(*arm)


COMMANDS = [("", GRID, {}), ("--arms remedies", REMEDIES, {})]
slow = [nin_arm(n, "no", lr=0.0005) for n in (0, 1)]
reduced = "--set protocol=reduced lr=0.0005 num_1x1=0,1 last_relu=no"
COMMANDS += [(reduced, slow, dict(protocol="reduced"))]


@pytest.mark.parametrize("options, arms, how", COMMANDS)
def test_a_command_has_these_runs(small, monkeypatch, options, arms, how):
    def complete(path, runs, *_):
        assert path.name == "09_ablation.csv"
        how_all = dict(protocol="full", epochs=5, precision="fp32") | how
        assert runs == [
            how_all | arm | {"seed": seed} for seed in (0, 1) for arm in arms
        ]

    monkeypatch.setattr(study.runner, "complete", complete)
    study.main(["--seeds", "2", *options.split()])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("arm", [nin_arm(0, "no", warm_up_steps=9), *OTHERS])
def test_a_run_is_looked_at_before_its_first_step_and_after_each_epoch(small, arm):
    before, *rows = study.rows(**small, **arm)
    assert [row["epoch"] for row in (before, *rows)] == [0, 1, 2]
    # A row of LeNet does not claim pictures that were enlarged.
    assert before["resize"] == (28 if arm["network"] == "LeNet" else SIDE)
    assert before["spread"] > 0 and "loss" not in before
    for row in rows:
        assert row["parameters"] == before["parameters"] and row["train_size"] == 10
        assert "seconds" in row and "spread" not in row
        assert 0 <= row["train_acc"] <= 1 and 0 <= row["test_acc"] <= 1
        assert re.fullmatch(r"(c\d( c\d)*)?", row["never_predicted"])
    assert rows[0]["loss"] != rows[1]["loss"]


def test_dead_classes_are_recorded(small, monkeypatch):
    def planted(*args):
        net = nin(*args)
        net[-3][-2].bias.data[[2, 7]] = -100
        return net

    monkeypatch.setattr(arms, "nin", planted)
    for row in study.rows(**small, **nin_arm(0, "yes")):
        dead, never = set(row["dead"].split()), set(row["never_predicted"].split())
        assert {"c2", "c7"} <= dead <= never


def test_the_look_before_the_first_step_changes_nothing():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(1, 10, 2), nn.ReLU(), nn.Dropout(0.5), nn.Flatten())
    net[0].weight.data[7] = net[0].bias.data[7] = 0
    batches = [3 * torch.randn(50, 1, 2, 2), *torch.randn(2, 9, 1, 2, 2)]
    before = deepcopy(net.state_dict())
    found = study.first_look(net, [(X, None) for X in batches])
    assert all(module.training for module in net.modules())
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    logits = torch.cat([net.eval()(X) for X in batches])
    assert found["spread"] == pytest.approx(logits.std(dim=0).mean().item(), rel=1e-3)
    assert found["dead"] == "c7"
    logits = torch.eye(10)[[0, 0, 3, 4, 5, 6, 1]]
    assert study.classes_in(logits)["never_predicted"] == "c2 c7 c8 c9"


RECORDED = [(arm, 10, 5) for arm in GRID] + [(arm, 5, 5) for arm in REMEDIES]
RECORDED += [(arm, 3, 5) for arm in OTHERS] + [(arm, 10, 0) for arm in GRID]
for n, relu in ((0, "no"), (1, "yes"), (1, "no"), (2, "yes"), (2, "no"), (3, "no")):
    RECORDED += [(nin_arm(n, relu, lr=0.0005), 4 if n == 3 else 5, 5)]


def test_the_committed_study_has_its_seeds_in_every_arm_and_nothing_else():
    left = read_rows("09_ablation.csv")
    for arm, seeds, epochs in RECORDED:
        wanted = study.PROTOCOLS["full"] | dict(protocol="full", batch_size=128) | arm
        wanted |= dict(data="Fashion-MNIST", epochs=epochs)
        wanted["precision"] = "bf16" if epochs else "fp32"
        wanted["resize"] = 28 if arm["network"] == "LeNet" else 224
        with torch.device("meta"):
            wanted["parameters"] = count_parameters(build(**arm)[0])
        rows = [row for row in left if wanted.items() <= row.items()]
        left = [row for row in left if row not in rows]
        expected = [(s, e) for s in range(seeds) for e in range(1, epochs + 1) or [0]]
        found = sorted(rows, key=lambda row: row["seed"])  # epochs stay as they are
        assert [(row["seed"], row["epoch"]) for row in found] == expected, wanted
        for row in rows:
            alone = epochs and row["seed"] == 0 and arm["lr"] != 0.0005
            assert row["alone"] == ("yes" if alone else "no")
            assert (row["spread"] is None) == (row["epoch"] > 0)
    assert not left
