"""Something done before the n-th line of some files, to be tried at every line."""

import sys
from types import SimpleNamespace


def before_line(number, files, act):
    """Call act() before the `number`-th line of these files is run; count them.

    `files` are the ends of their paths. Returns the count, with its number of `lines`.
    sys.settrace(None) ends it where fewer lines are run.
    """
    count = SimpleNamespace(lines=0)

    def local(frame, event, _):
        if event == "line":
            count.lines += 1
            if count.lines == number:
                sys.settrace(None)
                act()
        return local

    def trace(frame, *_):
        return local if frame.f_code.co_filename.endswith(files) else None

    sys.settrace(trace)
    return count
