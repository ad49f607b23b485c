"""Batches, labels, optimizers, chance and missing operators: what training says."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from cnn_course import device as machine
from cnn_course import evaluate, train
from cnn_course.networks.architectures import nin_block
from cnn_course.training import guards
from cnn_course.training import loop as training
from cnn_course.training.history import History

X = torch.rand(6, 2, 5, 5, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2])
BATCHES = [(X[:2], Y[:2]), (X[2:4], Y[2:4]), (X[4:], Y[4:])]


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(2, 3, 3), nn.Flatten(), nn.Linear(27, 3))


BAD = {
    "no pair": (X, TypeError, r"must give batches \(X, y\), two tensors each; got a"),
    "three": ((X, Y, Y), TypeError, r"must give batches \(X, y\), two tensors each; "),
    "lists": (([1], [2]), TypeError, r"must give batches \(X, y\), .*got \(\[1\], "),
    "bytes": (
        ((X * 255).byte(), Y),
        TypeError,
        r"must give pictures as float numbers, \(N, …\); got a Tensor of shape "
        r"\(6, 2, 5, 5\), torch.uint8. X.float\(\) / 255 turns bytes into numbers from",
    ),
    "labels as floats": (
        (X, Y.float()),
        ValueError,
        r"must give one label a picture, y int64 of shape \(6,\); got a Tensor of "
        r"shape \(6,\), torch.float32. y.flatten\(\).long\(\) turns columns and",
    ),
    "too few labels": ((X, Y[:5]), ValueError, r"must give one label a picture"),
    "a column of labels": (
        (X, Y[:, None]),
        ValueError,
        r"must give one label a pic.*\(6, 1\)",
    ),
    "label 255": (
        (X, torch.tensor([0, 255, 2, 0, 255, 2])),
        ValueError,
        r"must give labels from 0 to 2, as net gives 3 logits; got 255 \(2 such of 6 "
        r"in this batch\). Look at the labels, or give the last layer more outputs$",
    ),
    "label -1": ((X, Y - 1), ValueError, r"must give labels from 0 to 2.* got -1 "),
}


@pytest.mark.parametrize("batch, error, message", BAD.values(), ids=BAD)
@pytest.mark.parametrize("name", ["train_iter", "test_iter", "data_iter"])
def test_a_bad_batch_is_told_with_the_name_of_where_it_comes_from(
    name, batch, error, message
):
    bad = [BATCHES[0], batch]
    with pytest.raises(error, match=f"^{name} {message}"):
        if name == "data_iter":
            evaluate(network(), bad)
        elif name == "train_iter":
            train(network(), bad, BATCHES, 1, verbose=False)
        else:
            train(network(), BATCHES, bad, 1, verbose=False)


@pytest.mark.parametrize(
    "scale, shift, told",
    [(255, 0, "from 0.0"), (1, 0, ""), (4, -2, ""), (1, -255, "from -25")],
)
def test_pictures_in_the_wrong_range_are_told_once(scale, shift, told, capsys):
    batches = [(x * scale + shift, y) for x, y in BATCHES]
    history = train(network(), batches, None, 2, lr=1e-5)
    lines = [line for line in capsys.readouterr().out.splitlines() if "pict" in line]
    assert len(lines) == bool(told) and len(history) == 2
    if told:
        assert lines[0].startswith("pictures: the first batch has numbers from ")
        assert lines[0].endswith(
            ", and a network learns best from about 0 to 1 (bytes: X / 255). Training "
            "goes on with them as they are"
        )


def test_the_range_is_told_in_numbers():
    assert "numbers from 0 to 255, and" in guards.range_line(torch.tensor([0.0, 255]))


def test_an_empty_batch_is_passed_over():
    history = train(network(), [(X[:0], Y[:0]), *BATCHES], None, 1, verbose=False)
    assert len(history.step_loss) == 3 and math.isfinite(history.loss[0])


def test_an_optimizer_of_another_network_is_refused():
    other = torch.optim.Adam(network().parameters())
    with pytest.raises(ValueError, match=r"^optimizer must hold the parameters of net"):
        train(network(), BATCHES, None, 1, optimizer=other)


def test_a_network_without_weights_is_refused():
    frozen = network().requires_grad_(False)
    for net in (nn.Flatten(), frozen):
        with pytest.raises(ValueError, match=r"^net must have weights to learn; got a"):
            train(net, BATCHES, None, 1)


WRONG_OUTPUT = {
    "maps": lambda X: X,
    "a list": lambda X: [X],
    "one row": lambda X: X.flatten(1)[:1],
}


@pytest.mark.parametrize("output", WRONG_OUTPUT.values(), ids=WRONG_OUTPUT)
def test_what_is_no_logits_is_told_by_its_shape(output):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

        def forward(self, X):
            return output(X)

    with pytest.raises(ValueError, match=r"^net must return logits of shape \(N, clas"):
        train(Net(), BATCHES, None, 1, verbose=False)


# At chance ---------------------------------------------------------------------------

MANY = BATCHES * 8  # 24 steps


class Planted(nn.Module):
    """The end of NiN in small, with dead class maps planted."""

    def __init__(self, dead):
        super().__init__()
        self.block = nin_block(2, 3, 1, 1, 0, num_1x1=1)
        self.block[2].bias.data[list(dead)] = -100
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())

    def forward(self, X):
        return self.pool(self.block(X))


@pytest.mark.parametrize("test_iter", [BATCHES, None])
def test_planted_dead_classes_at_chance_are_told_after_the_first_epoch(
    test_iter, capsys
):
    torch.manual_seed(0)
    history = train(Planted([0, 1, 2]), MANY, test_iter, 2, lr=0.01)
    assert history.loss[0] == pytest.approx(math.log(3))
    lines = capsys.readouterr().out.splitlines()
    dead = "logit 0 for every test image in classes 0, 1, 2"
    if test_iter is None:
        dead = "with a test_iter, dead logits would be named here"
    assert lines[2] == (
        "at chance: after epoch 1 the loss is 1.099, and guessing among 3 classes "
        "costs ln 3 = 1.099. If epoch 2 changes nothing, look at dead logits "
        f"({dead}), the learning rate (0.01: try ten times less, then ten times more) "
        "and the initialisation"
    )
    assert "at chance" not in lines[3]  # once


def history_of(losses, train_acc, largest=(1.0, 1.0, 1.0)):
    return History(
        loss=[1.0],
        train_acc=[train_acc],
        step_loss=losses,
        largest_logit=[list(largest)],
    )


CHANCE = math.log(3)


@pytest.mark.parametrize(
    "losses, train_acc, told",
    [
        ([CHANCE] * 24, 0.33, True),
        ([9.0] * 18 + [CHANCE] * 6, 0.33, True),  # it began high and fell to chance
        ([CHANCE] * 18 + [0.9] * 6, 0.33, False),  # it has begun to learn
        ([CHANCE] * 24, 0.6, False),
        ([CHANCE] * 19, 0.33, False),  # too early to say
        ([2.0] * 24, 0.33, False),  # worse than guessing is another trouble
    ],
)
def test_when_it_is_said(losses, train_acc, told):
    line = guards.chance_line(history_of(losses, train_acc), 3, 0.1)
    assert bool(line) == told and (not told or "(no logit is dead)" in line)


# A pretended MPS ---------------------------------------------------------------------


@pytest.fixture
def pretended_mps(monkeypatch):
    """The CPU passes for the GPU of an Apple chip."""
    for module in (machine, training):
        monkeypatch.setattr(module, "is_mps", lambda device: True)


class Lacks(nn.Module):
    """A network with an operator that the GPU lacks, forwards or backwards."""

    TEXT = "The operator 'aten::foo' is not currently implemented for the MPS device."

    def __init__(self, calls):
        super().__init__()
        self.net, self.left, self.layouts = network(), calls, []

    def forward(self, X):
        kernel = self.net[0].weight
        self.layouts.append(kernel.is_contiguous(memory_format=torch.channels_last))
        logits = self.net(X)
        if self.training and logits.requires_grad and self.left:
            self.left -= 1
            logits.register_hook(self.fail)
        return logits

    def fail(self, gradient):
        raise NotImplementedError(self.TEXT)


def test_on_mps_the_layout_is_left_alone_and_one_line_says_so(pretended_mps, capsys):
    net = Lacks(0)
    train(net, BATCHES, BATCHES, 1)
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == (
        "training on cpu, without channels_last, which is slow or wrong there"
    )
    assert len(rest) == 1 and net.layouts and not any(net.layouts)


def test_an_operator_that_mps_lacks_is_told_and_training_goes_on(pretended_mps, capsys):
    expected = network()
    train(expected, BATCHES, BATCHES, 2, lr=0.01, verbose=False)
    net = Lacks(1)
    history = train(net, BATCHES, BATCHES, 2, lr=0.01)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == (
        "device: torch has no aten::foo for Apple's GPU (mps), which this network "
        "needs; training goes on on the CPU"
    )
    assert len(history) == 2 and len(history.step_loss) == 6
    for p, q in zip(expected.parameters(), net.net.parameters(), strict=True):
        assert torch.equal(p, q)  # no step was lost, and none was done twice


def test_what_the_cpu_lacks_as_well_is_raised(pretended_mps):
    with pytest.raises(NotImplementedError, match="aten::foo"):
        train(Lacks(2), BATCHES, None, 2, verbose=False)


def test_a_network_without_forward_is_no_matter_of_mps():
    class Empty(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.ones(1))

    with pytest.raises(NotImplementedError, match="forward"):
        train(Empty(), BATCHES, None, 1, verbose=False)


# Worker processes --------------------------------------------------------------------


def test_the_courses_batches_start_no_worker_process():

    for path in (Path(machine.__file__).parent).glob("**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert "num_workers" not in text and "multiprocessing" not in text, path.name


class Own(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, i):
        return X[i], Y[i]


def test_a_students_own_loader_trains_as_well():
    assert len(train(network(), DataLoader(Own(), 2), None, 1, verbose=False)) == 1
