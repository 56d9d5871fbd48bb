"""Memory of servers: at rest, for each idle connection, and while large bodies pass.

Owns the order of such a measurement. Each value is of a server of its own, started for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from conformance.spec import App, ReadBody, Respond, Route, Stream

from . import procfs
from .command import Refused
from .connection import Connection
from .idle import SPARE_FILES, idle_connections, open_files
from .measurement import measured
from .plain import PLAIN, ROOT, Progress, expect_hello, serving_app, warm_up
from .report.result import Measurement
from .scenarios import request as make_request
from .serving import Server
from .subjects import Subject

MIB = 1024 * 1024
STALL_AT_MOST_S = 10.0

_IDLE_S = 3600.0  # longer than anything here takes
_CHUNK_BYTES = 64 * 1024
_LOOK_EACH_S = 0.1
_WAITS_BELOW_S = 0.002  # of processor time from one look to the next

_READ = "read"


class Uses(Protocol):
    """What tells the processor time that it has used."""

    def cpu_s(self) -> float: ...


Transfer = Callable[[Server, Connection], Awaitable[None]]


async def at_rest(
    subject: Subject, *, restarts: int = 5, cpu: int | None = None, progress: Progress
) -> list[Measurement]:
    """Resident memory behind the first answer, in MiB, with what an adapter imports besides its
    framework."""
    values = []
    for number in range(restarts):
        async with serving_app(subject, PLAIN, cpu) as server:
            await expect_hello(server)
            values.append(procfs.session_rss_bytes(server.pid) / MIB)
        progress(f"{subject.label}, restart {number + 1} of {restarts}: {values[-1]:.1f} MiB")
    return [measured(subject.label, "at rest", "resident memory", "MiB", values)]


async def idle(
    subject: Subject,
    connections: int = 5_000,
    *,
    restarts: int = 5,
    cpu: int | None = None,
    progress: Progress,
) -> list[Measurement]:
    """Resident memory for each idle keep-alive connection, in bytes, and before, in MiB.

    One request is answered on each connection, and all must be open at the end; the server has
    answered some before, so that what it loads late is not counted. Raises Refused otherwise.
    """
    if connections < 1:
        raise Refused("bytes for each idle connection take at least one connection")
    app = App((ROOT,), quiet=True, idle_s=_IDLE_S)
    before_mib, each_bytes = [], []
    with open_files(connections + SPARE_FILES):
        for number in range(restarts):
            async with serving_app(subject, app, cpu) as server:
                await warm_up(server)
                before_bytes = procfs.session_rss_bytes(server.pid)
                async with idle_connections(server, connections):
                    after_bytes = procfs.session_rss_bytes(server.pid)
            before_mib.append(before_bytes / MIB)
            each_bytes.append((after_bytes - before_bytes) / connections)
            progress(
                f"{subject.label}, restart {number + 1} of {restarts}: {each_bytes[-1]:,.0f} bytes "
                "for each connection"
            )
    scenario = f"{connections:,} idle connections"
    return [
        measured(subject.label, scenario, "for each connection", "bytes", each_bytes),
        measured(subject.label, scenario, "before them", "MiB", before_mib),
    ]


async def streaming(
    subject: Subject,
    mib: int = 1024,
    *,
    restarts: int = 3,
    cpu: int | None = None,
    progress: Progress,
) -> list[Measurement]:
    """How far the peak of resident memory rises above its start, in MiB: while a body of `mib` MiB
    is uploaded and read in pieces, and while one is downloaded by a reader that stalls at first.

    The reader stalls until the server uses no processor any more, because it waits or has all of
    the body in memory, for STALL_AT_MOST_S at most. Raises Refused for a wrong answer.
    """
    if mib < 1:
        raise Refused("a streamed body takes at least 1 MiB")

    async def upload(server: Server, connection: Connection) -> None:
        await send_upload(connection, mib)

    async def download(server: Server, connection: Connection) -> None:
        await read_download(server, connection, mib, STALL_AT_MOST_S)

    found = []
    for name, transfer in (("upload", upload), ("download", download)):
        values = []
        for number in range(restarts):
            values.append(await _growth_mib(subject, _streaming_app(mib), cpu, transfer))
            which = f"{subject.label}, {name}, restart {number + 1} of {restarts}"
            progress(f"{which}: {values[-1]:+.1f} MiB")
        scenario = f"{name} of {mib:,} MiB"
        found.append(measured(subject.label, scenario, "growth of peak", "MiB", values))
    return found


async def _growth_mib(subject: Subject, app: App, cpu: int | None, transfer: Transfer) -> float:
    """How far the peak rises above the start while something is transferred."""
    async with serving_app(subject, app, cpu) as server:
        await warm_up(server)
        before_bytes = procfs.session_rss_bytes(server.pid)
        procfs.session_reset_peak_rss(server.pid)
        with await Connection.open(server.host, server.port) as connection:
            await transfer(server, connection)
        return (procfs.session_peak_rss_bytes(server.pid) - before_bytes) / MIB


def _streaming_app(mib: int) -> App:
    chunk = "x" * _CHUNK_BYTES
    return App(
        (
            ROOT,
            Route("upload", "POST", "/upload", ReadBody("pieces", Respond(200, _READ))),
            Route("download", "GET", "/download", Stream((chunk,), times=mib * MIB // len(chunk))),
        ),
        quiet=True,
        body_limit=mib * MIB,
    )


async def send_upload(connection: Connection, mib: int) -> None:
    """Nothing may be answered before the last piece is sent: it would not have been read."""
    head = make_request("POST", "/upload", content_type="application/octet-stream")
    length = b"Content-Length: %d\r\n\r\n" % (mib * MIB)
    await connection.ask(head.removesuffix(b"\r\n") + length)
    piece = bytes(MIB)
    for number in range(mib):
        if not connection.is_quiet():
            answer = await connection.answer()
            raise Refused(
                f"the upload was answered {answer.status} {answer.body[:80]!r} after {number:,} of "
                f"{mib:,} MiB"
            )
        await connection.send(piece)
    answer = await connection.answer()
    if answer.status != 200 or answer.body != _READ.encode():
        raise Refused(f"the upload was answered {answer.status} {answer.body[:80]!r}")


async def read_download(server: Uses, connection: Connection, mib: int, at_most_s: float) -> None:
    await connection.ask(make_request("GET", "/download"))
    status = await connection.status()
    await _until_it_waits(server, at_most_s)
    received_bytes = right_bytes = 0
    async for piece in connection.pieces():
        received_bytes += len(piece)
        right_bytes += piece.count(b"x")
    if status != 200 or received_bytes != mib * MIB or right_bytes != received_bytes:
        raise Refused(
            f"the download was answered {status} with {received_bytes:,} octets, "
            f"{right_bytes:,} of them right, and not with {mib * MIB:,}"
        )


async def _until_it_waits(server: Uses, at_most_s: float) -> None:
    """Until the server has used no processor in two looks, one after the other."""
    used_s, waits = server.cpu_s(), 0
    for _ in range(round(at_most_s / _LOOK_EACH_S)):
        await asyncio.sleep(_LOOK_EACH_S)
        now_s = server.cpu_s()
        waits = waits + 1 if now_s - used_s < _WAITS_BELOW_S else 0
        if waits == 2:
            return
        used_s = now_s
