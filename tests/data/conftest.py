"""What the tests of data share: a source that has the crafted files, and those."""

import pytest
from crafted import packed
from fault_server import FaultServer

from cnn_course.data import download


@pytest.fixture
def server(raw_files, monkeypatch):
    """The only source there is: a server that has the crafted files."""
    monkeypatch.setenv("no_proxy", "*")
    with FaultServer(raw_files) as server:
        monkeypatch.setattr(download, "SOURCES", (server.url,))
        yield server


@pytest.fixture
def whole(raw_files):
    """{name: bytes} of the packed files."""
    return {f"{name}.gz": packed(raw) for name, raw in raw_files.items()}
