"""View 3, for notebook 02: an edge kernel learns, step by step, or runs away."""

import functools

import ipywidgets
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.networks import corr2d
from cnn_course.views.kit.board import BLUE, GREEN, GREY, ORANGE, Board, grey
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.curves import Axes
from cnn_course.views.kit.texts import short
from cnn_course.views.kit.view import View

NUM_STEPS = 100
RATES = (1e-6, 10.0)  # that may be typed: at 10 the loss overflows after 13 steps
NO_RATE = ("at 0 it never moves the kernel, below it goes uphill", "")
CELL = 25  # side of a drawn pixel


def bar():
    """Return the toy of notebook 02, a black bar on white, (6, 8)."""
    X = torch.ones(6, 8)
    X[:, 2:6] = 0
    return X


def design_matrix():
    """Return what the two weights and the bias are multiplied by, (42 places, 3)."""
    windows = bar().unfold(1, 2, 1).reshape(42, 2)
    return torch.cat([windows, torch.ones(42, 1)], dim=1)


@functools.cache
def rate_limit():
    """Return 2 / λ, λ the largest eigenvalue of the Hessian of the loss."""
    A = design_matrix().double()
    return 2 / torch.linalg.eigvalsh(2 * A.t() @ A / len(A)).max().item()


def noisy_target(noise):
    """Return what is wanted, (42,): Y, and noise of this standard deviation on it."""
    Y = corr2d(bar(), torch.tensor([[1.0, -1.0]])).flatten()
    generator = torch.Generator().manual_seed(0)  # the same noise for every start
    return Y + noise * torch.randn(42, generator=generator)


@functools.lru_cache(maxsize=16)
def lowest_loss(noise):
    """Return the loss that the best kernel and bias leave, by least squares."""
    A, Y = design_matrix().double(), noisy_target(noise).double()
    best = torch.linalg.lstsq(A, Y[:, None]).solution[:, 0]
    return ((A @ best - Y) ** 2).mean().item()


@functools.lru_cache(maxsize=16)  # so that a move of the steps only draws
def learn(lr, noise, seed):
    """Return the loss, both weights and the bias after 0, 1, …, NUM_STEPS steps.

    (NUM_STEPS + 1, 4), the numbers of the loop in notebook 02. Instead of `backward`
    the gradient is written out: 2/42 · Aᵀ(A p − Y) for the parameters p.
    """
    A, Y = design_matrix(), noisy_target(noise)
    weights = torch.randn(2, generator=torch.Generator().manual_seed(seed))
    parameters = torch.cat([weights, torch.zeros(1)])
    trace = torch.empty(NUM_STEPS + 1, 4)
    for step in range(NUM_STEPS + 1):
        error = A @ parameters - Y
        trace[step, 0], trace[step, 1:] = (error**2).mean(), parameters
        parameters = parameters - lr * 2 / len(A) * (A.t() @ error)
    return trace


def first_step(condition):
    """Return the first step at which a (steps,) tensor of truths is true, or None."""
    steps = condition.nonzero()
    return steps[0].item() if len(steps) else None


def verdict(losses, lr, floor):
    """Say what has become of the loss, (steps taken + 1,); return (words, step).

    step  at which it diverged, or None. The loss is a bowl: below the limit of the
          rate every step lowers it, so one above the start has diverged.
    """
    diverged = first_step(~(losses <= losses[0]))  # true for nan as well
    overflow = first_step(~losses.isfinite())
    if overflow is not None:
        words = f"diverged at step {diverged}, and at step {overflow} outgrew 32 bits"
    elif diverged is not None:
        words = f"diverged at step {diverged}, where the loss passed its start"
    elif lr > rate_limit():
        words = "each step jumps farther across the valley"
    elif floor:
        words = f"no kernel explains noise, the loss stays above {floor:.3g}"
    else:
        words = "every step lowers the loss, towards 0"
    side = "above" if lr > rate_limit() else "below"
    return f"rate {lr:g} is {side} the limit {rate_limit():.4f}: {words}", diverged


def draw_edge_learner(lr, num_steps, noise, seed):
    """Draw the first `num_steps` steps of learning; return (board, text)."""
    trace = learn(lr, noise, seed)
    floor = lowest_loss(noise) if noise else 0
    words, diverged = verdict(trace[: num_steps + 1, 0], lr, floor)
    board = Board(860, 488)
    board.text(4, 14, words, size=16, bold=True, anchor="lm")
    _draw_losses(board, 52, 80, trace[:, 0], num_steps, floor, diverged)
    _draw_parameters(board, 484, 80, trace[: num_steps + 1, 1:])
    _draw_layer(board, 332, trace[num_steps, 1:], noisy_target(noise).reshape(6, 7))
    loss, left, right, bias = trace[num_steps].tolist()
    return board, (
        f"step {num_steps}: loss {loss:.3g}, kernel [{short(left)}, {short(right)}], "
        f"bias {short(bias)}; {words}"
    )


def _draw_losses(board, x, y, losses, num_steps, floor, diverged):
    """Draw the loss, on axes for all steps, so that they stand still."""
    losses = losses.clamp(min=1e-12)
    finite = losses[losses.isfinite()]
    ylim = (finite.min().item() / 2, 2 * finite.max().item())
    title = "loss, logarithmic"
    axes = Axes(board, x, y, title, "steps taken", NUM_STEPS, ylim, log=True)
    _curve(axes, f"loss {losses[num_steps]:.3g}", losses[: num_steps + 1], BLUE)
    if floor:
        axes.curve(f"floor {floor:.3g}", [0, NUM_STEPS], [floor] * 2, GREY, 1)
    if diverged is not None:
        axes.curve(f"diverged: step {diverged}", [diverged] * 2, ylim, ORANGE, 1)


def _draw_parameters(board, x, y, parameters):
    """Draw both weights and the bias, (steps taken + 1, 3), as they moved."""
    top = 1.1 * max(1.5, parameters[parameters.isfinite()].abs().max().item())
    title = "weights of the kernel, and the bias"
    axes = Axes(board, x, y, title, "steps taken", NUM_STEPS, (-top, top))
    names = {"left": BLUE, "right": ORANGE, "bias": GREEN}
    for (name, colour), values in zip(names.items(), parameters.t(), strict=True):
        _curve(axes, f"{name} {short(values[-1].item())}", values, colour)


def _curve(axes, name, values, colour):
    """Draw values by step, as far as they are finite."""
    values = values[values.isfinite()]
    marker = "dot" if len(values) == 1 else None  # one point makes no line
    axes.curve(name, range(len(values)), values, colour, 2, marker)


def _draw_layer(board, y, parameters, target):
    """Draw the picture, the kernel, what it gives and what it should give."""
    *weights, bias = parameters.tolist()
    kernel = torch.tensor([weights])
    output = corr2d(bar(), kernel) + bias
    values = torch.cat([output, target, kernel.expand(6, 2)], dim=1)
    top = values[values.isfinite()].abs().max().item()
    titles = {4: "the picture", 246: "kernel", 388: "the layer gives", 640: "wanted"}
    for x, title in titles.items():
        board.title(x, y - 14, title)
    board.paste(grey(bar()), 4, y, 8 * CELL, 6 * CELL, "black")
    board.text(225, y + 3 * CELL, "⋆", size=28)
    board.grid(kernel, 246, y + 3 * CELL - 25, 50, top=top)
    board.text(296, y + 3 * CELL + 44, f"+ bias {short(bias)}", size=14)
    board.text(367, y + 3 * CELL, "=", size=22)
    board.grid(output, 388, y, CELL, top=top)
    board.grid(target, 640, y, CELL, top=top)


@torch_as_it_starts()
def edge_learner():
    """Return the view: press play, or move the steps; then try other rates."""
    steps = Number("steps", 30, 0, NUM_STEPS)
    play = ipywidgets.Play(value=30, max=NUM_STEPS, interval=150, show_repeat=False)
    play.tooltip = "play, stop"
    ipywidgets.jslink((play, "value"), (steps.slider, "value"))
    steps.children = (*steps.children, play)
    return View(
        "Learning an edge kernel, live",
        "play at rate 0.3, then at 0.67 and at 0.68: what changes? "
        "With noise, does the loss still reach 0?",
        {
            "lr": Number(
                "learning rate", 0.3, 0.01, 1.0, 0.01, limits=RATES, why=NO_RATE
            ),
            "num_steps": steps,
            "noise": Number("noise", 0.0, 0.0, 0.5, 0.01, limits=(0.0, 10.0)),
            "seed": Number("start", 0, 0, 20, limits=(0, 10**9)),
        },
        draw_edge_learner,
        rows=[["lr", "noise", "seed"], ["num_steps"]],
    )
