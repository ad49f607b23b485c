"""From batches to logits: on which device, in which layout, with which precision."""

import gc
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course import checks
from cnn_course.data import Batches
from cnn_course.device import is_mps, is_out_of_memory, modes_kept
from cnn_course.training import messages
from cnn_course.training.history import History
from cnn_course.training.interrupts import Stop
from cnn_course.training.progress import ProgressBar

FAR = 20  # pictures in [0, 1], standardised ones too, stay far below


@dataclass
class Run:
    """One call of `train` or `evaluate`: what it is about, and its latest batch."""

    net: nn.Module
    device: torch.device
    precision: str
    stop: Stop
    loss: Callable = F.cross_entropy
    optimizer: torch.optim.Optimizer | None = None
    history: History | None = None
    bar: ProgressBar | None = None
    batch_size: int = 0
    classes: int = 0
    looked: bool = False  # at the first batch

    @property
    def cross_entropy(self):
        """Whether the loss is torch's cross-entropy, of whatever kind."""
        return self.loss is F.cross_entropy or isinstance(
            self.loss, nn.CrossEntropyLoss
        )

    def each(self, name, data_iter):
        """Yield (X, y, logits) of every batch of the iterable `name`, on the device."""
        self.stop.impatient = True
        ours, all_seen = isinstance(data_iter, Batches), False
        for batch in data_iter:
            given_X, given_y = checks.batch(name, batch)
            self.batch_size = len(given_y)
            X, y = given_X.to(self.device), given_y.to(self.device)
            if self.optimizer and not self.looked:
                look_at_first(self, given_X, X)
                self.looked = True
            logits = self.logits(X)
            self.classes = logits.shape[1]
            # On a GPU a label out of range ends all work until the kernel restarts, and
            # to look is to wait: of `Batches` at all labels at once, before the first.
            if not all_seen:
                labels, all_seen = data_iter.labels if ours else given_y, ours
                if ((labels < 0) | (labels >= self.classes)).any():
                    raise messages.bad_labels(name, labels, self.classes)
            yield X, y, logits

    def logits(self, X):
        """Return net(X) as float32 (N, classes), computed in `precision`."""
        try:
            if self.precision == "fp32":
                logits = self.net(X)
            else:
                with torch.autocast(X.device.type, torch.bfloat16):
                    logits = self.net(X)
        except (RuntimeError, ValueError, TypeError, IndexError) as error:
            if is_out_of_memory(error) or "view size is not" in str(error):
                raise
            raise messages.unfit_pictures(X, error) from error
        if not torch.is_tensor(logits) or logits.dim() != 2 or len(logits) != len(X):
            allowed = f"logits of shape (N, classes), here ({len(X)}, classes)"
            checks.refuse("what net returns", allowed, logits)
        return logits.float()


def _kernels(net):
    parameters = (p for p in net.parameters() if not nn.parameter.is_lazy(p))
    return [p for p in parameters if p.dim() == 4]  # the weights of Conv2d layers


def lay_out(net, memory_format):
    """Let the numbers of all kernels of `net` lie as `memory_format` says."""
    for p in _kernels(net):
        # Not .contiguous(): it leaves kernels of one channel, whose numbers both
        # layouts have in the same places, with the strides that they had; and by the
        # strides torch chooses how it convolves.
        p.data = p.data.to(memory_format=memory_format)


def look_at_first(run, given_X, X):
    """Look at the first batch, as given and on the device: range and fastest layout."""
    low, high = given_X.min().item(), given_X.max().item()
    if low < -FAR or high > FAR:  # NaN is the loss's business
        run.bar.write(
            f"pictures: the first batch has numbers from {low:g} to {high:g}, and a "
            "network learns best from about 0 to 1 (bytes: X / 255). Training goes on "
            "with them as they are"
        )
    if is_mps(run.device) or not _kernels(run.net):
        return
    lay_out(run.net, torch.channels_last)  # the numbers of a pixel side by side
    with modes_kept(run.net), torch.no_grad():
        run.net.eval()  # a look at one picture must not change BatchNorm's averages
        try:
            run.logits(X[:1])
        except (RuntimeError, ValueError) as error:  # others the whole batch will tell
            if "view size is not compatible" in str(error):
                lay_out(run.net, torch.contiguous_format)  # it flattens with .view()


def look_at_loss(run, logits, loss):
    """Look at what the first batch of an epoch gave: can anything be learned by it?"""
    if not torch.is_tensor(loss) or loss.numel() != 1:
        raise messages.bad_loss(loss)
    if not loss.requires_grad:
        cut_off = "loss(logits, y)" if logits.requires_grad else "what net returns"
        raise messages.no_gradient(cut_off)
    if run.history or not run.cross_entropy:
        return
    from_one = (logits.sum(dim=1) - 1).abs().max()
    looks = torch.stack([logits.min(), logits.max(), from_one])
    least, most, most_from_one = looks.tolist()
    softmax = most_from_one < 1e-3
    sigmoid = isinstance([*run.net.modules()][-1], nn.Sigmoid)
    if 0 < least and most < 1 and (softmax or sigmoid):
        run.bar.write(messages.probabilities(run.classes))


def move(run):
    """Move the network to the device, and what optimizer and loss know after it."""
    moved = any(p.device != run.device for p in run.net.parameters())
    run.net.to(run.device)
    if moved and run.optimizer.state:
        run.optimizer.load_state_dict(run.optimizer.state_dict())
    if isinstance(run.loss, nn.Module):  # with a weight for each class, perhaps
        run.loss.to(run.device)


def let_go(net):
    """Free the gradients of `net`, and what torch keeps of the device for later."""
    net.zero_grad(set_to_none=True)
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()
