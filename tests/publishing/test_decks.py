"""Slides made of a saved notebook: what is on which, all in one file, plain errors."""

import base64
import io
import json
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from cnn_course.publishing import decks
from cnn_course.publishing.decks import deck, main
from cnn_course.publishing.reading import NotebookError
from cnn_course.publishing.server import VIEW


def picture(kind="png"):
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


def typed(cell, kind=None):
    if kind:
        cell.metadata["slideshow"] = {"slide_type": kind}
    return cell


def text(source, kind=None):
    return typed(new_markdown_cell(source), kind)


def code(source, kind=None, data=None, metadata=None):
    outputs = [new_output("execute_result", data, metadata=metadata or {})]
    cell = new_code_cell(source, outputs=outputs if data else [], execution_count=1)
    return typed(cell, kind)


@pytest.fixture
def save(tmp_path):
    """A function: saves a notebook of these cells and returns its path."""

    def save_one(*cells, name="lesson"):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=list(cells)), path)
        return path

    return save_one


@pytest.fixture
def slides_of(save):
    """A function: the slides that the deck of these cells has, as parsed HTML."""

    def make(*cells):
        page, number = deck(save(*cells))
        slides = BeautifulSoup(page, "html.parser").select("main > section > section")
        assert len(slides) == number
        return slides

    return make


def words(element):
    return " ".join(element.get_text(" ").split())


def test_slides_and_subslides_follow_each_other_and_the_rest_continues(slides_of):
    slides = slides_of(
        text("alpha", "slide"),
        text("beta"),
        text("gamma", "subslide"),
        text("delta", "-"),
        text("epsilon", "slide"),
    )
    assert [words(slide) for slide in slides] == [
        "alpha beta",
        "gamma delta",
        "epsilon",
    ]


def test_a_fragment_holds_what_continues_it(slides_of):
    (first, second) = slides_of(
        text("alpha", "slide"),
        text("beta", "fragment"),
        text("gamma"),
        text("delta", "fragment"),
        text("epsilon", "slide"),
    )
    fragments = first.select(".fragment")
    assert [words(fragment) for fragment in fragments] == ["beta gamma", "delta"]
    assert second.select(".fragment") == []


def test_skipped_cells_and_solutions_are_nowhere(save):
    solution = code("solved = 1", "slide", {"text/plain": "the answer"})
    solution.metadata["jupyter"] = {"source_hidden": True}
    page, number = deck(
        save(
            text("preface", "skip"),
            text("alpha", "slide"),
            text("beta", "fragment"),
            code("secret", "skip", {"text/plain": "hush"}),
            solution,
        )
    )
    assert number == 1
    assert "alpha" in page and "beta" in page
    for left_out in ("preface", "secret", "hush", "solved", "the answer"):
        assert left_out not in page


def test_a_solution_is_known_by_its_tag_and_a_folded_picture_is_shown(slides_of):
    solution = code("solved = 1", "fragment", {"text/plain": "the answer"})
    solution.metadata["tags"] = ["solution"]  # open, as an instructor has it
    drawn = code("draw(X)", "slide", {"image/png": picture(), "text/plain": "[p] X"})
    drawn.metadata |= {"jupyter": {"source_hidden": True}, "tags": ["remove-input"]}
    (slide,) = slides_of(drawn, solution)
    assert slide.find("img") and words(slide) == ""


def test_what_colab_makes_of_a_notebook_has_a_deck(save):
    view = {VIEW: {"model_id": "1"}, "image/png": picture(), "text/plain": "size 24"}
    path = save(text("# Sizes", "slide"), code("view()", data=view))
    notebook = json.loads(path.read_text("utf-8"))
    for cell in notebook["cells"]:
        del cell["id"]
    states = {"1": {"model_name": "LayoutModel", "state": {}}}
    kind = "application/vnd.jupyter.widget-state+json"
    notebook |= {"nbformat_minor": 0, "metadata": {"widgets": {kind: states}}}
    path.write_text(json.dumps(notebook), "utf-8")
    page, number = deck(path)
    assert number == 1 and "size 24" in page


def test_notes_belong_to_their_slide_and_are_kept_apart(slides_of):
    cells = text("alpha", "slide"), text("say hello", "notes"), text("beta", "slide")
    first, second = slides_of(*cells)
    assert [words(note) for note in first.select("aside.notes")] == ["say hello"]
    assert second.select("aside.notes") == []


def test_code_is_shown_with_its_output_and_without_a_prompt(slides_of):
    (slide,) = slides_of(code("6 * 7", "slide", {"text/plain": "42"}))
    assert words(slide) == "6 * 7 42"


@pytest.mark.parametrize("kind", ["png", "jpeg"])
def test_pictures_keep_their_words_and_their_width(slides_of, kind):
    mime = f"image/{kind}"
    about = {mime: {"alt": 'a "red" box < a house', "width": 20}}
    data = {mime: picture(kind), "text/plain": "[picture]"}
    (slide,) = slides_of(code("draw()", "slide", data, about))
    (img,) = slide.select("img")
    assert img["src"] == f"data:{mime};base64,{data[mime]}"
    assert (img["alt"], img["width"]) == ('a "red" box < a house', "20")
    assert "[picture]" not in words(slide)


def test_a_picture_without_alt_has_its_text_instead(slides_of):
    data = {"image/png": picture(), "text/plain": "a red box"}
    (slide,) = slides_of(code("draw()", "slide", data))
    assert slide.select_one("img")["alt"] == "a red box"


def test_a_live_view_shows_as_its_picture_and_a_progress_bar_not_at_all(slides_of):
    view = {VIEW: {"model_id": "1"}, "image/png": picture(), "text/plain": "size 24"}
    bar = {VIEW: {"model_id": "2"}, "text/plain": "  0%|  |"}
    slides = slides_of(code("view()", "slide", view), code("train()", "slide", bar))
    assert slides[0].select_one("img")["alt"] == "size 24"
    assert words(slides[1]) == "train ()"


def test_everything_is_in_the_one_file(save, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "shoe.png")
    source = "![a shoe](shoe.png) and [a link](https://pytorch.org)"
    page, _ = deck(save(text(source, "slide"), code("1", data={"text/plain": "1"})))
    soup = BeautifulSoup(page, "html.parser")
    assert soup.select_one("img[alt='a shoe']")["src"].startswith("data:image/png")
    sources = [
        element.get(name)
        for element in soup.select(":not(a)")
        for name in ("src", "href", "data", "poster", "srcset")
        if element.get(name)
    ]
    assert sources and all(source.startswith("data:") for source in sources)
    assert re.findall(r"https?://[^\"]+", page) == ["https://pytorch.org"]
    assert not re.search(r"@import|url\(", page)
    assert "default-src 'none'" in page


@pytest.mark.parametrize(
    "source",
    [
        "![far](https://example.org/a.png)",
        "![lost](lost.png)",
        '<img alt="lost" src="lost.png">',
        '<script src="https://example.org/a.js"></script>',
        '<iframe src="https://example.org"></iframe>',
    ],
)
def test_what_a_deck_cannot_hold_is_named(save, source):
    with pytest.raises(
        NotebookError, match=r"(example\.org|lost\.png).* could not be put"
    ):
        deck(save(text("# Pictures", "slide"), text(source)))


def test_links_between_notebooks_become_links_between_decks(slides_of):
    (slide,) = slides_of(
        text("[on](05_lenet.ipynb) [a](a.ipynb#b) [c](c.csv)", "slide")
    )
    links = [link["href"] for link in slide.select("a")]
    assert links == ["05_lenet.html", "a.html#b", "c.csv"]


def test_the_page_has_the_notebooks_heading_as_its_title(save):
    page, _ = deck(save(code("1", "slide"), text("# 07 · Sizes < 3\n\nand so on")))
    assert "<title>07 · Sizes &lt; 3</title>" in page
    assert "<title>lesson</title>" in deck(save(code("1", "slide")))[0]


def test_main_writes_one_file_a_notebook_and_says_so(save, tmp_path, capsys):
    paths = [save(text(f"# {n}", "slide"), name=n) for n in ("one", "two")]
    assert main([*map(str, paths), "--out", str(tmp_path / "new" / "decks")]) == 0
    written = sorted((tmp_path / "new" / "decks").iterdir())
    assert [path.name for path in written] == ["one.html", "two.html"]
    assert "<h1" in written[1].read_text(encoding="utf-8")
    assert capsys.readouterr().out.splitlines() == [f"{p}: 1 slides" for p in written]


def test_main_makes_all_notebooks_of_the_course(save, tmp_path, monkeypatch):
    save(text("alpha", "slide"))
    monkeypatch.setattr(decks, "NOTEBOOKS", tmp_path)
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert (tmp_path / "decks" / "lesson.html").is_file()


def fails(capsys, *arguments):
    """Run main, which must fail; return what it says."""
    assert main([str(argument) for argument in arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    return said.err


def test_one_broken_notebook_leaves_no_deck_of_the_others(save, tmp_path, capsys):
    good, out = save(text("alpha", "slide")), tmp_path / "decks"
    said = fails(capsys, good, tmp_path / "nowhere.ipynb", "--out", out)
    assert "nowhere.ipynb cannot be read: No such file" in said
    assert not out.exists()


@pytest.mark.parametrize("content", [b"hello", b'{"nbformat": 4, "cells": [{}]}'])
def test_what_is_no_notebook_is_refused(tmp_path, capsys, content):
    path = tmp_path / "a.ipynb"
    path.write_bytes(content)
    said = fails(capsys, path, "--out", tmp_path / "decks")
    assert "a.ipynb is not a Jupyter notebook, or it is damaged" in said


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([], "no cell is a slide"),
        ([text("alpha")], "no cell is a slide"),
        ([text("alpha", "skip"), text("beta", "notes")], "choose a Slide Type"),
        ([text("alpha", "notes"), text("beta", "slide")], 'the slide type "notes"'),
        ([text("alpha"), text("beta", "slide")], 'first cell .* the slide type "-"'),
        ([text("a", "slide"), text("b", "slid")], 'cell 2 has .* "slid", which does'),
    ],
)
def test_slide_types_that_make_no_deck_are_explained(save, cells, says):
    with pytest.raises(NotebookError, match=says):
        deck(save(*cells))


def test_an_older_deck_stays_when_the_new_one_cannot_be_made(save, tmp_path, capsys):
    out = tmp_path / "decks"
    assert main([str(save(text("alpha", "slide"))), "--out", str(out)]) == 0
    before = (out / "lesson.html").read_bytes()
    capsys.readouterr()
    fails(capsys, save(text("beta")), "--out", out)
    assert (out / "lesson.html").read_bytes() == before


def test_a_deck_that_cannot_be_written_leaves_nothing(save, tmp_path, capsys):
    path = tmp_path / "decks"
    path.write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    notebook = save(text("alpha", "slide"))
    said = fails(capsys, notebook, "--out", tmp_path / "decks")
    assert "cannot be written" in said and "--out" in said
    assert sorted(tmp_path.rglob("*")) == sorted([*before, notebook])
    assert path.read_text() == "mine"


def test_two_notebooks_of_one_name_are_refused(save, tmp_path, capsys):
    path = save(text("alpha", "slide"))
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / path.name
    other.write_bytes(path.read_bytes())
    with pytest.raises(SystemExit):
        main([str(path), str(other), "--out", str(tmp_path / "decks")])
    assert "the same name" in capsys.readouterr().err


def test_a_folded_description_becomes_the_alt_text_of_the_picture_above(slides_of):
    shown = code("show()", "slide", {"image/png": picture(), "text/plain": "x"}, {})
    shown.outputs[0].metadata = {"image/png": {"alt": "A boot"}}
    words_only = text("<details><summary>In words</summary>Black on white.</details>")
    and_more = text(f"{words_only.source}\n\nSo it is.", "fragment")
    (slide,) = slides_of(shown, words_only)
    assert slide.img["alt"] == "A boot. Black on white." and "In words" not in str(
        slide
    )
    (slide,) = slides_of(shown, and_more)
    assert "So it is." in words(slide) and "In words" not in words(slide)
