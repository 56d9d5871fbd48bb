"""The sending half of a connection: whole answers, parts of streamed ones, files.

Owns what was handed over and is not sent yet, and the client's pace. Which answer comes next, and
when the connection ends, is the connection's.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, BinaryIO

from .outbox import Outbox
from .waits import Wait, Waiting

if TYPE_CHECKING:
    from .connection import Connection

_HELD_BYTES = 65536
_SMALL_BYTES = 16384
"""Parts up to this are worth copying to save a system call."""


class Output:
    """What one connection sends. The methods that send parts raise ConnectionResetError when the
    connection is at its end."""

    __slots__ = (
        "_connection", "_drained", "_held", "_loop", "_outbox", "_waiting", "_write_mark", "begun",
        "in_outbox", "is_open", "paused", "transport", "until_close",
    )  # fmt: skip

    transport: asyncio.Transport

    def __init__(
        self,
        connection: Connection,
        outbox: Outbox,
        loop: asyncio.AbstractEventLoop,
        waiting: Waiting,
    ) -> None:
        self.is_open = True
        self.begun = False
        """The head of the present answer was sent ahead of its body."""
        self.until_close = False
        """... and the end of the connection is the end of that body."""
        self.paused = False
        """The client is slower than the answer: await `drained` before the next part."""
        self.in_outbox = False
        self._connection = connection
        self._outbox = outbox
        self._loop = loop
        self._waiting = waiting
        self._held = b""  # to be sent in the next turn of the event loop
        self._drained: asyncio.Future[None] | None = None
        self._write_mark = 0  # bytes in the write buffer when the present WRITE wait began

    # -- Whole answers, and all that is small ----------------------------------------------------

    @property
    def is_holding(self) -> bool:
        return bool(self._held)

    def hold(self, data: bytes) -> None:
        """Have it sent, with what else is ready in this turn of the event loop."""
        self._held = held = self._held + data
        if not self.in_outbox:
            self.in_outbox = True
            self._outbox.add(self._connection)
        if len(held) > _HELD_BYTES:
            self.flush()

    def flush(self) -> None:
        """Send what is held."""
        held = self._held
        if held:
            self._held = b""
            if self.is_open:
                self.transport.write(held)

    # -- Answers in parts ------------------------------------------------------------------------

    def begin(self, head: bytes, *, until_close: bool) -> None:
        """Send a head ahead of its body."""
        self.begun = True
        self.until_close = until_close
        self._connection.answer_begins()
        self.write_part(head)

    def write_part(self, data: bytes) -> None:
        """Send a part of a body. Small ones that are made in one turn of the event loop, with the
        head or the end beside them, are one write."""
        if not self.is_open:
            raise ConnectionResetError("the client is gone")
        if len(data) > _SMALL_BYTES:
            self.flush()
            self.transport.write(data)
        else:
            self.hold(data)

    async def drained(self) -> None:
        """Until the client has taken most of what was sent."""
        if not self.paused:
            return
        if not self.is_open:
            raise ConnectionResetError("the client is gone")
        self.flush()  # what is added later would look like no progress
        self.begin_wait()
        self._drained = self._loop.create_future()
        try:
            await self._drained
        finally:
            self._drained = None
            self._waiting.wait = None

    async def sendfile(self, file: BinaryIO, offset: int, count: int) -> int | None:
        """Send part of `file` without copying it; returns the bytes sent, None where the event
        loop or TLS cannot."""
        connection = self._connection
        if connection.scheme == "https":
            return None
        if self.transport.is_closing():
            connection.cut()
            raise ConnectionResetError("the client is gone")
        connection.hold_input()
        self.flush()
        self.begin_wait()
        try:
            return await self._loop.sendfile(self.transport, file, offset, count, fallback=False)
        except (asyncio.SendfileNotAvailableError, NotImplementedError):
            connection.update_reading()
            return None
        except ConnectionError:
            connection.cut()  # the transport reads nothing meanwhile, so we hear of it first
            raise
        finally:
            self._waiting.wait = None

    # -- The client's pace -----------------------------------------------------------------------

    def resume(self) -> None:
        """The transport takes more."""
        self.paused = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)

    def lose(self) -> None:
        """The client is gone."""
        self.is_open = False
        if self._drained is not None and not self._drained.done():
            self._drained.set_exception(ConnectionResetError("the client is gone"))

    def begin_wait(self) -> None:
        """Wait for the client to take what was sent."""
        self._write_mark = self.transport.get_write_buffer_size()
        self._waiting.begin(Wait.WRITE)

    @property
    def has_progressed(self) -> bool:
        """The client has taken something since the wait began."""
        return self.transport.get_write_buffer_size() < self._write_mark
