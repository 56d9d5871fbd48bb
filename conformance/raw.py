"""Raw connections to a subject: bytes out, answers in, how it ended.

Owns the sockets of scripts and crowds. What arrives is read by `wire`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from contextlib import suppress

from .seen import Conversation
from .steps import End
from .wire import AnswerReader

_READ_BYTES = 65536
_KEPT_BYTES = 1 << 20  # of what was sent: enough to be shown, and less than a large body
_LINGER_OFF = struct.pack("ii", 1, 0)


class RawConnection:
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
            self.sent += segment[: max(0, _KEPT_BYTES - len(self.sent))]
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

    def forget(self) -> None:
        """Keep no more of what was sent and answered whole; for connections that serve many."""
        if self.end is End.OPEN and not self.answers.rest:
            self.sent.clear()
            self.answers = AnswerReader()

    async def drip(self, data: bytes, every_s: float) -> None:
        """Send a byte at a time until the other side ends the connection or all is sent."""
        for byte in data:
            await self.send([bytes([byte])])
            with suppress(TimeoutError):
                async with asyncio.timeout(every_s):
                    await self.read(lambda reader: False)
            if self.end is not End.OPEN:
                return

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
