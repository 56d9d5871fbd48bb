"""Raw sockets against a served application: what a network and rude clients do to a connection."""

from __future__ import annotations

import asyncio
import hashlib
import re
import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest

from reference import Application, ClientGone, Limits, Request, Response, Server, serve
from reference.connection import Connection
from reference.tests.processes import DEADLINE_S, eventually, read_all

pytestmark = pytest.mark.asyncio(loop_factories=["asyncio", "uvloop"])

MIB = 1024**2


class Stage:
    """An application whose handlers wait for the test, and tell it what happens to them."""

    def __init__(self) -> None:
        self.app = Application(client_max_size=None)
        self.entered = asyncio.Event()
        self.gate = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.app.get("/")(self.index)
        self.app.get("/wait")(self.wait)
        self.app.post("/echo")(self.echo)

    async def index(self, request: Request) -> Response:
        return Response("hello")

    async def echo(self, request: Request) -> Response:
        return Response(await request.read())

    async def wait(self, request: Request) -> Response:
        self.entered.set()
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise
        return Response("late")


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)


async def exchange(server: Server, *parts: bytes) -> bytes:
    """What a client gets that sends `parts`, one send each, and reads to the end."""

    def talk() -> bytes:
        with connect(server) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for part in parts:
                sock.sendall(part)
            return read_all(sock)

    return await asyncio.to_thread(talk)


def undated(answers: bytes) -> bytes:
    return re.sub(rb"Date: [^\r]+\r\n", b"", answers)


def only_connection(server: Server) -> Connection:
    (connection,) = server._connections
    return connection


HELLO = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nServer: trueline\r\n"
    b"Content-Length: 5\r\n\r\nhello"
)
LAST_HELLO = HELLO.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
ECHO = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nServer: trueline\r\n"
    b"Content-Length: %d\r\n\r\n%b"
)
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
LAST_GET = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = (
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n"
    b"0\r\n\r\n"
)


# -- Bytes in, bytes out ---------------------------------------------------------------------------

TRANSCRIPTS = [
    (LAST_GET, LAST_HELLO),
    (GET + LAST_GET, HELLO + LAST_HELLO),
    (GET * 100 + LAST_GET, HELLO * 100 + LAST_HELLO),
    (POST + CHUNKED + LAST_GET, ECHO % (4, b"body") * 2 + LAST_HELLO),
    (LAST_GET + GET, LAST_HELLO),
    (b"GET / HTTP/1.0\r\n\r\n", LAST_HELLO),
]


@pytest.mark.parametrize(("sent", "received"), TRANSCRIPTS)
async def test_answers_come_in_order(sent: bytes, received: bytes) -> None:
    async with serve(Stage().app) as server:
        assert undated(await exchange(server, sent)) == received
        byte_by_byte = (sent[at : at + 1] for at in range(len(sent)))
        assert undated(await exchange(server, *byte_by_byte)) == received


async def test_half_closed_client_gets_its_answers() -> None:
    def talk(server: Server) -> bytes:
        with connect(server) as sock:
            sock.sendall(GET + POST)
            sock.shutdown(socket.SHUT_WR)
            return read_all(sock)

    async with serve(Stage().app) as server:
        got = undated(await asyncio.to_thread(talk, server))
    # Whether the last one says so depends on when the end of the input is seen.
    assert got.replace(b"Connection: close\r\n", b"") == HELLO + ECHO % (4, b"body")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"400"),
        (b"GET /\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n", b"414"),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", b"505"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
            b"400",
        ),
    ],
)
async def test_refusal_is_readable_while_the_client_goes_on_sending(
    head: bytes, status: bytes
) -> None:
    garbage = b"garbage\n" * (MIB // 8)

    def talk(server: Server) -> bytes:
        with connect(server) as sock:
            sock.sendall(head + garbage)
            first = sock.recv(1)
            for at in range(0, MIB, 65536):  # if the server had closed, this would be reset
                sock.sendall(garbage[at : at + 65536])
            return first + read_all(sock)

    async with serve(Stage().app) as server:
        got = await asyncio.to_thread(talk, server)
    assert got.startswith(b"HTTP/1.1 %b " % status)
    assert b"\r\nConnection: close\r\n" in got


async def test_too_large_a_body_is_refused_readably() -> None:
    stage = Stage()
    stage.app.client_max_size = 1000
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % MIB
    async with serve(stage.app) as server:
        got = await exchange(server, head, b"x" * MIB)
    assert got.startswith(b"HTTP/1.1 413 Content Too Large\r\n")


async def test_one_connection_too_many_is_told() -> None:
    async with serve(Stage().app, limits=Limits(connections=1)) as server:
        with connect(server) as first:
            first.sendall(GET)
            assert await asyncio.to_thread(first.recv, 1) == b"H"  # it counts
            got = await exchange(server)
        assert got.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")


# -- Clients that go away --------------------------------------------------------------------------


def reset(sock: socket.socket) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


@pytest.mark.parametrize("leave", [reset, socket.socket.close])
async def test_a_client_that_goes_away_cancels_its_handler(
    leave: Callable[[socket.socket], None], caplog: pytest.LogCaptureFixture
) -> None:
    stage = Stage()
    async with serve(stage.app, limits=Limits(half_closed_timeout_s=0.01)) as server:
        sock = connect(server)
        sock.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n")
        async with asyncio.timeout(DEADLINE_S):
            await stage.entered.wait()
            leave(sock)
            await stage.cancelled.wait()
        assert undated(await exchange(server, LAST_GET)) == LAST_HELLO
    assert not caplog.records


async def test_a_client_that_resets_inside_its_body_harms_nobody() -> None:
    app = Application()
    ended: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    started = asyncio.Event()

    @app.post("/")
    async def read(request: Request) -> Response:
        started.set()
        try:
            await request.read()
        except BaseException as exc:
            ended.set_result(exc)
            raise
        return Response()

    app.get("/")(Stage().index)
    async with serve(app) as server:
        sock = connect(server)
        sock.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
        async with asyncio.timeout(DEADLINE_S):
            await started.wait()
            reset(sock)
            assert isinstance(await ended, ClientGone | asyncio.CancelledError)
        assert undated(await exchange(server, LAST_GET)) == LAST_HELLO


@pytest.mark.parametrize("sent", [b"", b"GET", b"GET / HTTP/1.1\r\nHost", GET + b"POST"])
@pytest.mark.parametrize("leave", [reset, socket.socket.close])
async def test_a_client_that_goes_away_between_requests_leaves_nothing(
    sent: bytes, leave: Callable[[socket.socket], None]
) -> None:
    async with serve(Stage().app) as server:
        sock = connect(server)
        sock.sendall(sent)
        await eventually(lambda: server._connections)
        leave(sock)
        await eventually(lambda: not server._connections)


async def test_a_cancelled_connection_with_requests_left_is_forgotten() -> None:
    stage = Stage()
    limits = Limits(half_closed_timeout_s=0.01)
    async with serve(stage.app, limits=limits, shutdown_timeout=0.01) as server:
        with connect(server) as sock:
            sock.sendall(b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + GET)
            sock.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(DEADLINE_S):
                await stage.cancelled.wait()
            assert await asyncio.to_thread(read_all, sock) == b""
            await eventually(lambda: not server._connections)


# -- Flow control ----------------------------------------------------------------------------------


async def test_a_reader_that_stalls_pauses_the_stream() -> None:
    part = hashlib.sha256(b"part").digest() * 2048  # 64 KiB
    app = Application()
    made = 0

    @app.get("/")
    async def stream(request: Request) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            nonlocal made
            for _ in range(1024):
                made += 1
                yield part

        return Response(parts(), headers={"Content-Length": str(64 * MIB)})

    def read_slowly(sock: socket.socket) -> str:
        received, size = hashlib.sha256(), 0
        head, _, body = sock.recv(4096).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK")
        while size < 64 * MIB:
            received.update(body)
            size += len(body)
            if size < 64 * MIB:
                body = sock.recv(65536)
        return received.hexdigest()

    async with serve(app) as server:
        with connect(server) as sock:
            sock.sendall(GET)
            async with asyncio.timeout(DEADLINE_S):
                await eventually(lambda: server._connections)
                connection = only_connection(server)
                await eventually(lambda: connection.output.paused)
                for _ in range(1000):  # turns in which it could go on, but must not
                    await asyncio.sleep(0)
                assert connection._transport.get_write_buffer_size() < 4 * len(part)
                assert made < 512
                digest = await asyncio.to_thread(read_slowly, sock)
    assert digest == hashlib.sha256(part * 1024).hexdigest()


async def test_a_handler_that_does_not_read_pauses_the_client() -> None:
    app = Application(client_max_size=None)
    gate = asyncio.Event()
    asked: asyncio.Future[Request] = asyncio.get_running_loop().create_future()

    @app.post("/")
    async def count(request: Request) -> Response:
        asked.set_result(request)
        await gate.wait()
        size = 0
        async for part in request.content:
            size += len(part)
        return Response(str(size))

    head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
    async with serve(app) as server, asyncio.timeout(DEADLINE_S):
        client = asyncio.create_task(exchange(server, head % (32 * MIB), b"x" * (32 * MIB)))
        request = await asked
        transport = only_connection(server)._transport
        await eventually(lambda: not transport.is_reading())
        for _ in range(1000):
            await asyncio.sleep(0)
        # the limit, and what one more call of `data_received` may bring
        assert 65536 < request.content.held_bytes <= 65536 + 256 * 1024
        gate.set()
        assert (await client).endswith(b"\r\n\r\n33554432")


async def test_a_client_that_pipelines_too_much_is_paused() -> None:
    stage = Stage()
    async with serve(stage.app, limits=Limits(pipelined_requests=4)) as server:
        sent = b"GET /wait HTTP/1.1\r\nHost: a\r\n\r\n" + GET * 500 + LAST_GET
        async with asyncio.timeout(DEADLINE_S):
            client = asyncio.create_task(exchange(server, sent))
            await stage.entered.wait()
            connection = only_connection(server)
            await eventually(lambda: not connection._transport.is_reading())
            assert len(connection._queue) <= 4
            stage.gate.set()
            got = undated(await client)
    late = HELLO.replace(b"Content-Length: 5", b"Content-Length: 4").replace(b"hello", b"late")
    assert got == late + HELLO * 500 + LAST_HELLO
