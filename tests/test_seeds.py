"""One `set_seed`: the same history bit for bit, whatever ran before it."""

import random

import numpy as np
import pytest
import torch
from torch import nn

from cnn_course import evaluate, load_data_fashion_mnist, set_seed, train


def network():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, stride=2),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(144, 10),
    )


def measured(seed, iters, **options):
    set_seed(seed)
    history = train(network(), *iters, 2, lr=0.01, verbose=False, **options)
    return {k: v for k, v in vars(history).items() if "second" not in k}


def anything_else(iters):
    """What a student may run between two trainings."""
    torch.rand(7)
    random.random()
    np.random.rand(3)
    net = network()
    train(net, *iters, 1, verbose=False)
    evaluate(net.train(), iters[0])
    next(iter(iters[0]))
    network()(torch.rand(3, 1, 28, 28)).sum().backward()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("options", [{}, {"precision": "bf16"}])
def test_the_same_seed_gives_the_same_history_whatever_ran_before(
    data_root, threads, options
):
    torch.set_num_threads(threads)
    try:
        iters = load_data_fashion_mnist(32, root=data_root)
        first = measured(3, iters, **options)
        anything_else(iters)
        assert measured(3, iters, **options) == first
        fresh = load_data_fashion_mnist(32, root=data_root, seed=11)
        assert measured(3, fresh, **options) == first  # not the loader's seed: the last
        assert measured(4, iters, **options) != first
    finally:
        torch.set_num_threads(1)


def test_the_order_is_that_of_plain_torch(data_root):
    iters = load_data_fashion_mnist(32, root=data_root)
    set_seed(3)
    order = torch.cat([y for _, y in iters[0]])
    torch.manual_seed(3)
    assert torch.equal(order, iters[0].labels[torch.randperm(len(order))])


def test_every_source_of_random_numbers_begins_anew():
    def drawn():
        set_seed(2**40 + 1)  # more than numpy's seeds can be
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert drawn() == drawn()
