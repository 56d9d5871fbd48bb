"""Carries out the steps of one check against a running app, and writes down what is seen.

Owns the order of things: raw connections, the client and crowds do the work. Judges nothing; a
deadline that passes ends the script and is written down.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .check import Check
from .client import Client
from .crowd import CrowdRun
from .driver import AdapterProcess, Deadlines, RunningApp
from .gauge import gauge
from .protocol import AdapterError
from .raw import RawConnection
from .seen import Gauged, Happening, Rejection, Seen
from .steps import (
    Answered,
    Ask,
    Close,
    Connect,
    Crowd,
    Drip,
    Event,
    Exit,
    Gauge,
    HalfClose,
    Open,
    Read,
    ReadToEnd,
    Reset,
    Send,
    Signal,
    Step,
    Stop,
    Stopped,
)


class Script:
    """One check on its way. `token` is in the ids of all its requests."""

    def __init__(
        self, check: Check, app: RunningApp, process: AdapterProcess | None, token: str,
        deadlines: Deadlines,
    ) -> None:  # fmt: skip
        self._check = check
        self._app = app
        self._process = process
        self._token = token
        self._deadlines = deadlines
        self._raw: dict[str, RawConnection] = {}
        self._client = Client("", 0, token)
        self._asks: dict[str, asyncio.Task[None]] = {}
        self._crowds: dict[str, CrowdRun] = {}
        self._gauges: dict[str, Gauged] = {}
        self._stop: asyncio.Task[Any] | None = None
        self._stderr_mark = 0 if process is None else process.stderr_total_bytes
        self._first_event = 0 if check.has_app_alone else len(app.events)

    async def run(self) -> Seen:
        """Make every step. Raises AdapterError when the adapter fails meanwhile."""
        self._client = Client(self._app.host, self._app.port, self._token)
        try:
            missed = await self._make_all(self._check.steps)
            if missed is None:
                await self._sync()
        finally:
            await self._tidy()
        return self._seen(missed)

    async def while_starting(self) -> Seen | None:
        """Make the steps for an app that does not answer yet; what was seen when one was missed."""
        missed = await self._make_all(self._check.starting)
        return None if missed is None else self._seen(missed)

    def unserved(self, rejection: Rejection) -> Seen:
        """What was seen of an app that was not started: what its hooks told."""
        said = "" if self._process is None else self._process.stderr
        return replace(self._seen(None), rejection=rejection, stderr=said)

    async def _make_all(self, steps: Sequence[Step]) -> str | None:
        """What the step was that its deadline passed for, in words, if there was one."""
        for step in steps:
            within_s = self._deadlines.step_s
            if isinstance(step, Exit | Stop | Stopped):
                within_s = self._deadlines.exit_s
            elif isinstance(step, Crowd):
                within_s = self._deadlines.crowd_s
            try:
                async with asyncio.timeout(within_s):
                    await self._make(step)
            except TimeoutError:
                return f"{_waited_for(step)} within {within_s:g} seconds"
        return None

    async def _sync(self) -> None:
        """Have every event written. A process that has ended by then has told what it had to."""
        process = self._process
        if process is not None and not process.ended.is_set():
            try:
                await self._app.sync()
            except AdapterError:
                if not (self._check.foreground and process.ended.is_set()):
                    raise

    # -- Steps -----------------------------------------------------------------------------------

    async def _make(self, step: Step) -> None:
        match step:
            case Ask():
                task = asyncio.create_task(self._client.ask(step))
                self._asks[step.name] = task
                if not step.begin_only:
                    await task
            case Answered(name):
                await self._asks[name]
            case Send():
                connection = await self._connection(step.on)
                segments = _segments(self._fill(step.data), step)
                if step.begin_only:
                    connection.begin_to_send(segments)
                else:
                    await connection.send(segments)
            case Drip():
                connection = await self._connection(step.on)
                await connection.drip(self._fill(step.data), step.every_s)
            case Read():
                connection = await self._connection(step.on)
                await self._read(connection, step)
            case ReadToEnd():
                connection = await self._connection(step.on)
                connection.answers.expect(step.to, 100)
                await connection.read(lambda answers: False)
            case Connect():
                await self._connection(step.on)
            case HalfClose():
                (await self._connection(step.on)).half_close()
                # What it comes before must not overtake it on the way through the adapter.
                await self._app.sync()
            case Close(on) if on in self._crowds:
                await self._crowds[on].close()
            case Close():
                await (await self._connection(step.on)).close()
            case Reset():
                await (await self._connection(step.on)).close(reset=True)
            case Event():
                await self._app.until(lambda: any(self._is(step, one) for one in self._events()))
            case Open(gate):
                await self._app.release(gate)
            case Stop():
                self._stop = asyncio.create_task(self._app.stop(self._deadlines.exit_s))
                if not step.begin_only:
                    await self._stop
            case Stopped():
                assert self._stop is not None
                await self._stop
            case Signal(name):
                assert self._process is not None
                self._process.signal(name)
            case Exit():
                assert self._process is not None
                await self._process.ended.wait()
            case Crowd():
                request = self._fill(step.request)
                crowd = CrowdRun(step, request, self._app.host, self._app.port)
                self._crowds[step.name] = crowd
                await crowd.run()
            case Gauge(name):
                assert self._process is not None
                self._gauges[name] = gauge(self._process.pid)

    async def _connection(self, name: str) -> RawConnection:
        connection = self._raw.get(name)
        if connection is None:
            connection = self._raw[name] = RawConnection(name)
            await connection.open(self._app.host, self._app.port)
        return connection

    async def _read(self, connection: RawConnection, step: Read) -> None:
        # Counted from what earlier steps waited for: more may have come with it.
        if step.interim:
            interim = connection.interim_taken = connection.interim_taken + step.answers
            taken = connection.taken
            await connection.read(
                lambda reader: len(reader.interim) >= interim or len(reader.answers) > taken
            )
        elif step.head_only:
            taken = connection.taken
            await connection.read(lambda reader: reader.has_head or len(reader.answers) > taken)
        else:
            wanted = connection.taken = connection.taken + step.answers
            connection.answers.expect(step.to, step.answers)
            await connection.read(lambda reader: len(reader.answers) >= wanted)

    # -- Events ----------------------------------------------------------------------------------

    def _events(self) -> list[Happening]:
        found = []
        for message in self._app.events[self._first_event :]:
            request = message["request"]
            if request is None:
                name = None
            elif request == self._token or request.startswith(self._token + "."):
                name = request[len(self._token) + 1 :]
            else:
                continue  # another check's, or a client's own
            if request is not None or self._check.has_app_alone:
                found.append(
                    Happening(message["event"], message["who"], name, message.get("data", {}))
                )
        return found

    @staticmethod
    def _is(step: Event, event: Happening) -> bool:
        return (
            event.kind == step.kind
            and (step.who is None or event.who == step.who)
            and (step.request is None or event.request == step.request)
        )

    def _fill(self, data: bytes) -> bytes:
        host = f"{self._app.host}:{self._app.port}".encode()
        return data.replace(b"@HOST@", host).replace(b"@ID@", self._token.encode())

    # -- The end ---------------------------------------------------------------------------------

    async def _tidy(self) -> None:
        for connection in self._raw.values():
            await connection.close()
        for crowd in self._crowds.values():
            await crowd.close()
        asked = list(self._asks.values())
        tasks = asked if self._stop is None else [*asked, self._stop]
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, AdapterError):
                raise result
        await self._client.close()

    def _seen(self, missed: str | None) -> Seen:
        conversations = {name: one.conversation() for name, one in self._raw.items()}
        process = self._process
        odd = {name: crowd.conversation() for name, crowd in self._crowds.items()}
        return Seen(
            conversations={
                **conversations,
                **self._client.conversations,
                **{name: one for name, one in odd.items() if one is not None},
            },
            crowds={name: crowd.seen() for name, crowd in self._crowds.items()},
            gauges=self._gauges,
            events=tuple(self._events()),
            nonce="" if process is None else process.nonce,
            missed=missed,
            exit_status=None if process is None else process.exit_status,
            stderr="" if process is None else process.stderr_since(self._stderr_mark),
        )


def _segments(data: bytes, step: Send) -> list[bytes]:
    data *= step.times
    if step.segment_bytes is not None:
        size = step.segment_bytes
        return [data[start : start + size] for start in range(0, len(data), size)]
    return [data[start:end] for start, end in pairwise([0, *step.cuts, len(data)])]


def _waited_for(step: Step) -> str:
    match step:
        case Ask(method=method, target=target):
            return f"no answer to {method} {target}"
        case Answered(name):
            return f"no answer to request {name!r}"
        case Read(answers=count, interim=True):
            return f"no {count} interim answer"
        case Read(on=on):
            return f"no whole answer on connection {on!r}"
        case ReadToEnd(on=on):
            return f"connection {on!r} was not ended"
        case Crowd(count=count):
            return f"not every answer to {count} requests"
        case Send(on=on):
            return f"not all bytes were taken on connection {on!r}"
        case Event(kind, who, request):
            return f"no event {kind!r} of {who or 'anybody'}" + (
                f" for request {request!r}" if request is not None else ""
            )
        case Stop() | Stopped():
            return "the app was not stopped"
        case Exit():
            return "the process did not end"
        case _:
            return f"step {type(step).__name__} was not done"
