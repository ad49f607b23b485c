"""Any Python value, for checks of answers that must survive every one (hypothesis).

`values` is the strategy, FEW the settings: the same 40 examples every time.
"""

import decimal
import fractions
import itertools

import numpy as np
import torch
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from torch import nn

FEW = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,  # the same examples every time: a red test stays red
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
DTYPES = [torch.float64, torch.float32, torch.int64, torch.uint8, torch.bool]
DTYPES += [torch.bfloat16, torch.complex64]


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


plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**6, 10**9, 2**64, 10**300, -1, 0, 1e300, -1e300, 1e-300]),
    st.floats(),
    st.complex_numbers(),
    st.text(),
    st.sampled_from(["$\\foo$", "\\", "a\nb", "\0", "\ud800", "图", "x" * 10**5]),
    st.binary(),
    st.sampled_from([decimal.Decimal("sNaN"), fractions.Fraction(1, 3), ...]),
    st.sampled_from([np.float32(280), np.int64(3), np.ones((2, 2)), np.array("x")]),
    st.sampled_from([print, len, int, object(), nn.Linear, nn.ReLU()]),
    st.builds(itertools.count),  # endless
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
