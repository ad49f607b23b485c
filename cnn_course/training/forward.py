"""From batches to logits: on which device, in which layout, with which precision."""

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course import checks
from cnn_course.data import Batches
from cnn_course.device import is_mps, is_out_of_memory, modes_kept
from cnn_course.training import messages

FAR = 20  # pictures in [0, 1], standardised ones too, stay far below


class Answers:
    """What `net` answers to batches, on a device, in a precision, until `stop`.

    `look` is called once, with the first X, before it is answered.
    """

    def __init__(self, net, device, precision, stop, look=None):
        self.net, self.device, self.precision = net, device, precision
        self.stop, self.look = stop, look

    def __call__(self, name, data_iter):
        """Yield (X, y, logits) of every batch of the iterable `name`, on the device."""
        self.stop.impatient = True
        X, all_seen, ours = None, False, isinstance(data_iter, Batches)
        for batch in data_iter:
            X, given_y = checks.batch(name, batch)
            X, y = X.to(self.device), given_y.to(self.device)
            if self.look:
                self.look(X)
                self.look = None
            logits = self.logits(X)
            # On a GPU a label out of range ends all work until the kernel restarts, and
            # to look is to wait: of `Batches` at all labels at once, before the first.
            if not all_seen:
                labels, all_seen = data_iter.labels if ours else given_y, ours
                self._look_at_labels(name, labels)
            yield X, y, logits
            self.stop.here()
        if X is None:
            raise ValueError(
                f"{name} must give at least one picture; got none. Is the data set "
                "empty, or a generator used up? A list of batches can be used again"
            )

    def _look_at_labels(self, name, labels):
        wrong = (labels < 0) | (labels >= self.classes)
        if wrong.any():
            raise ValueError(
                f"{name} must give labels from 0 to {self.classes - 1}, as net gives "
                f"{self.classes} logits; got {labels[wrong][0].item()} "
                f"({wrong.sum().item():,} such of {len(labels):,}). Look at the "
                "labels, or give the last layer more outputs"
            )

    def logits(self, X):
        """Return net(X) as float32 (N, classes), computed in `precision`."""
        bf16 = self.precision == "bf16"
        try:
            with torch.autocast(X.device.type, torch.bfloat16, enabled=bf16):
                logits = self.net(X)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if is_out_of_memory(error):
                raise
            raise messages.unfit_pictures(X, error) from error
        if not torch.is_tensor(logits) or logits.dim() != 2 or len(logits) != len(X):
            allowed = f"logits of shape (N, classes), here ({len(X)}, classes)"
            checks.refuse("what net returns", allowed, logits)
        self.classes = logits.shape[1]
        return logits.float()


def look_at_first(net, device, loss, write, X):
    """Look at the first batch: its numbers, the fastest layout, a softmax too many."""
    low, high = X.min().item(), X.max().item()
    if low < -FAR or high > FAR:  # NaN is the loss's business
        write(
            f"pictures: the first batch has numbers from {low:g} to {high:g}, and a "
            "network learns best from about 0 to 1 (bytes: X / 255). Training goes on "
            "with them as they are"
        )
    if is_mps(device):
        return
    lay_out(net, torch.channels_last)  # the numbers of a pixel side by side
    with modes_kept(net), torch.no_grad():
        net.eval()  # a look at one picture must not change BatchNorm's averages
        try:
            logits = net(X[:1])
        except Exception as error:  # of which the whole batch will tell
            if "view size is not compatible" in str(error):
                lay_out(net, torch.contiguous_format)  # it flattens with .view()
        else:
            inside = loss is F.cross_entropy or isinstance(loss, nn.CrossEntropyLoss)
            least, total = logits.min().item(), logits.sum().item()
            if inside and least > 0 and abs(total - 1) < 1e-3:
                write(messages.SOFTMAX_TWICE)


def lay_out(net, memory_format):
    """Let the numbers of all kernels of `net` lie as `memory_format` says."""
    if not any(map(nn.parameter.is_lazy, net.parameters())):
        net.to(memory_format=memory_format)
