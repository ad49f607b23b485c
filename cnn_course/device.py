"""Where and how a network computes, and how long this machine may train."""

import contextlib
import functools
import os
from types import SimpleNamespace

import torch

from cnn_course.checks import choice
from cnn_course.files import say


def try_gpu():
    """Return the best device that works: `cuda:0`, else `mps`, else `cpu`.

    A GPU is used only after a small computation on it succeeded. One that this
    build of torch cannot use is named in a printed line (once) and passed over.
    """
    works = [name for name in ("cuda:0", "mps") if _works(name)]
    return torch.device(works[0] if works else "cpu")


@functools.cache
def _works(name):
    backend = torch.cuda if name.startswith("cuda") else torch.backends.mps
    if not backend.is_available():
        return False
    model = name
    try:
        if name.startswith("cuda"):
            major, minor = torch.cuda.get_device_capability(0)
            model = torch.cuda.get_device_name(0)
            model += f" (compute capability {major}.{minor})"
        (torch.ones(2, device=name) + 1).sum().item()
        return True
    except (RuntimeError, AssertionError) as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        say(
            f"device: {model} cannot be used by torch {torch.__version__} "
            f"and is passed over ({reason})"
        )
        return False


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
    # On a CPU and on Apple's MPS torch raises a plain RuntimeError.
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    told = isinstance(error, RuntimeError) and any(s in str(error) for s in signs)
    return told or isinstance(error, MemoryError)


@contextlib.contextmanager
def torch_as_it_starts():
    """Give the body torch as a fresh kernel has it; put the user's settings back.

    Gradients are on, new tensors lie on the CPU and hold float32, and random numbers
    drawn in the body change nothing outside.
    """
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
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


@contextlib.contextmanager
def one_thread():
    """Let torch compute with one thread, which is quicker where batches are small."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


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
    laptop without a GPU) and `test` (seconds, for the automatic tests); which one, says
    `chosen_budget`. Prints one line naming what was shortened.

    >>> plan = budget(epochs=dict(full=10, cpu=3, test=1))
    >>> plan.epochs  # 3 on a laptop
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
    return choice("CNN_COURSE_BUDGET", chosen, ("test", "cpu", "full"))
