"""An interrupt ends training between two steps, not in the middle of one."""

import contextlib
import signal
import threading


class Stop:
    """Notes an interrupt (Ctrl-C, Kernel → Interrupt Kernel) until it is asked for.

    with Stop() as stop:
        for …:
            …
            if stop.asked:
                stop.now()  # raises KeyboardInterrupt

    An interrupt that is raised wherever Python happens to be could leave half of the
    weights updated, or a network in evaluation mode. So the first one is only noted; a
    second one is raised at once, for a step that never ends. From then on interrupts
    are ignored, so that whatever has to be put back is put back.
    """

    def __init__(self):
        self.asked = self.stopping = self.listening = self.importing = False

    def __enter__(self):
        # Python handles signals in the main thread only; and a handler that somebody
        # else has chosen, such as to ignore them all, stays.
        if threading.current_thread() is threading.main_thread():
            handler = signal.getsignal(signal.SIGINT)
            if handler is signal.default_int_handler:
                self.listening = True
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        if self.listening:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, *_):
        if self.asked and not self.stopping and not self.importing:
            self.now()
        self.asked = True

    @contextlib.contextmanager
    def late_imports(self):
        """Let every interrupt wait, also a second one, while the body imports.

        The first optimizer of a process imports torch._dynamo and sympy, for a second
        or two. An import that is broken off leaves parts of modules behind, and nothing
        can be trained any more until the kernel is restarted.
        """
        self.importing = True
        try:
            yield
        finally:
            self.importing = False

    def now(self):
        """Raise KeyboardInterrupt, and ignore all further interrupts."""
        self.stopping = True
        raise KeyboardInterrupt
