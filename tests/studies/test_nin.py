"""The experiment of notebook 09: its arms, its remedies, and how it goes on."""

import re

import pytest
import torch
from torch import nn

from cnn_course.networks import nin
from cnn_course.studies import mean_interval, read_rows
from cnn_course.studies import nin as study
from cnn_course.studies.nin import build, clip_gradients, kaiming, nin_arm
from cnn_course.studies.results import FOLDER

TOLD = (FOLDER / "README.md").read_text(encoding="utf-8")
SIDE = 67  # as in conftest.py


@pytest.mark.parametrize("last_relu, other", [("yes", "no"), ("no", "yes")])
@pytest.mark.parametrize("num_1x1", range(4))
def test_the_declared_net_passes_and_others_are_refused(num_1x1, last_relu, other):
    with torch.device("meta"):
        net = nin(num_1x1, last_relu == "yes")
    study.check_declared(net, num_1x1, last_relu)
    for arm in [((num_1x1 + 1) % 4, last_relu), (num_1x1, other)]:
        with pytest.raises(RuntimeError, match="the arm declares"):
            study.check_declared(net, *arm)


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


def test_kaiming_passes_over_no_layer_with_weights():
    with pytest.raises(ValueError, match="no Kaiming initialisation for"):
        kaiming(nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3)))
    with pytest.raises(RuntimeError, match="uninitialized"):
        kaiming(nn.Sequential(nn.LazyConv2d(3, 3)))


@pytest.mark.parametrize("size, step", [(30.0, 1.0), (0.3, 0.3), (0.0, 0.0)])
def test_clipping_limits_the_length_of_a_step_over_all_layers(size, step):
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    sgd = torch.optim.SGD(net.parameters(), lr=1.0)
    clip_gradients(sgd)
    before = nn.utils.parameters_to_vector(net.parameters()).detach().clone()
    direction = torch.randn_like(before)
    direction /= direction.norm()
    parts = (size * direction).split([p.numel() for p in net.parameters()])
    for p, part in zip(net.parameters(), parts, strict=True):
        p.grad = part.view_as(p).clone()
    sgd.step()
    moved = before - nn.utils.parameters_to_vector(net.parameters()).detach()
    torch.testing.assert_close(moved, step * direction, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("remedy", ["gradient clipping", "none"])
def test_only_the_arm_with_clipping_clips(remedy):
    net, optimizer = build("NiN", 0, "yes", remedy, SIDE)
    for p in net.parameters():
        p.grad = torch.ones_like(p)
    optimizer.step()
    length = nn.utils.get_total_norm([p.grad for p in net.parameters()]).item()
    assert length > 1000 if remedy == "none" else length == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize(
    "network, remedy, rate",
    [
        ("NiN", "none", 0.002),
        ("NiN", "lower rate", 0.0002),
        ("NiN", "Kaiming initialisation", 0.002),
        ("NiN", "gradient clipping", 0.002),
        ("LeNet", "none", 0.005),
        ("narrow VGG-11", "none", 0.001),
    ],
)
def test_every_arm_has_adam_at_its_rate(network, remedy, rate):
    net, optimizer = build(network, 1, "yes", remedy, SIDE)
    assert type(optimizer) is torch.optim.Adam
    (group,) = optimizer.param_groups
    assert group["lr"] == pytest.approx(rate)
    assert [id(p) for p in group["params"]] == [id(p) for p in net.parameters()]


def initial(remedy="none", last_relu="yes", seed=3):
    torch.manual_seed(seed)
    return build("NiN", 2, last_relu, remedy, SIDE)[0].state_dict()


def test_a_seed_gives_the_same_weights_in_every_arm_but_kaimings():
    def same(other):
        return all(torch.equal(first[name], other[name]) for name in first)

    first = initial()
    assert first.keys() == initial(last_relu="no").keys() and same(initial())
    assert same(initial(last_relu="no"))
    assert same(initial("lower rate")) and same(initial("gradient clipping"))
    assert not same(initial(seed=4)) and not same(initial("Kaiming initialisation"))


def test_the_arms_hold_the_design():
    arms = study.ARMS
    grid = [nin_arm(n, relu) for n in range(4) for relu in ("yes", "no")]
    assert arms["grid"] == grid
    assert all(arm in grid for arm in arms["main"] + arms["notes"])
    assert [arm["remedy"] for arm in arms["remedies"]] == list(study.REMEDIES)
    full = dict(resize=224, train_size=60_000, test_size=10_000, epochs=5)
    assert study.PROTOCOLS["full"] == full
    assert study.PROTOCOLS["reduced"]["resize"] == 96
    assert (study.BATCH_SIZE, study.LR) == (128, 0.002)


@pytest.mark.parametrize("arm", [(4, "no"), (1, "maybe"), (1, True), (1, "no", "luck")])
def test_an_arm_that_the_study_does_not_have_is_refused(arm):
    with pytest.raises(ValueError, match=f"must be .*; got ({arm[-1]!r}|4)"):
        nin_arm(*arm)


def test_the_net_that_trains_is_the_declared_one(small, monkeypatch):
    monkeypatch.setattr(study, "nin", lambda n, last_relu: nin(n, not last_relu))
    with pytest.raises(RuntimeError, match="the arm declares"):
        study.run(**small, **nin_arm(0, "no"))


def test_a_layer_that_never_trained_is_noticed(small, monkeypatch):
    def train(net, *args, **kwargs):
        net[4].requires_grad_(False)
        return real_train(net, *args, **kwargs)

    real_train = study.train
    monkeypatch.setattr(study, "train", train)
    with pytest.raises(RuntimeError, match="never trained"):
        study.run(**small, **nin_arm(0, "yes"))


def test_a_row_names_the_arm_the_data_machine_versions_and_date(small):
    rows = study.run(**small, **nin_arm(0, "no", "lower rate"))
    assert [row["epoch"] for row in rows] == [1, 2]
    expected = small | nin_arm(0, "no", "lower rate")
    expected |= dict(parameters=1_546_058, lr=pytest.approx(0.0002), batch_size=128)
    expected |= dict(resize=SIDE, train_size=10, test_size=10, epochs=2)
    expected |= dict(data="Fashion-MNIST", torch=torch.__version__)
    for row in rows:
        assert {key: row[key] for key in expected} == expected
        assert row["machine"] and re.fullmatch(r"\d{4}-\d\d-\d\d", row["date"])
        assert re.fullmatch(r"(c\d( c\d)*)?", row["never_predicted"])
        assert row["seconds"] > 0
        assert 0 <= row["train_acc"] <= 1 and 0 <= row["test_acc"] <= 1


def test_dead_classes_are_recorded(small, monkeypatch):
    def planted(*args):
        net = nin(*args)
        net[-3][-2].bias.data[[2, 7]] = -100
        return net

    monkeypatch.setattr(study, "nin", planted)
    rows = study.run(**small, **nin_arm(0, "yes"))
    for row in rows:
        dead, never = set(row["dead"].split()), set(row["never_predicted"].split())
        assert {"c2", "c7"} <= dead <= never


@pytest.mark.parametrize("arm", study.ARMS["networks"], ids=lambda a: a["network"])
def test_the_networks_of_the_table_of_costs_train_too(small, arm):
    rows = study.run(**small, **arm)
    assert rows[0]["network"] == arm["network"] and rows[0]["num_1x1"] is None
    assert rows[1]["loss"] != rows[0]["loss"]
    # A row of LeNet does not claim pictures that were enlarged.
    assert rows[0]["resize"] == (28 if arm["network"] == "LeNet" else SIDE)


def final_rows(**wanted):
    wanted = {"epoch": 5, "protocol": "reduced", "precision": "bf16"} | wanted
    rows = read_rows("09_ablation.csv")
    return [r for r in rows if all(r[key] == value for key, value in wanted.items())]


FP32 = [arm | {"precision": "fp32"} for arm in study.ARMS["main"]]


@pytest.mark.parametrize("arm", study.ARMS["grid"] + study.ARMS["remedies"] + FP32)
def test_the_committed_study_has_the_same_five_seeds_in_every_arm(arm):
    rows = final_rows(**arm)
    assert sorted(row["seed"] for row in rows) == [0, 1, 2, 3, 4]
    for row in rows:
        assert row["data"] == "Fashion-MNIST" and row["machine"] and row["torch"]
        assert row["parameters"] == study.PARAMETERS[arm["num_1x1"]]
        assert (row["resize"], row["train_size"], row["epochs"]) == (96, 10_000, 5)


@pytest.mark.parametrize("num_1x1", range(4))
def test_what_is_told_is_what_the_study_found(num_1x1):
    cells = [str(num_1x1)]
    for last_relu in ("yes", "no"):
        rows = final_rows(**nin_arm(num_1x1, last_relu))
        mean, half = mean_interval([row["test_acc"] for row in rows])
        cells += [f"{mean:.3f} ± {half:.3f}"]
        for kind in ("never_predicted", "dead"):
            runs = sum(row[kind] is not None for row in rows)
            cells += [f"{runs} of {len(rows)}"]
    assert f"| {' | '.join(cells)} |" in TOLD


def test_it_is_told_how_bf16_and_fp32_agree():
    assert {row["machine"] for row in final_rows(precision="fp32")} == {"AMD EPYC"}
    for arm in study.ARMS["main"]:
        bf16, fp32 = (
            {row["seed"]: row["test_acc"] for row in final_rows(**arm, precision=p)}
            for p in ("bf16", "fp32")
        )
        assert bf16.keys() == fp32.keys()
        mean, half = mean_interval([bf16[seed] - fp32[seed] for seed in bf16])
        assert f"{mean:+.3f} ± {half:.3f}".replace("-", "−") in TOLD
    runs = final_rows(num_1x1=1, last_relu="yes", precision="fp32")
    lost = sum(row["never_predicted"] is not None for row in runs)
    assert f"lose classes, too ({lost} of {len(runs)})" in " ".join(TOLD.split())
