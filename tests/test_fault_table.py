"""The table of faults in tests/README.md: its messages and its tests are there."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "cnn_course"
README = (TESTS / "README.md").read_text(encoding="utf-8")
HEADER = "| no. | fault | what the student reads | proven by |"


def rows():
    table = README.split(HEADER)[1].split("\n\n")[0].strip().splitlines()[1:]
    return [[cell.strip() for cell in re.split(r" ?\| ?", row)[1:5]] for row in table]


def texts():
    """Return all texts in the code of the package, "…" where something is put in."""
    found = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = (getattr(part, "value", None) for part in node.values)
                found.append("".join(p if isinstance(p, str) else "…" for p in parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
    return "\n".join(found)


TEXTS = texts()


def test_every_fault_of_the_list_has_its_row():
    numbers = {int(n) for row in rows() for n in re.findall(r"\d+", row[0])}
    assert numbers == set(range(1, 18))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[1])
def test_every_message_is_in_the_package_and_every_test_there_is(row):
    _, _, message, proof = row
    for quoted in re.findall(r"`([^`]+)`", message):
        for fragment in re.split("…", quoted):
            assert fragment.strip(" ;,.:()") in TEXTS, fragment
    names = re.findall(r"`(test_\w+\.py)?(?:::(test_\w+))?`", proof)
    assert names or proof == "the same"
    for file_name, test in names:
        if file_name:  # tests/browser has files of the same names, not of these proofs
            found = TESTS.rglob(file_name)
            (file,) = [path for path in found if path.parent.name != "browser"]
        defined = re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
        assert defined and (not test or test in defined), (file, test)
