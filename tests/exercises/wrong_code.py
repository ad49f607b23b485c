"""Wrong answers to the exercises that are code, as students write them.

Each is declared with the exercise and a pattern that the feedback must match. They were
written before the known slips of the engine, which were then made with every second of
them out of sight. Two slips in one answer may end in the smallest input instead.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

WRONG = []  # (exercise, name, answer, pattern)


def wrong(exercise, pattern):
    def keep(answer):
        WRONG.append((exercise, answer.__name__, answer, pattern))
        return answer

    return keep


# 01.convolve


@wrong("01.convolve", "turned")
def gathers_from_padded(X, K):
    h, w = K.shape
    X = F.pad(X, (w - 1, w - 1, h - 1, h - 1))
    Y = torch.zeros(X.shape[0] - h + 1, X.shape[1] - w + 1, dtype=X.dtype)
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


@wrong("01.convolve", "keeps only the last")
def assigns(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + h - 1, W + w - 1), dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            Y[i : i + h, j : j + w] = K * X[i, j]
    return Y


@wrong("01.convolve", "height|width|rows and columns")
def height_and_width_of_kernel(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + w - 1, W + h - 1), dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            Y[i : i + h, j : j + w] += K * X[i, j]
    return Y


@wrong("01.convolve", "dtype=X.dtype")
def zeros_without_dtype(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros(H + h - 1, W + w - 1)
    for i in range(H):
        for j in range(W):
            Y[i : i + h, j : j + w] += X[i, j] * K
    return Y


@wrong("01.convolve", "last row")
def last_pixels_left_out(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + h - 1, W + w - 1), dtype=X.dtype)
    for i in range(H - 1):
        for j in range(W - 1):
            Y[i : i + h, j : j + w] += X[i, j] * K
    return Y


@wrong("01.convolve", "`return`|first row")
def returns_in_the_loop(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + h - 1, W + w - 1), dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            Y[i : i + h, j : j + w] += X[i, j] * K
        return Y


@wrong("01.convolve", "rows? .*columns?|transposed|height")
def kernel_transposed(X, K):
    return F.conv_transpose2d(X[None, None], K.T[None, None])[0, 0]


@wrong("01.convolve", "sign|taken away")
def subtracts(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + h - 1, W + w - 1), dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            Y[i : i + h, j : j + w] -= X[i, j] * K
    return Y


@wrong("01.convolve", "size of X|as large as|room")
def same_size_as_input(X, K):
    return F.conv_transpose2d(X[None, None], K[None, None])[0, 0][
        : X.shape[0], : X.shape[1]
    ]


@wrong("01.convolve", "divide|mean")
def stamps_divided(X, K):
    return F.conv_transpose2d(X[None, None], K[None, None])[0, 0] / K.numel()


@wrong("01.convolve", "whole number|cut")
def whole_numbers_only(X, K):
    (H, W), (h, w) = X.shape, K.shape
    Y = torch.zeros((H + h - 1, W + w - 1), dtype=torch.int64)
    for i in range(H):
        for j in range(W):
            for a in range(h):
                for b in range(w):
                    Y[i + a, j + b] = Y[i + a, j + b] + X[i, j] * K[a, b]
    return Y


# 02.step


@wrong("02.step", "2 is wanted|both|two")
def only_w(w, b, x, y, lr):
    return w - lr * 2 * ((w * x + b - y) * x).mean()


@wrong("02.step", "half as long")
def two_forgotten(w, b, x, y, lr):
    e = w * x + b - y
    return (w - lr * (e * x).mean()).item(), (b - lr * e.mean()).item()


@wrong("02.step", "uphill")
def error_the_other_way(w, b, x, y, lr):
    e = y - (w * x + b)
    return w - lr * 2 * (e * x).mean(), b - lr * 2 * e.mean()


@wrong("02.step", "changes its input")
def in_place(w, b, x, y, lr):
    e = w * x + b - y
    w -= lr * 2 * (e * x).mean()
    b -= lr * 2 * e.mean()
    return w, b


@wrong("02.step", "order|other way round|swapped")
def b_before_w(w, b, x, y, lr):
    e = w * x + b - y
    return b - lr * 2 * e.mean(), w - lr * 2 * (e * x).mean()


@wrong("02.step", "`?lr`?|learning rate")
def without_lr(w, b, x, y, lr):
    e = w * x + b - y
    return w - 2 * (e * x).mean(), b - 2 * e.mean()


@wrong("02.step", "mean of the products|multiply .* first|product")
def mean_times_mean(w, b, x, y, lr):
    e = (w * x + b - y).mean()
    return w - lr * 2 * e * x.mean(), b - lr * 2 * e


@wrong("02.step", "slopes")
def returns_slopes(w, b, x, y, lr):
    e = w * x + b - y
    return 2 * (e * x).mean(), 2 * e.mean()


@wrong("02.step", "squared|square")
def square_kept(w, b, x, y, lr):
    e = (w * x + b - y) ** 2
    return w - lr * 2 * (e * x).mean(), b - lr * 2 * e.mean()


@wrong("02.step", "`b`|bias")
def bias_not_in_the_error(w, b, x, y, lr):
    e = w * x - y
    return w - lr * 2 * (e * x).mean(), b - lr * 2 * e.mean()


@wrong("02.step", "sum|mean")
def bias_summed(w, b, x, y, lr):
    e = w * x + b - y
    return w - lr * 2 * (e * x).mean(), b - lr * 2 * e.sum()


@wrong("02.step", "absolute|square")
def slope_of_absolute_error(w, b, x, y, lr):
    e = torch.sign(w * x + b - y)
    return w - lr * (e * x).mean(), b - lr * e.mean()


@wrong("02.step", "first number")
def first_pair_only(w, b, x, y, lr):
    e = w * x[0] + b - y[0]
    return w - lr * 2 * e * x[0], b - lr * 2 * e


# 03.corr2d


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


@wrong("03.corr2d", "`int\\(|whole number|cut")
def int_of_the_sum(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=lambda products: int(products.sum()))


@wrong("03.corr2d", "largest|maximum")
def max_of_the_products(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=torch.max)


@wrong("03.corr2d", "`i \\* stride`")
def windows_do_not_step(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4)
    h, w = K.shape
    H, W = (X.shape[0] - h) // stride + 1, (X.shape[1] - w) // stride + 1
    Y = torch.zeros(H, W, dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


@wrong("03.corr2d", "rows|columns")
def steps_down_only(X, K, padding=0, stride=1):
    Y = loops(X, K, padding)
    return Y[::stride]


@wrong("03.corr2d", "\\+ 1|one place|last")
def division_after_plus_one(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4)
    h, w = K.shape
    H, W = (X.shape[0] - h + 1) // stride, (X.shape[1] - w + 1) // stride
    Y = torch.zeros(H, W, dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            top, left = i * stride, j * stride
            Y[i, j] = (X[top : top + h, left : left + w] * K).sum()
    return Y


@wrong("03.corr2d", "last")
def plus_one_forgotten(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride)[:-1, :-1]


@wrong("03.corr2d", "zeros|frame")
def frame_of_ones(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4, value=1)
    return loops(X, K, 0, stride)


@wrong("03.corr2d", "zeros|edge")
def frame_of_neighbours(X, K, padding=0, stride=1):
    X = F.pad(X[None, None], [padding] * 4, mode="replicate")[0, 0]
    return loops(X, K, 0, stride)


@wrong("03.corr2d", "frame|twice|wide")
def padded_twice(X, K, padding=0, stride=1):
    return loops(F.pad(X, [padding] * 4), K, padding, stride)


@wrong("03.corr2d", "rows and columns|transposed|swapped|height")
def output_transposed(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).T


@wrong("03.corr2d", "height|width|rows and columns")
def kernel_upright(X, K, padding=0, stride=1):
    return loops(X, K.T, padding, stride)


@wrong("03.corr2d", "tensor is wanted")
def a_list_of_rows(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).tolist()


@wrong("03.corr2d", "returns nothing")
def prints(X, K, padding=0, stride=1):
    print(loops(X, K, padding, stride))


@wrong("03.corr2d", "it stopped: .*RecursionError")
def calls_itself(X, K, padding=0, stride=1):
    return calls_itself(F.pad(X, [padding] * 4), K, 0, stride)


@wrong("03.corr2d", "missing .* 'padding' and 'stride'")
def without_defaults(X, K, padding, stride):
    return loops(X, K, padding, stride)


@wrong("03.corr2d", "gaps?|neighbours|every")
def stride_inside_the_window(X, K, padding=0, stride=1):
    Y = F.conv2d(X[None, None], K[None, None], padding=padding, dilation=stride)
    return Y[0, 0]


@wrong("03.corr2d", "turned|flipped|mirror")
def mirrored(X, K, padding=0, stride=1):
    return loops(X, torch.fliplr(K), padding, stride)


@wrong("03.corr2d", "sum")
def sum_forgotten(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=lambda products: products[-1, -1])


@wrong("03.corr2d", "it stopped")
def sum_left_out(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride, reduce=lambda products: products)


@wrong("03.corr2d", "dtype=X.dtype")
def float32_zeros(X, K, padding=0, stride=1):
    return loops(X, K, padding, stride).float()


@wrong("03.corr2d", "height|width|square")
def side_of_the_height(X, K, padding=0, stride=1):
    X = F.pad(X, [padding] * 4)
    h, w = K.shape
    H = W = (X.shape[0] - h) // stride + 1
    Y = torch.zeros(H, W, dtype=X.dtype)
    for i in range(H):
        for j in range(W):
            top, left = i * stride, j * stride
            Y[i, j] = (X[top : top + h, left : left + w] * K).sum()
    return Y


# 04.max-pool


class Pool(nn.Module):
    ceil = math.floor

    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, stride or size

    def places(self, n):
        return (n - self.size) // self.stride + 1

    def best(self, window):
        return window.amax(dim=(2, 3))

    def forward(self, X):
        N, C, H, W = X.shape
        H_out, W_out = self.places(H), self.places(W)
        Y = torch.zeros(N, C, H_out, W_out, dtype=X.dtype)
        for i in range(H_out):
            for j in range(W_out):
                t, l = i * self.stride, j * self.stride  # noqa: E741
                Y[:, :, i, j] = self.best(X[:, :, t : t + self.size, l : l + self.size])
        return Y


@wrong("04.max-pool", "begins? (with|at) 0|negative")
class MaxFromZero(Pool):
    def forward(self, X):
        N, C, H, W = X.shape
        Y = torch.zeros(N, C, self.places(H), self.places(W), dtype=X.dtype)
        for i in range(Y.shape[2]):
            for j in range(Y.shape[3]):
                for a in range(self.size):
                    for b in range(self.size):
                        x = X[:, :, i * self.stride + a, j * self.stride + b]
                        Y[:, :, i, j] = torch.maximum(Y[:, :, i, j].clone(), x)
        return Y


@wrong("04.max-pool", "smallest")
class Smallest(Pool):
    def best(self, window):
        return window.amin(dim=(2, 3))


@wrong("04.max-pool", "add|sum")
class Summed(Pool):
    def best(self, window):
        return window.sum(dim=(2, 3))


@wrong("04.max-pool", "average")
class Averaged(Pool):
    def best(self, window):
        return window.mean(dim=(2, 3))


@wrong("04.max-pool", "moves by one|Without a stride")
class StrideOrOne(Pool):
    def __init__(self, size, stride=None):
        super().__init__(size, stride or 1)


@wrong("04.max-pool", "last|\\+ 1")
class OnePlaceForgotten(Pool):
    def places(self, n):
        return (n - self.size) // self.stride


@wrong("04.max-pool", "first picture")
class FirstPictureOnly(Pool):
    def forward(self, X):
        Y = super().forward(X)
        Z = torch.zeros_like(Y)
        Z[0] = Y[0]
        return Z


@wrong("04.max-pool", "absolute|minus|sign")
class LargestSize(Pool):
    def best(self, window):
        return window.abs().amax(dim=(2, 3))


@wrong("04.max-pool", "One maximum|one maximum")
class OverAllChannels(Pool):
    def best(self, window):
        return window.max()


@wrong("04.max-pool", "gradient")
class ItemByItem(Pool):
    def best(self, window):
        return torch.tensor([[m.max().item() for m in maps] for maps in window])


@wrong("04.max-pool", "size = 2, stride = 1: yours gives")
class WindowsSideBySide(Pool):
    def forward(self, X):
        N, C, H, W = X.shape
        Y = torch.zeros(N, C, self.places(H), self.places(W), dtype=X.dtype)
        for i in range(H // self.size):
            for j in range(W // self.size):
                if i < Y.shape[2] and j < Y.shape[3]:
                    t, l = i * self.size, j * self.size  # noqa: E741
                    Y[:, :, i, j] = self.best(
                        X[:, :, t : t + self.size, l : l + self.size]
                    )
        return Y


@wrong("04.max-pool", "height|width|square")
class HeightTwice(Pool):
    def forward(self, X):
        N, C, H, _ = X.shape
        Y = torch.zeros(N, C, self.places(H), self.places(H), dtype=X.dtype)
        for i in range(Y.shape[2]):
            for j in range(Y.shape[3]):
                t, l = i * self.stride, j * self.stride  # noqa: E741
                Y[:, :, i, j] = self.best(X[:, :, t : t + self.size, l : l + self.size])
        return Y


@wrong("04.max-pool", "returns nothing")
class NothingReturned(Pool):
    def forward(self, X):
        super().forward(X)


@wrong("04.max-pool", r"it stopped: .*Module\.__init__\(\)")
class WithoutSuper(nn.Module):
    def __init__(self, size, stride=None):
        self.layer = nn.MaxPool2d(size, stride)

    def forward(self, X):
        return self.layer(X)


@wrong("04.max-pool", "[Ww]hole|last|leaves? out|too small")
class WindowTooSmall(Pool):
    def best(self, window):
        return (
            window[:, :, :-1, :-1].amax(dim=(2, 3))
            if self.size > 1
            else window[:, :, 0, 0]
        )


# 05.cross-entropy


@wrong("05.cross-entropy", "added up")
def summed_loop(logits, labels):
    total = 0.0
    for row, label in zip(logits, labels, strict=True):
        total -= math.log(row.exp()[label] / row.exp().sum())
    return total


@wrong("05.cross-entropy", "sign")
def plus(logits, labels):
    P = logits.softmax(dim=1)
    return P[torch.arange(len(labels)), labels].log().mean().item()


@wrong("05.cross-entropy", "over the pictures|down a column")
def wrong_dim(logits, labels):
    P = logits.softmax(dim=0)
    return -P[torch.arange(len(labels)), labels].log().mean()


@wrong("05.cross-entropy", "whole table|all entries|whole batch")
def softmax_over_everything(logits, labels):
    P = logits.exp() / logits.exp().sum()
    return -P[torch.arange(len(labels)), labels].log().mean()


@wrong("05.cross-entropy", "logarithm")
def log_forgotten(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].mean()


@wrong("05.cross-entropy", "base|natural|log2|`math.log")
def base_two(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log2().mean()


@wrong("05.cross-entropy", "base|natural|log10")
def base_ten(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log10().mean()


@wrong("05.cross-entropy", "one number|mean")
def one_for_each(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log()


@wrong("05.cross-entropy", "softmax.* (twice|again)|twice")
def softmax_twice(logits, labels):
    return F.cross_entropy(logits.softmax(dim=1), labels)


@wrong("05.cross-entropy", "largest probability")
def argmax(logits, labels):
    P = logits.softmax(dim=1)
    return -P.max(dim=1).values.log().mean()


@wrong("05.cross-entropy", "logit|softmax")
def minus_the_logit(logits, labels):
    return -logits[torch.arange(len(labels)), labels].mean()


@wrong("05.cross-entropy", "label|every class|all classes")
def every_class(logits, labels):
    return -logits.log_softmax(dim=1).mean()


@wrong("05.cross-entropy", "first picture|last picture|in the loop|one picture")
def returns_after_the_first(logits, labels):
    for row, label in zip(logits, labels, strict=True):
        return -row.log_softmax(dim=0)[label]


@wrong("05.cross-entropy", "squared")
def mean_squared(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1])
    return ((logits.softmax(dim=1) - wanted) ** 2).sum(dim=1).mean()


# 06.dropout


@wrong("06.dropout", "survivors stay")
def only_zeros(X, U, p, training=True):
    return torch.where(U < p, torch.zeros_like(X), X) if training else X


@wrong("06.dropout", "changes its input")
def zeros_in_place(X, U, p, training=True):
    if training:
        X[U < p] = 0
        X = X / (1 - p)
    return X


@wrong("06.dropout", "equal")
def strictly_larger(X, U, p, training=True):
    return X * (U > p) / (1 - p) if training else X


@wrong("06.dropout", "divided by p")
def over_p(X, U, p, training=True):
    if not training:
        return X
    mask = (U >= p).to(X.dtype)
    return X * mask / p


@wrong("06.dropout", "returns nothing")
def nothing_in_use(X, U, p, training=True):
    if training:
        return X * (U >= p) / (1 - p)


@wrong("06.dropout", "training=False|in use")
def training_unused(X, U, p, training=True):
    out = X.clone()
    out[U < p] = 0
    return out / (1 - p)


@wrong("06.dropout", "`training`|other way round|training")
def training_turned_round(X, U, p, training=True):
    return X if training else X * (U >= p) / (1 - p)


@wrong("06.dropout", "divide|multipl")
def times_one_minus_p(X, U, p, training=True):
    return X * (U >= p) * (1 - p) if training else X


@wrong("06.dropout", "share|on average|really survived|counted")
def by_the_share_that_survived(X, U, p, training=True):
    if not training:
        return X
    mask = (U >= p).to(X.dtype)
    return X * mask / mask.mean() if mask.any() else X * 0


@wrong("06.dropout", "`U`|random numbers")
def own_random_numbers(X, U, p, training=True):
    return X * (torch.rand_like(X) >= p) / (1 - p) if training else X


@wrong("06.dropout", "0.5|`p`|half")
def a_half_always(X, U, p, training=True):
    return X * (U >= 0.5) / 0.5 if training else X


@wrong("06.dropout", "1 - p|1 − p|wrong side|kept|keep")
def complement(X, U, p, training=True):
    return X * (U >= 1 - p) / (1 - p) if training else X


@wrong("06.dropout", "zeros|0|drop")
def only_scaled(X, U, p, training=True):
    return X / (1 - p) if training else X


# 06.multiply-adds


def table(rows, channels, size, square=2, bias=0, flat=True, pool=True, pad=2, plus=1):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            size = (size + pad * padding - k) // stride + plus
            work += (channels * k**square + bias) * out * size**2
            channels = out
        elif what == "pooling":
            if pool:
                size = (size - n[0]) // n[1] + plus
        elif what == "flatten":
            channels, size = channels * (size**2 if flat else 1), 1
        else:
            work += (channels + bias) * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "biases")
def with_biases(rows, channels=1, size=224):
    return table(rows, channels, size, bias=1)


@wrong("06.multiply-adds", "one row high")
def kernel_once(rows, channels=1, size=224):
    return table(rows, channels, size, square=1)


@wrong("06.multiply-adds", "flatten")
def flatten_keeps_channels(rows, channels=1, size=224):
    return table(rows, channels, size, flat=False)


@wrong("06.multiply-adds", "pooling")
def pooling_passed_over(rows, channels=1, size=224):
    return table(rows, channels, size, pool=False)


@wrong("06.multiply-adds", "padding")
def padding_on_one_side(rows, channels=1, size=224):
    return table(rows, channels, size, pad=1)


@wrong("06.multiply-adds", "padding")
def padding_forgotten(rows, channels=1, size=224):
    return table(rows, channels, size, pad=0)


@wrong("06.multiply-adds", "\\+ 1|one place")
def plus_one_left_out(rows, channels=1, size=224):
    return table(rows, channels, size, plus=0)


@wrong("06.multiply-adds", "channels")
def channels_never_passed_on(rows, channels=1, size=224):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            size = (size + 2 * padding - k) // stride + 1
            work += channels * out * k * k * size * size
        elif what == "pooling":
            size = (size - n[0]) // n[1] + 1
        elif what == "flatten":
            channels = channels * size * size
        else:
            work += channels * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "places")
def places_not_counted(rows, channels=1, size=224):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            work += channels * out * k * k
            size = (size + 2 * padding - k) // stride + 1
            channels = out
        elif what == "pooling":
            size = (size - n[0]) // n[1] + 1
        elif what == "flatten":
            channels = channels * size * size
        else:
            work += channels * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "comes? in|goes \\*out")
def size_before(rows, channels=1, size=224):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            work += channels * out * k * k * size * size
            size = (size + 2 * padding - k) // stride + 1
            channels = out
        elif what == "pooling":
            size = (size - n[0]) // n[1] + 1
        elif what == "flatten":
            channels = channels * size * size
        else:
            work += channels * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "fully connected|hidden")
def convolutions_only(rows, channels=1, size=224):
    return table(
        [r for r in rows if r[0] in ("convolution", "pooling")], channels, size
    )


@wrong("06.multiply-adds", "one row|one side|squared?|size · size|columns")
def side_not_squared(rows, channels=1, size=224):
    work = 0
    for what, *n in rows:
        if what == "convolution":
            out, k, stride, padding = n
            size = (size + 2 * padding - k) // stride + 1
            work += channels * out * k * k * size
            channels = out
        elif what == "pooling":
            size = (size - n[0]) // n[1] + 1
        elif what == "flatten":
            channels = channels * size * size
        else:
            work += channels * n[0]
            channels = n[0]
    return work


@wrong("06.multiply-adds", "output")
def output_forgotten(rows, channels=1, size=224):
    return table([r for r in rows if r[0] != "output"], channels, size)


# 07.vgg-block


def convolutions(num_convs, in_channels, out_channels, **more):
    layers = []
    for _ in range(num_convs):
        layers.append(nn.Conv2d(in_channels, out_channels, **more))
        layers.append(nn.ReLU())
        in_channels = out_channels
    return layers


@wrong("07.vgg-block", "frame of one pixel")
def without_padding(num_convs, in_channels, out_channels):
    layers = convolutions(num_convs, in_channels, out_channels, kernel_size=3)
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "nn.Sequential")
def a_list_of_layers(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1
    )
    return [*layers, nn.MaxPool2d(2)]


@wrong("07.vgg-block", "5|kernel")
def kernels_of_five(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=5, padding=2
    )
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "bias")
def no_biases(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1, bias=False
    )
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "one convolution|num_convs|too few|fewer")
def one_convolution_less(num_convs, in_channels, out_channels):
    layers = convolutions(
        max(1, num_convs - 1), in_channels, out_channels, kernel_size=3, padding=1
    )
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "sigmoid")
def sigmoids(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1
    )
    layers = [nn.Sigmoid() if isinstance(x, nn.ReLU) else x for x in layers]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "one ReLU|between|ReLU")
def relu_at_the_end(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1
    )
    layers = [x for x in layers if not isinstance(x, nn.ReLU)]
    return nn.Sequential(*layers, nn.MaxPool2d(2), nn.ReLU())


@wrong("07.vgg-block", "swapped|out_channels|channels")
def channels_swapped(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, out_channels, in_channels, kernel_size=3, padding=1
    )
    return nn.Sequential(*layers, nn.MaxPool2d(2))


@wrong("07.vgg-block", "pool.* (first|before)|order|behind")
def pooling_first(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1
    )
    return nn.Sequential(nn.MaxPool2d(2), *layers)


@wrong("07.vgg-block", "window of 3|3 × 3|3x3|pooling")
def pooling_of_three(num_convs, in_channels, out_channels):
    layers = convolutions(
        num_convs, in_channels, out_channels, kernel_size=3, padding=1
    )
    return nn.Sequential(*layers, nn.MaxPool2d(3, stride=2, padding=1))


@wrong("07.vgg-block", "BatchNorm|normalis|parameters")
def with_batch_norm(num_convs, in_channels, out_channels):
    layers = []
    for _ in range(num_convs):
        layers += [nn.Conv2d(in_channels, out_channels, 3, padding=1)]
        layers += [nn.BatchNorm2d(out_channels), nn.ReLU()]
        in_channels = out_channels
    return nn.Sequential(*layers, nn.MaxPool2d(2))


# 08.conv1x1


@wrong("08.conv1x1", "ignores `bias`")
def bias_not_added(X, weight, bias):
    return torch.einsum("oc,nchw->nohw", weight[:, :, 0, 0], X)


@wrong("08.conv1x1", "once for every input channel")
def bias_in_the_sum(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    for c in range(X.shape[1]):
        Y += X[:, c : c + 1] * weight[:, c, 0, 0].view(1, -1, 1, 1)
        Y += bias.view(1, -1, 1, 1)
    return Y


@wrong("08.conv1x1", "last axis")
def left_last(X, weight, bias):
    return F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)


@wrong("08.conv1x1", "[Hh]eight and width|rows and columns")
def moved_back_wrongly(X, weight, bias):
    Y = F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)
    return Y.permute(0, 3, 2, 1)


@wrong("08.conv1x1", "last (input )?channel|only the last")
def assigned_not_added(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    for c in range(X.shape[1]):
        Y = X[:, c : c + 1] * weight[:, c, 0, 0].view(1, -1, 1, 1)
    return Y + bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "sum|mean|number of input channels")
def mean_over_channels(X, weight, bias):
    Y = torch.einsum("oc,nchw->nohw", weight[:, :, 0, 0], X) / X.shape[1]
    return Y + bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "first picture")
def first_of_the_batch(X, weight, bias):
    Y = torch.zeros(X.shape[0], weight.shape[0], *X.shape[2:], dtype=X.dtype)
    Y[0] = F.conv2d(X[:1], weight, bias)[0]
    return Y


@wrong("08.conv1x1", "ReLU|negative")
def relu_behind(X, weight, bias):
    return F.conv2d(X, weight, bias).relu()


@wrong("08.conv1x1", "bias")
def bias_taken_away(X, weight, bias):
    return F.conv2d(X, weight) - bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "bias")
def bias_twice(X, weight, bias):
    return F.conv2d(X, weight, bias) + bias.view(1, -1, 1, 1)


@wrong("08.conv1x1", "pixels|one row|reshape|shape")
def pixels_in_a_row(X, weight, bias):
    return weight.flatten(1) @ X.flatten(2) + bias[:, None]


@wrong("08.conv1x1", "it stopped|squeeze")
def squeezed(X, weight, bias):
    Y = X.permute(0, 2, 3, 1) @ weight.squeeze().T + bias
    return Y.permute(0, 3, 1, 2)


# 09.dead


@wrong("09.dead", "for \\*some\\*")
def any_zero(logits):
    return [c for c in range(logits.shape[1]) if 0 in logits[:, c]]


@wrong("09.dead", "You list images")
def images(logits):
    return (logits == 0).all(1).nonzero().flatten().tolist()


@wrong("09.dead", "cancel")
def mean_is_zero(logits):
    return (logits.mean(dim=0).abs() < 1e-12).nonzero().flatten().tolist()


@wrong("09.dead", "alive|not\\*? dead|other")
def the_living(logits):
    return [c for c in range(logits.shape[1]) if (logits[:, c] != 0).any()]


@wrong("09.dead", "\\*win\\*")
def never_wins(logits):
    winners = set(logits.argmax(dim=1).tolist())
    return sorted(set(range(logits.shape[1])) - winners)


@wrong("09.dead", "[Cc]ount.* (from|at) 0|from 0|begins? (with|at) 0")
def counted_from_one(logits):
    return [c + 1 for c in range(logits.shape[1]) if (logits[:, c] == 0).all()]


@wrong("09.dead", "how many|number of|a list")
def how_many(logits):
    return int((logits == 0).all(dim=0).sum())


@wrong("09.dead", "first (image|picture)")
def first_image(logits):
    return (logits[0] == 0).nonzero().flatten().tolist()


@wrong("09.dead", "[Nn]egative")
def not_positive(logits):
    return [c for c, column in enumerate(logits.T) if not (column > 0).any()]


@wrong("09.dead", "small|exactly 0")
def nearly_zero(logits):
    return (logits.abs() < 0.01).all(dim=0).nonzero().flatten().tolist()


@wrong("09.dead", "first dead|`return`|only the first|one of them")
def returns_the_first(logits):
    for c in range(logits.shape[1]):
        if (logits[:, c] == 0).all():
            return [c]
    return []


@wrong("09.dead", "order|reverse")
def backwards(logits):
    dead = (logits == 0).all(dim=0).nonzero().flatten().tolist()
    return sorted(dead, reverse=True)


@wrong("09.dead", "more than once|twice|repeat|for each image")
def once_for_each_image(logits):
    found = []
    for row in range(len(logits)):
        for c in range(logits.shape[1]):
            if logits[row, c] == 0 and (logits[:, c] == 0).all():
                found.append(c)
    return found
