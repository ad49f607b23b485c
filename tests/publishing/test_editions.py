"""Both editions: what is in them, and how they are brought up to date.

nbval runs the notebooks as they are. Of other versions one notebook runs here, with a
record of progress of its own: no cell needs one that the student edition lacks.
"""

import json
import re
import shutil

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_code import NOTEBOOKS, PATHS, needs

from cnn_course.exercises import EXERCISES, PREDICTIONS
from cnn_course.exercises.engine import store
from cnn_course.publishing import editions, updating
from cnn_course.publishing import exercise_table as table


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with both editions."""
    folder = tmp_path_factory.mktemp("editions") / "für alle"
    assert editions.main([str(folder)]) == 0
    return folder


def said(cell):
    return [output.data["text/plain"] for output in cell.outputs if "data" in output]


def own(path):
    return [name for name in EXERCISES if name.startswith(path.stem[:2])]


def cell_of(exercise):
    return f"ex-{exercise.partition('.')[2]}"


def is_solution(cell):
    return "solution" in cell.metadata.get("tags", [])


def test_nothing_in_the_student_edition_is_answered_or_tells_an_answer(made, path):
    notebook = nbformat.read(made / "student" / path.name, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert not any(map(is_solution, notebook.cells))
    assert "slide" not in str([cell.metadata for cell in notebook.cells])
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not re.search(r"\b[Ss]olution", text) and "presents this" not in text


def test_no_cell_of_the_student_edition_needs_one_that_it_lacks(made, path):
    def needed(notebook):
        cells = nbformat.read(notebook, as_version=4).cells
        return needs("\n".join(c.source for c in cells if c.cell_type == "code"))

    assert needed(made / "student" / path.name) <= needed(path)


TOOLS = ["numbers", "other ids", "no ids"]


def rewritten(how, notebook):
    """Return a notebook's JSON as nbstripout, jupytext or Colab leave it."""
    notebook = json.loads(nbformat.v4.writes(notebook))
    for number, cell in enumerate(notebook["cells"]):
        cell["id"] += f"-{len(notebook['cells'])}"  # others in each version
        if how == "numbers":
            cell["id"] = str(number)
        if how == "no ids":
            cell["metadata"]["id"] = cell.pop("id")
    if how == "no ids":
        notebook["nbformat_minor"] = 0
        state = {"1": {"model_name": "LayoutModel", "state": {}}}
        kind = "application/vnd.jupyter.widget-state+json"
        notebook["metadata"]["widgets"] = {kind: state}
    return json.dumps(notebook, indent=1)


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A copy of all notebooks that editions are made from, to be spoilt."""
    folder = shutil.copytree(NOTEBOOKS, tmp_path / "course")
    monkeypatch.setattr(editions, "NOTEBOOKS", folder)
    return folder


@pytest.mark.parametrize("how", TOOLS)
def test_an_edition_is_the_same_whatever_a_tool_did_with_ids(
    made, course, tmp_path, capsys, how
):
    for path in course.glob("*.ipynb"):
        path.write_text(rewritten(how, nbformat.read(path, 4)), "utf-8")
    out = tmp_path / "out"
    for done in ("new", "left as they are"):
        assert editions.main([str(out)]) == 0
        assert capsys.readouterr().out.count(f" {len(PATHS)} {done}\n") == 2
    for path in out.rglob("*.ipynb"):
        assert sources(path) == sources(made / path.relative_to(out))
        assert "widgets" not in nbformat.read(path, as_version=4).metadata


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('"solution"', '"other"', 'says "keep=False", but lacks the tag "solution" '),
        ("{", "<<<<<<< HEAD\n{", " is not a Jupyter notebook, or it is damaged"),
    ],
)
def test_an_edition_that_cannot_be_made_right_is_refused(
    course, tmp_path, capsys, old, new, says
):
    path = course / "04_pooling.ipynb"
    path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
    assert editions.main([str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert says in told and "04_pooling.ipynb" in told
    assert "`git restore notebooks`" in told and not (tmp_path / "out").exists()


def test_the_instructor_edition_shows_solutions_notes_and_results(made, path):
    original = nbformat.read(path, as_version=4)
    notebook = nbformat.read(made / "instructor" / path.name, as_version=4)
    for part in ("source", "outputs"):
        kept = [cell.get(part) for cell in notebook.cells]
        assert kept == [cell.get(part) for cell in original.cells]
    solutions = [c for c in notebook.cells if is_solution(c) and c.cell_type == "code"]
    assert len(solutions) == len(own(path))
    assert not any("jupyter" in cell.metadata for cell in solutions)  # open


def test_a_student_edition_runs_blank_answered_wrongly_and_rightly(
    made, monkeypatch, tmp_path
):
    # One notebook stands for all: tests/exercises judge every answer without a kernel.
    path = NOTEBOOKS / "04_pooling.ipynb"
    solved = {cell.id: cell.source for cell in nbformat.read(path, 4).cells}
    notebook = nbformat.read(made / "student" / path.name, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    for name in own(path):
        blank, last = cells[cell_of(name)], cells[cell_of(name)].source.split("\n")[-1]
        answer = last.split(", ")[1].removesuffix(")")
        blank.source += "\nfrom cnn_course.exercises import EXERCISES"
        wrong = f'EXERCISES["{name}"].misconceptions[0].example'
        blank.source += f"\n{answer} = {wrong}\n{last}\n"
        solution = solved[f"{cell_of(name)}-solution"]
        blank.source += solution.replace(", keep=False)", ")")
    asked = [guess for guess in PREDICTIONS.values() if guess.id.startswith("04")]
    guesses = {guess.id: guess.options[:1] or 5 for guess in asked}
    for name, guess in guesses.items():
        cell = cells[f"predict-{name.partition('.')[2]}"]
        cell.source = f'predict("{name}", {guess!r})'
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, resources=where, shutdown_kernel="immediate").execute()
    for name in own(path):
        blank, wrong, right = said(cells[cell_of(name)])
        assert blank.startswith(f"○ {name} · not answered yet."), blank
        assert wrong.startswith(f"✗ {name} · {EXERCISES[name].misconceptions[0].says}")
        assert right.startswith(f"✓ {name} · Right. ")
    assert store.summary() == (set(own(path)), guesses)


def test_the_table_in_the_repository_is_the_one_that_the_exercises_make():
    committed = (NOTEBOOKS / "exercises.md").read_text(encoding="utf-8")
    assert committed == table.as_markdown()


FIRST = {"title": "1", "load": "1", "ex-one": "...", "predict-two": "...", "old": "1"}


@pytest.fixture
def folder(tmp_path):
    """Where the student works."""
    return tmp_path / "student"


@pytest.fixture
def pull(tmp_path, monkeypatch, capsys):
    """A function: the course gets these cells; what the student's command prints then.

    Paths are printed as they are from the folder of the test.
    """
    course = tmp_path / "course" / "a.ipynb"
    course.parent.mkdir()
    monkeypatch.setattr(editions, "NOTEBOOKS", course.parent)
    monkeypatch.chdir(tmp_path)

    def command(sources, edition="student", how=None):
        cells = [new_code_cell(source, id=name) for name, source in sources.items()]
        for cell in cells:
            if cell.id.startswith(("ex-", "predict-")):
                cell.metadata["tags"] = ["answer"]
        notebook = new_notebook(cells=cells)
        nbformat.write(notebook, course)
        if how:
            course.write_text(rewritten(how, notebook), "utf-8")
        assert editions.main([".", "--only", edition]) == 0
        return capsys.readouterr().out

    return command


def edit(path, change):
    """Change the list of a notebook's cells, save it, and return its bytes then."""
    notebook = nbformat.read(path, as_version=4)
    change(notebook.cells)
    path.write_text(nbformat.v4.writes(notebook), "utf-8")
    return path.read_bytes()


def works(cells):
    """A student adds, changes and runs cells, and deletes the first one."""
    for cell in cells:
        if cell.id in FIRST:
            cell.source = f"my {cell.id}"
            cell.outputs = [new_output("stream", text=f"of {cell.id}")]
            cell.execution_count = 7
            cell.metadata["execution"] = {"iopub.execute_input": "12:00"}
    cells[0] = new_markdown_cell("my notes")
    cells[3:3] = [new_code_cell("why?"), new_markdown_cell("so!")]
    cells.append(new_code_cell(""))  # by running the last cell


def sources(path):
    """Return the sources of a notebook that must be as a notebook should."""
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)
    return [cell.source for cell in notebook.cells]


def test_while_the_course_stays_a_file_is_not_touched(folder, pull):
    assert pull(FIRST) == "1 notebooks in student: 1 new\n"
    edit(folder / "a.ipynb", works)
    before = (folder / "a.ipynb").stat()
    assert pull(FIRST) == "1 notebooks in student: 1 left as they are\n"
    assert (folder / "a.ipynb").stat() == before
    assert [path.name for path in folder.iterdir()] == ["a.ipynb"]


def test_where_no_cell_is_of_ones_own_the_new_version_comes(folder, pull):
    def run(cells):
        cells[0].outputs = [new_output("stream", text="was run")]
        cells[1].source = "2"  # as the course will have it
        cells.append(new_code_cell(""))

    pull(FIRST)
    (folder / "mine.ipynb").write_text("none of the command's business")
    edit(folder / "a.ipynb", run)
    told = pull(FIRST | {"load": "2"})
    assert told == "1 notebooks in student: 1 brought up to date\n"
    assert sources(folder / "a.ipynb") == ["1", "2", "...", "...", "1"]
    assert {path.name for path in folder.iterdir()} == {"a.ipynb", "mine.ipynb"}
    assert (folder / "mine.ipynb").read_text() == "none of the command's business"


def test_ones_own_cells_come_along(folder, pull):
    pull(FIRST)
    first = edit(folder / "a.ipynb", works)
    second = dict.fromkeys(("title", "new", "load", "ex-one"), "2")
    second["predict-two"] = "..."
    came = "brought up to date, 6 of your cells came along"
    line, total = pull(second).splitlines()
    gave_way = "1 that the course has changed too did not"
    about, kept = line.split("; as it was: ")
    assert about == f"a.ipynb: {came}, {gave_way}"
    assert kept.startswith(f"student/earlier/a-{updating.date.today()}-")
    assert (folder.parent / kept).read_bytes() == first
    assert total == "1 notebooks in student: 1 brought up to date"
    mine = ["my ex-one", "why?", "so!", "my predict-two", "my old"]
    assert sources(folder / "a.ipynb") == ["my notes", "2", "2", "2", *mine]
    cells = nbformat.read(folder / "a.ipynb", as_version=4).cells
    assert cells[4].outputs[0].text == "of ex-one" and cells[4].execution_count == 7

    line, _ = pull(second | {"title": "3", "ex-one": "3", "end": "3"}).splitlines()
    assert line.startswith(f"a.ipynb: {came}; as it was: ")
    assert sources(folder / "a.ipynb") == ["my notes", "3", "2", "2", *mine, "3"]
    assert len(list((folder / "earlier").iterdir())) == 2


ASKED = {"title": "1", "ex-one": "one = ...", "text": "2", "ex-two": "two = ..."}


@pytest.mark.parametrize("before", [None, *TOOLS])
@pytest.mark.parametrize("after", [None, *TOOLS])
def test_an_answer_stays_with_its_question_whatever_a_tool_did_with_ids(
    folder, pull, before, after
):
    pull(ASKED, how=before)
    mine = "two = 2"

    def answer(cells):
        cells[3].source = mine
        cells.append(new_markdown_cell("easy!", id="mine"))

    edit(folder / "a.ipynb", answer)
    pull({"new": "0", **ASKED}, how=after)
    kept = ["1", "one = ...", "2", mine, "easy!"]
    assert sources(folder / "a.ipynb") == ["0", *kept]
    # Where the course changes the question, too, and ids do not tell which it was, the
    # answer stands beside it.
    pull({"new": "0", "newer": "0", **ASKED, "ex-two": "# Two"}, how=after)
    new = [] if after is None else ["# Two"]
    assert sources(folder / "a.ipynb") == ["0", "0", *kept, *new]


def test_killed_between_two_files_nothing_is_lost(folder, pull, monkeypatch):
    pull(FIRST)
    mine = edit(folder / "a.ipynb", works)
    written = []

    def killed(path, content):
        if written:
            raise KeyboardInterrupt
        written.append(path)
        path.parent.mkdir()
        path.write_bytes(content)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(updating, "write_whole", killed)
        pull(FIRST | {"load": "2"})
    assert (folder / "a.ipynb").read_bytes() == written[0].read_bytes() == mine
    assert str(written[0]) in pull(FIRST | {"load": "2"})


@pytest.mark.parametrize("how", [*TOOLS, "no metadata", b"[]", b"my notes"])
def test_what_cannot_be_merged_is_kept_whole_and_told(folder, pull, how):
    pull(FIRST)
    notebook = nbformat.v4.reads(edit(folder / "a.ipynb", works).decode())
    if how == "no metadata":
        notebook.metadata = {}
    raw = how if isinstance(how, bytes) else rewritten(how, notebook).encode()
    (folder / "a.ipynb").write_bytes(raw)
    line, total = pull(FIRST | {"load": "2"}).splitlines()
    assert line.startswith("a.ipynb: begun anew, but it is not known what you did in ")
    assert total == "1 notebooks in student: 1 begun anew"
    assert sources(folder / "a.ipynb") == ["1", "2", "...", "...", "1"]
    kept = line.partition("copy your answers by hand from ")[2]
    assert (folder.parent / kept).read_bytes() == raw


def test_an_instructor_gets_new_results_and_keeps_a_word_of_ones_own(tmp_path, pull):
    pull(FIRST, "instructor")
    edit(tmp_path / "instructor/a.ipynb", works)
    result = [new_output("stream", text="a new result")]
    edit(tmp_path / "course/a.ipynb", lambda cells: cells[0].update(outputs=result))
    assert editions.main([".", "--only", "instructor"]) == 0
    _, title, *_, last = nbformat.read(tmp_path / "instructor/a.ipynb", 4).cells
    assert title.outputs == result and last.source == "my old"
