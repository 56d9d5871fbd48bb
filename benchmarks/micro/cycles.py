"""Servers on a fake transport: octets of a request in, octets of its answer out, no sockets.

Each is its framework's own asyncio protocol with an application as its users write one; `bare` is
httptools with canned answers, the floor under all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httptools

import reference
from benchmarks.micro.needs import needs
from reference.connection import Connection
from reference.server import Server
from reference.testing import FakeTransport

HELLO = "Hello, World!"
Serving = Callable[[int], AbstractAsyncContextManager[FakeTransport]]


class _Transport(FakeTransport):
    """As lenient as a socket's: aiohttp closes a lost connection again, and resumes any reader."""

    def close(self) -> None:
        if not self.is_closing():
            super().close()

    def resume_reading(self) -> None:
        if self.is_reading_paused:
            super().resume_reading()


def _attached(protocol: Any) -> FakeTransport:
    transport = _Transport(protocol, {"peername": ("127.0.0.1", 1)}, tls=False)
    protocol.connection_made(transport)
    return transport


@asynccontextmanager
async def reference_served(middlewares: int) -> AsyncIterator[FakeTransport]:
    async def hello(request: reference.Request) -> reference.Response:
        return reference.Response(HELLO)

    async def user(request: reference.Request) -> reference.Response:
        return reference.Response(request.match_info["name"])

    async def document(request: reference.Request) -> reference.Response:
        return reference.json_response(await request.json())

    async def through(request: reference.Request, handler: Any) -> Any:
        return await handler(request)

    app = reference.Application(middlewares=[through] * middlewares)
    app.router.add_get("/", hello)
    app.router.add_get("/users/{name}", user)
    app.router.add_post("/json", document)
    app.router.freeze()
    transport = _attached(Connection(Server(app), asyncio.get_running_loop()))
    yield transport
    transport.lose()


@asynccontextmanager
async def aiohttp_served(middlewares: int) -> AsyncIterator[FakeTransport]:
    needs("aiohttp")
    from aiohttp import web

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text=HELLO)

    async def user(request: web.Request) -> web.Response:
        return web.Response(text=request.match_info["name"])

    async def document(request: web.Request) -> web.Response:
        return web.json_response(await request.json())

    @web.middleware
    async def through(request: web.Request, handler: Any) -> Any:
        return await handler(request)

    app = web.Application(middlewares=[through] * middlewares)
    app.router.add_get("/", hello)
    app.router.add_get("/users/{name}", user)
    app.router.add_post("/json", document)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    assert runner.server is not None
    transport = _attached(runner.server())
    yield transport
    transport.lose()
    await runner.cleanup()


class _Bare(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.parser = httptools.HttpRequestParser(self)
        self.url, self.body = b"", b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_body(self, data: bytes) -> None:
        self.body = data

    def on_message_complete(self) -> None:
        body, kind = HELLO.encode(), b"text/plain; charset=utf-8"
        if self.url.startswith(b"/users/"):
            body = self.url[7:]
        elif self.url == b"/json":
            body, kind = self.body, b"application/json"
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
            b"Server: bare\r\nContent-Length: %d\r\n\r\n%b" % (kind, len(body), body)
        )


@asynccontextmanager
async def bare_served(middlewares: int) -> AsyncIterator[FakeTransport]:
    """It has no middlewares, however many are asked for."""
    transport = _attached(_Bare())
    yield transport
    transport.lose()


SERVED: dict[str, Serving] = {
    "reference": reference_served,
    "aiohttp": aiohttp_served,
    "bare": bare_served,
}
