"""View 7: random changes agree with torchvision's, and one strength moves one thing."""

import re

import pytest
import torch
from torchvision.transforms import v2

from cnn_course.views import augmentation_mixer
from cnn_course.views.augmentation import (
    STRENGTHS,
    as_square,
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
    names = ("top", "left", "mirrored", "upside_down")
    different = {tuple(draw[name] for name in names) for draw in draws}
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


def test_torch_s_random_numbers_are_left_alone():
    torch.manual_seed(5)
    state = torch.get_rng_state()
    view = augmentation_mixer()
    view.controls["hue"].write(0.4)
    view.touch("press", "crop:again:0")
    assert "draws 9 to 16" in view.label and "hue ±0.4" in view.label
    assert torch.equal(torch.get_rng_state(), state)


def images(view):
    """Return what the photograph and the eight draws show."""
    return re.findall(r'href="(\S+)"', view.picture.svg)


def test_draw_again_draws_anew_and_only_then(view):
    whole, *first = images(view)
    view.refresh()
    assert images(view) == [whole, *first] and len(set(first)) == 8
    view.touch("press", "crop:again:0")
    again = images(view)
    assert again[0] == whole and not set(again[1:]) & set(first)
    assert images(augmentation_mixer()) == [whole, *first]
    assert len(view.picture.svg) < 150_000


def test_the_crop_of_the_draw_in_hand_is_dragged_and_no_other(view):
    before = images(view)
    view.touch("press", "crop:2")
    view.touch("drag", "crop:2", x=300, y=60)
    view.touch("drop", "crop:2", x=300, y=60)
    assert images(view) == before
    assert "in hand draw 3, crop at " in view.label
    top, left = view.controls["crop"].place
    view.touch("press", "crop:move", x=100, y=100)
    view.touch("drag", "crop:move", x=105, y=97)
    assert f"crop at {top - 3}, {left + 5}" in view.label
    changed = [i for i in range(9) if images(view)[i] != before[i]]
    assert changed == [3]
    view.touch("drag", "crop:move", x=999, y=-999)
    assert "crop at 0, 32" in view.label  # 32 + 224 = 256
    view.touch("key", "crop:move", key="ArrowDown")
    view.touch("key", "crop:move", key="ArrowLeft")
    assert "crop at 4, 28" in view.label
    view.touch("press", "crop:again:0")
    view.touch("press", "crop:again:0")
    assert "draws 17 to 24" in view.label and "crop at 4, 28" not in view.label


def test_the_size_is_dragged_at_the_corner_and_is_that_of_all_draws(view):
    place = "crop at {}, {},".format(*view.controls["crop"].place)
    top, left = view.controls["crop"].place
    view.touch("press", "crop:size", x=left + 222, y=top + 222)
    view.touch("drag", "crop:size", x=left + 204, y=top + 190)
    assert view.controls["crop"].read() == 204 and place in view.label
    view.touch("key", "crop:move", key="ArrowLeft", shift=True)
    view.touch("key", "crop:size", key="ArrowUp")
    assert "crop 196×196" in view.label and "61 × 61 places" in view.label
    view.touch("drag", "crop:size", x=-999, y=0)
    assert "crop 64×64" in view.label
    view.touch("drag", "crop:size", x=999, y=0)
    assert "crop 256×256" in view.label and "crop at 0, 0" in view.label
    view.controls["crop"].field.value = "0"
    assert "so few pixels say little" in view.message.value
    view.touch("key", "crop:size", key="ArrowUp")
    assert "crop 252×252" in view.label and view.message.value == ""


def test_other_sizes_are_made_square():
    wide = torch.zeros(3, 10, 40)
    wide[:, :, 15:25] = 1
    assert as_square(wide).shape == (3, 256, 256)
    assert as_square(wide).min() > 0.99  # the middle
    assert as_square(wide + 1e-6).max() <= 1.0001  # rounding is no mistake
    assert as_square(torch.rand(3, 1, 1).requires_grad_()).shape == (3, 256, 256)
