"""The static pages on a desk and on a phone: nothing fetched, nothing out of reach."""

import pytest
from lab import NOTEBOOKS

from cnn_course.files import write_whole
from cnn_course.publishing.pages import pages

NAMES = ["index", *sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))]
PAPER = "getComputedStyle(document.body).backgroundColor"
BLACK, WHITE = "rgb(17, 17, 17)", "rgb(255, 255, 255)"
# What reaches beyond the window, though nothing around it can be scrolled there.
OUTSIDE = """() => [...document.querySelectorAll("body *")].filter((part) => {
  if (part.getBoundingClientRect().right <= innerWidth + 1) return false;
  for (let box = part.parentElement; box; box = box.parentElement)
    if (getComputedStyle(box).overflowX === "auto") return false;
  return true;
}).map((part) => part.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    for name, page, _ in pages(NOTEBOOKS):
        write_whole(folder / name, page)
    return folder


@pytest.fixture
def show(alone, site):
    """A function: opens a page; nothing may be fetched or go wrong."""

    def show_one(name, width=1280):
        alone.set_viewport_size({"width": width, "height": 800})
        alone.goto((site / f"{name}.html").as_uri())
        return alone

    return show_one


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(show, name):
    for width in (360, 1280):
        page = show(name, width)
        page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = 1)")
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate(OUTSIDE) == []


def test_a_view_lights_up_what_belongs_together(show):
    page = show("09_one_by_one_convolution")
    page.locator("[data-shows='.seed-1']").first.hover()
    assert page.locator(".lit").count() == page.locator(".seed-1").count() > 1
    page.locator("h1").hover()
    assert page.locator(".lit").count() == 0


def test_a_page_is_light_or_dark_by_the_viewers_setting(show):
    page = show("00_start_here")
    assert page.evaluate(PAPER) == WHITE
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(PAPER) == BLACK


def test_the_contents_stand_open_beside_a_wide_page_and_folded_on_a_phone(show):
    for width, visible in [(1280, True), (360, False)]:
        contents = show("01_cross_correlation", width).locator("nav a").first
        assert contents.is_visible() == visible
