"""View 7: random changes agree with torchvision's, and one strength moves one thing."""

import re

import pytest
import torch
from torchvision.transforms import v2

from cnn_course.views import augmentation_mixer
from cnn_course.views.augmentation import STRENGTHS, augment, random_changes

PLAIN = dict(mirror=0.0, upside_down=0.0, crop=256)
PLAIN |= dict.fromkeys(STRENGTHS, 0.0)


@pytest.fixture
def view():
    return augmentation_mixer()


@pytest.mark.parametrize("name", ["mirror", "upside_down", "crop", *STRENGTHS])
def test_one_setting_has_its_effect_which_is_torchvision_s_and_no_other(name):
    value = dict(mirror=1.0, upside_down=1.0, crop=100).get(name, 0.4)
    before, after = (random_changes(3, **PLAIN | more) for more in ({}, {name: value}))
    own = {"mirror": {"mirrored"}, "crop": {"crop", "top", "left"}}.get(name, {name})
    pairs = list(zip(before, after, strict=True))
    assert {key for a, b in pairs for key in a if a[key] != b[key]} == own
    change = after[0]
    photo = torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(0))
    top, left = change["top"], change["left"]
    expected = {
        "mirror": lambda: photo.flip(2),
        "upside_down": lambda: photo.flip(1),
        "crop": lambda: photo[:, top : top + 100, left : left + 100],
    }.get(name, lambda: v2.ColorJitter(**{name: (change[name],) * 2})(photo))
    torch.testing.assert_close(augment(photo, change), expected())


def test_random_numbers_have_the_ranges_of_torchvision():
    settings = {**PLAIN, "mirror": 0.5, "upside_down": 0.2}
    strengths = dict(brightness=0.3, contrast=0.5, saturation=1.0, hue=0.2)
    jitter, settings = v2.ColorJitter(**strengths), settings | strengths
    draws = [d for seed in range(125) for d in random_changes(seed, **settings)]
    for name in STRENGTHS:
        low, high = getattr(jitter, name)
        drawn = torch.tensor([draw[name] for draw in draws])
        assert low <= drawn.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < drawn.max() <= high
        assert abs(drawn.mean() - (low + high) / 2) < 0.05 * (high - low)
    assert 450 < sum(draw["mirrored"] for draw in draws) < 550
    assert 150 < sum(draw["upside_down"] for draw in draws) < 250


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
