"""The photograph: grey or in colour, upright, of the height asked for."""

import pytest
import torch

from cnn_course.data import load_photograph


@pytest.mark.parametrize("height, width", [(300, 256), (150, 128)])
def test_the_photograph_is_grey_from_black_to_white(height, width):
    photo = load_photograph(height)
    assert photo.shape == (height, width) and photo.dtype == torch.float32
    assert 0 <= photo.min() < 0.1 and 0.9 < photo.max() <= 1
    assert photo[:20].mean() > 2 * photo[-20:].mean()  # upright: a dark uniform


def test_in_colour_it_has_three_channels():
    photo = load_photograph(600, colour=True)
    assert photo.shape == (3, 600, 512)
    weight = torch.tensor([0.299, 0.587, 0.114])[:, None, None]
    assert ((photo * weight).sum(0) - load_photograph(600)).abs().max() < 1 / 255
    red, green, blue = photo[:, 500:, 440:].mean((1, 2))
    assert not red == green == blue
