"""What a subject takes while inputs come, against what it took in the beginning.

Owns the bounds. Read from /proc for the whole session of the subject; where there is none, and for
a URL, only that it answers is known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.check import practice
from conformance.gauge import can_gauge, gauge
from conformance.guard import session_members

from ..target import Violation
from .server import Logged, Server

BOUNDED = practice("what a server takes does not grow with the connections that have ended")

_WARM_INPUTS = 2000
"""Caches and pools are filled by then."""
_GROWTH_BYTES = 128 << 20
_MORE_DESCRIPTORS = 64
_MORE_THREADS = 64
_LOG_BYTES = 8192
_LOG_LINES = 200  # an input may have several requests that crash, and a traceback has fifty lines
_LOGGED_INPUTS = 500
_SETTLED_WITHIN_S = 3.0
_POLL_S = 0.1


@dataclass(frozen=True)
class Taken:
    """memory_bytes, descriptors, threads of all processes of a session."""

    memory_bytes: int
    descriptors: int
    threads: int

    def excess(self, first: Taken) -> str | None:
        """What has grown out of bounds."""
        if self.descriptors > first.descriptors + _MORE_DESCRIPTORS:
            return "descriptors"
        if self.threads > first.threads + _MORE_THREADS:
            return "threads"
        if self.memory_bytes > 2 * first.memory_bytes + _GROWTH_BYTES:
            return "memory"
        return None


class Health:
    """Looks after one server; one that was started again is another."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sid: int | None = None
        self._first: Taken | None = None
        self._inputs = 0
        self._mark = Logged(0, 0)

    def played(self, count: int) -> None:
        """So many inputs were played."""
        if self._server.sid != self._sid:
            self._sid, self._first, self._inputs = self._server.sid, None, 0
            self._mark = self._server.logged()
        self._inputs += count

    async def look(self) -> Sequence[Violation]:
        """What is out of bounds now."""
        found = []
        logged, mark = self._server.logged(), self._mark
        size_bytes, lines = logged.size_bytes - mark.size_bytes, logged.lines - mark.lines
        if self._inputs >= _LOGGED_INPUTS and (
            size_bytes > _LOG_BYTES * self._inputs or lines > _LOG_LINES * self._inputs
        ):
            text = f"{size_bytes} bytes in {lines} lines on stderr for {self._inputs} inputs"
            found.append(Violation("grows", "log", text=text, source=BOUNDED))
        if self._sid is None or not can_gauge():
            return found
        if self._first is None:
            if self._inputs >= _WARM_INPUTS:
                self._first = taken(self._sid)
            return found
        excess = await self._excess(self._first, self._sid)
        if excess is not None:
            text = f"from {self._first} to {taken(self._sid)} by {self._inputs} inputs"
            found.append(Violation("grows", excess, text=text, source=BOUNDED))
            self._first = taken(self._sid)  # said once, until it has grown again
        return found

    @staticmethod
    async def _excess(first: Taken, sid: int) -> str | None:
        """What stays out of bounds: what has ended a moment ago may still be put away."""
        for _ in range(int(_SETTLED_WITHIN_S / _POLL_S)):
            excess = taken(sid).excess(first)
            if excess is None:
                return None
            await asyncio.sleep(_POLL_S)
        return excess


def taken(sid: int) -> Taken:
    """What the processes of a session have taken now."""
    gauged = gauge(sid)
    threads = 0
    for pid in session_members(sid):
        try:
            threads += len(list((Path("/proc") / str(pid) / "task").iterdir()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended meanwhile
    return Taken(gauged.memory_bytes, gauged.descriptors, threads)
