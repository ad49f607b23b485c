"""The names of the lecture's book: the same as torch's own layers and `train`."""

import pytest
import torch
from torch import nn

import cnn_course as d2l

X = torch.rand(4, 3, 5, 7, generator=torch.Generator().manual_seed(0))
BATCHES = [(X[:2], torch.tensor([0, 1])), (X[2:], torch.tensor([1, 0]))]


def network():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 2, 1), d2l.GlobalAvgPool2d(), d2l.FlattenLayer(), nn.Linear(2, 2)
    )


def test_the_layers_are_those_of_torch():
    assert torch.equal(d2l.FlattenLayer()(X), X.flatten(1))
    averaged = d2l.GlobalAvgPool2d()(X)
    assert torch.allclose(averaged, X.mean(dim=(2, 3), keepdim=True))
    assert d2l.corr2d(X[0, 0], torch.ones(5, 7)).shape == (1, 1)
    assert d2l.Conv2D((2, 3))(X[0, 0]).shape == (4, 5)


def test_accuracy_in_the_order_of_either_edition():
    net = network()
    expected = d2l.evaluate(net, BATCHES)
    assert d2l.evaluate_accuracy(BATCHES, net) == expected
    assert d2l.evaluate_accuracy(net, BATCHES, torch.device("cpu")) == expected


def test_train_ch6_descends_from_the_books_initial_weights(capsys):
    net, by_hand = network(), network()
    torch.manual_seed(1)
    history = d2l.train_ch6(net, BATCHES, BATCHES, 2, 0.1, torch.device("cpu"))
    torch.manual_seed(1)
    for layer in by_hand:
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)
    optimizer = torch.optim.SGD(by_hand.parameters(), lr=0.1)
    expected = d2l.train(by_hand, BATCHES, BATCHES, 2, optimizer=optimizer)
    assert history.step_loss == pytest.approx(expected.step_loss)
    assert len(capsys.readouterr().out.splitlines()) == 2 * (1 + 2)
