"""Training and evaluation mode, and giving a network its modes back."""

import contextlib


@contextlib.contextmanager
def modes_kept(net):
    """Give every module of `net` its mode back at the end, however that comes."""
    # Each its own: a student may have put one layer into evaluation mode on purpose.
    modes = [(module, module.training) for module in net.modules()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
