"""Keep what a network has learned in a file, and take it up again."""

import io
import re
import zipfile
from pathlib import Path

import torch

from cnn_course.checks import network, shown
from cnn_course.files import say, write_whole
from cnn_course.training.history import History, sessions
from cnn_course.training.interrupts import Stop

DAMAGED = "is damaged, or not what torch.save writes: save it again, copy it whole"
ASK = "ask for a file of torch.save(net.state_dict(), path)"
CODE = (
    "holds Python objects that could run code when they are loaded, so they are not: "
    f"{ASK}"
)


def save_checkpoint(net, path):
    """Write the weights of `net`, its optimizer's state and its history into a file.

    Tensors, numbers and texts only, so that loading it can run no code. The file is
    written beside and renamed: whatever happens, `path` holds the older checkpoint or
    the whole new one. A folder that is not there is made.

    Raises TypeError for what is no network, OSError for a path that cannot be written.
    """
    network("net", net)
    kept = {"net": net.state_dict()}
    if net in sessions:
        optimizer, history = sessions[net]
        kept["optimizer"] = type(optimizer).__name__
        kept["optimizer_state"] = optimizer.state_dict()
        kept["history"] = vars(history)
    file = io.BytesIO()
    torch.save(kept, file)
    write_whole(Path(path).expanduser(), file.getvalue())


def load_checkpoint(net, path):
    """Give `net` the weights of a checkpoint; return its `History`.

    path   a file of `save_checkpoint`, or of torch.save(net.state_dict(), path); also
           of the same network compiled, or in a DataParallel or another module

    The weights go to the device that net is on, wherever they were saved. With
    `train(net, …, resume=True)` training goes on with the optimizer and the history of
    the file, or begins anew if that is not an optimizer of torch's for all weights; the
    order of the batches and dropout begin anew. Only tensors, numbers and texts are
    read (`weights_only=True`), never code.

    Raises TypeError for what is no network, OSError for a file that cannot be read,
    ValueError for one that is damaged, no checkpoint, or of another network; net then
    stays as it was.
    """
    network("net", net)
    path = Path(path).expanduser()
    kept, reason = _read(path, net)
    if reason is not None:
        raise ValueError(f"path must be a checkpoint of this network; {path} {reason}")
    session = _session(net, kept) if "optimizer" in kept else None
    if "optimizer" in kept and session is None:
        say(
            "checkpoint: the weights are loaded, and the optimizer is not one of "
            "torch's for all of them, so training begins anew"
        )
    net.load_state_dict(kept["net"])
    sessions.pop(net, None)
    if session is None:
        return History()
    sessions[net] = session
    return session[1]


def _read(path, net):
    """Return (what the file holds, with net's names, None), or (None, why not)."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip() is not None:  # torch does not look at the checksums
                return None, DAMAGED
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # of many kinds, as there are many kinds of files
        return None, CODE if "weights_only" in str(error) else DAMAGED
    if not isinstance(kept, dict):
        return None, f"holds no state_dict, but {shown(kept)}"
    kept = kept if isinstance(kept.get("net"), dict) else {"net": kept}
    if not kept["net"] or not all(map(torch.is_tensor, kept["net"].values())):
        return None, f"holds no state_dict: {ASK}"
    wanted = net.state_dict()
    kept["net"] = _renamed(kept["net"], wanted)
    theirs, ours = (
        {name: tuple(tensor.shape) for name, tensor in tensors.items()}
        for tensors in (kept["net"], wanted)
    )
    for name in [*ours, *theirs]:
        if ours.get(name) != theirs.get(name):
            shapes = theirs.get(name, "not there"), ours.get(name, "not there")
            found = "is of another network: {} is {} in the file, {} in the network"
            return None, found.format(shown(name), *shapes)
    return kept, None


def _renamed(weights, wanted):
    """Return the weights under the names in `wanted`, where only a wrapper differs.

    torch.compile, DataParallel or another module puts its own in front of each name.
    """
    theirs, ours = (
        ["." + re.sub(r"\b(_orig_mod|module)\.", "", name) for name in names]
        for names in (weights, wanted)
    )
    pairs = zip(theirs, ours, strict=False)
    same = len(theirs) == len(ours) and all(
        a.endswith(b) or b.endswith(a) for a, b in pairs
    )
    return dict(zip(wanted, weights.values(), strict=True)) if same else weights


def _session(net, kept):
    """Return the (optimizer, history) of a file to go on with, or None."""
    # A name out of a file: only what torch itself calls an optimizer is made from it.
    kind = getattr(torch.optim, str(kept["optimizer"]), None)
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
