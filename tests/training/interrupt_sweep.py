"""Interrupt a process's first training after 0.1, 0.2, …, 3 s; can it train again?

    .venv/bin/python tests/training/interrupt_sweep.py

A minute or two, so no test runs it. It prints a line a moment, and ends with status 1
if a later training failed.
"""

import os
import signal
import subprocess
import sys
import threading

MOMENTS = [tenth / 10 for tenth in range(1, 31)]


def trained(net, batches):
    from cnn_course import train

    try:
        return f"{len(train(net, batches, None, 1, verbose=False))} epochs"
    except BaseException as error:  # an interrupt outside of the training, too
        return f"{type(error).__name__}: {error}"


def one(delay):
    """Train three times; a real signal comes `delay` seconds after the first began."""
    import torch

    import cnn_course  # noqa: F401  before the clock starts
    from cnn_course.networks import lenet

    # A shell that starts this in the background lets it ignore interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    batches = [(torch.rand(64, 1, 28, 28), torch.randint(10, (64,)))] * 200
    net = lenet()
    interrupt = threading.Timer(delay, os.kill, (os.getpid(), signal.SIGINT))
    interrupt.start()
    told = [trained(net, batches)]
    interrupt.join()
    told += [trained(net, batches[:2]) for _ in range(2)]
    print(" | ".join(told))
    return told[1:] != ["1 epochs"] * 2


def main():
    failed = 0
    for delay in MOMENTS:
        run = [sys.executable, __file__, str(delay)]
        result = subprocess.run(run, capture_output=True, text=True)
        lines = result.stdout.splitlines() or [result.stderr[-300:]]
        print(f"{delay:.1f} s: {lines[-1]}", flush=True)
        failed += result.returncode != 0
    print(f"{failed} of {len(MOMENTS)} could not train again")
    return failed > 0


if __name__ == "__main__":
    sys.exit(one(float(sys.argv[1])) if len(sys.argv) > 1 else main())
