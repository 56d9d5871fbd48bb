"""Starting what is measured, reading what it uses, ending it.

Owns the processes of subjects: each has a session of its own, and a guard that ends the session
when the harness is killed. An adapter serves by the framework's own blocking entry point, as in
production, where it has one; a peer is given the same application on its standard input.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from conformance.driver import (
    AdapterProcess,
    Command,
    Deadlines,
    RunningApp,
    how_it_ended,
)
from conformance.guard import Guard, kill_session, session_members
from conformance.protocol import AdapterError
from conformance.seen import Rejection
from conformance.spec import App

from . import procfs
from .command import Refused
from .load.turns import processors_s
from .peers.application import CANNOT_SERVE
from .scenarios import Scenario
from .subjects import Subject

_HOST = "127.0.0.1"
_LISTENS = "0A"  # the state TCP_LISTEN in /proc/net/tcp (proc_pid_net(5))
_READY_S = 120.0  # one framework takes half a minute of a processor for 10,000 routes
_POLL_S = 0.02
_END_S = 0.3
_TAIL_BYTES = 4000
_TAIL_LINES = 20
_READY = b"GET /-/ready HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Server:
    """A subject that serves. `pid` is that of the process that leads its session."""

    def __init__(self, subject: Subject, pid: int, host: str, port: int) -> None:
        self.subject = subject
        self.pid = pid
        self.host = host
        self.port = port
        self._seconds: dict[int, float] = {}

    def cpu_s(self) -> float:
        """Processor time of all processes of its session so far, in seconds.

        It never falls: of a process that has ended counts what was seen last.
        """
        for pid in session_members(self.pid):
            with suppress(OSError):  # it ended meanwhile
                self._seconds[pid] = processors_s((pid,))
        return sum(self._seconds.values())

    def pids(self) -> tuple[int, ...]:
        """All processes of its session. Raises Refused when none is left."""
        found = tuple(session_members(self.pid))
        if not found:
            raise self.refusal("ended before it was measured")
        return found

    def rss_bytes(self) -> int:
        """Resident memory of all processes of its session. Raises Refused when none is left."""
        try:
            return procfs.session_rss_bytes(self.pid)
        except (ProcessLookupError, FileNotFoundError) as exc:
            raise self.refusal("ended while its memory was read") from exc

    @property
    def events_seen(self) -> int:
        """How many events its handlers told so far, though the application is a quiet one: what
        that costs is a part of every figure."""
        return 0

    @property
    def end(self) -> str | None:
        """How it ended, in words; None as long as it runs."""
        raise NotImplementedError

    async def ended(self) -> None:
        """Until it has ended."""
        raise NotImplementedError

    def stderr_tail(self) -> str:
        """The last lines of what it wrote on stderr."""
        raise NotImplementedError

    def refusal(self, what: str) -> Refused:
        """`what` it did, with the last that it said."""
        said = self.stderr_tail()
        return Refused(f"{self.subject.label} {what}" + (f"; it said:\n{said}" if said else ""))


class _Adapter(Server):
    def __init__(self, subject: Subject, process: AdapterProcess, running: RunningApp) -> None:
        super().__init__(subject, process.pid, running.host, running.port)
        self._process = process
        self._running = running
        self._events = 0

    @property
    def events_seen(self) -> int:
        self._events += len(self._running.events)
        self._running.events.clear()
        return self._events

    @property
    def end(self) -> str | None:
        return how_it_ended(self._process.exit_status) if self._process.ended.is_set() else None

    async def ended(self) -> None:
        await self._process.ended.wait()

    def stderr_tail(self) -> str:
        return _last_lines(self._process.stderr)


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
async def serving(
    subject: Subject,
    served: App | Scenario,
    *,
    cpu: int | None = None,
    loop: str | None = None,
    ready_s: float = _READY_S,
) -> AsyncIterator[Server]:
    """A server that has answered a request. It and all that it started are gone at the end.

    `cpu` is the processor that it is bound to, by `taskset` where that is installed; `loop` another
    event loop than the subject's, `ready_s` what each step of its start may take. Raises Refused
    when it cannot serve, and when it ended while it was in use, with what it said.
    """
    app, title = (served, "it") if isinstance(served, App) else (served.app, served.name)
    if loop is not None:
        subject = subject.with_loop(loop)
    command = replace(subject.command, argv=[*_pinning(cpu), *subject.command.argv])
    guard = Guard()
    try:
        start = _serving_peer if subject.kind == "peer" else _serving_adapter
        async with start(subject, command, app, title, guard, ready_s) as server:
            if not await asyncio.to_thread(_is_of_session, server.port, server.pid):
                raise server.refusal(f"shares port {server.port} with another server; try again")
            try:
                yield server
            except (Refused, OSError) as exc:
                with suppress(TimeoutError):  # clients hear of an end before its parent does
                    async with asyncio.timeout(_END_S):
                        await server.ended()
                if server.end is None:
                    raise
                raise server.refusal(f"ended while it was measured: {server.end}") from exc
    finally:
        guard.close()


@asynccontextmanager
async def _serving_adapter(
    subject: Subject, command: Command, app: App, title: str, guard: Guard, ready_s: float
) -> AsyncIterator[Server]:
    try:
        process = await AdapterProcess.start(
            command, guard, Deadlines(hello_s=ready_s, start_s=ready_s)
        )
    except AdapterError as exc:
        raise Refused(str(exc)) from exc
    try:
        foreground = "foreground" in process.hello.capabilities
        try:
            running = await process.start_app(app, foreground=foreground)
        except AdapterError as exc:
            raise Refused(f"{subject.label} cannot serve {title}: {exc}") from exc
        if isinstance(running, Rejection):
            raise Refused(f"{subject.label} cannot serve {title}: {_why(running)}")
        yield _Adapter(subject, process, running)
    finally:
        await process.kill()


def _why(rejection: Rejection) -> str:
    if rejection.kind == "unsupported":
        return f"its adapter has no {rejection.message}"
    return f"the framework refused the application: {rejection.message}"


@asynccontextmanager
async def _serving_peer(
    subject: Subject, command: Command, app: App, title: str, guard: Guard, ready_s: float
) -> AsyncIterator[Server]:
    port = _free_port()
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
    while not await _answers(server.port):
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S):
                await process.wait()
        if process.returncode == CANNOT_SERVE:
            raise Refused(f"{server.stderr_tail().strip()} (which is in {title})")
        if server.end is not None:
            raise server.refusal(f"ended before it answered: {server.end}")
        if time.monotonic() > deadline_s:
            raise server.refusal(f"did not answer within {ready_s:g} seconds")


async def _answers(port: int) -> bool:
    try:
        async with asyncio.timeout(_READY_S):
            reader, writer = await asyncio.open_connection(_HOST, port)
            try:
                writer.write(_READY)
                return bool(await reader.read(1))
            finally:
                writer.transport.abort()
    except (OSError, TimeoutError):
        return False  # it does not listen yet


# -- Processes ------------------------------------------------------------------------------------


def _pinning(cpu: int | None) -> Sequence[str]:
    """What binds a command to a processor. Raises Refused for one that there is not."""
    if cpu is None:
        return []
    allowed = sorted(os.sched_getaffinity(0))
    if cpu not in allowed:
        raise Refused(f"there is no processor {cpu} for this process: it has {allowed}")
    taskset = shutil.which("taskset")
    return [] if taskset is None else [taskset, "-c", str(cpu)]


def _free_port() -> int:
    """A port nobody has, below those that the system gives to whoever asks for any: until the peer
    listens, it is free to all."""
    while True:
        port = random.randrange(20_000, 32_768)
        with socket.socket() as probe, suppress(OSError):
            probe.bind((_HOST, port))
            return port


def _is_of_session(port: int, sid: int) -> bool:
    """Whether all that listen on a port are of a session. Servers that share ports with others
    (SO_REUSEPORT) take requests of one another, and nobody fails."""
    listening = {
        fields[9]
        for fields in map(str.split, Path("/proc/net/tcp").read_text().splitlines()[1:])
        if fields[3] == _LISTENS and int(fields[1].rpartition(":")[2], 16) == port
    }
    ours = set()
    for pid in session_members(sid):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed meanwhile
                ours.add(str(file.readlink()))
    return all(f"socket:[{inode}]" in ours for inode in listening)


def _tail(log: BinaryIO) -> str:
    # pread leaves the offset alone, which the server shares and writes at.
    size = os.fstat(log.fileno()).st_size
    start = max(0, size - _TAIL_BYTES)
    return _last_lines(os.pread(log.fileno(), size - start, start).decode("utf-8", "replace"))


def _last_lines(text: str) -> str:
    return "\n".join(text.splitlines()[-_TAIL_LINES:])
