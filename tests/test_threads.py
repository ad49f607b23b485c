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
    """A function: pretends 8 cores and a control group with a quota in a folder."""
    monkeypatch.setattr(threads, "cores", lambda: 8)
    monkeypatch.setattr(threads, "GROUP", tmp_path / "of_this_process")
    monkeypatch.setattr(threads, "MOUNT", tmp_path)
    for name in SETTINGS:
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)

    def pretend(groups, folder, quota):
        (tmp_path / "of_this_process").write_text(groups)
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / folder / "cpu.max").write_text(quota + "\n")

    return pretend


IN_A_CONTAINER = "0::/\n"
GROUP = "system.slice/jupyter-ann.service"
A_USER_OF_A_HUB = f"0::/{GROUP}\n"


USERS = {"OMP_WAIT_POLICY": "active", "OMP_NUM_THREADS": "6"}


@pytest.mark.parametrize(
    ("groups", "folder", "quota", "own", "then"),
    [
        (IN_A_CONTAINER, "", "max 100000", {}, ["passive", None, "300"]),
        (IN_A_CONTAINER, "", "290000 100000", {}, ["passive", "2", "300"]),
        (IN_A_CONTAINER, "", "50000 100000", {}, ["passive", "1", "300"]),
        (IN_A_CONTAINER, "", "290000 100000", USERS, ["active", "6", None]),
        (A_USER_OF_A_HUB, GROUP, "3 1", {}, ["passive", "3", "300"]),
        (A_USER_OF_A_HUB, "system.slice", "4 1", {}, ["passive", "4", "300"]),
    ],
)
def test_a_quota_rounded_down_sets_the_threads_but_the_users_own_settings_stay(
    machine, monkeypatch, groups, folder, quota, own, then
):
    machine(groups, folder, quota)
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
