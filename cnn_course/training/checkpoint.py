"""Keep what a network has learned in a file, and take it up again."""

import io
import itertools
import zipfile
from pathlib import Path

import torch

from cnn_course.checks import network, refuse, shown
from cnn_course.files import FULL, say, write_whole
from cnn_course.training.history import History, sessions
from cnn_course.training.interrupts import Stop

FORMAT = "cnn_course checkpoint 1"
DAMAGED = "is damaged, or not what torch.save writes: save it again, copy it whole"
CODE = (
    "holds Python objects that could run code when they are loaded, so they are not: "
    "ask for a file of torch.save(net.state_dict(), path)"
)
WRAPPERS = ("_orig_mod", "module")  # of torch.compile, and of DataParallel
BEGINS_ANEW = (
    "the weights are loaded, and the optimizer is not one of torch's for all of them, "
    "so training begins anew"
)
OTHER_VERSION = "is a checkpoint of another version of the course: train again"


def save_checkpoint(net, path):
    """Write the weights of `net`, its optimizer's state and its history into a file.

    Tensors, numbers and texts only, so that loading it can run no code. The file is
    written beside and renamed: whatever happens, `path` holds the older checkpoint or
    the whole new one. A folder that is not there is made.

    Raises TypeError for what is no network, ValueError for a folder, OSError for a path
    that cannot be written or a disk that is full.
    """
    network("net", net)
    path = Path(path).expanduser()
    if path.is_dir():
        refuse("path", "the name of a file, not of a folder", str(path))
    kept = {"format": FORMAT, "net": net.state_dict()}
    if net in sessions:
        optimizer, history = sessions[net]
        kept["optimizer"] = type(optimizer).__name__
        kept["optimizer_state"] = optimizer.state_dict()
        kept["history"] = vars(history)
    file = io.BytesIO()
    torch.save(kept, file)
    try:
        write_whole(path, file.getvalue())
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise OSError(
            f"the disk is full: {path.name} needs {len(file.getvalue()) / 1e6:.0f} MB. "
            "An older checkpoint under that name is still whole. Free some space, or "
            "choose a path on another disk"
        ) from None


def load_checkpoint(net, path):
    """Give `net` the weights of a checkpoint; return its `History`.

    path   a file of `save_checkpoint`, or of torch.save(net.state_dict(), path); also
           of the same network compiled, or in a DataParallel or another module

    The weights go to the device that net is on, wherever they were saved. With
    `train(net, …, resume=True)` training goes on with the optimizer and the history of
    the file, or begins anew if that is not an optimizer of torch's for all weights; the
    order of the batches and dropout begin anew. Only tensors, numbers and texts are
    read (`weights_only=True`), never code.

    Raises TypeError for what is no network, ValueError for a file that is not there,
    damaged, no checkpoint, or of another network; net then stays as it was.
    """
    network("net", net)
    path, session = Path(path).expanduser(), None
    kept, reason = _read(path)
    if reason is None and "format" not in kept:
        kept = {"format": FORMAT, "net": kept}
    if reason is None and isinstance(kept.get("net"), dict):
        kept["net"] = _renamed(kept["net"], net.state_dict())
    reason = reason or _misfit(net, kept)
    if reason is not None:
        raise ValueError(f"path must be a checkpoint of this network; {path} {reason}")
    if "optimizer" in kept:
        session = _session(net, kept)
        if session is None:
            say(f"checkpoint: {BEGINS_ANEW}")
    net.load_state_dict(kept["net"])
    sessions.pop(net, None)
    if session is None:
        return History()
    sessions[net] = session
    return session[1]


def _read(path):
    """Return (what the file holds, None), or (None, why it is refused)."""
    if not path.is_file():
        return None, "is no file: look at the spelling and the folder"
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # torch does not look at the checksums
                return None, DAMAGED
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        return None, f"cannot be read ({error.strerror})"
    except Exception as error:  # of many kinds, as there are many kinds of files
        return None, CODE if "weights_only" in str(error) else DAMAGED
    if not isinstance(kept, dict):
        return None, f"holds no state_dict, but {shown(kept)}"
    return kept, None


def _renamed(weights, wanted):
    """Return the weights under the names in `wanted`, where only a prefix differs."""
    if not all(isinstance(name, str) for name in weights):
        return weights
    theirs, ours = _bare(weights), _bare(wanted)
    if theirs.keys() != ours.keys():
        return weights
    return {ours[bare]: weights[name] for bare, name in theirs.items()}


def _bare(names):
    """Return {name without what wrappers put into it, and all share in front: name}."""
    parts = [[p for p in n.split(".") if p not in WRAPPERS] for n in names]
    columns = zip(*[p[:-1] for p in parts], strict=False)
    shared = len([*itertools.takewhile(lambda c: len(set(c)) == 1, columns)])
    return {".".join(p[shared:]): n for p, n in zip(parts, names, strict=True)}


def _misfit(net, kept):
    """Return why the weights in a file are not for `net`, None if they are."""
    weights, wanted = kept.get("net"), net.state_dict()
    if kept["format"] != FORMAT or not isinstance(weights, dict):
        return OTHER_VERSION
    if not weights or not all(map(torch.is_tensor, weights.values())):
        return "holds no state_dict: ask for a file of torch.save(net.state_dict(), …)"
    theirs, ours = (
        {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        for tensors in (weights, wanted)
    )
    for name in [*ours, *theirs]:
        if ours.get(name) != theirs.get(name):
            shapes = theirs.get(name, "not there"), ours.get(name, "not there")
            found = "is of another network: {} is {} in the file, {} in the network"
            return found.format(shown(name), *shapes)
    return None


def _session(net, kept):
    """Return the (optimizer, history) of a file to go on with, or None."""
    name = kept["optimizer"]
    # A name out of a file: only what torch itself calls an optimizer is made from it.
    kind = getattr(torch.optim, name, None) if isinstance(name, str) else None
    if not (isinstance(kind, type) and issubclass(kind, torch.optim.Optimizer)):
        return None
    try:
        history = History(**kept["history"])
        with Stop() as stop:  # which lets late imports come to their end
            optimizer = kind(net.parameters(), lr=0.0)
        optimizer.load_state_dict(kept["optimizer_state"])
    except (KeyError, TypeError, ValueError):  # for a part of the weights, perhaps
        return None
    if stop.asked:
        stop.now()
    return optimizer, history
