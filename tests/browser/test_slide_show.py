"""A lecture inside JupyterLab, with jupyterlab-slideshow: the views work in slides."""

from importlib.util import find_spec

import nbformat
import pytest
from lab import NOTEBOOKS
from use_output_size import TITLE

NAME = "03_channels_and_shapes.ipynb"


SHOWN = """() => [...document.querySelectorAll('.jp-Notebook .jp-Cell')].flatMap(
  (cell, i) => cell.classList.contains('jp-deck-mod-onscreen') ? [i] : [])"""


def shown(notebook):
    """Return the numbers of the cells that are on the screen."""
    return notebook.page.evaluate(SHOWN)


@pytest.mark.skipif(
    find_spec("jupyterlab_slideshow") is None,
    reason="jupyterlab-slideshow is not installed: README, for instructors",
)
def test_a_lecture_is_started_stepped_through_and_a_slider_moves_in_it(open_notebook):
    cells = nbformat.read(NOTEBOOKS / NAME, as_version=4).cells
    kinds = [cell.metadata.get("slideshow", {}).get("slide_type") for cell in cells]
    with_view = [cell.id for cell in cells].index("calculator")

    notebook = open_notebook(NAME)
    notebook.run_all()
    page = notebook.page
    page.locator(".jp-Cell").first.scroll_into_view_if_needed()
    page.locator(".jp-Cell").first.click()
    notebook.command("deck:start")
    page.wait_for_timeout(1000)
    assert shown(notebook)[0] == 0

    seen = set(shown(notebook))
    for _ in range(2 * len(cells)):
        if with_view in seen:
            break
        page.keyboard.press("Space")
        page.wait_for_timeout(100)
        seen |= set(shown(notebook))
    assert with_view in seen
    left_out = {n for n, kind in enumerate(kinds) if kind in ("skip", "notes")}
    assert not seen & left_out
    assert len(seen) > 15

    view = notebook.view(TITLE)
    view.says("7×7 becomes 6×6")
    view.slide("stride", times=2)
    view.says("33 of 49 pixels are never looked at")
    assert with_view in shown(notebook)
    notebook.command("deck:stop")
    page.wait_for_timeout(500)
    assert page.locator(".jp-deck-mod-onscreen").count() == 0
