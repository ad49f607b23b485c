"""train and evaluate on values computed by hand, and what they do in trouble."""

import functools
import math
import re
from contextlib import nullcontext

import pytest
import torch
import torch.nn.functional as F
import tqdm.auto
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import cnn_course as d2l
from cnn_course import History, evaluate, train
from cnn_course.device import choose_precision
from cnn_course.networks import lenet
from cnn_course.training.history import begin

LINE = re.compile(
    r"epoch \d+, loss \d+\.\d{4}, train acc [01]\.\d{3}, test acc [01]\.\d{3}, "
    r"time \d+\.\d sec"
)
LOGITS = torch.tensor([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 1.0, 0.0]])
X = torch.tensor([[1.0, 2.0], [0.5, -1.0], [-2.0, 0.0], [1.0, 1.0], [0.0, 3.0]])
Y = torch.tensor([0, 2, 1, 1, 2])
BATCHES = [(X[:2], Y[:2]), (X[2:4], Y[2:4]), (X[4:], Y[4:])]  # the last one is short


def linear(seed=0):
    torch.manual_seed(seed)
    return nn.Linear(2, 3, bias=False)


def sgd(net, lr):
    return torch.optim.SGD(net.parameters(), lr=lr)


def test_evaluate_counts_images_not_batches():
    batches = [(LOGITS, torch.tensor([0, 2, 1])), (LOGITS[:1], torch.tensor([1]))]
    assert evaluate(nn.Identity(), batches) == 3 / 4  # the mean of batches is 1/2


def test_two_steps_of_gradient_descent_as_by_hand():
    net = linear()
    W = net.weight.detach().clone()
    history = train(net, [(X, Y)], [(X, Y)], 2, optimizer=sgd(net, 0.5))
    losses, hits = [], []
    for _ in range(2):
        p = (X @ W.t()).exp()
        p = p / p.sum(dim=1, keepdim=True)
        losses.append(-sum(math.log(p[i, y]) for i, y in enumerate(Y)) / 5)
        hits.append((p.argmax(dim=1) == Y).sum().item() / 5)
        W = W - 0.5 * (p - F.one_hot(Y, 3)).t() @ X / 5
    torch.testing.assert_close(net.weight, W)
    assert history.loss == pytest.approx(losses, rel=1e-5) == history.step_loss
    assert history.train_acc == hits
    assert history.test_acc[-1] == evaluate(net, [(X, Y)])


def test_loss_and_accuracy_are_means_over_images_also_with_a_short_last_batch():
    net = linear()
    logits = net(X).detach()
    history = train(net, BATCHES, None, 2, optimizer=sgd(net, 0.0), verbose=False)
    steps = [F.cross_entropy(net(x), y).item() for x, y in BATCHES]
    assert history.loss == pytest.approx([F.cross_entropy(logits, Y).item()] * 2)
    assert history.loss[0] != pytest.approx(sum(steps) / 3)
    assert history.step_loss == pytest.approx(steps * 2)
    assert history.train_acc == [(logits.argmax(dim=1) == Y).sum().item() / 5] * 2
    assert history.test_acc == []


def test_dropout_is_on_in_training_and_off_in_the_test():
    net = nn.Sequential(nn.Dropout(1.0), nn.Linear(3, 3, bias=False)).eval()
    nn.init.eye_(net[1].weight)
    batches = [(LOGITS, torch.tensor([0, 2, 1]))] * 2
    history = train(net, batches, batches, 2, optimizer=sgd(net, 0.0))
    assert history.loss == pytest.approx([math.log(3)] * 2)  # all logits dropped
    assert history.test_acc == [1, 1]
    assert not net.training  # as it was before


@pytest.mark.parametrize(
    "loader",
    [lambda: DataLoader(TensorDataset(X, Y), 2), lambda: (batch for batch in BATCHES)],
    ids=["DataLoader", "generator"],
)
def test_any_iterable_of_batches_gives_the_same_as_a_list(loader):
    one, other = linear(), linear()
    expected = train(one, BATCHES, BATCHES, 1)
    found = train(other, loader(), loader(), 1)
    assert found.step_loss == expected.step_loss
    assert found.test_acc == expected.test_acc
    assert torch.equal(one.weight, other.weight)


def test_iterators_that_are_empty_or_used_up_are_refused():
    with pytest.raises(ValueError, match=r"^data_iter must give at least one picture;"):
        evaluate(nn.Identity(), [])
    with pytest.raises(ValueError, match=r"^train_iter must give at least one picture"):
        train(linear(), iter(BATCHES), BATCHES, 2)
    for test_iter in ([], iter(BATCHES)):
        with pytest.raises(ValueError, match=r"^test_iter must give at least one pic"):
            train(linear(), BATCHES, test_iter, 2)


@pytest.mark.parametrize("given, rate", [({}, 0.001), ({"lr": 0.05}, 0.05)])
def test_adam_is_the_default_and_lr_its_rate(given, rate):
    one, other = linear(), linear()
    train(one, BATCHES, None, 2, **given)
    adam = torch.optim.Adam(other.parameters(), lr=rate)
    train(other, BATCHES, None, 2, optimizer=adam)
    assert torch.equal(one.weight, other.weight)


def test_a_line_an_epoch_and_an_entry_an_epoch_in_every_list(capsys):
    history = train(linear(), BATCHES, BATCHES, 3)
    first, *lines = capsys.readouterr().out.strip().splitlines()
    assert first == "training on cpu"
    assert len(lines) == 3 and all(map(LINE.fullmatch, lines))
    assert repr(history).splitlines() == lines
    assert {len(v) for v in vars(history).values()} == {3, 9}  # epochs, steps
    history = History([1.587], [0.402], [0.419], [68.1])  # as in the lecture notes
    expected = "epoch 1, loss 1.5870, train acc 0.402, test acc 0.419, time 68.1 sec"
    assert history.line(0) == expected
    history.test_acc.clear()
    assert history.line(0) == expected.replace(", test acc 0.419", "")


def test_the_snippet_of_the_lecture_notes(monkeypatch, capsys, data_root):
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    net = nn.Sequential(nn.AvgPool2d(8), nn.Flatten(), nn.Linear(16, 10))
    batch_size, num_epochs, device = 128, 2, d2l.try_gpu()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    train_iter, test_iter = d2l.load_data_fashion_mnist(batch_size, resize=32)
    d2l.train_ch5(net, train_iter, test_iter, batch_size, optimizer, device, num_epochs)
    data_line, device_line, *lines = capsys.readouterr().out.strip().splitlines()
    assert data_line.startswith("data: ") and device_line == "training on cpu"
    assert len(lines) == 2 and all(map(LINE.fullmatch, lines))
    assert optimizer.state[net[2].weight]["step"] == 2 * 2  # this one was used


class Twice:
    """Good batches in the first epoch; in the second `trouble` after one batch."""

    def __init__(self, trouble):
        self.trouble, self.epochs = trouble, 0

    def __iter__(self):
        self.epochs += 1
        yield BATCHES[0]
        if self.epochs == 2:
            yield self.trouble()
        yield from BATCHES[1:]


def test_a_loss_that_is_not_finite_stops_with_advice():
    net, test_iter = linear(), Twice(pytest.fail)
    with pytest.raises(FloatingPointError) as caught:
        train(net, [(X * 100, Y)], test_iter, 5, optimizer=sgd(net, 1e38))
    assert re.fullmatch(
        r"the loss became (nan|inf) in epoch 2, step 1: the weights are lost. As a "
        r"rule the steps were too large: build the network again and try lr=1e\+37 "
        r"instead of 1e\+38",
        str(caught.value),
    )
    assert len(caught.value.history) == 1 and net.training
    assert test_iter.epochs == 1  # and tests no more
    nn.init.ones_(net.weight)
    again = train(net, BATCHES, None, 1, resume=True)  # nothing is left to go on from
    assert len(again) == 1 and again is not caught.value.history


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_in_a_picture_is_told_from_steps_too_large_and_nothing_is_lost(bad):
    net = linear()
    train_iter = Twice(lambda: (X[:2] * bad, Y[:2]))
    with pytest.raises(FloatingPointError) as caught:
        train(net, train_iter, BATCHES, 5, lr=0.1)
    message = str(caught.value)
    assert re.match(r"the loss became (nan|inf) in epoch 2, step 2: the pic", message)
    words = "pictures of this step hold NaN or infinity. X.isfinite() says where"
    assert message.endswith(words)
    assert net.weight.isfinite().all() and train_iter.epochs == 2
    assert len(train(net, BATCHES, BATCHES, 2, resume=True)) == 2  # and can go on


def test_the_device_is_read_once_an_epoch(monkeypatch):
    # The device "meta" has shapes but no numbers: reading one raises, as in
    # float(loss). It stands for a GPU; only tolist gives made-up numbers here.
    reads = []

    def tolist(tensor):
        reads.append(len(tensor))
        return [0.5] * len(tensor)

    def item(tensor):
        reads.append(1)
        return 0.5

    eager_bar = functools.partial(tqdm.auto.tqdm, mininterval=0, miniters=1)
    monkeypatch.setattr(tqdm.auto, "tqdm", eager_bar)  # it must not read either
    monkeypatch.setattr(torch.Tensor, "tolist", tolist)
    monkeypatch.setattr(torch.Tensor, "item", item)
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    train(linear(), BATCHES, BATCHES, 4, device="meta")
    # Three losses, the hits in training and in the test, two numbers a class.
    once = [3 + 2 + 2 * 3]
    assert reads == [1, 1, 1, 1, *once * 4]  # and the first batch, its first logits


@pytest.mark.parametrize("precision", ["fp16", "BF16", 16])
def test_an_unknown_precision_is_refused_before_anything_happens(precision):
    net, given = linear(), iter(BATCHES)
    words = "^precision must be one of 'fp32', 'bf16'"
    for start in (train, evaluate):
        with pytest.raises(ValueError, match=words):
            start(net, given, precision=precision)
    assert len(list(given)) == len(BATCHES)


@pytest.mark.parametrize("capability", [(7, 5), (8, 0), (9, 0)])
def test_bf16_is_the_default_on_nvidia_cards_made_for_it(monkeypatch, capability):
    def of_that_card(device):
        assert device == torch.device("cuda:1")
        return capability

    monkeypatch.setattr(torch.cuda, "get_device_capability", of_that_card)
    expected = "fp32" if capability == (7, 5) else "bf16"
    assert choose_precision(None, torch.device("cuda:1")) == expected
    for precision in ("fp32", "bf16"):
        assert choose_precision(precision, torch.device("cuda:1")) == precision
    for other in ("cpu", "mps"):
        assert choose_precision(None, torch.device(other)) == "fp32"


def test_bf16_computes_with_16_bits_and_keeps_weights_and_losses_in_32(monkeypatch):
    net, outputs = linear(), []
    net.register_forward_hook(lambda _, __, output: outputs.append(output.detach()))
    optimizer = torch.optim.Adam(net.parameters())
    history = train(net, BATCHES, BATCHES, 2, optimizer=optimizer, precision="bf16")
    assert outputs.pop(0).dtype == torch.float32  # of the look at the first picture
    assert {Y.dtype for Y in outputs} == {torch.bfloat16} and len(outputs) == 2 * 6
    kept = [net.weight, net.weight.grad, optimizer.state[net.weight]["exp_avg"]]
    assert {tensor.dtype for tensor in kept} == {torch.float32}
    steps = [outputs[i] for i in (0, 1, 2, 6, 7, 8)]
    losses = [
        F.cross_entropy(logits.float(), y).item()
        for logits, (_, y) in zip(steps, BATCHES * 2, strict=True)
    ]
    assert history.step_loss == losses
    assert torch.tensor(losses).bfloat16().tolist() != losses  # so bf16 would show
    assert history.test_acc[-1] == evaluate(net, BATCHES, precision="bf16")
    assert outputs[-1].dtype == torch.bfloat16
    evaluate(net, BATCHES)
    assert outputs[-1].dtype == torch.float32  # the default on a CPU


PICTURES = torch.rand(5, 2, 6, 6, generator=torch.Generator().manual_seed(0))
PICTURE_BATCHES = [(PICTURES[:3], Y[:3]), (PICTURES[3:], Y[3:])]


class View(nn.Module):
    """Flattens with view, and notes in which layout it meets what torch refuses."""

    def __init__(self):
        super().__init__()
        self.refused = []

    def forward(self, X):
        self.refused.append(not X.is_contiguous())
        return X.view(len(X), -1)


def test_adam_of_train_is_fused_on_cuda_only():
    for name, fused in (("cuda", True), ("cpu", None), ("mps", None)):
        adam, _ = begin(lenet(), None, None, None, False, torch.device(name))
        assert adam.defaults["fused"] is fused


def convolutional(flatten=nn.Flatten):
    torch.manual_seed(0)
    layers = nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), flatten()
    return nn.Sequential(*layers, nn.Linear(3 * 2 * 2, 3))


def lies_fast(net):
    """Whether all kernels lie with their channels last.

    By the strides, as torch looks: of a single channel both layouts are contiguous.
    """
    (answer,) = {p.stride(1) == 1 for p in net.parameters() if p.dim() == 4}
    return answer


@pytest.mark.parametrize("trouble", [None, KeyboardInterrupt, OSError])
def test_the_fast_layout_is_gone_after_training_however_it_ends(trouble):
    def batches():
        for _ in range(2):
            layouts.append(lies_fast(net))
            yield batch
        if trouble:
            raise trouble

    batch = torch.rand(2, 1, 28, 28), torch.tensor([0, 1])
    net, layouts = lenet(), []  # of one channel and of several
    with pytest.raises(OSError) if trouble is OSError else nullcontext():
        train(net, batches(), [batch], 1, verbose=False)
    # The layout is chosen when the first batch is there.
    assert layouts == [False, True] and not lies_fast(net)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_a_net_that_flattens_with_view_trains_as_one_that_uses_flatten(precision):
    nets = [convolutional(), convolutional(View)]
    batches, histories = PICTURE_BATCHES, []
    for net in nets:
        net.insert(0, nn.BatchNorm2d(2))  # it counts the batches that it sees
        options = dict(precision=precision, verbose=False)
        histories.append(train(net, batches, batches, 3, **options))
    assert nets[1][4].refused == [True] + [False] * 12  # once, then it does without
    assert nets[1][0].num_batches_tracked == 3 * len(batches)
    rtol = 1e-4 if precision == "fp32" else 0.05
    expected = pytest.approx(histories[0].step_loss, rel=rtol)
    assert histories[1].step_loss == expected
    assert not lies_fast(nets[1])


def test_pictures_that_do_not_fit_the_net_are_told_by_their_shape():
    net, calls = convolutional(), []
    net.register_forward_pre_hook(lambda *_: calls.append(1))
    with pytest.raises(ValueError) as caught:
        train(net, [(PICTURES[:, :1], Y)], None, 1, verbose=False)
    message = str(caught.value)
    assert message.startswith(
        "net stopped at a batch X of (5, 1, 6, 6), torch.float32: Given groups=1, "
        "weight of size [4, 2, 3, 3]"
    )
    assert message.endswith("follow it layer by layer") and "\n" not in message
    assert len(calls) == 2  # a look at the first picture, and all


@pytest.mark.filterwarnings("ignore:Lazy modules")
def test_a_net_of_lazy_layers_trains():
    net = nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU(), nn.Flatten(), nn.LazyLinear(3))
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    history = train(net, PICTURE_BATCHES, None, 20, optimizer=optimizer, verbose=False)
    assert history.loss[-1] < history.loss[0]
