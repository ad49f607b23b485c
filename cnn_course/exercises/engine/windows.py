"""Wrong grids by rule: a kernel, or a pooling, that slides with a slip."""

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


def max_gradient(X, G, kernel=2, stride=1, winner="first", collect="add", best="max"):
    """Return what reaches the inputs X (H, W) of a max pooling, of the gradients G.

    winner   which of several largest numbers gets it: "first", "last", "all" or "share"
    collect  "add", "last" or "first" of what an input gets; "mean"
    """
    found = [[[] for _ in row] for row in X]
    for i, row in enumerate(G):
        for j, gradient in enumerate(row):
            top, left = i * stride, j * stride
            places = [(top + a, left + b) for a in range(kernel) for b in range(kernel)]
            places = [(a, b) for a, b in places if a < len(X) and b < len(X[0])]
            largest = {"max": max, "min": min}[best](X[a][b] for a, b in places)
            equal = [(a, b) for a, b in places if X[a][b] == largest]
            at = {"first": equal[:1], "last": equal[-1:]}.get(winner, equal)
            for a, b in at:
                share = len(at) if winner == "share" else 1
                found[a][b].append(gradient / share)
    ends = {
        "add": sum,
        "first": lambda got: got[0],
        "last": lambda got: got[-1],
        "mean": lambda got: sum(got) / len(got),
    }
    return [[ends[collect](got) if got else 0 for got in row] for row in found]


@dataclass(frozen=True)
class MaxGradients:
    """What reaches the inputs X of a max pooling, of the gradients G: lists of rows."""

    X: list
    G: list

    def right(self):
        return max_gradient(self.X, self.G)

    def look(self, row, column):
        """Return what to look at where a number is wrong."""
        here = f"There the input is {self.X[row][column]:g}."
        return f"{here} In which windows is it the first of the largest?"

    def wrong(self):
        """Yield (wrong grid, what is said to it)."""
        wins = "An input wins in two windows. Does it get both, or which?"
        equal = "Two numbers of a window are equal. Which of equals does PyTorch take?"
        for text, changes in {
            f"You gave it to the last of equals. {equal}": {"winner": "last"},
            f"You split it among equals. {equal}": {"winner": "share"},
            f"You gave it to all equals. {equal}": {"winner": "all"},
            f"You kept the second gradient of two only. {wins}": {"collect": "last"},
            f"You kept the first gradient of two only. {wins}": {"collect": "first"},
            f"You took the mean of two gradients. {wins}": {"collect": "mean"},
            "You chose the smallest numbers. Which one is the output?": {"best": "min"},
            "You put the windows side by side. What is the stride?": {"stride": 2},
            "You swapped rows and columns of the gradients. Which arrive above?": {
                "G": list(zip(*self.G, strict=True))
            },
        }.items():
            yield max_gradient(**({"X": self.X, "G": self.G} | changes)), text
        X = torch.tensor(self.X, dtype=torch.float64)
        largest = F.max_pool2d(X[None, None], 2, 1)[0, 0]
        asked = "What is asked for: what goes forward, or what comes back?"
        yield largest, f"Those are the outputs, the maxima of the windows. {asked}"
        yield X, f"That is the input. {asked}"
