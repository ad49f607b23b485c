"""Property-based: whatever is given as an answer, a check says a sentence about it."""

import decimal
import fractions

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from cnn_course.exercises import EXERCISES, PREDICTIONS

FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same examples every time: a red test stays red
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DTYPES = [
    torch.float64,
    torch.float32,
    torch.bfloat16,
    torch.int64,
    torch.uint8,
    torch.bool,
    torch.complex64,
]


@st.composite
def tensors(draw):
    """Tensors of any type, from a single number to five axes, plain and not."""
    shape = draw(st.lists(st.integers(0, 4), max_size=5))
    made = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = (made * draw(st.sampled_from([1, 1e30, torch.nan, torch.inf]))).to(
        draw(st.sampled_from(DTYPES))
    )
    change = draw(
        st.sampled_from(["", "sparse", "meta", "requires_grad", "transposed"])
    )
    if change == "sparse":
        return made.to_sparse()
    if change == "meta":
        return made.to("meta")
    if change == "requires_grad" and made.is_floating_point():
        return made.requires_grad_()
    return made.mT if change == "transposed" and made.dim() > 1 else made


def returning(value):
    return lambda *args, **keywords: value


class Careless:
    """An object that answers everything, and nothing sensibly."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args):
        return self

    def __float__(self):
        return float("nan")

    def __len__(self):
        return -1


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**300),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.binary(),
    st.decimals(),
    st.fractions(),
    st.dates(),
    st.sampled_from(
        [decimal.Decimal("sNaN"), fractions.Fraction(1, 3), ..., NotImplemented]
    ),
    st.sampled_from([np.float32(280), np.int64(3), np.ones((2, 2)), np.array("x")]),
    st.sampled_from(
        [print, len, int, object(), nn.Linear, nn.ReLU(), Careless(), Careless]
    ),
    tensors(),
)
values = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.frozensets(st.text(max_size=2), max_size=3),
        inner.map(returning),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize("name", EXERCISES)
def test_every_check_survives_any_answer(name):
    @FEW
    @given(values)
    def survives(value):
        feedback = EXERCISES[name].judge(value)
        assert feedback.verdict in ("right", "wrong", "blank")
        assert 10 < len(feedback.text) < 2000
        feedback._repr_mimebundle_()

    survives()


@pytest.mark.parametrize("name", PREDICTIONS)
def test_every_prediction_survives_any_value(name):
    @FEW
    @given(values)
    def survives(value):
        guess = PREDICTIONS[name]
        problem = guess.problem(value)
        assert problem or guess.compared(guess.plain(value), guess.plain(value)) == "✓"

    survives()
