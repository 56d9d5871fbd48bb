"""Memory of servers: ``python -m benchmarks.memory idle|stream PEER …``.

`idle` counts bytes of resident memory per idle keep-alive connection; `stream` how far memory
rises while one large body goes in, and while one goes out to a reader that stalls at first.
"""

import argparse
import resource
import statistics
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass

from benchmarks import procfs, wire
from benchmarks.command import Refused, machine, progress, run, write_json
from benchmarks.scenarios import request
from benchmarks.servers import Launch, Server, interpreters, known_peer, serving, versions
from benchmarks.table import render

MIB = 1024 * 1024
PLAINTEXT = request(b"GET", b"/")
# Files besides the connections: standard streams, the log, listening and polling ones.
SPARE_FILES = 100
TRANSFER_TIMEOUT_S = 60.0


@dataclass(frozen=True)
class IdleRun:
    """Resident bytes of one server before and after its connections were opened."""

    peer: str
    connections: int
    before_bytes: int
    after_bytes: int

    @property
    def bytes_per_connection(self) -> float:
        return (self.after_bytes - self.before_bytes) / self.connections


@dataclass(frozen=True)
class StreamRun:
    """How far the peak of resident memory rose above its start, in bytes, in each direction."""

    peer: str
    body_mib: int
    upload_growth_bytes: int
    download_growth_bytes: int


def allow_files(count: int) -> None:
    """Raises this process's limit of open files, which servers inherit; Refused if it may not."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise Refused(f"{count} open files are needed, the hard limit is {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def warm_up(server: Server) -> None:
    """Loads what a server loads late, so that it is not counted as the cost of connections."""
    for _ in range(100):
        with wire.Connection(server.port) as connection:
            expect_hello(connection)


def expect_hello(connection: wire.Connection) -> None:
    """One request, which must be answered correctly and leave the connection open."""
    answer = connection.exchange(PLAINTEXT)
    if answer.status != 200 or answer.body != b"Hello, World!":
        raise Refused(f"answered {answer.status} {answer.body[:80]!r}")
    if answer.fields.get(b"connection", b"").lower() == b"close":
        raise Refused("the server does not keep connections alive")


def still_open(connection: wire.Connection) -> bool:
    """Whether the server has neither closed nor sent anything since its answer."""
    connection.socket.setblocking(False)
    try:
        connection.socket.recv(1)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def measure_idle(peer: str, loop: str, launch: Launch, count: int) -> IdleRun:
    """Opens ``count`` connections, one request on each, and weighs the server before and after."""
    with ExitStack() as stack:
        server = stack.enter_context(serving(peer, loop, launch))
        warm_up(server)
        before_bytes = procfs.rss_bytes(server.pid)
        connections = []
        for _ in range(count):
            connection = stack.enter_context(wire.Connection(server.port))
            expect_hello(connection)
            connections.append(connection)
        after_bytes = procfs.rss_bytes(server.pid)
        lost = sum(not still_open(connection) for connection in connections)
        if lost:
            raise Refused(f"{peer} closed {lost} of {count} idle connections")
    return IdleRun(peer, count, before_bytes, after_bytes)


def upload(connection: wire.Connection, body_mib: int) -> None:
    """Sends ``body_mib`` MiB; the answer must be their number of bytes."""
    size = body_mib * MIB
    fields = b"Content-Type: application/octet-stream\r\nContent-Length: %d\r\n" % size
    connection.send(request(b"POST", b"/upload", fields))
    piece = bytes(MIB)
    for _ in range(body_mib):
        connection.send(piece)
    answer = connection.read_answer()
    if answer.status != 200 or answer.body != str(size).encode():
        raise Refused(f"upload answered {answer.status} {answer.body[:80]!r}, not {size}")


def download(connection: wire.Connection, server: Server, body_mib: int, stall_s: float) -> None:
    """Reads ``body_mib`` MiB after a stall, in which a server that ignores back-pressure swells."""
    connection.send(request(b"GET", b"/download?mib=%d" % body_mib))
    head = connection.read_head()
    try:
        status = server.process.wait(timeout=stall_s)
    except subprocess.TimeoutExpired:
        received_bytes = sum(len(piece) for piece in connection.read_body(head))
    else:
        raise Refused(f"{server.peer} ended with status {status} within a download")
    if head.status != 200 or received_bytes != body_mib * MIB:
        raise Refused(f"download answered {head.status} and {received_bytes} bytes")


def measure_stream(
    peer: str, loop: str, launch: Launch, body_mib: int, stall_s: float
) -> StreamRun:
    """One server for each direction, so that neither inherits the other's memory."""
    growth = []
    for direction in ("upload", "download"):
        with (
            serving(peer, loop, launch) as server,
            wire.Connection(server.port, TRANSFER_TIMEOUT_S) as connection,
        ):
            warm_up(server)
            before_bytes = procfs.rss_bytes(server.pid)
            procfs.reset_peak_rss(server.pid)
            if direction == "upload":
                upload(connection, body_mib)
            else:
                download(connection, server, body_mib, stall_s)
            growth.append(procfs.peak_rss_bytes(server.pid) - before_bytes)
    return StreamRun(peer, body_mib, *growth)


def report_idle(peers: Sequence[str], runs: Sequence[IdleRun]) -> str:
    rows = []
    for peer in peers:
        own = [one for one in runs if one.peer == peer]
        costs = [one.bytes_per_connection for one in own]
        rows.append(
            [
                peer,
                str(own[0].connections),
                f"{statistics.median(one.before_bytes for one in own) / MIB:.1f}",
                f"{statistics.median(one.after_bytes for one in own) / MIB:.1f}",
                f"{statistics.median(costs):.0f}",
                f"{min(costs):.0f}–{max(costs):.0f}",
            ]
        )
    header = ["peer", "connections", "RSS before MiB", "RSS after MiB"]
    return render([*header, "bytes per connection", "min–max"], rows)


def report_stream(peers: Sequence[str], runs: Sequence[StreamRun]) -> str:
    rows = []
    for peer in peers:
        row = [peer]
        own = [one for one in runs if one.peer == peer]
        for growth in (
            [one.upload_growth_bytes / MIB for one in own],
            [one.download_growth_bytes / MIB for one in own],
        ):
            row += [f"{statistics.median(growth):.1f}", f"{min(growth):.1f}–{max(growth):.1f}"]
        rows.append(row)
    header = ["peer", "upload growth MiB", "min–max", "download growth MiB", "min–max"]
    return render(header, rows)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory")
    parser.add_argument("what", choices=("idle", "stream"))
    parser.add_argument("peers", nargs="+", metavar="PEER")
    parser.add_argument("--connections", type=int, default=5000, help="idle: how many")
    parser.add_argument("--mib", type=int, default=1024, help="stream: size of each body")
    parser.add_argument("--stall-s", type=float, default=0.5, help="stream: reader's first pause")
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    parser.add_argument("--restarts", type=int, default=3)
    parser.add_argument("--python", action="append", default=[], metavar="PEER=INTERPRETER")
    parser.add_argument("--json", metavar="FILE", help="where to write every run")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    options = parse_arguments(arguments)
    peers = [known_peer(peer) for peer in options.peers]
    launch = Launch(pythons=interpreters(options.python))
    idle: list[IdleRun] = []
    stream: list[StreamRun] = []
    if options.what == "idle":
        allow_files(options.connections + SPARE_FILES)
    for number in range(options.restarts):
        for peer in peers:
            progress(f"{options.what} {peer}, restart {number + 1}/{options.restarts}")
            if options.what == "idle":
                idle.append(measure_idle(peer, options.loop, launch, options.connections))
            else:
                stream.append(
                    measure_stream(peer, options.loop, launch, options.mib, options.stall_s)
                )
    document: dict[str, object] = {
        "machine": machine(),
        "loop": options.loop,
        "versions": {peer: versions(peer, launch.pythons) for peer in peers},
        "runs": [asdict(one) for one in idle] + [asdict(one) for one in stream],
    }
    write_json(options.json, document)
    print(report_idle(peers, idle) if idle else report_stream(peers, stream))


if __name__ == "__main__":
    run(main)
