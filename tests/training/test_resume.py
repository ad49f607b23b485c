"""Stop and go on: weights, optimizer and curves join, however a training ended."""

import gc
import weakref

import pytest
import torch
from small import BATCHES, measured, network
from torch import nn

from cnn_course import load_data_fashion_mnist, set_seed, train
from cnn_course.training.history import sessions


@pytest.mark.parametrize("make", [None, torch.optim.SGD, torch.optim.Adam])
def test_two_epochs_and_two_more_are_four_bit_for_bit(make):
    def options(net):
        if make is None:
            return {"lr": 0.01}
        return {"optimizer": make(net.parameters(), lr=0.01)}

    whole, parted = network(), network()
    expected = train(whole, BATCHES, BATCHES, 4, **options(whole))
    given = options(parted)
    first = train(parted, BATCHES, BATCHES, 2, **given)
    found = train(parted, BATCHES, BATCHES, 4, resume=True, **given)
    assert measured(found) == measured(expected) and len(found.seconds) == 4
    assert found is first  # the curves join in the history that the student has
    for p, q in zip(whole.parameters(), parted.parameters(), strict=True):
        assert torch.equal(p, q)


def test_without_resume_optimizer_and_history_begin_anew():
    net = network()
    train(net, BATCHES, None, 2, lr=0.01, verbose=False)
    optimizer, first = sessions[net]
    history = train(net, BATCHES, None, 2, lr=0.01, verbose=False)
    assert len(history) == 2 and history is not first
    assert sessions[net][0] is not optimizer


class Interrupted:
    """The batches, but for a KeyboardInterrupt in the second epoch after one step."""

    def __init__(self):
        self.epochs = 0

    def __iter__(self):
        self.epochs += 1
        yield BATCHES[0]
        if self.epochs == 2:
            raise KeyboardInterrupt
        yield from BATCHES[1:]


def test_after_an_interrupt_the_epoch_is_begun_anew_with_what_was_learned(capsys):
    net = network()
    history = train(net, Interrupted(), BATCHES, 3, lr=0.01)
    assert len(history) == 1
    optimizer = sessions[net][0]
    assert optimizer.state[net[0].weight]["step"] == 3 + 1
    capsys.readouterr()
    again = train(net, BATCHES, BATCHES, 3, lr=0.01, resume=True)
    assert again is history and len(history) == 3 == len(history.step_loss) / 3
    assert optimizer.state[net[0].weight]["step"] == 3 + 1 + 6
    first, second, third = capsys.readouterr().out.splitlines()
    assert first == "training on cpu, going on after epoch 1"
    assert second.startswith("epoch 2, ") and third.startswith("epoch 3, ")


def test_a_new_rate_is_taken_and_the_old_one_stays_without_one():
    net = network()
    train(net, BATCHES, None, 1, lr=0.01, verbose=False)
    train(net, BATCHES, None, 2, resume=True, verbose=False)
    optimizer, _ = sessions[net]
    assert optimizer.param_groups[0]["lr"] == 0.01
    train(net, BATCHES, None, 3, lr=0.001, resume=True, verbose=False)
    assert optimizer.param_groups[0]["lr"] == 0.001


def test_what_is_done_is_done(capsys):
    net = network()
    history = train(net, BATCHES, None, 2, verbose=False)
    before = net[0].weight.clone()
    assert train(net, BATCHES, None, 2, resume=True) is history and len(history) == 2
    assert torch.equal(net[0].weight, before)
    assert capsys.readouterr().out == (
        "nothing left to train: num_epochs=2 are done; raise it\n"
    )


def test_a_test_is_made_as_before_or_refused():
    net = network()
    train(net, BATCHES, BATCHES, 1, verbose=False)
    with pytest.raises(ValueError, match=r"^test_iter must be given, or left out, as"):
        train(net, BATCHES, None, 2, resume=True)
    train(net, BATCHES, None, 1, verbose=False)
    with pytest.raises(ValueError, match=r"^test_iter must be given, or left out, as"):
        train(net, BATCHES, BATCHES, 2, resume=True)


def test_a_network_that_is_gone_takes_its_optimizer_along():
    net = network()
    train(net, BATCHES, None, 1, verbose=False)
    optimizer = weakref.ref(sessions[net][0])
    del net
    gc.collect()
    assert optimizer() is None


def test_shuffled_batches_go_on_where_they_were(data_root):
    def run(parts):
        set_seed(3)
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        iters = load_data_fashion_mnist(32, root=data_root)
        for epochs in parts:
            history = train(net, *iters, epochs, verbose=False, resume=True)
        return measured(history)

    assert run([4]) == run([1, 2, 4])
