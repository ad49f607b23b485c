"""An interrupt ends training between two steps, not in the middle of one."""

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
    weights updated, or a network in evaluation mode. So the first one is only noted. A
    second one is raised at once, for a step that never ends, but only while
    `impatient`: not before the first batch, as the first optimizer of a process imports
    torch._dynamo, of which a broken-off import leaves parts behind, and nothing can be
    trained until the kernel restarts; nor after `now`, while things are put back.
    """

    def __init__(self):
        self.asked = self.impatient = self.listening = False

    def __enter__(self):
        # Python handles signals in the main thread only; and a handler that somebody
        # else has chosen, such as to ignore them all, stays.
        if threading.current_thread() is threading.main_thread():
            if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
                self.listening = True
                signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(self, *_):
        if self.listening:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, *_):
        if self.asked and self.impatient:
            self.now()
        self.asked = True

    def now(self):
        """Raise KeyboardInterrupt, and ignore all further interrupts."""
        self.impatient = False
        raise KeyboardInterrupt
