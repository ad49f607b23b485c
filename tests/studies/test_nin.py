"""The experiment of notebook 09: its arms, its remedies, and what it records."""

import re
from copy import deepcopy
from itertools import product

import pytest
import torch
from torch import nn

from cnn_course.networks import count_parameters, nin
from cnn_course.studies import arms, read_rows
from cnn_course.studies import nin as study
from cnn_course.studies.arms import build, kaiming, nin_arm, other_arm
from cnn_course.studies.nin import first_look

SIDE = 67  # as in conftest.py


def built(*arm, seed=3, **factors):
    torch.manual_seed(seed)
    return build(**nin_arm(*arm, **factors), side=SIDE)


def test_kaiming_draws_every_layer_with_variance_2_over_fan_in():
    class Convolution(nn.Conv2d):
        pass

    torch.manual_seed(0)
    lazy = nn.Sequential(nn.LazyConv2d(8, 5), nn.Flatten(), nn.LazyLinear(300))
    lazy(torch.zeros(1, 16, 12, 12))  # a lazy layer has weights after its first batch
    net = nn.Sequential(Convolution(40, 50, 3), nn.ReLU(), nn.Sequential(lazy))
    before = [p.clone() for p in net.parameters()]
    kaiming(net)
    assert len(before) == 6
    for old, p in zip(before, net.parameters(), strict=True):
        assert not torch.equal(old, p)
        if p.dim() == 1:
            assert not p.any()
        else:
            assert p.std().item() == pytest.approx((2 / p[0].numel()) ** 0.5, rel=0.05)


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


def test_every_arm_has_adam_at_its_rate():
    arms = [nin_arm(1, "yes", lr=0.0005), *GRID, *REMEDIES, *OTHERS]
    rates = [0.0005, *[0.002] * 8, 0.0002, 0.002, 0.002, 0.005, 0.001, 0.001]
    for arm, rate in zip(arms, rates, strict=True):
        net, optimizer = build(**arm, side=SIDE)
        assert type(optimizer) is torch.optim.Adam
        (group,) = optimizer.param_groups
        assert group["lr"] == arm["lr"] == rate
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
    assert same(2, "yes") and same(2, "no") and same(2, "yes", warm_up_steps=9)
    assert same(2, "yes", "lower rate") and same(2, "yes", "gradient clipping")
    assert not same(2, "yes", seed=4) and not same(2, "yes", "Kaiming initialisation")


@pytest.mark.parametrize("init", ["default", "kaiming"])
def test_batch_norm_stands_behind_every_convolution_and_changes_nothing_else(init):
    expected, found = (
        [m for m in built(1, "no", init=init, batch_norm=norm)[0].modules()]
        for norm in ("no", "yes")
    )
    for i, layer in reversed(list(enumerate(expected))):
        if isinstance(layer, nn.Conv2d):
            expected.insert(i + 1, nn.BatchNorm2d(layer.out_channels))
    for one, two in zip(found, expected, strict=True):
        if not isinstance(one, nn.Sequential):
            assert str(one) == str(two)
            assert all(map(torch.equal, one.parameters(), two.parameters()))


COMBINED = [
    nin_arm(3, "yes", lr=lr, init="kaiming", warm_up_steps=steps, batch_norm=norm)
    for lr, steps, norm in product((0.002, 0.0005), (0, 64), ("no", "yes"))
]
FACTORS = "--num-1x1 3 --last-relu yes --rate 0.002 0.0005 --init kaiming"
COMMANDS = [("", GRID, {}), ("--arms remedies", REMEDIES, {})]
COMMANDS += [("--arms networks --epochs 7", OTHERS, dict(epochs=7))]
COMMANDS += [
    ("--last-relu no --epochs 0", GRID[1::2], dict(epochs=0, precision="fp32"))
]
COMMANDS += [(f"{FACTORS} --warm-up 0 64 --batch-norm no yes", COMBINED, {})]
COMMANDS += [("--protocol reduced", GRID, dict(protocol="reduced", epochs=2))]


@pytest.mark.parametrize("options, arms, how", COMMANDS)
def test_a_command_has_these_runs(small, monkeypatch, options, arms, how):
    def run_missing(options, runs, run):
        how_all = dict(protocol="full", epochs=5, precision="bf16") | how
        reduced = how_all["protocol"] == "reduced"
        assert options.out.name == f"09_{'reduced' if reduced else 'ablation'}.csv"
        expected = [how_all | arm | {"seed": seed} for seed in (0, 1) for arm in arms]
        assert runs == expected and {tuple(run) for run in runs} == {tuple(runs[0])}

    monkeypatch.setattr(study.results, "run_missing", run_missing)
    study.main(["--seeds", "2", "--precision", "bf16", *options.split()])


@pytest.mark.parametrize("arm", [(4, "no"), (1, "maybe"), (1, True), (1, "no", "luck")])
def test_an_arm_that_the_study_does_not_have_is_refused(arm):
    with pytest.raises(ValueError, match=f"must be .*; got ({arm[-1]!r}|4)"):
        nin_arm(*arm)


@pytest.mark.filterwarnings("error")
def test_a_row_names_the_arm_the_data_machine_versions_and_date(small):
    arm = nin_arm(0, "no", "lower rate", warm_up_steps=9, batch_norm="yes")
    rows = study.run(**small, **arm)
    assert [row["epoch"] for row in rows] == [0, 1, 2]
    assert {tuple(row) for row in rows} == {tuple(rows[0])}  # the same columns
    expected = small | arm | dict(parameters=1_547_550, lr=0.0002, batch_size=128)
    expected |= dict(resize=SIDE, train_size=10, test_size=10, epochs=2)
    expected |= dict(data="Fashion-MNIST", torch=torch.__version__)
    for row in rows:
        assert {key: row[key] for key in expected} == expected
        assert row["machine"] and re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])
        assert re.fullmatch(r"(c\d( c\d)*)?", row["never_predicted"])
    assert rows[0]["spread"] > 0
    assert {rows[0][key] for key in ("loss", "train_acc", "test_acc", "seconds")} == {
        ""
    }
    for row in rows[1:]:
        assert row["seconds"] > 0 and row["spread"] == ""
        assert 0 <= row["train_acc"] <= 1 and 0 <= row["test_acc"] <= 1


def test_dead_classes_are_recorded(small, monkeypatch):
    def planted(*args):
        net = nin(*args)
        net[-3][-2].bias.data[[2, 7]] = -100
        return net

    monkeypatch.setattr(arms, "nin", planted)
    rows = study.run(**small, **nin_arm(0, "yes"))
    for row in rows:
        dead, never = set(row["dead"].split()), set(row["never_predicted"].split())
        assert {"c2", "c7"} <= dead <= never


@pytest.mark.parametrize("arm", OTHERS, ids=lambda arm: arm["network"])
def test_the_networks_of_the_table_of_costs_train_too(small, arm):
    rows = study.run(**small, **arm)
    assert rows[0]["network"] == arm["network"] and rows[0]["num_1x1"] is None
    assert rows[0]["spread"] > 0 and rows[2]["loss"] != rows[1]["loss"]
    # A row of LeNet does not claim pictures that were enlarged.
    assert rows[0]["resize"] == (28 if arm["network"] == "LeNet" else SIDE)


@pytest.mark.parametrize("batch_norm", [False, True])
def test_the_look_before_the_first_step_changes_nothing(batch_norm):
    torch.manual_seed(0)
    layers = [nn.Conv2d(1, 10, 2), nn.ReLU(), nn.Dropout(0.5), nn.Flatten()]
    layers[0].weight.data[7] = layers[0].bias.data[7] = 0
    layers.insert(1, nn.BatchNorm2d(10) if batch_norm else nn.Identity())
    net, batches = (
        nn.Sequential(*layers),
        [3 * torch.randn(50, 1, 2, 2), *torch.randn(2, 9, 1, 2, 2)],
    )
    before = deepcopy(net.state_dict())
    found = first_look(net, [(X, None) for X in batches])
    assert all(module.training for module in net.modules())
    torch.testing.assert_close(net.state_dict(), before, rtol=0, atol=0)
    layers[3].eval()
    logits = torch.cat([net(X) for X in batches])
    assert found["spread"] == pytest.approx(logits.std(dim=0).mean().item(), rel=1e-3)
    assert found["dead"] == "c7"
    logits = torch.eye(10)[[0, 0, 3, 4, 5, 6, 1]]
    assert study.classes_in(logits)["never_predicted"] == "c2 c7 c8 c9"


def test_epoch_0_is_before_the_first_step_and_alone_no_trained_run(
    small, tmp_path, monkeypatch
):
    def look(net, pictures):
        looked_at.append([torch.cat(part) for part in zip(*pictures, strict=True)])
        return first_look(net, pictures)

    monkeypatch.setattr(study, "FIRST_LOOK", 30)
    monkeypatch.setattr(study, "first_look", look)
    looked_at, out = [], tmp_path / "out.csv"
    for epochs in ("0", "2", "0"):
        options = "--protocol reduced --num-1x1 0 --last-relu yes --seeds 2".split()
        study.main([*options, "--out", str(out), "--epochs", epochs])
    rows = read_rows(out)
    found = [(row["epochs"], row["epoch"]) for row in rows]
    assert found == [(0, 0)] * 2 + [(2, 0), (2, 1), (2, 2)] * 2
    for X, y in looked_at:  # the same in every run, as many of each class
        assert torch.equal(X, looked_at[0][0]) and y.bincount().tolist() == [3] * 10
    for row in (row for row in rows if row["epoch"] == 0):
        expected = first_look(built(0, "yes", seed=row["seed"])[0], [(X, y)])
        expected["spread"] = pytest.approx(expected["spread"], rel=2e-3)
        assert {key: row[key] or "" for key in expected} == expected


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
            assert row["machine"] and row["threads"] and row["torch"]
            assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])
            alone = epochs and row["seed"] == 0 and arm["lr"] != 0.0005
            assert row["alone"] == ("yes" if alone else "no")
            assert (row["spread"] is None) == (row["epoch"] > 0)
    assert not left
