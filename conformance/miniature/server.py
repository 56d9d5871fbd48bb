"""Serving an application: from the startup hooks to the last connection.

Owns the listener, the connections that are open, draining and signals.
"""

from __future__ import annotations

import asyncio
import socket

from .application import Application
from .connection import Connection, State
from .framing import Framed
from .receiver import SEGMENT_BYTES
from .request import Request
from .response import Response

BACKLOG = 128
FEW_CONNECTIONS = 256
NO_BOUND = 1 << 40


class Server:
    def __init__(self, app: Application) -> None:
        self.app = app
        self.faults = app.faults
        self.is_stopping = False
        self.latest: Connection | None = None
        self._connections: dict[Connection, asyncio.Task[None]] = {}
        self.leaked: list[Connection] = []
        self._listener: asyncio.Server | None = None
        self._one_at_a_time = asyncio.Lock()
        self._eight_at_a_time = asyncio.Semaphore(8)

    async def respond(self, request: Request) -> Response:
        """The response of the application; no request waits for another."""
        if "blocks-the-loop" in self.faults:
            async with self._one_at_a_time:
                return await self.app.respond(request)
        if "few-requests-at-once" in self.faults:
            async with self._eight_at_a_time:
                return await self.app.respond(request)
        response = await self.app.respond(request)
        if self.app.has_crashed and "crash-ends-others" in self.faults:
            self.abort_others(None)
        return response

    async def send(self, connection: Connection, framed: Framed, response: Response) -> bool:
        """Send over a connection; none waits for the client of another."""
        if "writes-block-everybody" in self.faults:
            async with self._one_at_a_time:
                return await connection.send(framed, response)
        return await connection.send(framed, response)

    async def start(self, sock: socket.socket) -> None:
        """Run the startup hooks, then listen on `sock`, which is bound. Raises what a hook does."""
        await self.app.lifecycle.start()
        await self._listen(sock)

    async def _listen(self, sock: socket.socket) -> None:
        limit = NO_BOUND if "reads-without-bound" in self.faults else SEGMENT_BYTES
        self._listener = await asyncio.start_server(
            self._connected, sock=sock, backlog=BACKLOG, limit=limit
        )

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if "few-connections" in self.faults and len(self._connections) >= FEW_CONNECTIONS:
            writer.close()
            return
        if "never-waits-for-clients" in self.faults:
            writer.transport.set_write_buffer_limits(NO_BOUND)
        connection = Connection(self, reader, writer)
        self.latest = connection
        task = asyncio.create_task(self._serve(connection))
        self._connections[connection] = task
        task.add_done_callback(lambda _: self._connections.pop(connection))

    async def _serve(self, connection: Connection) -> None:
        if "one-connection-at-a-time" in self.faults:
            async with self._one_at_a_time:
                await connection.serve()
        else:
            await connection.serve()

    def abort_others(self, connection: Connection | None) -> None:
        """End all connections but that one; nothing but a fault does that."""
        for other in self._connections:
            if other is not connection:
                other.abort()

    async def stop(self) -> None:
        """Stop listening, run the shutdown hooks, let running requests end, clean up."""
        if "failing-hook-leaves-all-open" in self.faults:
            await self.app.lifecycle.shutdown()
        if "accepts-after-sigterm" not in self.faults:
            self._stop_listening()
            self.is_stopping = True
        self._close_idle()
        if "hooks-behind-drain" in self.faults:
            await self._drain()
        try:
            await self.app.lifecycle.shutdown()
        except Exception:
            if "failing-hook-cancels-requests" in self.faults:
                self.app.drain_s = 0.0
            if "failing-hook-ends-shutdown" not in self.faults:
                await self._finish()
            raise
        await self._finish()

    def _close_idle(self) -> None:
        if {"waits-for-idle-connections", "answers-behind-its-end"} & self.faults:
            return
        for connection in self._connections:
            was_idle = connection.close_if_idle()
            if was_idle and "closes-one-idle-connection" in self.faults:
                return

    async def _finish(self) -> None:
        if "cleanup-before-drain" in self.faults:
            await self.app.lifecycle.cleanup()
        await self._drain()
        self._stop_listening()
        if "cleanup-before-drain" not in self.faults:
            await self.app.lifecycle.cleanup()

    def _stop_listening(self) -> None:
        if self._listener is not None and "listens-behind-its-end" not in self.faults:
            self._listener.close()
            self._listener = None

    async def _drain(self) -> None:
        """Wait until no request is being answered, and no longer than the application says."""
        drain_s: float | None = self.app.drain_s
        if "cancels-running-on-sigterm" in self.faults:
            drain_s = 0.0
        if {"no-drain-limit", "waits-for-idle-connections"} & self.faults:
            drain_s = None
        busy = [task for one, task in self._connections.items() if one.state is not State.ENDING]
        until = asyncio.ALL_COMPLETED
        if "drains-one-request" in self.faults:
            until = asyncio.FIRST_COMPLETED
        if "answers-behind-its-end" in self.faults:
            self.is_stopping = False
            return
        if busy and drain_s != 0.0:
            await asyncio.wait(busy, timeout=drain_s, return_when=until)
        left = list(self._connections.values())
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
