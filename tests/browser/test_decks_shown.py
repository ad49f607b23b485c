"""Decks as a lecture shows them: every slide fits, keys work, nothing is fetched."""

import re

import nbformat
import pytest
from lab import NOTEBOOKS
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from cnn_course.files import write_whole
from cnn_course.publishing.decks import deck

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))
SMALLEST = 0.75  # of a picture's own size: below, its labels cannot be read in a room
# What sticks out of a slide's box, in its own pixels, with all fragments shown.
MEASURE = """smallest => [...document.querySelectorAll("main > section > section")].map(
  (slide, i) => {
    show(i, Infinity);
    const box = slide.getBoundingClientRect(), scale = box.width / slide.offsetWidth;
    const style = getComputedStyle(slide);
    const right = box.right - scale * parseFloat(style.paddingRight);
    const bottom = box.bottom - scale * parseFloat(style.paddingBottom);
    const content = document.createRange();
    content.selectNodeContents(slide);
    const rects = [...content.getClientRects()];
    const over = (side, limit) =>
      Math.round((Math.max(...rects.map(rect => rect[side])) - limit) / scale);
    const wrong = [];
    if (over("bottom", bottom) > 0) wrong.push(`${over("bottom", bottom)} px too high`);
    if (over("right", right) > 0) wrong.push(`${over("right", right)} px too wide`);
    for (const img of slide.querySelectorAll("img")) {
      const own = (img.getAttribute("width") || img.naturalWidth) / img.naturalWidth;
      const size = img.getBoundingClientRect();
      const part = Math.min(size.width / img.naturalWidth,
                            size.height / img.naturalHeight) / own / scale;
      if (part < smallest)
        wrong.push(`a picture has only ${Math.round(100 * part)} % of its size`);
    }
    const words = slide.innerText.trim().replace(/\\s+/g, " ").slice(0, 60);
    return {number: i + 1, words, wrong};
  })"""


def measure(page):
    """Return [{"number", "words", "wrong": [sentences]}, …], one for each slide."""
    page.evaluate("() => Promise.all([...document.images].map(img => img.decode()))")
    return page.evaluate(MEASURE, SMALLEST)


@pytest.fixture
def show(browser, tmp_path):
    """A function: opens the deck of a notebook; nothing may be fetched or go wrong."""
    requested, wrong, opened = [], [], []

    def show_one(path):
        page = browser.new_page()
        opened.append(page)
        page.set_viewport_size({"width": 1280, "height": 720})
        page.on("request", lambda request: requested.append(request.url))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        target = tmp_path / f"{path.stem}.html"
        write_whole(target, deck(path)[0])
        page.goto(target.as_uri())
        return page

    yield show_one
    for page in opened:
        page.close()
    assert [u for u in requested if not u.startswith(("file:", "data:"))] == wrong == []


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_every_slide_fits(show, path):
    slides = measure(show(path))
    assert len(slides) > 5
    assert [slide for slide in slides if slide["wrong"]] == []


def lecture(path, *cells):
    """Save a notebook of (slide type, source or code cell) pairs; return its path."""
    notebook = new_notebook()
    for kind, cell in cells:
        cell = new_markdown_cell(cell) if isinstance(cell, str) else cell
        cell.metadata["slideshow"] = {"slide_type": kind}
        notebook.cells.append(cell)
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def page(show, tmp_path):
    """A deck of three slides; the first has two fragments and a note."""
    answer = new_output("execute_result", {"text/plain": "42"})
    return show(
        lecture(
            tmp_path / "lesson.ipynb",
            ("slide", "# alpha"),
            ("fragment", "beta"),
            ("-", "gamma"),
            ("fragment", "delta"),
            ("notes", "say *hello*"),
            ("subslide", new_code_cell("6 * 7", execution_count=1, outputs=[answer])),
            ("skip", "secret"),
            ("slide", "# omega, and [the next](lesson.ipynb)"),
        )
    )


def seen(page):
    """Return what the window shows: words of the slide, number of the slide."""
    words = page.locator("section.shown").inner_text().split()
    return " ".join(words), page.locator("footer output").inner_text()


ALPHA = ["alpha", "alpha beta gamma", "alpha beta gamma delta"]
STATES = [*((words, "1 / 3") for words in ALPHA), ("6 * 7 42", "2 / 3")]
STATES.append(("omega, and the next", "3 / 3"))


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        ("ArrowRight", "ArrowLeft"),
        ("ArrowDown", "ArrowUp"),
        ("PageDown", "PageUp"),
        ("Space", "Shift+Space"),
        ("Enter", "Backspace"),
    ],
)
def test_keys_go_step_by_step_to_the_end_and_back(page, forward, backward):
    for state in STATES:
        assert seen(page) == state
        page.keyboard.press(forward)
    assert seen(page) == STATES[-1]
    for state in reversed(STATES):
        assert seen(page) == state
        page.keyboard.press(backward)
    assert seen(page) == STATES[0]


def test_home_and_end_and_a_browsers_own_keys_are_left_alone(page):
    for key, state in [("End", -1), ("Home", 0)]:
        page.keyboard.press(key)
        assert seen(page) == STATES[state]
    for key in ("Control+ArrowRight", "Alt+ArrowDown", "x"):
        page.keyboard.press(key)
    assert seen(page) == STATES[0]


def test_clicks_at_the_edges_turn_the_page_and_others_do_not(page):
    for x, state in [(1270, 1), (1270, 2), (640, 2), (1270, 3), (10, 2), (10, 1)]:
        page.mouse.click(x, 360)
        assert seen(page) == STATES[state]


SWIPE = """([from, to]) => {
  const at = x => new Touch({identifier: 1, target: document.body, clientX: x});
  const send = (kind, touches) => document.body.dispatchEvent(
    new TouchEvent(kind, {bubbles: true, ...touches}));
  send("touchstart", {touches: [at(from)], changedTouches: [at(from)]});
  send("touchend", {touches: [], changedTouches: [at(to)]});
}"""


def test_swipes_turn_the_page_and_a_tap_does_not(page):
    for start, end, state in [(900, 500, 1), (900, 890, 1), (500, 900, 0)]:
        page.evaluate(SWIPE, [start, end])
        assert seen(page) == STATES[state]


def test_a_reload_stays_where_it_was(page):
    for state in STATES:
        page.reload()
        assert seen(page) == state
        page.keyboard.press("ArrowRight")


@pytest.mark.parametrize(
    ("address", "state"), [("#2", 3), ("#99", 4), ("#nonsense", 0)]
)
def test_an_address_leads_to_its_slide(page, address, state):
    page.evaluate("address => { location.hash = address }", address)
    page.wait_for_function(
        "number => footer.innerText.endsWith(number)", arg=STATES[state][1]
    )
    assert seen(page) == STATES[state]


def test_n_shows_the_notes_below_the_slide(page):
    notes = page.locator("#notes")
    assert not notes.is_visible()
    page.keyboard.press("n")
    assert notes.inner_text() == "say hello"
    slide, below = page.locator("section.shown").bounding_box(), notes.bounding_box()
    assert slide["y"] + slide["height"] <= below["y"] + 1
    page.keyboard.press("End")
    assert notes.inner_text() == "No notes on this slide."
    page.keyboard.press("n")
    assert not notes.is_visible()


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (800, 900), (1000, 300)])
def test_a_slide_is_as_large_as_the_window_allows(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    box = page.locator("section.shown").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1280 / 720)
    assert box["width"] == pytest.approx(min(width, height * 1280 / 720))
    assert box["x"] == pytest.approx((width - box["width"]) / 2, abs=0.1)
    assert box["y"] == pytest.approx((height - box["height"]) / 2, abs=0.1)


def test_p_prints_and_every_slide_is_a_page_with_all_on_it(page):
    page.set_viewport_size({"width": 1920, "height": 1080})  # shown enlarged
    page.evaluate("() => { window.print = () => { window.printed = true } }")
    page.keyboard.press("p")
    assert page.evaluate("() => window.printed")
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 3
    assert re.findall(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed)[0] == (
        b"960",
        b"540",
    )  # points: 1280 x 720 CSS pixels
    page.emulate_media(media="print")
    zoom = "getComputedStyle(document.querySelector('main')).transform"
    assert page.evaluate(zoom) == "none"
    assert page.get_by_text("delta").is_visible()
    assert not page.locator("aside", has_text="say hello").first.is_visible()


def drawing():
    """A code cell of many lines with a large picture below."""
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600"/>'
    picture = new_output("display_data", {"image/svg+xml": svg})
    return new_code_cell("draw()\n" * 9, execution_count=1, outputs=[picture])


@pytest.mark.parametrize(
    ("cell", "wrong"),
    [
        ("\n\n".join(["word"] * 20), r"\d+ px too high"),
        ("```\n" + "x" * 150 + "\n```", r"\d+ px too wide"),
        (drawing(), r"a picture has only \d\d % of its size"),
    ],
    ids=["high", "wide", "picture"],
)
def test_what_does_not_fit_is_noticed(show, tmp_path, cell, wrong):
    slides = ("slide", "# fits"), ("slide", cell), ("fragment", "more")
    fine, bad = measure(show(lecture(tmp_path / "full.ipynb", *slides)))
    assert fine["wrong"] == []
    assert [bool(re.fullmatch(wrong, each)) for each in bad["wrong"]] == [True]
