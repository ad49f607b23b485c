"""The browser tests: one JupyterLab and one Chromium for all of them."""

import os
import shutil
import textwrap

import nbformat
import pytest
from lab import LAUNCH, NOTEBOOKS, Notebook, chromium, server


@pytest.fixture(scope="session")
def chromium_path():
    """The path of a Chromium; where there is none, tests that need it are skipped."""
    pytest.importorskip(
        "playwright", reason="playwright is not installed: tests/README.md"
    )
    if not chromium():
        pytest.skip("no Chromium or Chrome was found: tests/README.md")
    return chromium()


@pytest.fixture(scope="session")
def lab(chromium_path, tmp_path_factory):
    """(address, token, folder with a copy of the notebooks) of a running JupyterLab."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, folder / "course")
    with server(folder) as (address, token):
        yield address, token, folder / "course"


@pytest.fixture(scope="session")
def browser(chromium_path, tmp_path_factory):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(tmp_path_factory.mktemp("profile")),
            executable_path=chromium_path,
            **LAUNCH,
        )
        yield context
        context.close()


@pytest.fixture
def alone(browser):
    """A page that may fetch nothing but files, and in which nothing may go wrong."""
    page, wrong = browser.new_page(), []
    page.on("request", lambda request: wrong.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
    yield page
    page.close()
    assert [each for each in wrong if not each.startswith(("file:", "data:"))] == []


@pytest.fixture
def open_notebook(lab, browser):
    """A function: opens a notebook by name; at the end nothing may have gone wrong."""
    address, token, folder = lab
    opened = []

    def open_one(name):
        page = browser.new_page()
        opened.append(Notebook(page, address, token, folder / name))
        return opened[-1]

    yield open_one
    for notebook in opened:
        notebook.shut_down()
        notebook.page.close()
        assert notebook.errors == []


@pytest.fixture
def open_scratch(lab, open_notebook):
    """A function: opens a new notebook with these code cells."""

    def open_one(*codes):
        cells = [nbformat.v4.new_code_cell(textwrap.dedent(c).strip()) for c in codes]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
        nbformat.write(notebook, lab[2] / "scratch.ipynb")
        return open_notebook("scratch.ipynb")

    return open_one


@pytest.fixture
def record_latency(record_property):
    """A function: keeps the milliseconds measured for a view, for the table."""
    return lambda view, times: record_property("latency", (view, times))


def pytest_terminal_summary(terminalreporter):
    # They come with the report of a test, from whichever process it ran in.
    reports = terminalreporter.stats.get("passed", [])
    kept = [value for r in reports for _, value in getattr(r, "user_properties", ())]
    if kept:
        title = "from key press to changed picture, in milliseconds"
        terminalreporter.section(f"{title}, on {os.cpu_count()} cores")
        for view, times in kept:
            times = sorted(times)
            terminalreporter.write_line(
                f"{view:42} median {times[len(times) // 2]:4.0f}, "
                f"slowest {times[-1]:4.0f}, n = {len(times)}"
            )
