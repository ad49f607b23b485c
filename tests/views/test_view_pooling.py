"""View 5: pooling, and where each gradient goes."""

import re

import pytest
import torch
import torch.nn.functional as F
from view_helpers import draws

from cnn_course.views.pooling import (
    arriving_gradient,
    output_shape,
    pool,
    pool_backward,
    pooling_explorer,
    shares,
)

X = torch.tensor([[1.0, 3, 2, 0], [5, 3, 1, 1], [0, 2, 4, 8], [2, 0, 6, 6]])
TORCH = {"max": F.max_pool2d, "average": F.avg_pool2d}


@pytest.mark.parametrize("mode", TORCH)
def test_forwards_and_backwards_as_torch_on_random_shapes(mode):
    generator = torch.Generator().manual_seed(0)
    met = set()
    for H, W, window, stride in draws(60, (4, 9), (4, 9), (1, 5), (1, 5)):
        left_out = (H - window) % stride > 0
        met.add("overlap" if stride < window else "left out" if left_out else "even")
        # Few different numbers, so that there are ties.
        A = torch.randint(-3, 4, (H, W), generator=generator).float().requires_grad_()
        Y = TORCH[mode](A[None, None], window, stride)[0, 0]
        gradient = torch.randn(Y.shape, generator=generator)
        Y.backward(gradient)
        share = shares(A.detach(), window, stride, mode)
        assert output_shape(A, window, stride) == tuple(Y.shape)
        assert torch.allclose(pool(A.detach(), share), Y.detach(), atol=1e-6)
        back = pool_backward(gradient, share)
        assert torch.allclose(back, A.grad, atol=1e-6)
        assert back.sum().item() == pytest.approx(gradient.sum().item(), abs=1e-4)
    assert met == {"overlap", "left out", "even"}


def test_the_gradient_that_arrives():
    assert arriving_gradient("tens", (2, 2)).tolist() == [[10, 20], [30, 40]]
    assert arriving_gradient("ones", (1, 3)).tolist() == [[1, 1, 1]]


@pytest.fixture
def view():
    return pooling_explorer()


def arrows(view):
    """Return the numbers on the strong arrows, as written."""
    strong = r'<path [^>]*stroke="var\(--cnn-blue\)".*?<text[^>]*>([^<]*)<'
    return re.findall(strong, view.picture.svg)


@pytest.mark.parametrize(
    "mode, window, stride, place, parts",
    [
        (
            "max",
            2,
            2,
            "0,0",
            ["largest of 1, 3, 5, 3: 5", "10 goes to the winner, row 2,"],
        ),
        (
            "max",
            2,
            2,
            "1,0",
            ["2 is there 2 times: the first", "30 goes to the winner"],
        ),
        ("max", 2, 1, "1,2", ["row 3, column 4", "wins 2 times: 60 + 90 = 150"]),
        ("average", 2, 2, "1,1", ["average of 4, 8, 6, 6: 6", "40 / 4 = 10 each"]),
        ("average", 3, 1, "0,0", ["5, 3, 1, 0, 2, 4: 2.33", "10 / 9 ≈ 1.11 each"]),
        ("average", 4, 1, "0,0", ["average of 16 numbers: 2.75", "10 / 16"]),
        ("max", 2, 3, "0,0", ["12 of 16 inputs are in no window: gradient 0"]),
        (
            "max",
            3,
            3,
            "0,0",
            ["in all 10 arrive and the inputs get 10: nothing is lost"],
        ),
    ],
)
def test_the_output_in_focus_says_where_its_gradient_goes(
    view, mode, window, stride, place, parts
):
    view.touch("press", f"mode:{['max', 'average'].index(mode)}")
    view.controls["window"].write(window)
    view.controls["stride"].write(stride)
    view.touch("hover", f"place:{place}")
    assert f"{mode} pooling, window {window}, stride {stride}; " in view.label
    for part in parts:
        assert part in view.label


def test_arrows_carry_the_gradients_to_the_same_winner(view):
    assert arrows(view) == ["10"]
    view.controls["stride"].write(1)
    view.touch("press", "place:2,2")
    assert arrows(view) == ["60", "90"] and ">150</text>" in view.picture.svg
    view.touch("press", "mode:1")
    assert arrows(view) == ["22.5"] * 4 and "90 / 4 = 22.5 each" in view.label
    view.touch("press", "arriving:1")
    assert arrows(view) == ["0.25"] * 4 and "in all 9 arrive" in view.label


def test_inputs_are_typed_where_they_are_seen_and_kept_when_there_are_more(view):
    view.touch("key", "X:0,0", key="9")
    assert "largest of 9, 3, 5, 3: 9; its gradient 10 goes to the winner, row 1" in (
        view.label
    )
    view.touch("press", "size:2")
    assert "input row 5, column 5: 0" in view.picture.svg
    assert (
        "9 of 25 inputs are in no window" in view.label and "9, 3, 5, 3" in view.label
    )
    assert view.picture.svg.count(">×</text>") == 9
    view.touch("key", "place:0,0", key="ArrowDown")
    assert "output row 2, column 1: " in view.label
    view.touch("key", "X:0,0", key="Delete")
    assert "input row 1, column 1: type a number" in view.message.value


def test_large_and_odd_inputs_are_drawn():
    view = pooling_explorer(torch.full((8, 8), -1e6, requires_grad=True))
    view.controls["stride"].write(1)
    assert "in all 12250 arrive" in view.label and view.message.value == ""
    assert "−1e+06 is there 4 times" in view.label
    view = pooling_explorer([[1, 2, 3]])
    assert "window 1, stride 2; output row 1, column 1: largest of 1: 1" in view.label
