"""What Linux knows about processes: memory in bytes, processor time in seconds. No other state.

Functions that begin with `session_` take the sum over the processes of a session, since a server
may have started some.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from conformance.guard import session_members

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


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


def cpu_s(pid: int) -> float:
    """Processor time of all living threads; schedstat counts nanoseconds, stat ticks of 10 ms."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def session_rss_bytes(sid: int) -> int:
    return _over_session(rss_bytes, sid)


def session_reset_peak_rss(sid: int) -> None:
    for pid in session_members(sid):
        reset_peak_rss(pid)


def session_peak_rss_bytes(sid: int) -> int:
    """The sum of the peaks, which processes may have had one after the other: never too small."""
    return _over_session(peak_rss_bytes, sid)


def _over_session(read: Callable[[int], int], sid: int) -> int:
    """The sum; raises ProcessLookupError when nobody is left."""
    members = session_members(sid)
    if not members:
        raise ProcessLookupError(sid)
    return sum(read(pid) for pid in members)
