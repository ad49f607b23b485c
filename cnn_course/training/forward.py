"""Where a network computes: on which device, how its kernels lie in memory there."""

import gc

import torch
from torch import nn

from cnn_course.device import is_mps, memory_format, modes_kept
from cnn_course.training import messages

FAR = 20  # pictures in [0, 1], standardised ones too, stay far below


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
        run.bar.write(messages.out_of_range(low, high))
    if not _kernels(run.net):
        return
    # channels_last: the numbers of one pixel lie side by side.
    lay_out(run.net, memory_format(run.device))
    with modes_kept(run.net), torch.no_grad():
        run.net.eval()  # a look at one picture must not change BatchNorm's averages
        try:
            run.logits(X[:1])
        except RuntimeError as error:
            if "view size is not compatible" not in str(error):
                raise
            lay_out(run.net, torch.contiguous_format)  # it flattens with .view()


def move(net, optimizer, device):
    """Move the network to the device, and what its optimizer knows after it."""
    moved = any(p.device != device for p in net.parameters())
    net.to(device)
    if moved and optimizer.state:
        optimizer.load_state_dict(optimizer.state_dict())


def let_go(net):
    """Free the gradients of `net`, and what torch keeps of the device for later."""
    net.zero_grad(set_to_none=True)
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def leave_mps(run, error):
    """Move to the CPU if an Apple chip's GPU lacks an operator, else raise `error`."""
    if not is_mps(run.device):
        raise error
    run.device = run.bar.device = torch.device("cpu")
    run.looked = False
    move(run.net, run.optimizer, run.device)
    run.bar.write(messages.no_operator(error))
