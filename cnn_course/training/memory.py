"""Memory: what training takes, what is free, and what to do when it ran out."""

import gc
from dataclasses import dataclass

import torch

from cnn_course.networks import modes_kept

# Numbers that an optimizer keeps for each weight, once it has made a step.
STATE = {"SGD": 1, "Adam": 2, "AdamW": 2, "RMSprop": 1, "Adagrad": 1}
# The count is a lower bound: convolutions need room to work. AlexNet, NiN and narrow
# VGG at 96 pixels and LeNet took 1.0 to 1.6 times as much, on two cores of an AMD EPYC
# with torch 2.15; no GPU was at hand to measure it on.
SPARE = 0.8


@dataclass
class Need:
    """Bytes that training takes: once for the network, and for each picture."""

    weights: int
    gradients: int
    optimizer: int  # its state, and what a step needs meanwhile
    picture: int

    def total(self, batch_size):
        return self.weights + self.new(batch_size)

    def new(self, batch_size):
        """Return the bytes to come: the weights are on the device already."""
        return self.gradients + self.optimizer + batch_size * self.picture

    def batch_size_for(self, free):
        """Return the largest power of two that fits into `free` bytes; 0 if none."""
        left = free - self.gradients - self.optimizer
        pictures = int(left // self.picture) if self.picture else 2**20
        return 1 << pictures.bit_length() - 1 if pictures >= 1 else 0


def training_need(net, X, optimizer, forward):
    """Return the `Need` of training `net` on pictures such as X (N, …).

    `forward` computes the logits of a batch. What it keeps for the backward pass is
    counted with one and with two pictures; the difference is what a picture takes. The
    backward pass holds two more numbers for each output of the largest layer.
    """
    parameters = [p for p in net.parameters() if p.requires_grad]
    weights = sum(p.numel() * p.element_size() for p in parameters)
    kept = 0 if optimizer.state else STATE.get(type(optimizer).__name__, 2)
    if kept == 1 and not optimizer.param_groups[0].get("momentum", 1):
        kept = 0  # plain gradient descent
    with modes_kept(net):
        net.eval()  # a look must not change BatchNorm's averages
        one, two = (_saved(lambda n=n: forward(torch.cat([X[:1]] * n))) for n in (1, 2))
    # What does not grow is no activation: weights, or their copies in 16 bits.
    grown = [after - before for before, after in zip(one, two, strict=False)]
    picture = sum(grown) + 2 * max(grown, default=0)
    # One copy more: on a GPU the step is made for all weights at once.
    return Need(weights, weights, (kept + 1) * weights, picture)


def _saved(forward):
    """Return the bytes of each tensor that `forward` keeps for the backward pass."""
    sizes = {}

    def note(tensor):
        storage = tensor.untyped_storage()
        sizes[storage.data_ptr()] = storage.nbytes()  # a view shares its storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        output = forward()  # in a variable: its graph keeps the storages apart
    del output
    return list(sizes.values())


def free_bytes(device):
    """Return the free memory of a CUDA device in bytes; None for other devices."""
    if device.type != "cuda":
        return None
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return torch.cuda.mem_get_info(device)[0] + unused


def warning(need, batch_size, free):
    """Return a sentence if a batch needs more than is free, else None.

    It names the largest power of two of pictures that fits.
    """
    if free is None or need.new(batch_size) <= SPARE * free:
        return None
    fits = need.batch_size_for(SPARE * free)
    fits = min(fits, batch_size // 2) if batch_size > 1 else 0
    advice = f"batch_size={fits} fits" if fits else "not even one picture fits"
    activations = batch_size * need.picture
    return (
        f"memory: a batch of {batch_size:,} needs about {size(need.total(batch_size))} "
        f"(weights {size(need.weights)}, gradients and optimizer "
        f"{size(need.gradients + need.optimizer)}, activations {size(activations)}), "
        f"and {size(free)} are free beside the weights, so it will probably run out: "
        f"{advice}; or use smaller pictures, such as resize=96"
    )


def is_out_of_memory(error):
    """Say whether an error means that memory ran out, on any device."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    # On a CPU and on Apple's MPS torch raises a plain RuntimeError.
    signs = ("out of memory", "can't allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(s in str(error) for s in signs)


def explanation(device, batch_size, place):
    """Return what to tell when memory ran out."""
    whose = "this computer" if device.type == "cpu" else f"the GPU ({device})"
    known = isinstance(batch_size, int) and batch_size > 1
    half = f" (batch_size={batch_size // 2})" if known else ""
    return (
        f"the memory of {whose} ran out {place}. Everything that this training held "
        f"is free again, so that the same cell works with less: halve batch_size"
        f"{half}, or use resize=96. Other notebooks may hold memory, too: "
        "Kernel → Shut Down All Kernels."
    )


def let_go(net):
    """Free the gradients of `net`, and what torch keeps of the device for later."""
    net.zero_grad(set_to_none=True)
    gc.collect()
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def size(count):
    """Return a number of bytes as text: 1.5 GB, 12 MB."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
