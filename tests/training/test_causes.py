"""What would go wrong without a word, and causes that are known: each is told."""

import math
import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnn_course import evaluate, train
from cnn_course.networks import nin

X = torch.rand(6, 2, 5, 5, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2])
BATCHES = [(X[:2], Y[:2]), (X[2:4], Y[2:4]), (X[4:], Y[4:])]


def network(*last):
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(27, 3), *last)


def weights(net):
    return [p.clone() for p in net.parameters()]


def message(*args, error=ValueError, **options):
    """Return what `train` says when it refuses, for one epoch."""
    with pytest.raises(error) as caught:
        train(*args, None, 1, verbose=False, **options)
    return str(caught.value)


# Torch's switches --------------------------------------------------------------------


@pytest.mark.parametrize("switch", [torch.no_grad, torch.inference_mode])
def test_gradients_that_are_off_are_told(switch):
    net = network()
    with switch():
        told = message(net, BATCHES)
    assert told.startswith("the loss must be computed from weights that learn")
    assert told.endswith("torch.set_grad_enabled(True) switches them on again")
    train(net, BATCHES, None, 1, verbose=False)


@pytest.mark.parametrize(
    "left_on",
    [
        lambda: torch.set_default_dtype(torch.float64),
        lambda: torch.set_default_device("meta"),  # it stands for a GPU
        lambda: torch.use_deterministic_algorithms(True),
    ],
)
def test_training_is_the_same_with_a_switch_left_on(left_on):
    expected = train(network(), BATCHES, BATCHES, 2, verbose=False)
    net = network()
    try:
        left_on()
        found = train(net, BATCHES, BATCHES, 2, verbose=False, device="cpu")
        accuracy = evaluate(net, BATCHES)
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
        torch.use_deterministic_algorithms(False)
    assert found.step_loss == expected.step_loss and accuracy == expected.test_acc[-1]


# Weights that would not change -------------------------------------------------------


def test_resume_after_a_new_last_layer_is_refused():
    net = network()
    train(net, BATCHES, None, 1, verbose=False)
    net[2] = nn.Linear(27, 3)
    before = weights(net)
    with pytest.raises(ValueError) as caught:
        train(net, BATCHES, None, 3, resume=True, verbose=False)
    told = str(caught.value)
    assert "which does not hold 2.weight, 2.bias: that came later" in told
    assert "Leave out resume to begin anew, or give an optimizer" in told
    assert all(map(torch.equal, before, weights(net)))
    own = torch.optim.Adam(net.parameters())
    assert len(train(net, BATCHES, None, 3, resume=True, optimizer=own)) == 3
    assert not torch.equal(before[2], net[2].weight)


def test_resume_without_a_past_is_told(capsys):
    net = network()
    train(net, BATCHES, None, 1, resume=True, verbose=False)
    line = "resume=True: this network has no training to go on with, and begins anew\n"
    assert capsys.readouterr().out == line
    train(net, BATCHES, None, 2, resume=True, verbose=False)
    assert capsys.readouterr().out == ""


def test_an_optimizer_of_frozen_weights_is_refused_and_one_of_a_part_is_told(capsys):
    net = network()
    net[0].requires_grad_(False)
    frozen = torch.optim.SGD(net[0].parameters(), lr=0.1)
    told = message(net, BATCHES, optimizer=frozen)
    assert told.startswith("optimizer must hold parameters of net that learn; got oth")
    last = torch.optim.SGD(net[2].parameters(), lr=0.1)
    train(net, BATCHES, None, 1, optimizer=last, verbose=False)
    assert capsys.readouterr().out == ""  # all that can learn does
    net[0].requires_grad_(True)
    train(net, BATCHES, None, 1, optimizer=last, verbose=False)
    line = "optimizer: it does not hold 0.weight, 0.bias, so that will not change\n"
    assert capsys.readouterr().out == line


@pytest.mark.parametrize(
    "last, told",
    [
        (nn.Softmax(dim=1), True),
        (nn.Sequential(nn.Softmax(dim=1)), True),
        (nn.Sigmoid(), True),
        (nn.LogSoftmax(dim=1), False),  # to do it twice changes nothing
        (nn.ReLU(), False),
        (nn.Identity(), False),
    ],
)
def test_a_net_that_ends_in_probabilities_is_told_once(last, told, capsys):
    train(network(last), BATCHES, None, 2, verbose=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == told
    if told:
        # The best that can be: 1 for the right class, 0 for the two others.
        best = F.cross_entropy(torch.tensor([[1.0, 0.0, 0.0]]), torch.tensor([0]))
        assert re.search(r"stays above ([\d.]+)\. Take", lines[0])[1] == f"{best:.2f}"


def test_a_softmax_in_forward_is_told_and_nins_class_maps_are_not(capsys):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = network()

        def forward(self, X):
            return F.softmax(self.layers(X), dim=1)

    train(Net(), BATCHES, None, 1, verbose=False)
    assert "lies between 0 and 1" in capsys.readouterr().out
    train(nin(0), [(torch.rand(2, 1, 67, 67), Y[:2])], None, 1, verbose=False)
    assert capsys.readouterr().out == ""


# One message for each cause ----------------------------------------------------------

SHAPE = "Compare the shape with what the first layer expects"


def test_numbers_of_another_type_are_told_from_a_shape():
    mixed = network()
    mixed[2].double()
    for net in (network().double(), network().half(), mixed):
        assert "net.float() and X.float()" in message(net, BATCHES)
    assert "net.float() and X.float()" in message(network(), [(X.double(), Y)])
    assert SHAPE in message(network().double(), [(X[:, :1].double(), Y)])


def test_one_picture_is_too_few_for_batchnorm():
    net = nn.Sequential(nn.Flatten(), nn.Linear(50, 4), nn.BatchNorm1d(4))
    told = message(net, [*BATCHES, (X[:1], Y[:1])])
    assert "BatchNorm learns with the mean and spread of a batch" in told
    assert evaluate(net, [(X[:1], Y[:1])]) in (0, 1)  # in use it is enough


def test_an_unknown_cause_is_told_as_seen_and_without_advice():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, X):
            return None + X

    told = message(Net(), BATCHES)
    assert "torch.float32: unsupported operand" in told and told.endswith("'Tensor'")


class CutOff(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = network()

    def forward(self, X):
        return self.layers(X).detach()


def test_logits_and_losses_without_a_gradient_are_told():
    assert message(CutOff(), BATCHES).startswith("what net returns must be computed")

    def cut_off(logits, y):
        return torch.tensor(F.cross_entropy(logits, y).item())

    told = message(network(), BATCHES, loss=cut_off)
    assert told.startswith("loss(logits, y) must be computed from weights that learn")


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
    for X, y in BATCHES:
        value = loss(by_hand(X), y)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        expected.append(value.item())
    assert history.step_loss == pytest.approx(expected, rel=1e-5)
    assert all(map(torch.allclose, weights(net), weights(by_hand)))


def sgd(net):
    return torch.optim.SGD(net.parameters(), lr=0.1)


@pytest.mark.parametrize("loss", [nn.CrossEntropyLoss, "cross-entropy", None])
def test_what_is_no_loss_is_refused(loss):
    told = message(network(), BATCHES, loss=loss, error=TypeError)
    assert told.startswith("loss must be a function of (logits, y), such as nn.CrossE")


@pytest.mark.parametrize(
    "loss", [nn.CrossEntropyLoss(reduction="none"), lambda logits, y: 1.0]
)
def test_a_loss_must_be_one_number_as_a_tensor(loss):
    told = message(network(), BATCHES, loss=loss)
    assert told.startswith("loss(logits, y) must return one number for the batch, as a")


def test_a_loss_that_makes_nan_of_finite_logits_is_told_from_a_rate():
    net = network()

    def loss(logits, y):
        return (logits * 0).log().sum() * 0

    before = weights(net)
    told = message(net, BATCHES, loss=loss, error=FloatingPointError)
    assert told.startswith("the loss became nan in epoch 1, step 1: the weights are f")
    assert all(map(torch.equal, before, weights(net)))


def test_one_lost_weight_among_finite_ones_is_lost():
    net = network()
    with torch.no_grad():
        net[2].bias[0] = math.nan  # in the last of the weights
    told = message(net, BATCHES, error=FloatingPointError)
    assert "the weights are lost" in told


def test_what_is_said_of_cross_entropy_is_not_said_of_another_loss(capsys):
    zeros = [(torch.zeros(2, 2, 5, 5), torch.tensor([0, 1]))] * 40

    def loss(logits, y):  # as large as a guess costs, and nothing to learn
        return logits.sum() * 0 + math.log(3)

    train(network(nn.Softmax(dim=1)), zeros, None, 1, loss=loss)
    assert (
        "at chance" not in (said := capsys.readouterr().out) and "softmax" not in said
    )
