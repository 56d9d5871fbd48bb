"""The whole reference without a network: one input, one connection, and what was seen of it.

Owns the servers, their event loop and their logs, and how an input is sent. Judges only what needs
no knowledge of the octets: that nothing escapes, that all comes to rest, and that nothing is left.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from reference.limits import Limits

from ..target import Violation
from .app import LARGE_PARTS, SMALL_PARTS, Call, Noting
from .client import Ending, Visit, segments
from .loop import CallbackLoop

DEFAULT_LIMITS = Limits()
SMALL_LIMITS = Limits(
    request_line_bytes=128,
    field_bytes=128,
    field_count=12,
    fields_bytes=512,
    chunk_extension_bytes=16,
    trailer_bytes=64,
    pipelined_requests=3,
    body_buffer_bytes=64,
    unread_body_bytes=16,
)

_FUZZ = str(Path(__file__).parents[1])
_MAX_TURNS = 1000
_SILENCE_S = 1000.0  # longer than all timeouts one after the other
_WRITE_BUFFER_BYTES = 3 * 65536
"""The transport says stop at 65536; held answers are another 65536; then there is one more part."""


class Served:
    """What was seen of one connection.

    first    what was written while the client still had its connection and took what came
    written  all that was written
    is_reset the server reset the connection, or cut it
    marked   it was told to do so to the system too (SO_LINGER)
    errors   what was logged, but for the access log, whose lines are in `lines`
    """

    __slots__ = ("calls", "errors", "first", "is_reset", "lines", "marked", "visit", "written")

    def __init__(self, visit: Visit, calls: list[Call]) -> None:
        self.visit = visit
        self.calls = calls
        self.first = b""
        self.written = b""
        self.is_reset = False
        self.marked = False
        self.errors: list[logging.LogRecord] = []
        self.lines: list[str] = []


class _Records(logging.Handler):
    """Keeps the records of one connection."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def handle(self, record: logging.LogRecord) -> bool:
        self.records.append(record)
        return True


class _AccessLog(logging.Logger):
    """Keeps the lines of one connection, without the price of a record."""

    def __init__(self) -> None:
        super().__init__("access", logging.INFO)
        self.lines: list[str] = []

    def info(self, msg: object, *args: object, **options: Any) -> None:
        self.lines.append(str(msg) % args)


def _note(
    faults: list[tuple[str, BaseException | None]], late: list[str], context: dict[str, Any]
) -> None:
    """Tell what an input has done from what came out when its garbage was collected."""
    message, exc = context["message"], context.get("exception")
    if "never retrieved" in message or "was destroyed" in message:
        late.append(where(exc) or message)
    else:
        faults.append((message, exc))


class Bench:
    """Servers of the reference in an event loop of their own; all of one process share none.

    `package` is the reference, or a copy of it with a planted fault. The server with small limits
    has an access log. `late` has exceptions that nobody asked for, found when they were collected
    as garbage. Both have had `startup` in all that counts: their routes are frozen.
    """

    def __init__(self, package: Any) -> None:
        self._package = package
        self._testing: Any = import_module(f"{package.__name__}.testing")
        self._connection: Any = import_module(f"{package.__name__}.connection").Connection
        for name in ("application", "response", "server"):
            import_module(f"{package.__name__}.{name}")
        self._records = _Records()
        self._task: Any = None
        self._logger = logging.getLogger("reference")
        self._access = _AccessLog()
        self._logger.addHandler(self._records)
        self._propagated, self._logger.propagate = self._logger.propagate, False
        self._open()

    def _open(self) -> None:
        self._faults: list[tuple[str, BaseException | None]] = []
        self.late: list[str] = []
        # Of this loop alone: what is left of the one before may still be found to be pending.
        self.loop = CallbackLoop(partial(_note, self._faults, self.late))
        self._noting = Noting(self._package)
        app = self._noting.application(self._package)
        make = self._package.server.Server

        async def servers() -> tuple[Any, Any]:
            return make(app), make(app, limits=SMALL_LIMITS, access_log=self._access)

        opening = asyncio.Task(servers(), loop=self.loop.as_loop)
        self.loop.run_until_idle(_MAX_TURNS)
        self.servers: tuple[Any, Any] = opening.result()

    def close(self) -> None:
        """Give the loop and the logger back."""
        self._logger.removeHandler(self._records)
        self._logger.propagate = self._propagated
        self._leave()

    def reopen(self) -> None:
        """New servers, with nothing left of what the last connection may have broken."""
        self._leave()
        self._open()

    def _leave(self) -> None:
        for task in asyncio.all_tasks(self.loop.as_loop):
            task.cancel()
        self.loop.run_until_idle(_MAX_TURNS)

    # -- One connection --------------------------------------------------------------------------

    def serve(self, data: bytes, visit: Visit) -> Served:
        """Send `data` and end. Raises Violation."""
        served = Served(visit, self._begin(visit))
        loop, server = self.loop, self.servers[visit.small]
        connection = self._connection(server, loop)
        sock = self._testing.FakeSocket()
        extra: dict[str, Any] = {"peername": ("192.0.2.1", 50000), "socket": sock}
        if visit.tls:
            extra["sslcontext"] = sock
        transport = self._testing.FakeTransport(connection, extra, tls=visit.tls)
        transport.is_stuck = visit.is_slow
        max_turns = _MAX_TURNS + 8 * len(data)

        def rest() -> None:
            if not loop.run_until_idle(max_turns):
                raise Violation("hang", "the server does not come to rest")
            task = connection.task
            if self._faults or (task is not None and task.done()):
                self._blame(task)
            _judge_buffers(connection, transport, largest, server.limits)

        loop.call_soon(connection.connection_made, transport)
        parts = segments(data, visit.cuts)
        largest = max(map(len, parts), default=0) if visit.rests else len(data)
        for number, part in enumerate(parts):
            if number and visit.rests:
                rest()
            loop.call_soon(transport.arrive, part)
        self._end(served, connection, transport, rest)
        if not transport.is_closed:
            self._wait(visit.ending, max_turns)
        served.written = b"".join(transport.writes)
        served.is_reset = "abort" in transport.acts
        served.marked = bool(sock.options)
        served.errors = self._records.records
        served.lines = self._access.lines
        self._judge_end(connection, transport, server)
        return served

    def _begin(self, visit: Visit) -> list[Call]:
        """Forget the connection before; returns where the calls of this one are noted."""
        self._records.records = []
        self._access.lines = []
        self._noting.parts = LARGE_PARTS if visit.is_slow else SMALL_PARTS
        self._noting.calls = []
        return self._noting.calls

    def _end(
        self, served: Served, connection: Any, transport: Any, rest: Callable[[], None]
    ) -> None:
        ending, call_soon = served.visit.ending, self.loop.call_soon
        if ending is Ending.EOF_AT_ONCE:
            call_soon(transport.arrive, None)
        elif ending is Ending.RESET_AT_ONCE:
            call_soon(transport.lose)
        rest()
        served.first = b"".join(transport.writes)
        self._task = connection.task
        if ending is Ending.SLOW:
            call_soon(transport.unstick)
            rest()
        if ending is Ending.EOF or ending is Ending.SLOW:
            call_soon(transport.arrive, None)
            rest()
        elif ending is Ending.RESET:
            call_soon(transport.lose)
            rest()

    def _wait(self, ending: Ending, max_turns: int) -> None:
        if ending is not Ending.SILENCE and ending is not Ending.STUCK:
            raise Violation("open", f"the client {ending.value}")
        if not self.loop.run_for(_SILENCE_S, max_turns):
            raise Violation("hang", "the server does not come to rest when the clock moves")

    # -- What nothing excuses --------------------------------------------------------------------

    def _blame(self, task: Any) -> None:
        """Raise what escaped, from a callback or from a handler's task that has ended."""
        if self._faults:
            message, exc = self._faults.pop(0)
        else:
            message, exc = "a handler's task has ended and is there", task.exception()
        raise Violation("escaped", where(exc) or message, text=f"{message}: {exc!r}")

    def _judge_end(self, connection: Any, transport: Any, server: Any) -> None:
        # One that waited when the client ended, and may have been cancelled since.
        task = self._task
        failed = task is not None and task.done() and not task.cancelled() and task.exception()
        if self._faults or failed:
            self._blame(task)
        left = []
        if not transport.is_closed:
            left.append("the transport is open")
        if connection.task is not None:
            left.append("a handler runs")
        if server._connections:
            left.append("the server counts the connection")
        if self.loop.timer_count:
            left.append("a timer is set")
        if left:
            raise Violation("left behind", ", ".join(left))


def where(exc: BaseException | None) -> str:
    """The kind of an exception and the function of the subject that it comes from."""
    if exc is None:
        return ""
    frames = traceback.extract_tb(exc.__traceback__)
    ours = [
        f"{one.filename.rpartition('/')[2]} {one.name}"
        for one in frames
        if not one.filename.startswith(_FUZZ) and not one.filename.endswith("events.py")
    ]
    return f"{type(exc).__name__} in {ours[-1] if ours else 'nobody'}"


def _judge_buffers(connection: Any, transport: Any, largest: int, limits: Limits) -> None:
    """No more is held than the limits say, and one segment, which came before they could act."""
    parser = connection._parser
    head = limits.request_line_bytes + limits.fields_bytes + 8
    if len(parser._held) > head + largest:
        raise Violation("unbounded", "what the parser holds")
    body = connection._receiving
    if body is not None and body.held_bytes > limits.body_buffer_bytes + largest:
        raise Violation("unbounded", "the body that no handler has read")
    if transport.get_write_buffer_size() > _WRITE_BUFFER_BYTES:
        raise Violation("unbounded", "what the client has not taken")
