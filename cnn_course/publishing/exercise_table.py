"""The table of all exercises for instructors, made from the exercises themselves.

python -m cnn_course.publishing.exercise_table        writes notebooks/exercises.md
"""

from cnn_course.exercises import EXERCISES, PREDICTIONS
from cnn_course.files import NOTEBOOKS, say, write_whole

FILE = NOTEBOOKS / "exercises.md"
PAGE = """# The exercises

Made by `python -m cnn_course.publishing.exercise_table` from the checks \
themselves: do not edit.
A wrong answer of a kind listed here is recognised, and answered by name.

{} exercises, {} misconceptions.

| notebook | exercise | topic | kind | misconceptions covered |
| --- | --- | --- | --- | --- |
{}

## The predictions

{} of them, kept and compared with the outcome at the end of each notebook.

| notebook | prediction | question |
| --- | --- | --- |
{}
"""


def as_markdown():
    """Return a page with all exercises and their misconceptions, then predictions."""
    exercises, guesses = EXERCISES.values(), PREDICTIONS.values()
    count = sum(len(e.misconceptions) for e in exercises)
    rows = [
        f"| {e.id[:2]} | `{e.id}` | {e.topic} | {kind(e)} "
        f"| {'; '.join(wrong.name for wrong in e.misconceptions)} |"
        for e in exercises
    ]
    asked = [f"| {p.id[:2]} | `{p.id}` | {p.asks} |" for p in guesses]
    return PAGE.format(len(rows), count, "\n".join(rows), len(asked), "\n".join(asked))


def kind(exercise):
    """Return what an exercise is: what to do, and what the answer is made of."""
    answer = type(exercise).__name__.lower()
    same = answer == exercise.activity
    return answer if same else f"{exercise.activity} ({answer})"


if __name__ == "__main__":
    write_whole(FILE, as_markdown())
    say(f"{FILE}: {len(EXERCISES)} exercises, {len(PREDICTIONS)} predictions")
