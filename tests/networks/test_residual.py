"""The residual block adds what its branch and its shortcut give."""

import pytest
import torch
from torch import nn

from cnn_course.networks import Residual


def test_the_branch_is_added_to_the_input_or_to_the_shortcut():
    X = torch.randn(2, 3, 6, 5)
    branch = nn.Conv2d(3, 3, 3, padding=1)
    assert torch.equal(Residual(branch)(X), branch(X) + X)
    branch = nn.Conv2d(3, 4, 3, padding=1, stride=2)
    shortcut = nn.Conv2d(3, 4, 1, stride=2)
    assert torch.equal(Residual(branch, shortcut)(X), branch(X) + shortcut(X))


@pytest.mark.parametrize("channels", [1, 3])
def test_other_shapes_are_refused_with_what_to_do(channels):
    block = Residual(nn.Conv2d(channels, 4, 3, padding=1))
    with pytest.raises(ValueError, match="give Residual a shortcut"):
        block(torch.randn(1, channels, 6, 6))
