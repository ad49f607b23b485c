"""Small helpers of the course: data, training, and what this machine can do."""

from cnn_course.data import load_data_fashion_mnist
from cnn_course.history import History
from cnn_course.machine import budget, try_gpu
from cnn_course.training import evaluate, train, train_ch5

__all__ = [
    "History",
    "budget",
    "evaluate",
    "load_data_fashion_mnist",
    "train",
    "train_ch5",
    "try_gpu",
]
