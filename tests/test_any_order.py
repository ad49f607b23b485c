"""Cells out of order: what must have run before a view or an exercise is touched."""

import ast
import itertools
import re
import symtable

import nbformat
import pytest
from notebook_code import NOTEBOOKS, needs

from cnn_course import views

VIEWS = {name for name in dir(views) if callable(getattr(views, name))}
SAYS = r"If you have jumped here: .*\*Run → Run All Above Selected Cell\* first\."


@pytest.fixture
def cells(path):
    return nbformat.read(path, as_version=4).cells


def shows_a_view(cell):
    calls = [n for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Call)]
    return any(getattr(call.func, "id", None) in VIEWS for call in calls)


def imported(cells):
    (imports,) = (cell for cell in cells if cell.id == "imports")
    assert needs(imports.source) == set()
    module = symtable.symtable(imports.source, "imports", "exec")
    return set(module.get_identifiers())


def test_a_view_needs_the_imports_only_or_the_text_above_says_what_else(cells):
    known = imported(cells)
    for above, cell in itertools.pairwise(cells):
        if cell.cell_type == "code" and shows_a_view(cell):
            lacking = needs(cell.source) - known
            told = re.findall(SAYS, above.source) if lacking else []
            assert lacking <= set(re.findall(r"`(\w+)`", "".join(told))), cell.id


# Not the solutions: they use what the notebook builds before the student's eyes, such
# as corr2d in 01, and may not bring the package's in its place. Nor the trainings.
def test_an_exercise_or_prediction_needs_the_imports_only(cells):
    known = imported(cells)
    for cell in cells:
        if "answer" in cell.metadata.get("tags", []):
            assert needs(cell.source) <= known, cell.id


def test_the_first_notebook_says_what_errors_of_a_wrong_kernel_and_order_mean():
    cells = nbformat.read(NOTEBOOKS / "00_start_here.ipynb", as_version=4).cells
    at = [cell.id for cell in cells].index("imports")
    readme = (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")
    for text in (cells[at - 1].source, readme):
        for word in ("No module named 'cnn_course'", "'torch'", "`NameError`"):
            assert word in text
        for way in ("Change Kernel…", "Select Kernel", "Run All Above Selected Cell"):
            assert way in text
