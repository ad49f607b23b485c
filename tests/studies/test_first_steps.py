"""The first steps of a NiN, class by class: what is trained, looked at and recorded."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F

from cnn_course.studies import first_steps as study
from cnn_course.studies import read_rows
from cnn_course.studies.arms import build, nin_arm
from cnn_course.studies.nin import to_look_at

HEADER = """num_1x1,seed,lr,warm_up_steps,step,loss,dead,never_predicted,spread,
largest_pre_activation_by_class,mean_pre_activation_by_class,last_relu,init,batch_norm,
side,batch_size,test_images,data,machine,threads,torch,date""".replace("\n", "")


def built(*arm, **factors):
    torch.manual_seed(0)
    return build(**nin_arm(*arm, **factors), side=67)


def test_watch_trains_just_the_steps_and_gives_the_looks():
    batches = [(torch.rand(4, 1, 67, 67), torch.randint(10, (4,))) for _ in range(2)]
    net, optimizer = built(0, "no", lr=0.01, warm_up_steps=2)
    seen = list(study.watch(net, optimizer, batches, batches[0][0], (0, 1, 3)))
    losses, (other, optimizer) = [None], built(0, "no", lr=0.01, warm_up_steps=2)
    for X, y in [*batches, batches[0]]:  # the third step begins the next epoch
        loss = F.cross_entropy(other(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    found = [(look["step"], look["loss"]) for look in seen]
    assert found == [(step, losses[step]) for step in (0, 1, 3)]
    assert all(map(torch.equal, net.parameters(), other.parameters()))
    maps = study.class_maps(net, batches[0][0])
    assert seen[-1]["largest"] == maps.amax(dim=(0, 2, 3)).tolist()
    assert seen[-1]["mean"] == maps.mean(dim=(0, 2, 3)).tolist()


@pytest.mark.parametrize("batch_norm", ["no", "yes"])
@pytest.mark.parametrize("last_relu", ["no", "yes"])
def test_class_maps_lead_to_the_logits_and_leave_the_modes(last_relu, batch_norm):
    net, _ = built(1, last_relu, batch_norm=batch_norm)
    net[0].eval()
    modes = [module.training for module in net.modules()]
    X = torch.rand(3, 1, 128, 128)
    maps = study.class_maps(net, X)
    assert maps.shape == (3, 10, 2, 2) and (maps < 0).any()
    assert [module.training for module in net.modules()] == modes
    maps = maps.relu() if last_relu == "yes" else maps
    with torch.no_grad():
        logits = to_look_at(net)(X)
    torch.testing.assert_close(maps.mean(dim=(2, 3)), logits)
    assert torch.equal(logits, net.eval()(X)) == (batch_norm == "no")


def test_a_class_is_dead_when_its_map_is_closed_in_every_picture():
    net, optimizer = built(0, "yes")
    net[-3][-2].bias.data[:] = torch.tensor([-9.0, 9.0] * 5)
    X = torch.rand(3, 1, 67, 67)
    (look,) = study.watch(net, optimizer, [], X, (0,))
    assert look["dead"] == "c0 c2 c4 c6 c8" and "c8" in look["never_predicted"]
    assert [largest > 0 for largest in look["largest"]] == [False, True] * 5
    spread = study.class_maps(net, X).mean(dim=(2, 3)).std(dim=0).mean().item()
    assert look["spread"] == pytest.approx(spread, rel=1e-3)


def test_an_interrupted_command_goes_on_as_if_nothing_had_been(
    small, tmp_path, monkeypatch
):
    def interrupted(*args):
        calls.append(1)
        for look in watch(*args):
            yield look
            if len(calls) == 2:
                raise KeyboardInterrupt

    calls, watch = [], study.watch
    command = ["--seeds", "1", "--out", str(tmp_path / "out.csv")]
    study.main([*command[:-1], str(tmp_path / "undisturbed.csv")])
    monkeypatch.setattr(study, "watch", interrupted)
    with pytest.raises(SystemExit, match=r"run 2 of 4 \(num_1x1 0, warm_up_steps 64\)"):
        study.main(command)
    study.main(command)
    text = (tmp_path / "out.csv").read_text()
    assert text == (tmp_path / "undisturbed.csv").read_text()
    assert text.splitlines()[0] == HEADER
    expected = dict(seed=0, lr=0.002, last_relu="yes", init="default", batch_norm="no")
    expected |= dict(side=67, batch_size=10, test_images=20, data="Fashion-MNIST")
    looks = product((0, 1), (0, 64), (0, 1, 3))
    for row, look in zip(read_rows(tmp_path / "out.csv"), looks, strict=True):
        assert (row["num_1x1"], row["warm_up_steps"], row["step"]) == look
        assert expected.items() <= row.items() and row["machine"] and row["date"]
        assert (row["loss"] is None) == (row["step"] == 0) and row["spread"] > 0
        largest = row["largest_pre_activation_by_class"].split()
        assert len(largest) == len(row["mean_pre_activation_by_class"].split()) == 10
        closed = sum(value.startswith("-") for value in largest)
        assert closed == row["dead"] <= row["never_predicted"] < 10
