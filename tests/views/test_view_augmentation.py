"""View 7: draws are torchvision's, and one setting moves one thing."""

import colorsys
import re

import pytest
import torch

from cnn_course.views import augmentation_mixer
from cnn_course.views.augmentation import augment


@pytest.fixture
def view():
    return augmentation_mixer()


def test_one_setting_has_its_effect_and_no_other():
    photo = torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(0))
    grey = torch.full((3, 256, 256), 0.5)
    red = torch.tensor([0.6, 0.2, 0.2]).view(3, 1, 1).expand(3, 256, 256)
    close, some, mirrored = torch.testing.assert_close, (0.3, 0.3, 0.3, 0.1), 0
    for i in range(1, 41):
        square = photo[:, 9:150, 20:161]
        close(augment(photo, i, 9, 20, 141, 0, 0, 0, 0, 0, 0), square)
        drawn = augment(photo, i, 9, 20, 141, 0.5, 0, 0, 0, 0, 0)
        mirrored += not drawn.allclose(square, atol=1e-3)
        changed = augment(photo, i, 9, 20, 141, 0, 0, *some)
        close(augment(photo, i, 9, 20, 141, 1, 0, *some), changed.flip(2))
        close(augment(photo, i, 9, 20, 141, 0, 1, *some), changed.flip(1))
        # Plain grey shows brightness only, and of a colour the tone shows hue only.
        bright, all_ = (
            augment(grey, i, 0, 0, 141, 0, 0, *strengths).mean().item()
            for strengths in ((0.3, 0, 0, 0), some)
        )
        assert all_ == pytest.approx(bright, abs=1e-4)
        tone, all_ = (
            colorsys.rgb_to_hsv(*X[:, 0, 0].tolist())[0]
            for X in (
                augment(red, i, 0, 0, 141, 0, 0, *strengths)
                for strengths in ((0, 0, 0, 0.1), some)
            )
        )
        assert abs((all_ - tone + 0.5) % 1 - 0.5) < 1e-3
    assert 12 < mirrored < 28


def images(view):
    """Return what the photograph and the eight draws show."""
    return re.findall(r'href="(\S+)"', view.picture.svg)


def test_different_pictures_are_counted(view):
    assert "33 × 33 places × 2 for the flips = 2,178" in view.label
    view.controls["upside_down"].write(0.2)
    view.controls["crop"].write(254)
    assert "3 × 3 places × 4 for the flips = 36 different pictures" in view.label
    view.controls["mirror"].write(1)
    assert "× 2 for the flips = 18 different" in view.label


def test_draw_again_draws_anew_and_only_then(view):
    torch.manual_seed(5)
    state = torch.get_rng_state()
    whole, *first = images(view)
    view.refresh()
    assert images(view) == [whole, *first] and len(set(first)) == 8
    view.touch("press", "again:0")
    assert "draws 9 to 16" in view.label
    again = images(view)
    assert again[0] == whole and not set(again[1:]) & set(first)
    assert len(view.picture.svg) < 150_000
    assert torch.equal(torch.get_rng_state(), state)  # torch's own numbers are not used


def test_the_crop_of_the_first_draw_is_dragged_and_no_other(view):
    before, crop = images(view), view.controls["draws"]
    top, left = crop.row, crop.column
    view.touch("press", "draws:crop", x=100, y=100)
    view.touch("drag", "draws:crop", x=105, y=97)
    assert f"draw 1: crop at {top - 3}, {left + 5}" in view.label
    assert images(view)[1] != before[1] and images(view)[2:] == before[2:]
    view.touch("drag", "draws:crop", x=999, y=-999)
    assert "crop at 0, 32" in view.label  # 32 + 224 = 256
    view.touch("key", "draws:crop", key="ArrowDown")
    view.touch("key", "draws:crop", key="ArrowLeft", shift=True)
    assert "crop at 1, 22" in view.label
    view.controls["crop"].write(240)
    assert "crop at 1, 16" in view.label and "17 × 17 places" in view.label
    view.touch("press", "again:0")
    assert "draw 9: crop at " in view.label and "crop at 1, 16" not in view.label
