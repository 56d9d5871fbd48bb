"""Carries out the steps of one check against a running app, and writes down what is seen.

Owns the sockets: raw ones, and the aiohttp client for what a well-behaved client sends. Judges
nothing; a deadline that passes ends the script and is written down.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from itertools import pairwise
from typing import Any

import aiohttp
from yarl import URL

from .check import Check
from .driver import AdapterProcess, Deadlines, RunningApp
from .protocol import AdapterError
from .seen import Answer, Conversation, Happening, Seen
from .steps import (
    Answered,
    Ask,
    Close,
    Connect,
    End,
    Event,
    Exit,
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
from .wire import AnswerReader

_READ_BYTES = 65536
_LINGER_OFF = struct.pack("ii", 1, 0)


class _RawConnection:
    """One raw socket of a script."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = bytearray()
        self.answers = AnswerReader()
        self.end = End.OPEN
        self.taken = 0  # answers, and interim ones, that steps have waited for
        self.interim_taken = 0
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def open(self, host: str, port: int) -> None:
        try:
            self._reader, self._writer = await asyncio.open_connection(
                host, port, limit=_READ_BYTES
            )
        except ConnectionError:
            self.end = End.REFUSED
            return
        sock: socket.socket = self._writer.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def send(self, segments: list[bytes]) -> None:
        """Send each by itself. What cannot be sent any more is no fault: reading tells."""
        for segment in segments:
            self.sent += segment
            if self._writer is None or self.end is not End.OPEN:
                continue
            try:
                self._writer.write(segment)
                await self._writer.drain()
            except ConnectionError:
                return
            if len(segments) > 1:
                await asyncio.sleep(0)  # the other side may read between segments

    async def read(self, until: Callable[[AnswerReader], bool]) -> None:
        """Receive until the condition holds or the other side has ended the connection."""
        while not until(self.answers) and self.end is End.OPEN and self._reader is not None:
            try:
                data = await self._reader.read(_READ_BYTES)
            except ConnectionError:
                self.end = End.RESET
                self.answers.end(reset=True)
                return
            if data:
                self.answers.feed(data)
            else:
                self.end = End.CLOSED
                self.answers.end(reset=False)

    def half_close(self) -> None:
        if self._writer is not None and self._writer.can_write_eof():
            with suppress(OSError):  # the other side was faster
                self._writer.write_eof()

    def close(self, *, reset: bool = False) -> None:
        if self._writer is None:
            return
        if reset:
            sock = self._writer.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
            self._writer.transport.abort()
        else:
            self._writer.close()

    def conversation(self) -> Conversation:
        reader = self.answers
        return Conversation(
            self.name,
            bytes(self.sent),
            bytes(reader.received),
            tuple(reader.answers),
            tuple(reader.interim),
            reader.rest,
            self.end,
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
        self._raw: dict[str, _RawConnection] = {}
        self._client: dict[str, Conversation] = {}
        self._asks: dict[str, asyncio.Task[None]] = {}
        self._kept: aiohttp.ClientSession | None = None
        self._stop: asyncio.Task[Any] | None = None
        self._stderr_mark = 0 if process is None else process.stderr_total_bytes
        self._first_event = 0 if check.has_app_alone else len(app.events)

    async def run(self) -> Seen:
        """Make every step. Raises AdapterError when the adapter fails meanwhile."""
        missed = None
        try:
            for step in self._check.steps:
                within_s = self._deadlines.step_s
                if isinstance(step, Exit | Stop | Stopped):
                    within_s = self._deadlines.exit_s
                try:
                    async with asyncio.timeout(within_s):
                        await self._make(step)
                except TimeoutError:
                    missed = f"{_waited_for(step)} within {within_s:g} seconds"
                    break
            if missed is None:
                await self._sync()
        finally:
            await self._tidy()
        return self._seen(missed)

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
                task = asyncio.create_task(self._ask(step))
                self._asks[step.name] = task
                if not step.begin_only:
                    await task
            case Answered(name):
                await self._asks[name]
            case Send():
                connection = await self._connection(step.on)
                await connection.send(_segments(self._fill(step.data), step))
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
            case Close():
                (await self._connection(step.on)).close()
            case Reset():
                (await self._connection(step.on)).close(reset=True)
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

    async def _connection(self, name: str) -> _RawConnection:
        connection = self._raw.get(name)
        if connection is None:
            connection = self._raw[name] = _RawConnection(name)
            await connection.open(self._app.host, self._app.port)
        return connection

    async def _read(self, connection: _RawConnection, step: Read) -> None:
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

    async def _ask(self, step: Ask) -> None:
        session = self._kept if step.keep and self._kept is not None else aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )  # fmt: skip
        if step.keep:
            self._kept = session
        url = URL(f"http://{self._app.host}:{self._app.port}{step.target}", encoded=True)
        headers = [("X-Request-Id", f"{self._token}.{step.name}"), *step.headers]
        body = _chunks(step.body) if isinstance(step.body, tuple) else step.body
        try:
            async with session.request(
                step.method, url, headers=headers, data=body, allow_redirects=False
            ) as response:
                sent = _request_bytes(step, response.request_info.headers.items())
                self._client[step.name] = Conversation(step.name, sent, is_raw=False)
                try:
                    content = await response.read()
                    problem = None
                except aiohttp.ClientError as exc:
                    content, problem = b"", f"{type(exc).__name__}: {exc}"
                self._client[step.name] = _of_client(step.name, sent, response, content, problem)
        except aiohttp.ClientConnectorError:
            self._client[step.name] = Conversation(step.name, end=End.REFUSED, is_raw=False)
        except (aiohttp.ClientError, ConnectionError) as exc:
            sent = _request_bytes(step, headers)
            self._client[step.name] = Conversation(
                step.name, sent, end=End.CLOSED, is_raw=False,
                problem=f"{type(exc).__name__}: {exc}",
            )  # fmt: skip
        finally:
            if not step.keep:
                await session.close()

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
            connection.close()
        tasks = [task for task in (*self._asks.values(), self._stop) if task is not None]
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, Exception) and not isinstance(result, AdapterError):
                raise result
        if self._kept is not None:
            await self._kept.close()

    def _seen(self, missed: str | None) -> Seen:
        conversations = {name: one.conversation() for name, one in self._raw.items()}
        process = self._process
        return Seen(
            conversations={**conversations, **self._client},
            events=tuple(self._events()),
            nonce="" if process is None else process.nonce,
            missed=missed,
            exit_status=None if process is None else process.exit_status,
            stderr="" if process is None else process.stderr_since(self._stderr_mark),
        )


def _segments(data: bytes, step: Send) -> list[bytes]:
    if step.segment_bytes is not None:
        size = step.segment_bytes
        return [data[start : start + size] for start in range(0, len(data), size)]
    return [data[start:end] for start, end in pairwise([0, *step.cuts, len(data)])]


async def _chunks(chunks: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def _request_bytes(step: Ask, headers: Any) -> bytes:
    """The request of a client as it would look on the wire, from what the client says of it."""
    lines = [f"{step.method} {step.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers]
    head = ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8", "surrogateescape")
    if isinstance(step.body, tuple):
        chunks = [b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in step.body]
        return head + b"".join(chunks) + b"0\r\n\r\n"
    return head + (step.body or b"")


def _of_client(
    name: str, sent: bytes, response: aiohttp.ClientResponse, content: bytes, problem: str | None
) -> Conversation:
    version = "HTTP/1.1"
    if response.version is not None:
        version = f"HTTP/{response.version.major}.{response.version.minor}"
    headers = tuple(
        (key.decode("latin-1"), value.decode("latin-1")) for key, value in response.raw_headers
    )
    reason = response.reason or ""
    lines = [
        f"{version} {response.status} {reason}",
        *(f"{key}: {value}" for key, value in headers),
    ]
    received = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + content
    framing = "length" if problem is None else "cut"
    answer = Answer(response.status, reason, version, headers, content, framing, 0, len(received))
    closes = any("close" in value.lower() for value in answer.values("Connection"))
    return Conversation(
        name, sent, received, (answer,), end=End.CLOSED if closes or problem else End.OPEN,
        is_raw=False, problem=problem,
    )  # fmt: skip


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
