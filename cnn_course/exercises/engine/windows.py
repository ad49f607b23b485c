"""Wrong grids by rule: a kernel that slides with a slip."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F

FIRST = "Which of its numbers lies on the window's first?"
WHERE = "Where may the window stand?"


def slide(X, K, pad=(0, 0, 0, 0), stride=(1, 1), of=torch.sum):
    """Return of(products, axis) for every window of X (H, W) under K (h, w).

    pad  columns of zeros on the left and right, then rows above and below
    """
    h, w = K.shape
    windows = F.pad(X, pad).unfold(0, h, stride[0]).unfold(1, w, stride[1])
    return of((windows * K).flatten(2), 2)


@dataclass(frozen=True)
class Windows:
    """The cross-correlation of X and K, lists of rows, and what slips make of it."""

    X: list
    K: list
    padding: int = 0

    def tensors(self):
        return [torch.tensor(rows, dtype=torch.float64) for rows in (self.X, self.K)]

    def right(self):
        return slide(*self.tensors(), pad=(self.padding,) * 4)

    def wrong(self):
        """Yield (wrong grid, what is said to it)."""
        X, K = self.tensors()
        for text, changes in self.slips(K, self.padding).items():
            yield slide(X, **({"K": K, "pad": (self.padding,) * 4} | changes)), text

    def slips(self, K, p):
        """Return {what is said: changed arguments of `slide`}."""
        slips = {
            f"You turned the kernel by half a turn. {FIRST}": {"K": K.flip(0, 1)},
            f"You laid the kernel on from right to left. {FIRST}": {"K": K.flip(1)},
            f"You laid the kernel on upside down. {FIRST}": {"K": K.flip(0)},
            f"You swapped the kernel's rows and columns. {FIRST}": {"K": K.T},
            "You left out the kernel's minus. What does it do?": {"K": K.abs()},
            "You added the windows up as if the kernel held ones. What is done before "
            "the sum?": {"K": torch.ones_like(K)},
            "You took the mean of the products, divided by their number. What does a "
            "window give?": {"of": torch.mean},
            "You took the largest product. What is done with all?": {"of": torch.amax},
            f"You put a frame of zeros around it. {WHERE}": {"pad": (p + 1,) * 4},
            f"You left out the frame of zeros. {WHERE}": {"pad": (0,) * 4},
            f"You added zeros on the right and below. {WHERE}": {"pad": (p, p + 1) * 2},
            f"You added zeros on the left and above. {WHERE}": {"pad": (p + 1, p) * 2},
            "You put the windows side by side. By how much does the window move?": {
                "stride": K.shape
            },
        }
        for axis, name in enumerate(("row", "column")):
            for i in range(K.shape[axis]):
                part = torch.zeros_like(K)
                part.select(axis, i).copy_(K.select(axis, i))
                text = f"You summed the kernel's {name} {i} (counted from 0) only. What"
                slips[f"{text} lies under the rest?"] = {"K": part}
        return slips

    def look(self, row, column):
        """Return what to look at where a number is wrong: its sum, not reckoned."""
        X, K = self.tensors()
        X = F.pad(X, (self.padding,) * 4)
        window = X[row : row + len(K), column : column + K.shape[1]]
        pairs = zip(window.flatten().tolist(), K.flatten().tolist(), strict=True)
        signed = [f"{x:g}·{k:g}" if k >= 0 else f"{x:g}·(−{-k:g})" for x, k in pairs]
        return f"Reckon there once more: {' + '.join(signed)}."
