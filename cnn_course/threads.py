"""How many threads torch computes with, and how they wait: for cores that are shared.

Threads of torch that have nothing to do wait in a loop, and so take the cores from
those that work: with four trainings on two cores each takes many times as long
(tests/benchmarks/shared_cores.py). Both settings count when torch is loaded.
"""

import os
from pathlib import Path

GROUP = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")


def share_cores():
    """Let idle threads of torch sleep, and let there be no more than `usable_cores`.

    Sets OMP_WAIT_POLICY, GOMP_SPINCOUNT and, where a quota asks for it,
    OMP_NUM_THREADS for this process and those that it starts, but never in the place
    of the user's own.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        # On Linux some microseconds of waiting first: the next piece of work of a small
        # network comes that soon, and waking up takes longer.
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
    if (usable := usable_cores()) < cores():  # torch knows cores, but no quota
        os.environ.setdefault("OMP_NUM_THREADS", str(usable))


def cores():
    """Return on how many processors this process may run: its affinity."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_cores():
    """Return `cores`, or fewer where a control group of Linux gives less time.

    Of a quota of 2.5 processors 2 are usable, of 0.5 one. It may be the group's of this
    process or of one above: https://docs.kernel.org/admin-guide/cgroup-v2.html
    """
    usable = cores()
    if not GROUP.exists():  # no Linux
        return usable
    group = MOUNT / GROUP.read_text().rpartition("::/")[2].strip()
    for limit in (folder / "cpu.max" for folder in (group, *group.parents)):
        quota, period = limit.read_text().split() if limit.exists() else ("max", 1)
        if quota != "max":
            usable = min(usable, int(quota) // int(period))
    return max(1, usable)
