"""View 1: the window moves, multiplies and adds."""

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from view_helpers import draws

from cnn_course.views.correlation import K_DEFAULT, X_DEFAULT, correlate
from cnn_course.views.correlation import correlation_stepper as stepper


@pytest.fixture
def view():
    return stepper()


def test_the_output_is_torch_s_on_random_shapes():
    sizes = (3, 9), (3, 9), (1, 4), (1, 4)
    for H, W, h, w, padding, stride, flip in draws(40, *sizes, (0, 3), (1, 5), (0, 2)):
        A, B = torch.randn(H, W), torch.randn(h, w)
        _, laid, Y = correlate(A, B, padding, stride, bool(flip))
        used = B.flip(0, 1) if flip else B
        wanted = F.conv2d(A[None, None], used[None, None], None, stride, padding)[0, 0]
        assert torch.allclose(Y, wanted) and torch.equal(laid, used)


def test_notebook_01_tells_the_truth_about_padding_1():
    X, K = torch.tensor(X_DEFAULT).float(), torch.tensor(K_DEFAULT).float()
    Y, turned = (correlate(X, K, 1, 1, flip)[2] for flip in (False, True))
    assert Y.max() == Y[2, 3] == 19 and (Y == 19).sum() == 1
    assert (Y == turned).nonzero().tolist() == [[0, 3]]


def test_every_sum_that_is_written_out_is_the_output():
    torch.manual_seed(1)
    A, B = torch.randint(-9, 9, (4, 5)).float(), torch.randint(-3, 4, (2, 4)).float()
    view = stepper(A, B)
    view.controls["padding"].write(1)
    view.controls["stride"].write(2)
    view.touch("press", "flip:0")
    _, _, Y = correlate(A, B, 1, 2, True)
    for i, j in np.ndindex(*Y.shape):
        view.touch("press", f"place:{i},{j}")
        written = view.label.replace("−", "-").split(": ")[1].split(";")[0]
        *factors, total = map(int, re.findall(r"-?\d+", written))
        products = np.array(factors).reshape(8, 2).prod(axis=1)
        assert products.sum() == total == Y[i, j]


def test_an_output_is_shown_when_it_is_pressed_and_not_before(view):
    view.touch("hover", "place:1,0")
    assert "row 2, column 1: 3·1 + 1·2 + 1·3 + 2·0 = ?" in view.label
    view.touch("press", "place:0,1")
    view.touch("key", "place:0,1", key="ArrowLeft")
    assert "row 1, column 1: 1·1 + 2·2 + 3·3 + 1·0 = ?" in view.label
    assert ">5</text>" in view.picture.svg and ">14</text>" not in view.picture.svg
    view.touch("press", "reveal:0")
    assert "= 14;" in view.label and "4 of 4 shown" in view.label
    view.touch("press", "reveal:0")
    assert "1 of 4 shown" in view.label
    view.touch("key", "K:0,0", key="2")  # other outputs: to be predicted anew
    assert "0 of 4 shown" in view.label


def test_the_window_stays_among_the_outputs_and_comes_to_what_is_pointed_at(view):
    view.controls["padding"].write(1)
    view.touch("hover", "place:3,3")
    assert "row 4, column 4" in view.label and "0 of 16 shown" in view.label
    view.controls["stride"].write(2)
    found = re.findall(r'data-hover="place:(\d),(\d)"', view.picture.svg)[:25]
    # Corners, and row 2, column 3 of the padded input
    assert [found[n] for n in (0, 24, 7)] == [("0", "0"), ("1", "1"), ("0", "1")]
    view.touch("press", "size:4")
    assert "row 2, column 2" in view.label and "kernel 3×3" in view.label


def test_large_and_odd_matrices_are_drawn():
    view = stepper(torch.full((8, 8), 1e6), torch.full((5, 5), -1e6))
    view.touch("press", "place:0,0")
    assert "≈ −2e+13" in view.label and view.message.value == ""
    view = stepper(torch.ones(1, 8, requires_grad=True), [[1, -1]])
    assert "1·1 + 1·(−1) = ?" in view.label and "0 of 7 shown" in view.label
    view.touch("press", "size:4")  # from 1×2 to 3×3: nowhere
    assert "the kernel spans 3 numbers, but only 1" in view.message.value
    view.touch("press", "size:0")
    assert view.message.value == "" and "0 of 8 shown" in view.label
