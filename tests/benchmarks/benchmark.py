"""How much faster the course loads and trains than the plain way, in one run.

    python tests/benchmarks/benchmark.py        # about 3 minutes on two CPU cores

Run it in the repository on an otherwise idle machine (PYTHONPATH=. where the course is
not installed). It needs the real Fashion-MNIST in CNN_COURSE_DATA, and no network. On
an NVIDIA GPU it measures whole epochs of NiN, AlexNet and the narrow VGG at 224×224;
elsewhere, on the CPU, loading at 224×224, LeNet at 28×28, and `train` beside a loop
that does nothing but learn.

The plain way is torchvision's FashionMNIST, Resize and ToTensor picture by picture, a
DataLoader, fp32, the contiguous layout, and `.item()` for loss and accuracy at every
step; its DataLoader has 4 workers on CUDA, on the CPU none or 2, whichever is faster.
The ways take turns. The raw figures, a row a repetition, are printed and added to the
CSV file --out, as a rule notebooks/results/benchmark.csv; what is told are medians.
"""

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader, Subset
from torchvision import transforms
from torchvision.datasets import FashionMNIST

from cnn_course import load_data_fashion_mnist, train, try_gpu
from cnn_course.device import choose_precision
from cnn_course.networks import NARROW_VGG, alexnet, lenet, nin, vgg
from cnn_course.studies import provenance
from cnn_course.studies.results import FOLDER, append_rows

BATCH_SIZE = 128
TRAIN, TEST, LOADED, BARE = 60_000, 10_000, 10_000, 24_000  # pictures
ROOT = os.environ.get("CNN_COURSE_DATA", "")  # with FashionMNIST/raw, for torchvision
CUDA_NETS = {
    "NiN, two 1×1": nin,
    "AlexNet": alexnet,
    "narrow VGG": lambda: vgg(NARROW_VGG, hidden=512),
}


def plain_loader(train, n, workers, resize=None):
    """Return a DataLoader over the first n training or test pictures."""
    steps = [transforms.Resize(resize)] if resize else []
    transform = transforms.Compose([*steps, transforms.ToTensor()])
    pictures = Subset(FashionMNIST(ROOT, train=train, transform=transform), range(n))
    return DataLoader(pictures, BATCH_SIZE, shuffle=train, num_workers=workers)


def plain_epoch(net, loaders, device, lr):
    """Train for an epoch, then test."""
    torch.set_float32_matmul_precision("highest")  # torch's own; `train` has another
    optimizer = torch.optim.Adam(net.to(device).parameters(), lr=lr)
    for loader, learns in zip(loaders, (True, False), strict=True):
        net.train(learns)
        total_loss = correct = 0
        for X, y in loader:
            X, y = X.to(device), y.to(device)
            with torch.set_grad_enabled(learns):
                logits = net(X)
                loss = F.cross_entropy(logits, y)
            if learns:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total_loss += loss.item() * len(y)
            correct += (logits.argmax(dim=1) == y).sum().item()


def our_epoch(net, iters, device, lr, precision):
    adam = torch.optim.Adam(net.parameters(), lr=lr)
    how = dict(device=device, precision=precision, verbose=False)
    train(net, *iters, 1, optimizer=adam, **how)


def bare_epoch(net, batches, lr):
    """Learn for an epoch, with the batches, the layout and the Adam of `train`."""
    net.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=lr)
    for X, y in batches:
        loss = F.cross_entropy(net(X), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def seconds(work, synchronize):
    """Return how long `work()` takes, the GPU's unfinished business included."""
    synchronize()
    start = time.perf_counter()
    work()
    synchronize()
    return time.perf_counter() - start


def exhaust(iterable):
    for _ in iterable:
        pass


def on_the_cpu(device):
    """Yield (what, unit, n, repetitions, {(way, workers): what to do})."""
    options = dict(resize=224, train_size=LOADED, device=device)
    batches, _ = load_data_fashion_mnist(BATCH_SIZE, **options)
    ways = {
        ("plain", w): partial(exhaust, plain_loader(True, LOADED, w, 224))
        for w in (0, 2)
    }
    ways["ours", 0] = partial(exhaust, batches)
    yield "loading at 224×224", "images/s", LOADED, 3, ways

    sizes = dict(train_size=TRAIN, test_size=TEST, device=device)
    iters = load_data_fashion_mnist(BATCH_SIZE, **sizes)
    ways = {}
    for w in (0, 2):
        loaders = plain_loader(True, TRAIN, w), plain_loader(False, TEST, w)
        ways["plain", w] = lambda two=loaders: plain_epoch(lenet(), two, device, 0.005)
    # One precision for both, and no progress bar in either.
    ways["ours", 0] = lambda: our_epoch(lenet(), iters, device, 0.005, "fp32")
    yield "LeNet at 28×28, an epoch with its test", "s", TRAIN, 3, ways

    few, _ = load_data_fashion_mnist(BATCH_SIZE, train_size=BARE, device=device)
    ways = {
        ("bare", 0): lambda: bare_epoch(lenet(), few, 0.005),
        ("ours", 0): lambda: our_epoch(lenet(), (few, None), device, 0.005, "fp32"),
    }
    yield "LeNet at 28×28, `train` beside a bare loop", "s", BARE, 7, ways


def on_the_gpu(device, precision):
    """Yield the same for an epoch of each network at 224×224."""
    sizes = dict(train_size=TRAIN, test_size=TEST, device=device)
    iters = load_data_fashion_mnist(BATCH_SIZE, 224, **sizes)
    loaders = plain_loader(True, TRAIN, 4, 224), plain_loader(False, TEST, 4, 224)
    for name, make in CUDA_NETS.items():
        ways = {
            ("plain", 4): partial(plain_epoch, make(), loaders, device, 0.001),
            ("ours", 0): partial(our_epoch, make(), iters, device, 0.001, precision),
        }
        yield f"{name} at 224×224, an epoch with its test", "s", TRAIN, 2, ways


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=FOLDER / "benchmark.csv")
    out = parser.parse_args().out
    _, test_iter = load_data_fashion_mnist(BATCH_SIZE, device="cpu")
    if test_iter.name != "Fashion-MNIST" or not Path(ROOT, "FashionMNIST/raw").is_dir():
        sys.exit(
            "The benchmark needs the real Fashion-MNIST and does not download it: set "
            "CNN_COURSE_DATA to the folder with FashionMNIST/raw and its four files."
        )
    cuda = try_gpu().type == "cuda"
    device = torch.device("cuda" if cuda else "cpu")
    precision = choose_precision(None, device) if cuda else "fp32"
    synchronize = torch.cuda.synchronize if cuda else int
    about = {"note": "", "data": test_iter.name, "cores": os.cpu_count()}
    about |= provenance()
    rows = []
    measured = on_the_gpu(device, precision) if cuda else on_the_cpu(device)
    for what, unit, n, repetitions, ways in measured:
        for i in range(-1, repetitions):  # the first round pays for what is made once
            for (way, workers), work in ways.items():
                took = seconds(work, synchronize)
                value = round(n / took if unit == "images/s" else took, 4)
                row = {"what": what, "way": way, "workers": workers}
                row["precision"] = precision if way == "ours" else "fp32"
                row |= {"repetition": i, "value": value, "unit": unit, "n": n}
                rows += [row | about] * (i >= 0)
                print(*row.values(), flush=True)
    append_rows(out, rows)


if __name__ == "__main__":
    main()
