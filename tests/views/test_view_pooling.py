"""View 5: pooling, and where each gradient goes."""

import re

import pytest
import torch
import torch.nn.functional as F
from view_helpers import draws

from cnn_course.views.pooling import pooling_explorer, shares

TORCH = {"max": F.max_pool2d, "average": F.avg_pool2d}


@pytest.mark.parametrize("mode", TORCH)
def test_shares_carry_inputs_forwards_and_gradients_backwards(mode):
    generator = torch.Generator().manual_seed(0)
    for H, W, window, stride in draws(20, (4, 9), (4, 9), (1, 5), (1, 5)):
        # Few different numbers, so that there are ties.
        A = torch.randint(-3, 4, (H, W), generator=generator).float().requires_grad_()
        Y = TORCH[mode](A[None, None], window, stride)[0, 0]
        gradient = torch.randn(Y.shape, generator=generator)
        Y.backward(gradient)
        share = shares(A.detach(), window, stride, mode)
        torch.testing.assert_close((share * A).sum(dim=(2, 3)), Y)
        torch.testing.assert_close(torch.einsum("ij,ijhw->hw", gradient, share), A.grad)


@pytest.fixture
def view():
    return pooling_explorer()


def arrows(view):
    """Return the numbers on the strong arrows, as written."""
    strong = r'<path [^>]*stroke="var\(--cnn-blue\)".*?<text[^>]*>([^<]*)<'
    return re.findall(strong, view.picture.svg)


SAID = [
    ("max", 2, 2, "1,0", "2 is there 2 times: the first one wins; its gradient 30"),
    ("max", 2, 1, "1,2", "row 3, column 4, which wins 2 times: 60 + 90 = 150"),
    ("max", 2, 3, "0,0", "×: 12 of 16 inputs are in no window"),
    ("average", 2, 2, "1,1", "4, 8, 6, 6: 6; its gradient is shared out: 40 / 4 = 10"),
    ("average", 3, 1, "0,0", "2, 4: 2.33; its gradient is shared out: 10 / 9 ≈ 1.11"),
]


@pytest.mark.parametrize(("mode", "window", "stride", "place", "words"), SAID)
def test_an_output_says_its_gradient_s_way(view, mode, window, stride, place, words):
    view.touch("press", f"mode:{list(TORCH).index(mode)}")
    view.controls["window"].write(window)
    view.controls["stride"].write(stride)
    view.touch("hover", f"place:{place}")
    assert f"{mode} pooling, window {window}, stride {stride}; " in view.label
    assert words in view.label


def test_arrows_carry_the_gradients_to_the_same_winner(view):
    assert arrows(view) == ["10"]
    view.controls["stride"].write(1)
    view.touch("press", "place:2,2")
    assert arrows(view) == ["60", "90"] and ">150</text>" in view.picture.svg
    view.touch("press", "mode:1")
    assert arrows(view) == ["22.5"] * 4 and "90 / 4 = 22.5 each" in view.label


def test_inputs_are_typed_where_they_are_seen(view):
    view.touch("key", "X:0,0", key="9")
    assert "largest of 9, 3, 5, 3: 9; its gradient 10" in view.label
    view.controls["stride"].write(3)
    assert view.picture.svg.count(">×</text>") == 12 and "9, 3, 5, 3" in view.label
    view.touch("key", "X:0,0", key="Delete")
    assert "input row 1, column 1: type a number" in view.message.value


def test_large_and_odd_inputs_are_drawn():
    view = pooling_explorer(torch.full((8, 8), -1e6, requires_grad=True))
    view.controls["stride"].write(1)
    assert "in all 12250 arrive" in view.label and view.message.value == ""
    view = pooling_explorer([[1, 2, 3], [4, 5, 6]])
    assert "output row 1, column 1: largest of 1, 2, 4, 5: 5" in view.label
