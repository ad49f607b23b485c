"""Keep what a network has learned in a file, and take it up again."""

import dataclasses
import io
import os
import zipfile
from pathlib import Path

import torch

from cnn_course.checks import instance, network, refuse, shown
from cnn_course.files import FULL, write_whole
from cnn_course.training import sessions
from cnn_course.training.history import History

FORMAT = "cnn_course checkpoint 1"


def save_checkpoint(net, path):
    """Write the weights of `net`, its optimizer's state and its history into a file.

    Tensors, numbers and texts only, so that loading it can run no code. The file is
    written beside and renamed: whatever happens, `path` holds the older checkpoint or
    the whole new one. A folder that is not there is made.

    Raises TypeError for what is no network or path, ValueError for a path that cannot
    be written, OSError if the disk is full.
    """
    network("net", net)
    path = _as_path(path)
    session = sessions.recall(net)
    kept = {"format": FORMAT, "net": net.state_dict()}
    if session:
        kept["optimizer"] = type(session.optimizer).__name__
        kept["optimizer_state"] = session.optimizer.state_dict()
        kept["history"] = vars(session.history)
    file = io.BytesIO()
    torch.save(kept, file)
    problem = None
    try:
        write_whole(path, file.getvalue())
    except (OSError, ValueError) as error:
        problem = error
    if problem is None:
        return
    if getattr(problem, "errno", None) in FULL:
        raise OSError(
            f"the disk is full: {path.name} needs {len(file.getvalue()) / 1e6:.0f} MB. "
            "An older checkpoint under that name is still whole. Free some space, or "
            "choose a path on another disk"
        )
    reason = getattr(problem, "strerror", None) or problem
    refuse("path", f"a file that can be written ({reason})", str(path))


def load_checkpoint(net, path):
    """Give `net` the weights of a checkpoint; return its `History`.

    path   a file of `save_checkpoint`, or of torch.save(net.state_dict(), path)

    The weights go to the device that net is on, wherever they were saved. With
    `train(net, …, resume=True)` training goes on with the optimizer and the history of
    the file; the order of the batches and dropout begin anew. Only tensors, numbers
    and texts are read (`weights_only=True`), never code.

    Raises TypeError or ValueError, and leaves net as it was, for a file that is not
    there, damaged, no checkpoint, or of another network.
    """
    network("net", net)
    path = _as_path(path)
    kept, reason = _read(path)
    if reason is None and "format" not in kept:
        kept = {"format": FORMAT, "net": kept}
    reason = reason or _misfit(net, kept)
    session = None
    if reason is None:
        session, reason = _session(net, kept)
    if reason is not None:
        raise ValueError(f"path must be a checkpoint of this network; {path} {reason}")
    net.load_state_dict(kept["net"])
    sessions.forget(net)
    if session is None:
        return History()
    sessions.remember(net, session.optimizer, session.history)
    return session.history


def _as_path(path):
    path = instance("path", path, (str, os.PathLike), "a path, as text or Path")
    if not str(path) or "\0" in str(path):
        refuse("path", "the path of a file", path)
    return Path(path).expanduser()


def _read(path):
    """Return (what the file holds, None), or (None, why it is refused)."""
    if not path.is_file():
        return None, "is no file: look at the spelling and the folder"
    damaged = "is not what torch.save writes, or damaged: save it again, copy it whole"
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # torch does not look at the checksums
                return None, damaged
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    except Exception as error:  # of many kinds, as there are many kinds of files
        if "weights_only" not in str(error):
            return None, damaged
        return None, (
            "holds Python objects that could run code when they are loaded, so they "
            "are not: ask for a file of torch.save(net.state_dict(), path)"
        )
    if not isinstance(kept, dict):
        return None, f"holds no state_dict, but {shown(kept)}"
    return kept, None


def _misfit(net, kept):
    """Return why the weights in a file are not for `net`, None if they are."""
    weights, wanted = kept.get("net"), net.state_dict()
    if kept["format"] != FORMAT or not isinstance(weights, dict):
        return "is a checkpoint of another version of the course: train again"
    if not weights or not all(map(torch.is_tensor, weights.values())):
        return "holds no state_dict: ask for a file of torch.save(net.state_dict(), …)"
    for name in [*wanted, *weights]:
        if name not in weights or name not in wanted:
            where = "the network" if name in wanted else "the file"
            return f"is of another network: only {where} has {shown(name)}"
        if weights[name].shape != wanted[name].shape:
            ours, theirs = tuple(wanted[name].shape), tuple(weights[name].shape)
            return (
                f"is of another network: {name} has the shape {theirs} in the file, "
                f"and {ours} in the network"
            )
    return None


def _session(net, kept):
    """Return (session to go on with or None, None), or (None, why it is refused)."""
    name, history = kept.get("optimizer"), kept.get("history")
    if name is None:
        return None, None
    # A name out of a file: only what torch itself calls an optimizer is made from it.
    kind = getattr(torch.optim, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)):
        return None, f"names an optimizer that torch has not: {shown(name)}"
    lists = {field.name for field in dataclasses.fields(History)}
    if not isinstance(history, dict) or set(history) != lists:
        return None, "holds a history of another version of the course: train again"
    try:
        optimizer = kind(net.parameters(), lr=0.0)
        optimizer.load_state_dict(kept["optimizer_state"])
        return sessions.Session(optimizer, History(**history)), None
    except (KeyError, TypeError, ValueError) as error:
        return None, f"holds the state of another optimizer ({error})"
