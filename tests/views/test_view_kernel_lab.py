"""View 2: presets, sizes, colours, a learned kernel beside, a picture of one's own."""

import datetime
import io
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
    ignores_plain_grey,
    preset_kernel,
)
from cnn_course.views.kit.upload import read_picture

LEARNED = torch.tensor([[-1.02, 0.01, 1.0], [-1.97, 0.0, 1.98], [-1.0, 0.0, 1.0]])


@pytest.fixture
def view():
    return kernel_lab()


@pytest.fixture
def chooser(view):
    return view.controls["kernel"]


def file_of(image, kind="png", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def edit(chooser, value):
    """Choose a preset or a size, or type a number in the second row and column."""
    if value in chooser.preset.options:
        chooser.preset.value = value
    elif value in SIZES:
        chooser.size.value = value
    else:
        chooser.grid.fields[1, 1].value = value


def noise(width, height):
    numbers = np.random.default_rng(0).integers(0, 256, (height, width, 3))
    return Image.fromarray(numbers.astype(np.uint8))


def upload(view, content, name="mine.png"):
    file = dict(name=name, type="image/png", size=len(content))
    file |= dict(content=memoryview(content), last_modified=datetime.datetime.now())
    view.controls["photo"].value = (file,)


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


def test_the_text_has_the_numbers(view, chooser):
    photo = load_photograph(height=300)
    for name, words in [
        ("Sobel y", "in orange below 0 and purple above"),
        ("emboss", "in grey, 0 black and 1 white"),
    ]:
        chooser.preset.value = name
        Y = correlate(photo, preset_kernel(name, 3))
        low = f"from {Y.min():.2f} to {Y.max():.2f}".replace("-", "−")
        assert "300×256 pixels" in view.last_text and low in view.last_text
        assert "298×254 outputs" in view.last_text and words in view.last_text
    chooser.grid.fields[1, 1].value = "3"
    outside = correlate(photo, chooser.read())
    outside = ((outside < 0) | (outside > 1)).float().mean().item()
    assert f"{100 * outside:.1f} % of them outside" in view.last_text
    assert "with the sum 3:" in view.last_text


def test_every_edit_draws_another_picture_once():
    view = kernel_lab(LEARNED)
    chooser = view.controls["kernel"]
    drawn, draw, seen = [], view.draw, {view.last.tobytes()}
    view.draw = lambda **values: drawn.append(values) or draw(**values)
    for i, value in enumerate(("blur", 7, "2", 3, "learned", "sharpen", 5)):
        edit(chooser, value)
        assert len(drawn) == i + 1, value
        assert view.last.tobytes() not in seen, value
        seen.add(view.last.tobytes())


def test_an_edited_kernel_is_my_own_and_keeps_its_middle(chooser):
    chooser.preset.value = "sharpen"
    chooser.grid.fields[1, 1].value = "6"
    assert chooser.preset.value == "my own"
    edited = chooser.read()
    chooser.size.value = 5
    assert torch.equal(chooser.read(), centred(edited, 5))
    assert chooser.preset.value == "my own"
    chooser.size.value = 3
    assert torch.equal(chooser.read(), edited)
    chooser.preset.value = "sharpen"
    assert torch.equal(chooser.read(), preset_kernel("sharpen", 3))


def test_what_is_no_number_is_explained_and_the_view_recovers(view, chooser):
    field = chooser.grid.fields[1, 0]
    field.value = "x"
    assert "kernel row 2, column 1: type a number" in view.message.value
    chooser.size.value = 5  # cannot be: one of the numbers is none
    assert chooser.size.value == 3 and view.message.value
    field.value = "1e6"
    assert view.message.value == "" and "sum 1e+06" in view.last_text


def test_a_learned_kernel_is_the_third_picture():
    view = kernel_lab(LEARNED.clone().requires_grad_())
    photo = load_photograph(height=300)
    apart = correlate(photo, LEARNED) - correlate(photo, preset_kernel("Sobel x", 3))
    assert f"differ by {apart.abs().max():.3f} at most" in view.last_text
    chooser = view.controls["kernel"]
    chooser.preset.value = "learned"
    assert torch.allclose(chooser.read(), LEARNED, atol=1e-4)
    assert "differ by 0.000 at most" in view.last_text
    chooser.preset.value = "blur"
    assert "your kernel, 3×3 with the sum 1: 298×254" in view.last_text
    chooser.size.value = 5
    assert "differ" not in view.last_text and view.message.value == ""


@pytest.mark.parametrize("shape", [(1, 1), (2, 2), (4, 6), (7, 7)])
def test_learned_kernels_of_other_sizes_fit(shape):
    learned = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    view = kernel_lab(learned)
    chooser = view.controls["kernel"]
    chooser.preset.value = "learned"
    assert chooser.size.value >= max(shape) and view.message.value == ""
    torch.testing.assert_close(
        chooser.read(), centred(learned, chooser.size.value), atol=1e-4, rtol=1e-4
    )
    chooser.size.value = 3  # may be too small for it
    assert chooser.size.value >= max(shape)


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
    before = view.last.tobytes()
    upload(view, file_of(noise(40, 30)))
    assert view.message.value == "" and view.last.tobytes() != before
    assert "30×40 pixels" in view.last_text and "28×38 outputs" in view.last_text


def test_after_a_bad_upload_the_old_picture_stays(view, chooser):
    upload(view, file_of(noise(40, 30)))
    upload(view, b"hello", "notes <1>.txt")
    assert "notes &lt;1&gt;.txt: this is no picture" in view.message.value
    assert "The picture you had stays." in view.message.value
    chooser.preset.value = "blur"
    assert view.message.value == "" and "30×40 pixels" in view.last_text


def test_the_smallest_and_the_widest_pictures_are_drawn(view, chooser):
    chooser.size.value = 7
    for size, text in {(8, 8): "2×2 outputs", (8000, 300): "9×394 outputs"}.items():
        upload(view, file_of(noise(*size)))
        assert view.message.value == "" and text in view.last_text
        assert view.last.width <= 2 * 860


def test_with_a_learned_kernel_the_saved_text_leaves_training_out():
    text = kernel_lab(LEARNED).static()[1]
    assert "what the learned kernel makes of it" in text and "differ" not in text
