"""Where pictures come from: Fashion-MNIST's four raw files, and one photograph."""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
import torch.nn.functional as F

from cnn_course.folders import cache_folder

BUILT_IN = "built-in"  # CNN_COURSE_DATA=built-in asks for the built-in garments
BUILT_IN_NAME = "BUILT-IN GARMENTS (not Fashion-MNIST)"
DOWNLOAD_SECONDS = 180  # 31 MB; a link slower than 1.4 Mbit/s is as good as none
STALL_SECONDS = 15

# name: (bytes, MD5) of the published raw files, in the order they are read
RAW_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": (60_008, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": (7_840_016, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": (10_008, "15d484375f8d13e6eb1aabb0c3f46965"),
}


def find_fashion_mnist(root=None):
    """Return (folder with the raw files or None, name of the data set, why this one).

    Looks in `root` (default: $CNN_COURSE_DATA), in the per-user cache, and on the
    network, in this order. None stands for the built-in garments.
    """
    where = "root"
    if root is None:
        root, where = os.environ.get("CNN_COURSE_DATA") or None, "CNN_COURSE_DATA"
    if root == BUILT_IN:
        return None, BUILT_IN_NAME, f"{where} asks for them"
    missing = ""
    if root is not None:
        folder = Path(root).expanduser() / "FashionMNIST" / "raw"
        if any((folder / file).exists() for file in RAW_FILES):
            return folder, "Fashion-MNIST", f"from {where}"
        missing = f"{where} has no FashionMNIST/raw with the four files, "
    folder = cache_folder() / "FashionMNIST" / "raw"
    if all((folder / file).exists() for file in RAW_FILES):
        return folder, "Fashion-MNIST", missing + "from this user's cache"
    problem = _failed_downloads.get(folder) or _download(cache_folder())
    _failed_downloads[folder] = problem
    if problem is None:
        return folder, "Fashion-MNIST", missing + "downloaded into this user's cache"
    why = f"{missing}Fashion-MNIST could not be downloaded ({problem}). Results "
    why += "differ. If you have its files, set CNN_COURSE_DATA to the folder with "
    why += "FashionMNIST/raw in it"
    return None, BUILT_IN_NAME, why


def read_verified(folder):
    """Return the training images and labels, then the test images and labels.

    Images are uint8 (n, 28, 28), labels int64 (n,). Raises ValueError naming the file
    that is missing or whose size or MD5 is not the published one.
    """
    tensors = []
    for name in RAW_FILES:
        raw = _verified_bytes(folder / name)
        if "images" in name:
            tensors.append(torch.frombuffer(raw, dtype=torch.uint8, offset=16))
            tensors[-1] = tensors[-1].view(-1, 28, 28)
        else:
            tensors.append(torch.frombuffer(raw, dtype=torch.uint8, offset=8).long())
    return tensors


def _verified_bytes(path):
    size, md5 = RAW_FILES[path.name]
    advice = "Put a good copy in its place, or name another folder"
    if path.is_relative_to(cache_folder()):
        advice = "Delete it and load again: it will be downloaded anew"
    if not path.is_file():
        raise ValueError(
            f"{path} is missing. Fashion-MNIST is four files, and this folder holds "
            "only some of them. Copy the missing one into it, or name another folder."
        )
    raw = bytearray(path.read_bytes())  # writable: frombuffer warns otherwise
    if len(raw) != size:
        raise ValueError(
            f"{path} is damaged: it has {len(raw):,} bytes instead of {size:,}. "
            f"{advice}."
        )
    found = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    if found != md5:
        raise ValueError(
            f"{path} is damaged: its MD5 is {found} instead of {md5}, so some bytes "
            f"are not the published ones. {advice}."
        )
    return raw


_failed_downloads = {}  # folder: why; an offline kernel finds out once, not every time

# In a process of its own: torchvision's loader has no time limit, and a process can
# be ended. It also keeps the four seconds of `import torchvision` out of every load.
_DOWNLOADER = f"""
import socket, sys
socket.setdefaulttimeout({STALL_SECONDS})
from torchvision.datasets import FashionMNIST
try:
    FashionMNIST(sys.argv[1], download=True)
except Exception as error:
    reason = str(error).split("got:")[-1]  # torchvision: "Tried URL, got: reason"
    sys.exit(" ".join(reason.split())[:200] or type(error).__name__)
"""


def _download(into):
    """Put verified raw files under `into`; return None, or why that failed."""
    print("data: downloading Fashion-MNIST (31 MB) …", flush=True)
    try:
        into.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            done = subprocess.run(
                [sys.executable, "-c", _DOWNLOADER, scratch],
                timeout=DOWNLOAD_SECONDS,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                return (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            fetched = Path(scratch) / "FashionMNIST" / "raw"
            for name in RAW_FILES:
                try:
                    _verified_bytes(fetched / name)
                except ValueError:
                    return f"{name} arrived damaged"
            final = into / "FashionMNIST" / "raw"
            final.mkdir(parents=True, exist_ok=True)
            for name in RAW_FILES:  # only whole, verified files get their final name
                os.replace(fetched / name, final / name)
    except subprocess.TimeoutExpired:
        return f"not finished after {DOWNLOAD_SECONDS} s"
    except OSError as error:
        return str(error)
    return None


def load_photograph(height=300):
    """Return a grey photograph, float32 (height, width) in [0, 1].

    Rear Admiral Grace Hopper, a pioneer of compilers: a picture of the US Navy,
    in the public domain, that is installed with matplotlib (512×600 pixels).
    """
    from matplotlib import cbook
    from PIL import Image

    with cbook.get_sample_data("grace_hopper.jpg") as file:
        image = Image.open(file).convert("L")
        pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
    X = pixels.view(1, 1, image.height, image.width).float() / 255
    size = (height, round(image.width * height / image.height))
    return F.interpolate(X, size=size, mode="bilinear", antialias=True)[0, 0]
