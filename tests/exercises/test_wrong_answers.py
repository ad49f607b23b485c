"""Wrong answers of a student with a pencil, and what must be said to them by rule.

What an exercise declares as a misconception is tested with it, in test_entries.py.
"""

import re

import pytest

from cnn_course.exercises import EXERCISES

TABLE = [  # exercise, answer, a pattern that the feedback must contain
    ("01.single-one", [[0, 2, 1], [0, 0, 4], [0, 0, 0]], "rows and columns"),
    ("02.column", [[0, 5, 5, 0], [0, 0, -2, 7]], "first the 7 in row 1, column 3"),
    ("03.fc-params", 65_536_000, "should be 3 times as large"),
    ("03.output-shape", (10, 8, 14, 21), "axis 0, 1"),
    ("03.output-shape", (80, 14, 21), "3 axes: .* multiplied"),
    ("03.receptive-field", 17, "one too few"),
    ("04.every-fifth", 76, "close"),
    ("05.colour-lenet", 108_086 - 236 + 5, "something small left out"),
    ("06.no-pooling", 171.5, "1,000,000 times"),
    ("08.thousand-classes", 5_459_000.5, "not a whole number"),
]


@pytest.mark.parametrize(("name", "answer", "pattern"), TABLE)
def test_what_a_student_may_write_is_named_and_the_answer_not_told(
    name, answer, pattern
):
    exercise = EXERCISES[name]
    feedback = exercise.judge(answer)
    said = feedback.text.removesuffix(f" Look again at: {exercise.see}.")
    assert feedback.verdict == "wrong" and re.search(pattern, said, re.IGNORECASE)
    told = f"{exercise.right:,}" if type(exercise.right) is int else exercise.right
    assert str(told) not in said
