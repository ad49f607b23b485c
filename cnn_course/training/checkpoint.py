"""Keep what a network has learned in a file, and take it up again."""

import io
import re
import zipfile
from pathlib import Path

import torch

from cnn_course.files import write_whole
from cnn_course.training.history import History, sessions

DAMAGED = "is damaged, or not what torch.save writes: save it again, copy it whole"
ASK = "ask for a file of torch.save(net.state_dict(), path)"
CODE = f"holds Python objects that could run code, so they are not loaded: {ASK}"


def save_checkpoint(net, path):
    """Write the weights of `net`, its optimizer's state and its history into a file.

    Whatever happens, `path` holds the older checkpoint or the whole new one. A folder
    that is not there is made. Raises OSError for a path that cannot be written.
    """
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
           of the same network compiled or in a DataParallel

    The weights go to the device that net is on, wherever they were saved. With
    `train(net, …, resume=True)` training goes on with the optimizer and the history of
    the file, or begins anew if that is not an optimizer of torch's for all weights; the
    order of the batches and dropout begin anew. Only tensors, numbers and texts are
    read (`weights_only=True`), never code.

    Raises OSError for a file that cannot be read, ValueError for one that is damaged,
    no checkpoint, or of another network; net then stays as it was.
    """
    path = Path(path).expanduser()
    kept = _read(path)
    theirs, ours = (
        {_plain(name): tensor for name, tensor in tensors.items()}
        for tensors in (kept["net"], net.state_dict())
    )
    for name in [*ours, *theirs]:  # before torch loads those that fit
        found, wanted = (
            tuple(tensors[name].shape) if name in tensors else "not there"
            for tensors in (theirs, ours)
        )
        if found != wanted:
            raise ValueError(
                f"{path} is of another network: {name} is {found} in the file, "
                f"{wanted} in the network"
            )
    net.load_state_dict({name: theirs[_plain(name)] for name in net.state_dict()})
    sessions.pop(net, None)
    try:
        # A name out of a file, but only of what torch.optim has.
        optimizer = getattr(torch.optim, kept["optimizer"])(net.parameters(), lr=0.0)
        optimizer.load_state_dict(kept["optimizer_state"])
        history = History(**kept["history"])
    except (AttributeError, KeyError, TypeError, ValueError):  # none, or one's own
        return History()
    sessions[net] = optimizer, history
    return history


def _read(path):
    """Return what the file holds, with a state_dict as its "net"."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.testzip():  # torch does not look at the checksums
                raise zipfile.BadZipFile
        kept = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # of many kinds, as there are many kinds of files
        reason = CODE if "weights_only" in str(error) else DAMAGED
        raise ValueError(f"{path} {reason}") from None
    if not isinstance(kept, dict) or not isinstance(kept.get("net"), dict):
        kept = {"net": kept}
    weights = kept["net"]
    if not isinstance(weights, dict) or not all(map(torch.is_tensor, weights.values())):
        raise ValueError(f"{path} holds no state_dict: {ASK}")
    return kept


def _plain(name):
    """Return the name of a weight without what torch.compile or DataParallel add."""
    return re.sub(r"\b(_orig_mod|module)\.", "", name)
