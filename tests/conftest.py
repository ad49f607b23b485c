"""What the tests share: the sample, short budgets, crafted files, and no network."""

import atexit
import base64
import importlib.util
import io
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from crafted import md5
from notebook_code import PATHS

# Before torch is loaded. Two processes test at once, each with its kernel: one thread
# each, and idle threads of whoever takes more sleep.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
# nbval's kernels inherit these. They start in notebooks/, so a path must be absolute.
place = os.environ.get("CNN_COURSE_DATA") or "built-in"
if place != "built-in":
    place = os.path.abspath(os.path.expanduser(place))
os.environ["CNN_COURSE_DATA"] = place
os.environ.setdefault("CNN_COURSE_BUDGET", "test")

# No process of the tests leaves this machine: offline/sitecustomize.py says how. Here
# it is switched on, for this process and for all that it starts.
OFFLINE = Path(__file__).parent / "offline"
folders = os.environ.get("PYTHONPATH", "").split(os.pathsep)
if str(OFFLINE) not in folders:
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), *folders]))
if "CNN_COURSE_REFUSED" not in os.environ:
    own_folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, own_folder, ignore_errors=True)
    os.environ["CNN_COURSE_REFUSED"] = os.path.join(own_folder, "refused")
REFUSED = Path(os.environ["CNN_COURSE_REFUSED"])
spec = importlib.util.spec_from_file_location("guard", OFFLINE / "sitecustomize.py")
spec.loader.exec_module(importlib.util.module_from_spec(spec))


def refused():
    """Return what the guard refused so far, in all processes of this run."""
    return REFUSED.read_text("utf-8").splitlines() if REFUSED.exists() else []


def pytest_sessionfinish(session):
    if refused() and session.exitstatus in (0, 5):  # 5: no test was collected
        session.exitstatus = 1


def pytest_terminal_summary(terminalreporter):
    if lines := refused():
        terminalreporter.section("refused by tests/offline, so this run has failed")
        for line in lines:
            terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def isolated(monkeypatch, tmp_path):
    """The sample, an empty cache, no GPU, no download; gives the cache's folder."""
    from cnn_course import device
    from cnn_course.data import where

    def no_download(folder):
        pytest.fail(f"the test tried to download into {folder}")

    cache = tmp_path / "cache" / "cnn_course"
    monkeypatch.setenv("CNN_COURSE_DATA", "built-in")
    monkeypatch.setenv("CNN_COURSE_BUDGET", "test")
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(where, "cache_folder", lambda: cache)
    monkeypatch.setattr(where, "_no_network", [])
    monkeypatch.setattr(where, "download", no_download)
    monkeypatch.setattr(device, "_works", lambda name: False)
    return cache


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    """The path of a notebook of the course, one after the other."""
    return request.param


@pytest.fixture(params=["device", "dtype", "deterministic", "no gradients"])
def leave_a_switch_on(request):
    """A function: sets a switch of torch, as an earlier cell may have done."""
    import torch

    switch, on, off = {
        "device": (torch.set_default_device, "meta", None),  # it stands for a GPU
        "dtype": (torch.set_default_dtype, torch.float64, torch.float32),
        "deterministic": (torch.use_deterministic_algorithms, True, False),
        "no gradients": (torch.set_grad_enabled, False, True),
    }[request.param]
    yield lambda: switch(on)
    switch(off)


@pytest.fixture
def raw_files(monkeypatch):
    """{name: bytes} of a small data set that passes for the published files.

    200 training and 100 test images. Pixel (0, 0) of image i is i and its label is
    i % 10, so that every image tells which one it is.
    """
    from cnn_course.data import fashion_mnist

    files = {}
    for part, n in (("train", 200), ("t10k", 100)):
        images = b"".join(
            bytes([i]) + bytes((i + j) % 256 for j in range(783)) for i in range(n)
        )
        header = b"".join(size.to_bytes(4, "big") for size in (2051, n, 28, 28))
        files[f"{part}-images-idx3-ubyte"] = header + images
        header = b"".join(size.to_bytes(4, "big") for size in (2049, n))
        files[f"{part}-labels-idx1-ubyte"] = header + bytes(i % 10 for i in range(n))
    assert list(files) == list(fashion_mnist.FILES)
    for name, raw in files.items():
        monkeypatch.setitem(fashion_mnist.FILES, name, (len(raw), md5(raw)))
    return files


@pytest.fixture
def write_raw(raw_files):
    """A function: writes the crafted files under a root and returns their folder."""

    def write(root):
        folder = root / "FashionMNIST" / "raw"
        folder.mkdir(parents=True)
        for name, raw in raw_files.items():
            (folder / name).write_bytes(raw)
        return folder

    return write


@pytest.fixture
def data_root(write_raw, tmp_path):
    """A root that holds the crafted files."""
    write_raw(tmp_path / "root")
    return tmp_path / "root"


@pytest.fixture
def areas():
    """A function: the pixels of each image or pair of axes of a Picture, no frames.

    As its notebook shows it, uint8 (H, W, 3).
    """
    import numpy as np
    from PIL import Image

    def cut(picture):
        data, _ = picture._repr_mimebundle_()
        (encoded,) = (data[kind] for kind in data if kind.startswith("image/"))
        image = Image.open(io.BytesIO(base64.b64decode(encoded)))
        pixels = np.asarray(image.convert("RGB"))
        height = pixels.shape[0]
        parts = []
        axes = picture.get_axes()
        for part in [part for ax in axes for part in ax.images or [ax]]:
            box = part.get_window_extent()
            x0, x1 = int(box.x0) + 3, int(box.x1) - 3
            y0, y1 = int(height - box.y1) + 3, int(height - box.y0) - 3
            parts.append(pixels[y0:y1, x0:x1])
        return parts

    return cut
