"""Notebook 10's patients: what charts and probes show of each fault, and every cure."""

import ast
import copy
from pathlib import Path

import pytest
import torch
from notebook_code import definitions, source_of, statements
from torch import nn

from cnn_course.data import read_verified
from cnn_course.exercises import EXERCISES, diagnose, patient, train_patient
from cnn_course.exercises.entries import patients
from cnn_course.exercises.entries.patients import CHARTS, FAULTS, LEARNS, evidence
from cnn_course.studies import read_rows

NOTEBOOK = "10_clinic.ipynb"
NINE = {patients.fault_of(seed): seed for seed in range(9)}


def cured(**changes):
    def cure(p):
        for name, value in changes.items():
            setattr(p, name, value)

    return cure


def relu(p):
    layers = [nn.ReLU() if isinstance(m, nn.Sigmoid) else m for m in p.net]
    p.net = nn.Sequential(*layers)


CURES = {
    "A": lambda p: setattr(p, "net", p.net[:-1]),
    "B": cured(lr=0.05),
    "C": cured(lr=0.05),
    "D": lambda p: setattr(p, "y", read_verified(None)[0][1]),
    "E": lambda p: setattr(p, "test_X", 255 * p.test_X),
    "F": relu,
    "G": cured(zero_grad=True),
    "H": cured(eval_mode=True),
    "I": cured(shuffle=True),
}


@pytest.fixture(scope="module")
def probes():
    """The probes as the notebook defines them."""
    return definitions(NOTEBOOK)


@pytest.fixture(scope="module", params=NINE)
def sick(request):
    """(letter, patient) after three epochs."""
    return request.param, train_patient(patient(NINE[request.param]), 3)


@pytest.mark.parametrize("start", [0, 9, 45, 9_990])
def test_nine_seeds_on_end_have_the_nine_faults(start):
    letters = [patients.fault_of(seed) for seed in range(start, start + 9)]
    assert sorted(letters) == sorted(FAULTS)


def test_a_patient_is_the_same_every_time_and_leaves_torchs_lot_alone():
    before = torch.get_rng_state()
    one, other = patient(6), patient(6)
    assert torch.equal(before, torch.get_rng_state())
    assert one.lr == other.lr != patient(10).lr
    pairs = zip(one.net.parameters(), other.net.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)


@pytest.mark.parametrize("name", ["train_patient", "accuracy"])
def test_the_notebook_shows_what_the_checks_run(name):
    tree = ast.parse(Path(patients.__file__).read_text(encoding="utf-8"))
    assert source_of(statements(NOTEBOOK), name) == source_of(tree.body, name)


@pytest.mark.parametrize("letter", FAULTS)
def test_every_cure_heals_and_without_it_nothing_does(letter):
    p = patient(NINE[letter])
    healed = copy.deepcopy(p)
    CURES[letter](healed)
    assert train_patient(p, 1).chart[-1][2] < LEARNS
    assert train_patient(healed, 1).chart[-1][2] >= LEARNS


@pytest.mark.parametrize("sick_letter", FAULTS)
def test_each_of_nine_answers_has_its_own_reason(sick_letter, capsys):
    p, told = patient(NINE[sick_letter]), set()
    p.chart = ((2.3, 0.1, 0.1),)  # of any run
    for letter in FAULTS:
        diagnose(p, letter)
        said = capsys.readouterr().out
        assert ("· Right, " in said) == (letter == sick_letter)
        if letter != sick_letter:
            assert evidence(sick_letter, letter) in said
            assert f" {letter}, {FAULTS[letter]}" in said
        told.add(said)
    assert len(told) == len(FAULTS)


@pytest.mark.parametrize("letter", [..., "Q", "AB", 3, None])
def test_no_letter_is_told_and_no_patient_is_refused(letter, capsys):
    p = patient(0)
    diagnose(p, "A")
    assert "no chart yet" in capsys.readouterr().out
    p.chart = ((2.3, 0.1, 0.1),)
    diagnose(p, letter)
    assert "One letter from A to I" in capsys.readouterr().out
    with pytest.raises(TypeError, match="p must be a Patient"):
        diagnose(0, "A")


def test_charts_show_three_kinds_and_no_more(sick):
    letter, p = sick
    _, train, test = p.chart[-1]
    kind = CHARTS[letter]
    if "goes well" in kind:
        assert train > 0.7 and test < 0.2
    elif "at chance" in kind:
        assert train < 0.2 and test < 0.2
    else:
        assert 0.2 < train < 0.75 and 0.2 < test < 0.75
    others = [x for x in FAULTS if x != letter and CHARTS[x] == kind]
    assert others  # its doubles


def test_the_probe_that_decides_shows_the_fault_and_no_other(sick, probes):
    letter, p = sick
    far = [float(text) for text in probes["moved"](p).values()]
    left, new = zip(*probes["gradients"](p).values(), strict=True)
    left, new = [list(map(float, texts)) for texts in (left, new)]
    spread = [float(text.split()[-1]) for text in probes["logits"](p).values()]
    classes = len(p.y[:20].unique())
    own = torch.equal(p.y.sort().values, p.y) or torch.equal(p.y, patient(0).y)
    rises = probes["in_use"](p) - p.chart[-1][1]
    found = {
        "A": min(spread) == 0 and max(spread) > 0.1,
        "B": max(left + new) == 0,
        "C": max(far) < 0.01,
        "D": not own,
        "E": p.test_X.max() < 0.1,
        "F": 0 < new[0] < 1e-3 * new[-1],
        "G": max(left) > 100 * max(new) and max(far) > 100,
        "H": rises > 0.1,
        "I": classes == 1,
    }
    assert [x for x in found if found[x]] == [letter]


B = [seed for seed in range(9, 90) if patients.fault_of(seed) == "B"]


@pytest.mark.parametrize("seed", B[:4])
def test_a_rate_that_is_too_high_closes_every_relu(seed, probes):
    p = train_patient(patient(seed), 2)
    sizes = [float(size) for pair in probes["gradients"](p).values() for size in pair]
    assert max(sizes) == 0


@pytest.mark.parametrize(
    ("cure", "said"),
    [
        (cured(), "as it was, to the last digit"),
        (cured(nett=nn.Identity()), "as it was, to the last digit"),
        (cured(lr=0.01), "% are needed"),
        (lambda: None, "the run stopped: `TypeError"),
        (cured(lr="0.1"), "the run stopped: `TypeError"),
        ("p.lr = 0.1", "The cure is a function"),
    ],
)
def test_a_cure_that_does_not_heal_is_told_why(cure, said):
    text = EXERCISES["10.second-patient"].judge(("D", cure)).text
    assert said in text and ("right, but your cure" in text or isinstance(cure, str))


def test_gradients_that_still_add_up_are_no_cure():
    exercise = EXERCISES["10.fifth-patient"]
    assert "gradients still add up" in exercise.judge(("G", cured(lr=0.001))).text
    assert "works all the same" not in exercise.judge(("B", cured(lr=0.001))).text
    assert exercise.judge(("G", cured(zero_grad=True, lr=0.02))).verdict == "right"


def test_what_is_said_of_the_loss_after_the_very_first_step():
    arm = dict(num_1x1=0, last_relu="yes", lr=0.002, warm_up_steps=0)
    rows = [r for r in read_rows("09_first_steps.csv") if arm.items() <= r.items()]
    # A row has the loss that its step began with.
    first, second = ([r["loss"] for r in rows if r["step"] == n] for n in (1, 2))
    assert {round(loss, 2) for loss in first} == {2.3}
    assert (round(min(second), 2), round(max(second), 2)) == (2.34, 2.51)


def test_the_probes_can_be_asked_again(probes):
    p = train_patient(patient(NINE["G"]), 1)
    assert probes["gradients"](p) == probes["gradients"](p)
    with pytest.raises(AssertionError, match="train the patient first"):
        probes["gradients"](patient(0))
    with pytest.raises(AssertionError, match="train the patient first"):
        probes["moved"](patient(0))
