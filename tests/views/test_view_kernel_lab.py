"""View 2: the window, presets, a learned kernel, a picture of one's own."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_course.data import load_photograph
from cnn_course.views import kernel_lab
from cnn_course.views.kernel_lab import PRESETS, TOP, correlate, ignores_plain_grey
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.upload import read_picture

SOBEL = torch.tensor(PRESETS["Sobel x"]).float()


@pytest.fixture
def view():
    return kernel_lab()


@pytest.fixture
def photo():
    return load_photograph(height=300)


def choose(view, name):
    """Press the chip of a preset."""
    view.touch("press", f"preset:{[*PRESETS, 'learned'].index(name)}")


def point(view, row, column, kind="hover", **more):
    """Point at a pixel of the photograph."""
    zoom = view.controls["pixel"].zoom
    place = dict(x=zoom * (column + 0.5), y=TOP + zoom * (row + 0.5))
    view.touch(kind, "pixel:0.0", **place, **more)


def file_of(image, kind="png", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width, height):
    numbers = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    return Image.fromarray(numbers.astype(np.uint8))


def test_presets_keep_plain_grey_or_ignore_it():
    for name, rows in PRESETS.items():
        K = torch.tensor(rows).float()
        assert K.sum().item() == pytest.approx(1 - ignores_plain_grey(K), abs=1e-6)
        assert ignores_plain_grey(K) == (name[:5] in ("Sobel", "Lapla"))
    assert ignores_plain_grey(SOBEL + 0.01) and not ignores_plain_grey(SOBEL + 0.2)


def test_the_label_has_the_numbers(view, photo):
    for name, words in [
        ("Sobel y", "in orange below 0 and purple above"),
        ("emboss", "in grey, 0 black and 1 white"),
    ]:
        choose(view, name)
        Y = correlate(photo, torch.tensor(PRESETS[name]).float())
        outputs = f"298×254 outputs from {Y.min():.2f} to {Y.max():.2f}, {words}"
        assert view.label.startswith("300×256 pixels; your kernel, 3×3 with the sum ")
        assert outputs.replace("-", "−") in view.label
    view.touch("key", "kernel:1,1", key="3")
    assert "with the sum 3:" in view.label and "your kernel: sum 3<" in view.picture.svg


def test_the_window_times_the_kernel_is_the_number_beside(view, photo):
    for row, column, top, left in [
        (50, 60, 49, 59),
        (0, 0, 0, 0),  # moved in at the edges
        (299, 255, 297, 253),
    ]:
        window = photo[top : top + 3, left : left + 3]
        point(view, row, column)
        value = number((window * SOBEL).sum().item())
        assert f"at row {top + 1}, column {left + 1}: {value}" in view.label
        for text in (*map(number, window.flatten().tolist()), value):
            assert f">{text}</text>" in view.picture.svg


def test_a_press_holds_the_window_and_keys_move_it(view):
    point(view, 50, 60, "press")
    point(view, 90, 90)
    assert "at row 50, column 60:" in view.label and "held" in view.picture.svg
    view.touch("key", "pixel:0.0", key="ArrowRight", shift=True)
    view.touch("key", "pixel:0.0", key="ArrowUp")
    point(view, 90, 90, "press", key="Enter")  # lets go, where it is
    assert "at row 49, column 70:" in view.label
    point(view, 90, 90)
    assert "at row 90, column 90:" in view.label


def test_a_kernel_is_chosen_and_turned(view):
    choose(view, "Sobel x")
    view.touch("press", f"preset:{len(PRESETS)}")  # the chip after the presets
    assert torch.equal(view.controls["kernel"].numbers, -SOBEL)
    assert not view.controls["kernel"].numbers[0, 1].signbit()  # it reads 0, not -0


def test_a_learned_kernel_is_the_third_picture_and_can_be_edited():
    learned = torch.randn(4, 6, requires_grad=True)
    view = kernel_lab(learned)
    assert "; learned kernel, 4×6 with the sum" in view.label
    choose(view, "learned")
    assert "; your kernel, 4×6 with the sum" in view.label
    assert torch.equal(view.controls["kernel"].numbers, learned)
    assert "learned kernel make of it" in view.static()[1]  # but not its numbers


@pytest.mark.parametrize("mode", ["P", "LA", "CMYK", "I;16"])
def test_all_modes_keep_their_greys(mode):
    steps = np.repeat(np.linspace(0, 255, 100).astype(np.uint8)[None], 40, axis=0)
    image = Image.fromarray(steps.astype(np.uint16) * 257)
    if mode != "I;16":
        image = Image.fromarray(steps).convert(mode)
    picture = read_picture(file_of(image, "tiff" if mode == "CMYK" else "png"))
    grey = torch.from_numpy(steps[0] / 255).float()
    assert (picture.mean(0) - grey)[10:-10].abs().max() < 0.01


def test_transparent_looks_white_and_a_telephone_s_picture_is_upright():
    nothing = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert read_picture(file_of(nothing)).min() == 1
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter to look at it
    lying = file_of(noise(600, 200), "jpeg", exif=exif.tobytes())
    assert read_picture(lying).shape == (300, 100)


def test_what_cannot_be_used_is_explained():
    for content, words in [
        (b"", "no picture that can be read"),
        (file_of(noise(60, 60))[:3000], "damaged"),
        (file_of(Image.new("1", (20_000, 10_000))), "or huge"),
        (file_of(noise(2000, 20)), "has 4×400 pixels.*at least 8×8"),
    ]:
        with pytest.raises(ValueError, match=words):
            read_picture(content)


def test_an_upload_takes_the_photograph_s_place_and_a_bad_one_does_not(view):
    choose(view, "blur 7×7")
    for size, words in {(8, 8): "2×2 outputs", (8000, 300): "9×394 outputs"}.items():
        touch = {"kind": "file", "at": "photo:0", "key": "mine.png"}
        view._touched(None, {"touches": [touch]}, [memoryview(file_of(noise(*size)))])
        assert view.message.value == "" and words in view.label
    view.touch("file", "photo:0", key="notes <1>.txt", file=b"hello")
    assert "notes &lt;1&gt;.txt: this is no picture" in view.message.value
    point(view, 5, 5)  # the pointer passes by: there is time to read
    assert "The picture you had stays." in view.message.value
    choose(view, "blur")
    assert view.message.value == "" and "15×400 pixels" in view.label
    view.touch("file", "photo:0", key="huge.png")
    assert "huge.png: this file is larger than 10 MB" in view.message.value
