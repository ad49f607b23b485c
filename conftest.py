"""For every run of pytest, `pytest notebooks` too: a record of progress of its own.

nbval's kernels inherit it: what you have done neither counts there nor changes outputs.
"""

import os
import tempfile

state = tempfile.TemporaryDirectory()  # gone when this process ends
os.environ["CNN_COURSE_STATE"] = state.name
