"""Right answers and misconceptions are known, also with all of torch's switches on."""

import contextlib
import copy
import subprocess
import sys

import pytest
import torch

from cnn_course.exercises import EXERCISES


@contextlib.contextmanager
def everything_switched():
    """The switches that a cell can leave on, all at once."""
    with (
        torch.no_grad(),
        torch.inference_mode(),
        torch.autocast("cpu", dtype=torch.bfloat16),
        torch.device("meta"),
    ):
        torch.set_default_dtype(torch.float16)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_default_dtype(torch.float32)
            torch.use_deterministic_algorithms(False)


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


@pytest.mark.parametrize("state", [contextlib.nullcontext, everything_switched])
@pytest.mark.parametrize("name", EXERCISES)
def test_the_right_answer_is_right_and_each_misconception_is_named(name, state):
    exercise = EXERCISES[name]
    right = getattr(exercise, "right", getattr(exercise, "example", None))
    with state():
        before = settings()
        feedback = exercise.judge(getattr(exercise, "reference", right))
        assert feedback.verdict == "right" and exercise.because in feedback.text
        for misconception in exercise.misconceptions:
            feedback = exercise.judge(misconception.example)
            assert feedback.text.startswith(misconception.says), feedback
        assert settings() == before


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


@pytest.mark.parametrize("name", ["05.smaller", "09.bottleneck"])
def test_a_network_without_numbers_is_told_where_it_was_built(name):
    example = EXERCISES[name].example
    net = copy.deepcopy(example if isinstance(example, torch.nn.Module) else example())
    feedback = EXERCISES[name].judge(net.to("meta"))
    assert feedback.text.startswith("Your network has layers, but no numbers in them")
