"""The exercises and predictions, declared a notebook a file."""

import importlib
import pkgutil

from cnn_course.device import torch_as_it_starts

with torch_as_it_starts():  # some declare layers and pictures, made here
    _MODULES = [
        importlib.import_module(f"{__name__}.{module.name}")
        for module in pkgutil.iter_modules(__path__)
        if module.name.startswith("notebook_")
    ]
EXERCISES = {e.id: e for module in _MODULES for e in module.EXERCISES}
PREDICTIONS = {p.id: p for module in _MODULES for p in module.PREDICTIONS}
