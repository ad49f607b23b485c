"""View 3, for notebook 02: an edge kernel learns, step by step, or runs away."""

import functools

import ipywidgets
import torch

from cnn_course.device import torch_as_it_starts
from cnn_course.networks import corr2d
from cnn_course.views.kit import svg
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.parts import Axes, dot, grid, title
from cnn_course.views.kit.svg import BLUE, GREEN, INK, ORANGE, SOFT
from cnn_course.views.kit.texts import number, short
from cnn_course.views.kit.touch import Cells, button, chips
from cnn_course.views.kit.view import View

NUM_STEPS = 100
RATES = (1e-6, 10.0)  # that may be typed: at 10 the loss overflows after 13 steps
NO_RATE = ("at 0 it never moves the kernel, below it goes uphill", "")
SEEDS = range(3)  # of random starts; 0 is the notebook's
# In CSS pixels: where curves begin and how large they are; the layer, and its squares.
LEFT, RIGHT, TOP, WIDE, HIGH, LOWER, CELL = 54, 484, 74, 356, 130, 281, 31
MIDDLE, GIVES, WANTED = 278, 404, 640  # where kernel, output and target begin


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


def random_start(seed=0):
    """Return the two weights that learning begins with, as `torch.randn` draws them."""
    return torch.randn(2, generator=torch.Generator().manual_seed(seed))


@functools.lru_cache(maxsize=16)  # so that a move of the steps only draws
def learn(lr, noise, start=None):
    """Return the loss, both weights and the bias after 0, 1, …, NUM_STEPS steps.

    (NUM_STEPS + 1, 4), the numbers of the loop in notebook 02. `start` is a tuple, the
    weights at first; by default the notebook's. Instead of `backward` the gradient is
    written out: 2/42 · Aᵀ(A p − Y) for the parameters p.
    """
    A, Y = design_matrix(), noisy_target(noise)
    parameters = torch.tensor([*(start or random_start().tolist()), 0.0])
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


class Start(Cells):
    """The two weights at step 0, typed or dragged, or drawn at random by a chip."""

    def __init__(self):
        super().__init__("start", random_start()[None], step=0.1)

    def touch(self, place, touch):
        kind, _, seed = place.rpartition(":")
        if not kind:
            super().touch(place, touch)
        elif touch.kind == "press":
            self.write(random_start(int(seed))[None])

    def drawn(self, x, y):
        """Draw the grid at (x, y), and the chips to its right."""
        seed = next((s for s in SEEDS if random_start(s).equal(self.numbers[0])), None)
        names = {seed: str(seed) for seed in SEEDS}
        named = dict(at="start", says="start", texts=self.texts)
        return svg.join(
            grid(self.numbers, x, y, 48, top=1, **named),
            svg.text(x, y + 66, "seed", size=13),
            chips(x + 34, y + 66, "start:seed", names, seed, gap=2)[0],
        )


class Steps(ipywidgets.Play):
    """How many steps are taken: played, or moved along the curves."""

    def touch(self, place, touch):
        moves = {"ArrowLeft": -1, "ArrowRight": 1, "Home": -NUM_STEPS, "End": NUM_STEPS}
        if touch.kind == "key":
            self.value += moves.get(touch.key, 0)
        elif touch.kind in ("press", "drag") and not touch.key:
            self.value = round((touch.x - float(place)) / WIDE * NUM_STEPS)


def draw_edge_learner(lr, num_steps, noise, start=None):
    """Draw the first `num_steps` steps of learning from `start`, a `Start`."""
    start = start or Start()
    trace = learn(lr, noise, tuple(start.numbers[0].tolist()))
    floor = lowest_loss(noise) if noise and num_steps else 0
    words, diverged = verdict(trace[: num_steps + 1, 0], lr, floor)
    if not num_steps:
        words, diverged = "press ▶ and watch the loss", None
    loss, left, right, bias = trace[num_steps].tolist()
    return svg.picture(
        860,
        470,
        f"step {num_steps}: loss {loss:.3g}, kernel [{short(left)}, {short(right)}], "
        f"bias {short(bias)}; {words}",
        svg.text(4, 14, words, size=16, bold=True),
        _draw_losses(trace[:, 0], num_steps, floor, diverged),
        _draw_parameters(trace[: num_steps + 1, 1:]),
        _draw_step(LEFT, num_steps),
        _draw_step(RIGHT, num_steps),
        _draw_layer(trace[num_steps, 1:], noise, num_steps),
        start.drawn(MIDDLE, LOWER),
    )


def _draw_losses(losses, num_steps, floor, diverged):
    """Draw the loss, on axes for all steps, so that they stand still."""
    losses = losses.clamp(min=1e-12)
    finite = losses[losses.isfinite()]
    ylim = (finite.min().item() / 2, 2 * finite.max().item())
    place = LEFT, TOP, WIDE, HIGH
    axes = Axes(*place, "loss, logarithmic", "steps taken", NUM_STEPS, ylim, log=True)
    _curve(axes, f"loss {losses[num_steps]:.3g}", losses[: num_steps + 1], BLUE)
    if floor:
        axes.curve(f"floor {floor:.3g}", [0, NUM_STEPS], [floor] * 2, SOFT, width=1)
    if diverged is not None:
        name = f"diverged: step {diverged}"
        axes.curve(name, [diverged] * 2, ylim, ORANGE, width=1)
    return axes.drawn()


def _draw_parameters(parameters):
    """Draw both weights and the bias, (steps taken + 1, 3), as they moved."""
    top = 1.1 * max(1.5, parameters[parameters.isfinite()].abs().max().item())
    place, name = (RIGHT, TOP, WIDE, HIGH), "weights of the kernel, and the bias"
    axes = Axes(*place, name, "steps taken", NUM_STEPS, (-top, top))
    names = {"left": BLUE, "right": ORANGE, "bias": GREEN}
    for (name, colour), values in zip(names.items(), parameters.t(), strict=True):
        _curve(axes, f"{name} {short(values[-1].item())}", values, colour)
    return axes.drawn()


def _curve(axes, name, values, colour):
    """Draw values by step, as far as they are finite."""
    values = values[values.isfinite()]  # and one point makes no line
    axes.curve(name, range(len(values)), values, colour, dots=len(values) == 1)


def _draw_step(x, num_steps):
    """Draw the step over the axes at x; it can be dragged."""
    at = x + WIDE * num_steps / NUM_STEPS
    area = svg.rect(x, TOP, WIDE, HIGH, fill="transparent")
    line = svg.line(at, TOP, at, TOP + HIGH, stroke=INK)
    knob = dot(at, TOP + HIGH, INK, 7)
    return button(f"num_steps:{x}", f"step {num_steps}: arrow keys", area, line, knob)


def _draw_layer(parameters, noise, num_steps):
    """Draw the kernel and what it gives, in the colours of what it should give."""
    *weights, bias = parameters.tolist()
    kernel, y = torch.tensor([weights]), LOWER + 112
    output, top = corr2d(bar(), kernel) + bias, noisy_target(noise).abs().max().item()
    return svg.join(
        _draw_data(noise, top),
        svg.text(MIDDLE - 13, LOWER + 3 * CELL, "⋆", size=24, anchor="middle"),
        title(MIDDLE, LOWER - 14, "start: drag it"),
        title(MIDDLE, y - 12, f"at step {num_steps}"),
        grid(kernel, MIDDLE, y, 48, top=top),
        svg.text(MIDDLE, y + 64, f"+ bias {short(bias)}"),
        svg.text(GIVES - 14, LOWER + 3 * CELL, "=", size=20, anchor="middle"),
        title(GIVES, LOWER - 14, "the layer gives"),
        grid(output, GIVES, LOWER, CELL, top=top, texts=_rounded(output)),
    )


@functools.lru_cache(maxsize=16)  # it stands still while the steps move
def _draw_data(noise, top):
    """Draw the picture, and what the layer should give for it."""
    target = noisy_target(noise).reshape(6, 7)
    return svg.join(
        title(4, LOWER - 14, "the picture"),
        grid(bar(), 4, LOWER, CELL, colours=svg.grey(bar())),
        title(WANTED, LOWER - 14, "wanted"),
        grid(target, WANTED, LOWER, CELL, top=top, texts=_rounded(target)),
    )


def _rounded(values):
    """Return numbers as texts that fit into small squares."""
    return [[number(round(n, 1)) for n in row] for row in values.tolist()]


@torch_as_it_starts()
def edge_learner():
    """Return the view: press play, or move the steps; then try other rates."""
    start = Start()
    lr = Number("learning rate", 0.3, 0.01, 1.0, 0.01, limits=RATES, why=NO_RATE)
    return View(
        "Learning an edge kernel, live",
        "play at rate 0.3, then at 0.67 and 0.68. With noise, does the loss reach 0?",
        {
            "num_steps": Steps(
                max=NUM_STEPS, interval=150, show_repeat=False, tooltip="play, stop"
            ),
            "lr": lr,
            "noise": Number("noise", 0.0, 0.0, 0.5, 0.01, limits=(0.0, 10.0)),
            "start": start,
        },
        lambda **values: draw_edge_learner(**values | {"start": start}),
        rows=[["num_steps", "lr", "noise"]],
    )
