"""Wrong grids by rule: a kernel that slides over a picture with a slip."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

FIRST = "Which of its numbers lies on the window's first?"
SUM = "Which products does a window add up?"
# {what is said: what a student takes the kernel for}
KERNELS = {
    f"You turned the kernel by half a turn. {FIRST}": lambda K: K.flip(0, 1),
    f"You laid the kernel on from right to left. {FIRST}": lambda K: K.flip(1),
    f"You laid the kernel on upside down. {FIRST}": lambda K: K.flip(0),
    f"You swapped the kernel's rows and columns. {FIRST}": torch.t,
    f"You left out the kernel's minus. {SUM}": torch.abs,
    f"You added the windows up as if the kernel held ones. {SUM}": torch.ones_like,
    f"You divided by how many products there are. {SUM}": lambda K: K / K.numel(),
    f"You took the kernel's first row alone. {SUM}": lambda K: torch.cat(
        [K[:1], 0 * K[1:]]
    ),
}


WHERE = "Where may the window stand?"


def rows_of(tensor_or_list, padding=0):
    """Return rows as a float64 tensor, with a frame of zeros around them."""
    return F.pad(torch.as_tensor(tensor_or_list, dtype=torch.float64), (padding,) * 4)


def slide(X, K):
    """Return the cross-correlation of X (H, W) and K (h, w)."""
    return F.conv2d(X[None, None], K[None, None])[0, 0]


@dataclass(frozen=True)
class Windows:
    """The cross-correlation of X and K, lists of rows, and what slips make of it."""

    X: list
    K: list
    padding: int = 0

    def right(self):
        return slide(rows_of(self.X, self.padding), rows_of(self.K))

    def wrong(self):
        """Yield (wrong grid, what is said to it)."""
        X, K = rows_of(self.X, self.padding), rows_of(self.K)
        for text, change in KERNELS.items():
            yield slide(X, change(K)), text
        yield slide(rows_of(X, 1), K), f"You put a frame of zeros around it. {WHERE}"

    def look(self, row, column):
        """Return what to look at where a number is wrong: its sum, not reckoned."""
        X, K = rows_of(self.X, self.padding), rows_of(self.K)
        window = X[row : row + K.shape[0], column : column + K.shape[1]]
        pairs = zip(window.flatten().tolist(), K.flatten().tolist(), strict=True)
        terms = [f"{x:g}·{k:g}" if k >= 0 else f"{x:g}·(−{-k:g})" for x, k in pairs]
        return f"Reckon there once more: {' + '.join(terms)}."
