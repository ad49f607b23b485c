"""The first steps of a NiN, class by class: what is trained, looked at and recorded."""

import pytest
import torch
import torch.nn.functional as F

from cnn_course.studies import first_steps as study
from cnn_course.studies.arms import build, nin_arm


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


@pytest.mark.parametrize("last_relu", ["no", "yes"])
def test_class_maps_lead_to_the_logits_and_leave_the_modes(last_relu):
    net, _ = built(1, last_relu)
    net[0].eval()
    modes = [module.training for module in net.modules()]
    X = torch.rand(3, 1, 128, 128)
    maps = study.class_maps(net, X)
    assert maps.shape == (3, 10, 2, 2) and (maps < 0).any()
    assert [module.training for module in net.modules()] == modes
    maps = maps.relu() if last_relu == "yes" else maps
    with torch.no_grad():
        torch.testing.assert_close(maps.mean(dim=(2, 3)), net.eval()(X))


def test_a_class_is_dead_when_its_map_is_closed_in_every_picture():
    net, optimizer = built(0, "yes")
    net[-3][-2].bias.data[:] = torch.tensor([-9.0, 9.0] * 5)
    X = torch.rand(3, 1, 67, 67)
    (look,) = study.watch(net, optimizer, [], X, (0,))
    assert look["dead"] == "c0 c2 c4 c6 c8" and "c8" in look["never_predicted"]
    assert [largest > 0 for largest in look["largest"]] == [False, True] * 5
    spread = study.class_maps(net, X).mean(dim=(2, 3)).std(dim=0).mean().item()
    assert look["spread"] == pytest.approx(spread, rel=1e-3)
