"""An application that listens: its sockets, its connections, and the order of a graceful end.

Owns `Server` and `serve`. Signals, processes and event loops are `run`'s.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

from .application import Application
from .connection import Connection
from .limits import Limits
from .outbox import Outbox

logger = logging.getLogger("reference")

_CANCEL_TIMEOUT_S = 5.0
"""How long cancelled handlers may take to end before cleanup goes on without them."""

# From 3.13 on asyncio removes the path of a Unix socket when it closes its server; but a socket
# that was given may be shared, and has its path from whoever bound it.
_KEEP_PATH: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}


class Server:
    """Serves one application. `start` runs its startup hooks and then listens; `close` ends both.

    Use `serve` or `run_app` rather than this, unless you need the steps apart.
    """

    def __init__(
        self,
        app: Application,
        *,
        limits: Limits | None = None,
        access_log: logging.Logger | None = None,
    ) -> None:
        self.app = app
        self.limits = Limits() if limits is None else limits
        self.access_log = access_log
        self.outbox = Outbox(asyncio.get_running_loop())
        self._connections: set[Connection] = set()
        self._listeners: list[asyncio.Server] = []
        self._unix_sockets: dict[str, int] = {}  # inodes by path
        self._is_closing = False
        self._nobody_left: asyncio.Future[None] | None = None

    # -- For connections -------------------------------------------------------------------------

    def take(self, connection: Connection) -> bool:
        """Count a new connection; False when there are too many."""
        self._connections.add(connection)
        if self._is_closing:
            # Accepted before that, but ready only now: a TLS handshake takes its time.
            asyncio.get_running_loop().call_soon(connection.shutdown)
        return len(self._connections) <= self.limits.connections

    def drop(self, connection: Connection) -> None:
        """A connection has ended, and its handler with it."""
        self._connections.discard(connection)
        if not self._connections and self._nobody_left is not None:
            with suppress(asyncio.InvalidStateError):
                self._nobody_left.set_result(None)

    # -- Life ------------------------------------------------------------------------------------

    async def start(
        self,
        host: str | Sequence[str] | None = None,
        port: int | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        sock: socket.socket | Sequence[socket.socket] | None = None,
        ssl_context: ssl.SSLContext | None = None,
        backlog: int = 128,
        reuse_port: bool | None = None,
    ) -> None:
        """Run the startup hooks, then listen on everything that is named.

        Without any name: 127.0.0.1, port 8080. Raises what a hook raises (no socket was opened
        then), or OSError when an address cannot be used; in both cases what was entered is
        unwound.
        """
        await self.app.startup()
        try:
            listen = _Listen(self, ssl_context, backlog)
            if sock is not None:
                for one in [sock] if isinstance(sock, socket.socket) else sock:
                    await listen.on_socket(one)
            if path is not None:
                await listen.on_path(os.fspath(path))
            if host is not None or port is not None or (sock is None and path is None):
                host = "127.0.0.1" if host is None else host
                await listen.on_host(host, 8080 if port is None else port, reuse_port)
        except BaseException:
            await self.close(shutdown_timeout=0)
            raise

    @property
    def sockets(self) -> list[socket.socket]:
        """The listening sockets."""
        return [one for listener in self._listeners for one in listener.sockets]

    @property
    def port(self) -> int:
        """The port of the first TCP socket. Raises LookupError when there is none."""
        for one in self.sockets:
            if one.family in (socket.AF_INET, socket.AF_INET6):
                return int(one.getsockname()[1])
        raise LookupError("not listening on TCP")

    async def close(self, shutdown_timeout: float = 60.0) -> None:
        """Stop accepting, close idle connections, run the shutdown hooks, let running requests end
        for up to `shutdown_timeout` seconds, cancel what is left, run the cleanup hooks.

        Raises what hooks raised, after all of it was done.
        """
        self._is_closing = True
        for listener in self._listeners:
            listener.close()
        for unix_path, inode in self._unix_sockets.items():
            with suppress(FileNotFoundError):
                if os.stat(unix_path).st_ino == inode:  # else another server has taken the path
                    os.unlink(unix_path)
        for connection in list(self._connections):
            connection.shutdown()
        try:
            await self.app.shutdown()
        finally:
            try:
                await self._drain(shutdown_timeout)
            finally:
                self._listeners.clear()
                await self.app.cleanup()

    async def _drain(self, timeout_s: float) -> None:
        if self._connections:
            self._nobody_left = asyncio.get_running_loop().create_future()
            with suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):
                    await self._nobody_left
        tasks = [one.task for one in self._connections if one.task is not None]
        for connection in list(self._connections):
            connection.abort()
        if tasks:
            _, stuck = await asyncio.wait(tasks, timeout=_CANCEL_TIMEOUT_S)
            if stuck:
                logger.error("%d handlers did not end when they were cancelled", len(stuck))


class _Listen:
    """Opens listeners for a server, all with the same options."""

    def __init__(self, server: Server, ssl_context: ssl.SSLContext | None, backlog: int) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._ssl = ssl_context
        self._backlog = backlog

    def _protocol(self) -> Connection:
        return Connection(self._server, self._loop)

    async def on_host(self, host: str | Sequence[str], port: int, reuse_port: bool | None) -> None:
        self._server._listeners.append(
            await self._loop.create_server(
                self._protocol, host, port,
                ssl=self._ssl, backlog=self._backlog, reuse_port=reuse_port,
            )
        )  # fmt: skip

    async def on_path(self, path: str) -> None:
        self._server._listeners.append(
            await self._loop.create_unix_server(
                self._protocol, path, ssl=self._ssl, backlog=self._backlog, **_KEEP_PATH
            )
        )
        if not path.startswith("\0"):  # that would be a name of Linux's, and no file
            self._server._unix_sockets[path] = os.stat(path).st_ino

    async def on_socket(self, sock: socket.socket) -> None:
        if sock.family == socket.AF_UNIX:
            listener = await self._loop.create_unix_server(
                self._protocol, sock=sock, ssl=self._ssl, backlog=self._backlog, **_KEEP_PATH
            )
        else:
            listener = await self._loop.create_server(
                self._protocol, sock=sock, ssl=self._ssl, backlog=self._backlog
            )
        self._server._listeners.append(listener)


@asynccontextmanager
async def serve(
    app: Application,
    host: str | Sequence[str] | None = None,
    port: int | None = None,
    *,
    path: str | os.PathLike[str] | None = None,
    sock: socket.socket | Sequence[socket.socket] | None = None,
    shutdown_timeout: float = 60.0,
    ssl_context: ssl.SSLContext | None = None,
    backlog: int = 128,
    reuse_port: bool | None = None,
    access_log: logging.Logger | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Server]:
    """Serve `app` in the running event loop, on a free port of 127.0.0.1 unless told otherwise.

        async with serve(app) as server:
            await client.get(f"http://127.0.0.1:{server.port}/")

    Leaving the block is a graceful end, as of `Server.close`.
    """
    if host is None and port is None and path is None and sock is None:
        port = 0
    server = Server(app, limits=limits, access_log=access_log)
    await server.start(
        host, port, path=path, sock=sock,
        ssl_context=ssl_context, backlog=backlog, reuse_port=reuse_port,
    )  # fmt: skip
    try:
        yield server
    finally:
        await server.close(shutdown_timeout)
