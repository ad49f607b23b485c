"""View 1: the window moves, multiplies and adds."""

import pytest
import torch
import torch.nn.functional as F
from view_helpers import draws

from cnn_course.networks import corr2d
from cnn_course.views.correlation import (
    correlate,
    correlation_stepper,
    draw_correlation,
)

X = torch.tensor([[1.0, 2, 0], [3, 1, 4], [1, 2, 5]])
K = torch.tensor([[1.0, 2], [3, 0]])


@pytest.fixture
def view():
    return correlation_stepper()


def test_the_output_is_torch_s_on_random_shapes():
    sizes = (3, 9), (3, 9), (1, 4), (1, 4)
    for H, W, h, w, padding, stride, flip in draws(40, *sizes, (0, 3), (1, 5), (0, 2)):
        A, B = torch.randn(H, W), torch.randn(h, w)
        padded, laid, Y = correlate(A, B, padding, stride, bool(flip))
        used = B.flip(0, 1) if flip else B
        wanted = F.conv2d(A[None, None], used[None, None], None, stride, padding)[0, 0]
        assert torch.allclose(Y, wanted) and torch.equal(laid, used)
        assert padded.shape == (H + 2 * padding, W + 2 * padding)
        assert torch.allclose(corr2d(padded, laid)[::stride, ::stride], Y, atol=1e-5)


def test_notebook_01_tells_the_truth_about_padding_1():
    _, _, Y = correlate(X, K, 1, 1, False)
    _, _, turned = correlate(X, K, 1, 1, True)
    assert Y.max() == Y[2, 3] == 19 and (Y == 19).sum() == 1
    assert (Y == turned).nonzero().tolist() == [[0, 3]]


def test_every_sum_that_is_written_out_is_the_output():
    torch.manual_seed(1)
    A, B = torch.randint(-9, 9, (4, 5)).float(), torch.randint(-3, 4, (2, 3)).float()
    _, _, Y = correlate(A, B, 1, 2, True)
    for step, value in enumerate(Y.flatten().tolist(), 1):
        _, text = draw_correlation(A, B, step, padding=1, stride=2, flip=True)
        products, total = text.split(": ")[1].split(";")[0].split(" = ")
        terms = [
            [float(factor.strip("()").replace("−", "-")) for factor in term.split("·")]
            for term in products.split(" + ")
        ]
        assert len(terms) == 6
        assert sum(a * b for a, b in terms) == float(total.replace("−", "-")) == value


def test_padding_gives_more_outputs_and_the_first_is_shown(view):
    view.controls["step"].number.field.value = "7"  # too large, until there are 16
    view.controls["padding"].write(1)
    assert view.message.value == "" and "column 1, step 1 of 16" in view.last_text
    assert len(view.controls["step"].cells.children) == 16
    view.controls["step"].buttons[15].click()
    view.controls["padding"].write(0)
    assert "step 1 of 4" in view.last_text and view.message.value == ""


def test_a_kernel_that_does_not_fit_is_told_and_the_view_recovers(view):
    view.controls["K"].write(torch.ones(4, 4))
    assert "the kernel spans 4 numbers, but only 3" in view.message.value
    view.controls["K"].write(K)
    assert view.message.value == ""


def test_large_and_odd_matrices_are_drawn():
    view = correlation_stepper(torch.full((8, 8), 1e6), torch.full((5, 5), -1e6))
    assert "≈ −2e+13" in view.last_text and view.message.value == ""
    view.controls["padding"].write(2)
    assert "step 1 of 64" in view.last_text
    view = correlation_stepper(torch.ones(1, 8, requires_grad=True), [[1, -1]])
    assert "step 1 of 7: 1·1 + 1·(−1) = 0" in view.last_text
