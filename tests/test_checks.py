"""The helpers that refuse bad arguments: messages, and that nothing fools them."""

import itertools
import math

import numpy as np
import pytest
import torch
from any_value import Careless, Hostile, HostileText
from torch import nn

from cnn_course import checks as validate
from cnn_course.checks import shown


class Endless:
    """An object whose text never ends, and that says it is something else."""

    def __repr__(self):
        while True:
            pass

    @property
    def __class__(self):
        raise RuntimeError("no")


SHOWN = [
    (None, "None"),
    ([1, 2, 3], "[1, 2, 3]"),
    (list(range(99)), "[0, 1, 2, 3, 4, 5, ...]"),
    ("a\nb", r"'a\nb'"),
    (10**50, "1000000000000...00000000000000"),
    (torch.ones(2, 3), "a Tensor of shape (2, 3), torch.float32"),
    (torch.ones(2, device="meta"), "a Tensor of shape (2,), torch.float32, meta"),
    (
        torch.eye(2).to_sparse(),
        "a Tensor of shape (2, 2), torch.float32, torch.sparse_coo",
    ),
    (np.ones((2, 2)), "a ndarray of shape (2, 2), float64"),
    (nn.Linear, "the class Linear"),
    (nn.ReLU(), "an object of type ReLU"),
    (Hostile(), "an object of type Hostile"),
    (Endless(), "an object of type Endless"),
    ([Endless()], "[<Endless>]"),
    ({"a": (Hostile(), 1)}, "{'a': (<Hostile>, 1)}"),
    (HostileText("x"), "an object of type HostileText"),
    (..., "an object of type ellipsis"),
]


@pytest.mark.parametrize("value, words", SHOWN, ids=range(len(SHOWN)))
def test_any_value_is_shown_in_few_words(value, words):
    assert shown(value) == words


REFUSED = [
    ("whole_number", (3.0, 1), TypeError, "a whole number of at least 1; got 3.0"),
    ("whole_number", (True, 1), TypeError, "a whole number of at least 1; got True"),
    ("whole_number", (7, 1, 5), ValueError, "a whole number from 1 to 5; got 7"),
    ("real_number", ("1", 0), TypeError, "a number of at least 0; got '1'"),
    ("real_number", (math.nan, 0), ValueError, "a number of at least 0; got nan"),
    ("real_number", (10**999, 0), ValueError, "a number of at least 0; got 1000"),
    ("real_number", (0, 0, 9), ValueError, "a number above 0, 9 at most; got 0"),
    ("flag", (1,), TypeError, "True or False; got 1"),
    ("choice", ("c", ("a", "b")), ValueError, "one of 'a', 'b'; got 'c'"),
    ("choice", (Hostile(), ("a",)), ValueError, "one of 'a'; got an object of type"),
    ("instance", (Endless(), int, "an int"), TypeError, "an int; got an object of"),
    ("text", (3,), TypeError, "a text of at most 300 letters; got 3"),
    ("text", ("x" * 301,), ValueError, "a text of at most 300 letters; got 'xxxxx"),
    ("several", (3, "things"), TypeError, "0 to 1,000 things, in a list; got 3"),
    ("several", ("ab", "things"), TypeError, "0 to 1,000 things, in a list; got 'ab'"),
    ("several", ([], "things", 1), ValueError, "1 to 1,000 things, in a list; got []"),
    (
        "several",
        (itertools.count(), "things"),
        ValueError,
        "got an object of type count",
    ),
    ("several", (Careless(), "things"), TypeError, "got an object of type Careless"),
    ("named", ([1], "lines"), TypeError, "a dict {name: …} of 0 to 100 lines; got [1]"),
    ("named", ({}, "lines", 1), ValueError, "of 1 to 100 lines; got {}"),
    ("named", ({3: 1}, "lines"), TypeError, "a text of at most 300 letters; got 3"),
    ("real_numbers", (["1"],), TypeError, "a number; got '1'"),
    ("real_numbers", ([1j],), TypeError, "a number; got 1j"),
    ("real_numbers", ([1e200],), ValueError, "a number within ±1e+100; got 1e+200"),
    ("real_numbers", ([1], 2), ValueError, "2 to 100,000 numbers, in a list; got [1]"),
    ("tensor", ([1], (1,), "flat"), TypeError, "flat; got [1]"),
    ("tensor", (torch.ones(2, 2), (1,), "flat"), ValueError, "flat; got a Tensor of"),
    ("tensor", (torch.ones(0), (1,), "flat"), ValueError, "flat; got a Tensor of"),
    (
        "tensor",
        (torch.ones(1, device="meta"), (1,), "flat"),
        ValueError,
        "float32, meta",
    ),
    ("tensor", (torch.eye(2).to_sparse(), (2,), "it"), ValueError, "torch.sparse_coo"),
    ("tensor", (torch.ones(1) * 1j, (1,), "it"), ValueError, "torch.complex64"),
    ("tensor", (torch.ones(1).expand(10**8), (1,), "it"), ValueError, "it; got a Tens"),
    (
        "network",
        (nn.ReLU,),
        TypeError,
        "a network, such as lenet(); got the class ReLU",
    ),
    ("network", (nn.LazyLinear(3),), ValueError, "without lazy layers"),
]


@pytest.mark.parametrize("helper, given, error, words", REFUSED)
def test_what_is_refused_is_named_with_what_is_allowed_and_given(
    helper, given, error, words
):
    above = {"above": True} if words.startswith("a number above") else {}
    with pytest.raises(error) as caught:
        getattr(validate, helper)("it", *given, **above)
    message = str(caught.value)
    assert message.startswith(
        ("it must be ", "it[0] must be ", "each name in it must be ")
    )
    assert words in message and "; got " in message and len(message) < 300


def test_what_fits_comes_back_in_one_plain_form():
    assert validate.whole_number("it", np.int64(3), 1) == 3
    assert validate.real_number("it", np.float32(0.5), 0) == 0.5
    assert validate.text("it", "a \ud800 b") == "a ? b"  # no file could hold that half
    assert type(validate.text("it", HostileText("x"))) is str
    assert validate.several("it", (n for n in "ab"), "letters") == ["a", "b"]
    assert validate.named("it", {"a": 1}, "things") == {"a": 1}
    net, numbers = nn.Linear(1, 1), [1, np.float32(0.5), torch.tensor(2.0), True]
    assert validate.network("it", net) is net
    assert validate.real_numbers("it", numbers) == [1, 0.5, 2, 1]
    found = validate.real_numbers("it", torch.tensor([1.0, math.inf, math.nan]))
    assert found[0] == 1 and math.isnan(found[1]) and math.isnan(found[2])
    learned = torch.ones(2, 2, requires_grad=True)
    assert validate.tensor("it", learned, (2,), "a matrix") is learned
