"""Property-based: any argument of train, evaluate, … works or is refused by name."""

import contextlib
import copy
import inspect
import io
import signal
import warnings
from functools import partial

import pytest
import torch
from any_value import FEW, tensors, values
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from cnn_course import (
    evaluate,
    load_checkpoint,
    load_data_fashion_mnist,
    save_checkpoint,
    set_seed,
    train,
)
from cnn_course.checks import shown
from cnn_course.data.loading import Batches, stratified
from cnn_course.device import budget, chosen_device

X = torch.rand(6, 2, 5, 5, generator=torch.Generator().manual_seed(0))
Y = torch.tensor([0, 1, 2, 0, 1, 2])
BATCHES = [(X[:3], Y[:3]), (X[3:], Y[3:])]
IMAGES = torch.arange(6 * 784).remainder(256).byte().view(6, 28, 28)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Flatten(), nn.Linear(50, 3))


def history():
    return train(network(), BATCHES, BATCHES, 2, verbose=False)


@pytest.fixture
def calls(tmp_path, data_root):
    """{name: (function, a call of it that works)}."""
    net = network()
    save_checkpoint(net, tmp_path / "a.pt")
    return {
        "train": (
            train,
            dict(
                net=net,
                train_iter=BATCHES,
                test_iter=BATCHES,
                num_epochs=1,
                optimizer=None,
                lr=None,
                device=None,
                precision=None,
                watch_classes=False,
                verbose=True,
                progress=None,
                resume=False,
            ),
        ),
        "evaluate": (
            evaluate,
            dict(net=net, data_iter=BATCHES, device=None, precision=None),
        ),
        "load_data_fashion_mnist": (
            load_data_fashion_mnist,
            dict(
                batch_size=8,
                resize=None,
                train_size=None,
                test_size=None,
                device=None,
                seed=0,
                root=data_root,
            ),
        ),
        "Batches": (
            Batches,
            dict(
                images=IMAGES,
                labels=Y,
                batch_size=2,
                resize=None,
                shuffle=True,
                seed=0,
                name="",
            ),
        ),
        "stratified": (stratified, dict(labels=Y, size=3, seed=0)),
        "set_seed": (set_seed, dict(seed=1)),
        "save_checkpoint": (save_checkpoint, dict(net=net, path=tmp_path / "b.pt")),
        "load_checkpoint": (load_checkpoint, dict(net=net, path=tmp_path / "a.pt")),
        "History.line": (history().line, dict(e=0)),
        "History.never_predicted": (history().never_predicted, dict(e=0)),
        "History.dead_classes": (history().dead_classes, dict(e=0)),
        "History.class_line": (history().class_line, dict(e=0)),
        "chosen_device": (chosen_device, dict(device=None)),
        "budget": (budget, dict(epochs=dict(full=3, cpu=2, test=1))),
    }


ARGUMENTS = {
    "train": "net train_iter test_iter num_epochs optimizer lr device precision "
    "watch_classes verbose progress resume",
    "evaluate": "net data_iter device precision",
    "load_data_fashion_mnist": "batch_size resize train_size test_size device seed "
    "root",
    "Batches": "images labels batch_size resize shuffle seed name",
    "stratified": "labels size seed",
    "set_seed": "seed",
    "save_checkpoint": "net path",
    "load_checkpoint": "net path",
    "History.line": "e",
    "History.never_predicted": "e",
    "History.dead_classes": "e",
    "History.class_line": "e",
    "chosen_device": "device",
    "budget": "epochs",
}
EACH = [(name, argument) for name in ARGUMENTS for argument in ARGUMENTS[name].split()]
SECONDS = 20  # a call takes milliseconds; more is taken for a hang


@contextlib.contextmanager
def no_hang():
    """Fail the test if this takes too long (where there are alarms)."""

    def too_long(*_):
        pytest.fail(f"a call took more than {SECONDS} s")

    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_the_table_has_every_argument(calls):
    assert set(calls) == set(ARGUMENTS)
    for name, (function, call) in calls.items():
        assert list(call) == ARGUMENTS[name].split()
        function(**call)
        if name != "budget":
            assert list(inspect.signature(function).parameters) == list(call)


def refused_by_name(call, *names):
    """Make the call; whether it was refused, then by one of these names."""
    with (
        no_hang(),
        warnings.catch_warnings(),
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("error")
        try:
            call()
        except (TypeError, ValueError) as error:
            message = str(error)
            assert message.startswith(tuple(f"{name} " for name in names)), message
            assert "got" in message and "\n" not in message, message
            return message
    return None


@pytest.mark.parametrize("name, argument", EACH, ids=map(".".join, EACH))
def test_any_argument_works_or_is_refused_by_name(
    name, argument, calls, tmp_path, monkeypatch
):
    function, call = calls[name]
    monkeypatch.chdir(tmp_path)  # a path may be anything

    @FEW
    @given(values)
    def check(value):
        if endless_training(argument, value):
            return
        message = refused_by_name(
            lambda: function(**{**call, argument: value}), argument
        )
        if message and f"{argument} must be " in message and argument != "resize":
            assert shown(value) in message or str(value) in message

    check()


def endless_training(argument, value):
    """Whether this is a wish that can be granted, but not within the time of a test."""
    return argument == "num_epochs" and isinstance(value, int) and 20 < value <= 10**5


@FEW
@given(tensors(), tensors())
def test_any_batch_works_or_is_refused_by_name(X, y):
    right = torch.zeros(len(X), dtype=torch.int64) if X.dim() else y
    for batches in ([(X, y)], [(X, right)]):
        refused_by_name(
            partial(train, network(), batches, None, 1), "train_iter", "net"
        )
        refused_by_name(partial(evaluate, network(), batches), "data_iter", "net")


LAYERS = [
    nn.Linear(50, 3),
    nn.Linear(7, 3),
    nn.Linear(5, 5),
    nn.Conv2d(2, 3, 3),
    nn.Conv2d(1, 3, 9),
    nn.Flatten(),
    nn.Unflatten(1, (2, 25)),
    nn.MaxPool2d(2),
    nn.MaxPool2d(9),
    nn.BatchNorm2d(2),
    nn.BatchNorm1d(3),
    nn.Softmax(dim=1),
    nn.Dropout(1.0),
    nn.LSTM(5, 5),
    nn.Embedding(3, 3),
    nn.Upsample(scale_factor=2),
    nn.AdaptiveAvgPool2d(1),
]


@FEW
@given(st.lists(st.sampled_from(LAYERS), max_size=4))
def test_any_network_works_or_is_refused_by_name(layers):
    net = nn.Sequential(*copy.deepcopy(layers))
    refused_by_name(lambda: train(net, BATCHES, BATCHES, 1), "net", "train_iter")
    refused_by_name(lambda: evaluate(net, BATCHES), "net", "data_iter")
