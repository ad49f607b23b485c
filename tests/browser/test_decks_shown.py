"""Decks as a lecture shows them: every slide fits, keys work, nothing is fetched."""

import re

import pytest
from lab import NOTEBOOKS

from cnn_course.files import write_whole
from cnn_course.publishing.decks import deck

# What sticks out of a slide's box, and type that is too small, slide by slide.
WRONG = """() => slides.flatMap((article, i) => {
  const wrong = [];
  for (let k = 0; k <= steps[i]; k++) {
    show(i, k);
    const section = article.querySelector("section");
    const box = section.getBoundingClientRect();
    const high = article.querySelector(".stage:has(> .seen)")?.offsetHeight ?? 720;
    if (high < 380) wrong.push(`its picture has only ${high} px`);
    for (const part of section.querySelectorAll("h1, .words *, .seen *")) {
      const { right, bottom } = part.getBoundingClientRect();
      if (right > box.right || bottom > box.bottom)
        wrong.push(`${part.tagName} sticks out`);
      const size = parseFloat(getComputedStyle(part).fontSize);
      const own = part.innerText?.trim(); // none in an SVG, whose type grows with it
      const least = part.closest(".stage") ? 22 : 28;
      if (own && size < least) wrong.push(`${size} px: ${own}`);
    }
  }
  return wrong.map((what) => `slide ${i + 1}: ${what}`);
})"""


@pytest.fixture
def show(alone, tmp_path):
    """A function: opens the deck of a notebook; nothing may be fetched or go wrong."""

    def show_one(path):
        alone.set_viewport_size({"width": 1280, "height": 720})
        write_whole(tmp_path / "deck.html", deck(path)[0])
        alone.goto((tmp_path / "deck.html").as_uri())
        return alone

    return show_one


def test_every_slide_fits_in_large_type(show, path):
    page = show(path)
    page.evaluate("() => Promise.all([...document.images].map((img) => img.decode()))")
    assert page.evaluate(WRONG) == []


@pytest.fixture
def page(show):
    """A page with the deck of notebook 03."""
    return show(NOTEBOOKS / "03_channels_and_shapes.ipynb")


def at(page):
    return page.evaluate("[at, step]")


def test_what_does_not_fit_is_noticed(page):
    page.evaluate("document.querySelector('h1').innerHTML += ' wide'.repeat(200)")
    page.evaluate("document.querySelectorAll('h1')[1].style.fontSize = '20px'")
    wrong = page.evaluate(WRONG)
    assert any(re.match("slide 1: .* sticks out", line) for line in wrong)
    assert any(line.startswith("slide 2: 20 px: ") for line in wrong)


@pytest.mark.parametrize("keys", ["ArrowRight ArrowLeft", "PageDown PageUp"])
def test_a_deck_is_stepped_through_to_its_end_and_back(page, keys):
    forward, back = keys.split()
    states = page.evaluate(
        "steps.flatMap((n, i) => [...Array(n + 1)].map((_, k) => [i, k]))"
    )
    assert len(states) > 20
    for state in [*states, states[-1]]:
        assert at(page) == state
        page.keyboard.press(forward)
    for state in [*reversed(states), states[0]]:
        assert at(page) == state
        page.keyboard.press(back)


def test_a_step_shows_the_answer_and_takes_the_pictures_place(page):
    slide = page.evaluate(
        "steps.findIndex((n, i) => n === 1 && slides[i].querySelector('.words'))"
    )
    for step in (0, 1):
        page.evaluate("([slide, step]) => go(slide, step)", [slide, step])
        later = page.locator("article.shown .words.later")
        assert page.locator("article.shown .stage > .seen").count() <= 1
        assert step == 0 or later.count() == 0
    page.reload()
    assert at(page) == [slide, 1]
    page.mouse.click(10, 360)
    assert at(page) == [slide, 0]
    page.mouse.click(1270, 360)
    assert at(page) == [slide, 1]


def test_a_view_lights_up_without_a_kernel_and_d_turns_the_light_out(page):
    slide = page.evaluate(
        "slides.findIndex((a) => a.querySelector('svg [data-shows]'))"
    )
    page.evaluate("(slide) => go(slide, Infinity)", slide)
    assert page.locator(".lit").count() == 0
    page.locator("article.shown svg [data-shows]").first.hover()
    assert page.locator("article.shown .lit").count() > 0
    paper = "getComputedStyle(document.querySelector('section')).backgroundColor"
    for colour in ("rgb(17, 17, 17)", "rgb(255, 255, 255)"):
        page.keyboard.press("d")
        assert page.evaluate(paper) == colour


def test_the_presenters_window_shows_notes_clock_and_next_slide_in_step(page):
    with page.expect_popup() as popup:
        page.keyboard.press("s")
    presenter = popup.value
    heading = page.locator("h1").nth(2).inner_text()
    presenter.keyboard.press("ArrowRight")
    page.wait_for_url("**#2")  # the title has no steps
    page.evaluate("go(1, Infinity)")
    presenter.locator("#next h1", has_text=heading).wait_for()
    notes = page.locator("article aside").nth(1).text_content()
    assert presenter.locator("#notes").text_content().split() == notes.split()
    assert re.fullmatch(
        r"this slide until \d+ of 45 min", presenter.locator("#time span").inner_text()
    )
    presenter.locator("#time button", has_not_text="0:00").wait_for()
    page.reload()  # it is found again
    presenter.keyboard.press("End")
    page.wait_for_url(f"**#{page.locator('article').count()}*")
    presenter.close()


def test_the_handout_has_a_page_a_slide_with_its_notes(page, tmp_path):
    printed = page.pdf(prefer_css_page_size=True)
    count = page.locator("article").count()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == count
    page.emulate_media(media="print")
    assert all(
        page.locator("article > aside").nth(i).is_visible() for i in range(count)
    )


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (800, 900)])
def test_a_slide_is_as_large_as_the_window_allows(page, width, height):
    page.set_viewport_size({"width": width, "height": height})
    box = page.locator("article.shown section").bounding_box()
    assert box["width"] / box["height"] == pytest.approx(1280 / 720)
    assert box["width"] == pytest.approx(min(width, height * 1280 / 720), abs=1)
