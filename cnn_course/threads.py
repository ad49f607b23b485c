"""How many threads torch computes with, and how they wait: for cores that are shared.

Threads of torch that have nothing to do wait in a loop, and so take the cores from
those that work: with four trainings on two cores each takes many times as long
(tests/benchmarks/shared_cores.py). Both settings count when torch is loaded.
"""

import os
import sys
from pathlib import Path, PurePosixPath

GROUPS = Path("/proc/self/cgroup")
MOUNT = Path("/sys/fs/cgroup")


def share_cores():
    """Let idle threads of torch sleep, and let there be no more than `usable_cores`.

    Sets OMP_WAIT_POLICY, GOMP_SPINCOUNT and, where a quota asks for it,
    OMP_NUM_THREADS for this process and those that it starts, but never in the place
    of the user's own; nor of a number given to `torch.set_num_threads`. If torch is
    loaded already, only the number of its threads can be changed.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ["OMP_WAIT_POLICY"] = "passive"
        # On Linux some microseconds of waiting first: the next piece of work of a small
        # network comes that soon, and waking up takes longer.
        os.environ.setdefault("GOMP_SPINCOUNT", "300")
    # Torch knows the affinity by itself; of a quota it knows nothing.
    there, usable, torch = cores(), usable_cores(), sys.modules.get("torch")
    if "OMP_NUM_THREADS" in os.environ or usable == there:
        return
    if torch is None:
        os.environ["OMP_NUM_THREADS"] = str(usable)
    elif torch.get_num_threads() in (there, there // 2):  # its own choice: one a core,
        torch.set_num_threads(usable)  # or one for two hyperthreads


def cores():
    """Return on how many processors this process may run: its affinity."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def usable_cores():
    """Return `cores`, or fewer where a control group of Linux gives less time.

    Its quota of 2.5 processors are 2, one of 0.5 is 1. Looks at the groups of this
    process and all above them, of version 1 and 2:
    https://docs.kernel.org/admin-guide/cgroup-v2.html
    https://docs.kernel.org/scheduler/sched-bwc.html
    """
    try:
        lines = GROUPS.read_text().splitlines()
    except OSError:  # no Linux
        return cores()
    quotas = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folder = MOUNT / controllers
        for place in (PurePosixPath(group), *PurePosixPath(group).parents):
            quotas += _quota(folder / place.relative_to("/"))
    return max(1, int(min([cores(), *quotas])))


def _quota(folder):
    """Return [processors' worth of time that a group may use], or [] without limit."""
    for names in (("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")):
        try:
            text = " ".join((folder / name).read_text() for name in names)
        except OSError:
            continue
        quota, period = text.split()
        if quota not in ("max", "-1"):
            return [int(quota) / int(period)]
    return []
