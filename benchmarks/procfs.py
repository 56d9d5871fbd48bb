"""What Linux knows about the memory of processes, in bytes. No other state.

Functions that begin with `session_` take the sum over the processes of a session, since a server
may have started some, and leave out one that ends meanwhile. Those of one process raise OSError
where it has ended.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from conformance.guard import session_members

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ENDED = (FileNotFoundError, ProcessLookupError)
"""How /proc says that a process has ended: before its file was opened, and behind that."""


def is_there() -> bool:
    """Whether there is such a /proc."""
    return Path("/proc/self/statm").exists()


def rss_bytes(pid: int) -> int:
    """Resident memory now."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES


def reset_peak_rss(pid: int) -> None:
    """Makes `peak_rss_bytes` count from here (5: reset the high water mark, proc(5))."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_rss_bytes(pid: int) -> int:
    """The largest resident memory since the last reset."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


def session_rss_bytes(sid: int) -> int:
    return _over_session(rss_bytes, sid)


def session_reset_peak_rss(sid: int) -> None:
    for pid in session_members(sid):
        with suppress(*_ENDED):
            reset_peak_rss(pid)


def session_peak_rss_bytes(sid: int) -> int:
    """The sum of the peaks of those that are left, who may have had them one after the other."""
    return _over_session(peak_rss_bytes, sid)


def _over_session(read: Callable[[int], int], sid: int) -> int:
    """The sum; raises ProcessLookupError when nobody is left."""
    found = []
    for pid in session_members(sid):
        with suppress(*_ENDED):
            found.append(read(pid))
    if not found:
        raise ProcessLookupError(errno.ESRCH, f"no process of session {sid} is left")
    return sum(found)
