"""A peer that serves: a process of its own, told the application on its standard input.

Owns how it is started on a port of its own, when it is ready, and how it is ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import BinaryIO

from conformance.adapter.ports import free_port
from conformance.driver import Command, how_it_ended
from conformance.guard import Guard, kill_session
from conformance.spec import App

from .command import Refused
from .peers.application import CANNOT_SERVE
from .server import Server, last_lines
from .subjects import Subject

_HOST = "127.0.0.1"
_POLL_S = 0.02
_TAIL_BYTES = 4000
_READY = b"GET /-/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class _Peer(Server):
    def __init__(
        self, subject: Subject, process: asyncio.subprocess.Process, port: int, log: BinaryIO
    ) -> None:
        super().__init__(subject, process.pid, _HOST, port)
        self._process = process
        self._log = log

    @property
    def end(self) -> str | None:
        status = self._process.returncode
        return None if status is None else how_it_ended(status)

    async def ended(self) -> None:
        await self._process.wait()

    def stderr_tail(self) -> str:
        return _tail(self._log)


@asynccontextmanager
async def serving_peer(
    subject: Subject, command: Command, app: App, title: str, guard: Guard, ready_s: float
) -> AsyncIterator[Server]:
    """A peer that has answered a request. Raises Refused when it cannot serve."""
    port = free_port()
    with tempfile.TemporaryFile() as asked, tempfile.TemporaryFile() as log:
        asked.write(json.dumps(app.to_json()).encode())
        asked.seek(0)
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv, "--port", str(port),
                env=command.env, cwd=command.cwd, stdin=asked, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        except OSError as exc:
            raise Refused(f"cannot run {command.argv[0]!r}: {exc.strerror}") from exc
        guard.watch(process.pid)
        server = _Peer(subject, process, port, log)
        try:
            await _until_it_answers(server, process, title, ready_s)
            yield server
        finally:
            kill_session(process.pid)
            await process.wait()
            kill_session(process.pid)  # what was started while the first round went through
            guard.forget(process.pid)


async def _until_it_answers(
    server: _Peer, process: asyncio.subprocess.Process, title: str, ready_s: float
) -> None:
    """Until a request gets some answer: a listening socket is none yet. Raises Refused."""
    deadline_s = time.monotonic() + ready_s
    while not await _answers(server.port, deadline_s - time.monotonic()):
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S):
                await process.wait()
        if process.returncode == CANNOT_SERVE:
            raise Refused(f"{server.stderr_tail().strip()} (which is in {title})")
        if server.end is not None:
            raise server.refusal(f"ended before it answered: {server.end}")
        if time.monotonic() > deadline_s:
            raise server.refusal(f"did not answer within {ready_s:g} seconds")


async def _answers(port: int, within_s: float) -> bool:
    try:
        async with asyncio.timeout(within_s):
            reader, writer = await asyncio.open_connection(_HOST, port)
            try:
                writer.write(_READY)
                return bool(await reader.read(1))
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False  # it does not listen yet


def _tail(log: BinaryIO) -> str:
    # pread leaves the offset alone, which the server shares and writes at.
    size = os.fstat(log.fileno()).st_size
    start = max(0, size - _TAIL_BYTES)
    return last_lines(os.pread(log.fileno(), size - start, start).decode("utf-8", "replace"))
