"""What would go wrong without a word, and causes that are known."""

import pytest
import torch
import torch.nn.functional as F
from small import BATCHES, X, Y, network, sgd, weights
from torch import nn

from cnn_course import evaluate, train
from cnn_course.training import messages


def message(*args, error=ValueError, **options):
    """Return what `train` says when it refuses, for one epoch."""
    with pytest.raises(error) as caught:
        train(*args, None, 1, verbose=False, **options)
    return str(caught.value)


# Torch's switches --------------------------------------------------------------------


def test_training_is_the_same_with_a_switch_left_on(leave_a_switch_on):
    expected = train(network(), BATCHES, BATCHES, 2, verbose=False)
    net = network()
    leave_a_switch_on()
    found = train(net, BATCHES, BATCHES, 2, verbose=False, device="cpu")
    assert found.step_loss == expected.step_loss
    assert evaluate(net, BATCHES) == expected.test_acc[-1]


# Weights that would not change -------------------------------------------------------


def test_resume_after_a_new_last_layer_is_refused():
    net = network()
    train(net, BATCHES, None, 1, verbose=False)
    net[3] = nn.Linear(27, 3)
    before = weights(net)
    with pytest.raises(ValueError) as caught:
        train(net, BATCHES, None, 3, resume=True, verbose=False)
    told = str(caught.value)
    assert told.startswith("the optimizer does not hold 3.weight, 3.bias, which would ")
    assert told.endswith("or leave out resume")
    assert before == weights(net)
    own = torch.optim.Adam(net.parameters())
    assert len(train(net, BATCHES, None, 3, resume=True, optimizer=own)) == 3
    assert before != weights(net)


def test_resume_without_a_past_is_told(capsys):
    net = network()
    train(net, BATCHES, None, 1, resume=True, verbose=False)
    line = "resume=True: this network has no training to go on with, and begins anew\n"
    assert capsys.readouterr().out == line
    train(net, BATCHES, None, 2, resume=True, verbose=False)
    assert capsys.readouterr().out == ""


def test_an_optimizer_of_another_net_is_refused_and_one_of_a_part_is_not():
    net = network()
    told = message(net, BATCHES, optimizer=sgd(network()))
    assert told.startswith("the optimizer does not hold 0.weight, 0.bias, 1.weight, wh")
    first, last = net[0].weight.clone(), net[3].weight.clone()
    optimizer = torch.optim.SGD(net[3].parameters(), lr=0.1)
    train(net, BATCHES, None, 1, optimizer=optimizer, verbose=False)
    assert torch.equal(first, net[0].weight) and not torch.equal(last, net[3].weight)


# One message for each cause ----------------------------------------------------------

SHAPE = "Compare the shape with what the first layer expects"


def test_numbers_of_another_type_are_told_from_a_shape():
    mixed = network()
    mixed[3].double()
    for net in (network().double(), network().half(), mixed):
        assert "net.float() and X.float()" in message(net, BATCHES)
    assert "net.float() and X.float()" in message(network(), [(X.double(), Y)])
    assert SHAPE in message(network().double(), [(X[:, :1].double(), Y)])


def test_an_unknown_cause_is_told_as_seen_and_without_advice():
    net = network()
    net[2].forward = lambda X: None + X
    told = message(net, BATCHES)
    assert "torch.float32: unsupported operand" in told and told.endswith("'Tensor'")


# A loss of one's own -----------------------------------------------------------------


@pytest.mark.parametrize(
    "loss",
    [
        nn.CrossEntropyLoss(label_smoothing=0.1),
        nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])),
        lambda logits, y: F.multi_margin_loss(logits, y),
    ],
)
def test_any_loss_is_made_small_and_kept(loss):
    net, by_hand = network(), network()
    history = train(net, BATCHES, None, 1, loss=loss, optimizer=sgd(net), verbose=False)
    expected, optimizer = [], sgd(by_hand)
    for pictures, labels in BATCHES:
        value = loss(by_hand(pictures), labels)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        expected.append(value.item())
    assert history.step_loss == pytest.approx(expected, rel=1e-5)
    assert all(map(torch.allclose, net.parameters(), by_hand.parameters()))


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, "cross-entropy", None])
def test_what_is_no_loss_is_refused(loss):
    told = message(network(), BATCHES, loss=loss, error=TypeError)
    assert told.startswith("loss must be a function of (logits, y), such as nn.CrossE")


def test_a_loss_that_makes_nan_of_finite_logits_is_told_from_a_rate():
    net = network()

    def loss(logits, y):
        return (logits * 0).log().sum() * 0

    before = [p.clone() for p in net.parameters()]
    told = message(net, BATCHES, loss=loss, error=FloatingPointError)
    assert told == (
        "the loss became nan in epoch 1, step 1: net or loss makes it of finite "
        "weights: look for log(0) and 0/0"
    )
    for p, q in zip(before, net.parameters(), strict=True):
        assert torch.equal(p, q)


def test_a_softmax_at_the_end_of_net_is_told_once_and_not_to_another_loss(capsys):
    net = nn.Sequential(*network(), nn.Softmax(dim=1))
    train(net, BATCHES, None, 2, verbose=False)
    assert capsys.readouterr().out == f"{messages.SOFTMAX_TWICE}\n"
    train(net, BATCHES, None, 1, verbose=False, loss=lambda p, y: p[:, 0].mean())
    train(network(), BATCHES, None, 1, verbose=False)
    assert capsys.readouterr().out == ""
