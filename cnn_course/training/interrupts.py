"""An interrupt ends training between two steps, not in the middle of one."""

import signal
import threading


class Stop:
    """Notes an interrupt (Ctrl-C, Kernel → Interrupt Kernel) until a step is done.

    Raised wherever Python happens to be, it could leave half of the weights updated.
    So the first one is only noted. A second one is raised at once, for a step that
    never ends, but only while `impatient`: not before the first batch, as a broken-off
    import of what the first optimizer of a process needs would poison the kernel; nor
    after `here`, while things are put back.
    """

    def __init__(self):
        self.asked = self.impatient = False
        self.before = None

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():  # it gets the signals
            self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        if self.before is not None:
            signal.signal(signal.SIGINT, self.before)

    def _note(self, *_):
        again, self.asked = self.asked, True
        if again and self.impatient:
            self.here()

    def here(self):
        """Raise KeyboardInterrupt if one was noted, and ignore all further ones."""
        if self.asked:
            self.impatient = False
            raise KeyboardInterrupt
