"""Property-based: whatever is given as an answer, a check says a sentence about it."""

import pytest
from any_value import FEW, values
from hypothesis import given

from cnn_course.exercises import EXERCISES, PREDICTIONS


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
        found, problem = guess.read(value)
        assert problem or guess.compared(found, found) == "✓"

    survives()
