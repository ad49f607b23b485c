"""The recorded experiments: lenet, alexnet, class_maps, nin, first_steps; CSV files.

Each is a command, such as `python -m cnn_course.studies.nin --help`, and writes its
results to notebooks/results, a row a run and epoch, each run as it ends. Runs that the
file already holds are skipped, so an interrupted study goes on where it was.
"""

from cnn_course.studies.results import (
    machine_name,
    mean_interval,
    provenance,
    read_rows,
)
