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
_MOST_READS = 64
_KEPT_BYTES = 1 << 20  # of what was sent: enough to be shown, and less than a large body
_LINGER_OFF = struct.pack("ii", 1, 0)


class RawConnection:
    """One raw socket of a script.

    No stream of asyncio's: that one throws away what has come when a reset comes behind it, and
    reads ahead of a client that does not read.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.sent = bytearray()
        self.answers = AnswerReader()
        self.end = End.OPEN
        self.taken = 0  # answers, and interim ones, that steps have waited for
        self.interim_taken = 0
        self._socket: socket.socket | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        for family, kind, _, _, address in await loop.getaddrinfo(
            host, port, type=socket.SOCK_STREAM
        ):
            sock = socket.socket(family, kind)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                await loop.sock_connect(sock, address)
            except ConnectionError:
                sock.close()
                continue
            except BaseException:
                sock.close()
                raise
            self._socket = sock
            return
        self.end = End.REFUSED

    async def send(self, segments: list[bytes]) -> None:
        """Send each by itself. What cannot be sent any more is no fault: reading tells."""
        loop = asyncio.get_running_loop()
        for segment in segments:
            self.sent += segment[: max(0, _KEPT_BYTES - len(self.sent))]
            if self._socket is None or self.end is not End.OPEN:
                continue
            try:
                await loop.sock_sendall(self._socket, segment)
            except ConnectionError:
                return
            if len(segments) > 1:
                await asyncio.sleep(0)  # the other side may read between segments

    def begin_to_send(self, segments: list[bytes]) -> None:
        """Send in the background, however much the other side takes of it."""
        self._sending.add(asyncio.create_task(self.send(segments)))

    async def read(self, until: Callable[[AnswerReader], bool]) -> None:
        """Receive until the condition holds or the other side has ended the connection."""
        while not until(self.answers) and self.end is End.OPEN and self._socket is not None:
            await self._receive(self._socket)

    async def _receive(self, sock: socket.socket) -> None:
        """Wait for what comes next, be it the end."""
        try:
            data = await asyncio.get_running_loop().sock_recv(sock, _READ_BYTES)
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
        # One wait for all of them: one that is cancelled just when something comes would lose it.
        hearing = asyncio.create_task(self.read(lambda reader: False))
        try:
            for byte in data:
                await self.send([bytes([byte])])
                await asyncio.wait([hearing], timeout=every_s)
                if hearing.done():
                    return
        finally:
            await _cancel(hearing)

    def half_close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # the other side was faster
                self._socket.shutdown(socket.SHUT_WR)

    async def close(self, *, reset: bool = False) -> None:
        # First, or the event loop would look at a descriptor that is somebody else's by then.
        for task in self._sending:
            await _cancel(task)
        self._sending.clear()
        sock, self._socket = self._socket, None
        if sock is None:
            return
        if reset:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        else:
            _take_what_has_come(sock)
        sock.close()

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


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.result()


def _take_what_has_come(sock: socket.socket) -> None:
    """Closing a socket with unread octets would be a reset. Who sends without end is reset."""
    with suppress(OSError):
        for _ in range(_MOST_READS):
            if not sock.recv(_READ_BYTES):
                return
