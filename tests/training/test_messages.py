"""What training says when something goes wrong, and that nothing is held or lost."""

import gc
import math
import traceback
import weakref
from pathlib import Path

import pytest
import torch
from small import BATCHES, X, Y, network
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import cnn_course
from cnn_course import evaluate, train
from cnn_course.data import Batches
from cnn_course.networks import nin_block
from cnn_course.training import forward, loop, messages
from cnn_course.training.history import History, sessions

# Arguments and batches ---------------------------------------------------------------


def test_a_bad_argument_is_named():
    with pytest.raises(TypeError, match=r"^net must be a network, such as lenet\(\); "):
        train(nn.Linear, BATCHES, None, 1)


BAD = {
    "no pair": (X, TypeError, r"must give batches \(X, y\), two tensors each; got a T"),
    "a Dataset": ((X[0], Y[0]), TypeError, ".*Of a Dataset, which gives one picture"),
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
        r"shape \(6,\), torch.float32. y.flatten\(\).long\(\) makes that of a col",
    ),
    "too few labels": ((X, Y[:5]), ValueError, r"must give one label a.*shape \(5,\)"),
    "label 255": (
        (X, torch.tensor([0, 255, 2, 0, 255, 2])),
        ValueError,
        r"must give labels from 0 to 2, as net gives 3 logits; got 255 \(2 such of 6"
        r"\). Look at the labels, or give the last layer more outputs$",
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


def test_labels_of_the_courses_batches_are_looked_at_before_a_gpu_meets_them():
    labels = torch.where(torch.arange(24) % 6 == 5, 3, Y.repeat(4))
    batches = Batches(torch.zeros(24, 4, 4, dtype=torch.uint8), labels, 3)
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 3))
    with pytest.raises(ValueError, match=r"^train_iter must .*got 3 .4 such of 24"):
        # In the place of an assert in the device.
        train(net, batches, None, 1, loss=lambda *_: pytest.fail(), verbose=False)


@pytest.mark.parametrize(
    "scale, shift, told",
    [(255, 0, "from 0.3"), (1, 0, ""), (4, -2, ""), (1, -255, "from -25")],
)
def test_pictures_in_the_wrong_range_are_told_once(scale, shift, told, capsys):
    batches = [(x * scale + shift, y) for x, y in BATCHES]
    history = train(network(), batches, None, 2, lr=1e-5)
    lines = [line for line in capsys.readouterr().out.splitlines() if "pict" in line]
    assert len(lines) == bool(told) and len(history) == 2
    if told:
        assert lines[0].startswith("pictures: the first batch has numbers " + told)
        assert lines[0].endswith(
            ", and a network learns best from about 0 to 1 (bytes: X / 255). Training "
            "goes on with them as they are"
        )


def test_what_is_no_logits_is_told_by_its_shape():
    for net in (network()[:1], nn.Sequential(network(), nn.Flatten(0))):
        with pytest.raises(ValueError, match=r"^what net returns must be logits of s"):
            train(net, BATCHES, None, 1, verbose=False)


# At chance ---------------------------------------------------------------------------


def planted(dead):
    """Return the end of NiN in small, with dead class maps planted."""
    block = nin_block(2, 3, 1, 1, 0, num_1x1=1)
    block[2].bias.data[dead] = -100
    return nn.Sequential(block, nn.AdaptiveAvgPool2d(1), nn.Flatten())


@pytest.mark.parametrize("test_iter", [BATCHES, None])
def test_planted_dead_classes_at_chance_are_told_after_the_first_epoch(
    test_iter, capsys
):
    torch.manual_seed(0)
    history = train(planted([0, 1, 2]), BATCHES * 8, test_iter, 2, lr=0.01)
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


@pytest.mark.parametrize(
    "losses, train_acc, told",
    [
        ([9.0] * 18 + [math.log(3)] * 6, 0.33, True),  # it began high, fell to chance
        ([math.log(3)] * 18 + [0.9] * 6, 0.33, False),  # it has begun to learn
        ([math.log(3)] * 24, 0.6, False),
        ([math.log(3)] * 19, 0.33, False),  # too early to say
    ],
)
def test_when_it_is_chance(losses, train_acc, told):
    history = History(loss=[1.0], train_acc=[train_acc], step_loss=losses)
    optimizer = torch.optim.SGD(network().parameters(), lr=0.1)
    assert bool(messages.at_chance(history, optimizer, 3)) == told


# A pretended MPS ---------------------------------------------------------------------


def test_on_mps_the_layout_is_left_alone_and_one_line_says_so(monkeypatch, capsys):
    for module in (forward, loop):  # "cpu:0" passes for the GPU of an Apple chip
        monkeypatch.setattr(module, "is_mps", lambda device: device.index == 0)
    net, layouts = network(), []
    kernel, last = net[0].weight, torch.channels_last
    net.register_forward_hook(
        lambda *_: layouts.append(kernel.is_contiguous(memory_format=last))
    )
    train(net, BATCHES, BATCHES, 1, device="cpu:0")
    first, *rest = capsys.readouterr().out.splitlines()
    assert first == (
        "training on cpu:0, without channels_last, which is slow or wrong there"
    )
    assert len(rest) == 1 and layouts and not any(layouts)


# Memory ------------------------------------------------------------------------------


class RunsOut(nn.Module):
    """A network that runs out of memory in step k, and notes what it computed."""

    def __init__(self, step, error, limit=2):
        super().__init__()
        self.net, self.error, self.limit = network(), error, limit
        self.step, self.steps, self.made = step, 0, []

    def forward(self, X):
        hidden = self.net[0](X)
        self.made.append(weakref.ref(hidden))
        self.steps += 1
        if self.steps >= self.step and len(X) >= self.limit:
            raise self.error()  # a new one: an error keeps what its frames held
        return self.net[1:](hidden)


def real_one():
    """Let torch raise its own error for memory that a CPU does not have."""
    torch.empty(10**15)


ERRORS = {
    "cuda": lambda: torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"),
    "mps": lambda: RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"),
    "cpu": real_one,
    "python": MemoryError,
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("step", [2, 5])  # 1 is the look at the layout
def test_when_memory_runs_out_at_step_k_nothing_is_held_and_less_works(step, error):
    net = RunsOut(step, error)
    gc.disable()  # what is held in a circle would go by chance
    try:
        with pytest.raises(torch.OutOfMemoryError) as caught:
            train(net, BATCHES, None, 2, lr=0.01, verbose=False)
        assert all(made() is None for made in net.made)
    finally:
        gc.enable()
    where = f"in epoch 1 after step {step - 2}" if step < 5 else "after epoch 1"
    assert str(caught.value) == (
        f"the memory of this computer ran out {where}. Everything that this training "
        "held is free again, so that the same cell works with less: halve batch_size, "
        "or use resize=96. Other notebooks may hold memory, too: "
        "Kernel → Shut Down All Kernels."
    )
    assert all(p.grad is None for p in net.parameters())
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    *_, last = traceback.extract_tb(caught.value.__traceback__)
    assert Path(last.filename).name == "loop.py"  # it ends in ours
    done = len(sessions[net][1])
    single = [(x[None], y[None]) for x, y in zip(X, Y, strict=True)]
    history = train(net, single, None, 2, lr=0.01, verbose=False, resume=True)
    assert len(history) == 2 and done == (step == 5)


def test_when_a_batch_is_too_large_to_be_made_its_size_is_known():
    class Batches:
        batch_size = 4096

        def __iter__(self):
            return iter([real_one()])

    with pytest.raises(torch.OutOfMemoryError, match=r"\(batch_size=2048\), or"):
        train(network(), Batches(), None, 1, verbose=False)


# Worker processes --------------------------------------------------------------------


def test_the_courses_batches_start_no_worker_process_and_a_loader_of_ones_own_trains():
    for path in Path(cnn_course.__file__).parent.glob("**/*.py"):
        text = path.read_text(encoding="utf-8")
        assert "num_workers" not in text and "multiprocessing" not in text, path.name
    own = DataLoader(TensorDataset(X, Y), 2)
    assert len(train(network(), own, None, 1, verbose=False)) == 1
