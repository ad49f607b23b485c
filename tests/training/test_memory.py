"""What training needs is counted by hand; when memory runs out nothing is held."""

import gc
import traceback
import weakref
from pathlib import Path

import pytest
import torch
from torch import nn

from cnn_course import evaluate, train
from cnn_course.training import memory, sessions
from cnn_course.training.memory import Need, training_need, warning

GB = 10**9
X = torch.rand(8, 1, 6, 6, generator=torch.Generator().manual_seed(0))
Y = torch.arange(8) % 3
BATCHES = [(X, Y)] * 3


def small():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)
    )


@pytest.mark.parametrize(
    "make, kept",
    [
        (lambda p: torch.optim.Adam(p), 2),
        (lambda p: torch.optim.AdamW(p), 2),
        (lambda p: torch.optim.SGD(p, lr=0.1), 0),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9), 1),
    ],
)
def test_the_need_of_a_small_network_is_counted_as_by_hand(make, kept):
    net = small()
    need = training_need(net, X, make(net.parameters()), net)
    weights = 4 * (2 * 3 * 3 + 32 * 3 + 3)
    assert (need.weights, need.gradients) == (weights, weights)
    assert need.optimizer == (kept + 1) * weights
    # Kept for the backward pass: the picture (36 numbers) for the convolution, and what
    # the ReLU gives (2×4×4) for itself and for the linear layer. Twice the largest for
    # the way back.
    assert need.picture == 4 * (36 + 32 + 2 * 36)
    assert need.total(8) == need.weights + need.new(8)
    assert need.new(8) == weights * (2 + kept) + 8 * need.picture


def test_what_the_optimizer_has_is_not_to_come_and_looking_changes_nothing():
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Flatten())
    net.append(nn.Linear(32, 3))
    optimizer = torch.optim.Adam(net.parameters())
    train(net, BATCHES, None, 1, optimizer=optimizer, verbose=False)
    before = net[1].num_batches_tracked.item()
    net[0].eval()
    need = training_need(net, X, optimizer, net)
    assert need.optimizer == need.weights  # what a step needs, and no more
    assert net[1].num_batches_tracked == before
    assert [m.training for m in net] == [False, True, True, True]


def test_16_bit_copies_of_weights_are_no_activations():
    def need(width):
        net = nn.Sequential(nn.Flatten(), nn.Linear(36, width), nn.Linear(width, 3))

        def forward(X):
            with torch.autocast("cpu", torch.bfloat16):
                return net(X)

        return training_need(net, X, torch.optim.Adam(net.parameters()), forward)

    assert need(10_000).picture < 10_000 * 20  # its weights: 36 × 10,000 × 2 bytes


@pytest.mark.parametrize(
    "free, fits", [(0.9 * GB, 0), (1.005 * GB, 0), (1.5 * GB, 32), (30 * GB, 2048)]
)
def test_the_largest_power_of_two_that_fits(free, fits):
    need = Need(GB, GB // 2, GB // 2, 10**7)
    assert need.batch_size_for(free) == fits
    if fits:
        assert need.new(fits) <= free < need.new(2 * fits)


def test_the_warning_names_the_batch_that_fits_and_is_silent_when_all_is_well():
    need = Need(200 * 10**6, 200 * 10**6, 400 * 10**6, 60 * 10**6)
    assert warning(need, 128, 4 * GB) == (
        "memory: a batch of 128 needs about 8.5 GB (weights 0.2 GB, gradients and "
        "optimizer 0.6 GB, activations 7.7 GB), and 4.0 GB are free beside the "
        "weights, so it will probably run out: batch_size=32 fits; or use smaller "
        "pictures, such as resize=96"
    )
    assert need.new(32) <= 0.8 * 4 * GB < need.new(64)
    assert warning(need, 32, 4 * GB) is None and warning(need, 128, None) is None
    assert "not even one picture fits; or use smaller" in warning(need, 128, GB // 2)


def test_training_warns_before_its_first_step(monkeypatch, capsys):
    net = small()
    need = training_need(net, X, torch.optim.Adam(net.parameters()), net)
    free = need.new(5) / memory.SPARE  # enough for five pictures of eight
    monkeypatch.setattr(memory, "free_bytes", lambda device: free)
    train(small(), BATCHES, None, 1)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert first == "training on cpu"
    assert second.startswith("memory: a batch of 8 needs about 0 MB (weights 0 MB")
    assert "batch_size=4 fits" in second
    monkeypatch.undo()
    train(small(), BATCHES, None, 1)
    assert "memory" not in capsys.readouterr().out


class RunsOut(nn.Module):
    """A network that runs out of memory in step k, and notes what it computed."""

    def __init__(self, step, error, limit=8):
        super().__init__()
        self.net, self.error, self.limit = small(), error, limit
        self.step, self.steps, self.made = step, 0, []

    def forward(self, X):
        hidden = self.net[0](X)
        self.made.append(weakref.ref(hidden))
        self.steps += 1
        if self.steps >= self.step and len(X) >= self.limit:
            raise self.error()  # a new one: an error keeps what its frames held
        return self.net[3](self.net[2](self.net[1](hidden)))


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
@pytest.mark.parametrize("step", [2, 3, 4, 5])  # 1 is the look at the layout
def test_when_memory_runs_out_at_step_k_nothing_is_held_and_less_works(step, error):
    net = RunsOut(step, error)
    gc.disable()  # what is held in a circle would go by chance
    try:
        with pytest.raises(torch.OutOfMemoryError) as caught:
            train(net, BATCHES, None, 2, lr=0.01, verbose=False)
        assert all(made() is None for made in net.made)
    finally:
        gc.enable()
    epoch, after = (2, 0) if step == 5 else (1, step - 2)
    where = "after epoch 1" if step == 5 else f"in epoch {epoch} after step {after}"
    assert str(caught.value) == (
        f"the memory of this computer ran out {where}. Everything that this training "
        "held is free again, so that the same cell works with less: halve batch_size "
        "(batch_size=4), or use resize=96. Other notebooks may hold memory, too: "
        "Kernel → Shut Down All Kernels."
    )
    assert all(p.grad is None for p in net.parameters())
    assert caught.value.__context__ is None and caught.value.__cause__ is None
    *_, last = traceback.extract_tb(caught.value.__traceback__)
    assert Path(last.filename).name == "loop.py"  # it ends in ours
    halves = [(X[:4], Y[:4]), (X[4:], Y[4:])]
    done = len(sessions.recall(net).history)
    history = train(net, halves, None, 2, lr=0.01, verbose=False, resume=True)
    assert len(history) == 2 and done == (step == 5)


def test_a_network_that_finds_no_room_on_the_device_is_told_too(monkeypatch):
    def full(device):
        raise ERRORS["cuda"]()

    net = small()
    monkeypatch.setattr(net, "to", full)
    with pytest.raises(torch.OutOfMemoryError, match=r"ran out in epoch 1 after s"):
        train(net, BATCHES, None, 1, verbose=False)


def test_when_a_batch_is_too_large_to_be_made_its_size_is_known():
    class Batches:
        batch_size = 4096

        def __iter__(self):
            return iter([real_one()])

    with pytest.raises(torch.OutOfMemoryError, match=r"\(batch_size=2048\), or"):
        train(small(), Batches(), None, 1, verbose=False)


def test_when_memory_runs_out_in_the_test_it_is_told_too():
    net = RunsOut(1, ERRORS["cuda"])
    with pytest.raises(torch.OutOfMemoryError, match=r"ran out in the test\. Every"):
        evaluate(net, BATCHES)
    assert all(made() is None for made in net.made) and net.training
    assert evaluate(net, [(X[:2], Y[:2])]) in (0, 0.5, 1)


def test_another_error_is_not_taken_for_it():
    assert not memory.is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not memory.is_out_of_memory(ValueError("out of memory"))


def test_a_gpu_has_free_memory_and_others_are_not_asked(monkeypatch):
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (3 * GB, 8 * GB))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda _: 2 * GB)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda _: GB)
    assert memory.free_bytes(torch.device("cuda:0")) == 4 * GB
    assert memory.free_bytes(torch.device("cpu")) is None
