"""One connection to a server, for measurements that must hold it still.

Owns the socket. Nothing is read that nobody asked for, so that a reader can stall and an idle
connection costs no work; h11 says what an answer is and where it ends.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Self

import h11

_READ_BYTES = 256 * 1024
_PATIENCE_S = 30.0


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes


class Connection:
    """A context manager that closes it. Make one with `Connection.open`.

    Every method raises OSError where the socket fails (TimeoutError when nothing moved for
    `patience_s`) and h11.RemoteProtocolError for what is no answer or ends within one.
    """

    def __init__(self, sock: socket.socket, patience_s: float) -> None:
        self._socket = sock
        self._patience_s = patience_s
        self._parser: h11.Connection | None = None

    @classmethod
    async def open(cls, host: str, port: int, patience_s: float = _PATIENCE_S) -> Self:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        self = cls(sock, patience_s)
        try:
            async with asyncio.timeout(patience_s):
                await asyncio.get_running_loop().sock_connect(sock, (host, port))
        except BaseException:
            sock.close()
            raise
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    async def ask(self, request: bytes) -> None:
        """Send a request or the beginning of one; the next answer is to it."""
        method, target = request.split(b" ", 2)[:2]
        self._parser = h11.Connection(h11.CLIENT)
        # Only the method matters for the reading of an answer.
        self._parser.send(h11.Request(method=method, target=target, headers=[("Host", "x")]))
        self._parser.send(h11.EndOfMessage())
        await self.send(request)

    async def send(self, data: bytes) -> None:
        async with asyncio.timeout(self._patience_s):
            await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def status(self) -> int:
        """The status of the answer, when its head is there."""
        event = await self._next()
        assert isinstance(event, h11.Response)
        return event.status_code

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body, as it comes."""
        while isinstance(event := await self._next(), h11.Data):
            yield bytes(event.data)

    async def exchange(self, request: bytes) -> Answer:
        await self.ask(request)
        return await self.answer()

    async def answer(self) -> Answer:
        """The whole of it."""
        return Answer(await self.status(), b"".join([piece async for piece in self.pieces()]))

    @property
    def persists(self) -> bool:
        """Behind an answer: the server has not said that it was the last."""
        return self._parser is not None and self._parser.their_state is h11.DONE

    def rest(self) -> None:
        """Forget the answer, for those who are many and wait."""
        self._parser = None

    def is_quiet(self) -> bool:
        """The server has neither closed it nor sent anything that was not read."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return self._parser is None or not self._parser.trailing_data[0]
        except OSError:
            return False
        return False

    async def _next(self) -> h11.Event | type[h11.PAUSED]:
        """The next of the answer that matters here: 100 (Continue) and its like do not."""
        assert self._parser is not None, "nothing was asked"
        while True:
            event = self._parser.next_event()
            if isinstance(event, h11.InformationalResponse):
                continue
            if event is not h11.NEED_DATA:
                assert not isinstance(event, type)
                return event
            async with asyncio.timeout(self._patience_s):
                data = await asyncio.get_running_loop().sock_recv(self._socket, _READ_BYTES)
            self._parser.receive_data(data)
