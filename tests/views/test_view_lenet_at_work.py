"""View 6: choosing or drawing a picture, and what LeNet makes of it."""

import copy
import re
from pathlib import Path

import pytest
import torch
from torch import nn
from view_helpers import noise, press

from cnn_course.data import Batches
from cnn_course.networks import fully_connected, lenet
from cnn_course.views.kit import sketchpad
from cnn_course.views.lenet_at_work import feature_maps, lenet_at_work

LABELS = [3, 9, 0, 9, 8, 9]
CLASSES = Batches.classes
# Shares of the classes that the fixture's network always gives.
SHARES = dict.fromkeys(CLASSES, 0.01) | {"Ankle boot": 0.6, "Bag": 0.25, "Dress": 0.08}


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.fixture
def test_iter():
    return noise(LABELS)


@pytest.fixture
def net():
    net = lenet()
    nn.init.zeros_(net[-1].weight)
    net[-1].bias.data = torch.tensor(list(SHARES.values())).log()
    return net


@pytest.fixture
def view(net, test_iter):
    return lenet_at_work(net, test_iter)


def changed(activation, pool):
    """A student's own LeNet, with other layers, one of them a block."""
    first = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), activation())
    return nn.Sequential(
        nn.Identity(),
        first,
        pool(2),
        nn.Dropout(0.5),
        nn.Conv2d(4, 40, 3, stride=2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.LazyLinear(10),
    )


def test_maps_are_the_outputs_of_the_layers():
    net, X = lenet(), torch.rand(1, 1, 28, 28)
    stages, logits = feature_maps(net, X)
    ends = {"convolution 1, Sigmoid": 2, "average pooling": 3}
    assert [name for name, _ in stages] == [*ends, "convolution 2, Sigmoid", [*ends][1]]
    for (_, maps), end in zip(stages, (2, 3, 5, 6), strict=True):
        assert torch.allclose(maps, net[:end](X)[0])
    assert torch.allclose(logits, net(X)[0])


@pytest.mark.parametrize(
    "activation, pool", [(nn.ReLU, nn.MaxPool2d), (nn.Tanh, nn.AvgPool2d)]
)
def test_a_changed_lenet_works_and_is_not_changed(activation, pool):
    net, X = changed(activation, pool), torch.rand(8, 1, 28, 28)
    net(X).sum().backward()
    before, random = copy.deepcopy(net), torch.get_rng_state()
    grads = [p.grad.clone() for p in net.parameters()]
    stages, logits = feature_maps(net, X[:1])
    assert all(module.training for module in net.modules())
    assert torch.equal(torch.get_rng_state(), random)
    for name, value in net.state_dict().items():  # the averages of BatchNorm, too
        assert torch.equal(value, before.state_dict()[name])
    for p, grad in zip(net.parameters(), grads, strict=True):
        assert torch.equal(p.grad, grad)
    kind = "max" if pool is nn.MaxPool2d else "average"
    names = [f"convolution 1, BatchNorm2d, {activation.__name__}"]
    names += [f"{kind} pooling, Dropout", "convolution 2"]
    assert [name for name, _ in stages] == names
    net.eval()
    for (_, maps), end in zip(stages, (2, 4, 5), strict=True):
        assert torch.allclose(maps, net[:end](X[:1])[0], atol=1e-6)
    assert torch.allclose(logits, net(X[:1])[0], atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16])
def test_a_network_keeps_its_precision(net, test_iter, dtype):
    view = lenet_at_work(net.to(dtype), test_iter)
    assert re.search(r"Ankle boot (59.9|60.[01]) %", view.last_text)
    assert next(net.parameters()).dtype == dtype and view.message.value == ""


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (fully_connected, "no Conv2d before an nn.Flatten"),
        (lambda: nn.Sequential(nn.Conv2d(1, 10, 28)), "no nn.Flatten"),
        (lambda: nn.Conv2d(1, 10, 28), "this is a Conv2d"),
        (
            lambda: nn.Sequential(nn.Conv2d(3, 6, 5)),
            "cannot take what comes in, (1, 28",
        ),
        (lambda: lenet()[:-1], "shape (84,), but there are 10 classes"),
    ],
)
def test_an_unfit_network_is_refused_with_what_is_expected(build, words, test_iter):
    with pytest.raises(ValueError, match=re.escape(words)) as error:
        lenet_at_work(build(), test_iter)
    assert "expected is a network like lenet()" in str(error.value)


def test_a_layer_of_many_maps_is_drawn(test_iter):
    wide = nn.Sequential(nn.Conv2d(1, 64, 3), nn.Flatten(), nn.Linear(64 * 676, 10))
    view = lenet_at_work(wide, test_iter)
    assert view.last_text.endswith("Feature maps: 64×26×26")  # of which 32 are drawn


def test_a_loader_that_resizes_is_followed(test_iter):
    test_iter.resize = (40, 32)
    net = nn.Sequential(*lenet()[:7], nn.Linear(16 * 8 * 6, 10))
    assert lenet_at_work(net, test_iter).last_text.endswith(
        "6×40×32 → 6×20×16 → 16×16×12 → 16×8×6"
    )


def test_the_text_tells_picture_label_and_shares(view):
    assert view.last_text == (
        "test picture 0, labelled Dress: Ankle boot 60.0 %, Bag 25.0 %, Dress 8.0 %. "
        "Feature maps: 6×28×28 → 6×14×14 → 16×10×10 → 16×5×5"
    )


def test_pictures_are_chosen_by_number_class_and_buttons(view, test_iter):
    chooser = view.controls["picture"]

    def shown():
        assert view.message.value == ""
        index = int(re.match(r"test picture (\d+),", view.last_text)[1])
        assert chooser.sketch.pad.picture == bytes(test_iter.images[index].flatten())
        return index, chooser.number.read()

    for button, index in [("next", 1), ("previous", 0), ("previous", 5)]:
        press(view, button)
        assert shown() == (index, index)
    chooser.only.value = 9
    for button, index in [("next", 1), ("previous", 5)]:
        press(view, button)
        assert shown() == (index, index)
    chooser.number.slider.value = 2  # the next ankle boot from there on
    assert shown() == (3, 2)
    press(view, "next")
    assert shown() == (5, 5)
    chooser.only.label = "any class"
    assert chooser.only.index == 0  # else the browser shows no option at all
    chooser.number.slider.value = 2
    assert shown() == (2, 2)


def test_a_stroke_on_a_picture_makes_it_your_drawing(view):
    pad = view.controls["picture"].sketch.pad
    untouched, before = pad.picture, view.last.tobytes()
    pad.picture = bytes(100) + untouched[100:]
    assert view.last_text.startswith("your drawing: Ankle boot 60.0 %, Bag 25.0 %")
    assert "one of 10 classes, whatever you draw" in view.last_text
    assert view.last.tobytes() != before
    press(view, "start from test picture")
    assert pad.picture == untouched and "labelled Dress" in view.last_text
    assert view.last.tobytes() == before


def test_the_message_goes_when_the_number_is_where_it_was(view):
    number = view.controls["picture"].number
    for mend in (
        lambda: setattr(number.field, "value", "0"),
        lambda: press(view, "next"),
    ):
        number.field.value = "two"
        assert "test picture: type a whole number" in view.message.value
        mend()  # the sheet does not change in the first case
        assert view.message.value == ""
    assert view.last_text.startswith("test picture 1,")


def test_a_class_without_pictures_gets_a_message(view):
    only = view.controls["picture"].only
    only.value = 7
    assert "choose another class" in view.message.value
    press(view, "next")
    assert "choose another class" in view.message.value
    only.label = "any class"
    assert view.message.value == ""


def test_the_view_follows_a_network_that_goes_on_learning(view, net):
    net[-1].bias.data[:] = 0.0
    press(view, "next")
    assert "10.0 %" in view.last_text
    net[-1].bias.data[0] = torch.nan
    press(view, "next")
    assert "its training went wrong" in view.message.value


def test_the_javascript_is_short_and_fetches_nothing():
    script = Path(sketchpad.__file__).with_suffix(".js").read_text(encoding="utf-8")
    assert len(script.splitlines()) < 120
    assert not re.search(r"https?:|fetch|import|XMLHttp|WebSocket", script)
    assert "keydown" in script and "lmSuppressShortcuts" in script
