"""View 4: output sizes, seen pixels, receptive fields."""

import pytest
import torch
from torch import nn
from view_helpers import draws

from cnn_course.views import output_size_calculator
from cnn_course.views.output_size import coverage, output_size, parse_stack

SIZES = draws(400, (1, 20), (1, 6), (0, 4), (1, 5), (1, 4))
FITTING = [(n, k, p, s, d) for n, k, p, s, d in SIZES if d * (k - 1) < n + 2 * p][:200]


def test_output_size_is_torch_s():
    assert len(FITTING) == 200
    for n, k, p, s, d in FITTING:
        layer = nn.Conv1d(1, 1, k, padding=p, stride=s, dilation=d)
        assert output_size(n, k, p, s, d) == layer(torch.zeros(1, 1, n)).shape[-1]


def test_coverage_counts_the_windows_that_see_a_pixel():
    for n, k, p, s, d in FITTING[:50]:
        X = torch.zeros(1, 1, n + 2 * p, requires_grad=True)
        weight = torch.ones(1, 1, k)
        nn.functional.conv1d(X, weight, stride=s, dilation=d).sum().backward()
        assert coverage(n, k, p, s, d).tolist() == X.grad[0, 0].int().tolist()


def test_stacks_are_read():
    assert parse_stack("5/1, 2/2,3") == [(5, 1), (2, 2), (3, 1)]
    for text in ("", "x", "3/0", "0/1", "3/1;2", "-3", "3/1," * 9, "1e3"):
        with pytest.raises(ValueError, match="stack: "):
            parse_stack(text)


def test_alexnet_never_looks_at_one_column_of_224():
    view = output_size_calculator()
    view.controls["n"].write(224)
    view.controls["kernel_size"].write(11)
    view.controls["stride"].write(4)
    assert "54×54" in view.text.value and "447 of 50,176" in view.text.value
