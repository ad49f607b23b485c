"""Small helpers of the course: data, networks, training, and exercises.

A student needs `data`, `networks` and `training`; the other rooms serve the notebooks.
"""

import importlib
import os

from cnn_course.threads import share_cores

_ROOMS = {
    "data": "load_data_fashion_mnist",
    "device": "budget try_gpu",
    "exercises": "check hint predict predictions progress",
    "networks": "Conv2D corr2d",
    "seeds": "set_seed",
    "training": "FlattenLayer GlobalAvgPool2d History evaluate evaluate_accuracy "
    "load_checkpoint save_checkpoint train train_ch5 train_ch6",
    "views": "explore",
}
_HOMES = {name: room for room, names in _ROOMS.items() for name in names.split()}
# Not the view: `from cnn_course import *` need not load what notebooks need.
__all__ = [name for name, room in _HOMES.items() if room != "views"]

# Here, because both count only before torch is loaded.
share_cores()
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # what a Mac's GPU cannot do


def __dir__():
    return [*globals(), *_HOMES]  # for whoever presses Tab


def __getattr__(name):
    # Late: JupyterLab's server imports publishing.server, and has no use for torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
