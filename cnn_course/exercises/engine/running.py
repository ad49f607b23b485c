"""Run a student's function so that nothing it does can hurt the notebook."""

import contextlib
import ctypes
import inspect
import io
import threading
import traceback

from cnn_course.exercises.engine.feedback import describe

SECONDS = 3  # for one check; every exercise needs well under one
COURSE = __file__.rpartition("exercises")[0]
LIBRARY = contextlib.__file__.rpartition("contextlib")[0]


class TimeUp(BaseException):
    """Raised inside code that has run for too long. Not an Exception, so that an
    `except Exception` in the student's loop does not swallow it."""


@contextlib.contextmanager
def time_limit(seconds=SECONDS):
    """Raise TimeUp in the body when it runs for more than so many seconds.

    A second thread raises it, because signals exist neither on Windows nor outside the
    main thread. It arrives between two steps of Python: a loop is stopped, one long
    call into C, such as `time.sleep`, only when it is over. It is raised again and
    again until the body ends, since a bare `except:` can catch it.
    """
    running, ended = threading.Lock(), []
    thread, error = ctypes.c_ulong(threading.get_ident()), ctypes.py_object(TimeUp)

    def watch():
        wait = seconds
        while not running.acquire(timeout=wait):
            # Never with None, which is said to take an error back: Python 3.11 then
            # looks for one for ever, and hangs where a debugger traces the steps.
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)
            wait = 0.1
        ended.append(True)

    running.acquire()
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        # TimeUp may still come at any of these steps, and each may be done twice. An
        # interrupt that comes here is too late: what it was to stop is over.
        while not ended:
            with contextlib.suppress(TimeUp, KeyboardInterrupt, RuntimeError):
                running.release()  # RuntimeError: it was released before
                watcher.join()
        with contextlib.suppress(TimeUp):
            for _ in range(2):  # a step back in a loop: what was raised arrives here
                pass


def attempt(judge, answer, seconds=SECONDS):
    """Return (judge(answer), None), or (None, why it came to no result)."""
    try:
        with time_limit(seconds):
            return judge(answer), None
    except TimeUp:
        why = f"still running after {seconds} seconds: too much work, or a loop that"
        return None, f"This was {why} never ends."
    except Exception as error:  # the answer is of a kind that no check foresees
        what = f"{describe(answer)} cannot be compared with anything: it raised"
        return None, f"{what} `{type(error).__name__}`. Is this what you meant?"


class Stopped(Exception):
    """A student's function did not return; the message says how it ended."""


def call(function, *args):
    """Return (result of function(*args), what it printed).

    Raises Stopped, which names the error and the line of the student's code, if it
    raised anything but an interrupt.
    """
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            return function(*args), printed.getvalue()
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:  # a SystemExit, too, would end the check
        text = traceback.format_exception_only(error)[-1].partition("\n")[0]
        text = f"`{text[:200]}`"
        frames = traceback.extract_tb(error.__traceback__, limit=-100)  # of recursion
        for frame in reversed(frames):
            others = frame.filename.startswith(("<frozen", COURSE, LIBRARY))
            if frame.line and not others and "site-packages" not in frame.filename:
                text += f" in the line `{frame.line}`"
                break
        raise Stopped(text) from error


def is_blank(answer):
    """Say if an answer is still the `...` of the notebook, or contains one."""
    if isinstance(answer, (list, tuple)):
        return any(item is ... for item in answer)
    return answer is ... or answer is None


def ends_in_dots(answer):
    """Say if a function, or every method of a class, still ends in the `...`."""
    # A notebook keeps no source of a class, but that of its methods.
    parts = vars(answer).values() if inspect.isclass(answer) else [answer]
    try:
        sources = [inspect.getsource(x) for x in parts if inspect.isfunction(x)]
    except OSError:
        return False
    return bool(sources) and all(text.rstrip().endswith("...") for text in sources)
