"""A user's own folders where there is no home folder: none, and that is told."""

import os

import pytest

from cnn_course.exercises import check
from cnn_course.exercises.engine import store
from cnn_course.files import cache_folder, state_folder


@pytest.mark.skipif(os.name != "posix", reason="a user of Windows has a home folder")
def test_without_a_home_folder_progress_lasts_as_long_as_the_kernel(monkeypatch):
    for variable in ("CNN_COURSE_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(store, "_unwritten", [])
    for folder in (state_folder, cache_folder):
        with pytest.raises(OSError, match="there is no home folder"):
            folder()
    with pytest.warns(UserWarning) as warned:
        check("05.zero-grad", "C")
    assert str(warned[0].message).startswith(
        "Your progress cannot be kept in ~ (there is no home folder), only until this "
        "kernel ends. "
    )
    assert store.summary()[0] == {"05.zero-grad"}
