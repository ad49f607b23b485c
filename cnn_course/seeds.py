"""One seed for everything that is drawn by lot."""

import random
import sys

import torch

from cnn_course.checks import whole_number


def set_seed(seed):
    """Start all random numbers anew: initial weights, dropout, the order of batches.

    Whatever ran before it in the session, the same code after `set_seed(seed)` gives
    the same numbers: random, numpy and torch start from `seed`. The same history bit
    for bit can be had on the same kind of CPU with the same versions and
    `torch.get_num_threads()`. Another processor or another number of threads adds in
    another order and so rounds differently, and training makes small differences large.
    On a GPU some operations add in an order that changes from run to run: repeat with
    several seeds instead.

    Raises TypeError or ValueError unless `seed` is a whole number from 0 to 2**63 - 1.
    """
    seed = whole_number("seed", seed, 0, 2**63 - 1)  # what torch's generators take
    random.seed(seed)
    torch.manual_seed(seed)  # of the CPU and of every GPU
    if "numpy" in sys.modules:  # the course itself draws nothing with it
        sys.modules["numpy"].random.seed(seed % 2**32)
