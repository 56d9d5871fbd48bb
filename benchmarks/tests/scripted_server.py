"""A server that answers what a test says, on a port of its own: in pieces, wrongly, never."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)\r\n", re.IGNORECASE)

GET = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
HELLO = b"Hello, World!"


def answer(body: bytes = HELLO, status: bytes = b"200 OK", fields: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, fields, len(body), body)


@dataclass
class Asked:
    """One request: its number over all connections, from 1 on, and its octets."""

    number: int
    head: bytes
    body: bytes


@dataclass
class Script:
    """`answers` gives the pieces that are written for a request, each by itself; nothing: the
    connection is closed; None among them: so it is here."""

    answers: Callable[[Asked], list[bytes | None]]
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    """What an answer waits for."""
    port: int = 0
    requests: int = 0
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (asked := await self._read(reader)) is not None:
                await self.gate.wait()
                pieces = self.answers(asked)
                for piece in pieces:
                    if piece is None:
                        return
                    writer.write(piece)
                    await writer.drain()
                    if len(pieces) > 1:
                        await asyncio.sleep(0)
        except ConnectionError:
            return  # a client that refuses leaves at once
        finally:
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Asked | None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        length = _LENGTH.search(head)
        body = await reader.readexactly(int(length[1])) if length else b""
        self.requests += 1
        return Asked(self.requests, head, body)


@asynccontextmanager
async def scripted(answers: Callable[[Asked], list[bytes | None]]) -> AsyncIterator[Script]:
    """Serves until it is left; the gate is open."""
    script = Script(answers)
    script.gate.set()
    open_now: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(script.serve(reader, writer))
        open_now[task] = writer
        task.add_done_callback(open_now.pop)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        await asyncio.sleep(0)  # what was accepted has its task now
        writers = list(open_now.values())
        for task, writer in list(open_now.items()):
            task.cancel()
            writer.close()  # one that was cancelled before it began would not
        await asyncio.gather(*open_now, return_exceptions=True)
        await asyncio.gather(*(w.wait_closed() for w in writers), return_exceptions=True)
        await server.wait_closed()
