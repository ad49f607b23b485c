"""Nothing leaves the machine, no data is run as code, no token is switched off.

What cannot be seen in the code is watched while it runs: offline/sitecustomize.py is
in every process of the tests, and conftest.py makes the run red for what it refused.
Here are the tests of that guard, and those that read the code.
"""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_code import NOTEBOOKS

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).parent / "offline"


def run(program, log, path=(OFFLINE,)):
    """Run Python with the guard; `log` is where it writes down what it refused."""
    own = {
        "CNN_COURSE_REFUSED": str(log),
        "PYTHONPATH": os.pathsep.join(map(str, path)),
        "PYTEST_CURRENT_TEST": "a_test (call)",
    }
    return subprocess.run(
        [sys.executable, *program],
        cwd=log.parent,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=300,
    )


SWALLOWED = """
import contextlib, socket, subprocess, sys, urllib.request
with contextlib.suppress(OSError):
    {}
print("went on")
"""
LEAVING = {
    "socket.socket().connect(('192.0.2.1', 80))": "'192.0.2.1', 80",
    "socket.getaddrinfo('localhost.example.org', 443)": "localhost.example.org",
    "urllib.request.urlopen('https://example.org/')": "example.org",
    "subprocess.run([sys.executable, '-c', '1'], env={})": "without this guard",
    "subprocess.run([sys.executable, '-I', '-c', '1'])": "without this guard",
}
CHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {!r}])"
LEAVING[CHILD.format(SWALLOWED.format(next(iter(LEAVING))))] = "192.0.2.1"


@pytest.mark.parametrize("call", LEAVING)
def test_what_would_leave_the_machine_is_refused_and_written_down(tmp_path, call):
    program = call if "\n" in call else SWALLOWED.format(call)
    done = run(["-c", program], tmp_path / "log")
    assert done.stdout == "went on\n", done.stderr
    (line,) = (tmp_path / "log").read_text("utf-8").splitlines()
    _, why, _, program, test, stack = line.split(" | ")
    assert LEAVING[call] in why and (program, test) == ("-c", "a_test (call)")
    assert "<string>:4" in stack


def test_a_run_is_red_if_any_test_or_notebook_tried_to_leave(tmp_path):
    # Both pass, because both swallow what happens to them; the run must not.
    call = SWALLOWED.format("socket.socket().connect(('192.0.2.1', 9))")
    test = "def test_scratch():" + call.replace("\n", "\n    ")
    (tmp_path / "test_scratch.py").write_text(test)
    cell = nbformat.v4.new_code_cell(call, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="went on\n")]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "scratch.ipynb")
    (tmp_path / "pytest.ini").touch()  # no settings but these
    options = "-m pytest -p conftest -p no:cacheprovider --nbval --nbval-current-env"
    done = run(options.split(), tmp_path / "log", [OFFLINE, OFFLINE.parent])
    assert "2 passed" in done.stdout, done.stdout
    assert done.returncode == 1 and "so this run has failed" in done.stdout
    tried = [line for line in done.stdout.splitlines() if "192.0.2.1" in line]
    assert sorted("ipykernel" in line for line in tried) == [False, True]


def test_this_very_run_is_guarded():
    assert sys.cnn_course_guard == str(OFFLINE)
    assert str(OFFLINE) in os.environ["PYTHONPATH"].split(os.pathsep)


# ------------------------------------------------ what the code and the texts may say

NETWORK = set("aiohttp http httpx pooch requests socket ssl subprocess urllib".split())
PICKLES = {"dill", "joblib", "marshal", "pickle", "shelve"}
CALLS = r"(eval|exec|compile|__import__|os\.system|os\.popen|torch\.hub\.\w+)\("
CALLS += r"|torch\.load\((?!.*weights_only=True)|.*(allow_pickle|download)=True"


def careless(code, allowed=()):
    """Return the modules and calls that ask the network or run what they read."""
    found = []
    for node in ast.walk(ast.parse(code)):  # a magic is no Python: SyntaxError
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Call) and re.match(CALLS, ast.unparse(node)):
            found.append(ast.unparse(node))
        modules = {name.split(".")[0] for name in names}
        found += modules & ((NETWORK | PICKLES) - set(allowed))
    return found


@pytest.mark.parametrize(
    "line, found",
    [
        ("def f():\n    from urllib.request import urlopen", True),
        ("list(eval('1') for _ in X)", True),
        ("torch.load(path, map_location='cpu')", True),
        ("torch.load(path, weights_only=True)", False),
        ("FashionMNIST('.', download=True)", True),
        ("import os, json\nre.compile('a')\nnet.eval()\ntorch.compile(net)", False),
    ],
)
def test_careless_code_would_be_found(line, found):
    assert bool(careless(line)) == found


def test_only_the_data_come_from_elsewhere_and_nothing_read_is_run():
    for path in (ROOT / "cnn_course").rglob("*.py"):
        allowed = NETWORK if path.parent.name == "data" else ()
        assert careless(path.read_text(encoding="utf-8"), allowed) == [], path
    for path in NOTEBOOKS.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                assert careless(cell.source) == [], (path, cell.id)


def test_javascript_asks_for_nothing_and_runs_no_text():
    asking = r"\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|https?://"
    asking += r"|\bimport\b|\beval\s*\(|new Function|localStorage|document\.cookie"
    for path in (ROOT / "cnn_course").rglob("*.js"):
        assert re.findall(asking, path.read_text(encoding="utf-8")) == [], path


WEAKENED = re.compile(
    r"""\btoken\s*=\s*(?:''|""|None|$|[\s`](?!\w))|App\.token|password\s*="""
    r"|disable_check_xsrf|allow_(?:origin|credentials|remote_access|unauthenticated)"
    r"|\bip\s*=\s*[\"']?(?:0\.0\.0\.0|\*|::)|jupyter[ -]trust|mark_trusted|sslVerify"
    r"|CERT_NONE|_unverified_context|verify\s*=\s*False|--trusted-host",
    re.MULTILINE,
)


@pytest.mark.parametrize(
    "text, found",
    [
        ("jupyter lab --IdentityProvider.token= --no-browser", True),
        ("jupyter lab --ip=0.0.0.0", True),
        ("jupyter trust notebooks/*.ipynb", True),
        ("f'--IdentityProvider.token={token}' --ip=127.0.0.1", False),
    ],
)
def test_a_token_or_a_trust_switched_off_would_be_found(text, found):
    assert bool(WEAKENED.search(text)) == found


def test_no_token_and_no_trust_is_switched_off():
    folders = [ROOT / name for name in ("cnn_course", ".ci", "tests/browser")]
    paths = [path for folder in folders for path in folder.rglob("*")]
    for path in [*ROOT.glob("*"), *NOTEBOOKS.glob("*"), *paths]:
        if path.is_file() and path.suffix not in (".pyc", ".gz", ".png", ".jpg", ".pt"):
            text = path.read_text(encoding="utf-8")
            text = re.sub(r'"image/\w+": "[^"]*"', "", text)  # what pictures hold
            assert WEAKENED.search(text) is None, (path, WEAKENED.search(text))
