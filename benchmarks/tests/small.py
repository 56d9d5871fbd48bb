"""A small server that answers wrongly where a test asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, World!"


@dataclass
class Small:
    """Answers each head that comes with the next of `answers`, and with the last one for ever; what
    comes behind the first is read and forgotten when it `swallows`."""

    answers: list[bytes] = field(default_factory=lambda: [HELLO])
    swallows: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    answered: int = 0
    turn: asyncio.Event = field(default_factory=asyncio.Event)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        try:
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(self.answers[min(self.answered, len(self.answers) - 1)])
                self.answered += 1
                self.turn.set()
                while self.swallows and await reader.read(65536):
                    pass
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


@asynccontextmanager
async def small(*answers: bytes, swallows: bool = False) -> AsyncIterator[Small]:
    self = Small(list(answers) or [HELLO], swallows)
    server = await asyncio.start_server(self.talk, self.host, 0)
    self.port = server.sockets[0].getsockname()[1]
    try:
        yield self
    finally:
        server.close()
        for writer in self.writers:
            writer.close()
        for writer in self.writers:
            try:
                await writer.wait_closed()
            except ConnectionError:
                continue
        await server.wait_closed()
