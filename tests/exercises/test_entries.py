"""Every declared exercise: whole, diagnosing, and the same as in its notebook."""

import ast
import re
import symtable

import nbformat
import pytest
import torch
from notebook_code import NOTEBOOKS, definitions

from cnn_course.exercises import EXERCISES, PREDICTIONS
from cnn_course.networks import count_multiply_adds, count_parameters, vgg

PATHS = {path.stem[:2]: path for path in NOTEBOOKS.glob("[01]*.ipynb")}
del PATHS["00"]  # it has no exercises


@pytest.fixture(params=EXERCISES)
def exercise(request):
    return EXERCISES[request.param]


@pytest.fixture(params=sorted(PATHS))
def number(request):
    return request.param


def cells(number):
    found = nbformat.read(PATHS[number], as_version=4).cells
    return {cell.id: cell for cell in found}


def own(known, number):
    return [name for name in known if name.startswith(f"{number}.")]


def name_of(exercise):
    return exercise.id.partition(".")[2]


def test_there_is_something_of_every_activity_and_readme_counts_them():
    activities = {"recall", "count", "shape", "code", "plot", "experiment", "design"}
    assert {e.activity for e in EXERCISES.values()} == activities
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    readme = " ".join(readme.split())  # wherever its lines break
    assert f"{len(EXERCISES)} exercises and {len(PREDICTIONS)} predictions" in readme
    wrong = sum(len(e.misconceptions) for e in EXERCISES.values())
    assert f"{wrong} known misconceptions" in readme


def test_it_is_whole(exercise):
    assert len(exercise.misconceptions) >= 3 and len(exercise.hints) >= 2
    texts = [m.says for m in exercise.misconceptions]
    names = [m.name for m in exercise.misconceptions]
    assert len(set(texts)) == len(texts) and len(set(names)) == len(names)
    for sentence in [*texts, *exercise.hints, exercise.because]:
        assert re.search(r"[.?!…)`]$", sentence) and "  " not in sentence, sentence


def test_no_id_is_used_twice():
    folder = NOTEBOOKS.parent / "cnn_course/exercises/entries"
    for number in {name[:2] for name in EXERCISES}:
        source = (folder / f"notebook_{number}.py").read_text(encoding="utf-8")
        ids = re.findall(r'\bid="([^"]+)"', source)
        assert len(ids) == len(set(ids)) and {i[:2] for i in ids} == {number}


def test_06_counts_of_a_table_are_those_of_torch():
    found = definitions("06_alexnet.ipynb")
    exercise = EXERCISES["06.multiply-adds"]
    cases = exercise.cases(torch.Generator().manual_seed(0))
    assert (found["ALEXNET"],) in cases
    for rows, *given in cases:
        channels, size = given or (1, 224)
        with torch.device("meta"):
            net = found["build"](rows, channels, size)
            work = count_multiply_adds(net, (1, channels, size, size))
        assert exercise.reference(rows, *given) == work
    design = EXERCISES["06.small-pictures"]
    net = found["build"](design.example, size=64)
    facts = design.convert(design.example)
    assert facts["parameters"] == count_parameters(net)
    assert facts["work"] == count_multiply_adds(net, (1, 1, 64, 64))


@pytest.mark.parametrize("blocks", [((1, 8), (2, 16)), ((3, 5), (1, 7), (2, 4))])
def test_07_counts_of_a_table_are_those_of_torch(blocks):
    work = EXERCISES["07.design"].convert(blocks).work
    with torch.device("meta"):
        net = vgg(blocks, side=96, hidden=512)
        assert work == count_multiply_adds(net, (1, 1, 96, 96))


def test_the_notebook_asks_checks_and_solves_it(exercise):
    found = cells(exercise.id[:2])
    name = name_of(exercise)
    prose = "\n".join(cell.source for cell in found.values())
    headings = re.findall(r"^## (.+?)(?: \*\(.*\)\*)?$", prose, re.MULTILINE)
    assert exercise.see in headings
    order = list(found)
    at = order.index(f"ex-{name}-ask")
    assert order[at : at + 3] == [f"ex-{name}-ask", f"ex-{name}", f"ex-{name}-solution"]
    ask, blank, solution = (found[i] for i in order[at : at + 3])
    assert ask.cell_type == "markdown" and ask.source.startswith("**Exercise `")
    assert f"`{exercise.id}`" in ask.source
    assert re.search(r"(= |: |^ *)\.\.\.", blank.source, re.MULTILINE)
    assert blank.source.splitlines()[-1].startswith(f'check("{exercise.id}", ')
    assert blank.metadata.tags == ["answer"]
    assert solution.metadata.tags == ["solution"]
    assert solution.metadata.jupyter.source_hidden is True
    assert f'check("{exercise.id}", ' in solution.source
    assert solution.source.rstrip().endswith("keep=False)")
    # JupyterLab shows the first line of a folded cell: it must not tell anything.
    first, *others = solution.source.splitlines()
    assert first == f"# Solution of {exercise.id}:"
    assert any("# " in line for line in others)  # it explains
    # The committed notebook is one that nobody has answered.
    said = [cell.outputs[0].data["text/plain"] for cell in (blank, solution)]
    assert said[0].startswith(f"○ {exercise.id} · not answered yet.")
    assert said[1].startswith(f"✓ {exercise.id} · The solution")
    # A solution defines nothing that a student might use.
    for symbol in symtable.symtable(solution.source, name, "exec").get_symbols():
        made = symbol.is_assigned() or symbol.is_imported()
        assert not made or symbol.get_name().lower().endswith("solution")


def test_nothing_else_in_the_notebook_needs_an_answer_or_a_solution(number):
    # So whoever runs it with nothing answered has run it with any answers, right or
    # wrong, and without the solutions: nbval does.
    found = cells(number)
    blanks = [f"ex-{name_of(EXERCISES[name])}" for name in own(EXERCISES, number)]
    checks = [found[blank].source.splitlines()[-1] for blank in blanks]
    answers = {line.split(", ")[1].removesuffix(")") for line in checks}
    for name, cell in found.items():
        if cell.cell_type == "code" and name not in blanks:
            nodes = ast.walk(ast.parse(cell.source))
            used = {node.id for node in nodes if isinstance(node, ast.Name)}
            assert used.isdisjoint(answers), name
            solves = any(name.lower().endswith("solution") for name in used)
            assert not solves or "solution" in cell.metadata.tags


def test_the_notebook_names_no_exercise_that_does_not_exist(number):
    source = "\n".join(c.source for c in cells(number).values())
    used = re.findall(rf'[("`]({number}\.[a-z][\w-]*)[")`]', source)
    assert set(used) == {*own(EXERCISES, number), *own(PREDICTIONS, number)}


@pytest.mark.parametrize("name", PREDICTIONS)
def test_a_prediction_is_asked_for_before_and_compared_at_the_end(name):
    found = cells(name[:2])
    short = name.partition(".")[2]
    order = list(found)
    assert order.index(f"predict-{short}") < order.index("ex-predictions")
    assert found[f"predict-{short}"].source.startswith(f'predict("{name}", ...)')
    assert found[f"predict-{short}"].metadata.tags == ["answer"]
    assert f'"{name}": ' in found["ex-predictions"].source
    assert order.index("ex-predictions") < order.index("summary")
    (output,) = found[f"predict-{short}"].outputs
    assert output.data["text/plain"].startswith(f"○ {name} · not predicted yet.")


def test_four_exercises_and_two_predictions_are_asked_for_and_on_no_slide(number):
    tags = [cell.metadata.get("tags", []) for cell in cells(number).values()]
    asked, guesses = own(EXERCISES, number), own(PREDICTIONS, number)
    assert len(asked) >= 4 and len(guesses) >= 2
    assert sum("answer" in each for each in tags) == len(asked + guesses)
    for name, cell in cells(number).items():
        guess = name.startswith("predict-") and cell.cell_type == "code"
        if name.startswith("ex-") or guess:
            assert "slide" not in str(cell.metadata), name


def test_the_last_cells_show_predictions_and_progress(number):
    order = [name for name in cells(number) if not name.startswith("appendix")]
    assert order[-3:] == ["ex-predictions", "ex-progress", "summary"]
    assert cells(number)["ex-progress"].source == f'progress("{number}")'
