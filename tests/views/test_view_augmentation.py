"""View 7: random changes agree with torchvision's, and one strength moves one thing."""

import re

import pytest
import torch
from torchvision.transforms import v2

from cnn_course.views import augmentation_mixer
from cnn_course.views.augmentation import (
    STRENGTHS,
    augment,
    count_pictures,
    random_changes,
)

PLAIN = dict(mirror=0.0, upside_down=0.0, crop=256)
PLAIN |= dict.fromkeys(STRENGTHS, 0.0)


@pytest.fixture
def view():
    return augmentation_mixer()


@pytest.fixture
def photo():
    return torch.rand(3, 256, 256, generator=torch.Generator().manual_seed(0))


def one_change(**settings):
    return random_changes(3, **{**PLAIN, **settings})[0]


def test_flips_and_crops_are_those_of_torch(photo):
    for name, dim in {"mirror": 2, "upside_down": 1}.items():
        changed = augment(photo, one_change(**{name: 1.0}))
        torch.testing.assert_close(changed, photo.flip(dim))
    change = one_change(crop=100)
    top, left = change["top"], change["left"]
    same = photo[:, top : top + 100, left : left + 100]
    torch.testing.assert_close(augment(photo, change), same)


@pytest.mark.parametrize("name", STRENGTHS)
def test_a_change_of_colour_is_colour_jitter_s(photo, name):
    change = one_change(**{name: 0.4})
    exactly = {name: (change[name], change[name])}
    jitter = v2.ColorJitter(**exactly)
    torch.testing.assert_close(augment(photo, change), jitter(photo))


def test_random_numbers_have_the_ranges_of_torchvision():
    settings = {**PLAIN, "mirror": 0.5, "upside_down": 0.2, "crop": 254}
    jitter = v2.ColorJitter(0.3, 0.5, 1.0, 0.2)
    settings |= dict(brightness=0.3, contrast=0.5, saturation=1.0, hue=0.2)
    draws = [d for seed in range(125) for d in random_changes(seed, **settings)]
    for name in STRENGTHS:
        low, high = getattr(jitter, name)
        drawn = torch.tensor([draw[name] for draw in draws])
        assert low <= drawn.min() < low + 0.02 * (high - low)
        assert high - 0.02 * (high - low) < drawn.max() <= high
        assert abs(drawn.mean() - (low + high) / 2) < 0.05 * (high - low)
    assert 450 < sum(draw["mirrored"] for draw in draws) < 550
    assert 150 < sum(draw["upside_down"] for draw in draws) < 250
    flips, count = count_pictures(0.5, 0.2, 254)
    different = {tuple(list(draw.values())[:5]) for draw in draws}  # but for colours
    assert (flips, count) == (4, 36) and len(different) == 36


def test_probabilities_0_and_1_leave_no_choice():
    for seed in range(20):
        for draw in random_changes(seed, **{**PLAIN, "mirror": 1.0}):
            assert draw["mirrored"] and not draw["upside_down"]
    assert count_pictures(1.0, 0.0, 224) == (1, 33 * 33)
    assert count_pictures(0.5, 0.0, 224) == (2, 2178)  # as notebook 06 says
    assert count_pictures(0.5, 0.5, 256) == (4, 4)


@pytest.mark.parametrize("name", ["mirror", "upside_down", "crop", *STRENGTHS])
def test_one_setting_changes_its_own_effect_only(name):
    own = {"mirror": {"mirrored"}, "crop": {"crop", "top", "left"}}.get(name, {name})
    value = 100 if name == "crop" else 0.5
    before = random_changes(0, **PLAIN)
    after = random_changes(0, **{**PLAIN, name: value})
    pairs = list(zip(before, after, strict=True))
    assert {key for a, b in pairs for key in a if a[key] != b[key]} == own


def images(view):
    """Return what the photograph and the eight draws show."""
    return re.findall(r'href="(\S+)"', view.picture.svg)


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
    assert images(augmentation_mixer()) == [whole, *first]
    assert len(view.picture.svg) < 150_000
    assert torch.equal(torch.get_rng_state(), state)  # torch's own numbers are not used


def test_the_crop_of_the_first_draw_is_dragged_and_no_other(view):
    before, (top, left) = images(view), view.controls["draws"].place
    view.touch("press", "draws:crop", x=100, y=100)
    view.touch("drag", "draws:crop", x=105, y=97)
    assert f"draw 1: crop at {top - 3}, {left + 5}" in view.label
    assert images(view)[1] != before[1] and images(view)[2:] == before[2:]
    view.touch("drag", "draws:crop", x=999, y=-999)
    assert "crop at 0, 32" in view.label  # 32 + 224 = 256
    view.touch("key", "draws:crop", key="ArrowDown")
    view.touch("key", "draws:crop", key="ArrowLeft")
    assert "crop at 4, 28" in view.label
    view.controls["crop"].write(240)
    assert "crop at 4, 16" in view.label and "17 × 17 places" in view.label
    view.touch("press", "again:0")
    assert "draw 9: crop at " in view.label and "crop at 4, 16" not in view.label
