"""Checkpoints: whole or not at all, and nothing but tensors, numbers and texts."""

import errno
import os
import warnings

import pytest
import torch
from small import BATCHES, measured, network, weights
from torch import nn

from cnn_course import History, files, load_checkpoint, save_checkpoint, train
from cnn_course.training.history import sessions


def trained(epochs=2, **options):
    net = network()
    history = train(net, BATCHES, BATCHES, epochs, lr=0.01, verbose=False, **options)
    return net, history


def test_training_goes_on_from_a_file_bit_for_bit(tmp_path):
    whole, expected = trained(4)
    net, history = trained(2)
    save_checkpoint(net, tmp_path / "new folder" / "größe 1.pt")
    fresh = network()
    found = load_checkpoint(fresh, str(tmp_path / "new folder" / "größe 1.pt"))
    assert vars(found) == vars(history) and weights(fresh) == weights(net)
    joined = train(fresh, BATCHES, BATCHES, 4, resume=True, verbose=False)
    assert joined is found and measured(joined) == measured(expected)
    assert weights(fresh) == weights(whole)
    assert os.listdir(tmp_path / "new folder") == ["größe 1.pt"]


def test_a_plain_state_dict_is_taken_and_training_begins_anew(tmp_path):
    net, _ = trained()
    torch.save(net.state_dict(), tmp_path / "weights.pt")
    other, _ = trained(1)
    assert load_checkpoint(other, tmp_path / "weights.pt") == History()
    assert weights(other) == weights(net) and other not in sessions


@pytest.mark.parametrize("wrap", [torch.compile, nn.DataParallel])
def test_a_prefix_of_a_wrapper_does_not_make_another_network(wrap, tmp_path):
    net, history = trained()
    net[3].weight.data *= torch.arange(3.0)[:, None]
    sessions_of_net = sessions[net]
    wrapped = wrap(net)
    sessions[wrapped] = sessions_of_net
    save_checkpoint(wrapped, tmp_path / "wrapped.pt")
    plain, _ = trained(1)
    found = load_checkpoint(plain, tmp_path / "wrapped.pt")
    assert weights(plain) == weights(wrapped) and vars(found) == vars(history)
    assert len(train(plain, BATCHES, BATCHES, 3, resume=True, verbose=False)) == 3
    save_checkpoint(plain, tmp_path / "plain.pt")
    load_checkpoint(wrapped, tmp_path / "plain.pt")  # and the other way round
    assert weights(wrapped) == weights(plain)
    smaller = nn.Sequential(*list(trained(1)[0])[:2])
    with pytest.raises(ValueError, match="is of another network: "):
        load_checkpoint(smaller, tmp_path / "wrapped.pt")


class Evil:
    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return open, (str(self.marker), "w")


def bad_files(folder):
    """Return {name: (writes the file, what is said)}."""
    net, _ = trained()
    save_checkpoint(net, folder / "good.pt")
    good = (folder / "good.pt").read_bytes()
    kept = torch.load(folder / "good.pt", weights_only=True)

    def raw(content):
        return lambda path: path.write_bytes(content)

    def saved(value):
        return lambda path: torch.save(value, path)

    flipped = bytearray(good)
    flipped[good.index(net[3].weight.detach().numpy().tobytes()) + 5] ^= 1
    torn = "is damaged, or not what torch.save writes: save it again, copy it whole"
    code = "holds Python objects that could run code, so they are not loaded: ask for a"
    no_net = "holds no state_dict: ask for a file of torch."
    other = "is of another network: 0.weight is (5, 2, 3, 3) in the file, (3, 2, 3, 3)"
    more = "is of another network: 4.weight is (1,) in the file, not there in "
    return {
        "empty": (raw(b""), torn),
        "half": (raw(good[: len(good) // 2]), torn),
        "a flipped bit": (raw(bytes(flipped)), torn),
        "a web page": (raw(b"<!DOCTYPE html><html>"), torn),
        "malicious": (saved(Evil(folder / "marker")), code),
        "malicious inside": (saved({**kept, "note": Evil(folder / "marker")}), code),
        "a tensor": (saved(torch.ones(3)), no_net),
        "a layer more": (saved({**kept["net"], "4.weight": torch.ones(1)}), more),
        "another size": (saved(network(5).state_dict()), other),
    }


def test_every_bad_file_is_refused_with_its_reason_and_changes_nothing(tmp_path):
    for name, (write, reason) in bad_files(tmp_path).items():
        path = tmp_path / "bad.pt"
        write(path)
        net, history = trained()
        before = weights(net)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(ValueError) as caught:
                load_checkpoint(net, path)
        message = str(caught.value)
        assert message.startswith(f"{path} {reason}"), (name, message)
        assert "\n" not in message and not caught.value.__cause__
        assert weights(net) == before and sessions[net][1] is history
    assert not (tmp_path / "marker").exists()


class MySGD(torch.optim.SGD):
    pass


def test_without_an_optimizer_of_torchs_for_all_weights_they_are_loaded(tmp_path):
    def of_a_part(net):
        return torch.optim.Adam(net[3].parameters())

    for make in (of_a_part, lambda net: MySGD(net.parameters(), lr=0.1)):
        net, _ = trained()
        train(net, BATCHES, None, 1, optimizer=make(net), verbose=False)
        save_checkpoint(net, tmp_path / "own.pt")
        fresh, _ = trained(1)
        assert len(load_checkpoint(fresh, tmp_path / "own.pt")) == 0
        assert weights(fresh) == weights(net) and fresh not in sessions


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    net, _ = trained()
    path = tmp_path / "a.pt"
    save_checkpoint(net, path)
    before = path.read_bytes()

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        save_checkpoint(trained(3)[0], path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["a.pt"]


def test_a_checkpoint_goes_to_the_device_the_net_is_on(tmp_path, monkeypatch):
    net, _ = trained()
    save_checkpoint(net, tmp_path / "a.pt")
    real, asked = torch.load, []

    def load(file, **options):
        asked.append(options)
        return real(file, **options)

    monkeypatch.setattr(torch, "load", load)
    load_checkpoint(net, tmp_path / "a.pt")
    assert asked == [{"map_location": "cpu", "weights_only": True}]
