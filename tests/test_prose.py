"""Numbers that notebooks tell about their views and that none of their cells prints."""

import torch
import torch.nn.functional as F

from cnn_course.networks import (
    NARROW_VGG,
    VGG11,
    alexnet,
    count_multiply_adds,
    count_parameters,
    receptive_size,
    vgg,
)
from cnn_course.views.edge_learner import learn
from cnn_course.views.output_size import coverage, output_size


def test_02_the_rate_at_which_the_loss_falls_fastest():
    rates = [0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65]

    def fastest(steps):
        return min(rates, key=lambda lr: learn(lr, 0.0)[steps, 0].item())

    assert [fastest(steps) for steps in (20, 30, 60)] == [0.55, 0.55, 0.6]


def test_03_dilation_leaves_pixels_out():
    assert output_size(7, 3, 0, 1, 3) == 1
    assert 49 - (coverage(7, 3, 0, 1, 3) > 0).sum() ** 2 == 40
    assert (coverage(7, 2, 0, 1, 4) == 0).nonzero()[0].tolist() == [3]
    assert 49 - 6**2 == 13


def test_04_what_collects_most_and_what_stays_without_gradient():
    X = torch.tensor([[1.0, 3, 2, 0], [5, 3, 1, 1], [0, 2, 4, 8], [2, 0, 6, 6]])

    def collected(pool, stride):
        x = X.clone().requires_grad_()
        Y = pool(x[None, None], 2, stride)[0, 0]
        Y.backward(torch.arange(10.0, 10 * Y.numel() + 1, 10).view_as(Y))
        return x.grad

    at_stride_1 = collected(F.max_pool2d, 1)
    assert at_stride_1.max() == at_stride_1[2, 3] == 60 + 90 == 150 and X[2, 3] == 8
    assert (collected(F.max_pool2d, 3) == 0).sum() == 15
    assert (collected(F.avg_pool2d, 3) == 0).sum() == 12


def test_06_the_network_of_2012():
    with torch.device("meta"):
        one_gpu = count_parameters(alexnet(in_channels=3, num_classes=1000, side=227))
    halved = 96 * 256 * 5 * 5 + 384 * 384 * 3 * 3 + 384 * 256 * 3 * 3  # conv 2, 4, 5
    assert one_gpu - halved // 2 == 60_965_224 and round(60_965_224 / 61_706) == 988


def test_07_a_sixth_block_and_small_networks():
    with torch.device("meta"):
        eleven, six = vgg(), vgg((*VGG11, (2, 512)))
        at_32 = vgg(side=32)
        small = vgg(NARROW_VGG, hidden=128)
    assert count_parameters(six) == 49_639_690 < count_parameters(eleven) / 2
    assert count_parameters(at_32) == 28_142_858
    assert count_parameters(small) == 563_754
    work = count_multiply_adds(eleven, (1, 1, 224, 224))
    assert round(count_multiply_adds(six, (1, 1, 224, 224)) / work, 2) == 1.02
    assert round(work / count_multiply_adds(at_32, (1, 1, 32, 32))) == 44
    blocks = [(3, 1), (2, 2)] * 2 + [(3, 1), (3, 1), (2, 2)] * 3
    assert receptive_size(blocks) == 150
