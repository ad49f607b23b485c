"""What is done and what was predicted, in a small file of the user's.

One line of JSON an event, only ever appended: two notebooks that write at the same time
lose nothing, and of a crash at most the line that was being written.
"""

import json
import warnings

from cnn_course.files import state_folder

NAME = "progress.jsonl"
_unwritten = []  # events of this kernel that are in no file


def add(**event):
    """Keep an event; with nowhere to write it, for as long as the kernel lives."""
    path = None
    try:
        path = state_folder() / NAME
        path.parent.mkdir(parents=True, exist_ok=True)
        # The line break before it: what a crash left half-written stays by itself.
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps(event, ensure_ascii=False)}\n")
    except OSError as error:
        if not _unwritten:
            warnings.warn(
                f"Your progress cannot be kept in {path or error.filename} "
                f"({error.strerror}), only until this kernel ends. Checks "
                "work all the same. To keep it elsewhere, set CNN_COURSE_STATE to a "
                "folder of your own before JupyterLab starts.",
                stacklevel=4,
            )
        _unwritten.append(event)


def summary():
    """Return (ids of the exercises that are done, {id: first prediction})."""
    done, predicted = set(), {}
    for event in [*_written(), *_unwritten]:
        if "forget" in event:
            gone = f"{event['forget']}."
            done = {name for name in done if not name.startswith(gone)}
            predicted = {k: v for k, v in predicted.items() if not k.startswith(gone)}
        elif "prediction" in event:
            predicted.setdefault(event["id"], event["prediction"])
        elif "id" in event:
            done.add(event["id"])
    return done, predicted


def _written():
    try:
        lines = (state_folder() / NAME).read_bytes().splitlines()
    except OSError:  # nothing done yet, or not ours to read
        return
    for line in lines:
        try:
            event = json.loads(line)
        except ValueError:  # an empty line, or one that a crash cut off
            continue
        if isinstance(event, dict) and isinstance(event.get("id", ""), str):
            yield event
