"""Torch's global switches, left on by an earlier cell: checks do not notice them."""

import contextlib
import subprocess
import sys

import pytest
import torch
from torch import nn

from cnn_course.exercises import EXERCISES


@contextlib.contextmanager
def set_and_reset(switch, value, before):
    switch(value)
    try:
        yield
    finally:
        switch(before)


def default_dtype(dtype):
    return set_and_reset(torch.set_default_dtype, dtype, torch.float32)


SWITCHES = {
    "gradients off": torch.no_grad,
    "inference mode": torch.inference_mode,
    "float64": lambda: default_dtype(torch.float64),
    "float16": lambda: default_dtype(torch.float16),
    "deterministic": lambda: set_and_reset(
        torch.use_deterministic_algorithms, True, False
    ),
    "autocast": lambda: torch.autocast("cpu", dtype=torch.bfloat16),
    "another default device": lambda: torch.device("meta"),
}


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
    right = getattr(exercise, "right", getattr(exercise, "example", None))
    right = getattr(exercise, "reference", right)
    before = settings()
    assert exercise.judge(right).verdict == "right"
    for misconception in exercise.misconceptions:
        feedback = exercise.judge(misconception.example)
        assert feedback.text.startswith(misconception.says), feedback
    assert settings() == before


@pytest.mark.parametrize("name", EXERCISES)
def test_all_switches_at_once_change_no_check(name):
    with switched(*SWITCHES):
        judged_as_ever(EXERCISES[name])


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("name", ["02.step", "04.max-pool"])
def test_each_switch_alone_changes_no_check(name, switch):
    with switched(switch):
        judged_as_ever(EXERCISES[name])


IMPORTED = """import sys, torch
torch.set_default_dtype(torch.float16)
torch.set_default_device("meta")
torch.set_grad_enabled(False)
before = torch.get_rng_state()
from cnn_course.exercises import EXERCISES
assert before.equal(torch.get_rng_state())
for name in ("01.diagonal", "07.design", "09.bottleneck"):
    print(EXERCISES[name].judge(EXERCISES[name].example).verdict)
assert "sympy" not in sys.modules  # 2 s of the 3 that a check may take
"""


def test_the_exercises_are_loaded_as_in_a_fresh_kernel_and_without_sympy():
    command = [sys.executable, "-c", IMPORTED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["right"] * 3


def built(name):
    """Build a right network anew, as a student's cell would."""
    if name == "09.bottleneck":
        down, up = nn.Conv2d(512, 96, 1), nn.Conv2d(96, 512, 1)
        sideways = nn.Conv2d(96, 96, 3, padding=1)
        return nn.Sequential(down, nn.ReLU(), sideways, nn.ReLU(), up)
    return EXERCISES[name].example()


@pytest.mark.parametrize("name", ["05.smaller", "09.bottleneck"])
def test_a_network_without_numbers_is_told_where_it_was_built(name):
    with torch.device("meta"):
        net = built(name)
    feedback = EXERCISES[name].judge(net)
    assert feedback.text.startswith("Your network has layers, but no numbers in them")
