"""How much faster the course loads and trains than the plain way, in one run.

    python tests/benchmarks/benchmark.py            # about 2 minutes on two CPU cores
    python tests/benchmarks/benchmark.py --quick    # small sizes, to see that it runs

Run it in the repository on an otherwise idle machine (PYTHONPATH=. where the course is
not installed). It needs the real Fashion-MNIST in CNN_COURSE_DATA, and no network. On
an NVIDIA GPU it measures whole epochs of NiN, AlexNet and the narrow VGG at 224×224;
elsewhere, on the CPU, loading at 224×224, LeNet at 28×28, and `train` beside a loop
that does nothing but learn.

The plain way is torchvision's FashionMNIST, Resize and ToTensor picture by picture, a
DataLoader, fp32, the contiguous layout, and `.item()` for loss and accuracy at every
step; its DataLoader has 4 workers on CUDA, on the CPU none or 2, whichever is faster.
The ways take turns. Prints a Markdown table of medians and ranges; the raw figures, a
row a repetition, are added to notebooks/results/benchmark.csv, or to the file after
--out (--quick writes only there).
"""

import argparse
import os
import statistics
import sys
import time
from functools import partial
from itertools import islice
from pathlib import Path

import torch
import torch.nn.functional as F
from torchvision import transforms
from torchvision.datasets import FashionMNIST

from cnn_course import load_data_fashion_mnist, train, try_gpu
from cnn_course.device import choose_precision
from cnn_course.networks import NARROW_VGG, alexnet, lenet, nin, vgg
from cnn_course.studies import provenance
from cnn_course.studies.results import FOLDER, append_rows

BATCH_SIZE = 128
CUDA_NETS = {  # network: (how to build it, seconds that we allow ourselves an epoch)
    "NiN, two 1×1": (nin, 3),
    "AlexNet": (alexnet, 3),
    "narrow VGG": (lambda: vgg(NARROW_VGG, hidden=512), 2),
}


def plain_loaders(root, resize, n, n_test, workers):
    """Return (train, test) DataLoaders over the first n and n_test pictures."""
    steps = [transforms.Resize(resize)] if resize else []
    transform = transforms.Compose([*steps, transforms.ToTensor()])
    loaders = []
    for is_train, size in ((True, n), (False, n_test)):
        pictures = FashionMNIST(root, train=is_train, transform=transform)
        pictures = torch.utils.data.Subset(pictures, range(size))
        loaders.append(
            torch.utils.data.DataLoader(
                pictures, BATCH_SIZE, shuffle=is_train, num_workers=workers
            )
        )
    return loaders


def plain_steps(net, loader, device, optimizer=None):
    """Train with the optimizer, without one test: yield after every step."""
    net.train(optimizer is not None)
    total_loss = correct = 0
    for X, y in loader:
        X, y = X.to(device), y.to(device)
        with torch.set_grad_enabled(optimizer is not None):
            logits = net(X)
            loss = F.cross_entropy(logits, y)
        if optimizer is not None:
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        total_loss += loss.item() * len(y)
        correct += (logits.argmax(dim=1) == y).sum().item()
        yield


def bare_epoch(net, batches):
    """Learn for an epoch, with the batches, the layout and the Adam of `train`."""
    net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.005)
    for X, y in batches:
        loss = F.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(work, device):
    """Return how long `work()` takes, the GPU's unfinished business included."""
    synchronize = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    synchronize()
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def exhaust(iterable):
    for _ in iterable:
        pass


def partly_timed(steps, count, first, some, device):
    """Return (seconds that `count` steps take, steps timed).

    Starting the workers and the `first` steps are timed once, the `some` steps after
    them stand for all others. With fewer than first + some steps, all are timed.
    """
    begin = seconds(lambda: exhaust(islice(steps, first)), device)
    rest = max(count - first, 0)
    timed = min(some, rest)
    each = seconds(lambda: exhaust(islice(steps, timed)), device) / max(timed, 1)
    steps.close()  # stops the workers
    return begin + each * rest, min(count, first + timed)


class Record:
    """The raw figures: one row a repetition."""

    def __init__(self, precision, about):
        self.precision = {"plain": "fp32", "bare": "fp32", "ours": precision}
        self.rows, self.about = [], about

    def add(self, what, unit, way, workers, repetition, value, n, note=""):
        print(f"{what}, {way}: {value:,.2f} {unit}", file=sys.stderr, flush=True)
        self.rows.append(
            {
                "what": what,
                "way": way,
                "workers": workers,
                "precision": self.precision[way],
                "repetition": repetition,
                "value": round(value, 4),
                "unit": unit,
                "n": n,
                "note": note,
                **self.about,
            }
        )

    def values(self, what, way):
        """Return the figures of each number of workers, {workers: [value, …]}."""
        found = {}
        for row in self.rows:
            if (row["what"], row["way"]) == (what, way):
                found.setdefault(row["workers"], []).append(row["value"])
        return found

    def line(self, what, targets, other="plain"):
        """Return one row of the table; faster is more images/s or fewer seconds."""
        rows = [row for row in self.rows if row["what"] == what]
        unit, n, plain = rows[0]["unit"], rows[0]["n"], self.values(what, other)
        fastest = max if unit == "images/s" else min
        workers = fastest(plain, key=lambda w: statistics.median(plain[w]))
        (ours,) = self.values(what, "ours").values()
        ratio = statistics.median(ours) / statistics.median(plain[workers])
        ratio = ratio if unit == "images/s" else 1 / ratio
        note = next((f"; {row['note']}" for row in rows if row["note"]), "")
        return (
            f"| {what}, n = {n:,} ({unit}) "
            f"| {other}: {spread(plain[workers])}, {workers} workers{note} "
            f"| {spread(ours)} | {ratio:.2f} | {targets} |"
        )


def spread(values):
    digits = 0 if min(values) >= 100 else 2
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:,.{digits}f} ({low:,.{digits}f} to {high:,.{digits}f})"


def measure_cpu(root, record, quick):
    """Yield the table's rows for loading at 224 and for training LeNet."""
    device = torch.device("cpu")
    n, n_train, n_test = (512, 1024, 256) if quick else (10_000, 60_000, 10_000)
    what = "loading at 224×224"
    ours, _ = load_data_fashion_mnist(BATCH_SIZE, 224, train_size=n, device=device)
    loaders = {w: plain_loaders(root, 224, n, 1, w)[0] for w in (0, 2)}
    exhaust(islice(ours, 2))  # the first batches pay for what is made only once
    exhaust(islice(loaders[0], 2))
    for i in range(3):
        for workers, loader in loaders.items():
            speed = n / seconds(lambda loader=loader: exhaust(loader), device)
            record.add(what, "images/s", "plain", workers, i, speed, n)
        speed = n / seconds(lambda: exhaust(ours), device)
        record.add(what, "images/s", "ours", 0, i, speed, n)
    yield record.line(what, "3.5 times")

    what = "LeNet at 28×28, an epoch with its test"
    iters = load_data_fashion_mnist(
        BATCH_SIZE, train_size=n_train, test_size=n_test, device=device
    )
    loaders = {w: plain_loaders(root, None, n_train, n_test, w) for w in (0, 2)}

    def plain_epoch(net, train_loader, test_loader):
        adam = torch.optim.Adam(net.parameters(), lr=0.005)
        exhaust(plain_steps(net, train_loader, device, adam))
        exhaust(plain_steps(net, test_loader, device))

    def our_epoch(net, train_iter, test_iter):
        adam = torch.optim.Adam(net.parameters(), lr=0.005)
        # One precision for both, and no progress bar in either.
        kwargs = dict(device=device, precision="fp32", verbose=False)
        train(net, train_iter, test_iter, 1, optimizer=adam, **kwargs)

    plain_epoch(lenet(), islice(loaders[0][0], 8), islice(loaders[0][1], 2))
    our_epoch(lenet(), islice(iters[0], 8), islice(iters[1], 2))
    for i in range(3):
        for workers, pair in loaders.items():
            net = lenet()
            took = seconds(lambda n=net, p=pair: plain_epoch(n, *p), device)
            record.add(what, "s", "plain", workers, i, took, n_train)
        net = lenet()
        took = seconds(lambda n=net: our_epoch(n, *iters), device)
        record.add(what, "s", "ours", 0, i, took, n_train)
    yield record.line(what, "1.7 times")

    what, n = "LeNet at 28×28, `train` beside a bare loop", 512 if quick else 24_000
    batches, _ = load_data_fashion_mnist(BATCH_SIZE, train_size=n, device=device)
    bare_epoch(lenet(), batches)  # the warm-up, not counted; ours had its own
    for i in range(1 if quick else 7):
        took = seconds(partial(bare_epoch, lenet(), batches), device)
        record.add(what, "s", "bare", 0, i, took, n)
        took = seconds(partial(our_epoch, lenet(), batches, None), device)
        record.add(what, "s", "ours", 0, i, took, n)
    yield record.line(what, "≥ 0.95 times", "bare")


def measure_cuda(root, record, quick, device):
    """Yield the table's rows for an epoch of each network at 224."""
    n, n_test, first, some = 60_000, 10_000, 10, 60
    if quick:
        n, n_test, first, some = 2_560, 512, 2, 4
    iters = load_data_fashion_mnist(
        BATCH_SIZE, 224, train_size=n, test_size=n_test, device=device
    )
    loaders = plain_loaders(root, 224, n, n_test, workers=4)
    for name, (make, allowed) in CUDA_NETS.items():
        what = f"{name} at 224×224, an epoch with its test"
        torch.manual_seed(0)
        net = make().to(device)
        adam = torch.optim.Adam(net.parameters(), lr=0.001)
        plain_net = make().to(device)
        plain_adam = torch.optim.Adam(plain_net.parameters(), lr=0.001)

        def our_epoch(net=net, adam=adam):
            train(net, *iters, 1, optimizer=adam, device=device, verbose=False)

        def plain_epoch(net=plain_net, adam=plain_adam):
            parts = []
            for loader, optimizer in zip(loaders, (adam, None), strict=True):
                steps = plain_steps(net, loader, device, optimizer)
                parts.append(partly_timed(steps, len(loader), first, some, device))
            (train_s, train_steps), (test_s, test_steps) = parts
            timed = f"timed on {train_steps} of {len(loaders[0])} training and "
            timed += f"{test_steps} of {len(loaders[1])} test steps, scaled"
            return train_s + test_s, timed

        our_epoch()  # the warm-up, not counted
        exhaust(islice(plain_steps(plain_net, loaders[0], device, plain_adam), 2))
        for i in range(2):
            # Our `train` switches TF32 on for matrix products; plain is torch's own.
            torch.set_float32_matmul_precision("highest")
            took, timed = plain_epoch()
            record.add(what, "s", "plain", 4, i, took, n, timed)
            record.add(what, "s", "ours", 0, i, seconds(our_epoch, device), n)
        yield record.line(what, f"≤ {allowed} s and 5 times")


def find_data():
    """Return (the root that torchvision wants, the name); exits if there is none."""
    root = os.environ.get("CNN_COURSE_DATA", "")
    if Path(root, "FashionMNIST", "raw").is_dir():
        _, test_iter = load_data_fashion_mnist(BATCH_SIZE, device="cpu")
        if test_iter.name == "Fashion-MNIST":
            return root, test_iter.name
    sys.exit(
        "The benchmark needs the real Fashion-MNIST and does not download it: set "
        "CNN_COURSE_DATA to the folder with FashionMNIST/raw and its four files."
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small sizes: a trial")
    parser.add_argument("--out", type=Path, help="the CSV file to add the figures to")
    options = parser.parse_args()
    root, data = find_data()
    device = try_gpu()
    cuda = device.type == "cuda"
    precision = choose_precision(None, device if cuda else torch.device("cpu"))
    about = {"data": data, "cores": os.cpu_count(), **provenance()}
    record = Record(precision, about)
    start = time.perf_counter()
    if cuda:
        lines = list(measure_cuda(root, record, options.quick, device))
    else:
        lines = list(measure_cpu(root, record, options.quick))
    kind = "QUICK trial, no measurement: " if options.quick else ""
    print(
        f"\n{kind}{about['machine']}, {about['cores']} cores, {about['threads']} "
        f"threads, torch {about['torch']}, {about['date']}, {data}, "
        f"batch {BATCH_SIZE}; ours in {precision}; median (range) of "
        f"{2 if cuda else 3} repetitions; {time.perf_counter() - start:.0f} s in all\n"
    )
    print("| measured | the other way | ours | times faster | target |")
    print("|---|---|---|---|---|")
    print("\n".join(lines))
    out = options.out or (None if options.quick else FOLDER / "benchmark.csv")
    if out:
        append_rows(out, record.rows)


if __name__ == "__main__":
    main()
