"""What idle threads that do not sleep cost: trainings alone and four at once.

    python tests/benchmarks/shared_cores.py            # about 5 minutes

Run it in the repository on an otherwise idle machine (PYTHONPATH=. where the course is
not installed); it needs no data, its pictures are random. Each training is a process of
its own, `train` on LeNet with two epochs of 10,000 pictures of 28×28, or on NiN with
one of 640 of 96×96. `before` is torch without the course's settings, `after` with them
(cnn_course.threads), `one thread` OMP_NUM_THREADS=1. Settings take turns. The raw
figures, a row a training, are printed and added to the CSV file --out, as a rule
notebooks/results/shared_cores.csv. A training that is not done after LIMIT seconds
counts as that.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from cnn_course.studies import provenance
from cnn_course.studies.results import FOLDER, append_rows

LIMIT = 120
REPETITIONS = {1: 10, 4: 3}  # trainings at once: how often; a short one varies more
FIRST = {  # what a training's process does first; settings count when torch is loaded
    "before": "import torch",
    "after": "import cnn_course",
    "one thread": "import os; os.environ['OMP_NUM_THREADS'] = '1'",
}
SIZES = {28: ("lenet", 10_000, 2), 96: ("nin", 640, 1)}  # side: net, pictures, epochs
TRAINING = """
{first}
import sys, time
import torch
from cnn_course import train
from cnn_course.data import Batches
from cnn_course.networks import {net}

torch.manual_seed(0)
images = torch.randint(256, ({n}, 28, 28), dtype=torch.uint8)
labels = torch.randint(10, ({n},))
batches = Batches(images, labels, 128, resize={side}, shuffle=True)
net = {net}()
# Once before: what is imported late, and memory that is asked for, is not measured.
train(net, [next(iter(batches))], None, 1, device="cpu", verbose=False)
print("ready", flush=True)
sys.stdin.readline()  # all begin at once
start = time.perf_counter()
train(net, batches, None, {epochs}, lr=0.001, device="cpu", verbose=False)
print(time.perf_counter() - start)
"""


def trainings(first, side, net, n, epochs, at_once):
    """Return the seconds of `at_once` trainings that begin together."""
    code = TRAINING.format(first=first, side=side, net=net, n=n, epochs=epochs)
    environment = dict(os.environ)
    for name in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "GOMP_SPINCOUNT"):
        environment.pop(name, None)  # this process has them, and its caller may
    pipe = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    command = [sys.executable, "-c", code]
    running = [
        subprocess.Popen(command, env=environment, **pipe) for _ in range(at_once)
    ]
    for process in running:
        assert process.stdout.readline() == "ready\n"
    for process in running:
        process.stdin.write("\n")
        process.stdin.flush()
    seconds = []
    for process in running:
        try:
            seconds.append(float(process.communicate(timeout=LIMIT)[0]))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            seconds.append(LIMIT)
    return seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER / "shared_cores.csv")
    out = parser.parse_args().out
    about = provenance() | {"cores": os.cpu_count(), "data": "random pictures"}
    about.pop("threads")  # of this process, which trains nothing
    rows = []
    for i in range(max(REPETITIONS.values())):
        for side, (net, n, epochs) in SIZES.items():
            for at_once in (k for k, times in REPETITIONS.items() if i < times):
                for setting, first in FIRST.items():
                    seconds = trainings(first, side, net, n, epochs, at_once)
                    what = {"net": net, "side": side, "n": n, "epochs": epochs}
                    what |= {"at_once": at_once, "setting": setting, "repetition": i}
                    rows += [what | {"seconds": round(s, 2)} | about for s in seconds]
                    print(*what.values(), seconds, flush=True)
    append_rows(out, rows)


if __name__ == "__main__":
    main()
