"""A signal that ends a wait, however late it comes.

Owns the file descriptor that Python writes to when a signal arrives. A handler written in Python
runs between two bytecodes: a signal that comes after the last of them and before the process
sleeps in the kernel (waitpid, epoll_wait) is seen when that sleep ends, which may be never. The
descriptor is readable from the first moment on, so a wait that includes it ends. POSIX only.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress


class SignalWakeup:
    """A descriptor, `reader`, that is readable once a signal has arrived that has a handler.

    Another one that is set already (uvloop's, for one) does the same, and stays. Signals belong to
    the main thread: elsewhere `is_set` is false too, and `reader` never becomes readable.
    """

    def __init__(self) -> None:
        self.reader, self._writer = os.pipe()
        os.set_blocking(self.reader, False)
        os.set_blocking(self._writer, False)
        self.is_set = False
        if threading.current_thread() is threading.main_thread():
            previous = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
            self.is_set = previous == -1
            if not self.is_set:
                signal.set_wakeup_fd(previous)

    def drain(self) -> None:
        """Make `reader` unreadable, until the next signal."""
        with suppress(BlockingIOError):
            while os.read(self.reader, 512):
                pass

    def close(self) -> None:
        """Give the descriptor back, unless somebody (`loop.add_signal_handler`) replaced it."""
        if self.is_set:
            current = signal.set_wakeup_fd(-1)
            if current not in (-1, self._writer):
                signal.set_wakeup_fd(current)
            self.is_set = False
        os.close(self.reader)
        os.close(self._writer)
