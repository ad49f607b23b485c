"""Which classes got lost: planted dead channels are found, a healthy net is left alone.

The net is the end of NiN in small: ten class maps with a ReLU behind them, averaged.
"""

import pytest
import torch
from torch import nn

from cnn_course import History, train
from cnn_course.networks.architectures import nin_block

HEALTHY = "every class is predicted, every logit moves"
X = torch.eye(10)[:, :, None, None].expand(10, 10, 3, 3)  # channel i is bright
Y = torch.arange(10)


def net_of_class_maps(dead=(), last_relu=True):
    """Return a net that gives picture i of X to class i, but for the dead ones."""
    block = nin_block(10, 10, 1, 1, 0, num_1x1=1, last_relu=last_relu)
    for conv in block[0], block[2]:
        nn.init.dirac_(conv.weight)
        nn.init.zeros_(conv.bias)
    block[2].bias.data[list(dead)] = -100
    return nn.Sequential(block, nn.AdaptiveAvgPool2d(1), nn.Flatten())


LOST = "  never predicted: classes 2, 7; dead (logit 0 for every image): 2, 7"
NOT_DEAD = "  never predicted: classes 2, 7; dead (logit 0 for every image): none"


@pytest.mark.parametrize(
    "net, line",
    [
        ({"dead": (2, 7)}, LOST),
        ({"dead": (2, 7), "last_relu": False}, NOT_DEAD),
        ({}, f"  {HEALTHY}"),
    ],
)
def test_lost_and_dead_channels_are_told_below_the_line_of_every_epoch(
    net, line, capsys
):
    batches, net = [(X, Y)], net_of_class_maps(**net)
    history = train(net, batches, batches, 2, lr=0.001, watch_classes=True)
    assert capsys.readouterr().out.splitlines()[2::2] == [line] * 2
    assert history.never_predicted(0) == ([2, 7] if "2, 7" in line else [])
    assert history.dead_classes(0) == ([2, 7] if line == LOST else [])
    assert history.test_acc == pytest.approx(
        [1 - len(history.never_predicted()) / 10] * 2
    )


def test_images_of_each_class_and_largest_logits_over_all_batches():
    net = nn.Linear(3, 3, bias=False)
    nn.init.eye_(net.weight)
    logits = [[[3.0, 0.0, 0.0], [0.0, -5.0, 2.0]], [[1.0, 0.0, -4.0]]]
    batches = [(torch.tensor(rows), torch.zeros(len(rows)).long()) for rows in logits]
    sgd = torch.optim.SGD(net.parameters(), lr=0.0)
    history = train(net, batches, batches, 2, optimizer=sgd, verbose=False)
    assert history.predicted == [[2, 0, 1]] * 2
    assert {type(images) for images in history.predicted[0]} == {int}
    assert history.largest_logit == [[3.0, 5.0, 4.0]] * 2
    assert history.never_predicted() == [1] and history.dead_classes() == []


def test_an_epoch_can_be_named_and_the_last_one_is_the_default():
    history = History(
        predicted=[[5, 0, 0], [2, 0, 3], [1, 2, 2]],
        largest_logit=[[1.0, 0.0, 0.0], [1.0, 1e-30, 2.0], [0.0, 1.0, 2.0]],
    )
    assert [history.never_predicted(e) for e in range(3)] == [[1, 2], [1], []]
    assert [history.dead_classes(e) for e in range(3)] == [[1, 2], [], [0]]
    assert history.never_predicted() == [] and history.dead_classes() == [0]
    dead = "dead (logit 0 for every image)"
    assert history.class_line() == f"never predicted: classes none; {dead}: 0"
    history.largest_logit[2][0] = 0.1
    assert history.class_line() == HEALTHY
