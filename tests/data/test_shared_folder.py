"""One data folder: 32 processes at once, several users, killed processes."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from fault_server import FaultServer

from cnn_course.data import shared_folder
from cnn_course.data.raw_files import RAW_FILES

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"),
    reason="Windows has no fork, which makes 32 processes quick",
)
NAMES = sorted(RAW_FILES)
WAITING = (
    "data: another process is downloading Fashion-MNIST into this folder; waiting for "
    "it …"
)
DOWNLOADING = "data: downloading Fashion-MNIST (31 MB) …"
PROGRAM = Path(__file__).with_name("many_processes.py")


@pytest.fixture
def server(raw_files):
    with FaultServer(raw_files) as server:
        yield server


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    answer = tmp_path_factory.mktemp("answer") / "answer.json"
    with subprocess.Popen(
        [sys.executable, PROGRAM, answer],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "no_proxy": "*"},
    ) as program:
        yield program
        program.stdin.close()


@pytest.fixture
def run(raw_files, server, program):
    """A function: runs a task of many_processes.py and returns what it found."""

    def task(name, *arguments, **options):
        setup = {
            "task": name,
            "arguments": [str(a) if isinstance(a, Path) else a for a in arguments],
            "published": RAW_FILES,
            "sizes": [200, 100],
            "sources": [server.url],
            **options,
        }
        print(json.dumps(setup), file=program.stdin, flush=True)
        found = json.loads(program.stdout.readline())
        assert found is not None, "the task failed: see its traceback in stderr"
        return found

    return task


@pytest.fixture
def digest(raw_files):
    """What the right tensors of the crafted files hash to."""
    digest = hashlib.md5(usedforsecurity=False)
    for name in RAW_FILES:  # images, labels, images, labels
        if "images" in name:
            digest.update(raw_files[name][16:])
        else:
            labels = torch.tensor(list(raw_files[name][8:]), dtype=torch.int64)
            digest.update(labels.numpy().tobytes())
    return digest.hexdigest()


def listing(root):
    return sorted(os.listdir(root / "FashionMNIST" / "raw"))


def test_32_processes_one_download(run, server, tmp_path, digest):
    server.plan, server.slow_seconds = ["slow"], 0.15
    root = tmp_path / "gemeinsame Daten 数据"
    root.mkdir()
    found = run("at_once", root, 32, tmp_path)
    assert sorted(server.requests) == NAMES  # one download of each file
    assert [each["digest"] for each in found] == [digest] * 32
    assert {each["name"] for each in found} == {"Fashion-MNIST"}
    heads = [line for each in found for line in each["printed"][:-1]]
    assert heads.count(DOWNLOADING) == 1 and heads.count(WAITING) >= 16
    assert set(heads) == {DOWNLOADING, WAITING}
    assert all(each["printed"].count(WAITING) <= 1 for each in found)
    assert listing(root) == sorted([shared_folder.LOCK, *NAMES])


def test_32_processes_one_failure(run, server, tmp_path):
    server.plan = ["stall"]
    root = tmp_path / "root"
    root.mkdir()
    found = run("at_once", root, 32, tmp_path, stall=1.5)
    assert server.requests == list(RAW_FILES)[:1]  # only one was kept waiting by it
    reason = f"data:   {server.host}: no answer for 1.5 s"
    for each in found:
        assert each["name"] == "BUILT-IN GARMENTS (not Fashion-MNIST)"
        assert each["printed"][0] in (DOWNLOADING, WAITING)
        assert each["printed"][1].startswith(f"data: {each['name']}, 200 training")
        assert each["printed"][3] == reason
        assert each["seconds"] < 8
    assert listing(root) == sorted([shared_folder.LOCK, shared_folder.NOTE])


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be others"
)
@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_8_users_one_download(run, server, digest, mode):
    server.plan, server.slow_seconds = ["slow"], 0.15
    place = Path(tempfile.mkdtemp())  # pytest's folders are closed to others
    try:
        (place / "root").mkdir()
        (place / "results").mkdir()
        for folder, m in ((place, 0o755), ("results", 0o777), ("root", mode)):
            (place / folder).chmod(m)
        found = run("at_once", place / "root", 8, place / "results", True)
        assert [each["digest"] for each in found] == [digest] * 8
        assert sorted(server.requests) == NAMES
        assert listing(place / "root") == sorted([shared_folder.LOCK, *NAMES])
    finally:
        shutil.rmtree(place)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be others"
)
def test_users_who_may_only_read(run, server, digest):
    place = Path(tempfile.mkdtemp())
    try:
        (place / "root").mkdir()
        (place / "results").mkdir()
        for folder, m in ((place, 0o755), ("results", 0o777), ("root", 0o755)):
            (place / folder).chmod(m)
        found = run("at_once", place / "root", 2, place / "results", True)
        assert [each["digest"] for each in found] == [digest] * 2
        for each in found:  # nobody has filled it: each takes the own cache
            assert each["printed"][0] == DOWNLOADING
            assert each["printed"][1].endswith(
                "downloaded into this user's cache, as root has no FashionMNIST/raw "
                "with the four files"
            )
        assert sorted(server.requests) == sorted(2 * NAMES)
        assert os.listdir(place / "root") == []
        run("at_once", place / "root", 1, place / "results")  # root fills it
        found = run("at_once", place / "root", 2, place / "results", True)
        assert [each["digest"] for each in found] == [digest] * 2
        for each in found:
            (line,) = each["printed"]
            assert line.endswith("images: from root")
    finally:
        shutil.rmtree(place)


def holds(found, digest, killed_at_least):
    assert sum(each["killed"] for each in found) >= killed_at_least
    for each in found:
        _, bad, _ = each["then"]
        assert bad == []  # each final file was absent or whole
        assert each["again"]["digest"] == digest
        assert each["end"] == [NAMES, [], [shared_folder.LOCK]]


def test_a_kill_at_any_moment_leaves_the_old_state_or_the_new_one(
    run, server, tmp_path, digest, raw_files
):
    server.plan, server.slow_seconds = ["slow"], 0.06
    with FaultServer(raw_files) as good:
        found = run("kill_at_moments", tmp_path / "root", good.url, 30, 0.2)
    holds(found, digest, killed_at_least=25)
    stages = {len(each["then"][0]) for each in found}
    assert len(stages) >= 3  # it was killed at different stages


def test_a_kill_at_any_step_leaves_the_old_state_or_the_new_one(
    run, server, tmp_path, digest
):
    found = run("kill_at_steps", tmp_path / "root", server.url)
    assert len(found) == 28
    holds(found, digest, killed_at_least=28)
    leftovers = [name for each in found for name in each["then"][2]]
    assert sum(name.startswith(shared_folder.PART) for name in leftovers) >= 16
