"""What Linux knows about processes: memory in bytes, and whether they sleep. No other state.

Functions that begin with `session_` take the sum over the processes of a session, since a server
may have started some, and leave out one that ends meanwhile. Those of one process raise OSError
where it has ended.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from conformance.guard import session_members

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_ENDED = (FileNotFoundError, ProcessLookupError)
"""How /proc says that a process has ended: before its file was opened, and behind that."""


def is_there() -> bool:
    """Whether there is such a /proc."""
    return Path("/proc/self/statm").exists()


@dataclass(frozen=True)
class Processors:
    """Time of all processors since the machine began, in ticks: whole, and what the host of a
    virtual machine gave to others while this one wanted to run."""

    whole: int
    stolen: int

    @classmethod
    def now(cls) -> Self:
        line = Path("/proc/stat").read_text().partition("\n")[0]
        # Fields: user, nice, system, idle, iowait, irq, softirq, steal (proc_stat(5)).
        ticks = [int(word) for word in line.split()[1:9]]
        return cls(sum(ticks), ticks[7])

    def stolen_since(self, before: Processors) -> float:
        """The share that was stolen since; 0 where no time has passed."""
        return (self.stolen - before.stolen) / max(1, self.whole - before.whole)


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


def sleeps(pid: int) -> bool:
    """Whether no thread of a process runs or could; those that end meanwhile are left out."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(*_ENDED):
            if (task / "stat").read_text().rpartition(")")[2].split()[0] != "S":
                return False
    return True


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
