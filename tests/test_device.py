"""try_gpu with pretended GPUs, and the budget."""

from types import SimpleNamespace

import pytest
import torch

from cnn_course import budget, device, try_gpu

REAL = device._works


@pytest.fixture
def pretend(monkeypatch):
    """A function that pretends GPUs: {"cuda:0" or "mps": None or why it fails}."""
    monkeypatch.setattr(device, "_works", REAL)

    def use(name_fails=False, **gpus):
        def ones(*shape, device=None):
            problem = gpus[str(device).removesuffix(":0")]
            if problem is not None:
                raise RuntimeError(problem)
            return real_ones(*shape)

        def described(answer):
            if name_fails:
                raise RuntimeError(gpus["cuda"])
            return answer

        real_ones = torch.ones
        cuda, mps = torch.cuda, torch.backends.mps
        monkeypatch.setattr(torch, "ones", ones)
        monkeypatch.setattr(cuda, "is_available", lambda: "cuda" in gpus)
        monkeypatch.setattr(mps, "is_available", lambda: "mps" in gpus)
        monkeypatch.setattr(cuda, "get_device_name", lambda *_: described("Old Card"))
        monkeypatch.setattr(cuda, "get_device_capability", lambda *_: described((3, 5)))

    REAL.cache_clear()
    yield use
    REAL.cache_clear()


NO_KERNEL = "CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA"


@pytest.mark.parametrize(
    "gpus, chosen", [("", "cpu"), ("mps", "mps"), ("cuda mps", "cuda:0")]
)
def test_a_gpu_that_works_is_chosen_without_a_word(pretend, capsys, gpus, chosen):
    pretend(**dict.fromkeys(gpus.split()))
    assert try_gpu() == torch.device(chosen)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "name_fails, named",
    [(False, "Old Card (compute capability 3.5)"), (True, "cuda:0")],  # or too broken
)
def test_a_gpu_that_torch_cannot_use_is_named_once_and_passed_over(
    pretend, capsys, name_fails, named
):
    pretend(name_fails, cuda=NO_KERNEL, mps=None)
    assert try_gpu() == try_gpu() == torch.device("mps")
    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith(
        f"device: {named} cannot be used by torch {torch.__version__}"
    )
    assert "no kernel image is available" in line and "TORCH_USE" not in line


PLAN = {
    "epochs": {"full": 10, "cpu": 3, "test": 1},
    "size": {"full": 60_000, "cpu": 60_000, "test": 500},
}


SAID = {
    "full": "the real protocol, nothing shortened",
    "cpu": "epochs 3 instead of 10",
    "test": "epochs 1 instead of 10; size 500 instead of 60,000",
}


@pytest.mark.parametrize("chosen", SAID)
def test_the_environment_chooses_the_budget_and_one_line_says_what_is_shorter(
    monkeypatch, capsys, chosen
):
    monkeypatch.setenv("CNN_COURSE_BUDGET", chosen)
    values = {name: values[chosen] for name, values in PLAN.items()}
    assert budget(**PLAN) == SimpleNamespace(**values)
    assert capsys.readouterr().out == f"budget: {chosen}: {SAID[chosen]}\n"


@pytest.mark.parametrize("name, epochs", [("cpu", 3), ("cuda:0", 10), ("mps", 10)])
def test_without_a_word_a_machine_with_a_gpu_gets_the_real_protocol(
    monkeypatch, name, epochs
):
    monkeypatch.delenv("CNN_COURSE_BUDGET")
    monkeypatch.setattr(device, "try_gpu", lambda: torch.device(name))
    assert budget(**PLAN).epochs == epochs


def test_an_unknown_budget_is_refused(monkeypatch):
    monkeypatch.setenv("CNN_COURSE_BUDGET", "fast")
    with pytest.raises(ValueError, match="CNN_COURSE_BUDGET must be one of 'te"):
        budget(**PLAN)
