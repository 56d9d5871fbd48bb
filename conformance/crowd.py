"""Many requests at once over many connections, and a tally of what became of them.

Owns the carrying out of a `Crowd`. Every answer is looked at when it comes, and only the first
conversation that went wrong is kept.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter

from .protocol import AdapterError
from .raw import RawConnection
from .seen import Answer, Conversation, CrowdSeen
from .steps import Crowd

_OPENING_AT_ONCE = 100  # fewer than any backlog, so that nobody is turned away at the door
_OPEN_FILES = 8192  # beyond what any crowd needs; some programs walk through all they may have


def allow_many_files() -> None:
    """Raise the soft limit of open files towards the hard one, for us and those we start."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class CrowdRun:
    """One crowd on its way. `request` has the authority and the id of the script in it already."""

    def __init__(self, step: Crowd, request: bytes, host: str, port: int) -> None:
        self._step = step
        self._request = request
        self._own = step.own if isinstance(step.own, tuple) else (step.own,)
        self._host = host
        self._port = port
        self._statuses: Counter[int] = Counter()
        self._foreign = 0
        self._answered = 0
        self._odd: Conversation | None = None
        self._connections: list[RawConnection] = []

    async def run(self) -> None:
        """Send everything and look at every answer. All connections are open before any sends.

        Raises AdapterError when they cannot be opened here, which is not the subject's doing.
        """
        step = self._step
        self._connections = [RawConnection(step.name) for _ in range(step.connections)]
        limit = asyncio.Semaphore(_OPENING_AT_ONCE)

        async def open_one(connection: RawConnection) -> None:
            async with limit:
                try:
                    await connection.open(self._host, self._port)
                except OSError as exc:
                    asked = f"{step.connections} connections cannot be opened here"
                    raise AdapterError(f"{asked}: {exc.strerror or exc}") from exc

        # All are waited for, also when one fails: what opens later would never be closed.
        opened = await asyncio.gather(*map(open_one, self._connections), return_exceptions=True)
        for failure in opened:
            if failure is not None:
                raise failure
        numbers = [range(first, step.count, step.connections) for first in range(step.connections)]
        await asyncio.gather(*map(self._talk, self._connections, numbers))

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()

    def seen(self) -> CrowdSeen:
        return CrowdSeen(
            self._step.count,
            dict(self._statuses),
            self._foreign,
            self._step.count - self._answered,
        )

    def conversation(self) -> Conversation | None:
        """The first one that went wrong."""
        return self._odd

    async def _talk(self, connection: RawConnection, numbers: range) -> None:
        for start in range(0, len(numbers), self._step.pipelined):
            batch = numbers[start : start + self._step.pipelined]
            begin = len(connection.answers.answers)
            await connection.send([b"".join(_numbered(self._request, one) for one in batch)])
            wanted = begin + len(batch)
            connection.answers.expect("GET", len(batch))
            await connection.read(lambda reader: len(reader.answers) >= wanted)  # noqa: B023
            answers = connection.answers.answers[begin:wanted]
            for number, answer in zip(batch, answers, strict=False):
                self._look_at(connection, number, answer)
            if len(answers) < len(batch):
                self._odd = self._odd or connection.conversation()
                return
            connection.forget()

    def _look_at(self, connection: RawConnection, number: int, answer: Answer) -> None:
        if not answer.is_complete:
            self._odd = self._odd or connection.conversation()
            return
        self._answered += 1
        self._statuses[answer.status] += 1
        if any(_numbered(own, number) not in answer.body for own in self._own):
            self._foreign += 1
            self._odd = self._odd or connection.conversation()


def _numbered(data: bytes, number: int) -> bytes:
    return data.replace(b"@N@", b"%06d" % number)
