"""The studies made small, on the crafted files: a run takes less than a second."""

import pytest

from cnn_course.studies import (
    alexnet,
    class_maps,
    first_steps,
    good_network,
    lenet,
    nin,
)

SIDE = 67  # the smallest pictures that NiN and AlexNet take


@pytest.fixture
def small(monkeypatch, data_root):
    """The settings of a small run of the study `nin` that no arm has."""
    monkeypatch.setenv("CNN_COURSE_DATA", str(data_root))
    few = dict(train_size=20, held_out=20, batch_size=10)
    for study in (lenet, good_network):
        sizes = few | dict(train_size=60, test_size=50)
        monkeypatch.setattr(study, "PROTOCOL", sizes)
    monkeypatch.setattr(alexnet, "PROTOCOL", few | dict(side=SIDE))
    protocol = dict(batch_size=20, side=40, resize=SIDE, held_out=50)
    monkeypatch.setattr(class_maps, "PROTOCOL", protocol)
    for study in (lenet, alexnet, good_network):
        monkeypatch.setattr(study, "EPOCHS", 2)
    protocol = dict(resize=SIDE, train_size=10, test_size=10)
    monkeypatch.setitem(nin.PROTOCOLS, "reduced", protocol)
    small_steps = dict(SIDE=SIDE, TEST_IMAGES=20, BATCH_SIZE=10, LOOKS=(0, 1, 3))
    for name, value in small_steps.items():
        monkeypatch.setattr(first_steps, name, value)
    return dict(protocol="reduced", epochs=2, precision="fp32", seed=0)
