"""Nothing leaves the machine, no data is run as code, no token is switched off.

What cannot be seen in the code is watched while it runs: offline/sitecustomize.py is
in every process of the tests, and conftest.py makes the run red for what it refused.
Here are the tests of that guard, and those that read the code.
"""

import ast
import json
import os
import pickle
import re
import socket
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from notebook_code import NOTEBOOKS

ROOT = Path(__file__).parent.parent
OFFLINE = Path(__file__).parent / "offline"
PACKAGE = sorted((ROOT / "cnn_course").glob("**/*.py"))
SCRIPTS = sorted((ROOT / "cnn_course").glob("**/*.js"))
LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))


def name_of(path):
    return path.relative_to(ROOT).as_posix()


# ------------------------------------------------------------------ the guard itself


@pytest.fixture
def guarded(tmp_path):
    """A function: runs a program under the guard; returns (what it did, the log)."""

    def run(program, *options, **environment):
        log = tmp_path / "log"
        log.unlink(missing_ok=True)
        own = {"CNN_COURSE_REFUSED": str(log), "PYTHONPATH": str(OFFLINE)}
        done = subprocess.run(
            [sys.executable, *options, "-c", program],
            env=os.environ | own | environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        return done, log.read_text("utf-8").splitlines() if log.exists() else []

    return run


SWALLOWED = """
import asyncio, os, pickle, socket, subprocess, sys, urllib.request, webbrowser
tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
six = socket.socket(socket.AF_INET6) if socket.has_ipv6 else tcp
try:
    {}
except OSError:
    pass
print("went on")
"""
HOST_NAME = socket.gethostname()
LEAVING = {
    "tcp.connect(('192.0.2.1', 80))": "'192.0.2.1', 80",
    "tcp.connect_ex(('192.0.2.1', 80))": "'192.0.2.1', 80",
    "tcp.connect(('example.org', 80))": "example.org",
    "tcp.connect((b'example.org', 80))": "example.org",
    "tcp.connect(('0.0.0.0', 80))": "0.0.0.0",
    "udp.sendto(b'x', ('192.0.2.1', 53))": "'192.0.2.1', 53",
    "udp.sendto(b'x', ('example.org', 53))": "example.org",
    "udp.connect(('10.255.255.255', 1))": "10.255.255.255",
    "tcp.bind(('192.0.2.1', 0))": "'192.0.2.1', 0",
    "socket.create_connection(('192.0.2.1', 80))": "192.0.2.1",
    "socket.getaddrinfo('example.org', 443)": "example.org",
    "socket.getaddrinfo(b'example.org', 443)": "example.org",
    "socket.getaddrinfo('localhost.example.org', 443)": "localhost.example.org",
    "socket.gethostbyname('example.org')": "example.org",
    "socket.gethostbyname_ex('example.org')": "example.org",
    "socket.gethostbyaddr('192.0.2.1')": "192.0.2.1",
    "socket.getnameinfo(('192.0.2.1', 80), 0)": "192.0.2.1",
    "urllib.request.urlopen('http://192.0.2.1/')": "192.0.2.1",
    "asyncio.run(asyncio.open_connection('192.0.2.1', 80))": "192.0.2.1",
    "webbrowser.GenericBrowser('true').open('http://127.0.0.1')": "http://127.0.0.1",
    "subprocess.run(['curl', 'http://192.0.2.1'])": "curl",
    "subprocess.run('true && wget http://192.0.2.1', shell=True)": "wget",
    "os.system('pip download torch')": "pip",
    "subprocess.run([sys.executable, '-c', '1'], env={})": "without this guard",
    "subprocess.run([sys.executable, '-I', '-c', '1'])": "-I",
    "subprocess.run([sys.executable, '-B', '-ES', '-c', '1'])": "-ES",
}
if hasattr(socket.socket, "sendmsg"):  # not on Windows
    LEAVING["udp.sendmsg([b'x'], [], 0, ('192.0.2.1', 53))"] = "'192.0.2.1', 53"
if socket.has_ipv6:
    LEAVING["six.connect(('2001:db8::1', 80))"] = "2001:db8::1"
    LEAVING["six.connect(('::ffff:192.0.2.1', 80))"] = "::ffff:192.0.2.1"


@pytest.mark.parametrize("call", LEAVING)
def test_what_would_leave_the_machine_is_refused_and_written_down(guarded, call):
    done, log = guarded(SWALLOWED.format(call))
    assert done.stdout == "went on\n", done.stderr
    assert len(log) == 1 and LEAVING[call] in log[0], log


def test_the_own_host_name_is_not_asked_for_either(guarded):
    if HOST_NAME in ("", "localhost"):
        pytest.skip("this machine has no name of its own")
    ask = "socket.gethostbyname(socket.gethostname())"
    done, log = guarded(SWALLOWED.format(ask))
    assert done.stdout == "went on\n" and len(log) == 1 and HOST_NAME in log[0]


def test_a_refusal_is_a_sentence_and_the_log_says_who_it_was(guarded):
    program = "import socket\nsocket.socket().connect(('192.0.2.1', 80))"
    done, (line,) = guarded(program, PYTEST_CURRENT_TEST="a_test (call)")
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("sitecustomize.Refused: ")
    assert last.endswith("was refused, tests stay on this machine")
    event, why, pid, program, test, stack = line.split(" | ")
    assert (event, why) == ("socket.connect", "address ('192.0.2.1', 80)")
    assert re.fullmatch(r"pid \d+", pid) and program == "-c"
    assert test == "a_test (call)" and stack.startswith("<string>:2")


AT_HOME = """
import asyncio, socket, subprocess, sys, threading, urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer
class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"hello")
    def log_message(self, *_): pass
server = HTTPServer(("127.0.0.1", 0), Hello)
threading.Thread(target=server.serve_forever, daemon=True).start()
port = server.server_port
for host in ("127.0.0.1", "localhost"):
    print(urllib.request.urlopen(f"http://{host}:{port}").read().decode())
async def main():
    async with await asyncio.start_server(lambda r, w: w.close(), "localhost", 0) as s:
        await asyncio.open_connection(*s.sockets[0].getsockname()[:2])
asyncio.run(main())
for host in ("", "0.0.0.0"):
    socket.socket().bind((host, 0))
socket.getaddrinfo("::ffff:127.0.0.1", 80)
a, b = socket.socketpair()
a.send(b"x"); b.recv(1)
if hasattr(a, "sendmsg"): a.sendmsg([b"x"])
subprocess.run([sys.executable, "-B", "-c", "print('child')"], check=True)
"""


def test_this_machine_is_reached_as_ever(guarded):
    done, log = guarded(AT_HOME)
    assert log == []
    assert done.stdout.split() == ["hello", "hello", "child"], done.stderr


GRANDCHILD = "import subprocess, sys\nsubprocess.run([sys.executable, '-c', {!r}])"


def test_a_child_of_a_child_is_guarded_as_well(guarded):
    inner = GRANDCHILD.format(SWALLOWED.format("tcp.connect(('192.0.2.1', 80))"))
    done, log = guarded(GRANDCHILD.format(inner))
    assert done.stdout == "went on\n" and len(log) == 1


def test_another_sitecustomize_still_runs(guarded, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("print('the other one')")
    path = os.pathsep.join([str(OFFLINE), str(tmp_path)])
    program = SWALLOWED.format("tcp.connect(('192.0.2.1', 80))")
    done, log = guarded(program, PYTHONPATH=path)
    assert done.stdout == "the other one\nwent on\n" and len(log) == 1


SCRATCH_TEST = """
import contextlib, socket

def test_scratch():
    with contextlib.suppress(OSError):
        socket.socket().connect(({!r}, 9))
"""


@pytest.mark.parametrize("host, red", [("192.0.2.1", True), ("127.0.0.1", False)])
def test_a_run_is_red_if_any_test_or_notebook_tried_to_leave(tmp_path, host, red):
    # Both pass, because both swallow what happens to them; the run must not.
    (tmp_path / "test_scratch.py").write_text(SCRATCH_TEST.format(host))
    swallow = SCRATCH_TEST.format(host) + "\ntest_scratch()\nprint('went on')"
    cell = nbformat.v4.new_code_cell(swallow, execution_count=1)
    cell.outputs = [nbformat.v4.new_output("stream", text="went on\n")]
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, tmp_path / "scratch.ipynb")
    (tmp_path / "pytest.ini").touch()  # no settings but these
    options = [
        "-p",
        "conftest",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
    ]
    own = {
        "CNN_COURSE_REFUSED": str(tmp_path / "log"),
        "PYTHONPATH": os.pathsep.join([str(OFFLINE), str(OFFLINE.parent)]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=tmp_path,
        env=os.environ | own,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "2 passed" in done.stdout, done.stdout
    assert done.returncode == red
    assert ("so this run has failed" in done.stdout) == red
    tried = [line for line in done.stdout.splitlines() if "192.0.2.1" in line]
    assert len(tried) == 2 * red
    if red:
        assert sum("ipykernel" in line for line in tried) == 1


def test_this_very_run_is_guarded():
    assert "socket.connect" in sys.cnn_course_judges
    assert str(OFFLINE) in os.environ["PYTHONPATH"].split(os.pathsep)
    assert os.environ["CNN_COURSE_REFUSED"]


# ------------------------------------------------------- nothing but the download asks

# Modules that reach beyond this process, by their first name or their whole name.
REACHING = set(
    "aiohttp asyncio asyncore ctypes ftplib http httpx imaplib multiprocessing nntplib "
    "paramiko pooch poplib pty requests select selectors smtplib socket socketserver "
    "ssl subprocess telnetlib tornado urllib urllib3 webbrowser xmlrpc zmq".split()
)
HARMLESS = {"urllib.parse", "importlib.metadata"}  # text; which versions are installed
REACHING_CALLS = set(
    "os.system os.popen os.startfile os.fork os.forkpty os.posix_spawn os.posix_spawnp "
    "torch.hub.load torch.hub.download_url_to_file torch.hub.load_state_dict_from_url "
    "torch.utils.model_zoo.load_url".split()
)
# file: what of this it may use, and why
MAY_REACH = {
    # The one documented request: Fashion-MNIST, once, checked by size and MD5.
    "cnn_course/data/download.py": {"pooch"},
    # Not for talking: an exception is raised in a thread whose time is up.
    "cnn_course/exercises/engine/running.py": {"ctypes"},
}


def dotted(node):
    """Return "a.b.c" for the syntax of such a name, "" for anything else."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def imported(node):
    """Return the modules that a statement may import and that may do harm."""
    names = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0:
        names = [f"{node.module}.{alias.name}" for alias in node.names]
    return [n for n in names if ".".join(n.split(".")[:2]) not in HARMLESS]


def reaching(tree):
    """Return [(line, module or call)] of what reaches beyond the process."""
    found = []
    for node in ast.walk(tree):
        for module in imported(node):
            first = module.split(".")[0]
            if first in REACHING:
                found.append((node.lineno, first))
            if module in REACHING_CALLS:
                found.append((node.lineno, module))
        name = dotted(node)
        if name in REACHING_CALLS or name.startswith(("os.exec", "os.spawn")):
            found.append((node.lineno, name))
        if isinstance(node, ast.keyword) and node.arg == "download":
            if getattr(node.value, "value", True) is not False:
                found.append((node.value.lineno, "download="))
    return found


def lesson_code(path):
    """Return the code of a notebook as one tree; a magic is no Python: SyntaxError."""
    cells = nbformat.read(path, as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    return ast.Module([n for c in code for n in ast.parse(c).body], type_ignores=[])


def tree_of(path):
    if path.suffix == ".ipynb":
        return lesson_code(path)
    return ast.parse(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", [*PACKAGE, *LESSONS], ids=name_of)
def test_only_the_download_reaches_beyond_the_process(path):
    allowed = MAY_REACH.get(name_of(path), set())
    assert [use for use in reaching(tree_of(path)) if use[1] not in allowed] == []


@pytest.mark.parametrize(
    "code, expected",
    [
        ("import socket", "socket"),
        ("def f():\n    from urllib.request import urlopen", "urllib"),
        ("import http.client as h", "http"),
        ("from urllib import request", "urllib"),
        ("import os\nos.system('ls')", "os.system"),
        ("from os import system", "os.system"),
        ("os.execv('/bin/sh', [])", "os.execv"),
        ("torch.hub.load('a', 'b')", "torch.hub.load"),
        ("FashionMNIST('.', download=True)", "download="),
        ("from urllib.parse import urlsplit", None),
        ("import urllib.parse", None),
        ("import os, json\nos.path.join('a')\nread(download=False)", None),
    ],
)
def test_code_that_reaches_out_would_be_found(code, expected):
    assert [what for _, what in reaching(ast.parse(code))] == [expected] * bool(
        expected
    )


FETCHING_SCRIPT = re.compile(
    r"\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|sendBeacon|importScripts"
    r"|\bimport\b|\beval\s*\(|new Function|https?://|localStorage|document\.cookie"
)


@pytest.mark.parametrize("path", SCRIPTS, ids=name_of)
def test_javascript_asks_for_nothing_and_runs_no_text(path):
    assert FETCHING_SCRIPT.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("code", ["fetch ('x')", "import a from 'b'", "eval('1')"])
def test_javascript_that_asks_would_be_found(code):
    assert FETCHING_SCRIPT.search(code)


# ---------------------------------------------------------- no pickle, no code of data

PICKLING = set(
    "cPickle cloudpickle code codeop dbm dill importlib joblib jsonpickle marshal "
    "pickle runpy shelve torch.hub torch.package".split()
)
RUNNING = {"eval", "exec", "compile", "__import__", "builtins", "get_ipython"}
# file: what of this it may use, and why
MAY_RUN = {
    # Loads the course's own modules by names written in these two files.
    "cnn_course/__init__.py": {"importlib"},
    "cnn_course/exercises/entries/__init__.py": {"importlib"},
    # Ask if a kernel is there, to show something in it; run nothing in it.
    "cnn_course/exercises/engine/feedback.py": {"get_ipython"},
    "cnn_course/views/training_curves.py": {"get_ipython"},
}
UNSAFE_READERS = (
    "read_pickle yaml.load yaml.full_load yaml.unsafe_load torch.jit.load "
    "torch.export.load torch.load_inline torch.utils.cpp_extension.load"
).split()


def running(tree):
    """Return [(line, what)] of pickles and of text that becomes code."""
    found = []
    loaders = {"torch.load", "serialization.load", "torch.serialization.load"}
    for node in ast.walk(tree):
        for module in imported(node):
            parts = module.split(".")
            for name in {parts[0], ".".join(parts[:2])} & PICKLING:
                found.append((node.lineno, name))
            if parts[-1] in RUNNING or parts[0] in RUNNING:
                found.append((node.lineno, parts[-1]))
            if module in loaders:  # so that every call is written torch.load
                found.append((node.lineno, f"import of {module}"))
        if isinstance(node, ast.Name) and node.id in RUNNING:
            found.append((node.lineno, node.id))
        name = dotted(node)
        if name and any(name == r or name.endswith(f".{r}") for r in UNSAFE_READERS):
            found.append((node.lineno, name))
        if isinstance(node, ast.Call):
            found += _unsafe_arguments(node, loaders)
    return found


def _unsafe_arguments(call, loaders):
    given = {word.arg: getattr(word.value, "value", None) for word in call.keywords}
    if dotted(call.func) in loaders and given.get("weights_only") is not True:
        yield call.lineno, "torch.load without weights_only=True"
    if given.get("allow_pickle", False) is not False:
        yield call.lineno, "allow_pickle"


@pytest.mark.parametrize("path", [*PACKAGE, *LESSONS], ids=name_of)
def test_no_pickle_is_loaded_and_no_text_becomes_code(path):
    allowed = MAY_RUN.get(name_of(path), set())
    assert [use for use in running(tree_of(path)) if use[1] not in allowed] == []


@pytest.mark.parametrize(
    "code, expected",
    [
        ("import pickle", "pickle"),
        ("def f():\n    from pickle import loads", "pickle"),
        ("import numpy, dill", "dill"),
        ("from torch import package", "torch.package"),
        ("eval('1')", "eval"),
        ("list(map(exec, lines))", "exec"),
        ("compile('1', '', 'eval')", "compile"),
        ("__import__('os')", "__import__"),
        ("import builtins", "builtins"),
        ("get_ipython().system('ls')", "get_ipython"),
        ("torch.load(path)", "torch.load without weights_only=True"),
        (
            "torch.load(path, weights_only=False)",
            "torch.load without weights_only=True",
        ),
        ("torch.load(path, weights_only=safe)", "torch.load without weights_only=True"),
        ("torch.load(path, **how)", "torch.load without weights_only=True"),
        ("from torch import load", "import of torch.load"),
        ("np.load(path, allow_pickle=True)", "allow_pickle"),
        ("np.load(path, allow_pickle=yes)", "allow_pickle"),
        ("pd.read_pickle(path)", "pd.read_pickle"),
        ("yaml.load(text)", "yaml.load"),
        ("torch.load(path, map_location='cpu', weights_only=True)", None),
        ("np.load(path)\nnp.load(path, allow_pickle=False)", None),
        ("re.compile('a')\nnet.eval()\ntorch.compile(net)\njson.load(f)", None),
    ],
)
def test_code_that_runs_data_would_be_found(code, expected):
    assert [what for _, what in running(ast.parse(code))] == [expected] * bool(expected)


@pytest.mark.parametrize("line", ["!pip install x", "%pip install x", "%%bash\nwget x"])
def test_a_magic_in_a_notebook_would_be_found(tmp_path, line):
    path = tmp_path / "scratch.ipynb"
    cells = [nbformat.v4.new_code_cell(line)]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    with pytest.raises(SyntaxError):
        lesson_code(path)


def test_every_exception_is_still_needed():
    for allowed, find in ((MAY_REACH, reaching), (MAY_RUN, running)):
        for name, uses in allowed.items():
            assert {what for _, what in find(tree_of(ROOT / name))} == uses, name


class Bomb:
    """Makes the folder `marker` when it is unpickled."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return os.mkdir, (str(self.marker),)


@pytest.mark.parametrize("load", ["pickle.loads", "pickle._loads", "torch_load"])
def test_a_pickle_that_runs_code_is_refused_in_every_process(guarded, tmp_path, load):
    bomb = pickle.dumps(Bomb(tmp_path / "marker"))
    program = f"import pickle\n{load}({bomb!r})"
    if load == "torch_load":
        program = (
            "import io, torch, zipfile\n"
            "file = io.BytesIO()\n"
            "torch.save({}, file)\n"
            "old, new = zipfile.ZipFile(file), io.BytesIO()\n"
            "with zipfile.ZipFile(new, 'w') as archive:\n"
            "    for name in old.namelist():\n"
            "        if name.endswith('data.pkl'):\n"
            f"            archive.writestr(name, {bomb!r})\n"
            "        else:\n"
            "            archive.writestr(name, old.read(name))\n"
            "new.seek(0)\n"
            "torch.load(new, weights_only=False)"
        )
    done, log = guarded(program)
    assert done.returncode == 1 and not (tmp_path / "marker").exists()
    assert len(log) == 1 and "pickle that asks for" in log[0] and ".mkdir" in log[0]


@pytest.fixture
def code_made(monkeypatch):
    """A list of what was compiled, executed, unpickled or started from here on."""
    made = []
    for event in ("compile", "exec", "marshal.loads", "pickle.find_class", "os.system"):
        monkeypatch.setitem(
            sys.cnn_course_judges, event, lambda *_, e=event: made.append(e)
        )
    return made


def test_the_list_of_code_made_hears_it(code_made):
    exec("1")
    assert code_made == ["compile", "exec"]


def publish(monkeypatch, files):
    """Let these raw files pass for the published ones, by size and MD5."""
    import hashlib

    published = {
        name: (len(raw), hashlib.md5(raw, usedforsecurity=False).hexdigest())
        for name, raw in files.items()
    }
    for name, module in list(sys.modules.items()):
        if name.startswith("cnn_course.") and hasattr(module, "RAW_FILES"):
            monkeypatch.setattr(module, "RAW_FILES", published)


@pytest.mark.parametrize("honest_size", [False, True], ids=["a pickle", "in an IDX"])
def test_a_pickle_in_the_place_of_data_is_no_more_than_bytes(
    honest_size, raw_files, data_root, tmp_path, monkeypatch, request
):
    from cnn_course import load_data_fashion_mnist

    folder = data_root / "FashionMNIST" / "raw"
    load_data_fashion_mnist(8, root=data_root)  # what is imported late is imported now
    bomb = pickle.dumps(Bomb(tmp_path / "marker"))
    crafted = {}
    for name, raw in raw_files.items():
        head = 16 if "images" in name else 8
        inside = raw[:head] + bomb + raw[head + len(bomb) :]
        crafted[name] = inside if honest_size and "images" in name else raw
        crafted[name] = crafted[name] if honest_size else bomb
        (folder / name).write_bytes(crafted[name])
    code_made = request.getfixturevalue("code_made")
    if honest_size:  # passes for data: its bytes are pixels
        publish(monkeypatch, crafted)
        images = load_data_fashion_mnist(8, root=data_root)[0].images
        got = bytes(images.reshape(-1)[: len(bomb)].tolist())
        assert got == bomb
    else:
        with pytest.raises(ValueError, match="is damaged"):
            load_data_fashion_mnist(8, root=data_root)
    assert code_made == [] and not (tmp_path / "marker").exists()


def test_a_table_of_results_is_numbers_and_text_whatever_it_says(tmp_path, request):
    from cnn_course.studies.results import append_rows, read_rows

    marker = str(tmp_path / "marker")
    values = [
        f"__import__('os').mkdir({marker!r})",
        f"=cmd|'mkdir {marker}'!A1",
        f"$(mkdir {marker})",
        "{0.__class__.__mro__}",
        pickle.dumps(Bomb(marker), protocol=0).decode("latin-1").replace("\r", ""),
        "1e3",
    ]
    path = tmp_path / "rows.csv"
    append_rows(path, [{"name": value} for value in values])
    code_made = request.getfixturevalue("code_made")
    assert [row["name"] for row in read_rows(path)] == [*values[:-1], 1000.0]
    assert code_made == [] and not (tmp_path / "marker").exists()


def test_a_record_of_progress_is_text_whatever_it_says(tmp_path, monkeypatch, request):
    from cnn_course.exercises.engine import store

    monkeypatch.setenv("CNN_COURSE_STATE", str(tmp_path))
    monkeypatch.setattr(store, "_unwritten", [])
    marker = tmp_path / "marker"
    attack = f"__import__('os').mkdir({str(marker)!r})"
    events = [
        {"id": attack},
        {"id": "01.a", "prediction": attack},
        {"!!python": attack},
    ]
    lines = [json.dumps(event).encode() for event in events]
    bomb = pickle.dumps(Bomb(marker))
    (tmp_path / store.NAME).write_bytes(b"\n".join([*lines, bomb]))
    code_made = request.getfixturevalue("code_made")
    done, predicted = store.summary()
    assert (done, predicted) == ({attack}, {"01.a": attack})
    assert code_made == [] and not marker.exists()


# --------------------------------------------------------------- tokens and trust stay

WEAKENED = {
    "an empty token": r"\btoken=(?:[\s\"'`]|$)|\btoken\s*=\s*(?:''|\"\"|None)",
    "another token's name": r"(?:Notebook|Server)App\.token",
    "a password": r"\b(?:hashed_)?password\s*=",
    "requests from other pages": r"disable_check_xsrf|allow_origin|allow_credentials",
    "other machines": r"allow_remote_access|\bip\s*=\s*[\"']?(?:0\.0\.0\.0|\*|::)",
    "no login": r"allow_unauthenticated|allow_password_change|AllowAllAuthorizer",
    "trust": r"jupyter[ -]trust|NotebookNotary|jupyter_trust|\bmark_trusted\b",
    "unchecked certificates": r"_create_unverified_context|CERT_NONE|check_hostname"
    r"\s*=\s*False|verify\s*=\s*False|--trusted-host|http\.sslVerify",
}
BUILDING = "binder .binder .ci .github .devcontainer cnn_course tests/browser".split()
TEXT = {".py", ".js", ".css", ".html", ".j2", ".json", ".md", ".toml", ".txt", ".yml"}
TEXT |= {".yaml", ".sh", ".cfg", ".ini", ".ipynb", ""}
INSTRUCTIONS = sorted(
    path
    for path in [
        *ROOT.glob("*"),
        *NOTEBOOKS.glob("*"),
        *(path for folder in BUILDING for path in (ROOT / folder).glob("**/*")),
    ]
    if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts
)


def text_of(path):
    """Return what a reader is told, without the data of pictures."""
    if path.suffix != ".ipynb":
        return path.read_text(encoding="utf-8")
    cells = nbformat.read(path, as_version=4).cells
    outputs = [
        str(o.get("text", o.get("data", {}).get("text/html", "")))
        for cell in cells
        for o in cell.get("outputs", [])
    ]
    return "\n".join([*(cell.source for cell in cells), *outputs])


def weakened(text):
    return [
        f"{what}: {found[0].strip()}"
        for what, pattern in WEAKENED.items()
        for found in re.finditer(pattern, text, re.MULTILINE)
    ]


def test_what_a_reader_starts_from_is_among_the_files():
    names = {name_of(path) for path in INSTRUCTIONS}
    assert {"README.md", ".ci/run", "environment.yml", "requirements.txt"} <= names
    assert {"notebooks/00_start_here.ipynb", "tests/browser/lab.py"} <= names
    assert {
        "cnn_course/publishing/saving.py",
        "cnn_course/publishing/deck_template/index.html.j2",
    } <= names


@pytest.mark.parametrize("path", INSTRUCTIONS, ids=name_of)
def test_no_token_and_no_trust_is_switched_off(path):
    assert weakened(text_of(path)) == []


@pytest.mark.parametrize(
    "text, found",
    [
        ("jupyter lab --IdentityProvider.token= --no-browser", 1),
        ("jupyter lab --IdentityProvider.token=", 1),
        ("c.IdentityProvider.token = ''", 1),
        ('--IdentityProvider.token=""', 1),
        ("--NotebookApp.token=abc", 1),
        ("c.PasswordIdentityProvider.hashed_password = ''", 1),
        ("--ServerApp.disable_check_xsrf=True", 1),
        ("c.ServerApp.allow_origin = '*'", 1),
        ("--ServerApp.allow_remote_access=1", 1),
        ("jupyter lab --ip=0.0.0.0", 1),
        ("c.ServerApp.ip = '*'", 1),
        ("jupyter trust notebooks/*.ipynb", 1),
        ("context.verify_mode = ssl.CERT_NONE", 1),
        ("http://127.0.0.1:8888/lab?token=0123abc", 0),
        ("f'--IdentityProvider.token={token}' --ip=127.0.0.1", 0),
        ("token = secrets.token_hex(16)", 0),
        ("it listens on your own machine, with a token, as always", 0),
    ],
)
def test_a_token_or_a_trust_switched_off_would_be_found(text, found):
    assert len(weakened(text)) == found
