"""How many threads torch takes, and how they wait."""

import os
import subprocess
import sys

import pytest

from cnn_course import threads

MPS = "PYTORCH_ENABLE_MPS_FALLBACK"
SETTINGS = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", "GOMP_SPINCOUNT")


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """A function: pretends 8 cores and these files of control groups."""
    monkeypatch.setattr(threads, "cores", lambda: 8)
    monkeypatch.setattr(threads, "GROUP", tmp_path / "of_this_process")
    monkeypatch.setattr(threads, "MOUNT", tmp_path)
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)

    def pretend(groups, files):
        (tmp_path / "of_this_process").write_text(groups)
        for path, text in files.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text + "\n")

    return pretend


IN_A_CONTAINER = "0::/\n"
A_USER_OF_A_HUB = "0::/system.slice/jupyter-ann.service\n"


@pytest.mark.parametrize(
    ("groups", "files", "usable"),
    [
        (IN_A_CONTAINER, {"cpu.max": "max 100000"}, 8),
        (IN_A_CONTAINER, {"cpu.max": "290000 100000"}, 2),
        (IN_A_CONTAINER, {"cpu.max": "50000 100000"}, 1),
        (A_USER_OF_A_HUB, {"system.slice/jupyter-ann.service/cpu.max": "3 1"}, 3),
        (A_USER_OF_A_HUB, {"system.slice/cpu.max": "4 1"}, 4),
    ],
)
def test_a_quota_is_rounded_down_but_one_core_is_there(machine, groups, files, usable):
    machine(groups, files)
    assert threads.usable_cores() == usable


USERS = {"OMP_WAIT_POLICY": "active", "OMP_NUM_THREADS": "6"}


@pytest.mark.parametrize(
    ("quota", "own", "then"),
    [
        ("max 100000", {}, ["passive", None, "300"]),
        ("250000 100000", {}, ["passive", "2", "300"]),
        ("250000 100000", USERS, ["active", "6", None]),
    ],
)
def test_a_quota_sets_the_number_of_threads_but_the_users_own_settings_stay(
    machine, monkeypatch, quota, own, then
):
    machine(IN_A_CONTAINER, {"cpu.max": quota})
    for name, value in own.items():
        monkeypatch.setenv(name, value)
    threads.share_cores()
    assert [os.environ.get(name) for name in SETTINGS] == then


def test_importing_the_course_is_enough_and_does_it_before_torch():
    script = "import cnn_course, os, sys; print(os.environ['OMP_WAIT_POLICY'])"
    script += f"; print(os.environ['{MPS}'])"
    script += "; print('torch' in sys.modules)"
    bare = {k: v for k, v in os.environ.items() if k not in (*SETTINGS, MPS)}
    run = dict(env=bare, capture_output=True, text=True, check=True)
    done = subprocess.run([sys.executable, "-c", script], **run)
    assert done.stdout.split() == ["passive", "1", "False"]
