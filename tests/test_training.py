"""train and evaluate on values computed by hand, and what they do in trouble."""

import functools
import math
import re
import warnings

import pytest
import torch
import torch.nn.functional as F
import tqdm.auto
from torch import nn
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

import cnn_course as d2l
from cnn_course import History, data, evaluate, train

LINE = re.compile(
    r"epoch \d+, loss \d+\.\d{4}, train acc [01]\.\d{3}, test acc [01]\.\d{3}, "
    r"time \d+\.\d sec"
)
LOGITS = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
X = torch.tensor([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
Y = torch.tensor([0, 2, 1, 1, 2])
BATCHES = [(X[:2], Y[:2]), (X[2:4], Y[2:4]), (X[4:], Y[4:])]  # the last one is short


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(2, 3, bias=False)


def sgd(net, lr):
    return torch.optim.SGD(net.parameters(), lr=lr)


def test_evaluate_counts_images_not_batches():
    batches = [(LOGITS, torch.tensor([0, 2, 1])), (LOGITS[:1], torch.tensor([1]))]
    assert evaluate(nn.Identity(), batches) == 3 / 4  # the mean of batches is 1/2


def test_evaluate_switches_dropout_off_and_gives_the_mode_back():
    net = nn.Sequential(nn.Dropout(1.0), nn.Flatten())
    for mode in (True, False):
        net.train(mode)
        assert evaluate(net, [(LOGITS, torch.tensor([0, 2, 1]))]) == 1
        assert net.training is mode


def test_evaluate_interrupted_gives_the_mode_back():
    net = nn.Identity()

    def interrupted():
        yield LOGITS, torch.tensor([0, 2, 1])
        assert not net.training and not torch.is_grad_enabled()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluate(net, interrupted())
    assert net.training


@pytest.mark.parametrize("nothing", [[], iter([]), [(LOGITS[:0], Y[:0])]])
def test_evaluate_nothing_is_refused(nothing):
    with pytest.raises(ValueError, match="no image to evaluate"):
        evaluate(nn.Identity(), nothing)


def test_two_steps_of_gradient_descent_as_by_hand():
    net = linear()
    W = net.weight.detach().clone()
    history = train(net, [(X, Y)], [(X, Y)], 2, optimizer=sgd(net, 0.5))
    losses, hits = [], []
    for _ in range(2):
        p = (X @ W.t()).exp()
        p = p / p.sum(dim=1, keepdim=True)
        losses.append(-sum(math.log(p[i, y]) for i, y in enumerate(Y)) / 5)
        hits.append((p.argmax(dim=1) == Y).sum().item() / 5)
        W = W - 0.5 * (p - F.one_hot(Y, 3)).t() @ X / 5
    torch.testing.assert_close(net.weight, W)
    assert history.loss == pytest.approx(losses, rel=1e-5) == history.step_loss
    assert history.train_acc == hits
    assert history.test_acc[-1] == evaluate(net, [(X, Y)])


def test_loss_and_accuracy_are_means_over_images_also_with_a_short_last_batch():
    net = linear()
    logits = net(X).detach()
    history = train(net, BATCHES, None, 2, optimizer=sgd(net, 0.0), verbose=False)
    steps = [F.cross_entropy(net(x), y).item() for x, y in BATCHES]
    assert history.loss == pytest.approx([F.cross_entropy(logits, Y).item()] * 2)
    assert history.loss[0] != pytest.approx(sum(steps) / 3)
    assert history.step_loss == pytest.approx(steps * 2)
    assert history.train_acc == [(logits.argmax(dim=1) == Y).sum().item() / 5] * 2
    assert history.test_acc == []


def test_dropout_is_on_in_training_and_off_in_the_test():
    net = nn.Sequential(nn.Dropout(1.0), nn.Linear(3, 3, bias=False)).eval()
    nn.init.eye_(net[1].weight)
    batches = [(LOGITS, torch.tensor([0, 2, 1]))] * 2
    history = train(net, batches, batches, 2, optimizer=sgd(net, 0.0))
    assert history.loss == pytest.approx([math.log(3)] * 2)  # all logits dropped
    assert history.test_acc == [1, 1]
    assert not net.training  # as it was before


class Stream(IterableDataset):
    def __iter__(self):
        return iter(zip(X, Y, strict=True))


LOADERS = {
    "DataLoader": lambda: DataLoader(TensorDataset(X, Y), batch_size=2),
    "DataLoader without length": lambda: DataLoader(Stream(), batch_size=2),
    "generator": lambda: (batch for batch in BATCHES),
}


@pytest.mark.parametrize("loader", LOADERS.values(), ids=LOADERS)
def test_any_iterable_of_batches_gives_the_same_as_a_list(loader):
    one, other = linear(), linear()
    expected = train(one, BATCHES, BATCHES, 1)
    found = train(other, loader(), loader(), 1)
    assert found.step_loss == expected.step_loss
    assert found.test_acc == expected.test_acc
    assert torch.equal(one.weight, other.weight)


def test_iterators_that_are_empty_or_used_up_are_refused():
    with pytest.raises(ValueError, match="train_iter gave no batch"):
        train(linear(), iter(BATCHES), BATCHES, 2)
    for test_iter in ([], iter(BATCHES)):
        with pytest.raises(ValueError, match="no image to evaluate"):
            train(linear(), BATCHES, test_iter, 2)


@pytest.mark.parametrize("given, rate", [({}, 0.001), ({"lr": 0.05}, 0.05)])
def test_adam_is_the_default_and_lr_its_rate(given, rate):
    one, other = linear(), linear()
    train(one, BATCHES, None, 2, **given)
    adam = torch.optim.Adam(other.parameters(), lr=rate)
    train(other, BATCHES, None, 2, optimizer=adam)
    assert torch.equal(one.weight, other.weight)


def test_an_optimizer_and_a_rate_are_refused_together():
    net = linear()
    with pytest.raises(ValueError, match="not both"):
        train(net, BATCHES, lr=0.1, optimizer=sgd(net, 0.1))


@pytest.mark.parametrize(
    "value, error", [(0, ValueError), (1.5, TypeError), (True, TypeError)]
)
def test_bad_num_epochs_is_named(value, error):
    with pytest.raises(error, match=r"^num_epochs must be"):
        train(linear(), BATCHES, BATCHES, value)


def test_the_same_seed_gives_the_same_history(data_root):
    def history(seed):
        torch.manual_seed(seed)
        net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
        iters = d2l.load_data_fashion_mnist(32, root=data_root, seed=seed)
        return train(net, *iters, 2, verbose=False)

    one, again, other = history(1), history(1), history(2)
    assert one.step_loss == again.step_loss != other.step_loss
    assert one.test_acc == again.test_acc


def test_a_line_an_epoch_and_an_entry_an_epoch_in_every_list(capsys):
    history = train(linear(), BATCHES, BATCHES, 3)
    first, *lines = capsys.readouterr().out.strip().splitlines()
    assert first == "training on cpu"
    assert len(lines) == 3 and all(map(LINE.fullmatch, lines))
    assert repr(history).splitlines() == lines
    assert len(history) == len(history.loss) == len(history.train_acc) == 3
    assert len(history.test_acc) == len(history.seconds) == 3
    assert len(history.step_loss) == 9
    speeds = [5 / seconds for seconds in history.seconds]
    assert history.images_per_second == pytest.approx(speeds)


def test_the_line_has_the_format_of_the_lecture_notes():
    history = History([1.587], [0.402], [0.419], [68.1])
    expected = "epoch 1, loss 1.5870, train acc 0.402, test acc 0.419, time 68.1 sec"
    assert history.line(0) == expected and LINE.fullmatch(expected)
    history.test_acc.clear()
    assert history.line(0) == expected.replace(", test acc 0.419", "")


def test_verbose_false_prints_nothing(capsys):
    train(linear(), BATCHES, BATCHES, 2, verbose=False)
    assert capsys.readouterr() == ("", "")


def test_the_snippet_of_the_lecture_notes(monkeypatch, capsys):
    monkeypatch.setattr(data, "TRAIN_SIZE", 500)
    monkeypatch.setattr(data, "TEST_SIZE", 200)
    net = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(16, 10))
    batch_size, num_epochs, device = 128, 2, d2l.try_gpu()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size, resize=32)
    d2l.train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs)
    data_line, device_line, *lines = capsys.readouterr().out.strip().splitlines()
    assert data_line.startswith("data: ") and device_line == "training on cpu"
    assert len(lines) == 2 and all(map(LINE.fullmatch, lines))
    assert optimizer.state[net[2].weight]["step"] == 2 * 4  # this one was used


class Twice:
    """Good batches in the first epoch; in the second `trouble` after one batch."""

    def __init__(self, trouble):
        self.trouble, self.epochs = trouble, 0

    def __iter__(self):
        self.epochs += 1
        yield BATCHES[0]
        if self.epochs == 2:
            yield self.trouble()
        yield from BATCHES[1:]


def interrupt():
    raise KeyboardInterrupt


def test_an_interrupt_keeps_the_history_and_what_was_learned(capsys):
    net, one_epoch = linear().eval(), linear()
    history = train(net, Twice(interrupt), BATCHES, 5, lr=0.1)
    assert len(history) == len(history.test_acc) == 1
    assert len(history.step_loss) == 3
    assert "stopped in epoch 2" in capsys.readouterr().out
    train(one_epoch, BATCHES, BATCHES, 1, lr=0.1)
    assert not torch.equal(net.weight, one_epoch.weight)  # the step of epoch 2 stays
    assert not net.training
    assert len(train(net, BATCHES, BATCHES, 1)) == 1  # and training can go on


def test_an_interrupt_of_the_test_keeps_the_finished_epochs():
    net = linear()
    history = train(net, BATCHES, Twice(interrupt), 5)
    assert len(history) == len(history.seconds) == 1 and net.training


def test_a_loss_that_is_not_finite_stops_with_advice():
    net = linear()
    train_iter, test_iter = Twice(lambda: (X[:2] * math.nan, Y[:2])), Twice(interrupt)
    with pytest.raises(FloatingPointError) as caught:
        train(net, train_iter, test_iter, 5, optimizer=sgd(net, 0.1))
    message = str(caught.value)
    assert "became nan in epoch 2, step 2" in message
    assert "try lr=0.01 instead of 0.1" in message
    assert len(caught.value.history) == 1 and net.training
    assert (train_iter.epochs, test_iter.epochs) == (2, 1)  # and tests no more


def test_the_device_is_read_once_an_epoch(monkeypatch):
    # The device "meta" has shapes but no numbers: reading one raises, as in
    # float(loss). It stands for a GPU; only tolist gives made-up numbers here.
    reads = []

    def tolist(tensor):
        reads.append(len(tensor))
        return [0.5] * len(tensor)

    eager_bar = functools.partial(tqdm.auto.tqdm, mininterval=0, miniters=1)
    monkeypatch.setattr(tqdm.auto, "tqdm", eager_bar)  # it must not read either
    monkeypatch.setattr(torch.Tensor, "tolist", tolist)
    train(linear(), BATCHES, BATCHES, 4, device="meta")
    # Three losses, the hits in training and in the test, two numbers a class.
    assert reads == [3 + 2 + 2 * 3] * 4


def test_a_history_without_an_epoch_plots_itself_without_a_warning(areas):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(areas(History().plot())) == 2


def test_a_history_plots_itself(areas):
    history = train(linear(), BATCHES, BATCHES, 3, verbose=False)
    loss, accuracy = areas(history.plot("A title"))
    assert (loss < 128).any() and (accuracy < 128).any()
