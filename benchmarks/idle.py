"""Connections that are open and do nothing.

Owns them and the number of files that this process, and with it a server, may have open.
"""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from typing import Protocol

import h11

from .command import Refused
from .connection import Connection
from .scenarios import request as make_request

SPARE_FILES = 200
"""Besides the connections: standard streams, pipes, what listens and polls."""

_AT_ONCE = 50  # fewer than any backlog, so that nobody is turned away at the door
_GET = make_request("GET", "/")


class Listening(Protocol):
    """What is connected to."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


@contextmanager
def open_files(count: int) -> Iterator[None]:
    """Room for `count` open files, here and in servers that are started meanwhile.

    Raises Refused when the hard limit does not allow so many.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Refused(
            f"{count:,} open files are needed and no more than {hard:,} are allowed: take fewer "
            f"connections (up to {max(hard - SPARE_FILES, 0):,}), or raise the hard limit "
            "(`ulimit -Hn`)"
        )
    if soft == resource.RLIM_INFINITY or soft >= count:
        yield
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@asynccontextmanager
async def idle_connections(server: Listening, count: int) -> AsyncIterator[IdleConnections]:
    """`count` connections, each of which has had one GET of / answered and stays open.

    Raises Refused when the server answers with another status than 200, does not keep them, or has
    closed one at the end. Servers inherit the limit of open files: start them within `open_files`.
    """
    with ExitStack() as stack:
        opening = _Opening(stack, server)
        for first in range(0, count, _AT_ONCE):
            await opening.open(min(_AT_ONCE, count - first))
        idle = IdleConnections(opening.connections)
        yield idle
        idle.check()


class _Opening:
    """Those that have had their answer; `stack` closes all that were opened."""

    def __init__(self, stack: ExitStack, server: Listening) -> None:
        self.connections: list[Connection] = []
        self._stack = stack
        self._server = server

    async def open(self, count: int) -> None:
        """So many more, at a time. Raises Refused."""
        opening = (self._open_one() for _ in range(count))
        # All are waited for, also when one fails: nothing goes on behind the end of the stack.
        for failure in await asyncio.gather(*opening, return_exceptions=True):
            if isinstance(failure, OSError | h11.RemoteProtocolError):
                said = f"idle connections, {len(self.connections):,} of which are open: "
                raise Refused(f"{said}{type(failure).__name__}: {failure}") from failure
            if failure is not None:
                raise failure

    async def _open_one(self) -> None:
        connection = await Connection.open(self._server.host, self._server.port)
        self._stack.enter_context(connection)
        answer = await connection.exchange(_GET)
        if answer.status != 200:
            raise Refused(
                f"the request of an idle connection was answered {answer.status}, not 200: "
                f"{answer.body[:80]!r}"
            )
        if not connection.persists:
            raise Refused("the server does not keep connections open")
        connection.rest()
        self.connections.append(connection)


class IdleConnections:
    """Those that are open."""

    def __init__(self, connections: list[Connection]) -> None:
        self._connections = connections

    def lost(self) -> int:
        """How many the server has closed, or said something on."""
        return sum(not one.is_quiet() for one in self._connections)

    def check(self) -> None:
        """Raises Refused when one is lost."""
        if lost := self.lost():
            raise Refused(
                f"the server closed {lost:,} of {len(self._connections):,} idle connections, or "
                "sent what nobody asked for"
            )
