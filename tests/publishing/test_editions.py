"""Both editions: what is in them.

nbval runs the notebooks as they are. Of other versions one notebook runs here, with a
record of progress of its own: no cell needs one that the student edition lacks.
"""

import ast
import re

import nbformat
import pytest
from nbclient import NotebookClient
from notebook_code import NOTEBOOKS

from cnn_course.exercises import EXERCISES, PREDICTIONS
from cnn_course.exercises.engine import store
from cnn_course.publishing import editions
from cnn_course.publishing import exercise_table as table

PATHS = sorted(NOTEBOOKS.glob("*.ipynb"))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The folder with both editions."""
    folder = tmp_path_factory.mktemp("editions") / "für alle"
    paths = editions.write_editions(folder)
    assert all(path.is_file() for path in paths)
    return folder


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A function: runs a notebook to its end and returns its cells by id."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")

    def execute(notebook):
        how = dict(timeout=600, shutdown_kernel="immediate")
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(notebook, resources=where, **how).execute()
        return {cell.id: cell for cell in notebook.cells}

    return execute


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
    text = "\n".join(cell.source for cell in notebook.cells)
    assert not re.search(r"\b[Ss]olution", text) and "presents this" not in text


def names(cells):
    """Return the names that code cells give a meaning to, and those that they use."""
    given, used = set(), set()
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    for node in ast.walk(ast.parse("\n".join(code))):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else given).add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            given.add(node.name)
        elif isinstance(node, ast.arg):
            given.add(node.arg)
        elif isinstance(node, ast.alias):
            given.add(node.asname or node.name.split(".")[0])
    return given, used


def test_no_cell_of_the_student_edition_needs_one_that_it_lacks(made, path):
    cells = nbformat.read(made / "student" / path.name, as_version=4).cells
    there = {cell.id for cell in cells}
    original = nbformat.read(path, as_version=4).cells
    lacking, _ = names([cell for cell in original if cell.id not in there])
    given, used = names(cells)
    assert lacking & used <= given


def test_the_student_edition_runs_unanswered(made, run):
    path = NOTEBOOKS / "04_pooling.ipynb"  # one stands for all
    cells = run(nbformat.read(made / "student" / path.name, as_version=4))
    for name in own(path):
        (line,) = said(cells[cell_of(name)])
        assert line.startswith(f"○ {name} · not answered yet."), line
    assert store.summary() == (set(), {})


def test_the_instructor_edition_shows_solutions_notes_and_results(made, path):
    original = nbformat.read(path, as_version=4)
    notebook = nbformat.read(made / "instructor" / path.name, as_version=4)
    for part in ("source", "outputs"):
        kept = [cell.get(part) for cell in notebook.cells]
        assert kept == [cell.get(part) for cell in original.cells]
    for cell in notebook.cells:
        assert "source_hidden" not in cell.metadata.get("jupyter", {})
    solutions = [c for c in notebook.cells if is_solution(c) and c.cell_type == "code"]
    assert len(solutions) == len(own(path))
    assert "*For whoever presents this" in notebook.cells[1].source


def test_answers_wrong_and_right_are_told_and_kept_in_a_notebook(run):
    # One notebook stands for all: tests/exercises judge every answer without a kernel,
    # and hold that no other cell of a notebook needs one.
    path = NOTEBOOKS / "04_pooling.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cells = {cell.id: cell for cell in notebook.cells}
    for name in own(path):
        asked, solved = cells[cell_of(name)], cells[f"{cell_of(name)}-solution"]
        *_, last = asked.source.splitlines()
        answer = last.split(", ")[1].removesuffix(")")
        wrong = f'EXERCISES["{name}"].misconceptions[0].example'
        asked.source = "from cnn_course.exercises import EXERCISES\n"
        asked.source += f"{answer} = {wrong}\n{last}\n"
        asked.source += solved.source.replace(", keep=False)", ")")
    asked = [guess for guess in PREDICTIONS.values() if guess.id.startswith("04")]
    guesses = {guess.id: guess.options[:1] or 5 for guess in asked}
    for name, guess in guesses.items():
        cell = cells[f"predict-{name.partition('.')[2]}"]
        cell.source = f'predict("{name}", {guess!r})'
    cells = run(notebook)
    for name in own(path):
        wrong, right = said(cells[cell_of(name)])
        assert wrong.startswith(f"✗ {name} · {EXERCISES[name].misconceptions[0].says}")
        assert right.startswith(f"✓ {name} · Right. ")
    assert store.summary() == (set(own(path)), guesses)


def test_the_table_in_the_repository_is_the_one_that_the_exercises_make():
    committed = (NOTEBOOKS / "exercises.md").read_text(encoding="utf-8")
    assert committed == table.as_markdown()


def test_the_command_says_what_it_wrote(tmp_path, capsys, made):
    assert editions.main([str(tmp_path / "new")]) == 0
    assert capsys.readouterr().out.startswith("21 files in ")
    page = (tmp_path / "new" / "instructor" / "exercises.md").read_text("utf-8")
    assert page == table.as_markdown()


def test_a_folder_that_cannot_be_used_is_an_error_in_words(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert editions.main([str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err
