"""View 11: live training curves, and that they never stand in training's way."""

import contextlib
import math
import re
import sys
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from line_by_line import before_line
from torch import nn
from view_helpers import noise

from cnn_course import History, train
from cnn_course.networks import lenet
from cnn_course.views import training_curves
from cnn_course.views.kit import svg
from cnn_course.views.training_picture import TrainingState, draw_training

MODULE = sys.modules["cnn_course.views.training_curves"]
DATA = noise(torch.arange(48) % 10)  # three batches, with four pictures of each class
DATA.shuffle = True
BATCHES = list(noise(torch.arange(48) % 10))  # of some other loader


def label_of(drawn):
    return re.search('aria-label="([^"]*)"', drawn)[1]


@pytest.fixture
def shown(monkeypatch):
    """The views that a notebook shows, and what it keeps: their (picture, text)s."""
    found = SimpleNamespace(views=[], kept=[])

    def display(view, display_id):
        found.views.append(view)
        found.kept.append(view.static())
        return SimpleNamespace(update=lambda view: found.kept.append(view.static()))

    monkeypatch.setattr(MODULE, "get_ipython", lambda: SimpleNamespace(kernel=True))
    monkeypatch.setattr(MODULE, "display", display)
    return found


@pytest.fixture
def pictures(monkeypatch):
    """All pictures of the view, which draws after every step."""
    found, show = [], MODULE.View.show
    monkeypatch.setattr(MODULE, "SHARE", math.inf)
    monkeypatch.setattr(
        MODULE.View, "show", lambda *drawn: (show(*drawn), found.append(drawn[1]))
    )
    return found


def network(classes=10):
    """A network that batch normalisation and dropout make differ in both modes."""
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 2, 5, stride=4), nn.BatchNorm2d(2), nn.ReLU(), nn.Dropout(0.2)
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(72, classes))


def follow(net=None, batches=DATA, epochs=3, test=DATA, **options):
    options = {"lr": 0.01, "progress": training_curves, **options}
    torch.manual_seed(7)  # of the order and of the dropout
    return train(net or network(), batches, test, epochs, **options)


def nothing(net, inputs):
    pass


def full(net, inputs):
    if len(inputs[0]) == 40:  # so many pictures the sample has
        raise torch.OutOfMemoryError("the GPU is full")


@pytest.mark.parametrize(
    "classes, hook, answers", [(10, nothing, 10), (10, full, 0), (12, nothing, 0)]
)
def test_training_is_the_same_with_the_view_bit_for_bit(
    shown, pictures, capsys, classes, hook, answers
):
    found = []
    for progress in (None, training_curves):
        net = network(classes)
        net.register_forward_pre_hook(hook)
        history = vars(follow(net, progress=progress)) | {"seconds": 0}
        lines = re.findall("epoch .*, time", capsys.readouterr().out)
        found.append((history, lines, [t.tolist() for t in net.state_dict().values()]))
    assert found[0] == found[1] and len(lines) == 3
    assert pictures[0].count("<image") == 10  # garments
    assert pictures[-1].count("<image") == 2 + answers  # kernels, garments
    assert len(re.findall(">[✓✗] ", pictures[-1])) == answers


def test_the_label_tells_the_result_and_follows_the_controls(shown):
    history = follow()
    (view,) = shown.views
    assert view.label.startswith("finished in 00:0")
    result = f"after epoch 3: loss {history.loss[-1]:.3f}, training accuracy "
    result += f"{history.train_acc[-1]:.3f}, test accuracy {history.test_acc[-1]:.3f}"
    assert result in view.label
    mean = sum(history.step_loss) / 9  # 20 are asked for
    assert view.label.endswith(f"; mean loss of the last 9 steps {mean:.3f}")
    view.controls["logarithmic"].value = True
    assert view.label.endswith(f"{mean:.3f}, logarithmic scale")
    (first, text), (last, last_text) = shown.kept
    assert text == last_text and first != last  # nbval compares the text


def test_all_is_there_from_the_first_step(shown, pictures):
    follow(lenet(), epochs=2, test=None)
    texts = list(map(label_of, pictures))
    assert texts[0] == "epoch 1 of 2, step 0 of 3"
    wanted = r"epoch 1 of 2, step 1 of 3, about \d\d:\d\d left; given"
    assert re.match(wanted, texts[1])
    assert "5×5" in pictures[1] and pictures[1].count("<image") == 6 + 10
    assert "; after epoch 1: loss" in texts[4]


def test_batches_of_another_kind_and_no_test(shown, pictures):
    assert len(follow(batches=BATCHES, epochs=1, test=None).step_loss) == 3
    assert "test" not in pictures[-1]
    assert pictures[-1].count("<image") == 2  # of another loader there is no sample
    pictures.clear()
    follow(batches=noise(torch.zeros(8).long()), epochs=1)  # nor without all classes
    assert pictures[-1].count("<image") == 2


def test_the_time_left_and_the_mean_of_the_last_steps():
    history = History([1.0], [0.5], step_loss=[9.0] * 7 + [1.0] * 3)
    state = TrainingState(5, 10, history=history, losses=[2.0] * 17, step=0.4)
    drawn = draw_training(state, False)
    assert "step 17 of 10, about 00:09 left" in label_of(drawn)
    assert label_of(drawn).endswith("mean loss of the last 20 steps 1.850")


def test_drawing_takes_a_small_share_of_the_time(shown, monkeypatch):
    now, drawings = SimpleNamespace(seconds=100.0), []

    def draw(state, **_):
        drawings.append(now.seconds)
        now.seconds += 0.1
        return svg.picture(4, 4, "drawn")

    def slowly():
        for _ in range(600):
            now.seconds += 0.02
            yield BATCHES[0]

    time = SimpleNamespace(perf_counter=lambda: now.seconds)
    monkeypatch.setattr(MODULE, "draw_training", draw)
    monkeypatch.setattr(MODULE, "time", time)
    monkeypatch.setattr(MODULE, "count_batches", lambda loader: 600)
    follow(batches=slowly(), epochs=1)
    waits = np.diff(drawings[1:-1])  # all but the first and the last
    assert len(waits) > 2 and 0.1 / waits == pytest.approx(0.04, abs=0.002)


@pytest.mark.parametrize("kernel", [None, SimpleNamespace(), "shell"])
def test_outside_a_notebook_there_is_a_plain_bar(monkeypatch, capsys, kernel):
    monkeypatch.setattr(MODULE, "get_ipython", lambda: kernel)
    assert len(follow()) == 3
    assert capsys.readouterr().out.count("epoch ") == 3


def test_where_nobody_can_count_the_batches_there_is_a_plain_bar(shown):
    assert len(follow(batches=iter(BATCHES), epochs=1).step_loss) == 3
    assert shown.views == []


def test_what_is_not_to_be_seen_is_not_shown(shown, capsys):
    assert len(follow(verbose=False)) == 3
    assert shown.views == [] and capsys.readouterr() == ("", "")


def interrupt():
    raise KeyboardInterrupt


def check_interrupted(shown, capsys, number):
    """Interrupt a training there, check that all is kept; return the lines it had."""
    shown.views.clear()
    net = network()
    count = before_line(number, ("training_curves.py",), interrupt)
    try:
        history = follow(net, epochs=2)
    except KeyboardInterrupt:
        assert not shown.views, number  # before there was anything to keep
        return count.lines
    finally:
        sys.settrace(None)
    said = capsys.readouterr().out
    assert len(history) == len(history.test_acc) == len(history.step_loss) // 3
    assert all(module.training for module in net.modules())
    if count.lines < number:
        assert "stopped" not in said and len(history) == 2
    else:
        where = re.search(r"stopped (in|after) epoch (\d)(?: after step \d)?: ", said)
        epochs = int(where[2]) - (where[1] == "in")
        assert epochs <= len(history) <= epochs + 1
    return count.lines


def test_an_interrupt_at_any_line_keeps_everything(
    shown, pictures, monkeypatch, capsys
):
    drawn, number = svg.picture(4, 4, "drawn"), 1
    monkeypatch.setattr(MODULE, "draw_training", lambda *_, **more: drawn)
    while check_interrupted(shown, capsys, number) >= number:
        number += 2
    assert number > 150  # so many lines there are


@pytest.mark.parametrize(
    "error, words",
    [
        (KeyboardInterrupt(), "stopped in epoch 1 after step 2"),
        (OSError("the disk is gone"), "stopped in epoch 1 after step 2 by OSError"),
        (None, "diverged: the loss became nan in epoch 1, step 3: the pictures .*"),
    ],
)
def test_an_early_end_is_told_and_leaves_the_curves_up_to_it(
    shown, monkeypatch, error, words
):
    def broken():
        yield from BATCHES[:2]
        if error:
            raise error
        yield BATCHES[2][0] * math.nan, BATCHES[2][1]

    monkeypatch.setattr(MODULE, "count_batches", lambda loader: 3)
    with contextlib.suppress(OSError, FloatingPointError):
        follow(batches=broken())
    (view,) = shown.views
    assert re.match(f"{words}; mean loss of the last 2 steps", view.label)
    assert view.message.value == "" and len(shown.kept) == 2
    assert view.picture.svg in shown.kept[-1][0]


def test_controls_moved_by_another_thread_while_it_trains(shown, pictures):
    expected, messages = follow(progress=None, epochs=6), []
    done = threading.Event()

    def move():
        while not done.is_set():
            for view in shown.views:
                view.controls["logarithmic"].value = len(messages) % 2 == 0
                messages.append(view.message.value)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        history = follow(epochs=6)
    finally:
        done.set()
        thread.join(timeout=60)
    assert history.step_loss == expected.step_loss
    assert len(messages) > 3 and set(messages) == {""}
    assert shown.views[0].label.startswith("finished in ")


def test_classes_that_get_lost_are_named(shown):
    last = nn.Linear(784, 10)  # class 1 is dead, 2 to 9 are never predicted
    last.weight.data *= 0
    last.bias.data[:] = torch.tensor([2.0, -2.0] + [0.5] * 8)
    follow(nn.Sequential(nn.Flatten(), last, nn.ReLU()), epochs=1, lr=1e-6)
    (view,) = shown.views
    given = "; given to training pictures: T-shirt/top 100%, Trouser × dead, Pullover "
    assert f"{given}never, " in view.label
    for word, count in {"100%": 1, "× dead": 1, "never": 8}.items():
        assert view.picture.svg.count(f">{word}<") == count
    assert view.picture.svg.count(">✗ T-shirt/top<") == 9
