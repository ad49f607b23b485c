"""Torch's global switches, left on by an earlier cell: checks do not notice them."""

import contextlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.code import Code, Design


@contextlib.contextmanager
def default_dtype(dtype):
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


@contextlib.contextmanager
def deterministic():
    torch.use_deterministic_algorithms(True)
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(False)


SWITCHES = {
    "gradients off": torch.no_grad,
    "inference mode": torch.inference_mode,
    "another default device": lambda: torch.device("meta"),
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "deterministic": deterministic,
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
}
SOME = ["01.diagonal", "02.step", "04.max-pool", "08.conv1x1", "09.bottleneck"]


@contextlib.contextmanager
def switched(*names):
    with contextlib.ExitStack() as stack:
        for name in names:
            stack.enter_context(SWITCHES[name]())
        yield


def settings():
    return (
        torch.get_rng_state().tolist(),
        torch.is_grad_enabled(),
        torch.is_inference_mode_enabled(),
        torch.get_default_dtype(),
        torch.get_default_device(),
        torch.are_deterministic_algorithms_enabled(),
        torch.is_autocast_enabled("cpu"),
    )


def judged_as_ever(exercise):
    """Judge the right answer and each misconception."""
    right = getattr(exercise, "right", None)
    if isinstance(exercise, Code):
        right = exercise.reference
    elif isinstance(exercise, Design):
        right = exercise.example
    before = settings()
    feedback = exercise.judge(right)
    assert feedback.verdict == "right", feedback
    for misconception in exercise.misconceptions:
        feedback = exercise.judge(misconception.example)
        assert feedback.verdict == "wrong"
        assert feedback.text.startswith(misconception.says), feedback
    assert settings() == before


@pytest.mark.parametrize("name", EXERCISES)
def test_all_switches_at_once_change_no_check(name):
    with switched(*[switch for switch in SWITCHES if switch != "float64"]):
        judged_as_ever(EXERCISES[name])


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("name", SOME)
def test_each_switch_alone_changes_no_check(name, switch):
    with switched(switch):
        judged_as_ever(EXERCISES[name])


IMPORTED = """import torch
torch.set_default_dtype(torch.float16)
torch.set_default_device("meta")
torch.set_grad_enabled(False)
before = torch.get_rng_state()
from cnn_course.exercises import EXERCISES
assert before.equal(torch.get_rng_state())
for name in ("01.diagonal", "02.probe", "09.bottleneck"):
    print(EXERCISES[name].judge(EXERCISES[name].example).verdict)
"""


def test_the_exercises_are_loaded_as_in_a_fresh_kernel():
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["right"] * 3, done.stderr


def built(name):
    """Build a right network anew, as a student's cell would."""
    if name == "09.bottleneck":
        widths = nn.Conv2d(512, 96, 1), nn.Conv2d(96, 96, 3, padding=1)
        return nn.Sequential(
            widths[0], nn.ReLU(), widths[1], nn.ReLU(), nn.Conv2d(96, 512, 1)
        )
    return EXERCISES[name].example()


NETWORKS = ["05.smaller", "08.head", "09.bottleneck"]
BUILT_UNDER = [switch for switch in SWITCHES if switch != "another default device"]


@pytest.mark.parametrize("switch", BUILT_UNDER)
@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_that_was_built_under_a_switch_is_taken(name, switch):
    with switched(switch):
        net = built(name)
        assert EXERCISES[name].judge(net).verdict == "right"
    assert EXERCISES[name].judge(net).verdict == "right"


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_without_numbers_is_told_where_it_was_built(name):
    with torch.device("meta"):
        net = built(name)
    feedback = EXERCISES[name].judge(net)
    assert feedback.text.startswith("Your network has layers, but no numbers in them")
    assert "`torch.set_default_device`" in feedback.text
