"""A subject that serves: what it uses, how it ended, what it said last.

Owns what is the same for an adapter and for a peer. Starts neither.
"""

from __future__ import annotations

from contextlib import suppress

from conformance.guard import session_members

from . import procfs
from .command import Refused
from .load.turns import processors_s
from .subjects import Subject

_TAIL_LINES = 20


class Server:
    """A subject that serves. `pid` is that of the process that leads its session."""

    def __init__(self, subject: Subject, pid: int, host: str, port: int) -> None:
        self.subject = subject
        self.pid = pid
        self.host = host
        self.port = port
        self._seconds: dict[int, float] = {}

    def cpu_s(self) -> float:
        """Processor time of all processes of its session so far, in seconds.

        It never falls: of a process that has ended counts what was seen last.
        """
        for pid in session_members(self.pid):
            with suppress(OSError):  # it ended meanwhile
                self._seconds[pid] = processors_s((pid,))
        return sum(self._seconds.values())

    def pids(self) -> tuple[int, ...]:
        """All processes of its session. Raises Refused when none is left."""
        found = tuple(session_members(self.pid))
        if not found:
            raise self.refusal("ended before it was measured")
        return found

    def rss_bytes(self) -> int:
        """Resident memory of all processes of its session. Raises Refused when none is left."""
        try:
            return procfs.session_rss_bytes(self.pid)
        except (ProcessLookupError, FileNotFoundError) as exc:
            raise self.refusal("ended while its memory was read") from exc

    @property
    def events_seen(self) -> int:
        """How many events its handlers told so far, though the application is a quiet one: what
        that costs is a part of every figure."""
        return 0

    @property
    def end(self) -> str | None:
        """How it ended, in words; None as long as it runs."""
        raise NotImplementedError

    async def ended(self) -> None:
        """Until it has ended."""
        raise NotImplementedError

    def stderr_tail(self) -> str:
        """The last lines of what it wrote on stderr."""
        raise NotImplementedError

    def refusal(self, what: str) -> Refused:
        """`what` it did, with the last that it said."""
        said = self.stderr_tail()
        return Refused(f"{self.subject.label} {what}" + (f"; it said:\n{said}" if said else ""))


def last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-_TAIL_LINES:])
