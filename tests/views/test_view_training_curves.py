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
X = torch.randn(24, 5, generator=torch.Generator().manual_seed(0))
Y = torch.arange(24) % 3
BATCHES = [(X[i : i + 8], Y[i : i + 8]) for i in range(0, 24, 8)]


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
def every_step(monkeypatch):
    """The view draws after every step."""
    monkeypatch.setattr(MODULE, "PAUSE", 0.0)
    monkeypatch.setattr(MODULE, "SHARE", math.inf)


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 3))


def follow(net=None, batches=BATCHES, epochs=3, test=BATCHES, **options):
    options = {"lr": 0.01, "progress": training_curves, **options}
    return train(net or network(), batches, test, epochs, **options)


def note_texts(monkeypatch):
    """Return a list that will hold the text of every drawing."""
    texts, show = [], MODULE.View.show

    def note(self, svg):
        show(self, svg)
        texts.append(self.label)

    monkeypatch.setattr(MODULE.View, "show", note)
    return texts


def test_training_is_the_same_with_the_view_bit_for_bit(shown, every_step, capsys):
    nets, found = (network(), network()), []
    for net, progress in zip(nets, (None, training_curves), strict=True):
        torch.manual_seed(7)  # of the dropout
        history = follow(net, progress=progress, watch_classes=True)
        found.append((history, re.sub(r"time .*", "", capsys.readouterr().out)))
    (plain, lines), (live, live_lines) = found
    assert lines == live_lines and "epoch 3, loss" in lines
    for one, other in zip(*(net.parameters() for net in nets), strict=True):
        assert torch.equal(one, other)
    for name in ("loss", "step_loss", "train_acc", "test_acc", "largest_logit"):
        assert getattr(plain, name) == getattr(live, name)


def test_the_text_tells_the_result_and_follows_the_smoothing(shown):
    history = follow()
    (view,) = shown.views
    assert view.label.startswith("finished: 3 epochs in ")
    result = f"after epoch 3: loss {history.loss[-1]:.3f}, training accuracy "
    result += f"{history.train_acc[-1]:.3f}, test accuracy {history.test_acc[-1]:.3f}"
    assert result in view.label and "never predicted" not in view.label
    mean = sum(history.step_loss) / 9  # 20 are asked for
    assert f"mean loss of the last 9 steps {mean:.3f}" in view.label
    view.controls["smoothing"].write(4)
    mean = sum(history.step_loss[-4:]) / 4
    assert view.label.endswith(f"mean loss of the last 4 steps {mean:.3f}")


def test_the_text_while_it_trains(shown, every_step, monkeypatch):
    texts = note_texts(monkeypatch)
    follow(epochs=2)
    assert texts[0] == "epoch 1 of 2, step 0 of 3"
    for step in (1, 2, 3):
        assert texts[step].startswith(f"epoch 1 of 2, step {step} of 3, ")
        assert re.search(r"[\d,]+ images/s, about \d+ s left; mean loss", texts[step])
    assert texts[4].startswith("epoch 1 of 2 done, about ")
    assert texts[5].startswith("epoch 2 of 2, step 1 of 3, ")
    assert "; after epoch 1: loss" in texts[5] and texts[-1].startswith("finished")


def test_batches_that_nobody_can_count_and_no_test(shown, every_step, monkeypatch):
    texts = note_texts(monkeypatch)
    history = follow(batches=iter(BATCHES), epochs=1, test=None, watch_classes=True)
    assert len(history.step_loss) == 3
    assert re.fullmatch(
        r"epoch 1 of 1, step 2, [\d,]+ images/s; mean loss of .*", texts[2]
    )
    assert "test accuracy" not in texts[-1] and "never" not in texts[-1]


def test_the_time_left():
    def left(epochs, losses, batches=10):
        history = History([1.0] * epochs, step_loss=[1.0] * 10 * epochs)
        state = TrainingState(5, batches, None, history, [1.0] * losses, seconds=12.0)
        return state.seconds_left

    assert left(0, 1) == pytest.approx(12 * 49)
    assert left(2, 5) == pytest.approx(12.0) == left(2, 5, batches=None)
    assert left(4, 10) == left(5, 0) == 0
    assert left(0, 0) is left(0, 7, batches=None) is None


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


@pytest.mark.parametrize("share, pause", [(1.0, 0.5), (0.04, 2.5)])
def test_drawing_rests_half_a_second_and_takes_a_small_share_of_the_time(
    shown, clock, monkeypatch, share, pause
):
    monkeypatch.setattr(MODULE, "PAUSE", 0.5)
    monkeypatch.setattr(MODULE, "SHARE", share)

    def slowly():
        for _ in range(600):
            clock.seconds += 0.02
            yield BATCHES[0]

    follow(batches=slowly(), epochs=1)
    waits = np.diff(clock.drawings[1:-2])  # all but the first, the end, and the last
    assert len(waits) >= 1 and waits == pytest.approx(pause + 0.1, abs=0.03)


def test_the_saved_text_stays_and_the_picture_becomes_the_last(shown):
    follow(watch_classes=True)
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


def states(epochs=2):
    """Return the weights after 0, 1, 2, … steps, as bytes."""
    found, net = [], network()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    hook = optimizer.register_step_pre_hook(lambda *_: found.append(weights(net)))
    torch.manual_seed(7)
    train(net, BATCHES, BATCHES, epochs, optimizer=optimizer, verbose=False)
    hook.remove()
    return [*found, weights(net)]


def weights(net):
    parts = [p.detach().numpy().tobytes() for p in net.parameters()]
    return b"".join(parts)


def interrupt():
    raise KeyboardInterrupt


def check_interrupted(shown, capsys, found, number, files):
    """Interrupt a training there, check that all is kept; return the lines it had."""
    shown.views.clear()
    net = network()
    torch.manual_seed(7)
    count = before_line(number, files, interrupt)
    try:
        history = follow(net, epochs=2, watch_classes=True)
    except KeyboardInterrupt:
        assert not shown.views, number  # before there was anything to keep
        return count.lines
    finally:
        sys.settrace(None)
    said = capsys.readouterr().out
    assert len(history) == len(history.test_acc) == len(history.step_loss) // 3
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


def test_an_interrupt_at_any_line_keeps_everything(shown, every_step, clock, capsys):
    found, number = states(), 1
    files = ("training_curves.py",)
    while check_interrupted(shown, capsys, found, number, files) >= number:
        number += 2
    assert number > 150  # so many lines there are


def test_an_interrupt_in_the_drawing_keeps_everything(shown, every_step, capsys):
    files = ("training_curves.py", "training_picture.py", "parts.py")
    files += ("view.py", "svg.py")
    found = states()
    total = check_interrupted(shown, capsys, found, 10**9, files)
    for number in range(total // 14, total, total // 7):
        check_interrupted(shown, capsys, found, number, files)
        for view in shown.views:
            assert re.match("stopped|finished", view.label)
            assert view.message.value == ""


def test_an_interrupt_leaves_its_place_and_the_curves_up_to_it(shown, capsys):
    def interrupted():
        yield from BATCHES[:2]
        raise KeyboardInterrupt

    class Second:
        epochs = 0

        def __iter__(self):
            self.epochs += 1
            return interrupted() if self.epochs == 2 else iter(BATCHES)

    history = follow(batches=Second(), epochs=9)
    (view,) = shown.views
    assert view.label.startswith("stopped in epoch 2 after step 2; after epoch 1: ")
    assert "stopped in epoch 2 after step 2: the network" in capsys.readouterr().out
    assert len(history) == 1 and "mean loss of the last 5 steps" in view.label
    assert len(shown.static) == 2
    assert view.picture.svg in shown.static[-1][0]


def test_a_loss_that_is_not_finite_keeps_the_curves_and_says_so(shown):
    batches = [*BATCHES, (X[:4] * math.nan, Y[:4])]
    with pytest.raises(FloatingPointError) as caught:
        follow(batches=batches)
    (view,) = shown.views
    text = "diverged: the loss became nan in epoch 1, step 4: the pictures of this step"
    assert view.label.startswith(text) and len(caught.value.history) == 0
    assert "mean loss of the last 3 steps" in view.label
    assert view.message.value == "" and len(shown.static) == 2


def test_another_error_is_named_and_let_through(shown):
    def broken():
        yield BATCHES[0]
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        follow(batches=broken())
    assert shown.views[0].label.startswith("ended in epoch 1 after step 1 by OSErr")


def test_losses_that_are_not_finite_end_the_curve():
    state = TrainingState(1, 5, losses=[2.0, 1.0, math.nan, math.inf, 3.0])
    for logarithmic, scale in {False: "", True: ", logarithmic scale"}.items():
        label = label_of(draw_training(state, logarithmic, 20))
        assert label.endswith(f"mean loss of the last 2 steps 1.500{scale}")


def test_controls_moved_by_another_thread_while_it_trains(shown, every_step):
    torch.manual_seed(7)
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
        torch.manual_seed(7)
        history = follow(epochs=6)
    finally:
        done.set()
        thread.join(timeout=60)
    assert history.step_loss == expected.step_loss
    assert len(moves) > 3 and set(moves) == {""}
    (view,) = shown.views
    view.refresh()
    assert view.label.startswith("finished: 6 epochs")


def test_a_bad_entry_does_not_cost_the_last_picture(shown):
    def typing():
        yield from BATCHES
        shown.views[0].controls["smoothing"].field.value = "many"

    follow(batches=typing(), epochs=1)
    (view,) = shown.views
    assert view.label.startswith("finished") and view.message.value == ""
    assert view.controls["smoothing"].read() == MODULE.SMOOTHING


class Dead(nn.Module):
    """Class 1 is dead, class 2 never predicted."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.tensor([2.0, -2.0, 0.5]))

    def forward(self, X):
        return self.bias.relu().expand(len(X), 3)


class Named(list):
    classes = ("Boot", "Bag", "Coat")


@pytest.mark.parametrize("batches", [Named(BATCHES), BATCHES])
def test_classes_that_get_lost_are_named(shown, batches):
    follow(Dead(), batches, epochs=2, lr=1e-4, watch_classes=True)
    (view,) = shown.views
    bag, coat = ("Bag", "Coat") if batches is not BATCHES else ("class 1", "class 2")
    assert f"; never predicted: {bag}, {coat}; dead: {bag}; " in view.label
    for word in ("× dead", "never", "100%"):
        assert f">{word}<" in view.picture.svg


def test_many_classes_and_many_epochs_are_drawn_too():
    history = History([1.0] * 90, [0.5] * 90, [0.5] * 90, step_loss=[1.0] * 90)
    history.predicted += [[0] * 99 + [5]] * 90
    history.largest_logit += [[1.0] * 100] * 90
    drawn = draw_training(TrainingState(90, 1, (), history), True, 20)
    assert "class 98; dead: none" in label_of(drawn)


def test_the_axes_grow_and_end_where_training_ended():
    def epochs(done, num_epochs=500, ended=""):
        history = History([1.0] * done, step_loss=[1.0] * 4 * done)
        state = TrainingState(num_epochs, 4, None, history, [1.0], ended=ended)
        return state.shown_epochs

    assert [epochs(n) for n in (0, 9, 10, 39, 330)] == [10, 10, 20, 40, 500]
    assert epochs(2, num_epochs=5) == 5 and epochs(2, ended="stopped") == 3


def test_pictures_kernels_and_classes_are_there_from_the_first_step(shown, every_step):
    data = noise(torch.arange(120) % 10)
    drawn = []

    class Noted(type(data)):
        def __iter__(self):
            for batch in super().__iter__():
                drawn.append(shown.views[0].picture.svg)
                yield batch

    data.__class__ = Noted
    follow(lenet(), data, epochs=1, test=None)
    assert "5×5" not in drawn[0] and drawn[1].count("<image") == 6 + 10
    assert len(re.findall(">[✓✗] ", drawn[1])) == 10
    sample = MODULE.take_sample(data)
    assert sample.labels.tolist() == 6 * list(range(10))
    assert MODULE.take_sample(BATCHES) is None
    assert MODULE.take_sample(noise(torch.zeros(8).long())) is None  # classes missing
