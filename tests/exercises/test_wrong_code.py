"""What is said to wrong code: the slip, else the smallest input with both outputs."""

import re

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.exercises import EXERCISES
from cnn_course.exercises.engine.code import Code
from cnn_course.exercises.engine.feedback import amount, describe

CORR2D = EXERCISES["03.corr2d"]
CODES = [exercise for exercise in EXERCISES.values() if isinstance(exercise, Code)]
every_exercise = pytest.mark.parametrize("exercise", CODES, ids=lambda e: e.id)

# Wrong answers as students write them: another way than the slips in the entries.
WRONG = []  # (exercise, answer, a pattern that the feedback must match)


def wrong(exercise, pattern):
    def keep(answer):
        WRONG.append(pytest.param(exercise, answer, pattern, id=answer.__name__))
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


@wrong("02.step", "changes its input: w was 1, and after the call it is 0.6")
def in_place(w, b, x, y, lr):
    e = w * x + b - y
    w -= lr * 2 * (e * x).mean()
    b -= lr * 2 * e.mean()
    return w, b


@wrong("02.step", "reverse order")
def bias_first(w, b, x, y, lr):
    e = w * x + b - y
    return b - lr * 2 * e.mean(), w - lr * 2 * (e * x).mean()


def corr2d(X, K, padding=0, stride=1):
    Y = F.conv2d(X[None, None], K[None, None], padding=padding, stride=stride)
    return Y[0, 0]


@wrong("03.corr2d", r" numbers are wrong, first at \[\d, 0\]: yours gives 7, right")
def wrong_in_large_ones(X, K, padding=0, stride=1):
    Y = corr2d(X, K, padding, stride)
    return Y.index_fill(0, torch.tensor(len(Y) - 1), 7) if Y.numel() > 16 else Y


@wrong(
    "03.corr2d", r"K = \[\[1, 0\], \[2, 5\]\]: yours gives \[\[13\]\], right is \[\[27"
)
def turned_if_2_by_2(X, K, padding=0, stride=1):  # a slip must explain every input
    return corr2d(X, K.flip(0, 1) if K.shape == (2, 2) else K, padding, stride)


@wrong("03.corr2d", r"stride = 2 it stopped: `ValueError: too high` in the line `raise")
def stops_at_three_rows(X, K, padding=0, stride=1):
    if len(X) > 2:
        raise ValueError("too high")
    return corr2d(X, K, padding, stride)


@wrong("03.corr2d", "You turned the kernel by half a turn")  # whatever the type
def turned_in_float32(X, K, padding=0, stride=1):
    return corr2d(X, K.flip(0, 1), padding, stride).float()


@wrong("04.max-pool", "begins? (with|at) 0|negative")
class MaxFromZero(nn.Module):
    def __init__(self, size, stride=None):
        super().__init__()
        self.size, self.stride = size, stride or size

    def forward(self, X):
        windows = X.unfold(2, self.size, self.stride).unfold(3, self.size, self.stride)
        best = torch.zeros_like(windows[..., 0, 0])
        for number in windows.flatten(4).unbind(dim=4):
            best = torch.maximum(best, number)
        return best


@wrong("05.cross-entropy", "one number|mean")
def one_for_each(logits, labels):
    P = logits.softmax(dim=1)
    return -P[torch.arange(len(labels)), labels].log()


@wrong("05.cross-entropy", "labels = \\[1\\]: yours gives 0.5, right is 0.69")
def mean_squared(logits, labels):
    wanted = F.one_hot(labels, logits.shape[1])
    return ((logits.softmax(dim=1) - wanted) ** 2).sum(dim=1).mean()


@wrong("07.vgg-block", "nn.Sequential")
def a_list_of_layers(num_convs, in_channels, out_channels):
    return [nn.Conv2d(in_channels, out_channels, 3), nn.ReLU(), nn.MaxPool2d(2)]


@wrong("08.conv1x1", "last axis")
def left_last(X, weight, bias):
    return F.linear(X.permute(0, 2, 3, 1), weight.flatten(1), bias)


@wrong("09.dead", "Only the first dead class")
def returns_the_first(logits):
    for c in range(logits.shape[1]):
        if (logits[:, c] == 0).all():
            return [c]
    return []


@pytest.mark.parametrize(("name", "answer", "pattern"), WRONG)
def test_wrong_code_is_refused_and_the_slip_named(name, answer, pattern):
    feedback = EXERCISES[name].judge(answer)
    assert feedback.verdict == "wrong"
    said = feedback.text.partition(" Look again at: ")[0]
    assert re.search(pattern, said, re.IGNORECASE), said


@every_exercise
def test_every_slip_is_told_from_the_right_answer_and_named(exercise):
    known = (*[m.says for m in exercise.misconceptions], *exercise.slips)
    for says, wrong in exercise.slips.items():
        assert exercise.judge(wrong).text.startswith(known), says


@every_exercise
def test_the_smallest_inputs_can_be_read(exercise):
    cases = exercise.cases(torch.Generator().manual_seed(0))
    for case in sorted(cases, key=amount)[:2]:
        assert amount(case) <= 8
        assert not re.search(r"\d\.\d\d|Tensor of shape", describe(case))
