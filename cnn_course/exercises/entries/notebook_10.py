"""Exercises of notebook 10: five patients, their doubles, and a sick NiN."""

import functools
from dataclasses import dataclass

from torch import nn

from cnn_course.data import read_verified
from cnn_course.exercises.engine.feedback import describe
from cnn_course.exercises.engine.kinds import (
    Exercise,
    Letters,
    Misconception,
    Number,
    Prediction,
)
from cnn_course.exercises.engine.running import Stopped, call
from cnn_course.exercises.entries.patients import (
    CHARTS,
    FAULTS,
    LEARNS,
    Patient,
    evidence,
    fault_of,
    one_letter,
    patient,
    train_patient,
)

WRONG_CURE = "The diagnosis is right, but your cure is not enough."
STILL_ADDED = (
    "With it the run learns for an epoch, but gradients still add up: train five "
    "epochs with it, and look at the chart."
)
UNCHANGED = (
    "With it the run is as it was, to the last digit: does your function change `p` "
    "itself, and what `train_patient` uses?"
)


@dataclass(frozen=True, kw_only=True)
class Diagnosis(Exercise):
    """A letter of FAULTS for `patient(seed)`, and a function that heals it.

    The cure is given the patient before its first step. It counts if one epoch later
    at least LEARNS of the test pictures are named rightly.
    """

    seed: int
    example: tuple
    seconds = 60  # the epoch takes one, on a busy machine many

    def problem(self, answer):
        if not (isinstance(answer, (tuple, list)) and len(answer) == 2):
            wanted = "A diagnosis and a cure are wanted, such as"
            return f'{wanted} `("A", cure)`, and this is {describe(answer)}.'
        letter, problem = one_letter(answer[0])
        if problem:
            return problem
        if not callable(answer[1]):
            wanted = "The cure is a function that changes the patient: write its name,"
            return f"{wanted} without brackets. This is {describe(answer[1])}."
        sick = fault_of(self.seed)
        heals, said = effect(self.seed, answer[1])
        if letter != sick:
            found = "Your cure works all the same. " if heals else ""
            return f"{evidence(sick, letter)} {found}{said}"
        return None if heals else f"{WRONG_CURE} {said}"


def effect(seed, cure):
    """Return (whether a cure heals patient(seed), what it does, in a sentence)."""
    p, fault = treated(seed, cure)
    if fault:
        return False, fault
    end = p.chart[-1]
    learns = end[2] >= LEARNS
    if learns and not p.zero_grad:  # as with a lower rate: later it gets lost again
        return False, STILL_ADDED
    if not learns and end == treated(seed, left_alone)[0].chart[-1]:
        return False, UNCHANGED
    said = f"With it the run names {end[2]:.0%} of the test pictures rightly after an "
    return learns, f"{said}epoch; {LEARNS:.0%} are needed."


def left_alone(p):
    """No cure."""


@functools.lru_cache(maxsize=2)  # with another letter a cure is not tried again
def treated(seed, cure):
    """Return (the patient after an epoch with a cure, None), or (None, what failed)."""
    p = patient(seed)
    try:
        given, _ = call(cure, p)
        p = given if isinstance(given, Patient) else p
        call(train_patient, p, 1)
    except Stopped as stopped:
        return None, f"With it the run stopped: {stopped}."
    return p, None


def a_patient(name, seed, because, cure, wrong_cure, hints):
    """Return the exercise about `patient(seed)`."""
    sick = fault_of(seed)
    others = [letter for letter in FAULTS if letter != sick]
    wrong = [
        Misconception(f"taken for {FAULTS[x]}", (x, cure), evidence(sick, x))
        for x in others
    ]
    wrong.append(Misconception("the wrong cure", (sick, wrong_cure), WRONG_CURE))
    return Diagnosis(
        id=f"10.{name}",
        topic=f"patient {seed}: {CHARTS[sick]}",
        activity="experiment",
        seed=seed,
        example=(sick, cure),
        because=because,
        misconceptions=tuple(wrong),
        hints=hints,
        see="Six probes",
    )


def relu_for_sigmoid(p):
    for i, layer in enumerate(p.net):
        if isinstance(layer, nn.Sigmoid):
            p.net[i] = nn.ReLU()


def own_labels(p):
    p.y = read_verified(None)[0][1]


def no_last_relu(p):
    p.net = p.net[:-1]


def new_order(p):
    p.shuffle = True


def zeroed(p):
    p.zero_grad = True


def slower(p):
    p.lr = p.lr / 10


EXERCISES = [
    a_patient(
        "first-patient",
        17,
        "Through ten sigmoids hardly anything comes back to the first layers: each "
        "makes a gradient at least four times smaller. A ReLU does not.",
        relu_for_sigmoid,
        slower,
        (
            "At chance from the first epoch: is it the data, the rate or the network? "
            "`by_heart` tells the first from the others.",
            "`gradients` has a number for each layer. Which layers learn?",
            "`p.net[i] = …` puts another layer into the network: go through it and "
            "change those of one kind.",
        ),
    ),
    a_patient(
        "second-patient",
        13,
        "The labels belong to other pictures, so there is nothing to learn; one batch "
        "can be learnt by heart all the same.",
        own_labels,
        slower,
        (
            "It learns a batch by heart: rate and gradients work. What is left?",
            "Look at a batch with `batch`, and read the names.",
            "Most other patients have the same pictures in the same order, and their "
            "own labels.",
        ),
    ),
    a_patient(
        "third-patient",
        12,
        "The ReLU behind the logits gives dead classes the logit 0 for every picture, "
        "and no gradient. Without it their logits move again.",
        no_last_relu,
        slower,
        (
            "Both accuracies stop together: how many classes would give such a limit?",
            "`logits` has a column for each class. And what stands last in `p.net`?",
            "`p.net[:-1]` is the network without its last layer.",
        ),
    ),
    a_patient(
        "fourth-patient",
        11,
        "A batch of one class teaches to answer with that class. Whoever is right a "
        "whole batch long seems to learn, and forgets it with the next class.",
        new_order,
        slower,
        (
            "A training accuracy is counted while the network learns. What if the next "
            "picture is always like the last one?",
            "Look at a batch with `batch`: which classes are in it?",
            "Of the settings in `train_patient` one says in which order pictures come.",
        ),
    ),
    a_patient(
        "fifth-patient",
        16,
        "Without `zero_grad` every step goes along the sum of all gradients so far: "
        "long steps, and in old directions.",
        zeroed,
        slower,
        (
            "The loss rises: the steps are too long. What, besides the rate, decides "
            "how long a step is?",
            "`gradients` compares what the run has left with a gradient of a new "
            "batch.",
            "What does `train_patient` do before `loss.backward()`, and when not?",
        ),
    ),
    Letters(
        id="10.doubles",
        topic="which probes tell two doubles apart",
        activity="recall",
        options="ABCDE",
        right="AD",
        because="With a low rate gradients are alike in all layers and no layer moves; "
        "through ten sigmoids they shrink, and only the last layers move.",
        misconceptions=(
            Misconception(
                "gradients only",
                "A",
                "Gradients tell them apart, but they are not the only probe. What do "
                "the steps make of them, layer by layer?",
            ),
            Misconception(
                "weights only",
                "D",
                "How far weights moved tells them apart, but so does what moved them.",
            ),
            Misconception(
                "learning by heart",
                "ACD",
                "Neither learns a batch by heart: one has no time, the other no "
                "gradients. A probe that shows the same for both decides nothing.",
            ),
            Misconception(
                "all of them",
                "ABCDE",
                "Three of the five show the same for both: pictures and names are "
                "right, nothing is learnt by heart, and the accuracy is chance.",
            ),
        ),
        hints=(
            "What is the same in both? The data are right, and the loss stays.",
            "In one all layers learn, far too slowly; in the other only the last can.",
        ),
        see="Doubles",
    ),
    Number(
        id="10.first-steps",
        topic="the very first steps of a sick NiN",
        activity="experiment",
        # From notebooks/results/09_first_steps.csv; the solution counts it there.
        right=18,
        because="18 of 50 classes are dead after one step of Adam. The loss has risen "
        "a little, from 2.30 to between 2.34 and 2.51, and does not say why; the "
        "logits do.",
        misconceptions=(
            Misconception(
                "before the first step",
                1,
                "That is step 0, before anything was learnt. Look at step 1.",
            ),
            Misconception(
                "after 64 steps",
                25,
                "So many are dead later, after 2 steps or 64. Look at the very first.",
            ),
            Misconception(
                "slow starts counted, too",
                19,
                "You took the runs with a slow start as well: `warm_up_steps` is 0 or "
                "64 in this file.",
            ),
            Misconception(
                "the low rate",
                12,
                "Those are the runs with a quarter of the rate. Which are asked for?",
            ),
            Misconception(
                "one run",
                4,
                "That is one run. Add up all five seeds.",
            ),
            Misconception(
                "in percent",
                36,
                "That is in percent. How many classes are it?",
            ),
        ),
        hints=(
            'Choose rows of `read_rows("09_first_steps.csv")` by five columns: '
            "`num_1x1`, `last_relu`, `lr`, `warm_up_steps` and `step`.",
            "`dead` is a number of classes; `sum` adds it up over the five seeds.",
        ),
        see="A network that is good",
    ),
]

PREDICTIONS = [
    Prediction(
        id="10.most",
        asks="From LeNet to the good network: which step gains most, 1 to 6?",
        near=0,
    ),
    Prediction(
        id="10.shortcut",
        asks="What does the 1 × 1 shortcut add to the test accuracy?",
        unit="percentage points",
        near=0.5,
    ),
]
