"""The whole miniature over sockets: connections, and the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from conformance.miniature.application import Application
from conformance.miniature.request import Request
from conformance.miniature.response import HttpError, Response
from conformance.miniature.server import Server

WITHIN_S = 5.0


async def hello(request: Request) -> Response:
    return Response(f"hello {request.params.get('name', '')}")


async def read(request: Request) -> Response:
    return Response(await request.read(), content_type="text/plain")


async def crash(request: Request) -> Response:
    raise RuntimeError("tell-tale")


async def stream(request: Request) -> Response:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b""
        yield b"two"

    return Response(pieces(), content_type="text/plain")


def application(fault: str | None = None, *, drain_s: float = 1.0) -> Application:
    faults = frozenset() if fault is None else frozenset({fault})
    app = Application(faults=faults, body_limit=1000, drain_s=drain_s)
    app.router.add("GET", "/hello/{name}", hello)
    app.router.add("POST", "/read", read)
    app.router.add("GET", "/crash", crash)
    app.router.add("GET", "/stream", stream)
    return app


@asynccontextmanager
async def serving(app: Application) -> AsyncIterator[tuple[Server, tuple[str, int]]]:
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    address = sock.getsockname()
    server = Server(app)
    await server.start(sock)
    try:
        yield server, address
    finally:
        await server.stop()


class Client:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, *requests: str) -> None:
        self.writer.write("".join(requests).encode("latin-1"))

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """An answer that has a length."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:-2])
        body = await self.reader.readexactly(int(headers["Content-Length"]))
        return int(head[0].split(" ")[1]), headers, body

    async def rest(self) -> bytes:
        """What comes until the end."""
        return await self.reader.read()


@asynccontextmanager
async def client(app: Application) -> AsyncIterator[Client]:
    async with asyncio.timeout(WITHIN_S), serving(app) as (_, address):
        reader, writer = await asyncio.open_connection(*address)
        try:
            yield Client(reader, writer)
        finally:
            writer.close()


def get(path: str, *fields: str, method: str = "GET") -> str:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *fields, "", ""])


async def test_pipelined_requests_are_answered_in_order() -> None:
    async with client(application()) as one:
        one.send(get("/hello/a"), get("/hello/b"))
        assert (await one.answer())[2] == b"hello a"
        assert (await one.answer())[2] == b"hello b"


async def test_crash_is_a_500_and_the_connection_goes_on() -> None:
    async with client(application()) as one:
        one.send(get("/crash"), get("/hello/a"))
        status, _, body = await one.answer()
        assert (status, b"tell-tale" in body) == (500, False)
        assert (await one.answer())[2] == b"hello a"


async def test_refusal_ends_the_connection() -> None:
    async with client(application()) as one:
        one.send(get("/hello/a", "a : b"), get("/hello/b"))
        status, headers, _ = await one.answer()
        assert (status, headers["Connection"]) == (400, "close")
        assert await one.rest() == b""


async def test_unread_body_is_dropped() -> None:
    async with client(application()) as one:
        one.send(get("/nowhere", "Content-Length: 14", method="POST"), "GET / HTTP/1.1")
        assert (await one.answer())[0] == 404
        one.send(get("/hello/a"))
        assert (await one.answer())[2] == b"hello a"


async def test_body_beyond_the_limit_is_413() -> None:
    async with client(application()) as one:
        one.send(get("/read", "Transfer-Encoding: chunked", method="POST"), "3e9\r\n", "x" * 1001)
        assert (await one.answer())[0] == 413


async def test_client_is_told_to_continue_when_the_body_is_read() -> None:
    async with client(application()) as one:
        one.send(get("/read", "Content-Length: 2", "Expect: 100-continue", method="POST"))
        assert await one.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        one.send("hi")
        assert (await one.answer())[2] == b"hi"


async def test_body_that_was_not_asked_for_ends_the_connection() -> None:
    async with client(application()) as one:
        one.send(get("/nowhere", "Content-Length: 2", "Expect: 100-continue", method="POST"))
        status, headers, _ = await one.answer()
        assert (status, headers["Connection"]) == (404, "close")
        assert await one.rest() == b""


@pytest.mark.parametrize(
    ("version", "expected"), [("1.1", b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"), ("1.0", b"onetwo")]
)
async def test_stream(version: str, expected: bytes) -> None:
    async with client(application()) as one:
        one.send(f"GET /stream HTTP/{version}\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert (await one.rest()).partition(b"\r\n\r\n")[2] == expected


async def test_running_request_is_answered_when_the_server_stops() -> None:
    app = application()
    entered, gate = asyncio.Event(), asyncio.Event()

    async def wait(request: Request) -> Response:
        entered.set()
        await gate.wait()
        return Response("done")

    app.router.add("GET", "/wait", wait)
    async with asyncio.timeout(WITHIN_S), serving(app) as (server, address):
        idle_reader, idle_writer = await asyncio.open_connection(*address)
        one = Client(*await asyncio.open_connection(*address))
        one.send(get("/wait"))
        await entered.wait()
        stopping = asyncio.create_task(server.stop())
        assert await idle_reader.read() == b""
        gate.set()
        assert (await one.answer())[2] == b"done"
        await stopping
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        idle_writer.close()
        one.writer.close()


async def test_request_beyond_the_drain_limit_is_cancelled() -> None:
    app = application(drain_s=0.05)
    entered, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(request: Request) -> Response:
        entered.set()
        try:
            return await asyncio.Event().wait() and Response()
        finally:
            cancelled.set()

    app.router.add("GET", "/wait", wait)
    async with client(app) as one:
        one.send(get("/wait"))
        await entered.wait()
    assert cancelled.is_set()


async def test_hooks_run_in_order_and_clean_up_behind_a_failure() -> None:
    ran: list[str] = []

    def hook(name: str) -> Callable[[Application], Awaitable[None]]:
        async def run(app: Application) -> None:
            ran.append(name)
            if name == "fails":
                raise HttpError(500)

        return run

    app = application()
    app.lifecycle.on_startup += [hook("one"), hook("fails"), hook("never")]
    app.lifecycle.on_cleanup += [hook("cleanup")]
    with socket.socket() as sock, pytest.raises(HttpError):
        await Server(app).start(sock)
    assert ran == ["one", "fails", "cleanup"]


@pytest.mark.parametrize("value", ["a\r\nb", "a\nb", "a\rb", "a\0b"])
async def test_header_that_is_none_is_a_500(value: str) -> None:
    async def inject(request: Request) -> Response:
        return Response("x", headers=[("X-A", value)])

    app = application()
    app.router.add("GET", "/inject", inject)
    async with client(app) as one:
        one.send(get("/inject"), get("/hello/a"))
        assert (await one.answer())[0] == 500
        assert (await one.answer())[2] == b"hello a"
