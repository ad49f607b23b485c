"""Wrong answers to the exercises that are code, as students write them.

Each is declared with the exercise and a pattern that the feedback must match. They are
written another way than the slips in the entries, which are tested themselves. Where no
slip is known, the pattern is that of the smallest input.
"""

import torch
import torch.nn.functional as F
from torch import nn

WRONG = []  # (exercise, name, answer, pattern)


def wrong(exercise, pattern):
    def keep(answer):
        WRONG.append((exercise, answer.__name__, answer, pattern))
        return answer

    return keep


@wrong("01.convolve", "turned")
def gathers_from_padded(X, K):
    h, w = K.shape
    X = F.pad(X, (w - 1, w - 1, h - 1, h - 1))
    Y = torch.zeros(X.shape[0] - h + 1, X.shape[1] - w + 1, dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


@wrong("02.step", "changes its input")
def in_place(w, b, x, y, lr):
    e = w * x + b - y
    w -= lr * 2 * (e * x).mean()
    b -= lr * 2 * e.mean()
    return w, b


@wrong("02.step", "reverse order")
def bias_first(w, b, x, y, lr):
    e = w * x + b - y
    return b - lr * 2 * e.mean(), w - lr * 2 * (e * x).mean()


def loops(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4)
    h, w = K.shape
    H, W = (X.shape[0] - h) // stride + 1, (X.shape[1] - w) // stride + 1
    Y = torch.zeros(H, W, dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            top, left = i * stride, j * stride
            Y[i, j] = (X[top : top + h, left : left + w] * K).sum()
    return Y


@wrong("03.corr2d", "last")
def plus_one_forgotten(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride)[:-1, :-1]


@wrong("03.corr2d", "padding = 1: yours gives")
def frame_of_neighbours(X, K, padding=0, stride=1):
    X = F.pad(X[None, None], [padding] * 4, mode="replicate")[0, 0]
    return loops(X, K, 0, stride)


@wrong("03.corr2d", "rows and columns|transposed|swapped|height")
def output_transposed(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).T


@wrong("03.corr2d", "it stopped: .*RecursionError")
def calls_itself(X, K, padding=0, stride=1):
    return calls_itself(F.pad(X, [padding] * 4), K, 0, stride)


@wrong("03.corr2d", "gaps?|neighbours|every")
def stride_inside_the_window(X, K, padding=0, stride=1):
    Y = F.conv2d(X[None, None], K[None, None], padding=padding, dilation=stride)
    return Y[0, 0]


class Pool(nn.Module):
    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, stride or size

    def best(self, window):
        return window.amax(dim=(2, 3))

    def forward(self, X):
        N, C, *sides = X.shape
        H, W = ((n - self.size) // self.stride + 1 for n in sides)
        Y = torch.zeros(N, C, H, W, dtype=X.dtype)
        for i in range(H):
            for j in range(W):
                window = X[:, :, i * self.stride :, j * self.stride :]
                Y[:, :, i, j] = self.best(window[:, :, : self.size, : self.size])
        return Y


@wrong("04.max-pool", "begins? (with|at) 0|negative")
class MaxFromZero(Pool):
    def best(self, window):
        best = torch.zeros_like(window[:, :, 0, 0])
        for number in window.flatten(2).unbind(dim=2):
            best = torch.maximum(best, number)
        return best


@wrong("04.max-pool", "first picture")
class FirstPictureOnly(Pool):
    def forward(self, X):
        Y = super().forward(X)
        Z = torch.zeros_like(Y)
        Z[0] = Y[0]
        return Z


@wrong("04.max-pool", "size = 2, stride = 1: yours gives")
class WindowsSideBySide(Pool):
    def forward(self, X):
        Y, Z = torch.zeros_like(super().forward(X)), F.max_pool2d(X, self.size)
        H, W = Y.shape[2:]
        Y[:, :, : Z.shape[2], : Z.shape[3]] = Z[:, :, :H, :W]
        return Y


@wrong("05.cross-entropy", "one number|mean")
def one_for_each(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log()


@wrong("05.cross-entropy", "labels = \\[1\\]: yours gives 0.5, right is 0.69")
def mean_squared(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1])
    return ((logits.softmax(dim=1) - wanted) ** 2).sum(dim=1).mean()


def table(rows, channels, size, pad=2):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            size = (size + pad * padding - k) // stride + 1
            work += channels * k**2 * out * size**2
            channels = out
        elif what == "pooling":
            size = (size - n[0]) // n[1] + 1
        elif what == "flatten":
            channels = channels * size**2
        else:
            work += channels * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "padding")
def padding_on_one_side(rows, channels=1, size=224):
    return table(rows, channels, size, pad=1)


@wrong("06.multiply-adds", "fully connected|hidden")
def convolutions_only(rows, channels=1, size=224):
    maps = ("convolution", "pooling")
    return table([r for r in rows if r[0] in maps], channels, size)


@wrong("07.vgg-block", "nn.Sequential")
def a_list_of_layers(num_convs, in_channels, out_channels):
    return [nn.Conv2d(in_channels, out_channels, 3), nn.ReLU(), nn.MaxPool2d(2)]


@wrong("08.conv1x1", "last axis")
def left_last(X, weight, bias):
    return F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)


@wrong("08.conv1x1", "first picture")
def first_of_the_batch(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    Y[0] = F.conv2d(X[:1], weight, bias)[0]
    return Y


@wrong("08.conv1x1", "pixels|one row|reshape|shape")
def pixels_in_a_row(X, weight, bias):
    return weight.flatten(1) @ X.flatten(2) + bias[:, None]


@wrong("09.dead", "how many|number of|a list")
def how_many(logits):
    return int((logits == 0).all(dim=0).sum())


@wrong("09.dead", "first dead|`return`|only the first|one of them")
def returns_the_first(logits):
    for c in range(logits.shape[1]):
        if (logits[:, c] == 0).all():
            return [c]
    return []


@wrong("09.dead", "more than once|twice|repeat|for each image")
def once_for_each_image(logits):
    found = []
    for row in logits:
        for c, logit in enumerate(row):
            if logit == 0 and (logits[:, c] == 0).all():
                found.append(c)
    return found
