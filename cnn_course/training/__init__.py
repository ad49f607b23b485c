"""Train a network, measure it, keep what it has learned."""

from cnn_course.training.book import (
    FlattenLayer,
    GlobalAvgPool2d,
    evaluate_accuracy,
    train_ch5,
    train_ch6,
)
from cnn_course.training.checkpoint import load_checkpoint, save_checkpoint
from cnn_course.training.history import History
from cnn_course.training.loop import evaluate, train
from cnn_course.training.progress import ProgressBar, count_batches, place
