"""View 5: pooling, and where each gradient goes."""

import pytest
import torch
import torch.nn.functional as F
from view_helpers import draws

from cnn_course.views.pooling import (
    arriving_gradient,
    draw_pooling,
    output_shape,
    pool,
    pool_backward,
    pooling_explorer,
    shares,
)

X = torch.tensor([[1.0, 3, 2, 0], [5, 3, 1, 1], [0, 2, 4, 8], [2, 0, 6, 6]])
TORCH = {"max": F.max_pool2d, "average": F.avg_pool2d}
TENS = "10, 20, 30, …"


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
    assert arriving_gradient(TENS, (2, 2)).tolist() == [[10, 20], [30, 40]]
    assert arriving_gradient("all 1", (1, 3)).tolist() == [[1, 1, 1]]


@pytest.mark.parametrize(
    "mode, window, stride, step, parts",
    [
        ("max", 2, 2, 1, ["largest of 1, 3, 5, 3: 5", "10 goes to the winner, row 2,"]),
        ("max", 2, 2, 3, ["2 is there 2 times: the first", "30 goes to the winner"]),
        ("max", 2, 1, 6, ["row 3, column 4", "wins 2 times: 60 + 90 = 150"]),
        ("average", 2, 2, 4, ["average of 4, 8, 6, 6: 6", "40 / 4 = 10 each"]),
        ("average", 3, 1, 1, ["5, 3, 1, 0, 2, 4: 2.33", "10 / 9 ≈ 1.11 each"]),
        ("average", 4, 1, 1, ["average of 16 numbers: 2.75", "10 / 16"]),
        ("max", 2, 3, 1, ["12 of 16 inputs are in no window: gradient 0"]),
        ("max", 3, 3, 1, ["in all 10 arrive and the inputs get 10: nothing is lost"]),
    ],
)
def test_the_text_says_where_the_gradient_goes(mode, window, stride, step, parts):
    _, text = draw_pooling(X, mode, window, stride, step, TENS)
    for part in parts:
        assert part in text


def test_large_and_odd_inputs_are_drawn():
    view = pooling_explorer(torch.full((8, 8), -1e6, requires_grad=True))
    view.controls["stride"].write(1)
    assert "step 1 of 49" in view.last_text and view.message.value == ""
    assert "−1e+06 is there 4 times" in view.last_text
    view = pooling_explorer([[1, 2, 3]])
    assert "window 1, stride 2, step 1 of 2" in view.last_text
