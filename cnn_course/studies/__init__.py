"""The recorded experiments: lenet, alexnet, class_maps, nin, first_steps; CSV files.

Each is a command, such as `python -m cnn_course.studies.nin --help`, and writes its
results to notebooks/results, run by run; `runner.py` says what a new one needs.
"""

from cnn_course.studies.results import (
    machine_name,
    mean_interval,
    provenance,
    read_rows,
)
