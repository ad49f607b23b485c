"""The package as a whole: its rooms, quick to import, one place for versions."""

import ast
import csv
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "cnn_course").glob("**/*.py"))
DECLARED = sorted((ROOT / "cnn_course" / "exercises" / "entries").glob("notebook_*.py"))
SLOW = ("torchvision", "matplotlib", "matplotlib.pyplot", "ipywidgets", "IPython")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEACHING = (ROOT / "notebooks" / "TEACHING.md").read_text(encoding="utf-8")


def test_the_rooms_use_one_another_as_the_contract_allows(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True, no_logo=True) == 0


def loaded_by(statement):
    """Return the modules that a fresh Python has loaded after `statement`."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


DRAW = "import torch; from cnn_course.plots import show_images\n"
DRAW += "show_images([torch.eye(2)], title='')._repr_mimebundle_()"
SERVER = "from cnn_course.publishing.server import keep_pictures"


@pytest.mark.parametrize(
    "statement, needs, not_needed",
    [
        ("from cnn_course import *", "torch", SLOW),
        (SERVER, "cnn_course", ("torch", "numpy", *SLOW)),
        (DRAW, "matplotlib.figure", ("matplotlib.pyplot", "IPython", "torchvision")),
    ],
)
def test_nothing_slow_is_loaded_before_it_is_needed(statement, needs, not_needed):
    loaded = loaded_by(statement)
    assert needs in loaded and loaded.isdisjoint(not_needed)


def test_the_course_offers_what_it_names_and_nothing_else():
    import cnn_course

    assert all(callable(getattr(cnn_course, name)) for name in cnn_course.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        cnn_course.trian  # noqa: B018


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_small(path):
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip()]
    if path in DECLARED:  # one place a notebook: code, then data, mostly words
        begin = lines.index("EXERCISES = [")
        declared = sum(line.startswith("        id=") for line in lines)
        assert len(lines) - begin <= 50 * declared
        lines = lines[:begin]
    assert len(lines) <= 250


def test_requirements_install_the_course_and_pin_all_else_within_its_bounds():
    def numbers(version):
        return tuple(map(int, version.split(".")))

    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {line.strip() for line in lines if line.strip() and line[0] != "#"}
    pins = dict(line.split("==") for line in wanted - {"-e ."})
    assert "-e ." in wanted and all(map(numbers, pins.values()))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for dependency in project["project"]["dependencies"]:
        name, lowest = dependency.split(">=")
        assert numbers(pins[name]) >= numbers(lowest), dependency


def test_conda_supplies_python_and_pip_the_same_requirements():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    entries = re.findall(r"^\s+- (.+)$", text.split("dependencies:")[1], re.MULTILINE)
    assert entries[0].startswith("python=3.")
    assert entries[1:] == ["pip", "pip:", "-r requirements.txt"]


def test_every_third_party_import_is_a_declared_dependency():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    known = set(re.findall(r'^  "([\w-]+)>=', text, re.MULTILINE))
    # Matplotlib brings numpy and PIL, ipywidgets IPython and traitlets, and JupyterLab,
    # without which there is no course, nbconvert and nbformat.
    known |= {"cnn_course", "numpy", "PIL", "IPython", "traitlets"}
    known |= {"nbconvert", "nbformat", *sys.stdlib_module_names}
    for path in FILES:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                module = getattr(node, "module", None) or node.names[0].name
                assert module.split(".")[0] in known, f"{path.name}: {module}"


def recorded(name):
    """Return the rows of a file in notebooks/results that were measured on a CPU."""
    path = ROOT / "notebooks" / "results" / name
    with open(path, newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["device"] == "cpu"]


def test_readme_gives_the_recorded_minutes_and_memory():
    rows = recorded("run_times.csv")
    notebooks = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert [row["notebook"] for row in rows] == notebooks
    for row in rows:
        assert row["budget"] == "cpu" and float(row["seconds"]) < 180
        (line,) = re.findall(rf"\| \[.*notebooks/{row['notebook']}\.ipynb.*", README)
        minutes, gigabytes = float(row["seconds"]) / 60, float(row["peak_mb"]) / 1000
        assert line.endswith(f"| {minutes:.1f} | {gigabytes:.1f} |"), row
    largest = max(float(row["peak_mb"]) for row in rows) / 1000
    words = f"a notebook's kernel takes up to {largest:.1f} GB"
    assert words in " ".join(TEACHING.split())


def blocks(text):
    return re.findall(r"^```bash\n(.*?)\n```$", text, re.MULTILINE | re.DOTALL)


def test_readme_is_read_in_three_minutes_and_its_commands_are_two_lines_at_most():
    lines = README.splitlines()
    assert len(lines) <= 120
    running_text = [line for line in lines if line[:1] != "|" and "](" not in line]
    assert [line for line in running_text if len(line) > 120] == []
    install = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements"
    learn, check, copy = blocks(README)
    assert learn.startswith(install) and check.startswith(install)
    assert max(block.count("\n") for block in (learn, check, copy)) == 1
    (browser,) = blocks((ROOT / "tests" / "README.md").read_text(encoding="utf-8"))
    assert browser.endswith("-m pytest --dist=worksteal tests/browser")


def test_lecturers_are_told_the_recorded_seconds_of_long_cells():
    rows = recorded("cell_times.csv")
    for session in range(11):
        cells = [row for row in rows if row["notebook"].startswith(f"{session:02d}")]
        (line,) = re.findall(rf"^\| {session:02d} \|.*", TEACHING, re.MULTILINE)
        shown = re.findall(r"(\d+) s\b", line)
        assert shown == [f"{float(row['seconds']):.0f}" for row in cells], line
