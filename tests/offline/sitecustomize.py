"""No process of the tests leaves this machine, and none is made to run a pickle's code.

Every Python that finds this folder on its PYTHONPATH imports this file before anything
else: kernels, JupyterLab, helpers, and what those start. It listens to the events that
Python itself announces (`sys.addaudithook`; a hook cannot be taken away again):

* an address that is not of this machine: connect, send, bind, ask for a name
* a page opened in the user's browser, and programs that fetch (curl, pip, …)
* a Python started without this guard
* a pickle that asks for a function or class, which is how a pickle runs code

Each raises `Refused`, and is written down as well, because much code catches an OSError
and goes on: tests/conftest.py makes the run red if $CNN_COURSE_REFUSED names a file
with a line in it. What is not Python is not heard: ZeroMQ's own sockets between kernel
and JupyterLab (on loopback), and Chromium.
"""

import os
import sys

VARIABLE = "CNN_COURSE_REFUSED"
HERE = os.path.dirname(os.path.abspath(__file__))
FETCHERS = set(
    "aria2c conda curl ftp mamba nc npm pip pip3 rsync scp ssh uv wget".split()
)
SHELLS = {"sh", "bash", "dash", "zsh", "cmd", "cmd.exe"}
# Names of this machine that may be asked for; its own host name is none of them, since
# a name server elsewhere may be asked for it, and nothing in the tests needs it.
LOCAL_NAMES = {"", "localhost"}
# Files that may unpickle: Babel, which tells JupyterLab the names of languages, keeps
# its tables like this, and reads no others. Nothing else in the tests unpickles at all.
MAY_UNPICKLE = (os.path.join("babel", "localedata.py"),)
# Programs that fetch, asked for something that they have at home: JupyterLab's finder
# of language servers asks npm for the folder it installs into.
AT_HOME = (["npm", "prefix", "-g"],)


class Refused(OSError):
    """What was tried leaves this machine, or runs code that came as data."""


def _text(host):
    return host.decode("ascii", "replace") if isinstance(host, bytes) else host


def _number(host):
    """Return a host's address if it is given as a number, else None."""
    import ipaddress

    try:
        address = ipaddress.ip_address(_text(host).partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_local(host, listening=False):
    """Say if a host, text or bytes, is this machine (None: no host at all, so yes)."""
    if host is None or _text(host).lower() in LOCAL_NAMES:
        return True
    if (address := _number(host)) is None:
        return False
    return address.is_loopback or (listening and address.is_unspecified)


def _to(sock, address, listening=False):
    import socket

    if address is None or sock.family == getattr(socket, "AF_UNIX", None):
        return None  # connected before, or a file of this machine
    internet = sock.family in (socket.AF_INET, socket.AF_INET6)
    if internet and _is_local(address[0], listening):
        return None
    return f"address {address!r}"


def _bind(sock, address):
    return _to(sock, address, listening=True)


def _asks(host, *_):
    # "Any address" is a number: nobody is asked for it.
    return None if _is_local(host, listening=True) else f"name {host!r}"


def _asks_number(address):
    return _asks(address[0])


def _new_socket(*_):
    """At the first one: ask before the name of a host in an address is looked up.

    Python announces `connect` and its like only when that has happened.
    """
    if not JUDGES.pop("socket.__new__", None):
        return
    import socket

    def asking_first(method):
        def ask(self, *arguments):
            address = arguments[-1] if arguments else None
            host = address[0] if isinstance(address, tuple) else None
            if isinstance(host, (str, bytes)) and not _number(host):
                sys.audit("socket.getaddrinfo", host)
            return method(self, *arguments)

        return ask

    for name in ("connect", "connect_ex", "sendto", "bind"):
        setattr(socket.socket, name, asking_first(getattr(socket.socket, name)))


def _browser(url):
    return f"page {url!r}"


def _program(executable, args, cwd, environment):
    words = args.split() if isinstance(args, (str, bytes)) else list(args)
    # The program's file, then the command as given: its own name and arguments.
    words = [os.fsdecode(word) for word in (executable or words[0], *words)]
    return _fetches(words) or _unguarded(words, environment)


def _shell(command):
    return _fetches(["sh", "sh", "-c", os.fsdecode(command)])


def _fetches(words):
    program = os.path.basename(words[0])
    if [program, *words[2:]] in AT_HOME:
        return None
    said = " ".join(words).split() if program in SHELLS else words[:1]
    if found := FETCHERS & {os.path.basename(word) for word in said}:
        return f"program {min(found)}"


def _unguarded(words, environment):
    if not os.path.basename(words[0]).startswith(("python", "py.")):
        return None  # not Python: it could not hear the guard
    given = os.environ if environment is None else environment
    given = {os.fsdecode(k): os.fsdecode(v) for k, v in dict(given).items()}
    folders = given.get("PYTHONPATH", "").split(os.pathsep)
    if HERE not in folders or not given.get(VARIABLE):
        return "Python without this guard"
    for word in words[2:]:
        if not word.startswith("-") or word in ("-c", "-m"):
            return None
        if not word.startswith("--") and set(word[1:]) & set("IES"):
            return f"Python with {word}, which switches this guard off"


def _pickle(module, name):
    frame = sys._getframe(2)
    while frame and "pickle" in os.path.basename(frame.f_code.co_filename):
        frame = frame.f_back
    if frame and frame.f_code.co_filename.endswith(MAY_UNPICKLE):
        return None
    return f"pickle that asks for {module}.{name}"


# event of Python: what says why it is refused, or None
JUDGES = {
    "socket.__new__": _new_socket,
    "socket.connect": _to,
    "socket.sendto": _to,
    "socket.sendmsg": _to,
    "socket.bind": _bind,
    "socket.getaddrinfo": _asks,
    "socket.gethostbyname": _asks,
    "socket.gethostbyaddr": _asks,
    "socket.getnameinfo": _asks_number,
    "webbrowser.open": _browser,
    "subprocess.Popen": _program,
    "os.system": _shell,
    "pickle.find_class": _pickle,
}


def _hook(event, arguments):
    if event in JUDGES:  # the first line: Python announces far more than these
        if why := JUDGES[event](*arguments):
            _write_down(event, why)
            raise Refused(f"{event}: {why} was refused, tests stay on this machine")


def _write_down(event, why):
    frame, stack = sys._getframe(2), []
    while frame and len(stack) < 12:
        if frame.f_code.co_filename != __file__:
            stack.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
        frame = frame.f_back
    test = os.environ.get("PYTEST_CURRENT_TEST", "no test")
    words = [event, why, f"pid {os.getpid()}", " ".join(sys.argv[:3]) or "-c", test]
    line = " | ".join([*words, " < ".join(stack)]).replace("\n", " ")
    log = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(log, f"{line}\n".encode("utf-8", "replace"))
    finally:
        os.close(log)


def _the_next_one():
    """Run the `sitecustomize` that this one hides, if this Python has another."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    elsewhere = [folder for folder in sys.path if os.path.abspath(folder) != HERE]
    if spec := PathFinder.find_spec("sitecustomize", elsewhere):
        spec.loader.exec_module(module_from_spec(spec))


LOG = os.environ.get(VARIABLE)
if LOG and not hasattr(sys, "cnn_course_judges"):
    sys.cnn_course_judges = JUDGES  # so that a test can listen to more events
    sys.addaudithook(_hook)
if __name__ == "sitecustomize":
    _the_next_one()
