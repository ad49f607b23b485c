"""The functions that a notebook calls: check, hint, predict, predictions, progress."""

import difflib

from cnn_course.checks import choice, refuse
from cnn_course.exercises.engine import store
from cnn_course.exercises.engine.feedback import Feedback, Table, show
from cnn_course.exercises.engine.running import is_blank
from cnn_course.exercises.entries import EXERCISES, PREDICTIONS

_last = {}  # "exercise": its id; id: how many hints were given


def check(exercise, answer, keep=True):
    """Say whether an answer is right, and if not, what it would mean.

    exercise  the id, such as "03.fc-params"
    answer    any object; `...` is "not answered yet"
    keep      False for a solution: it is judged, but does not count as yours
    Never raises for an answer; raises ValueError for an unknown id.
    """
    feedback = find("exercise", exercise, EXERCISES).judge(answer)
    _last["exercise"] = exercise
    if feedback.verdict == "right" and not keep:
        # Its cell is folded, but not what it prints: that must not tell the answer.
        feedback = Feedback(exercise, "right", "The solution in this cell is right.")
    elif feedback.verdict == "right" and exercise not in store.summary()[0]:
        store.add(id=exercise)
    show(feedback)


def hint(exercise=None):
    """Give the next hint of an exercise, by default of the one checked last.

    Raises ValueError for an unknown id, or if nothing has been checked yet.
    """
    exercise = _last.get("exercise") if exercise is None else exercise
    if exercise is None:
        raise ValueError('Which exercise? Say its name, such as hint("03.fc-params").')
    hints = find("exercise", exercise, EXERCISES).hints
    number = min(_last.get(exercise, 0) + 1, len(hints))
    _last["exercise"], _last[exercise] = exercise, number
    text = f"hint {number} of {len(hints)}: {hints[number - 1]}"
    if number == len(hints):
        text += " (That was the last one.)"
    show(Feedback(exercise, "hint", text))


def predict(name, value):
    """Commit yourself to a prediction; the first one is kept and compared later.

    name      the prediction's id, such as "02.limit"
    value     a number or letters, as the question says; `...` is "not predicted yet"
    Never raises for a value; raises ValueError for an unknown id.
    """
    prediction = find("name", name, PREDICTIONS)
    if is_blank(value):
        text = "not predicted yet. Put your guess in the place of the `...` and run the"
        text += " cell, before you run the next one. A wrong guess is worth as much."
        show(Feedback(name, "blank", text))
        return
    value, problem = prediction.read(value)
    if problem:
        show(Feedback(name, "wrong", f"{problem} Nothing was kept."))
        return
    kept = store.summary()[1].get(name)
    if kept is None:
        store.add(id=name, prediction=value)
        text = f"kept: {said(value, prediction)}. Now run on."
    elif kept == value:
        text = f"kept: {said(value, prediction)}."
    else:
        text = f"your first prediction stays: {said(kept, prediction)}."
    show(Feedback(name, "hint", text))


def predictions(outcomes):
    """Show the predictions beside what came out.

    outcomes  {prediction's id: number or letters}, computed by the notebook
    Raises ValueError for an unknown id, or an outcome of the wrong kind.
    """
    kept, rows = store.summary()[1], []
    for name, outcome in outcomes.items():
        prediction = find("outcomes", name, PREDICTIONS)
        found, problem = prediction.read(outcome)
        if problem:
            raise ValueError(f"outcomes[{name!r}]: {problem}")
        yours, verdict = "none", ""
        if name in kept:
            yours = said(kept[name], prediction)
            verdict = prediction.compared(kept[name], found)
        rows.append((prediction.asks, yours, said(found, prediction), verdict))
    show(Table(("You were asked", "you predicted", "it was", ""), tuple(rows)))


def said(value, prediction):
    """Return a predicted value as a text with its unit."""
    style = {int: ",", float: ",.4g"}.get(type(value), "")
    return f"{value:{style}} {prediction.unit}".strip()


def progress(notebook=None, forget=None):
    """Show which exercises are done, and which predictions made.

    notebook  such as "03"; default: the whole course
    forget    such as "03": first start this notebook's exercises and predictions over
    The record is a small file in your own state folder; nothing leaves your computer.
    Raises ValueError for a notebook without exercises.
    """
    numbers = sorted({name[:2] for name in EXERCISES})
    for argument, value in {"notebook": notebook, "forget": forget}.items():
        if value is not None:
            choice(argument, value, numbers)
    if forget is not None:
        store.add(forget=forget)
    done, predicted = store.summary()
    marks = {name: "✓" if name in done else "○" for name in EXERCISES}

    def made(number):
        """Return how many exercises and predictions of a notebook, or of all."""
        for known, kept in ((EXERCISES, done), (PREDICTIONS, predicted)):
            own = [name in kept for name in known if name.startswith(number)]
            yield f"{sum(own)} of {len(own)}"

    if notebook is None:
        head = ("notebook", "exercises", "done", "predictions")
        each = {n: [marks[name] for name in marks if name[:2] == n] for n in numbers}
        rows = [(n, " ".join(own), *made(n)) for n, own in each.items()]
        below = f"{next(made(''))} exercises of the course are done."
    else:
        head = ("", "exercise", "about")
        own = [e for e in EXERCISES.values() if e.id[:2] == notebook]
        rows = [(marks[e.id], e.id, e.topic) for e in own]
        below = "{} exercises done, {} predictions made.".format(*made(notebook))
    show(Table(head, tuple(rows), below))


def find(argument, name, known):
    """Return known[name]; raises ValueError that names the ids most like it."""
    if name not in known:
        close = difflib.get_close_matches(str(name), known, 3, 0.5) or list(known)[:2]
        refuse(argument, f"a name that the course knows, such as {close[0]!r}", name)
    return known[name]
