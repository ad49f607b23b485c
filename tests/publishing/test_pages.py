"""The static pages: all of a notebook, folded as there, all links leading somewhere."""

import re

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from notebook_code import NOTEBOOKS, PATHS

from cnn_course.publishing import pages as publishing
from cnn_course.publishing.pages import main, pages
from cnn_course.publishing.reading import ANSWER, SOLUTION, has


@pytest.fixture(scope="module")
def course():
    """{file name: parsed HTML} of the whole course."""
    return {
        name: BeautifulSoup(page, "html.parser") for name, page, _ in pages(NOTEBOOKS)
    }


def words(element):
    return " ".join(element.get_text(" ").split())


def cells(path, kind="code"):
    cells = nbformat.read(path, as_version=4).cells
    return [cell for cell in cells if cell.cell_type == kind]


def test_the_index_leads_to_every_notebook_in_its_own_words(course):
    index = course["index.html"]
    readme = (NOTEBOOKS.parent / "README.md").read_text("utf-8")
    assert f"# {index.h1.text}\n" in readme
    assert ".venv/bin/jupyter lab" in index.select_one("#install").text
    sections = index.select("section")
    links = [section.a["href"] for section in sections]
    assert links == [f"{path.stem}.html" for path in PATHS]
    for section, path in zip(sections, PATHS, strict=True):
        opening = cells(path, "markdown")[0].source.splitlines()
        assert section.h2.text == opening[0].removeprefix("# ")
        assert words(section.p) == re.sub("[*`]", "", opening[2])
        assert re.search(r"\d\d minutes", words(section))
        assert section.img["alt"]
    assert "The question: what can so few numbers find" in words(sections[1])
    assert "views: Cross-correlation, step by step · Kernel lab" in words(sections[1])


def test_a_page_has_all_code_as_it_is_and_folds_what_the_notebook_folds(course, path):
    page = course[f"{path.stem}.html"]
    shown = [code.text.strip() for code in page.select("main .hl-ipython3 pre")]
    assert shown == [cell.source.strip() for cell in cells(path)]
    hidden = [
        c for c in cells(path) if c.metadata.get("jupyter", {}) or has(c, SOLUTION)
    ]
    folds = page.select("main details")
    folded = [fold.pre.text.strip() for fold in folds if fold.select(".highlight")]
    assert folded == [cell.source.strip() for cell in hidden]
    solutions = [fold for fold in folds if fold.summary.text == "Solution"]
    assert len(solutions) == sum(has(cell, SOLUTION) for cell in cells(path))
    assert not page.select("details[open]")


def test_a_page_shows_every_output_once_but_of_what_waits_for_an_answer(course, path):
    page = course[f"{path.stem}.html"].main
    outputs = [o for c in cells(path) if not has(c, ANSWER) for o in c.outputs]
    drawn = [o for o in outputs if "image" in str(o.get("data", {}).keys())]
    views = [o for o in drawn if "svg" in o.metadata]
    assert len(page.select("figure")) == len(drawn)
    assert len(page.select("figure > svg")) == len(views)
    assert all(view["aria-label"] for view in page.select("figure > svg"))
    pictures = page.select("figure > img")
    assert len(pictures) == len(drawn) - len(views)
    for fold in page.find_all("summary", string="In words"):
        above = fold.find_all_previous("figure")[0].img  # a view has its label
        assert above is None or fold.next_sibling in above["alt"]
    texts = [
        pre.text
        for pre in page.select("pre")
        if not pre.find_parent(class_="highlight")
    ]
    plain = [o for o in outputs if not o.get("data", {}).keys() - {"text/plain"}]
    wanted = [o.text if "text" in o else o.data["text/plain"] for o in plain]
    assert texts == [text.rstrip() for text in wanted]
    said = words(page)
    for unseen in ("[picture]", "not answered yet", "not predicted yet", "nbval"):
        assert unseen not in said


def test_every_link_leads_somewhere(course):
    for name, page in course.items():
        ids = [element["id"] for element in page.select("[id]")]
        assert len(ids) == len(set(ids)), name
        for link in page.select("a"):
            file, _, part = link["href"].partition("#")
            if ":" not in file:
                target = course[file or name]
                assert not part or target.find(id=part), (name, link["href"])


def test_a_page_has_its_contents_and_its_neighbours(course):
    page = course["01_cross_correlation.html"]
    contents = [link.text for link in page.nav.select("a[href^='#']")]
    assert contents == [heading.text for heading in page.main.select("h2")]
    neighbours = [(link["rel"], link["href"]) for link in page.footer.select("a")]
    assert neighbours == [
        (["prev"], "00_start_here.html"),
        (["next"], "02_learning_edge_kernels.html"),
    ]
    assert "/lab/tree/notebooks/01_cross_correlation.ipynb" in page.nav.pre.text
    assert len(course["00_start_here.html"].footer.select("a")) == 1


README = """# My course

What it is.

## Two commands

```bash
.venv/bin/jupyter lab notebooks/00_start_here.ipynb
```
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a course of one notebook, for `main`."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    (tmp_path / "README.md").write_text(README, "utf-8")
    (folder / "TEACHING.md").write_text("", "utf-8")
    cells = [
        new_code_cell("1 + 1"),
        new_markdown_cell("# Mine < yours\n\n[all](b.csv), [on](b.ipynb#c), [?](#d)"),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "mine.ipynb")
    monkeypatch.setattr(publishing, "NOTEBOOKS", folder)
    return folder


def test_main_writes_the_pages_of_any_notebooks_and_says_so(folder, tmp_path, capsys):
    out = tmp_path / "new" / "site"
    assert main([str(out)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said == [
        f"{out / 'mine.html'}: Mine < yours",
        f"{out / 'index.html'}: 1 notebooks",
    ]
    page = BeautifulSoup((out / "mine.html").read_text("utf-8"), "html.parser")
    assert (page.title.text, page.header.a.text) == ("Mine < yours", "My course")
    assert [link["href"] for link in page.main.select("a")] == ["b.html#c", "#d"]
    assert page.main.p.text == "all, on, ?"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("other.ipynb", b"hello", "other.ipynb is not a Jupyter notebook"),
        ("TEACHING.md", None, "TEACHING.md: No such file"),
        ("mine.ipynb", "![](far.png)", "mine: .* far.png could not be put"),
        ("../site", b"in the way", "site.*: .*may you write there"),
    ],
)
def test_what_no_page_can_be_made_of_is_told_and_nothing_is_written(
    folder, tmp_path, capsys, name, content, says
):
    path = folder / name
    if content is None:
        path.unlink()
    elif isinstance(content, str):
        nbformat.write(new_notebook(cells=[new_markdown_cell(content)]), path)
    else:
        path.write_bytes(content)
    before = sorted(tmp_path.rglob("*"))
    assert main([str(tmp_path / "site")]) == 1
    said = capsys.readouterr()
    assert said.out == "" and re.search(says, said.err)
    assert sorted(tmp_path.rglob("*")) == before
