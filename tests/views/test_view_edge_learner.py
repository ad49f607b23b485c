"""View 3: the edge kernel of notebook 02 learns, or diverges."""

import ipywidgets
import pytest
import torch

from cnn_course.networks import Conv2D, corr2d
from cnn_course.views import edge_learner
from cnn_course.views.edge_learner import (
    NUM_STEPS,
    bar,
    design_matrix,
    draw_edge_learner,
    learn,
    lowest_loss,
    noisy_target,
    rate_limit,
    verdict,
)


@pytest.fixture
def view():
    return edge_learner()


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
    torch.testing.assert_close(
        learn(lr, noise, seed)[:30], expected, rtol=1e-3, atol=1e-5
    )


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
        below = learn(0.99 * rate_limit(), 0.0, seed)[:, 0]
        assert (below[1:] < below[:-1]).all()
        above = learn(1.01 * rate_limit(), 0.0, seed)[:, 0]
        assert above[-1] > above[NUM_STEPS // 2] > above[NUM_STEPS // 4]


def test_the_floor_is_the_lowest_loss_there_is():
    assert lowest_loss(0.0) == pytest.approx(0, abs=1e-12)
    for noise in (0.1, 0.5):
        A, Y = design_matrix(), noisy_target(noise)
        best = torch.linalg.solve(A.t() @ A, A.t() @ Y)
        left = ((A @ best - Y) ** 2).mean().item()
        assert lowest_loss(noise) == pytest.approx(left, rel=1e-4)
        losses = learn(0.5, noise, 4)[:, 0]
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


def test_the_text_has_the_numbers(view):
    loss, left, right, bias = learn(0.3, 0.0, 0)[30].tolist()
    numbers = f"step 30: loss {loss:.3g}, kernel [{left:.2f}, −{-right:.2f}], "
    assert numbers + f"bias {abs(bias):.2f}; rate 0.3 is below" in view.text.value
    view.controls["noise"].slider.value = 0.2
    assert f"stays above {lowest_loss(0.2):.3g}" in view.text.value


@pytest.mark.parametrize("lr", [1e-9, 0.3, 0.6757, 1.0, 3.0, 10.0])
@pytest.mark.parametrize("noise", [0.0, 10.0])
def test_every_rate_is_drawn_even_when_the_numbers_end(lr, noise):
    for num_steps in (0, 1, NUM_STEPS // 2, NUM_STEPS):
        board, text = draw_edge_learner(lr, num_steps, noise, 1)
        assert board.image.getextrema() != ((255, 255),) * 3
        assert ("loss nan" in text) == (lr >= 3 and num_steps >= 50)


def test_moving_the_steps_learns_nothing_anew(view):
    before = learn.cache_info().misses
    view.controls["num_steps"].slider.value = 31
    assert learn.cache_info().misses == before
    view.controls["seed"].slider.value = 19
    assert learn.cache_info().misses == before + 1


def test_play_begins_where_the_steps_are(view):
    steps = view.controls["num_steps"]
    (play,) = (w for w in steps.children if isinstance(w, ipywidgets.Play))
    # Linked in the browser, where the one that differs would pull the other along.
    for name in ("value", "min", "max"):
        assert getattr(play, name) == getattr(steps.slider, name)
