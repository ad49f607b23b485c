"""The few argument checks: what is refused, in which words."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_course import checks

NET = "a network, such as lenet(); got"


@pytest.mark.parametrize(
    "check, given, error, words",
    [
        ("whole_number", (3.0, 1), TypeError, "a whole number of at least 1; got 3.0"),
        ("whole_number", (True, 1), TypeError, "a whole number of at least 1; got Tr"),
        ("whole_number", (7, 1, 5), ValueError, "a whole number from 1 to 5; got 7"),
        ("choice", ("c", ("a", "b")), ValueError, "one of 'a', 'b'; got 'c'"),
        ("network", (nn.ReLU,), TypeError, f"{NET} the class ReLU"),
        ("network", (object(),), TypeError, f"{NET} an object of type object"),
        ("network", ([np.ones(2), ...],), TypeError, f"{NET} [array([1., 1.])"),
        (
            "network",
            (torch.ones(2),),
            TypeError,
            f"{NET} a Tensor of shape (2,), torch.",
        ),
    ],
)
def test_what_is_refused_is_named_with_what_is_allowed_and_given(
    check, given, error, words
):
    with pytest.raises(error) as caught:
        getattr(checks, check)("it", *given)
    assert str(caught.value).startswith(f"it must be {words}")


def test_a_whole_number_of_numpys_fits():
    assert checks.whole_number("it", np.int64(3), 1) == 3
