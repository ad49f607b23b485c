"""For pytest, which runs these notebooks: a record of progress of its own.

Their kernels inherit it. What you have done yourself neither counts there nor changes
what the notebooks show.
"""

import os
import tempfile

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads of torch sleep
state = tempfile.TemporaryDirectory()  # gone when this process ends
os.environ["CNN_COURSE_STATE"] = state.name
