"""The few argument checks: what is refused, in which words, and what fits."""

import numpy as np
import pytest
import torch
from torch import nn

from cnn_course import checks


@pytest.mark.parametrize(
    "value, words",
    [
        (None, "None"),
        (list(range(99)), "[0, 1, 2, 3, 4, 5, ...]"),
        ("a\nb", r"'a\nb'"),
        ([torch.ones(2), ...], "[<Tensor>, Ellipsis]"),
        (torch.ones(2, 3), "a Tensor of shape (2, 3), torch.float32"),
        (np.ones((2, 2)), "a ndarray of shape (2, 2), float64"),
        (nn.Linear, "the class Linear"),
        (nn.ReLU(), "an object of type ReLU"),
    ],
)
def test_any_value_is_shown_in_few_words(value, words):
    assert checks.shown(value) == words


@pytest.mark.parametrize(
    "check, given, error, words",
    [
        ("whole_number", (3.0, 1), TypeError, "a whole number of at least 1; got 3.0"),
        ("whole_number", ("8", 1), TypeError, "a whole number of at least 1; got '8'"),
        ("whole_number", (True, 1), TypeError, "a whole number of at least 1; got Tr"),
        ("whole_number", (7, 1, 5), ValueError, "a whole number from 1 to 5; got 7"),
        ("choice", ("c", ("a", "b")), ValueError, "one of 'a', 'b'; got 'c'"),
        ("network", (nn.ReLU,), TypeError, "a network, such as lenet(); got the class"),
    ],
)
def test_what_is_refused_is_named_with_what_is_allowed_and_given(
    check, given, error, words
):
    with pytest.raises(error) as caught:
        getattr(checks, check)("it", *given)
    assert str(caught.value).startswith(f"it must be {words}")


def test_what_fits_comes_back():
    assert checks.whole_number("it", np.int64(3), 1) == 3
    net, X, y = nn.Linear(1, 1), torch.rand(3, 1, 2, 2), torch.arange(3)
    assert checks.network("it", net) is net
    assert checks.batch("it", [X, y]) == (X, y)  # bad ones: training/test_messages.py
