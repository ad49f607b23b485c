"""Raw results as data: the rows of CSV files, what stands in them, how they grow."""

import csv
import datetime
import io
import math
import platform
import re
import statistics
from pathlib import Path

import torch

from cnn_course.checks import refuse
from cnn_course.device import try_gpu
from cnn_course.files import NOTEBOOKS, write_whole

# Student's t for a 95 % interval, by degrees of freedom 1, 2, 3, … (any table has it).
T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201]
T95 += [2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093]
FOLDER = NOTEBOOKS / "results"


def read_rows(path):
    """Return the rows of a CSV file, one dict each, its numbers as numbers.

    Whole numbers become int, others float, an empty field None, the rest stays text.
    A relative path is looked up in notebooks/results.
    """
    with open(FOLDER / path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [{key: value(text) for key, text in row.items()} for row in rows]


def value(text):
    """Return a text as a number, nothing as None, and else as it is."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text or None


def append_rows(path, rows):
    """Add `rows` to a CSV file, all of them or none; what a row lacks stays empty.

    Raises ValueError if a row has a column that the file has not.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if old:
        columns = old.partition("\n")[0].split(",")
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    if not old:
        writer.writeheader()
    writer.writerows(rows)
    write_whole(path, old + text.getvalue())


def mean_interval(values):
    """Return (mean, half the width of its 95 % interval) of 2 to 20 measurements.

    Student's t: mean ± t·s/√n holds the true mean in 95 of 100 such studies, if the
    values are roughly normal. Raises ValueError for fewer or more than 2 to 20.
    """
    n = len(values)
    if not 2 <= n <= len(T95) + 1:
        refuse("values", f"2 to {len(T95) + 1} numbers, in a list", values)
    half = T95[n - 2] * statistics.stdev(values) / math.sqrt(n)
    return statistics.mean(values), half


def epoch_rows(history, num_epochs, tested="test_acc"):
    """Return one dict an epoch of a `History`, rounded, to be part of a row.

    Its keys: epoch (counted from 1), loss, train_acc, `tested`, seconds.
    Raises KeyboardInterrupt for fewer epochs than `num_epochs`: `train` returns what it
    has when it is interrupted, and half a run is no result.
    """
    if len(history) < num_epochs:
        raise KeyboardInterrupt
    return [
        {
            "epoch": e + 1,
            "loss": round(history.loss[e], 5),
            "train_acc": round(history.train_acc[e], 5),
            tested: round(history.test_acc[e], 5),
            "seconds": round(history.seconds[e], 2),
        }
        for e in range(num_epochs)
    ]


def provenance():
    """Return what a measurement must name: machine, threads, torch version and date."""
    return {
        "machine": machine_name(try_gpu()),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
    }


def machine_name(device):
    """Return the model of the GPU or CPU that `device` stands for."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.*)", info.read_text() if info.exists() else "")
    return found[1] if found else platform.processor() or platform.machine()
