"""Fashion-MNIST as batches on the device, and a photograph."""

from cnn_course.data.fashion_mnist import read_verified
from cnn_course.data.loading import (
    Batches,
    hold_out,
    load_data_fashion_mnist,
    scattered,
    to_float,
)
from cnn_course.data.photograph import load_photograph
from cnn_course.data.where import find_fashion_mnist
