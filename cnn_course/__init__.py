"""Small helpers of the course: data, networks, training, and exercises.

A student needs `data`, `networks` and `training`; the other rooms serve the notebooks.
"""

import importlib
import os

from cnn_course.threads import share_cores

_HOMES = {
    "Conv2D": "networks",
    "FlattenLayer": "training",
    "GlobalAvgPool2d": "training",
    "History": "training",
    "budget": "device",
    "check": "exercises",
    "corr2d": "networks",
    "evaluate": "training",
    "evaluate_accuracy": "training",
    "hint": "exercises",
    "load_checkpoint": "training",
    "load_data_fashion_mnist": "data",
    "predict": "exercises",
    "predictions": "exercises",
    "progress": "exercises",
    "save_checkpoint": "training",
    "set_seed": "seeds",
    "train": "training",
    "train_ch5": "training",
    "train_ch6": "training",
    "try_gpu": "device",
}
__all__ = list(_HOMES)

# Here, because both count only before torch is loaded.
share_cores()
os.environ.setdefault("PYTORCH_ENABLE_MPS_FALLBACK", "1")  # what a Mac's GPU cannot do


def __dir__():
    return [*globals(), *__all__]  # for whoever presses Tab


def __getattr__(name):
    # Late: JupyterLab's server imports publishing.server, and has no use for torch.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
