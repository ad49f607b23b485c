"""Property-based: whatever is given as an answer, a check says a sentence about it."""

import decimal
import fractions
import itertools

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
DTYPES = [torch.float64, torch.float32, torch.int64, torch.uint8, torch.bool]
DTYPES += [torch.bfloat16, torch.complex64]
CHANGES = [
    lambda X: X,
    lambda X: X.to_sparse(),
    lambda X: X.to("meta"),
    lambda X: X.requires_grad_() if X.is_floating_point() else X,
]


@st.composite
def tensors(draw):
    """Tensors of any type, from a single number to five axes, plain and not."""
    shape = draw(st.lists(st.integers(0, 4), max_size=5))
    made = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    made = made * draw(st.sampled_from([1, 1e30, torch.nan, torch.inf]))
    return draw(st.sampled_from(CHANGES))(made.to(draw(st.sampled_from(DTYPES))))


def returning(value):
    return lambda *args, **keywords: value


ODD = [10**6, 2**64, 10**300, -1, 0, 1e300, 1e-300, decimal.Decimal("sNaN"), ...]
ODD += ["$\\foo$", "a\nb", "\0", "\ud800", "图", "x" * 10**5, fractions.Fraction(1, 3)]
ODD += [np.float32(280), np.int64(3), np.ones((2, 2)), np.array("x"), itertools.count()]
ODD += [print, int, object(), nn.Linear, nn.ReLU()]
plain = st.one_of(
    *[st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers()],
    *[st.text(), st.binary(), st.sampled_from(ODD), tensors()],
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


@pytest.mark.parametrize("name", [*EXERCISES, *PREDICTIONS])
def test_every_exercise_and_prediction_survives_any_answer(name):
    @FEW
    @given(values)
    def survives(value):
        if name in PREDICTIONS:
            found, problem = PREDICTIONS[name].read(value)
            assert problem or PREDICTIONS[name].compared(found, found) == "✓"
        else:
            feedback = EXERCISES[name].judge(value)
            assert feedback.verdict in ("right", "wrong", "blank")
            assert 10 < len(feedback.text) < 2000
            feedback._repr_mimebundle_()

    survives()
