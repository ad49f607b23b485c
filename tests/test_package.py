"""The package as a whole: quick to import, small files, one place for versions."""

import ast
import csv
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "cnn_course").glob("**/*.py"))
DECLARED = sorted((ROOT / "cnn_course" / "exercises" / "entries").glob("notebook_*.py"))
SLOW = ("torchvision", "matplotlib", "matplotlib.pyplot", "ipywidgets", "IPython")
BELOW_PLOTS = [
    path.relative_to(ROOT / "cnn_course").as_posix()
    for path in FILES
    if path.parent.name in ("cnn_course", "data", "networks", "training", "studies")
    and path.name != "__init__.py"
] + ["publishing/saving.py"]
TOOLS = ("cnn_course.plots", "cnn_course.views", "cnn_course.exercises", *SLOW)


def loaded_by(statement):
    """Return the modules that a fresh Python has loaded after `statement`."""
    script = f"{statement}\nimport json, sys\nprint(json.dumps(list(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_course_loads_nothing_slow():
    loaded = loaded_by("from cnn_course import *")
    assert "torch" in loaded and loaded.isdisjoint(SLOW)


def test_the_server_of_jupyterlab_need_not_load_torch():
    loaded = loaded_by("from cnn_course.publishing.saving import keep_pictures")
    assert loaded.isdisjoint(["torch", "numpy", *SLOW])


def test_the_course_offers_what_it_names_and_nothing_else():
    import cnn_course

    assert all(callable(getattr(cnn_course, name)) for name in cnn_course.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'trian'"):
        cnn_course.trian  # noqa: B018


def test_pictures_are_made_without_pyplot():
    draw = (
        "import torch; from cnn_course.plots import show_images\n"
        "show_images([torch.eye(2)], title='')._repr_mimebundle_()"
    )
    loaded = loaded_by(draw)
    assert "matplotlib.figure" in loaded
    assert loaded.isdisjoint(["matplotlib.pyplot", "IPython", "torchvision"])


def imports(nodes):
    """Yield the modules imported when the file is loaded, not inside functions."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield from imports(ast.iter_child_nodes(node))


@pytest.mark.parametrize("name", BELOW_PLOTS)
def test_imports_go_one_way(name):
    source = (ROOT / "cnn_course" / name).read_text(encoding="utf-8")
    for module in imports(ast.parse(source).body):
        assert not any(f"{module}.".startswith(f"{tool}.") for tool in TOOLS), module


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_files_are_small(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    if path in DECLARED:  # one place a notebook: code, then data, mostly words
        begin = lines.index("EXERCISES = [")
        declared = sum(line.startswith("        id=") for line in lines)
        assert len(lines) - begin <= 50 * declared
        lines = lines[:begin]
    assert len(lines) <= 250


def requirements():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and line[0] != "#"]


def test_requirements_install_the_course_and_pin_all_else():
    assert "-e ." in requirements()
    for line in requirements():
        assert line == "-e ." or re.fullmatch(r"[\w-]+==\d+(\.\d+)+", line), line


def test_every_direct_dependency_is_pinned_within_its_bounds():
    def numbers(version):
        return tuple(map(int, version.split(".")))

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pins = dict(line.split("==") for line in requirements() if "==" in line)
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
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in imports([node]):
                assert module.split(".")[0] in known, f"{path.name}: {module}"


def test_readme_gives_the_recorded_minutes_and_memory():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    path = ROOT / "notebooks" / "results" / "run_times.csv"
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["device"] == "cpu"]
    notebooks = sorted(p.stem for p in (ROOT / "notebooks").glob("*.ipynb"))
    assert [row["notebook"] for row in rows] == notebooks
    for row in rows:
        assert row["budget"] == "cpu" and float(row["seconds"]) < 180
        (line,) = re.findall(rf"\| \[.*notebooks/{row['notebook']}\.ipynb.*", readme)
        minutes, gigabytes = float(row["seconds"]) / 60, float(row["peak_mb"]) / 1000
        assert f"| {minutes:.1f} | not yet measured | {gigabytes:.1f} |" in line, row
    largest = max(float(row["peak_mb"]) for row in rows) / 1000
    readme = " ".join(readme.split())
    assert f"a notebook's kernel takes up to {largest:.1f} GB" in readme


def test_readme_is_short_and_has_two_commands_and_one_for_browser_tests():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) < 180
    commands = re.findall(r"^```bash\n(.*?)\n```$", readme, re.MULTILINE | re.DOTALL)
    install = "python3 -m venv .venv && .venv/bin/python -m pip install -r requirements"
    assert [c.startswith(install) and "\n" not in c for c in commands[:2]] == [True] * 2
    (browser,) = commands[2:]
    assert browser.endswith("-m pytest tests/browser") and "\n" not in browser


def test_readme_gives_the_recorded_seconds_of_long_cells():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    path = ROOT / "notebooks" / "results" / "cell_times.csv"
    with open(path, newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["device"] == "cpu"]
    for session in range(10):
        cells = [row for row in rows if row["notebook"].startswith(f"{session:02d}")]
        (line,) = re.findall(rf"^\| {session:02d} \|.*", readme, re.MULTILINE)
        shown = re.findall(r"(\d+) s\b", line)
        assert shown == [f"{float(row['seconds']):.0f}" for row in cells], line
