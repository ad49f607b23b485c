"""Where and when something was measured."""

import datetime
import platform
from pathlib import Path

import torch

from cnn_course.device import try_gpu


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
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
