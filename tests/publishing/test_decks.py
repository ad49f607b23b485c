"""Decks of marked cells: what is on which slide, all in one file, plain errors."""

import base64
import io
import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_code import NOTEBOOKS
from PIL import Image

from cnn_course.publishing import decks
from cnn_course.publishing.decks import deck, main, slides
from cnn_course.publishing.reading import NotebookError, read
from cnn_course.publishing.rendering import TEMPLATES
from cnn_course.publishing.server import VIEW
from cnn_course.views.kit.svg import THEMES


def png():
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode()


def marked(cell, marks, about):
    cell.metadata["tags"] = [f"slide-{mark}" for mark in marks.split()]
    if about:
        cell.metadata["slide"] = about
    return cell


def text(source, marks="", **about):
    return marked(new_markdown_cell(source), marks, about)


def code(source, marks="", data=None, metadata=None, **about):
    outputs = [new_output("execute_result", data, metadata=metadata or {})]
    cell = new_code_cell(source, outputs=outputs if data else [], execution_count=1)
    return marked(cell, marks, about)


@pytest.fixture
def save(tmp_path):
    """A function: saves a notebook of these cells and returns its path."""

    def save_one(*cells, name="lesson"):
        path = tmp_path / f"{name}.ipynb"
        nbformat.write(new_notebook(cells=list(cells)), path)
        return path

    return save_one


@pytest.fixture
def shown(save):
    """A function: the slides of the deck of these cells, as parsed HTML."""

    def make(*cells):
        page, what = deck(save(*cells))
        articles = BeautifulSoup(page, "html.parser").select("main > article")
        assert what == f"{len(articles)} slides"
        return articles

    return make


def words(element):
    return " ".join(element.get_text(" ").split())


def by_step(article, selector):
    return [(e["data-step"], words(e)) for e in article.select(selector)]


def test_a_slide_has_what_is_marked_and_its_steps_follow_each_other(shown):
    first, second = shown(
        text("not marked"),
        text("# alpha\n\nlong prose", "start", text="*short*", notes="ask", minutes=3),
        code("secret = 1", "", {"text/plain": "hush"}),
        code("6 * 7", "step code output", {"text/plain": "42"}, text="the answer"),
        text("more prose", "step text"),
        code("view()", "start output", {"text/plain": "x"}, heading="beta?"),
    )
    assert [words(slide.h1) for slide in (first, second)] == ["alpha", "beta?"]
    said = [("0", "short"), ("1", "the answer"), ("2", "more prose")]
    assert by_step(first, ".words") == said
    assert by_step(first, ".stage > div") == [("1", "6 * 7 42")]
    assert by_step(second, ".stage > div") == [("0", "x")]
    assert words(first.aside) == "3 min ask" and first["data-until"] == "3 of 3"


def test_lines_of_code_are_picked_by_how_they_begin(shown):
    source = "import torch\nfor X in range(2):\n    y = X\nprint(y)\nprint(X)"
    about = dict(heading="Loop", code=["for X", "print("])
    (slide,) = shown(code(source, "start code", **about))
    assert slide.pre.get_text().strip() == "\n".join(source.splitlines()[1:4])


def test_a_view_is_its_svg_that_lights_up_below_its_controls(shown):
    svg = '<svg role="img" aria-label="size 24" viewBox="0 0 860 300">'
    svg += '<g data-at="x:1" tabindex="0" role="button" aria-label="press" '
    svg += 'data-shows=".one"><text x="0" y="20">arms</text></g>'
    svg += '<text x="9" y="115" font-size="14">accuracy</text></svg>'
    about = {"image/png": {"alt": "size 24"}, "svg": svg}
    data = {VIEW: {"model_id": "1"}, "image/png": png(), "text/plain": "size 24"}
    cell = code("view()", "start picture", data, about, heading="a", top="accu")
    (slide,) = shown(cell)
    assert slide.img is None and slide.svg["aria-label"] == "size 24"
    assert slide.g.attrs == {"data-shows": ".one"}  # there is nothing to press
    assert slide.svg["viewbox"] == "0 100 860 200"


def test_of_several_pictures_one_can_be_chosen(save, shown):
    data = {"image/png": png()}
    cell = code("for net in nets: view(net)", "start picture", data, heading="a")
    for alt in ("one", "two"):
        about = {"image/png": {"alt": alt}}
        cell.outputs.append(new_output("display_data", data, metadata=about))
    assert len(shown(cell)[0].select("img")) == 3
    cell.metadata["slide"]["picture"] = 2
    assert [img["alt"] for img in shown(cell)[0].select("img")] == ["one"]
    cell.metadata["slide"]["picture"] = 4
    with pytest.raises(NotebookError, match="it has not left this picture"):
        deck(save(cell))


def test_a_picture_has_its_words_and_its_folded_description_stays_away(shown):
    about = {"image/png": {"alt": 'a "red" boot'}}
    data = {"image/png": png(), "text/plain": "[picture]"}
    folded = "<details><summary>In words</summary>Black on white.</details>\n\nSo."
    (slide,) = shown(
        code("show()", "start picture", data, about, heading="a"),
        text(folded, "step text"),
    )
    assert slide.img["alt"] == 'a "red" boot'
    assert words(slide.section) == "a So."


def test_everything_is_in_the_one_file(save):
    source = "[a link](https://pytorch.org), [on](05_lenet.ipynb), [d](a.ipynb#b)"
    page, _ = deck(save(text(source, "start text", heading="A & < b")))
    links = [a["href"] for a in BeautifulSoup(page, "html.parser").select("a")]
    assert links == ["https://pytorch.org", "05_lenet.html", "a.html#b"]
    assert re.findall(r"https?://[^\"]+", page) == ["https://pytorch.org"]
    assert not re.search(r"@import|url\(", page) and "default-src 'none'" in page
    assert "<title>A &amp; &lt; b</title>" in page


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ([], "no cell has the tag slide-start"),
        ([text("# a", "strat")], "cell 1: there is no tag slide-strat"),
        ([text("# a"), text("b", "text")], "cell 2: no slide begins"),
        ([text("a", "start")], "a slide needs a heading"),
        ([code("a", "start picture", heading="b")], "not left this picture: run it"),
        ([code("a", "start picture", {"image/png": ""}, {"svg": "<svg>"}, heading="b",
               top="x")], "no line of the view begins with 'x'"),
        ([code("a", "start code", heading="b", code=["x", "y"])], "no lines begin"),
        ([text("![far](https://example.org/a.png)", "start text", heading="a")],
         r"example\.org/a\.png could not"),
    ],
)  # fmt: skip
def test_marks_that_make_no_deck_are_explained(save, cells, says):
    with pytest.raises(NotebookError, match=says):
        deck(save(*cells))


def run(capsys, *arguments):
    """Return the exit status of the command and what it said."""
    status = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return status, out + err


def test_the_command_makes_all_decks_of_the_course(save, tmp_path, monkeypatch, capsys):
    for name in ("one", "two"):
        save(text(f"# {name}", "start"), name=name)
    monkeypatch.setattr(decks, "NOTEBOOKS", tmp_path)
    paths = [tmp_path / "new" / f"{name}.html" for name in ("one", "two")]
    said = "".join(f"{path}: 1 slides\n" for path in paths)
    assert run(capsys, "--out", tmp_path / "new") == (0, said)
    assert "<h1>two</h1>" in paths[1].read_text("utf-8")


def test_one_broken_notebook_leaves_no_deck_and_an_older_one_as_it_was(
    save, tmp_path, capsys
):
    good, out = save(text("# alpha", "start")), tmp_path / "decks"
    lost = tmp_path / "nowhere.ipynb"
    status, said = run(capsys, good, lost, "--out", out)
    assert status == 1 and "nowhere.ipynb: No such file" in said
    assert not out.exists()
    run(capsys, good, "--out", out)
    before = (out / "lesson.html").read_bytes()
    lost.write_text('{"nbformat": 4, "cells": [{}]}')
    status, said = run(capsys, save(text("# b", "start")), lost, "--out", out)
    assert status == 1 and "is not a Jupyter notebook, or it is damaged" in said
    assert (out / "lesson.html").read_bytes() == before


def test_the_colours_are_those_of_the_views():
    style = (TEMPLATES / "shared.css").read_text("utf-8")
    found = re.findall(r"--cnn-(\w+): light-dark\((#\w+), (#\w+)\)", style)
    light, dark = ({name: p[i] for name, *p in found} for i in (0, 1))
    assert {"light": light, "dark": dark} == THEMES


# The course's own lectures.


def plain(html):
    return BeautifulSoup(html, "html.parser").get_text(" ")


def test_a_lecture_asks_one_question_a_slide_in_few_words(path):
    notebook = read(path)
    lecture, tags = (
        slides(notebook, path.name),
        [c.metadata.get("tags", []) for c in notebook.cells],
    )
    assert 12 <= len(lecture) <= 18
    defines = ["slide-definition" in each for each in tags if "slide-start" in each]
    for slide, long in zip(lecture, defines, strict=True):
        said = " ".join(plain(html) for _, html in slide.texts).split()
        assert len(said) <= (40 if long else 25), slide.heading
        assert 10 <= len(plain(slide.notes).split()) <= 90, slide.heading
        for _, html in slide.stage:
            for block in BeautifulSoup(html, "html.parser").select(".highlight"):
                lines = block.get_text().strip("\n").splitlines()
                assert len(lines) <= 8 and max(map(len, lines)) <= 80, slide.heading
        assert slide.stage or long or slide in (lecture[0], lecture[-1])
    questions = [slide for slide in lecture if "?" in slide.heading + str(slide.texts)]
    assert len(questions) >= len(lecture) / 2


def test_a_lecture_takes_the_minutes_that_are_planned(path):
    teaching = (NOTEBOOKS / "TEACHING.md").read_text("utf-8")
    planned = re.search(rf"^\| {path.stem[:2]} \| (\d+) \|", teaching, re.MULTILINE)
    lecture = slides(read(path), path.name)
    assert all(slide.minutes > 0 for slide in lecture)
    assert sum(slide.minutes for slide in lecture) == int(planned[1]) <= 45


NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def test_slides_say_no_number_and_no_sentence_that_could_drift(path):
    notebook = nbformat.read(path, as_version=4)
    prose = "\n\n".join(c.source for c in notebook.cells)
    for output in (o for c in notebook.cells for o in c.get("outputs", [])):
        data = output.get("data", {})
        prose += output.get("text", "") + "".join(data[k] for k in data if "text" in k)
    known = set(NUMBER.findall(prose))
    for cell in notebook.cells:
        about = cell.metadata.get("slide", {})
        keys = "heading text notes minutes code live top picture".split()
        assert about.keys() <= set(keys)
        notes = re.sub(r"\d+ (minutes?|seconds?)", "", about.get("notes", ""))
        own = " ".join([about.get("heading", ""), about.get("text", ""), notes])
        assert set(NUMBER.findall(own)) <= known, cell.id
        assert "text" not in about or about["text"] not in prose, "take slide-text"
