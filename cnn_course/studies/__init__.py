"""The recorded experiments: lenet, alexnet, class_maps, nin, first_steps; CSV files.

Each is a command, too: `python -m cnn_course.studies.nin --help`.
"""

from cnn_course.studies.provenance import machine_name, provenance
from cnn_course.studies.results import mean_interval, read_rows
