"""View 11: live training curves, and that they never stand in training's way."""

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
from cnn_course.training import ProgressBar
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
    """What a notebook's kernel is given to show.

    views    what it was given to display
    static   (picture, text) of the view at first and whenever it was updated
    """
    found = SimpleNamespace(views=[], static=[])

    def display(view, display_id):
        assert display_id is True
        found.views.append(view)
        found.static.append(view.static())
        return SimpleNamespace(update=lambda view: found.static.append(view.static()))

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


def check_same(classes, spoil=lambda net: None):
    """Train with and without the view: the same weights, averages and history."""
    found = []
    for progress in (None, training_curves):
        net = network(classes)
        spoil(net)
        history = vars(follow(net, progress=progress)) | {"seconds": 0}
        found.append((history, [t.tolist() for t in net.state_dict().values()]))
    assert found[0] == found[1] and len(found[0][0]["loss"]) == 3


def test_training_is_the_same_with_the_view_bit_for_bit(shown, pictures, capsys):
    check_same(10)
    assert re.search(">[✓✗] ", pictures[-1])  # the network was asked
    lines = re.findall("epoch 3, loss .*, time", capsys.readouterr().out)
    assert len(lines) == 2 and lines[0] == lines[1]


def full(net):
    def refuse(_, inputs):
        if len(inputs[0]) == 40:  # so many the sample has
            raise torch.OutOfMemoryError("the GPU is full")

    net.register_forward_pre_hook(refuse)


@pytest.mark.parametrize("classes, spoil", [(10, full), (12, lambda net: None)])
def test_training_goes_on_without_a_sample_that_cannot_be_asked_about(
    shown, pictures, classes, spoil
):
    check_same(classes, spoil)
    assert pictures[0].count("<image") == 10  # garments
    assert pictures[-1].count("<image") == 2  # kernels
    assert shown.views[0].label.startswith("finished: 3 epochs")


def test_the_text_tells_the_result_and_follows_the_smoothing(shown):
    history = follow()
    (view,) = shown.views
    assert view.label.startswith("finished: 3 epochs in ")
    result = f"after epoch 3: loss {history.loss[-1]:.3f}, training accuracy "
    result += f"{history.train_acc[-1]:.3f}, test accuracy {history.test_acc[-1]:.3f}"
    assert result in view.label
    mean = sum(history.step_loss) / 9  # 20 are asked for
    assert f"mean loss of the last 9 steps {mean:.3f}" in view.label
    view.controls["smoothing"].write(4)
    mean = sum(history.step_loss[-4:]) / 4
    assert view.label.endswith(f"mean loss of the last 4 steps {mean:.3f}")


def test_the_text_while_it_trains(shown, pictures):
    follow(epochs=2)
    texts = list(map(label_of, pictures))
    assert texts[0] == "epoch 1 of 2, step 0 of 3"
    for step in (1, 2, 3):
        assert texts[step].startswith(f"epoch 1 of 2, step {step} of 3, ")
        assert re.search(r"[\d,]+ images/s, about \d+ s left; given", texts[step])
    assert texts[4].startswith("epoch 2 of 2, step 1 of 3, ")
    assert "; after epoch 1: loss" in texts[4] and texts[-1].startswith("finished")


def test_batches_that_nobody_can_count_and_no_test(shown, pictures):
    assert len(follow(batches=iter(BATCHES), epochs=1, test=None).step_loss) == 3
    words = r"epoch 1 of 1, step 2, [\d,]+ images/s; mean loss of .*"
    assert re.fullmatch(words, label_of(pictures[2]))
    assert "test" not in pictures[-1]


def test_the_time_left():
    history = History([1.0], [0.5], step_loss=[1.0] * 10)
    state = TrainingState(5, 10, None, history, [1.0] * 5, step=0.4)
    drawn = draw_training(state, False, 20)
    assert "step 5 of 10, 0 images/s, about 14 s left" in label_of(drawn)


@pytest.fixture
def clock(monkeypatch):
    """The seconds that the view believes in; drawing takes 0.1 of them."""
    now = SimpleNamespace(seconds=100.0, drawings=[])

    def draw(state, **_):
        now.drawings.append(now.seconds)
        now.seconds += 0.1
        return svg.picture(4, 4, "drawn")

    def tick():
        now.seconds += 1e-6
        return now.seconds

    monkeypatch.setattr(MODULE, "draw_training", draw)
    monkeypatch.setattr(MODULE, "time", SimpleNamespace(perf_counter=tick))
    return now


def test_drawing_takes_a_small_share_of_the_time(shown, clock):
    def slowly():
        for _ in range(600):
            clock.seconds += 0.02
            yield BATCHES[0]

    follow(batches=slowly(), epochs=1)
    waits = np.diff(clock.drawings[1:-1])  # all but the first and the last
    assert len(waits) >= 3 and waits == pytest.approx(0.1 / 0.04 + 0.1, abs=0.03)


def test_the_saved_text_stays_and_the_picture_becomes_the_last(shown):
    follow()
    (first, text), (last, last_text) = shown.static
    assert text == last_text
    assert shown.views[0].picture.svg in last and last != first


@pytest.mark.parametrize("kernel", [None, SimpleNamespace(), "shell"])
def test_outside_a_notebook_there_is_a_plain_bar(monkeypatch, capsys, kernel):
    monkeypatch.setattr(MODULE, "get_ipython", lambda: kernel)
    assert len(follow()) == 3
    assert capsys.readouterr().out.count("epoch ") == 3
    bar = training_curves(network(), BATCHES, 1, True, torch.device("cpu"))
    with bar:
        assert isinstance(bar, ProgressBar)


def test_what_is_not_to_be_seen_is_not_shown(shown, capsys):
    assert len(follow(verbose=False)) == 3
    assert shown.views == [] and capsys.readouterr() == ("", "")


def states():
    """Return the weights after 0, 1, 2, … steps of two epochs, as bytes."""
    found, net = [], network()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    hook = optimizer.register_step_pre_hook(lambda *_: found.append(weights(net)))
    follow(net, epochs=2, lr=None, optimizer=optimizer, progress=None, verbose=False)
    hook.remove()
    return [*found, weights(net)]


def weights(net):
    return b"".join(p.detach().numpy().tobytes() for p in net.parameters())


def interrupt():
    raise KeyboardInterrupt


def check_interrupted(shown, capsys, found, number, files):
    """Interrupt a training there, check that all is kept; return the lines it had."""
    shown.views.clear()
    net = network()
    count = before_line(number, files, interrupt)
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
        return count.lines
    where = re.search(r"stopped (in|after) epoch (\d)(?: after step (\d))?: ", said)
    assert where, number
    epochs = int(where[2]) - (where[1] == "in")
    place = 3 * epochs + int(where[3] or 0)
    # The step in which the interrupt came may have been done, but not yet counted.
    assert weights(net) in found[place : place + 2], number
    assert epochs <= len(history) <= epochs + 1
    return count.lines


def test_an_interrupt_at_any_line_keeps_everything(shown, pictures, clock, capsys):
    found, number = states(), 1
    files = ("training_curves.py",)
    while check_interrupted(shown, capsys, found, number, files) >= number:
        number += 2
    assert number > 150  # so many lines there are


def test_an_interrupt_in_the_drawing_keeps_everything(shown, pictures, capsys):
    files = ("training_curves.py", "training_picture.py", "parts.py")
    files += ("view.py", "svg.py")
    found = states()
    total = check_interrupted(shown, capsys, found, 10**9, files)
    for number in range(total // 14, total, total // 7):
        check_interrupted(shown, capsys, found, number, files)
        for view in shown.views:
            assert re.match("stopped|finished", view.label)
            assert view.message.value == ""


class Broken(list):
    """Batches that end with an error, in the second epoch after two steps."""

    def __init__(self, error):
        self.error, self.epochs = error, 0

    def __iter__(self):
        self.epochs += 1
        yield from BATCHES[: 4 - self.epochs]
        if self.epochs == 2:
            raise self.error


def test_an_interrupt_leaves_its_place_and_the_curves_up_to_it(shown, capsys):
    history = follow(batches=Broken(KeyboardInterrupt()), epochs=9)
    (view,) = shown.views
    assert view.label.startswith("stopped in epoch 2 after step 2; after epoch 1: ")
    assert "stopped in epoch 2 after step 2: the network" in capsys.readouterr().out
    assert len(history) == 1 and "mean loss of the last 5 steps" in view.label
    assert len(shown.static) == 2
    assert view.picture.svg in shown.static[-1][0]


def test_another_error_is_named_and_let_through(shown):
    with pytest.raises(OSError, match="the disk is gone"):
        follow(batches=Broken(OSError("the disk is gone")))
    assert shown.views[0].label.startswith("stopped in epoch 2 after step 2 by OSError")


def test_a_loss_that_is_not_finite_keeps_the_curves_and_says_so(shown):
    X, y = BATCHES[0]
    with pytest.raises(FloatingPointError) as caught:
        follow(batches=[*BATCHES, (X * math.nan, y)])
    (view,) = shown.views
    text = "diverged: the loss became nan in epoch 1, step 4: the pictures of this step"
    assert view.label.startswith(text) and len(caught.value.history) == 0
    assert "mean loss of the last 3 steps" in view.label
    assert view.message.value == "" and len(shown.static) == 2


def test_losses_that_are_not_finite_end_the_curve():
    state = TrainingState(1, 5, losses=[2.0, 1.0, math.nan, math.inf, 3.0])
    for logarithmic, scale in {False: "", True: ", logarithmic scale"}.items():
        label = label_of(draw_training(state, logarithmic, 20))
        assert label.endswith(f"mean loss of the last 2 steps 1.500{scale}")


def test_controls_moved_by_another_thread_while_it_trains(shown, pictures):
    expected = follow(progress=None, epochs=6)
    done, moves = threading.Event(), []

    def move():
        while not done.is_set():
            if shown.views and len(moves) < 400:
                controls = shown.views[0].controls
                controls["logarithmic"].value = len(moves) % 2 == 0
                controls["smoothing"].write(1 + len(moves) % 30)
                moves.append(shown.views[0].message.value)

    thread = threading.Thread(target=move)
    thread.start()
    try:
        history = follow(epochs=6)
    finally:
        done.set()
        thread.join(timeout=60)
    assert history.step_loss == expected.step_loss
    assert len(moves) > 3 and set(moves) == {""}
    assert shown.views[0].label.startswith("finished: 6 epochs")


def test_a_bad_entry_does_not_cost_the_last_picture(shown):
    def typing():
        yield from BATCHES
        shown.views[0].controls["smoothing"].field.value = "many"

    follow(batches=typing(), epochs=1)
    (view,) = shown.views
    assert view.label.startswith("finished") and view.message.value == ""
    assert view.controls["smoothing"].read() == 20


class Dead(nn.Module):
    """Class 1 is dead, classes from 2 on are never predicted."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.tensor([2.0, -2.0] + [0.5] * 8))

    def forward(self, X):
        return self.bias.relu().expand(len(X), 10)


def test_classes_that_get_lost_are_named(shown):
    follow(Dead(), epochs=1, lr=1e-4)
    (view,) = shown.views
    given = "; given to training pictures: T-shirt/top 100%, Trouser × dead, Pullover "
    assert f"{given}never, " in view.label
    for word, count in {"100%": 1, "× dead": 1, "never": 8}.items():
        assert view.picture.svg.count(f">{word}<") == count
    marks = re.findall(">([✓✗]) T-shirt/top<", view.picture.svg)
    assert marks == ["✓"] + 9 * ["✗"]


def test_pictures_kernels_and_answers_are_there_from_the_first_step(shown, pictures):
    follow(lenet(), epochs=1, test=None)
    assert "5×5" not in pictures[0] and pictures[0].count("<image") == 10
    assert pictures[1].count("<image") == 6 + 10
    assert len(re.findall(">[✓✗] ", pictures[1])) == 10
    assert MODULE.take_sample(BATCHES) is None
    assert MODULE.take_sample(noise(torch.zeros(8).long())) is None  # classes missing
    picture = MODULE.take_sample(DATA).images[:10]  # the first of each class, in order
    assert (picture == DATA.images[:10].numpy()).all()


def test_the_axes_grow_and_end_where_training_ended():
    def epochs(done, num_epochs=500, ended=""):
        history = History([1.0] * done, step_loss=[1.0] * 4 * done)
        state = TrainingState(num_epochs, 4, None, history, [1.0], ended=ended)
        return state.shown_epochs

    assert [epochs(n) for n in (0, 9, 10, 39, 330)] == [10, 10, 20, 40, 500]
    assert epochs(2, num_epochs=5) == 5 and epochs(2, ended="stopped") == 3
