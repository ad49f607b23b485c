"""View 3, for notebook 02: an edge kernel learns, step by step, or runs away."""

import functools

import ipywidgets
import numpy as np
import torch
import torch.nn.functional as F

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import controls, parts, svg, touch
from cnn_course.views.kit.texts import number, short
from cnn_course.views.kit.view import View

NUM_STEPS = 100
BAR = torch.from_numpy(np.float32([[1, 1, 0, 0, 0, 0, 1, 1]] * 6))  # of notebook 02
# What the two weights and the bias are multiplied by, (42 places, 3).
A = F.pad(BAR.unfold(1, 2, 1).reshape(42, 2), (0, 1), value=1.0)
# 2 / λ, λ the largest eigenvalue of the Hessian of the loss
LIMIT = 2 / torch.linalg.eigvalsh(2 * A.double().t() @ A.double() / 42).max().item()
START = 1.5409960746765137, -0.293428897857666  # of torch.randn with seed 0
NO_RATE = ("at 0 it never moves the kernel, below it goes uphill", "")
# In CSS pixels: where curves begin, their size; the squares below, and the kernel.
LEFT, RIGHT, TOP, WIDE, HIGH, LOWER, CELL, MIDDLE = 54, 484, 74, 356, 130, 281, 31, 278


def noisy_target(noise):
    """Return what is wanted, (42,): Y, and noise of this standard deviation on it."""
    wanted = A @ torch.tensor([1.0, -1.0, 0.0])
    return wanted + noise * torch.randn(42, generator=torch.Generator().manual_seed(0))


def lowest_loss(noise):
    """Return the loss that the best kernel and bias leave, by least squares."""
    Y = noisy_target(noise).double()
    best = torch.linalg.lstsq(A.double(), Y[:, None]).solution[:, 0]
    return ((A.double() @ best - Y) ** 2).mean().item()


@functools.lru_cache(maxsize=16)  # so that a move of the steps only draws
def learn(lr, noise, start=START):
    """Return the loss, both weights and the bias after 0, 1, …, NUM_STEPS steps.

    (NUM_STEPS + 1, 4), the numbers of the loop in notebook 02, from the weights `start`
    and the bias 0. `backward` is written out: the gradient is 2/42 · Aᵀ(A p − Y).
    """
    Y, parameters = noisy_target(noise), torch.tensor([*start, 0.0])
    trace = torch.empty(NUM_STEPS + 1, 4)
    for step in range(NUM_STEPS + 1):
        error = A @ parameters - Y
        trace[step, 0], trace[step, 1:] = (error**2).mean(), parameters
        parameters = parameters - lr * 2 / len(A) * (A.t() @ error)
    return trace


def verdict(losses, lr, noise):
    """Say what has become of the loss, (steps taken + 1,)."""
    if len(losses) == 1:
        return "press ▶ and watch the loss"
    higher = (~(losses <= losses[0])).nonzero()  # nor is nan
    if len(higher):
        words = f"diverged at step {higher[0].item()}"
        words += "" if losses[-1].isfinite() else ", then outgrew 32 bits"
    elif lr > LIMIT:
        words = "each step jumps farther across the valley"
    elif noise:
        words = "no kernel explains noise, the loss stays above "
        words += f"{lowest_loss(noise):.3g}"
    else:
        words = "every step lowers the loss, towards 0"
    side = "above" if lr > LIMIT else "below"
    return f"rate {lr:g} is {side} the limit {LIMIT:.4f}: {words}"


class Steps(ipywidgets.Play):
    """How many steps are taken: played, or moved along the loss."""

    def touch(self, place, touch):
        moves = {"ArrowLeft": -1, "ArrowRight": 1, "Home": -NUM_STEPS, "End": NUM_STEPS}
        self.playing = False  # or the page would play on from where it was
        if touch.kind == "key":
            self.value += moves.get(touch.key, 0)
        elif touch.kind in ("press", "drag") and not touch.key:
            self.value = round((touch.x - LEFT) / WIDE * NUM_STEPS)


def draw_edge_learner(lr, num_steps, noise, start=None):
    """Draw `num_steps` steps of learning from the `Cells` start, (1, 2)."""
    start = start or touch.Cells("start", [START])
    trace = learn(lr, noise, tuple(start.numbers[0].tolist()))
    taken, finite = trace[: num_steps + 1], trace[trace.isfinite().all(dim=1)]
    loss, words = f"loss {trace[num_steps, 0]:.3g}", verdict(taken[:, 0], lr, noise)
    weights = trace[num_steps, None, 1:3]
    left, right, bias = (short(n) for n in trace[num_steps, 1:].tolist())
    names = f"left {left}", f"right {right}", f"bias {bias}"
    moved = dict(zip(names, taken.t()[1:], strict=True))
    low, high = (n.item() for n in finite[:, 0].clamp(min=1e-12).aminmax())
    top = 1.1 * max(1.5, finite[: num_steps + 1, 1:].abs().max().item())
    typed = dict(at="start", texts=start.texts)
    given, knob = A @ trace[num_steps, 1:], LEFT + WIDE * num_steps / 100
    return svg.picture(
        860,
        470,
        f"step {num_steps}: {loss}, kernel [{left}, {right}], bias {bias}; {words}",
        svg.text(4, 14, words, size=16, bold=True),
        _draw_curves(LEFT, "loss, logarithmic", {loss: taken[:, 0]}, low / 2, 2 * high),
        _draw_curves(RIGHT, "kernel and bias", moved, -top, top),
        touch.button(
            "num_steps:",
            f"step {num_steps}: arrow keys",
            svg.rect(LEFT, TOP, WIDE, HIGH, fill="transparent"),
            svg.line(knob, TOP, knob, TOP + HIGH),
            parts.dot(knob, TOP + HIGH, svg.INK, 7),
        ),
        _draw_data(noise),
        svg.text(MIDDLE - 13, LOWER + 3 * CELL, "⋆", size=24, anchor="middle"),
        _grid(start.numbers, MIDDLE, LOWER, 48, "start: drag it", **typed),
        _grid(weights, MIDDLE, LOWER + 112, 48, f"at step {num_steps}"),
        svg.text(MIDDLE, LOWER + 176, f"+ bias {bias}"),
        svg.text(404 - 14, LOWER + 3 * CELL, "=", size=20, anchor="middle"),
        _draw_outputs(404, "the layer gives", given),
    )


def _draw_curves(x, name, curves, low, high):
    """Draw {name: values by step}, as far as they are finite, on axes at x."""
    size, log = (WIDE, HIGH, name, "steps taken", NUM_STEPS), low > 0
    axes = parts.Axes(x, TOP, *size, (low, high), log=log)
    colours = svg.BLUE, svg.ORANGE, svg.GREEN
    for (words, values), colour in zip(curves.items(), colours, strict=False):
        values = values[values.isfinite()]
        # One point makes no line.
        axes.curve(words, range(len(values)), values, colour, dots=len(values) == 1)
    return axes.drawn()


@functools.lru_cache(maxsize=16)  # it stands still while the steps move
def _draw_data(noise):
    """Draw the picture, and what the layer should give for it."""
    pixels = svg.grey(BAR)
    picture = parts.grid(BAR, 4, LOWER, CELL, "the picture", colours=pixels)
    return svg.join(picture, _draw_outputs(640, "wanted", noisy_target(noise)))


def _draw_outputs(x, head, values):
    """Draw outputs, (42,), rounded so that they fit into their squares."""
    texts = [[number(round(n, 1)) for n in row] for row in values.view(6, 7).tolist()]
    return _grid(values.view(6, 7), x, LOWER, CELL, head, texts=texts)


def _grid(values, *place, **more):
    """Draw numbers; 1 and −1 have the strongest colours."""
    colours = svg.signed_colours(values, top=1, room=1.6)
    return parts.grid(values, *place, colours=colours, **more)


@torch_as_it_starts()
def edge_learner():
    """Return the view: press play, or move the steps; then try other rates."""
    start = touch.Cells("start", [START], step=0.1)
    play = Steps(max=NUM_STEPS, interval=150, show_repeat=False, tooltip="play, stop")
    limits = dict(limits=(1e-6, 10.0), why=NO_RATE)
    lr = controls.Number("learning rate", 0.3, 0.01, 1.0, 0.01, **limits)
    noise = controls.Number("noise", 0.0, 0.0, 0.5, 0.01, limits=(0.0, 10.0))
    return View(
        "Learning an edge kernel, live",
        "play at rate 0.3, then at 0.67 and 0.68. With noise, does the loss reach 0?",
        {"num_steps": play, "lr": lr, "noise": noise, "start": start},
        draw_edge_learner,
    )
