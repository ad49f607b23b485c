"""View 3: the edge kernel of notebook 02 learns, or diverges."""

import re

import pytest
import torch

from cnn_course.networks import Conv2D, corr2d
from cnn_course.views import edge_learner
from cnn_course.views.edge_learner import (
    BAR,
    LEFT,
    LIMIT,
    START,
    WIDE,
    learn,
    lowest_loss,
    noisy_target,
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
        loss = ((layer(BAR) - Y) ** 2).mean()
        trace.append([loss.item(), *layer.weight[0].tolist(), layer.bias.item()])
        layer.zero_grad()
        loss.backward()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter -= lr * parameter.grad
    return torch.tensor(trace)


@pytest.mark.parametrize(
    "lr, noise, seed", [(0.3, 0.0, 0), (0.7, 0.0, 1), (0.2, 0.3, 2)]
)
def test_learning_is_that_of_the_layer_and_autograd(lr, noise, seed):
    expected = loop(lr, 30, seed, noisy_target(noise).reshape(6, 7))
    start = tuple(expected[0, 1:3].tolist())
    found = learn(lr, noise, start)[:30]
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-5)
    assert seed or start == START  # where the notebook starts
    wanted = corr2d(BAR, torch.tensor([[1.0, -1.0]])).flatten()
    assert (noisy_target(noise) - wanted).std() == pytest.approx(noise, rel=0.2)


def test_the_limit_parts_learning_from_running_away():
    assert round(LIMIT, 3) == 0.676
    below = learn(0.99 * LIMIT, 0.0)[:, 0]
    assert (below[1:] < below[:-1]).all()
    above = learn(1.01 * LIMIT, 0.0)[:, 0]
    assert above[100] > above[50] > above[25]


def test_what_became_of_the_loss_is_said():
    for losses, lr, noise, words in [
        ([1.0, 0.5], 0.3, 0, "below the limit 0.6757: every step lowers the loss"),
        ([1.0, 0.5], 0.3, 0.1, "stays above 0.00828"),
        ([1.0, 0.5], 0.7, 0, "above the limit 0.6757: each step jumps"),
        ([1.0, 0.5, 0.8, 2.0], 0.7, 0.1, "diverged at step 3$"),
        ([1.0, 9.0, torch.inf], 3, 0, "diverged at step 1, then outgrew 32 bits"),
    ]:
        assert re.search(words, verdict(torch.tensor(losses), lr, noise))


def test_the_label_has_the_numbers(view):
    assert view.label.startswith("step 0: loss 0.558, kernel [1.54, −0.29], bias 0.00")
    learned = learn.cache_info().misses
    view.controls["num_steps"].value = 30
    assert learn.cache_info().misses == learned  # a move of the steps only draws
    # To the last digit the notebook's.
    assert "step 30: loss 2.16e-05, kernel [1.00, −0.99], bias 0.00; rate" in view.label
    view.controls["noise"].slider.value = 0.2
    assert f"stays above {lowest_loss(0.2):.3g}" in view.label
    assert learn(0.5, 0.2)[-1, 0].item() == pytest.approx(lowest_loss(0.2), rel=1e-3)


@pytest.mark.parametrize("lr, noise", [(1e-6, 0), (0.6757, 10), (10, 10)])
def test_every_rate_is_drawn_even_when_the_numbers_end(view, lr, noise):
    view.controls["lr"].write(lr)
    view.controls["noise"].write(noise)
    for num_steps in (0, 1, 100):
        view.controls["num_steps"].value = num_steps
        assert view.message.value == "" and f"step {num_steps}:" in view.label
        assert ("loss nan" in view.label) == (lr == 10 and num_steps == 100)


def test_the_step_is_dragged_along_the_loss(view):
    for kind, x, step in [("press", 0.2, 20), ("drag", 0.3, 30), ("drag", -9, 0)]:
        view.touch(kind, "num_steps:", x=LEFT + WIDE * x)
        assert f"step {step}:" in view.label
    view.touch("press", "num_steps:", x=LEFT + WIDE / 2, key="Enter")  # has no place
    for key, step in [("ArrowLeft", 0), ("End", 100), ("ArrowLeft", 99), ("Home", 0)]:
        view.controls["num_steps"].playing = True
        view.touch("key", "num_steps:", key=key)
        assert not view.controls["num_steps"].playing
        assert f"step {step}:" in view.label


def test_the_start_is_dragged_or_typed(view):
    view.touch("press", "start:0,0", x=100)
    view.touch("drag", "start:0,0", x=180)
    assert "kernel [2.54, −0.29]" in view.label
    view.touch("key", "start:0,1", key="-")
    assert "start row 1, column 2: type a number" in view.message.value
