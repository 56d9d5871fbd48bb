"""Starting what is measured, and ending it.

Owns the processes of subjects: each has a session of its own, and a guard that ends the session
when the harness is killed. An adapter serves by the framework's own blocking entry point, as in
production, where it has one; a peer (`peering`) is given the same application on standard input.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

from conformance.driver import (
    AdapterProcess,
    Command,
    Deadlines,
    RunningApp,
    how_it_ended,
)
from conformance.guard import Guard, session_members
from conformance.protocol import AdapterError
from conformance.seen import Rejection
from conformance.spec import App

from .command import Refused
from .peering import serving_peer
from .pinning import pinned
from .scenarios import Scenario
from .server import Server, last_lines
from .subjects import Subject

__all__ = ["Server", "serving"]

_LISTENS = "0A"  # the state TCP_LISTEN in /proc/net/tcp (proc_pid_net(5))
_READY_S = 120.0  # one framework takes half a minute of a processor for 10,000 routes
_END_S = 0.3


@asynccontextmanager
async def serving(
    subject: Subject,
    served: App | Scenario,
    *,
    cpu: int | None = None,
    ready_s: float = _READY_S,
) -> AsyncIterator[Server]:
    """A server that has answered a request. It and all that it started are gone at the end.

    `cpu` is the processor that it is bound to, by `taskset` where that is installed; `ready_s` what
    each step of its start may take. Raises Refused when it cannot serve, and when it ended while it
    was in use, with what it said.
    """
    app, title = (served, "it") if isinstance(served, App) else (served.app, served.name)
    command = replace(subject.command, argv=[*pinned(cpu), *subject.command.argv])
    guard = Guard()
    try:
        start = serving_peer if subject.kind == "peer" else _serving_adapter
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


class _Adapter(Server):
    def __init__(self, subject: Subject, process: AdapterProcess, running: RunningApp) -> None:
        super().__init__(subject, process.pid, running.host, running.port)
        self._process = process
        self._running = running

    @property
    def events_seen(self) -> int:
        return self._running.event_count

    @property
    def end(self) -> str | None:
        return how_it_ended(self._process.exit_status) if self._process.ended.is_set() else None

    async def ended(self) -> None:
        await self._process.ended.wait()

    def stderr_tail(self) -> str:
        return last_lines(self._process.stderr)


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
        server = _Adapter(subject, process, running)
        yield server
        if app.quiet and server.events_seen:
            raise Refused(
                f"{subject.label}: its adapter reports events although the app is quiet, so that "
                "is what would be measured. See `quiet` in docs/adapter-protocol.md"
            )
    finally:
        await process.kill()


def _why(rejection: Rejection) -> str:
    if rejection.kind == "unsupported":
        return f"its adapter has no {rejection.message}"
    return f"the framework refused the application: {rejection.message}"


# -- Processes ------------------------------------------------------------------------------------


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
        with suppress(OSError):  # the process has ended meanwhile
            for file in list(Path(f"/proc/{pid}/fd").iterdir()):
                with suppress(OSError):  # it was closed meanwhile
                    ours.add(str(file.readlink()))
    return all(f"socket:[{inode}]" in ours for inode in listening)
