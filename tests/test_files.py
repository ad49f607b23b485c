"""A user's own folders where there is no home: private, or none."""

import json
import os
import shutil
import stat
import tempfile
from pathlib import Path

import pytest

from cnn_course.exercises import check, predict
from cnn_course.exercises.engine import store
from cnn_course.files import cache_folder, state_folder

pytestmark = pytest.mark.skipif(
    os.name != "posix", reason="on Windows the temporary folder is the user's own"
)


@pytest.fixture
def temporary(monkeypatch):
    """The folder for temporary files, in which every user may write; and no home."""
    for variable in ("CNN_COURSE_STATE", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as without a home
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o1777)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(store, "_unwritten", [])
    yield folder
    shutil.rmtree(folder)


def own(folder):
    return folder / f"cnn_course-{os.getuid()}"


def test_without_a_home_progress_and_data_have_a_private_folder(temporary):
    assert state_folder() == cache_folder() == own(temporary)
    found = own(temporary).stat()
    assert stat.S_IMODE(found.st_mode) == 0o700 and found.st_uid == os.getuid()
    assert predict("05.chance", 7) is None
    assert own(temporary) / store.NAME in own(temporary).iterdir()
    assert store.summary()[1] == {"05.chance": 7}


OTHERS = {  # what is there under one's own name
    "a link": lambda path: path.symlink_to(path.parent),
    "a file": lambda path: path.touch(0o600),
    "a folder that others may read": lambda path: (path.mkdir(), path.chmod(0o755)),
    "another user's folder": lambda path: path.mkdir(0o700),
}


@pytest.mark.parametrize("other", OTHERS)
def test_a_folder_that_others_made_or_see_is_not_used_and_that_is_told(
    other, temporary, monkeypatch
):
    if other == "another user's folder":
        monkeypatch.setattr(os, "getuid", lambda: 4711)
    path = own(temporary)
    OTHERS[other](path)
    for folder in (state_folder, cache_folder):
        with pytest.raises(OSError, match="not yours alone") as caught:
            folder()
        assert caught.value.filename == str(path)
    with pytest.warns(UserWarning) as warned:
        check("05.zero-grad", "C")
    assert str(warned[0].message).startswith(
        f"Your progress cannot be kept in {path} (there is no home folder, and this "
        "one is not yours alone), only until this kernel ends. "
    )
    assert store.summary()[0] == {"05.zero-grad"}  # of this kernel
    assert not (path / store.NAME).exists()


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be others"
)
def test_two_users_see_nothing_of_each_other(temporary):
    def answers(number, prediction):
        os.setgid(number)
        os.setuid(number)
        predict("05.chance", prediction)
        return store.summary()[1]["05.chance"]

    found = []
    for number, prediction in ((20_001, 7), (20_002, 2.3), (20_001, 5)):
        answer = temporary / f"answer-{number}-{prediction}"
        if not (child := os.fork()):
            try:
                answer.write_text(json.dumps(answers(number, prediction)))
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        found.append(json.loads(answer.read_text()))
    assert found == [7, 2.3, 7]  # the first prediction stays
