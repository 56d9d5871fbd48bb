"""The application that the `server` target serves, and what its handlers saw.

Owns the routes: a handler for each way to treat a body and an answer. What each has to answer is
here too, so that nothing but these few lines says it twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast
from zlib import crc32

from reference.application import Application
from reference.request import Request
from reference.response import Response
from reference.types import Handler

READ_BYTES = 2048
"""The largest body that `Request.read` takes; more: 413."""

SMALL_PARTS = (b"one", b"two two", b"three")
LARGE_PARTS = (bytes(32768),) * 24
"""For a client that takes nothing: several times what may wait to be sent."""

READS = frozenset({"root", "echo", "items"})
"""The handlers that answer when they have read the body."""

_KINDS = {"/": "root", "/echo": "echo", "/stream": "stream", "/crash": "crash"}


class Call:
    """A request as the application saw it.

    kind    the handler that it came to, "none" for 404 and 405
    body    what the handler read, None when it did not come to the end of it
    status  of the response, 0 as long as there is none, or when something was raised
    """

    __slots__ = ("body", "host", "kind", "method", "minor", "status", "target")

    def __init__(self, request: Request) -> None:
        self.method = request.method
        self.target = request.target
        self.minor = request.minor
        self.host = request.host
        self.kind = "none"
        self.body: bytes | None = None
        self.status = 0


def expected_kind(method: str, target: str) -> str | None:
    """The handler of a request, None when that is the router's to say."""
    if method in ("GET", "HEAD", "POST"):
        return _KINDS.get(target)
    return None


def echoed(number: int, method: str, target: str, body: bytes) -> bytes:
    """What the echoing handlers answer to request `number` of a connection, counted from 0."""
    return f"{number} {method} {target} {len(body)} {crc32(body)}".encode()


class Crash(Exception):
    """Raised on purpose."""


class Noting:
    """The handlers, and the calls of the present connection in `calls`.

    `package` is the reference, or a copy of it with a planted fault.
    """

    def __init__(self, package: Any) -> None:
        self.calls: list[Call] = []
        self.parts: tuple[bytes, ...] = SMALL_PARTS
        self._response: type[Response] = package.response.Response

    def application(self, package: Any) -> Application:
        app: Application = package.application.Application(
            middlewares=[self._note], client_max_size=READ_BYTES
        )
        for path, handler in (
            ("/", self._root),
            ("/echo", self._echo),
            ("/items/{name}", self._items),
            ("/crash", self._crash),
        ):
            app.router.add_get(path, handler)
            app.router.add_post(path, handler)
        app.router.add_post("/unread", self._unread)
        app.router.add_get("/stream", self._stream)
        app.router.add_post("/stream", self._stream_back)
        app.router.freeze()
        return app

    async def _note(self, request: Request, handler: Handler) -> Response:
        call = Call(request)
        request["number"] = len(self.calls)
        self.calls.append(call)
        response = await handler(request)
        call.status = response.status
        return response

    def _called(self, request: Request, kind: str) -> Call:
        call: Call = self.calls[request["number"]]
        call.kind = kind
        return call

    def _echo_of(self, request: Request, call: Call, body: bytes) -> Response:
        call.body = body
        return self._response(echoed(request["number"], call.method, call.target, body))

    async def _root(self, request: Request) -> Response:
        call = self._called(request, "root")
        return self._echo_of(request, call, await request.read())

    async def _echo(self, request: Request) -> Response:
        call = self._called(request, "echo")
        body = await request.read()
        await asyncio.sleep(0)
        return self._echo_of(request, call, body)

    async def _items(self, request: Request) -> Response:
        call = self._called(request, "items")
        body = b"".join([part async for part in request.content])
        response = self._echo_of(request, call, body)
        if call.minor:
            return response
        # A stream for HTTP/1.0: both are rare in the grammar, and both together hardly met.
        return self._response(_pieces((cast("bytes", response.body),)))

    async def _unread(self, request: Request) -> Response:
        self._called(request, "unread")
        return self._response("unread")

    async def _crash(self, request: Request) -> Response:
        self._called(request, "crash")
        raise Crash

    async def _stream(self, request: Request) -> Response:
        self._called(request, "stream")
        return self._response(_pieces(self.parts))

    async def _stream_back(self, request: Request) -> Response:
        call = self._called(request, "stream")
        return self._response(_as_it_comes(request, call))


async def _pieces(parts: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part
        if part is parts[0]:
            await asyncio.sleep(0)


async def _as_it_comes(request: Request, call: Call) -> AsyncIterator[bytes]:
    body = b""
    async for part in request.content:
        body += part
        yield part
    call.body = body
