"""Wrong answers to the exercises that are code, as students write them.

Each is declared with the exercise and a pattern that the feedback must match. They were
written before the known slips of the engine; of 137 every second one is kept, by order.
Where no slip is known to the engine, the pattern is that of the smallest input.
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


def stamps(X, K, size=None, pixels=None, dtype=None):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros(size or (H + h - 1, W + w - 1), dtype=dtype or X.dtype)
    H, W = pixels or (H, W)
    for i in range(H):
        for j in range(W):
            for a in range(h):
                for b in range(w):
                    Y[i + a, j + b] = Y[i + a, j + b] + X[i, j] * K[a, b]
    return Y


@wrong("01.convolve", "height|width|rows and columns")
def height_and_width_of_kernel(X, K):
    (H, W), (h, w) = X.shape, K.shape
    return stamps(X, K, size=(H + w - 1, W + h - 1))


@wrong("01.convolve", "last row")
def last_pixels_left_out(X, K):
    return stamps(X, K, pixels=(X.shape[0] - 1, X.shape[1] - 1))


@wrong("01.convolve", "rows? .*columns?|transposed|height")
def kernel_transposed(X, K):
    return F.conv_transpose2d(X[None, None], K.T[None, None])[0, 0]


@wrong("01.convolve", "size of X|as large as|room")
def same_size_as_input(X, K):
    return stamps(X, K)[: X.shape[0], : X.shape[1]]


@wrong("01.convolve", "whole number|cut")
def whole_numbers_only(X, K):
    return stamps(X, K, dtype=torch.int64)


@wrong("02.step", "half as long")
def two_forgotten(w, b, x, y, lr):
    e = w * x + b - y
    return (w - lr * (e * x).mean()).item(), (b - lr * e.mean()).item()


@wrong("02.step", "changes its input")
def in_place(w, b, x, y, lr):
    e = w * x + b - y
    w -= lr * 2 * (e * x).mean()
    b -= lr * 2 * e.mean()
    return w, b


@wrong("02.step", "`?lr`?|learning rate")
def without_lr(w, b, x, y, lr):
    e = w * x + b - y
    return w - 2 * (e * x).mean(), b - 2 * e.mean()


@wrong("02.step", "slopes")
def returns_slopes(w, b, x, y, lr):
    e = w * x + b - y
    return 2 * (e * x).mean(), 2 * e.mean()


@wrong("02.step", "`b`|bias")
def bias_not_in_the_error(w, b, x, y, lr):
    e = w * x - y
    return w - lr * 2 * (e * x).mean(), b - lr * 2 * e.mean()


@wrong("02.step", "absolute|square")
def slope_of_absolute_error(w, b, x, y, lr):
    e = torch.sign(w * x + b - y)
    return w - lr * (e * x).mean(), b - lr * e.mean()


@wrong("02.step", "reverse order")
def bias_first(w, b, x, y, lr):
    e = w * x + b - y
    return b - lr * 2 * e.mean(), w - lr * 2 * (e * x).mean()


@wrong("03.corr2d", "turned")
def flips(X, K, padding=0, stride=1):
    return loops(X, K.flip(0).flip(1), padding, stride)


def loops(X, K, padding=0, stride=1, reduce=torch.sum):
    X = F.pad(X, [padding] * 4)
    h, w = K.shape
    H, W = (X.shape[0] - h) // stride + 1, (X.shape[1] - w) // stride + 1
    Y = torch.zeros(H, W, dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            top, left = i * stride, j * stride
            Y[i, j] = reduce(X[top : top + h, left : left + w] * K)
    return Y


@wrong("03.corr2d", "largest|maximum")
def max_of_the_products(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=torch.max)


@wrong("03.corr2d", "rows|columns")
def steps_down_only(X, K, padding=0, stride=1):
    Y = loops(X, K, padding)
    return Y[::stride]


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


@wrong("03.corr2d", "tensor is wanted")
def a_list_of_rows(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).tolist()


@wrong("03.corr2d", "it stopped: .*RecursionError")
def calls_itself(X, K, padding=0, stride=1):
    return calls_itself(F.pad(X, [padding] * 4), K, 0, stride)


@wrong("03.corr2d", "gaps?|neighbours|every")
def stride_inside_the_window(X, K, padding=0, stride=1):
    Y = F.conv2d(X[None, None], K[None, None], padding=padding, dilation=stride)
    return Y[0, 0]


@wrong("03.corr2d", "sum")
def sum_forgotten(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=lambda products: products[-1, -1])


@wrong("03.corr2d", "dtype=X.dtype")
def float32_zeros(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).float()


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


@wrong("04.max-pool", "add|sum")
class Summed(Pool):
    def best(self, window):
        return window.sum(dim=(2, 3))


@wrong("04.max-pool", "moves by one|Without a stride")
class StrideOrOne(Pool):
    def __init__(self, size, stride=None):
        super().__init__(size, stride or 1)


@wrong("04.max-pool", "first picture")
class FirstPictureOnly(Pool):
    def forward(self, X):
        Y = super().forward(X)
        Z = torch.zeros_like(Y)
        Z[0] = Y[0]
        return Z


@wrong("04.max-pool", "One maximum|one maximum")
class OverAllChannels(Pool):
    def best(self, window):
        return window.max()


@wrong("04.max-pool", "size = 2, stride = 1: yours gives")
class WindowsSideBySide(Pool):
    def forward(self, X):
        Y, Z = torch.zeros_like(super().forward(X)), F.max_pool2d(X, self.size)
        H, W = Y.shape[2:]
        Y[:, :, : Z.shape[2], : Z.shape[3]] = Z[:, :, :H, :W]
        return Y


@wrong("04.max-pool", "returns nothing")
class NothingReturned(Pool):
    def forward(self, X):
        super().forward(X)


@wrong("04.max-pool", "[Ww]hole|last|leaves? out|too small")
class WindowTooSmall(Pool):
    def best(self, window):
        size = max(self.size - 1, 1)
        return window[:, :, :size, :size].amax(dim=(2, 3))


@wrong("05.cross-entropy", "sign")
def plus(logits, labels):
    P = logits.softmax(dim=1)
    return P[torch.arange(len(labels)), labels].log().mean().item()


@wrong("05.cross-entropy", "whole table|all entries|whole batch")
def softmax_over_everything(logits, labels):
    P = logits.exp() / logits.exp().sum()
    return -P[torch.arange(len(labels)), labels].log().mean()


@wrong("05.cross-entropy", "base|natural|log2|`math.log")
def base_two(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log2().mean()


@wrong("05.cross-entropy", "one number|mean")
def one_for_each(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log()


@wrong("05.cross-entropy", "largest probability")
def argmax(logits, labels):
    P = logits.softmax(dim=1)
    return -P.max(dim=1).values.log().mean()


@wrong("05.cross-entropy", "label|every class|all classes")
def every_class(logits, labels):
    return -logits.log_softmax(dim=1).mean()


@wrong("05.cross-entropy", "labels = \\[1\\]: yours gives 0.5, right is 0.69")
def mean_squared(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1])
    return ((logits.softmax(dim=1) - wanted) ** 2).sum(dim=1).mean()


@wrong("06.dropout", "changes its input")
def zeros_in_place(X, U, p, training=True):
    if training:
        X[U < p] = 0
        X = X / (1 - p)
    return X


@wrong("06.dropout", "divided by p")
def over_p(X, U, p, training=True):
    if not training:
        return X
    mask = (U >= p).to(X.dtype)
    return X * mask / p


@wrong("06.dropout", "training=False|in use")
def training_unused(X, U, p, training=True):
    out = X.clone()
    out[U < p] = 0
    return out / (1 - p)


@wrong("06.dropout", "divide|multipl")
def times_one_minus_p(X, U, p, training=True):
    return X * (U >= p) * (1 - p) if training else X


@wrong("06.dropout", "`U`|random numbers")
def own_random_numbers(X, U, p, training=True):
    return X * (torch.rand_like(X) >= p) / (1 - p) if training else X


@wrong("06.dropout", "1 - p|1 − p|wrong side|kept|keep")
def complement(X, U, p, training=True):
    return X * (U >= 1 - p) / (1 - p) if training else X


def table(rows, channels, size, places=2, bias=0, flat=2, pad=2, plus=1):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            size = (size + pad * padding - k) // stride + plus
            work += (channels * k**2 + bias) * out * size**places
            channels = out
        elif what == "pooling":
            size = (size - n[0]) // n[1] + plus
        elif what == "flatten":
            channels = channels * size**flat
        else:
            work += (channels + bias) * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "biases")
def with_biases(rows, channels=1, size=224):
    return table(rows, channels, size, bias=1)


@wrong("06.multiply-adds", "flatten")
def flatten_keeps_channels(rows, channels=1, size=224):
    return table(rows, channels, size, flat=0)


@wrong("06.multiply-adds", "padding")
def padding_on_one_side(rows, channels=1, size=224):
    return table(rows, channels, size, pad=1)


@wrong("06.multiply-adds", "\\+ 1|one place")
def plus_one_left_out(rows, channels=1, size=224):
    return table(rows, channels, size, plus=0)


@wrong("06.multiply-adds", "places")
def places_not_counted(rows, channels=1, size=224):
    return table(rows, channels, size, places=0)


@wrong("06.multiply-adds", "fully connected|hidden")
def convolutions_only(rows, channels=1, size=224):
    maps = ("convolution", "pooling")
    return table([r for r in rows if r[0] in maps], channels, size)


@wrong("06.multiply-adds", "output")
def output_forgotten(rows, channels=1, size=224):
    return table([r for r in rows if r[0] != "output"], channels, size)


def convolutions(num_convs, in_channels, out_channels, act=nn.ReLU, bias=True):
    layers = []
    for _ in range(num_convs):
        layers.append(nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=bias))
        layers.append(act())
        in_channels = out_channels
    return layers


@wrong("07.vgg-block", "nn.Sequential")
def a_list_of_layers(num_convs, in_channels, out_channels):
    return [*convolutions(num_convs, in_channels, out_channels), nn.MaxPool2d(2)]


@wrong("07.vgg-block", "bias")
def no_biases(*sizes):
    return nn.Sequential(*convolutions(*sizes, bias=False), nn.MaxPool2d(2))


@wrong("07.vgg-block", "sigmoid")
def sigmoids(*sizes):
    return nn.Sequential(*convolutions(*sizes, act=nn.Sigmoid), nn.MaxPool2d(2))


@wrong("07.vgg-block", "swapped|out_channels|channels")
def channels_swapped(num_convs, in_channels, out_channels):
    layers = convolutions(num_convs, out_channels, in_channels)
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "window of 3|3 × 3|3x3|pooling")
def pooling_of_three(*sizes):
    return nn.Sequential(*convolutions(*sizes), nn.MaxPool2d(3, stride=2, padding=1))


@wrong("08.conv1x1", "ignores `bias`")
def bias_not_added(X, weight, bias):
    return torch.einsum("oc,nchw->nohw", weight[:, :, 0, 0], X)


@wrong("08.conv1x1", "last axis")
def left_last(X, weight, bias):
    return F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)


@wrong("08.conv1x1", "last (input )?channel|only the last")
def assigned_not_added(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    for c in range(X.shape[1]):
        Y = X[:, c : c + 1] * weight[:, c, 0, 0].view(1, -1, 1, 1)
    return Y + bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "first picture")
def first_of_the_batch(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    Y[0] = F.conv2d(X[:1], weight, bias)[0]
    return Y


@wrong("08.conv1x1", "bias")
def bias_taken_away(X, weight, bias):
    return F.conv2d(X, weight) - bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "pixels|one row|reshape|shape")
def pixels_in_a_row(X, weight, bias):
    return weight.flatten(1) @ X.flatten(2) + bias[:, None]


@wrong("09.dead", "for \\*some\\*")
def any_zero(logits):
    return [c for c in range(logits.shape[1]) if 0 in logits[:, c]]


@wrong("09.dead", "cancel")
def mean_is_zero(logits):
    return (logits.mean(dim=0).abs() < 1e-12).nonzero().flatten().tolist()


@wrong("09.dead", "\\*win\\*")
def never_wins(logits):
    winners = set(logits.argmax(dim=1).tolist())
    return sorted(set(range(logits.shape[1])) - winners)


@wrong("09.dead", "how many|number of|a list")
def how_many(logits):
    return int((logits == 0).all(dim=0).sum())


@wrong("09.dead", "[Nn]egative")
def not_positive(logits):
    return [c for c, column in enumerate(logits.T) if not (column > 0).any()]


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
