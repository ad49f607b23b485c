"""No process of the tests leaves this machine.

Every Python that finds this folder on its PYTHONPATH imports this file before anything
else: kernels, JupyterLab, helpers, and what those start. It listens to the events that
Python itself announces (`sys.addaudithook`), and refuses

* an address or a name that is not of this machine
* a Python started without this guard

Each raises `Refused`, and is written down as well, because much code catches an OSError
and goes on: tests/conftest.py makes the run red if $CNN_COURSE_REFUSED names a file
with a line in it. What is not Python is not heard: ZeroMQ's own sockets between kernel
and JupyterLab (on loopback), and Chromium. Package and notebooks start no program
(tests/test_safety.py).
"""

import os
import sys

VARIABLE = "CNN_COURSE_REFUSED"
LOG = os.environ.get(VARIABLE)
HERE = os.path.dirname(os.path.abspath(__file__))


class Refused(OSError):
    """What was tried leaves this machine."""


def _is_local(host):
    import ipaddress

    host = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if host in (None, "", "localhost", "0.0.0.0", "::"):
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _address(sock, address):
    # A socket between processes of this machine has a path, not a pair with a host.
    host = address[0] if isinstance(address, tuple) else None
    if isinstance(host, str) and not _is_local(host):
        return f"address {address!r}"


def _name(host, *_):
    return None if _is_local(host) else f"name {host!r}"


def _program(executable, args, cwd, environment):
    words = [args] if isinstance(args, (str, bytes)) else args
    program, *options = map(os.fsdecode, words)
    if os.path.basename(os.fsdecode(executable or program)).startswith("python"):
        given = os.environ if environment is None else environment
        off = options and options[0][0] == "-" and set(options[0]) & set("IES")
        if off or HERE not in given.get("PYTHONPATH", "") or VARIABLE not in given:
            return "Python without this guard"


# event of Python: what says why it is refused, or None
JUDGES = {
    "socket.connect": _address,
    "socket.sendto": _address,
    "socket.getaddrinfo": _name,
    "socket.gethostbyname": _name,
    "socket.gethostbyaddr": _name,
    "subprocess.Popen": _program,
}


def _hook(event, arguments):
    if event in JUDGES:  # the first line: Python announces far more than these
        if why := JUDGES[event](*arguments):
            _write_down(event, why)
            raise Refused(f"{event}: {why} was refused, tests stay on this machine")


def _write_down(event, why):
    import traceback

    test = os.environ.get("PYTEST_CURRENT_TEST", "no test")
    frames = traceback.extract_stack()[-18:-2]
    stack = " < ".join(f"{f.filename}:{f.lineno}" for f in reversed(frames))
    program = " ".join(sys.argv[:3])
    line = " | ".join([event, why, f"pid {os.getpid()}", program, test, stack])
    with open(LOG, "a", encoding="utf-8", errors="replace") as log:
        log.write(line.replace("\n", " ") + "\n")


if LOG and not hasattr(sys, "cnn_course_guard"):
    sys.cnn_course_guard = HERE
    sys.addaudithook(_hook)
