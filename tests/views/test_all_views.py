"""What holds for all views: touches, absurd entries, colours, a saved picture."""

import base64
import inspect
import io
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from svg_reader import read_contrasts
from torch import nn
from view_helpers import noise

from cnn_course import views
from cnn_course.networks import fully_connected, lenet, nin
from cnn_course.studies import read_rows
from cnn_course.views.kit.controls import Number
from cnn_course.views.kit.svg import png
from cnn_course.views.training_curves import LiveCurves

SOME = torch.arange(60) % 10  # six pictures of each class


def coloured():
    return nn.Sequential(
        nn.Conv2d(3, 20, 3), nn.ReLU(), nn.Flatten(), nn.Linear(720, 4)
    )


MAKE = {  # each with what it is given, and what its saved text begins with
    "ablation_explorer": (
        lambda: [read_rows("09_ablation.csv")],
        "The study, run by run: test accuracy at epoch 5. one 1×1 · ReLU: median 0.8",
    ),
    "augmentation_mixer": (
        list,
        "Augmentation mixer: draws 1 to 8: mirrored with probability 0.5, ",
    ),
    "class_maps": (
        lambda: [nin(num_1x1=0, last_relu=False), noise(SOME)],
        "NiN's class maps: 10 class maps, each over the sheet with its average",
    ),
    "correlation_stepper": (
        list,
        "Cross-correlation, step by step: cross-correlation, output row 1, column 1: "
        "1·1 + 2·2 + 3·3 + 1·0 = ?; input 3×3, kernel 2×2, padding 0, stride 1: "
        "output 2×2, 0 of 4 shown",
    ),
    "edge_learner": (
        list,
        "Learning an edge kernel, live: step 0: loss 0.558, kernel [1.54, −0.29], bias "
        "0.00; press ▶ and watch the loss",
    ),
    "explore": (
        lambda: [coloured(), torch.rand(60, 3, 8, 8)],
        "Your network, unit by unit: the maps of 5 layers, and how one number of them "
        "comes from its inputs",
    ),
    "kernel_lab": (list, "Kernel lab: 300×256 pixels; your kernel, 3×3 "),
    "lenet_at_work": (
        lambda: [lenet(), noise(SOME)],
        "LeNet at work: a picture, what comes out of every convolution and pooling, "
        "and the share of every class as bars",
    ),
    "output_size_calculator": (
        list,
        "Output size, seen pixels and receptive field: 7×7 becomes 6×6: ⌊(7 + 2·0 − 1",
    ),
    "pooling_explorer": (
        list,
        "Pooling, forwards and backwards: max pooling, window 2, stride 2; output row "
        "1, column 1: largest of 1, 3, 5, 3: 5; its gradient 10 goes to the winner, "
        "row 2, column 1; in all 100 arrive and the inputs get 100: nothing is lost",
    ),
    "training_curves": (
        lambda: [lenet(), noise(SOME), 1, torch.device("cpu")],
        "Training, live: loss and accuracy by epoch",
    ),
    "vgg_builder": (
        list,
        "VGG builder: 11 layers: 128,806,154 parameters, 7,547,232,256 multiply-adds",
    ),
}


def make(name, given=()):
    """Return a view of what is given, or of what MAKE has for it, made anew."""
    given = given or MAKE[name][0]()
    if name == "training_curves":
        return LiveCurves(*given).view
    return getattr(views, name)(*given)


@pytest.fixture(params=MAKE)
def name(request):
    torch.manual_seed(0)
    return request.param


TOUCHES = {  # view: what is done to its controls, but for numbers
    "ablation_explorer": [
        ("press", "arms:0"),
        ("press", "seeds:1"),
        ("press", "measure:1"),
    ],
    "correlation_stepper": [
        ("press", "place:1,1"),
        ("hover", "place:0,1"),
        ("press", "size:1"),
        ("press", "flip:0"),
        ("press", "reveal:0"),
        ("drag", "K:0,0"),
    ],
    "output_size_calculator": [
        ("key ArrowRight", "place:input"),
        ("key ArrowRight", "unit:photograph"),
        ("stack", "5/2"),
    ],
    "pooling_explorer": [
        ("key 9", "X:0,0"),
        ("press", "mode:1"),
        ("key ArrowRight", "place:0,0"),
    ],
    "augmentation_mixer": [
        ("press", "again:0"),
        ("drag", "draws:crop"),
        ("key ArrowDown", "draws:crop"),
    ],
    "vgg_builder": [
        ("press", "blocks:4"),
        ("press", "blocks:number:0"),
        ("press", "blocks:number:1"),
        ("press", "blocks:0:1"),
        ("press", "blocks:4:2"),
    ],
    "lenet_at_work": [
        ("press", "sheet:"),
        ("press", "paint:2"),
        ("press", "brush:2"),
        ("press", "begin:0"),
    ],
    "class_maps": [
        ("key ArrowRight", "garments:1"),
        ("press", "large:4"),
        ("press", "sheets:0"),
    ],
    "edge_learner": [("key ArrowRight", "num_steps:"), ("drag", "start:0,0")],
    "kernel_lab": [
        ("press", "preset:6"),
        ("key 5", "kernel:0,0"),
        ("hover", "pixel:0.0"),
        ("key ArrowDown", "pixel:0.0"),
        ("file", "photo:0"),
    ],
    "explore": [
        ("press", "map:3,2"),
        ("key ArrowRight", "map:1,0"),
        ("hover", "unit:"),
        ("key ArrowDown", "unit:"),
        ("press", "input:1"),
        ("press", "input:2"),
        ("file", "own:0"),
    ],
    "training_curves": [],  # nothing is drawn before the first step
}


def do(view, what, to):
    """Touch an element of the picture, or change a control above it."""
    if what in ("press", "hover"):
        view.touch(what, to, x=1.0, y=1.0)
    elif what == "drag":
        view.touch("press", to, x=100.0, y=100.0)
        view.touch("drag", to, x=140.0, y=120.0)
    elif what == "file":
        view.touch(what, to, key="mine.png", file=png(view.picture.svg))
    elif what.startswith("key "):
        view.touch("key", to, key=what[4:])
    else:
        view.controls[what].value = to


def numbers(view):
    """Return {name: the number to slide or to type} of the controls of a view."""
    controls = {n: getattr(c, "number", c) for n, c in view.controls.items()}
    return {n: c for n, c in controls.items() if isinstance(c, Number)}


def elements(view, name):
    """Return the elements of a view's picture that have an attribute of this name."""
    tree = ElementTree.fromstring(view.picture.svg)
    return [element for element in tree.iter() if element.get(name) is not None]


def test_all_views_are_here():
    offered = [n for n in dir(views) if inspect.isfunction(getattr(views, n))]
    assert list(MAKE) == offered


def test_every_touch_changes_the_picture(name):
    for what, to in TOUCHES[name]:
        view = make(name)
        before = view.picture.svg
        do(view, what, to)
        assert view.message.value == "", (what, to)
        assert view.picture.svg != before, (what, to)
    view = make(name)
    for number, control in numbers(view).items():
        slider, before = control.slider, view.picture.svg
        slider.value += slider.step if slider.value < slider.max else -slider.step
        assert view.message.value == "" and view.picture.svg != before, number


def test_keys_that_come_before_the_next_drawing_count_each(name):
    for what, at in TOUCHES[name]:
        if what.startswith("key Arrow"):
            torch.manual_seed(0)  # the networks are new ones
            one = make(name)
            torch.manual_seed(0)
            two = make(name)
            touch = {"kind": "key", "at": at, "key": what[4:]}
            one._touched(None, {"touches": [touch.copy(), touch.copy()]}, [])
            do(two, what, at)
            do(two, what, at)
            assert one.label == two.label and one.picture.svg == two.picture.svg


def test_what_can_be_touched_can_be_reached_by_key_and_has_a_name(name):
    view = make(name)
    for element in elements(view, "data-at"):
        assert element.get("tabindex") == "0" and element.get("role")
        assert element.get("aria-label")
    used = elements(view, "data-at") + elements(view, "data-hover")
    for element in used:
        at = element.get("data-at") or element.get("data-hover")
        assert hasattr(view.controls[at.partition(":")[0]], "touch"), at
    touched = {to.partition(":")[0] for _, to in TOUCHES[name] if isinstance(to, str)}
    offered = {name for name, c in view.controls.items() if hasattr(c, "touch")}
    assert offered <= touched | {what for what, _ in TOUCHES[name]}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read(name, theme):
    view = make(name)
    for found, words in read_contrasts(view.picture.svg, theme):
        assert found >= 4.5, words


def test_the_picture_fits_on_a_screen(name):
    _, _, width, height = map(
        float, elements(make(name), "viewBox")[0].get("viewBox").split()
    )
    assert width <= 860
    assert height <= 490 or name == "ablation_explorer"


def test_where_nothing_runs_there_is_a_picture_and_its_text(name):
    view, text = make(name), MAKE[name][1]
    data, about = view._repr_mimebundle_()
    assert data["text/plain"].startswith(f"[picture] {text}")
    if name in ("class_maps", "lenet_at_work", "training_curves"):
        # Not a word more: what depends on training would differ on other machines.
        assert data["text/plain"] == f"[picture] {text}"
    kind = "image/jpeg" if view.photograph else "image/png"
    assert about[kind]["alt"] == data["text/plain"]
    assert about["svg"] == view.picture.svg
    sheet = Image.open(io.BytesIO(base64.b64decode(data[kind])))
    assert sheet.width == (1.5 if view.photograph else 2) * about[kind]["width"]
    assert np.asarray(sheet.convert("RGB")).std() > 10
    assert "application/vnd.jupyter.widget-view+json" in data


def test_absurd_entries_are_told_and_the_view_recovers(name):
    view = make(name)
    for control, number in numbers(view).items():
        before, kept = view.picture.svg, number.field.value
        for absurd in ("", "many" * 1000, "nan", "1e300"):
            number.field.value = absurd
            said = rf"{re.escape(number.label)}: type a.* number, from .* to .*; got"
            assert re.search(said, view.message.value), (control, absurd)
            assert len(view.message.value) < 500
            assert view.picture.svg == before  # the last picture stays, pale
            number.field.value = kept
            assert view.message.value == "" and view.picture.svg == before


ENTRIES = [  # (view, control, what is typed, what is said)
    ("ablation_explorer", "epoch", "0", "no test accuracy of .* at epoch 0: choose ot"),
    ("correlation_stepper", "stride", "0", "a stride of 0 would never move the wi"),
    ("edge_learner", "lr", "0", "got '0': at 0 it never moves the kernel, below"),
    ("output_size_calculator", "dilation", "8", "spans 9 numbers, but only 7 are"),
    ("pooling_explorer", "window", "5", "the window spans 5 numbers, but only 4 are"),
    ("vgg_builder", "side", "16", "side must be at least 32 pixels: each block halves"),
]


@pytest.mark.parametrize(("name", "control", "typed", "words"), ENTRIES)
def test_what_cannot_be_drawn_is_told_with_its_reason(name, control, typed, words):
    view = make(name)
    before = view.picture.svg
    numbers(view)[control].field.value = typed
    assert re.search(words, view.message.value.replace("&#x27;", "'"))
    assert view.picture.svg == before


SQUARE, DATA = torch.ones(2, 2), noise(SOME)
REFUSED = [  # (view, what it is given, what is said)
    ("correlation_stepper", [SQUARE, torch.ones(6, 1)], "^K must .* of 1×1 to 5×5"),
    ("correlation_stepper", [SQUARE, torch.ones(1, 1, 2, 2)], r"^K .* \(1, 1, 2, 2\)"),
    ("correlation_stepper", [SQUARE, torch.ones(3, 3)], "spans 3 numbers, but only 2"),
    ("kernel_lab", [torch.ones(1, 1, 3, 3)], "^learned must be .* 1×1 to 7×7"),
    ("pooling_explorer", [torch.ones(9, 9)], "^X must be a matrix of 1×1 to 8×8"),
    ("class_maps", [lenet(), DATA], "this Sequential has no class maps.*one for each"),
    ("class_maps", [nin(in_channels=3), DATA], r"cannot take .* in, \(1, 224, 224\)"),
    ("class_maps", [nin(num_classes=7), DATA], "7 logits do not fit 10 classes.*one f"),
    ("lenet_at_work", [fully_connected(), DATA], "has 0 convolutions and .*; expected"),
    ("lenet_at_work", [nn.Sequential(nn.Conv2d(3, 6, 5)), DATA], "Conv2d cannot take "),
    ("lenet_at_work", [lenet()[:-1], DATA], "gives 84 numbers for 10 classes"),
]


@pytest.mark.parametrize(("view", "given", "words"), REFUSED)
def test_what_a_view_cannot_show_is_refused_at_once(view, given, words):
    with pytest.raises(ValueError, match=words):
        getattr(views, view)(*given)


@pytest.mark.parametrize(
    ("view", "build", "name"),
    [(views.class_maps, nin, "data_iter"), (views.lenet_at_work, lenet, "test_iter")],
)
def test_what_is_no_network_or_no_loader_is_refused(view, build, name):
    with pytest.raises(TypeError, match=r"^net must be a network.*of type function"):
        view(build, DATA)
    with pytest.raises(TypeError, match=rf"^{name} .*load_data_fashion_mnist gives"):
        view(build(), (DATA, DATA))


def test_a_switch_of_torch_that_is_left_on_changes_no_view(name):
    if name == "training_curves":
        pytest.skip("draws what was trained")
    given = MAKE[name][0]()
    expected = make(name, given)
    try:
        torch.set_grad_enabled(False)
        torch.set_default_dtype(torch.float64)
        torch.set_default_device("meta")  # it stands for a GPU
        found = make(name, given)
    finally:
        torch.set_grad_enabled(True)
        torch.set_default_dtype(torch.float32)
        torch.set_default_device(None)
    assert found.picture.svg == expected.picture.svg and found.message.value == ""


@pytest.mark.parametrize("make", [views.correlation_stepper, views.pooling_explorer])
def test_a_saved_output_shows_its_window_without_a_kernel(make):
    svg = make().picture.svg
    shows = re.findall(r'data-shows="\.(window-\d-\d)"', svg)
    assert len(shows) == 4
    for name in shows:
        assert re.search(rf'class="when-lit {name}"><rect', svg)
