"""The patients of notebook 10: small training runs, each with one of nine faults."""

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from cnn_course.checks import refuse, whole_number
from cnn_course.data import read_verified, to_float
from cnn_course.device import one_thread
from cnn_course.exercises.engine.answers import as_letters
from cnn_course.exercises.engine.feedback import Feedback, show

FAULTS = {
    "A": "dead class channels",
    "B": "rate too high",
    "C": "rate too low",
    "D": "labels shuffled",
    "E": "test pictures scaled otherwise",
    "F": "sigmoids ten deep",
    "G": "gradients never zeroed",
    "H": "evaluated with dropout on",
    "I": "data sorted by class",
}
LEARNS = 0.52  # the least test accuracy, after an epoch, of a run that is healed

_CHANCE = "training and test end at chance"
_GAP = "training goes well, and the test stays at chance"
_HALFWAY = "training and test rise together, and stop half way"
CHARTS = dict.fromkeys("BCDFG", _CHANCE) | dict.fromkeys("EI", _GAP)
CHARTS |= dict.fromkeys("AH", _HALFWAY)

# The probe that decides about a fault, and what it shows then.
SIGNS = {
    "A": ("logits", "some classes have the logit 0 for every picture"),
    "B": ("moved", "every layer has moved by more than twice its size"),
    "C": ("moved", "no layer has moved by as much as a hundredth of its size"),
    "D": ("batch", "pictures have the names of other clothes"),
    "E": ("batch", "the test pictures do not look like the training pictures"),
    "F": ("gradients", "they shrink to less than a thousandth from back to front"),
    "G": ("gradients", "what the run has left is far larger than one of a new batch"),
    "H": ("in_use", "without dropout the accuracy is far above the chart's"),
    "I": ("batch", "all training pictures are of one class"),
}
# What these probes show where another fault is the cause.
SHOWN = {
    ("moved", "B"): "every layer has moved by more than twice its size",
    ("moved", "C"): "no layer has moved by as much as a hundredth of its size",
    ("moved", "D"): "every layer has moved, by hundredths or tenths of its size",
    ("moved", "F"): "the last layer has moved, the first ones have not",
    ("moved", "G"): "every layer has moved by a hundred times its own size",
    ("batch", "E"): "the names fit, and a batch has all kinds of clothes",
    ("batch", "I"): "the test pictures look like the training pictures",
    ("gradients", "B"): "what the run has left is no larger than one of a new batch",
    ("gradients", "G"): "what the run has left is far larger than one of a new batch",
    ("logits", "H"): "no class has the same logit for every picture",
    ("in_use", "A"): "the accuracy without dropout is about the chart's",
}
USUAL = {
    "batch": "every picture has its own name",
    "gradients": "those of a new batch are of one order in all layers",
}


def evidence(sick, said):
    """Return why a patient with the fault `sick` does not have the one that is said."""
    if CHARTS[said] != CHARTS[sick]:
        return (
            f"The chart rules out {said}, {FAULTS[said]}: there {CHARTS[said]}. Here "
            f"{CHARTS[sick]}."
        )
    probe, sign = SIGNS[said]
    shown = SHOWN.get((probe, sick), USUAL.get(probe))
    if (sick, said) == ("G", "B"):  # both move far
        probe, sign = "gradients", SHOWN["gradients", "B"]
        shown = SHOWN["gradients", "G"]
    return (
        f"The chart alone does not rule out {said}, {FAULTS[said]}, but `{probe}` "
        f"does: there {sign}. Here {shown}."
    )


@dataclass
class Patient:
    """A training run: a network, a rate, pictures, and how they are used.

    X (N, 1, 28, 28) and y (N,) are what it learns from, test_X and test_y what it is
    tested on. `chart` has (loss, training accuracy, test accuracy) of each epoch.
    """

    seed: int
    net: nn.Module
    lr: float
    X: torch.Tensor
    y: torch.Tensor
    test_X: torch.Tensor
    test_y: torch.Tensor
    shuffle: bool = True
    zero_grad: bool = True
    eval_mode: bool = True
    chart: tuple = ()

    def __repr__(self):
        epochs = len(self.chart)
        return f"patient({self.seed}) after {epochs} epoch{'s' * (epochs != 1)}"


@one_thread()  # so small a batch is no work for two
def train_patient(p, num_epochs=5):
    torch.manual_seed(p.seed)
    optimizer = torch.optim.SGD(p.net.parameters(), lr=p.lr)
    for _ in range(num_epochs):
        p.net.train()
        total, hits, n = 0, 0, len(p.y)
        order = torch.randperm(n) if p.shuffle else torch.arange(n)
        for rows in order.split(20):
            X, y = p.X[rows], p.y[rows]
            logits = p.net(X)
            loss = F.cross_entropy(logits, y)
            if p.zero_grad:
                optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            hits += (logits.argmax(dim=1) == y).sum().item()
        p.chart += ((total / n, hits / n, accuracy(p, p.test_X, p.test_y)),)
    return p


@torch.no_grad()
def accuracy(p, X, y):
    if p.eval_mode:
        p.net.eval()
    return (p.net(X).argmax(dim=1) == y).float().mean().item()


def small_net(dropout=0.3):
    """Return LeNet with ReLU and max pooling, one layer shorter, and dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, kernel_size=5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(120, 10),
    )


def deep_net():
    """Return ten hidden layers with sigmoids, and He's weights."""
    layers, size = [nn.Flatten()], 784
    for _ in range(10):
        layers += [nn.Linear(size, 64), nn.Sigmoid()]
        nn.init.kaiming_normal_(layers[-2].weight)
        nn.init.zeros_(layers[-2].bias)
        size = 64
    return nn.Sequential(*layers, nn.Linear(size, 10))


def fault_of(seed):
    """Return the letter of patient(seed): each of 9n to 9n + 8 has another fault."""
    return random.Random(seed // 9).sample(sorted(FAULTS), 9)[seed % 9]


def patient(seed):
    """Return an untrained Patient with one of nine faults; 0 to 8 have all nine.

    It learns from the first 6,000 pictures of Fashion-MNIST, which come with the
    course, and is tested on 1,000. Raises ValueError unless seed is 0 to 10,000.
    """
    letter = fault_of(whole_number("seed", seed, 0, 10_000))
    (X, y), (test_X, test_y) = read_verified(None)
    lot = random.Random(f"patient {seed}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = deep_net() if letter == "F" else small_net()
        mixed = y[torch.randperm(len(y))]
    p = Patient(seed, net, 0.05, to_float(X), y, to_float(test_X), test_y)
    if letter == "A":
        dead = lot.sample(range(10), 4)
        with torch.no_grad():
            net[-1].bias[dead] = -3
        net.append(nn.ReLU())
    elif letter == "B":
        p.lr = lot.uniform(1, 3)
    elif letter == "C":
        p.lr = 10 ** lot.uniform(-5.5, -4.5)
    elif letter == "D":
        p.y = mixed
    elif letter == "E":
        p.test_X = p.test_X / 255
    elif letter == "G":
        p.zero_grad = False
    elif letter == "H":
        net[-2].p = lot.uniform(0.84, 0.88)
        p.eval_mode = False
    elif letter == "I":
        rows = y.argsort(stable=True)
        p.X, p.y, p.shuffle = p.X[rows], y[rows], False
    return p


def diagnose(p, letter):
    """Say whether `letter` names the fault of a Patient; if not, what rules it out.

    Never raises for a letter; raises TypeError for what is no Patient.
    """
    if not isinstance(p, Patient):
        refuse("p", "a Patient, as patient(seed) gives it", p, TypeError)
    letter, problem = as_letters(letter, "".join(FAULTS))
    sick = fault_of(p.seed)
    if problem or len(letter) > 1:
        problem = problem or f"One letter is wanted, the likeliest: this is {letter}."
        show(Feedback(repr(p), "wrong", problem))
    elif letter == sick:
        show(Feedback(repr(p), "right", f"Right, {FAULTS[sick]}: {SIGNS[sick][1]}."))
    else:
        show(Feedback(repr(p), "wrong", evidence(sick, letter)))
