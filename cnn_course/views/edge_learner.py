"""View 3, for notebook 02: an edge kernel learns, step by step, or runs away."""

import functools

import ipywidgets
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import Axes, dot, grid, title
from cnn_course.views.kit.svg import BLUE, GREEN, INK, ORANGE
from cnn_course.views.kit.texts import number, short
from cnn_course.views.kit.touch import Cells, button
from cnn_course.views.kit.view import View

NUM_STEPS = 100
START = 1.5409960746765137, -0.293428897857666  # of torch.randn with seed 0
NO_RATE = ("at 0 it never moves the kernel, below it goes uphill", "")
# In CSS pixels: where curves begin, their size; the squares below, and the kernel.
LEFT, RIGHT, TOP, WIDE, HIGH, LOWER, CELL, MIDDLE = 54, 484, 74, 356, 130, 281, 31, 278


def bar():
    """Return the toy of notebook 02, a black bar on white, (6, 8)."""
    return torch.tensor([[1.0, 1, 0, 0, 0, 0, 1, 1]]).repeat(6, 1)


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
    Y = design_matrix() @ torch.tensor([1.0, -1.0, 0.0])
    return Y + noise * torch.randn(42, generator=torch.Generator().manual_seed(0))


@functools.lru_cache(maxsize=16)
def lowest_loss(noise):
    """Return the loss that the best kernel and bias leave, by least squares."""
    A, Y = design_matrix().double(), noisy_target(noise).double()
    best = torch.linalg.lstsq(A, Y[:, None]).solution[:, 0]
    return ((A @ best - Y) ** 2).mean().item()


@functools.lru_cache(maxsize=16)  # so that a move of the steps only draws
def learn(lr, noise, start=START):
    """Return the loss, both weights and the bias after 0, 1, …, NUM_STEPS steps.

    (NUM_STEPS + 1, 4), the numbers of the loop in notebook 02, from the weights `start`
    and the bias 0. `backward` is written out: the gradient is 2/42 · Aᵀ(A p − Y).
    """
    A, Y = design_matrix(), noisy_target(noise)
    parameters = torch.tensor([*start, 0.0])
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
    elif lr > rate_limit():
        words = "each step jumps farther across the valley"
    elif noise:
        floor = lowest_loss(noise)
        words = f"no kernel explains noise, the loss stays above {floor:.3g}"
    else:
        words = "every step lowers the loss, towards 0"
    side = "above" if lr > rate_limit() else "below"
    return f"rate {lr:g} is {side} the limit {rate_limit():.4f}: {words}"


class Steps(ipywidgets.Play):
    """How many steps are taken: played, or moved along the loss."""

    def touch(self, place, touch):
        moves = {"ArrowLeft": -1, "ArrowRight": 1, "Home": -NUM_STEPS, "End": NUM_STEPS}
        self.playing = False  # or the page would play on from where it was
        if touch.kind == "key":
            self.value += moves.get(touch.key, 0)
        elif touch.kind in ("press", "drag") and not touch.key:
            self.value = round((touch.x - LEFT) / WIDE * NUM_STEPS)


def draw_edge_learner(lr, num_steps, noise, start=(START,), texts=None):
    """Draw `num_steps` steps of learning from `start`, (1, 2), typed as `texts`."""
    trace = learn(lr, noise, tuple(map(float, start[0])))
    taken, finite = trace[: num_steps + 1], trace[trace.isfinite().all(dim=1)]
    loss, words = f"loss {trace[num_steps, 0]:.3g}", verdict(taken[:, 0], lr, noise)
    left, right, bias = (short(n) for n in trace[num_steps, 1:].tolist())
    names = f"left {left}", f"right {right}", f"bias {bias}"
    weights = dict(zip(names, taken[:, 1:].t(), strict=True))
    low, high = (n.item() for n in finite[:, 0].clamp(min=1e-12).aminmax())
    losses, ylim = {loss: taken[:, 0]}, (low / 2, 2 * high)
    top = 1.1 * max(1.5, finite[: num_steps + 1, 1:].abs().max().item())
    return svg.picture(
        860,
        470,
        f"step {num_steps}: {loss}, kernel [{left}, {right}], bias {bias}; {words}",
        svg.text(4, 14, words, size=16, bold=True),
        _draw_curves(LEFT, "loss, logarithmic", losses, ylim, log=True),
        _draw_curves(RIGHT, "kernel and bias", weights, (-top, top)),
        _draw_step(num_steps),
        _draw_layer(trace[num_steps, 1:], noise),
        title(MIDDLE, LOWER - 14, "start: drag it"),
        grid(start, MIDDLE, LOWER, 48, top=1, at="start", says="start", texts=texts),
        title(MIDDLE, LOWER + 100, f"at step {num_steps}"),
    )


def _draw_curves(x, name, curves, ylim, **more):
    """Draw {name: values by step}, as far as they are finite, on axes at x."""
    axes = Axes(x, TOP, WIDE, HIGH, name, "steps taken", NUM_STEPS, ylim, **more)
    for i, (words, values) in enumerate(curves.items()):
        values, colour = values[values.isfinite()], (BLUE, ORANGE, GREEN)[i]
        # One point makes no line.
        axes.curve(words, range(len(values)), values, colour, dots=len(values) == 1)
    return axes.drawn()


def _draw_step(num_steps):
    """Draw the step over the loss; it can be dragged."""
    at = LEFT + WIDE * num_steps / NUM_STEPS
    area = svg.rect(LEFT, TOP, WIDE, HIGH, fill="transparent")
    line, knob = svg.line(at, TOP, at, TOP + HIGH), dot(at, TOP + HIGH, INK, 7)
    return button("num_steps:", f"step {num_steps}: arrow keys", area, line, knob)


def _draw_layer(parameters, noise):
    """Draw the kernel and what it gives, beside what it should give."""
    *weights, bias = parameters.tolist()
    return svg.join(
        _draw_data(noise),
        svg.text(MIDDLE - 13, LOWER + 3 * CELL, "⋆", size=24, anchor="middle"),
        grid([weights], MIDDLE, LOWER + 112, 48, top=1),
        svg.text(MIDDLE, LOWER + 176, f"+ bias {short(bias)}"),
        svg.text(404 - 14, LOWER + 3 * CELL, "=", size=20, anchor="middle"),
        _draw_outputs(404, "the layer gives", design_matrix() @ parameters),
    )


@functools.lru_cache(maxsize=16)  # it stands still while the steps move
def _draw_data(noise):
    """Draw the picture, and what the layer should give for it."""
    return svg.join(
        title(4, LOWER - 14, "the picture"),
        grid(bar(), 4, LOWER, CELL, colours=svg.grey(bar())),
        _draw_outputs(640, "wanted", noisy_target(noise)),
    )


def _draw_outputs(x, name, values):
    """Draw outputs, (42,), rounded so that they fit into their squares."""
    values = values.reshape(6, 7)
    texts = [[number(round(n, 1)) for n in row] for row in values.tolist()]
    numbers = grid(values, x, LOWER, CELL, top=1, texts=texts)
    return svg.join(title(x, LOWER - 14, name), numbers)


@torch_as_it_starts()
def edge_learner():
    """Return the view: press play, or move the steps; then try other rates."""
    start = Cells("start", [START], step=0.1)
    play = Steps(max=NUM_STEPS, interval=150, show_repeat=False, tooltip="play, stop")
    lr = Number("learning rate", 0.3, 0.01, 1.0, 0.01, limits=(1e-6, 10.0), why=NO_RATE)
    noise = Number("noise", 0.0, 0.0, 0.5, 0.01, limits=(0.0, 10.0))
    return View(
        "Learning an edge kernel, live",
        "play at rate 0.3, then at 0.67 and 0.68. With noise, does the loss reach 0?",
        {"num_steps": play, "lr": lr, "noise": noise, "start": start},
        lambda **values: draw_edge_learner(**values, texts=start.texts),
        rows=[["num_steps", "lr", "noise"]],
    )
