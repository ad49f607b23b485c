"""View 3: the edge kernel of notebook 02 learns, or diverges."""

import re

import pytest
import torch

from cnn_course.networks import Conv2D, corr2d
from cnn_course.views import edge_learner
from cnn_course.views.edge_learner import (
    NUM_STEPS,
    WIDE,
    bar,
    design_matrix,
    learn,
    lowest_loss,
    noisy_target,
    random_start,
    rate_limit,
    verdict,
)


@pytest.fixture
def view():
    return edge_learner()


def begin(seed):
    return tuple(random_start(seed).tolist())


def loop(lr, num_steps, seed, Y):
    """The loop of notebook 02, as it stands there."""
    torch.manual_seed(seed)
    layer = Conv2D((1, 2))
    trace = []
    for _ in range(num_steps):
        loss = ((layer(bar()) - Y) ** 2).mean()
        trace.append([loss.item(), *layer.weight[0].tolist(), layer.bias.item()])
        layer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter -= lr * parameter.grad
    return torch.tensor(trace)


@pytest.mark.parametrize(
    "lr, noise, seed", [(0.3, 0.0, 0), (0.65, 0.0, 3), (0.7, 0.0, 1), (0.2, 0.3, 2)]
)
def test_learning_is_that_of_the_layer_and_autograd(lr, noise, seed):
    Y = noisy_target(noise).reshape(6, 7)
    expected = loop(lr, 30, seed, Y)
    found = learn(lr, noise, begin(seed))[:30]
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-5)


def test_learning_starts_where_the_notebook_does():
    assert torch.equal(learn(0.3, 0.0), learn(0.3, 0.0, begin(0)))


def test_without_noise_the_kernel_of_the_notebook_is_wanted():
    Y = corr2d(bar(), torch.tensor([[1.0, -1.0]]))
    assert torch.equal(noisy_target(0.0).reshape(6, 7), Y)
    assert Y[0].tolist() == [0, 1, 0, 0, 0, -1, 0]


def test_noise_has_the_standard_deviation_asked_for():
    noise = noisy_target(0.5) - noisy_target(0.0)
    assert 0.4 < noise.std() < 0.6
    torch.testing.assert_close(noisy_target(1.0) - noisy_target(0.0), 2 * noise)


def test_the_limit_of_the_rate_is_that_of_the_hessian():
    A, Y = design_matrix(), noisy_target(0.0)
    hessian = torch.autograd.functional.hessian(
        lambda parameters: ((A @ parameters - Y) ** 2).mean(), torch.zeros(3)
    )
    limit = (2 / torch.linalg.eigvalsh(hessian).max()).item()
    assert rate_limit() == pytest.approx(limit, rel=1e-5)
    assert round(rate_limit(), 3) == 0.676


def test_the_limit_parts_learning_from_running_away():
    for seed in range(5):
        below = learn(0.99 * rate_limit(), 0.0, begin(seed))[:, 0]
        assert (below[1:] < below[:-1]).all()
        above = learn(1.01 * rate_limit(), 0.0, begin(seed))[:, 0]
        assert above[-1] > above[NUM_STEPS // 2] > above[NUM_STEPS // 4]


def test_the_floor_is_the_lowest_loss_there_is():
    assert lowest_loss(0.0) == pytest.approx(0, abs=1e-12)
    for noise in (0.1, 0.5):
        A, Y = design_matrix(), noisy_target(noise)
        best = torch.linalg.solve(A.t() @ A, A.t() @ Y)
        left = ((A @ best - Y) ** 2).mean().item()
        assert lowest_loss(noise) == pytest.approx(left, rel=1e-4)
        losses = learn(0.5, noise, begin(4))[:, 0]
        assert losses.min() > 0.9999 * lowest_loss(noise)
        assert losses[-1] == pytest.approx(lowest_loss(noise), rel=1e-3)


@pytest.mark.parametrize(
    "losses, lr, floor, words, step",
    [
        ([1.0, 0.5], 0.3, 0, "0.6757: every step lowers the loss", None),
        ([1.0, 0.5], 0.3, 0.04, "stays above 0.04", None),
        ([1.0, 0.5], 0.7, 0, "above the limit 0.6757: each step jumps", None),
        ([1.0, 0.5, 0.8, 2.0], 0.7, 0.04, "diverged at step 3, where", 3),
        ([1.0, 9.0, torch.inf], 3, 0, "step 1, and at step 2 outgrew 32 bits", 1),
        ([1.0, torch.inf, torch.nan], 9, 0, "at step 1, and at step 1 outgrew", 1),
        ([1.0, torch.nan], 9, 0, "diverged at step 1, and at step 1 outgrew", 1),
    ],
)
def test_what_became_of_the_loss_is_said(losses, lr, floor, words, step):
    said, diverged = verdict(torch.tensor(losses), lr, floor)
    assert words in said and diverged == step


def test_the_view_opens_at_step_0_and_tells_nothing_before(view):
    assert view.label.startswith("step 0: loss 0.558, kernel [1.54, −0.29], bias 0.00")
    assert "lowers" not in view.label and "limit" not in view.label


def test_the_label_has_the_numbers(view):
    view.controls["num_steps"].value = 30
    loss, left, right, bias = learn(0.3, 0.0)[30].tolist()
    numbers = f"step 30: loss {loss:.3g}, kernel [{left:.2f}, −{-right:.2f}], "
    assert numbers + f"bias {abs(bias):.2f}; rate 0.3 is below" in view.label
    view.controls["noise"].slider.value = 0.2
    assert f"stays above {lowest_loss(0.2):.3g}" in view.label


@pytest.mark.parametrize("lr", [1e-6, 0.3, 0.6757, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("noise", ["0", "10"])
def test_every_rate_is_drawn_even_when_the_numbers_end(view, lr, noise):
    view.controls["lr"].write(lr)
    view.controls["noise"].field.value = noise
    for num_steps in (0, 1, NUM_STEPS // 2, NUM_STEPS):
        view.controls["num_steps"].value = num_steps
        assert view.message.value == "" and f"step {num_steps}:" in view.label
        assert ("loss nan" in view.label) == (lr >= 3 and num_steps >= 50)


def test_the_step_is_dragged_along_the_curves(view):
    at, x = re.search(r'data-at="(num_steps:(\d+))"', view.picture.svg).groups()
    view.touch("press", at, x=int(x) + WIDE * 0.2)
    assert "step 20:" in view.label
    view.touch("drag", at, x=int(x) + WIDE * 0.3)
    assert "step 30:" in view.label
    view.touch("drag", at, x=int(x) - 99)
    assert "step 0:" in view.label
    view.touch("press", at, x=int(x) + WIDE / 2, key="Enter")  # has no place
    view.touch("key", at, key="ArrowLeft")
    assert "step 0:" in view.label
    view.touch("key", at, key="End")
    view.touch("key", at, key="ArrowLeft")
    assert "step 99:" in view.label and view.controls["num_steps"].value == 99


def test_the_start_is_dragged_typed_or_drawn_at_random(view):
    view.touch("press", "start:0,0", x=100)
    view.touch("drag", "start:0,0", x=180)
    assert "kernel [2.54, −0.29]" in view.label
    view.touch("key", "start:0,1", key="-")
    assert "start row 1, column 2: type a number" in view.message.value
    view.touch("key", "start:0,1", key="1")
    assert "kernel [2.54, −1.00]" in view.label and view.message.value == ""
    for seed in (1, 0):
        view.touch("press", f"start:seed:{seed}")
        left, right = begin(seed)
        shown = f"kernel [{left:.2f}, {right:.2f}]".replace("-", "−")
        assert shown in view.label
    view.controls["num_steps"].value = 30
    assert "step 30: loss 2.16e-05" in view.label  # to the last digit the notebook's


def test_moving_the_steps_learns_nothing_anew(view):
    before = learn.cache_info().misses
    view.controls["num_steps"].value = 31
    assert learn.cache_info().misses == before
