"""The table of all exercises for instructors, made from the exercises themselves.

python -m cnn_course.publishing.exercise_table        writes notebooks/exercises.md
"""

import argparse

from cnn_course.exercises import EXERCISES, PREDICTIONS
from cnn_course.files import NOTEBOOKS, write_whole

FILE = NOTEBOOKS / "exercises.md"
HEAD = """# The exercises

Made by `python -m cnn_course.publishing.exercise_table` from the checks \
themselves: do not edit.
A wrong answer of a kind listed here is recognised, and answered by name.
"""


def as_markdown():
    """Return a page with all exercises and their misconceptions, then predictions."""
    rows = [
        (e.id[:2], f"`{e.id}`", e.topic, kind(e), "; ".join(names(e)))
        for e in EXERCISES.values()
    ]
    guesses = [(p.id[:2], f"`{p.id}`", p.asks) for p in PREDICTIONS.values()]
    head = ("notebook", "exercise", "topic", "kind", "misconceptions covered")
    count = sum(len(e.misconceptions) for e in EXERCISES.values())
    return "\n".join(
        [
            HEAD,
            f"{len(EXERCISES)} exercises, {count} misconceptions.\n",
            *_lines(head, rows),
            f"\n## The predictions\n\n{len(PREDICTIONS)} of them, kept and compared "
            "with the outcome at the end of each notebook.\n",
            *_lines(("notebook", "prediction", "question"), guesses),
            "",
        ]
    )


def kind(exercise):
    """Return what an exercise is: what to do, and what the answer is made of."""
    answer = type(exercise).__name__.lower()
    same = answer == exercise.activity
    return answer if same else f"{exercise.activity} ({answer})"


def names(exercise):
    return [misconception.name for misconception in exercise.misconceptions]


def _lines(head, rows):
    for cells in (head, ["---"] * len(head), *rows):
        yield f"| {' | '.join(cell.replace('|', '·') for cell in cells)} |"


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    write_whole(FILE, as_markdown())
    print(f"{FILE}: {len(EXERCISES)} exercises, {len(PREDICTIONS)} predictions")
