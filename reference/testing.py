"""Test tools: a connection without a network and without waiting.

Owns a fake transport, a clock that stands still, and `Wire`, which is both ends of a connection.

    @on_fake_clock
    async def test_greets() -> None:
        wire = Wire(app)
        wire.send(b"GET / HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n")
        assert (await wire.answer()).endswith(b"\\r\\n\\r\\nhello")

`on_fake_clock` runs a test in an event loop whose time only `advance` moves. When the test is over
it ends the connections that are left and fails the test unless all tasks, timers and connections of
the server are gone. Whoever waits for what never comes gets an error rather than a hanging run.

The assertions of `FakeTransport` are what asyncio's transports expect of a protocol: they fail in
whatever breaks it.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, BinaryIO, cast

from .application import Application
from .connection import Connection
from .limits import Limits
from .request import Request
from .response import Response
from .server import Server

Answer = Callable[[Request], Coroutine[Any, Any, Response]]

HIGH_WATER_BYTES = 65536
LOW_WATER_BYTES = 16384
_STUCK_S = 10.0  # for a thread that reads a file; nothing else of a test takes time


# -- The clock -----------------------------------------------------------------------------------


class _Selector(selectors.SelectSelector):
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            return super().select(0)
        events = super().select(_STUCK_S)
        if not events:
            raise RuntimeError("the test waits for something that never comes")
        return events


class FakeClockLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still until `advance`, and whose sendfile is a fake."""

    def __init__(self) -> None:
        self._now_s = 1000.0
        super().__init__(_Selector())
        self.wires: list[Wire] = []
        self.native_sendfile = False
        self.unexpected: list[str] = []
        self.set_exception_handler(self._note)

    def _note(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        exc = context.get("exception")
        self.unexpected.append(f"{context['message']}: {exc!r}")

    def time(self) -> float:
        return self._now_s

    async def settle(self) -> None:
        """Until nothing is left to do before the clock moves."""
        await asyncio.sleep(0)
        while cast("Any", self)._ready:  # noqa: ASYNC110 - a turn is what is waited for
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move the clock; every timer on the way fires at its own time, earliest first."""
        await self.settle()
        end_s = self._now_s + seconds
        while (due_s := min(self.timers(), default=end_s)) < end_s:
            self._now_s = max(due_s, self._now_s)
            await self.settle()
        self._now_s = end_s
        await self.settle()

    def timers(self) -> list[float]:
        """When the timers fire that are set."""
        return [one.when() for one in cast("Any", self)._scheduled if not one.cancelled()]

    async def sendfile(
        self,
        transport: asyncio.WriteTransport,
        file: Any,
        offset: int = 0,
        count: int | None = None,
        *,
        fallback: bool = True,
    ) -> int:
        assert isinstance(transport, FakeTransport)
        assert not fallback
        assert transport.can_write_eof(), "asyncio raises RuntimeError for TLS"
        if transport.is_closing():
            raise RuntimeError("Transport is closing")
        if not self.native_sendfile:
            raise asyncio.SendfileNotAvailableError("not here")
        return await transport.sendfile(file, offset, cast("int", count))


def fake_clock() -> FakeClockLoop:
    loop = asyncio.get_running_loop()
    assert isinstance(loop, FakeClockLoop)
    return loop


async def settle() -> None:
    await fake_clock().settle()


async def advance(seconds: float) -> None:
    await fake_clock().advance(seconds)


def on_fake_clock(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a `FakeClockLoop` and see that nothing is left of it."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        with asyncio.Runner(loop_factory=FakeClockLoop) as runner:
            runner.run(_run_and_tidy(test(*args, **kwargs)))

    return run


async def _run_and_tidy(test: Coroutine[Any, Any, None]) -> None:
    loop = fake_clock()
    await test
    await loop.settle()
    for wire in loop.wires:
        if not wire.transport.is_closed:
            wire.lose()
    await loop.settle()
    assert loop.unexpected == []
    assert [wire.server._connections for wire in loop.wires if wire.server._connections] == []
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert loop.timers() == []


# -- The transport -------------------------------------------------------------------------------


class FakeSocket:
    """Notes the options that are set on it."""

    def __init__(self) -> None:
        self.options: list[tuple[int, int, bytes]] = []

    def setsockopt(self, level: int, option: int, value: bytes) -> None:
        self.options.append((level, option, value))


class FakeTransport(asyncio.Transport):
    """What asyncio's socket transport does, with the test as the client.

    `writes` has every write as it was made. While `is_stuck`, the client takes nothing, until
    `take` says so. `acts` has what was done beside writing: "pause", "resume", "eof", "close",
    "abort".
    """

    def __init__(self, protocol: asyncio.Protocol, extra: Mapping[str, Any], *, tls: bool) -> None:
        super().__init__(extra)
        self._protocol = protocol
        self._tls = tls
        self.writes: list[bytes] = []
        self.acts: list[str] = []
        self.is_stuck = False
        self.is_reading_paused = False
        self.is_closed = False  # connection_lost was called
        self._buffer_bytes = 0
        self.changed = asyncio.Event()  # something was written, or the connection ended
        self._closing = False
        self._was_ended_by_client = False
        self._writing_paused = False
        self._arrived: list[bytes | None] = []  # behind a paused reader; None is the end
        self._sendfile: asyncio.Future[None] | None = None

    # What the connection calls.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if "eof" in self.acts:
            raise RuntimeError("Cannot call write() after write_eof()")
        if self._closing:
            # A real transport says nothing either way; after a close of ours it is a lost answer.
            assert self._was_ended_by_client, f"written after the end, and lost: {bytes(data)!r}"
            return
        self.writes.append(bytes(data))
        self.changed.set()
        if self.is_stuck:
            self._buffer_bytes += len(data)
            if self._buffer_bytes > HIGH_WATER_BYTES and not self._writing_paused:
                self._writing_paused = True
                self._protocol.pause_writing()

    async def sendfile(self, file: BinaryIO, offset: int, count: int) -> int:
        if self.is_stuck:
            self._sendfile = asyncio.get_running_loop().create_future()
            await self._sendfile
        file.seek(offset)
        data = file.read(count)
        self.writes.append(data)
        self.changed.set()
        return len(data)

    def get_write_buffer_size(self) -> int:
        return self._buffer_bytes

    def can_write_eof(self) -> bool:
        return not self._tls

    def write_eof(self) -> None:
        assert not self._tls, "TLS has no half-closed state"
        self.acts.append("eof")
        self.changed.set()

    def is_closing(self) -> bool:
        return self._closing

    def is_reading(self) -> bool:
        return not self.is_reading_paused and not self._closing

    def pause_reading(self) -> None:
        assert not self.is_reading_paused, "paused twice"
        self.acts.append("pause")
        self.is_reading_paused = True

    def resume_reading(self) -> None:
        assert self.is_reading_paused, "resumed without a pause"
        self.acts.append("resume")
        self.is_reading_paused = False
        if self._arrived:
            asyncio.get_running_loop().call_soon(self._deliver)

    def close(self) -> None:
        self.changed.set()
        # asyncio's TLS transports of Python 3.11 lose their connection when it is done twice.
        assert not self._closing, "closed twice"
        self.acts.append("close")
        self._closing = True
        if not self._buffer_bytes:
            self._end(None)

    def abort(self) -> None:
        if "abort" not in self.acts:
            self.acts.append("abort")
        self._buffer_bytes = 0
        self.changed.set()
        self._end(None)

    # What the client does.

    def arrive(self, data: bytes | None) -> None:
        """Bytes, or None for the end of what the client sends."""
        self._arrived.append(data)
        self._deliver()

    def _deliver(self) -> None:
        while self._arrived and self.is_reading():
            data = self._arrived.pop(0)
            if data is not None:
                self._protocol.data_received(data)
            elif not self._protocol.eof_received():
                self.close()

    def take(self, size: int) -> None:
        """The client takes some of what is in the write buffer."""
        self._buffer_bytes -= size
        assert self._buffer_bytes >= 0
        if self._writing_paused and self._buffer_bytes <= LOW_WATER_BYTES:
            self._writing_paused = False
            self._protocol.resume_writing()
        if self._closing and not self._buffer_bytes:
            self._end(None)

    def unstick(self) -> None:
        """The client takes all that there is and that will come."""
        self.is_stuck = False
        if self._sendfile is not None:
            self._sendfile.set_result(None)
            self._sendfile = None
        self.take(self._buffer_bytes)

    def break_sendfile(self, exc: OSError) -> None:
        """The system finds out, while it sends a file, that the client is gone."""
        assert self._sendfile is not None
        self._sendfile.set_exception(exc)

    def lose(self) -> None:
        """The client resets the connection."""
        self._was_ended_by_client = True
        self._buffer_bytes = 0
        self._end(ConnectionResetError())

    def lose_now(self) -> None:
        """As `lose`, and the protocol hears of it at once, as when a write finds out."""
        self._closing = self._was_ended_by_client = True
        self._lose(ConnectionResetError())

    def _end(self, exc: Exception | None) -> None:
        """The protocol hears of the end in the next turn."""
        self._closing = True
        asyncio.get_running_loop().call_soon(self._lose, exc)

    def _lose(self, exc: Exception | None) -> None:
        if not self.is_closed:
            self.is_closed = True
            self.changed.set()
            if self._sendfile is not None and not self._sendfile.done():
                self._sendfile.set_exception(ConnectionError("Connection is closed by peer"))
            self._protocol.connection_lost(exc)


# -- Both ends -----------------------------------------------------------------------------------


class Wire:
    """One connection to a server; the test holds the client's end.

    `app` is an application, or a handler for every path. Several wires share the server of the
    first one with `server=`.
    """

    def __init__(
        self,
        app: Application | Answer,
        *,
        limits: Limits | None = None,
        access_log: logging.Logger | None = None,
        tls: bool = False,
        server: Server | None = None,
        peername: object = ("192.0.2.1", 50000),
    ) -> None:
        if not isinstance(app, Application):
            app = application(app)
        loop = fake_clock()
        if server is None:
            app.router.freeze()
            server = Server(app, limits=limits, access_log=access_log)
        self.server = server
        self.socket = FakeSocket()
        self.connection = Connection(server, loop)
        extra: dict[str, object] = {"peername": peername, "socket": self.socket}
        if tls:
            extra["sslcontext"] = object()
        self.transport = FakeTransport(self.connection, extra, tls=tls)
        self._read = 0
        loop.wires.append(self)
        self.connection.connection_made(self.transport)

    def send(self, *segments: bytes) -> None:
        """The client sends; each segment arrives by itself, before anything else happens."""
        for segment in segments:
            self.transport.arrive(segment)

    def send_eof(self) -> None:
        self.transport.arrive(None)

    def lose(self) -> None:
        """The client resets the connection."""
        self.transport.lose()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Where a thread is at work (it reads a file): until what it leads to is there."""
        while not condition():
            self.transport.changed.clear()
            await self.transport.changed.wait()

    async def answer(self) -> bytes:
        """What was sent since the last time, without the Date and Server lines."""
        await settle()
        return self.sent_now()

    def sent_now(self) -> bytes:
        """As `answer`, without letting anything happen first."""
        new, self._read = self.transport.writes[self._read :], len(self.transport.writes)
        return undated(b"".join(new))

    @property
    def closed(self) -> bool:
        return self.transport.is_closed

    @property
    def ended(self) -> bool:
        """The client has been shown the end; it may not have closed its own side yet."""
        return bool({"eof", "close", "abort"}.intersection(self.acts))

    @property
    def acts(self) -> list[str]:
        return self.transport.acts


def application(handler: Answer, **options: Any) -> Application:
    """An application with one handler for every path and method."""
    app = Application(**options)
    app.router.add_route("*", "/{rest:path}", handler)
    return app


def undated(data: bytes) -> bytes:
    """`data` without its Date and Server lines."""
    ours = (b"Date: ", b"Server: trueline")
    return b"\r\n".join(line for line in data.split(b"\r\n") if not line.startswith(ours))
