"""Where and how a network computes, and how long this machine may train."""

import contextlib
import functools
import os
import warnings
from types import SimpleNamespace

import torch

from cnn_course.checks import choice, refuse
from cnn_course.files import say

BUDGETS = ("test", "cpu", "full")


def try_gpu():
    """Return the best device that works: `cuda:0`, else `mps`, else `cpu`.

    A GPU is used only after a small computation on it succeeded. One that this
    build of torch cannot use is named in a printed line (once) and passed over.
    """
    for name in ("cuda:0", "mps"):
        works, problem = _probe(name)
        if works:
            return torch.device(name)
        if problem:
            _say_once(problem)
    return torch.device("cpu")


def chosen_device(device=None):
    """Return `device` as a torch.device, or without one the best that works.

    Raises ValueError for what is no device, or none of this machine.
    """
    if device is None:
        return try_gpu()
    with contextlib.suppress(RuntimeError, AssertionError, NotImplementedError):
        found = torch.device(device)
        with contextlib.suppress(torch.OutOfMemoryError):  # it is there, but full
            torch.ones(1, device=found).item()
        return found
    allowed = "a device of this machine, such as 'cpu' (left out: the best one)"
    refuse("device", allowed, str(device))


@functools.cache
def _probe(name):
    """Return (works, problem): problem is None where there is no such GPU at all."""
    backend = torch.cuda if name.startswith("cuda") else torch.backends.mps
    with warnings.catch_warnings(record=True) as caught:
        # An old driver makes is_available() warn with a path of this machine in it.
        warnings.simplefilter("always")
        available = backend.is_available()
    if not available:
        why = str(caught[0].message).split(" (", 1)[0] if caught else None
        return False, why and f"device: GPU passed over, running on the CPU: {why}"
    model = name
    try:
        if name.startswith("cuda"):
            major, minor = torch.cuda.get_device_capability(0)
            model = torch.cuda.get_device_name(0)
            model += f" (compute capability {major}.{minor})"
        (torch.ones(2, device=name) + 1).sum().item()
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        return False, (
            f"device: {model} cannot be used by torch {torch.__version__} "
            f"and is passed over ({reason})"
        )
    return True, None


_say_once = functools.cache(say)


def choose_precision(precision, device):
    """Return `precision`, or if that is None the one that is fast on `device`.

    "bf16" on an NVIDIA GPU of compute capability 8.0 or newer, else "fp32": without
    units made for it bf16 is many times slower. Raises ValueError for another name.
    """
    if precision is None:
        ampere = device.type == "cuda" and torch.cuda.get_device_capability(device)
        return "bf16" if ampere and ampere >= (8, 0) else "fp32"
    return choice("precision", precision, ("fp32", "bf16"))


def is_mps(device):
    """Say whether `device` is an Apple chip's GPU: there channels_last was wrong."""
    return device.type == "mps"


def is_out_of_memory(error):
    """Say whether an error means that memory ran out, on any device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # On a CPU and on Apple's MPS torch raises a plain RuntimeError.
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(s in str(error) for s in signs)


@contextlib.contextmanager
def torch_as_it_starts():
    """Give the body torch as a fresh kernel has it; put the user's settings back.

    Gradients are on, new tensors lie on the CPU and hold float32, operations need not
    be deterministic, and random numbers drawn in the body change nothing outside.
    """
    dtype = torch.get_default_dtype()
    deterministic = torch.get_deterministic_debug_mode()
    torch.set_default_dtype(torch.float32)
    torch.set_deterministic_debug_mode("default")
    try:
        with (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.device("cpu"),
            torch.autocast("cpu", enabled=False),
            torch.random.fork_rng(devices=[]),
        ):
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_deterministic_debug_mode(deterministic)


@contextlib.contextmanager
def modes_kept(net):
    """Give every module of `net` its mode, training or evaluation, back at the end."""
    # Each its own: a student may have put one layer into evaluation mode on purpose.
    modes = [(module, module.training) for module in net.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode


def budget(**settings):
    """Return one value for each setting, by how long this machine may train.

    Each setting is a dict with a value for `full` (the real protocol), `cpu` (a
    laptop without a GPU) and `test` (seconds, for the automatic tests). The
    environment variable CNN_COURSE_BUDGET chooses; without it a machine with a GPU
    gets `full`, any other `cpu`. Prints one line naming what was shortened.

    >>> plan = budget(epochs=dict(full=10, cpu=3, test=1))
    >>> plan.epochs  # 3 on a laptop

    Raises ValueError for an unknown CNN_COURSE_BUDGET.
    """
    chosen = chosen_budget()
    shortened = [
        f"{name} {values[chosen]:,} instead of {values['full']:,}"
        for name, values in settings.items()
        if values[chosen] != values["full"]
    ]
    what = "; ".join(shortened) or "the real protocol, nothing shortened"
    say(f"budget: {chosen}: {what}")
    return SimpleNamespace(**{name: v[chosen] for name, v in settings.items()})


def chosen_budget():
    """Return $CNN_COURSE_BUDGET, or without it `full` where there is a GPU, else `cpu`.

    Raises ValueError for a value that is no budget.
    """
    chosen = os.environ.get("CNN_COURSE_BUDGET")
    if not chosen:
        return "cpu" if try_gpu().type == "cpu" else "full"
    if chosen not in BUDGETS:
        raise ValueError(
            f"CNN_COURSE_BUDGET is {chosen!r}; set it to test, cpu or full, "
            "or unset it to let the course choose"
        )
    return chosen
