"""An interrupt (a real signal) at every line of training and evaluation."""

import signal
import subprocess
import sys
import threading
from pathlib import Path

import torch
from line_by_line import before_line
from small import X, Y, network
from torch import nn

import cnn_course
from cnn_course import evaluate, train

PACKAGE = Path(cnn_course.__file__).parent
FILES = "training/loop training/forward training/history training/interrupts "
FILES += "training/progress training/messages checks device"
FILES = tuple(str(PACKAGE / f"{name}.py") for name in FILES.split())
BATCHES = [(X[:3], Y[:3]), (X[3:], Y[3:])]


def with_a_frozen_layer():
    """A net in training mode, but for one layer that is not."""
    net = network()
    net[1].eval()
    return net


def weights(net):
    return b"".join(p.detach().numpy().tobytes() for p in net.parameters())


def interrupt_before(number):
    """Send SIGINT before the `number`-th line of the course is run; count them."""
    return before_line(number, FILES, lambda: signal.raise_signal(signal.SIGINT))


def check_put_back(net):
    assert [m.training for m in net] == [True, False, True, True] and net.training
    assert net[0].weight.is_contiguous()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def states():
    """Return the weights after 0, 1, 2, … whole steps of two epochs."""
    net, found = with_a_frozen_layer(), []
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    hook = optimizer.register_step_pre_hook(lambda *_: found.append(weights(net)))
    torch.manual_seed(7)
    train(net, BATCHES, BATCHES, 2, optimizer=optimizer, verbose=False)
    hook.remove()
    return [*found, weights(net)]


def interrupted_training(number, found, capsys):
    """Interrupt there, check what is kept, go on to the end; return the lines run."""
    net, history = with_a_frozen_layer(), None
    torch.manual_seed(7)
    count = interrupt_before(number)
    try:
        history = train(net, BATCHES, BATCHES, 2, lr=0.01)
    except KeyboardInterrupt:
        pass  # before the training began, or when it had just ended
    finally:
        sys.settrace(None)
    check_put_back(net)
    steps = found.index(weights(net))  # a whole number of steps was done
    said = capsys.readouterr().out
    if history is None:
        assert steps in (0, 4) and "stopped" not in said
    else:
        # In the very last lines there is nothing left to stop.
        assert "stopped" in said or (len(history) == 2 and steps == 4), number
        lengths = {len(v) for k, v in vars(history).items() if k != "step_loss"}
        assert lengths == {len(history)} and len(history.step_loss) == 2 * len(history)
        assert steps - 2 <= 2 * len(history) <= steps
    again = train(net, BATCHES, BATCHES, 2, lr=0.01, resume=True)
    assert len(again) == 2 and (history is None or again is history)
    capsys.readouterr()
    return count.lines


def test_an_interrupt_at_any_line_of_training_keeps_everything(capsys):
    found, number = states(), 1
    assert len(set(found)) == 5  # so that a half-done step would be noticed
    while interrupted_training(number, found, capsys) >= number:
        number += 1
    assert number > 300  # so many lines there are


def test_an_interrupt_at_any_line_of_a_test_gives_the_modes_back():
    net = with_a_frozen_layer()
    count = interrupt_before(sys.maxsize)
    expected = evaluate(net, BATCHES)
    sys.settrace(None)
    assert count.lines > 50
    interrupted = 0
    for number in range(1, count.lines + 1):
        interrupt_before(number)
        try:
            assert evaluate(net, BATCHES) == expected
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            sys.settrace(None)
        check_put_back(net)
    assert interrupted > count.lines - 5  # in the last lines it has its result


class Twice(nn.Module):
    """A layer that gets two interrupts in its second step, and notes if it went on."""

    def __init__(self):
        super().__init__()
        self.weight, self.steps, self.ended = nn.Parameter(torch.ones(1)), 0, []

    def forward(self, X):
        self.steps += self.training
        if self.steps == 2 and self.training:
            signal.raise_signal(signal.SIGINT)
            self.ended.append("first")
            signal.raise_signal(signal.SIGINT)
            self.ended.append("second")
        return X.flatten(1)[:, :3] * self.weight


def test_a_second_interrupt_ends_a_step_that_never_ends(capsys):
    net = Twice()
    history = train(net, BATCHES, None, 2)
    assert net.ended == ["first"] and len(history) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "stopped in epoch 1 after step 1: the network keeps what it learned, the "
        "history its finished epochs (0). The same call with resume=True goes on"
    )


def test_training_works_in_another_thread_where_there_are_no_signals():
    found = []
    thread = threading.Thread(
        target=lambda: found.append(train(network(), BATCHES, None, 1, verbose=False))
    )
    thread.start()
    thread.join()
    assert len(found[0]) == 1


FIRST_TRAINING = """
import signal, sys
import torch
from torch import nn
from cnn_course import train

class Interrupts:  # two, when a module is looked for
    found = []
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            self.found.append(name)
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
known = []
def batches():
    for _ in range(3):
        known.append(set(sys.modules))
        yield torch.rand(2, 4), torch.tensor([0, 1])

net = nn.Linear(4, 2)
assert sys.argv[1] not in sys.modules
assert len(train(net, batches(), None, 1)) == 0
assert Interrupts.found == sys.argv[1:] and len(known) == 1
assert set(sys.modules) == known[0], set(sys.modules) - known[0]  # all were in time
for _ in range(2):
    assert len(train(net, list(batches()), list(batches()), 1, verbose=False)) == 1
"""


def test_an_interrupt_in_the_first_second_of_a_process_waits_for_late_imports():
    # Real signals in the middle of what the first optimizer and the bar import.
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", FIRST_TRAINING, module],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for module in ("torch._dynamo", "sympy", "tqdm.auto")
    ]
    for run in runs:
        out, err = run.communicate()
        assert run.returncode == 0, err
        assert "stopped in epoch 1 after step 1: the network keeps what it" in out
