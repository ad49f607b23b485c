"""The matrix to type in, which several views share."""

import pytest
import torch

from cnn_course.views.kit.number_grid import NumberGrid, as_typed


@pytest.fixture
def grid():
    return NumberGrid("kernel", [[1, 2], [3, 0]], sizes=((2, 2), (3, 3)))


@pytest.fixture
def calls(grid):
    calls = []
    grid.on_change(calls.append)
    return calls


def test_it_reads_what_was_written():
    values = torch.tensor([[1.0, -0.5, 1 / 9], [0, 1e6, 0.25]])
    assert torch.equal(NumberGrid("kernel", values).read(), values)


def test_what_is_typed_is_read(grid, calls):
    grid.fields[1, 0].value = "-2/"  # on the way to -2/3
    assert grid.read()[1, 0] == -2
    grid.fields[1, 0].value = "-2/3"
    assert grid.read()[1, 0].item() == pytest.approx(-2 / 3)
    assert grid.fields[1, 0].tooltip == "kernel row 2, column 1"
    assert len(calls) == 2


@pytest.mark.parametrize("typed", ["", "x", "nan", "inf", "1e300", "1/0", "0,5"])
def test_what_is_no_number_is_refused_by_the_field_s_name(grid, typed):
    grid.fields[1, 0].value = typed
    with pytest.raises(ValueError, match="kernel row 2, column 1: type a number"):
        grid.read()


def test_writing_calls_back_once_and_may_change_the_shape(grid, calls):
    grid.write(torch.ones(4, 5))
    assert len(calls) == 1 and grid.read().shape == (4, 5)
    assert grid.menu.value == (4, 5)
    grid.write([[7]])
    assert len(calls) == 2 and grid.read().tolist() == [[7]]
    assert len(grid.box.children) == 1


def test_resizing_keeps_what_is_typed(grid, calls):
    grid.fields[1, 1].value = "half"
    grid.resize(3, 3)
    assert len(calls) == 2 and grid.fields[1, 1].value == "half"
    grid.fields[1, 1].value = "4"
    assert grid.read().tolist() == [[1, 2, 0], [3, 4, 0], [0, 0, 0]]


def test_a_size_is_chosen_from_the_menu_and_what_it_hides_is_gone(grid, calls):
    grid.menu.value = (3, 3)
    assert grid.read().shape == (3, 3) and len(calls) == 1
    grid.resize(1, 1)
    grid.resize(2, 2)
    assert grid.read().tolist() == [[1, 0], [0, 0]]


@pytest.mark.parametrize(
    "values", [[1, 2], torch.ones(9, 1), torch.ones(0, 2), [[float("nan")]], [[1e7]]]
)
def test_matrices_that_do_not_fit_are_refused(grid, values):
    with pytest.raises(ValueError, match=r"^kernel must be a matrix of 1×1 to 8×8"):
        grid.write(values)
    assert grid.read().tolist() == [[1, 2], [3, 0]]


@pytest.mark.parametrize(
    "value, text",
    [(2.0, "2"), (-0.5, "-0.5"), (1 / 9, "1/9"), (-7 / 273, "-1/39"), (1e-9, "1e-09")],
)
def test_numbers_are_shown_as_a_student_types_them(value, text):
    assert as_typed(value) == text
