"""Plays cases on a subject: many applications in one adapter process, over real sockets.

Owns the process, which is started again when a case has ended it. Judges nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from ..driver import AdapterProcess, Command, Deadlines, Hello, RunningApp, how_it_ended
from ..guard import Guard
from ..protocol import AdapterError
from ..raw import RawConnection
from ..seen import Answer, Rejection
from ..spec import App
from ..steps import End
from .case import Case, Talk, id_of
from .observed import Observed, Outcome, Reply

LIVE_APPS = 32
"""So many applications stay up behind their case; ending one must not delay the next."""

_ENDS = {
    End.CLOSED: Outcome.CLOSED,
    End.RESET: Outcome.RESET,
    End.REFUSED: Outcome.REFUSED,
    End.OPEN: Outcome.SILENT,
}


class Player:
    """One subject. Raises AdapterError from `open` and `play` when the adapter is at fault."""

    def __init__(self, command: Command, guard: Guard, deadlines: Deadlines | None = None) -> None:
        self.command = command
        self.hello = Hello(command.label)
        self.apps = 0
        """How many applications were served."""
        self.requests = 0
        """How many requests were sent."""
        self._guard = guard
        self._deadlines = deadlines or Deadlines()
        self._process: AdapterProcess | None = None
        self._live: list[RunningApp] = []
        self._ending: set[asyncio.Task[None]] = set()

    async def open(self) -> Hello:
        process = await self._running()
        self.hello = process.hello
        return self.hello

    async def close(self) -> None:
        """End the process, and what is still being ended in it."""
        for task in self._ending:
            task.cancel()
        await asyncio.gather(*self._ending, return_exceptions=True)
        self._ending.clear()
        if self._process is not None:
            await self._process.quit()
            self._process = None

    async def play(self, case: Case) -> Observed:
        """What the subject does with a case."""
        process = await self._running()
        mark = process.stderr_total_bytes
        self.apps += 1
        begun: list[RunningApp] = []
        try:
            running = await process.start_app(case.app, begun=begun.append)
            if isinstance(running, Rejection):
                refusal = f"{running.kind}: {running.message}"
                return Observed(refusal, hooks=_hooks(begun[0]), stderr=process.stderr_since(mark))
            talking = [_Talking(self, running, place, one) for place, one in enumerate(case.talks)]
            await _in_turns(talking)
            if case.stops:
                await running.stop(self._deadlines.exit_s)
            else:
                await running.sync()
                self._leave(running)
        except AdapterError:
            if process.exit_status is None:
                await self._drop(process)
                raise
            died = how_it_ended(process.exit_status)
            await self._drop(process)
            return Observed(died=died, stderr=process.stderr)
        return _observed(running, talking, process.stderr_since(mark))

    @property
    def deadlines(self) -> Deadlines:
        return self._deadlines

    async def serve(self, app: App) -> RunningApp | Rejection:
        """Have an application served, for who talks to it otherwise than a case does. It is to be
        given back with `leave`. Raises AdapterError."""
        process = await self._running()
        self.apps += 1
        return await process.start_app(app)

    def leave(self, running: RunningApp) -> None:
        """Take an application back that `serve` has given; it is stopped later."""
        if running.process is self._process is not None and not self._process.ended.is_set():
            self._leave(running)

    async def drop(self) -> None:
        """End the process at once; the next application is served by another."""
        if self._process is not None:
            await self._drop(self._process)

    async def _running(self) -> AdapterProcess:
        if self._process is None or self._process.ended.is_set():
            self._process = await AdapterProcess.start(self.command, self._guard, self._deadlines)
            self._live.clear()
        return self._process

    async def _drop(self, process: AdapterProcess) -> None:
        self._process = None
        await process.kill()

    def _leave(self, running: RunningApp) -> None:
        """Stop the oldest application, in the background, when many are up."""
        self._live.append(running)
        if len(self._live) > LIVE_APPS:
            task = asyncio.create_task(self._end(self._live.pop(0)))
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _end(self, running: RunningApp) -> None:
        with suppress(AdapterError):  # the next case shows it
            await running.stop(self._deadlines.exit_s)
        running.events.clear()


class _Talking:
    """One connection of a case, and those that take its place when it is closed."""

    def __init__(self, player: Player, app: RunningApp, place: int, talk: Talk) -> None:
        self.place = place
        self.talk = talk
        self.ends: dict[str, tuple[Outcome, Answer | None]] = {}
        self.repeated: set[str] = set()
        self.unasked: list[bytes] = []
        self._player = player
        self._app = app
        self._connection: RawConnection | None = None
        self._answers = 0
        self._limit_s = player._deadlines.step_s

    @property
    def turns(self) -> int:
        return min(1, len(self.talk.requests)) if self.is_at_once else len(self.talk.requests)

    @property
    def is_at_once(self) -> bool:
        return self.talk.is_pipelined

    async def send(self, turn: int) -> None:
        """What is sent in this turn."""
        requests = self.talk.requests
        numbers = range(len(requests)) if self.is_at_once else [turn]
        connection = self._connection
        if connection is None or connection.end is not End.OPEN:
            connection = await self._connect()
        for number in numbers:
            connection.answers.expect(requests[number].method)
        await self._send(
            connection,
            b"".join(requests[number].octets(id_of(self.place, number)) for number in numbers),
        )
        self._player.requests += len(numbers)

    async def receive(self, turn: int) -> None:
        """The answers to what was sent in this turn."""
        count = len(self.talk.requests) if self.is_at_once else 1
        first = 0 if self.is_at_once else turn
        connection = self._connection
        assert connection is not None
        await self._read(connection, count)
        arrived = connection.answers.answers[self._answers :][:count]
        self._answers += len(arrived)
        for number in range(first, first + count):
            if number - first < len(arrived):
                answer = arrived[number - first]
                outcome = Outcome.ANSWERED if answer.is_complete else Outcome.CUT
                self.ends[id_of(self.place, number)] = outcome, answer
            elif number > 0 and connection.end in (End.CLOSED, End.RESET):
                await self._once_more(number)
            else:
                self.ends[id_of(self.place, number)] = self._nothing(connection), None

    async def finish(self) -> None:
        """Close the connection; what came and was not asked for is kept."""
        if self._connection is not None:
            await self._leave(self._connection)
            self._connection = None

    async def _once_more(self, number: int) -> None:
        """Send a request again that a server had not answered when it closed the connection, which
        it may do behind any answer."""
        id = id_of(self.place, number)
        self.repeated.add(id)
        request = self.talk.requests[number]
        connection = await self._connect()
        connection.answers.expect(request.method)
        await self._send(connection, request.octets(id + "r"))
        self._player.requests += 1
        await self._read(connection, 1)
        if connection.answers.answers:
            self._answers = 1
            answer = connection.answers.answers[0]
            outcome = Outcome.ANSWERED if answer.is_complete else Outcome.CUT
            self.ends[id] = outcome, answer
        else:
            self.ends[id] = self._nothing(connection), None

    async def _connect(self) -> RawConnection:
        await self.finish()
        self._connection = RawConnection(str(self.place))
        self._answers = 0
        await self._connection.open(self._app.host, self._app.port)
        return self._connection

    async def _send(self, connection: RawConnection, octets: bytes) -> None:
        segments = self.talk.segments(octets)
        with suppress(TimeoutError):  # reading tells
            async with asyncio.timeout(self._limit_s):
                await connection.send(segments)

    async def _read(self, connection: RawConnection, count: int) -> None:
        wanted = self._answers + count
        with suppress(TimeoutError):
            async with asyncio.timeout(self._limit_s):
                await connection.read(
                    lambda reader: len(reader.answers) >= wanted or reader.is_lost
                )

    async def _leave(self, connection: RawConnection) -> None:
        await connection.close()
        seen = connection.conversation()
        self.unasked += [
            seen.received[one.start : one.end] for one in seen.answers[self._answers :]
        ]
        rest = connection.answers.rest
        is_answered = all(outcome is Outcome.ANSWERED for outcome, _ in self.ends.values())
        if is_answered and rest and not rest.startswith(b"HTTP/"):
            self.unasked.append(rest)  # content that no answer has, behind the last one

    @staticmethod
    def _nothing(connection: RawConnection) -> Outcome:
        if connection.end is not End.REFUSED and connection.answers.rest:
            return Outcome.CUT
        return _ENDS[connection.end]


async def _in_turns(talking: Sequence[_Talking]) -> None:
    """The first request of each connection, then the second of each; answers as they come."""
    for turn in range(max((one.turns for one in talking), default=0)):
        now = [one for one in talking if turn < one.turns]
        for one in now:
            await one.send(turn)
        for one in now:
            await one.receive(turn)
    for one in talking:
        await one.finish()


def _observed(running: RunningApp, talking: Sequence[_Talking], stderr: str) -> Observed:
    events: dict[str, list[str]] = {}
    for message in running.events:
        if message["request"] is not None:
            said = events.setdefault(message["request"], [])
            said.append(f"{message['event']} {message['who']}")
    replies = {}
    for one in talking:
        for id, (outcome, answer) in one.ends.items():
            repeated = id in one.repeated
            found = events.get(id + "r" if repeated else id, [])
            replies[id] = Reply(outcome, answer, tuple(found), repeated)
    unasked = tuple(octets for one in talking for octets in one.unasked)
    return Observed(None, replies, _hooks(running), unasked, stderr=stderr)


def _hooks(running: RunningApp) -> tuple[str, ...]:
    return tuple(
        f"{message['event']} {message['who']}"
        for message in running.events
        if message["request"] is None
    )
