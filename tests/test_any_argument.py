"""Property-based: any argument works, or is refused by its name; and never a hang.

Every public function that a notebook calls stands in CALLS with arguments that work.
Each argument in turn, and then several at once, are replaced by any value at all.
"""

import contextlib
import io
import itertools
import re
import signal
import time
import warnings
from types import SimpleNamespace

import pytest
import torch
from any_value import FEW, values
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import cnn_course
from cnn_course import device as machine
from cnn_course import views as widgets
from cnn_course.checks import shown
from cnn_course.data import load_photograph
from cnn_course.data.loading import Batches
from cnn_course.networks import architectures as networks
from cnn_course.networks import by_hand as layers
from cnn_course.networks import cost
from cnn_course.plots import diagrams
from cnn_course.plots import pictures as plots
from cnn_course.studies import lenet as study
from cnn_course.studies import nin as ablation
from cnn_course.studies import results
from cnn_course.training.history import History
from cnn_course.views.kit.view import View

SECONDS = 8  # for one call; a busy machine is slow
X = torch.arange(12.0).reshape(3, 4)
GARMENTS = Batches(
    torch.arange(20 * 784).reshape(20, 28, 28).byte(), torch.arange(20) % 10, 4
)
HISTORY = History([1.5, 0.9], [0.4, 0.6], [0.5, 0.7], [1.0, 1.0], [9.0, 9.0])
SMALL = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
ROW = {
    "protocol": "reduced",
    **ablation.nin_arm(1, "no"),
    **dict(precision="bf16", seed=0, epoch=5, loss=1.0, train_acc=0.5, test_acc=0.5),
    **dict(seconds=1.0, never_predicted=None, dead="c0"),
}
BLOCK = dict(in_channels=2, out_channels=3)
WINDOW = dict(kernel_size=3, stride=1, padding=1)
LABELS = dict(title="a title", xlabel="x", ylabel="y")
NIN = networks.nin(0)


def is_a(*kinds):
    def right(result):
        assert isinstance(result, kinds)

    return right


def batches(result):
    assert all(X.shape == (2, 1, 6, 8) for X, y in result)


def view(result):
    assert isinstance(result, View) and "fault" not in result.message.value
    assert result._repr_mimebundle_()


def picture(result):
    assert isinstance(result, plots.Picture) and result._repr_mimebundle_()
    str(result.alt).encode()


def nothing(result):
    assert result is None


def share(result):
    assert 0 <= result <= 1


def interval(result):
    mean, half = result
    assert half >= 0 and abs(mean) <= 1e100


class Trained(Exception):
    """Training would begin now."""


# name: (function, arguments that work, what must be true of the result)
CALLS = {
    "alexnet": (
        networks.alexnet,
        dict(in_channels=1, num_classes=10, side=67, dropout=0.5),
        is_a(nn.Sequential),
    ),
    "vgg_block": (
        networks.vgg_block,
        dict(num_convs=1, **BLOCK),
        is_a(nn.Sequential),
    ),
    "vgg": (
        networks.vgg,
        dict(blocks=((1, 2), (2, 3)), in_channels=1, num_classes=10, side=8, hidden=16),
        is_a(nn.Sequential),
    ),
    "nin_block": (
        networks.nin_block,
        dict(**BLOCK, **WINDOW, num_1x1=1, last_relu=True),
        is_a(nn.Sequential),
    ),
    "nin": (
        networks.nin,
        dict(num_1x1=0, last_relu=True, in_channels=1, num_classes=10),
        is_a(nn.Sequential),
    ),
    "corr2d": (layers.corr2d, dict(X=X, K=torch.ones(2, 2)), is_a(torch.Tensor)),
    "Conv2D": (layers.Conv2D, dict(kernel_size=(1, 2)), is_a(nn.Module)),
    "Conv2D.forward": (layers.Conv2D((1, 2)), dict(X=X), is_a(torch.Tensor)),
    "receptive_size": (
        layers.receptive_size,
        dict(layers=[(3, 1), (2, 2)]),
        is_a(int),
    ),
    "count_parameters": (cost.count_parameters, dict(net=SMALL), is_a(int)),
    "count_multiply_adds": (
        cost.count_multiply_adds,
        dict(net=SMALL, shape=(1, 1, 8, 8)),
        is_a(int),
    ),
    "activation_bytes": (
        cost.activation_bytes,
        dict(net=SMALL, shape=(1, 1, 8, 8)),
        is_a(int),
    ),
    "Picture": (plots.Picture, dict(width=3, height=2, alt="it"), picture),
    "show_images": (
        plots.show_images,
        dict(
            images=[X, X],
            titles=["a", "b"],
            title="two",
            columns=2,
            signed=False,
            limits=(0, 1),
        ),
        picture,
    ),
    "show_images, signed": (
        plots.show_images,
        dict(images=X[None], title="one", signed=True),
        picture,
    ),
    "show_numbers": (
        plots.show_numbers,
        dict(
            grids={"a": X}, title="it", windows={"a": (0, 0, 1, 1)}, digits=2, top=None
        ),
        picture,
    ),
    "plot_lines": (
        plots.plot_lines,
        dict(series={"a": [1, 2], "b": [2, 1.5]}, **LABELS, x=[0, 1], log=False),
        picture,
    ),
    "plot_lines, log": (
        plots.plot_lines,
        dict(series={"a": [1, 2], "b": [2, 1.5]}, **LABELS, x=["a", "b"], log=True),
        picture,
    ),
    "plot_history": (
        plots.plot_history,
        dict(history=HISTORY, title="Training"),
        picture,
    ),
    "plot_runs": (
        plots.plot_runs,
        dict(arms={"one": [0.5, 0.6], "two": []}, title="it", xlabel="x"),
        picture,
    ),
    "show_confusion": (
        plots.show_confusion,
        dict(counts=torch.eye(2), classes=["a", "b"], title="it"),
        picture,
    ),
    "show_tensors": (
        diagrams.show_tensors,
        dict(tensors={"a": X}, title="it"),
        picture,
    ),
    "show_shapes": (
        diagrams.show_shapes,
        dict(shapes=[("a", (2, 3, 3)), ("b", (5,))], title="it"),
        picture,
    ),
    "show_layers": (
        diagrams.show_layers,
        dict(image=X, maps={"a": X[None]}, scores={"a": 0.5}, title="it"),
        picture,
    ),
    "mean_interval": (results.mean_interval, dict(values=[1.0, 2.0, 4]), interval),
    "read_rows": (results.read_rows, dict(path="05_lenet.csv"), is_a(list)),
    "load_photograph": (load_photograph, dict(height=30), is_a(torch.Tensor)),
    "shifted": (
        study.shifted,
        dict(data_iter=[(torch.rand(2, 1, 6, 8), X)], right=1, down=-1),
        batches,
    ),
    "shifted_accuracy": (
        study.shifted_accuracy,
        dict(
            net=SMALL,
            data_iter=[(torch.rand(2, 1, 8, 8), torch.tensor([0, 1]))],
            pixels=1,
        ),
        share,
    ),
    "nin_arm": (
        ablation.nin_arm,
        dict(num_1x1=1, last_relu="yes", remedy="none"),
        is_a(dict),
    ),
    "run": (
        ablation.run,
        dict(
            protocol="reduced",
            **ablation.nin_arm(0, "no"),
            seed=0,
            precision="fp32",
        ),
        nothing,
    ),
    "choose_precision": (
        machine.choose_precision,
        dict(precision=None),
        is_a(str),
    ),
    "budget": (
        cnn_course.budget,
        dict(epochs=dict(full=10, cpu=3, test=1)),
        is_a(SimpleNamespace),
    ),
    "check": (
        cnn_course.check,
        dict(exercise="03.fc-params", answer=3, keep=True),
        nothing,
    ),
    "hint": (cnn_course.hint, dict(exercise="03.fc-params"), nothing),
    "predict": (cnn_course.predict, dict(name="01.runs", value=3), nothing),
    "predictions": (cnn_course.predictions, dict(outcomes={"01.runs": 3}), nothing),
    "progress": (cnn_course.progress, dict(notebook="03", forget=None), nothing),
    "ablation_explorer": (
        widgets.ablation_explorer,
        dict(rows=[ROW, ROW | {"seed": 1}], own=[ROW]),
        view,
    ),
    "augmentation_mixer": (
        widgets.augmentation_mixer,
        dict(photo=torch.rand(3, 9, 9)),
        view,
    ),
    "class_maps": (
        widgets.class_maps,
        dict(net=NIN, data_iter=GARMENTS, side=67),
        view,
    ),
    "correlation_stepper": (
        widgets.correlation_stepper,
        dict(X=X, K=[[1, 2]]),
        view,
    ),
    "kernel_lab": (widgets.kernel_lab, dict(learned=[[1, 2]]), view),
    "lenet_at_work": (
        widgets.lenet_at_work,
        dict(net=networks.lenet(), test_iter=GARMENTS),
        view,
    ),
    "pooling_explorer": (widgets.pooling_explorer, dict(X=X), view),
}
EACH = [(name, argument) for name, (_, valid, _) in CALLS.items() for argument in valid]
slowest = {}


def near(value):
    """Values like `value`: of its kind, or made of such, so that more of them fit."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, int):
        return st.integers(-3, 300) | st.integers(-3, 10**9)
    if isinstance(value, float):
        return st.floats()
    if isinstance(value, str):
        return st.text() | st.sampled_from([r"$\foo$", "a_b^c", "$", "\ud800"])
    if isinstance(value, torch.Tensor):
        sizes = st.lists(st.sampled_from([0, 1, 2, 5]), min_size=1, max_size=3)
        filled = st.floats(width=32)
        return st.builds(lambda size, x: torch.full(size, x), sizes, filled)
    if isinstance(value, (list, tuple)) and value:
        item = near(value[0]) | st.just(value[0]) | values
        return st.lists(item, max_size=5)
    if isinstance(value, dict) and value:
        return st.one_of(
            *[
                (st.just(x) | near(x) | values).map(
                    lambda new, key=key: {**value, key: new}
                )
                for key, x in value.items()
            ],
            st.dictionaries(
                st.text(max_size=9), near(next(iter(value.values()))), max_size=4
            ),
        )
    return values


def anything(name, argument):
    value = CALLS[name][1][argument]
    return values | near(value)


def parts(value, depth=4):
    """Yield what a message may show: a value, and what it is made of."""
    yield value
    if depth and type(value) in (list, tuple, frozenset):
        for item in value:
            yield from parts(item, depth - 1)
    if depth and type(value) is dict:
        for item in [*value, *value.values()]:
            yield from parts(item, depth - 1)
    if type(value) is torch.Tensor and value.dim() and value.numel() < 100:
        with contextlib.suppress(Exception):
            yield from value
            yield from value.tolist()
    if isinstance(value, torch.Tensor):
        yield str(value.device)
    if type(value) is bytes:
        yield from value
    if type(value) is itertools.count:  # its first numbers are gone
        yield from range(20)


class TooSlow(BaseException):
    """A call did not end in time."""


@contextlib.contextmanager
def ends_soon():
    """Raise TooSlow in a body that does not end, where the system has such a clock."""
    if not hasattr(signal, "setitimer"):
        yield
        return

    def stop(*_):
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def holds(name, changed):
    """Call a function with changed arguments: it works, or says what is wrong."""
    function, valid, right = CALLS[name]
    arguments = valid | changed
    printed, start = io.StringIO(), time.perf_counter()
    try:
        with (
            ends_soon(),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(io.StringIO()) as errors,
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("error")
            if name == "choose_precision":
                arguments["device"] = torch.device("cpu")
            right(function(**arguments))
            printed.getvalue().encode()
        assert errors.getvalue() == ""
    except Trained:
        pass
    except (TypeError, ValueError) as error:
        told(str(error), arguments, valid)
    took = time.perf_counter() - start
    slowest[name] = max(slowest.get(name, 0), took)


def told(message, arguments, valid):
    """Assert that a message names an argument, what is allowed and what was given."""
    first = message.split(" must ")[0]
    assert any(re.search(rf"\b{name}\b", first) for name in valid), message
    assert " must " in message and "; got " in message, message
    given = [arguments, *(p for v in arguments.values() for p in parts(v))]
    words = [shown(part) for part in given] + ["none"]  # an iterable may be empty
    assert any(f"; got {word}" in message for word in words), message
    assert len(message) < 1500


@pytest.fixture(autouse=True)
def quick(monkeypatch, tmp_path):
    """No training, and a state folder of its own."""

    def build(*_):
        raise Trained

    monkeypatch.setattr(ablation, "build", build)
    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path / "state"))


@pytest.mark.parametrize("name", CALLS)
def test_the_calls_here_work(name):
    holds(name, {})
    function, valid, right = CALLS[name]
    if name not in ("run", "choose_precision"):
        right(function(**valid))


def examples(name):
    """How many values are tried: a picture or a view takes a tenth of a second."""
    return 8 if CALLS[name][2] in (picture, view) else 24


@pytest.mark.parametrize("name, argument", EACH)
def test_any_argument_works_or_is_refused_by_name(name, argument):
    @settings(FEW, max_examples=examples(name))
    @given(anything(name, argument))
    def any_value(value):
        holds(name, {argument: value})

    any_value()


@pytest.mark.parametrize("name", [name for name in CALLS if len(CALLS[name][1]) > 1])
def test_several_arguments_at_once_work_or_are_refused(name):
    every = {argument: anything(name, argument) for argument in CALLS[name][1]}

    @settings(FEW, max_examples=examples(name))
    @given(st.fixed_dictionaries({}, optional=every))
    def any_values(changed):
        holds(name, changed)

    any_values()


def colour(value):
    return [torch.full((3, 2, 2), value)]


HUGE = torch.ones(1).expand(10**5, 10**5)
# What hypothesis seldom finds: (name, changed arguments, words of the message or None)
CASES = [
    ("plot_runs", dict(title=r"$\foo$"), None),
    ("plot_lines", dict(series={r"$\a$": [1, 2]}, x=[r"$\b$", "$"]), None),
    (
        "plot_lines",
        dict(series={"a": [1e100, -1e100], "b": [torch.nan, torch.inf]}),
        None,
    ),
    ("plot_lines, log", dict(series={"a": [0, -1]}), None),
    ("plot_lines", dict(series={"a": [1e101, 0]}), "series['a'][0] must be a number"),
    ("plot_runs", dict(title="x" * 301), "title must be a text of at most 300"),
    ("show_images, signed", dict(images=colour(torch.nan)), None),
    ("show_images", dict(images=colour(torch.inf), titles=None), None),
    ("show_images", dict(limits=(1, 0)), "with black below white; got (1, 0)"),
    ("show_images", dict(images=itertools.repeat(X)), "images must be 1 to 200 images"),
    ("show_images", dict(images=[HUGE]), "images[0] must be a tensor (H, W) or (3,"),
    ("show_numbers", dict(grids={"a": torch.ones(40, 40)}), "grids['a'] must be a mat"),
    ("show_confusion", dict(counts=torch.zeros(2, 2)), None),
    ("alexnet", dict(side=10**9), "side must be a whole number from 1 to 4,096"),
    ("alexnet", dict(side=4000), "must be small enough for 400,000,000 parameters"),
    ("vgg", dict(blocks=[(10**6, 1)]), "blocks[0][0] must be a whole number from 1"),
    ("vgg", dict(blocks=((20, 4096),)), "must be small enough for 400,000,000 param"),
    ("corr2d", dict(X=HUGE), "X must be a matrix (H, W) of numbers; got a Tensor"),
    ("corr2d", dict(X=torch.ones(2000, 1000)), "X must be of at most 250,000 places"),
    ("corr2d", dict(X=X.long(), K=torch.ones(2, 2).long().requires_grad_(False)), None),
    ("count_multiply_adds", dict(shape=(10**6, 1, 99, 99)), "shape must be of at most"),
    (
        "count_multiply_adds",
        dict(shape=(1, 3, 8, 8)),
        "shape must be one that net takes",
    ),
    ("read_rows", dict(path="nowhere.csv"), "path must be that of a CSV file"),
    ("read_rows", dict(path="/dev/zero"), "path must be that of a CSV file"),
    ("shifted", dict(right=10**9), None),
]


@pytest.mark.parametrize("name, changed, words", CASES, ids=range(len(CASES)))
def test_what_chance_seldom_finds(name, changed, words):
    holds(name, changed)
    function, valid, right = CALLS[name]
    if words is None:
        right(function(**valid | changed))
    else:
        with pytest.raises((TypeError, ValueError), match=re.escape(words)):
            right(function(**valid | changed))


def test_no_call_was_slow():
    print({k: round(v, 2) for k, v in sorted(slowest.items(), key=lambda i: -i[1])[:9]})
    assert max(slowest.values()) < SECONDS
