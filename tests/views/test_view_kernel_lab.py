"""View 2: the window, presets, sizes, a learned kernel, a picture of one's own."""

import io
import re
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from cnn_course.data import load_photograph
from cnn_course.networks import corr2d
from cnn_course.views import kernel_lab
from cnn_course.views.kernel_lab import (
    PRESETS,
    SIZES,
    centred,
    correlate,
    feature_map,
    ignores_plain_grey,
    preset_kernel,
)
from cnn_course.views.kit.texts import number
from cnn_course.views.kit.upload import read_picture

LEARNED = torch.tensor([[-1.02, 0.01, 1.0], [-1.97, 0.0, 1.98], [-1.0, 0.0, 1.0]])


@pytest.fixture
def view():
    return kernel_lab()


def choose(view, name=None, size=None):
    """Press the chip of a preset, or of a size."""
    if name:
        i = view.controls["kernel"].presets.index(name)
        view.touch("press", f"kernel:preset:{i}")
    if size:
        view.touch("press", f"kernel:size:{SIZES.index(size)}")


def point(view, row, column, kind="hover", **more):
    """Point at a pixel, as if the photograph lay at (10, 20), three times as large."""
    x, y = 10 + 3 * column + 1, 20 + 3 * row + 1
    view.touch(kind, "pixel:10,20,3,0,0", x=x, y=y, **more)


def file_of(image, kind="png", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def noise(width, height):
    numbers = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    return Image.fromarray(numbers.astype(np.uint8))


def upload(view, content, name="mine.png"):
    view.touch("file", "photo:0", key=name, file=content)


def png_header(width, height):
    """A PNG that says how large it is and holds nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    return head + struct.pack(">I", zlib.crc32(chunk)) + b"\x00\x00\x00\x08IDAT"


def test_correlate_is_the_two_loops_of_notebook_01():
    for h, w in [(1, 1), (2, 5), (7, 7)]:
        X, K = torch.rand(9, 8), torch.randn(h, w)
        torch.testing.assert_close(correlate(X, K), corr2d(X, K))


def test_presets_have_the_chosen_size_and_keep_their_sum():
    sums = {"identity": 1, "blur": 1, "sharpen": 1, "emboss": 1}
    for name in PRESETS:
        for size in SIZES:
            K = preset_kernel(name, size)
            assert K.shape == (size, size)
            assert K.sum().item() == pytest.approx(sums.get(name, 0), abs=1e-6)
            assert ignores_plain_grey(K) == (name not in sums)


def test_presets_but_blur_do_the_same_in_every_size():
    X = torch.rand(12, 12, generator=torch.Generator().manual_seed(0))
    for name in PRESETS:
        small, large = (correlate(X, preset_kernel(name, size)) for size in (3, 7))
        same = torch.allclose(small[2:-2, 2:-2], large, atol=1e-6)
        assert same == (name != "blur")


def test_a_learned_kernel_ignores_plain_grey_if_it_nearly_does():
    assert ignores_plain_grey(LEARNED)
    assert ignores_plain_grey(torch.zeros(3, 3))
    assert not ignores_plain_grey(LEARNED + 0.2)


def test_the_label_has_the_numbers(view):
    photo = load_photograph(height=300)
    for name, words in [
        ("Sobel y", "in orange below 0 and purple above"),
        ("emboss", "in grey, 0 black and 1 white"),
    ]:
        choose(view, name)
        Y = correlate(photo, preset_kernel(name, 3))
        low = f"from {Y.min():.2f} to {Y.max():.2f}".replace("-", "−")
        assert "300×256 pixels" in view.label and low in view.label
        assert "298×254 outputs" in view.label and words in view.label
    view.touch("key", "kernel:1,1", key="3")
    assert "with the sum 3:" in view.label and "your kernel: sum 3<" in view.picture.svg


def test_the_window_that_is_pointed_at_times_the_kernel_is_the_number_beside(view):
    photo, K = load_photograph(height=300), preset_kernel("Sobel x", 3)
    for row, column, top, left in [
        (50, 60, 49, 59),
        (0, 0, 0, 0),
        (299, 255, 297, 253),
    ]:
        point(view, row, column)
        window = photo[top : top + 3, left : left + 3]
        value = number((window * K).sum().item())
        assert f"at row {top + 1}, column {left + 1}: {value}" in view.label
        for n in (*window.flatten().tolist(), (window * K).sum().item()):
            assert f">{number(n)}</text>" in view.picture.svg
    choose(view, size=7)
    assert "at row 294, column 250:" in view.label


def test_a_pixel_of_a_map_is_the_middle_of_its_window(view):
    Y = correlate(load_photograph(height=300), preset_kernel("Sobel x", 3))
    map_ = re.findall(r'data-hover="([^"]+)"', view.picture.svg)[1]
    x, y, zoom, *_ = map(float, map_.partition(":")[2].split(","))
    view.touch("hover", map_, x=x + zoom * 80.5, y=y + zoom * 70.5)
    assert f"at row 71, column 81: {number(Y[70, 80].item())}" in view.label


def test_a_press_holds_the_window_and_keys_move_it(view):
    point(view, 50, 60, "press")
    point(view, 90, 90)
    assert "at row 50, column 60:" in view.label and "held" in view.picture.svg
    view.touch("key", "pixel:10,20,3,0,0", key="ArrowRight", shift=True)
    view.touch("key", "pixel:10,20,3,0,0", key="ArrowUp")
    assert "at row 49, column 70:" in view.label
    point(view, 90, 90, "press", key="Enter")  # lets go, where it is
    assert "at row 49, column 70:" in view.label
    point(view, 90, 90)
    assert "at row 90, column 90:" in view.label


def test_every_edit_draws_another_picture():
    view = kernel_lab(LEARNED)
    seen = {view.picture.svg}
    for touch in [
        ("press", "kernel:preset:1", {}),
        ("press", "kernel:size:2", {}),
        ("key", "kernel:1,1", {"key": "2"}),
        ("press", "kernel:signs:0", {}),
        ("press", "kernel:size:0", {}),
        ("press", "kernel:preset:7", {}),
    ]:
        view.touch(*touch[:2], **touch[2])
        assert view.message.value == "" and view.picture.svg not in seen, touch
        seen.add(view.picture.svg)


def test_a_move_of_the_window_computes_no_map_anew(view):
    before = feature_map.cache_info().misses
    point(view, 50, 60)
    assert feature_map.cache_info().misses == before


def test_an_edited_kernel_is_no_preset_and_keeps_its_middle(view):
    cells = view.controls["kernel"]
    choose(view, "sharpen")
    assert cells.name() == "sharpen"
    view.touch("press", "kernel:1,1", x=100)
    view.touch("drag", "kernel:1,1", x=108)
    assert cells.name() is None and cells.read()[1, 1] == pytest.approx(5.1)
    edited = cells.read()
    choose(view, size=5)
    assert torch.equal(cells.read(), centred(edited, 5))
    choose(view, size=3)
    assert torch.equal(cells.read(), edited)
    choose(view, "Sobel x")
    view.touch("press", "kernel:signs:0")
    assert torch.equal(cells.read(), -preset_kernel("Sobel x", 3))
    assert not cells.read()[0, 1].signbit()  # it reads 0, not -0


def test_what_is_no_number_is_explained_and_the_view_recovers(view):
    view.touch("key", "kernel:1,0", key="x")
    assert "kernel row 2, column 1: type a number" in view.message.value
    view.touch("key", "kernel:1,0", key="Backspace")
    for key in "1e6":
        view.touch("key", "kernel:1,0", key=key)
    assert view.message.value == "" and "sum 1e+06" in view.label


def test_a_learned_kernel_is_the_third_picture():
    view = kernel_lab(LEARNED.clone().requires_grad_())
    photo = load_photograph(height=300)
    apart = correlate(photo, LEARNED) - correlate(photo, preset_kernel("Sobel x", 3))
    assert f"differ by {apart.abs().max():.3f} at most" in view.label
    choose(view, "learned")
    assert torch.equal(view.controls["kernel"].read(), LEARNED)
    assert "differ by 0.000 at most" in view.label
    choose(view, "blur")
    assert "your kernel, 3×3 with the sum 1: 298×254" in view.label
    choose(view, size=5)
    assert "differ" not in view.label and view.message.value == ""


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 6), (7, 7)])
def test_learned_kernels_of_other_sizes_fit(shape):
    learned = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    view = kernel_lab(learned)
    cells = view.controls["kernel"]
    choose(view, "learned")
    size = len(cells.numbers)
    assert size >= max(shape) and view.message.value == ""
    assert torch.equal(cells.read(), centred(learned, size))
    choose(view, size=3)  # may be too small for it
    assert len(cells.numbers) >= max(shape)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_all_modes_keep_their_greys(mode):
    steps = np.repeat(np.linspace(0, 255, 100).astype(np.uint8)[None], 40, axis=0)
    image = Image.fromarray(steps)
    if mode == "I;16":
        image = Image.fromarray(steps.astype(np.uint16) * 257)
    else:
        image = image.convert(mode)
    picture = read_picture(file_of(image, "tiff" if mode == "CMYK" else "png"))
    torch.testing.assert_close(
        picture.mean(0)[10:-10],
        torch.from_numpy(steps[0] / 255).float()[10:-10],
        atol=0.2 if mode == "1" else 0.01,
        rtol=0,
    )


def test_transparent_looks_white_and_a_telephone_s_picture_is_upright():
    nothing = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert read_picture(file_of(nothing)).min() == 1
    exif = Image.Exif()
    exif[0x0112] = 6  # turn it by a quarter to look at it
    lying = file_of(noise(600, 200), "jpeg", exif=exif.tobytes())
    assert read_picture(lying).shape == (300, 100)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"", "no picture that can be read"),
        (file_of(noise(60, 60))[:3000], "damaged"),
        (png_header(100, 100), "damaged"),
        (png_header(10_000, 9_500), "huge.*89 million"),
        (file_of(noise(1, 1)), "1×1 pixels .*, 1×1 as shown.*at least 8×8"),
        (file_of(noise(2000, 20)), "20×2000 pixels .*, 4×400 as shown"),
    ],
    ids=["empty", "cut", "head", "large", "dot", "wide"],
)
def test_what_cannot_be_used_is_explained(content, words):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=words):
            read_picture(content)


def test_an_upload_takes_the_photograph_s_place(view):
    before = view.picture.svg
    upload(view, file_of(noise(40, 30)))
    assert view.message.value == "" and view.picture.svg != before
    assert "30×40 pixels" in view.label and "28×38 outputs" in view.label
    view.touch("press", "photo:0")
    assert view.message.value == "" and "30×40 pixels" in view.label


def test_after_a_bad_upload_the_old_picture_stays(view):
    upload(view, file_of(noise(40, 30)))
    upload(view, b"hello", "notes <1>.txt")
    assert "notes &lt;1&gt;.txt: this is no picture" in view.message.value
    assert "The picture you had stays." in view.message.value
    point(view, 5, 5)  # the pointer passes by: there is time to read
    assert "The picture you had stays." in view.message.value
    choose(view, "blur")
    assert view.message.value == "" and "30×40 pixels" in view.label
    upload(view, None, "huge.png")
    assert "huge.png: this file is larger than 10 MB" in view.message.value


def test_the_bytes_of_a_file_come_beside_its_message(view):
    touch = {"kind": "file", "at": "photo:0", "key": "mine.png"}
    content = file_of(noise(40, 30))
    view._touched(None, {"touches": [touch]}, [memoryview(content)])
    assert view.message.value == "" and "30×40 pixels" in view.label


def test_the_smallest_and_the_widest_pictures_are_drawn(view):
    choose(view, size=7)
    for size, text in {(8, 8): "2×2 outputs", (8000, 300): "9×394 outputs"}.items():
        upload(view, file_of(noise(*size)))
        assert view.message.value == "" and text in view.label


def test_with_a_learned_kernel_the_saved_text_leaves_training_out():
    text = kernel_lab(LEARNED).static()[1]
    assert "what Sobel x and the learned kernel make" in text and "differ" not in text
