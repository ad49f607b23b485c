"""What tests of several views are given: random sizes, a loader of noise."""

import torch

from cnn_course.data import Batches


def draws(count, *ranges):
    """Yield `count` tuples of whole numbers, one number from each (low, high)."""
    generator = torch.Generator().manual_seed(0)
    for _ in range(count):
        yield tuple(int(torch.randint(*r, (), generator=generator)) for r in ranges)


def noise(labels):
    """Return a loader of pictures of noise with these labels."""
    generator = torch.Generator().manual_seed(0)
    size = (len(labels), 28, 28)
    images = torch.randint(1, 256, size, dtype=torch.uint8, generator=generator)
    return Batches(images, torch.as_tensor(labels), 16)
