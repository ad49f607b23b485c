"""One `set_seed`: the same history bit for bit, whatever ran before it."""

import json
import random
import subprocess
import sys

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
    iters[0].reseed(5)
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


FRESH = """
import json, torch
torch.set_num_threads(1)
from cnn_course import load_data_fashion_mnist, set_seed, train
from torch import nn
iters = load_data_fashion_mnist(32, train_size=300, test_size=100, root="built-in")
set_seed(3)
net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(2704, 10))
print(json.dumps(train(net, *iters, 2, verbose=False).step_loss))
"""


def test_in_two_processes_too():
    def run(before):
        done = subprocess.run(
            [sys.executable, "-c", before + FRESH], capture_output=True, text=True
        )
        return json.loads(done.stdout.splitlines()[-1])

    first = run("")
    assert len(first) == 20
    assert run("import numpy, random, torch; torch.rand(5); random.random()\n") == first


def test_every_source_of_random_numbers_begins_anew():
    def drawn():
        set_seed(2**40 + 1)  # more than numpy's seeds can be
        return random.random(), np.random.rand(), torch.rand(1).item()

    assert drawn() == drawn()


def order(batches):
    return torch.cat([y for _, y in batches]).tolist()


def test_a_seed_of_ones_own_holds_until_the_next_set_seed(data_root):
    set_seed(1)
    batches, _ = load_data_fashion_mnist(32, root=data_root, seed=8)
    own = order(batches)
    batches.reseed(8)
    assert order(batches) == own != order(batches)
    set_seed(1)
    ones = order(batches)
    batches.reseed(1)
    assert order(batches) == ones != own
    batches.reseed(8)
    assert order(batches) == own


@pytest.mark.parametrize(
    "seed, error", [(-1, ValueError), (2**63, ValueError), (1.0, TypeError)]
)
def test_what_is_no_seed_is_named(seed, error):
    before = torch.random.get_rng_state()
    with pytest.raises(error, match=r"^seed must be a whole number from 0 to 9,2.*got"):
        set_seed(seed)
    assert torch.equal(torch.random.get_rng_state(), before)
