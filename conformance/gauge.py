"""What a subject has taken so far: memory, processor time, descriptors.

Owns the reading of /proc. A subject may have started processes, so its whole session counts.
"""

from __future__ import annotations

import os
from pathlib import Path

from .guard import session_members
from .seen import Gauged

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_NS_PER_S = 1_000_000_000


def can_gauge() -> bool:
    """There is a /proc that tells."""
    return Path("/proc/self/statm").exists() and Path("/proc/self/schedstat").exists()


def gauge(sid: int) -> Gauged:
    """The sum over the processes of a session that are there."""
    total = Gauged(0, 0.0, 0)
    for pid in session_members(sid):
        try:
            one = _process(Path("/proc") / str(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
        total = Gauged(
            total.memory_bytes + one.memory_bytes,
            total.cpu_s + one.cpu_s,
            total.descriptors + one.descriptors,
        )
    return total


def _process(folder: Path) -> Gauged:
    resident_pages = int((folder / "statm").read_text().split()[1])
    # A thread's own file counts nanoseconds, where stat counts ticks of 10 ms.
    threads = (folder / "task").iterdir()
    cpu_ns = sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)
    descriptors = len(os.listdir(folder / "fd"))
    return Gauged(resident_pages * _PAGE_BYTES, cpu_ns / _NS_PER_S, descriptors)
