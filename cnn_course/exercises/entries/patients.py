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
from cnn_course.exercises.engine.feedback import Feedback, describe, show

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
_HALFWAY = "training and test rise together, but not far"
CHARTS = dict.fromkeys("BCDFG", _CHANCE) | dict.fromkeys("EI", _GAP)
CHARTS |= dict.fromkeys("AH", _HALFWAY)

# The probe that decides about a fault, what it shows then, and what it shows else.
SIGNS = {
    "A": (
        "logits",
        "some classes have the logit 0 for every picture",
        "no class has the same logit for every picture",
    ),
    "B": (
        "gradients",
        "they are 0 in every layer, for too long a step has closed all ReLUs",
        "they are not 0",
    ),
    "C": (
        "moved",
        "no layer has moved by as much as a hundredth of its size",
        "some layers have moved by hundredths of their size, or by far more",
    ),
    "D": (
        "batch",
        "pictures have the names of other clothes",
        "every picture has its own name",
    ),
    "E": (
        "batch",
        "the test pictures are far darker than the training pictures",
        "the test pictures are as bright as the training pictures",
    ),
    "F": (
        "gradients",
        "those of a new batch shrink to less than a thousandth from back to front",
        "those of a new batch are of one order in all layers",
    ),
    "G": (
        "gradients",
        "those left by the run are large, and a new batch gives next to nothing",
        "those left by the run (of 20 pictures) are less than twenty times those of a "
        "new batch (of 200)",
    ),
    "H": (
        "in_use",
        "without dropout the accuracy is far above the chart's",
        "without dropout the accuracy is about the chart's",
    ),
    "I": (
        "batch",
        "all training pictures are of one class",
        "the training pictures are of many classes",
    ),
}
# (said, sick): what the probe shows where it is not what it shows else.
SHOWN = {
    ("B", "G"): "those left by the run are not 0, but large",
    ("F", "B"): "they are 0 in every layer",
    ("G", "B"): "both are 0 in every layer",
    ("F", "G"): "those left by the run are large in every layer",
}


def evidence(sick, said):
    """Return why a patient with the fault `sick` does not have the one that is said."""
    if CHARTS[said] != CHARTS[sick]:
        return (
            f"The chart rules out {said}, {FAULTS[said]}: there {CHARTS[said]}. Here, "
            f"before any cure, {CHARTS[sick]}."
        )
    probe, sign, usual = SIGNS[said]
    return (
        f"This kind of chart does not rule out {said}, {FAULTS[said]}, but `{probe}` "
        f"does: there {sign}. Here {SHOWN.get((said, sick), usual)}."
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


def one_letter(answer):
    """Return (a letter of FAULTS, None), or (None, why the answer is none)."""
    letter, problem = as_letters(answer, "".join(FAULTS))
    if problem or len(letter) > 1:
        wanted = "One letter from A to I is wanted, in quotes, the likeliest"
        return None, f"{wanted}: this is {describe(answer)}."
    return letter, None


def diagnose(p, letter):
    """Say whether `letter` names the fault of a Patient; if not, what rules it out.

    It speaks of the patient as it came, whatever was done to it since. Never raises for
    a letter; raises TypeError for what is no Patient.
    """
    if not isinstance(p, Patient):
        refuse("p", "a Patient, as patient(seed) gives it", p, TypeError)
    sick, (said, problem) = fault_of(p.seed), one_letter(letter)
    verdict, name = "wrong", f"patient({p.seed})"
    if not p.chart:
        text = "It has no chart yet: `train_patient(p)` first, then look, then probe."
    elif problem:
        text = problem
    elif said == sick:
        probe, sign, _ = SIGNS[sick]
        verdict, text = "right", f"Right, {FAULTS[sick]}. `{probe}`: {sign}."
    else:
        text = evidence(sick, said)
    show(Feedback(name, verdict, text))
