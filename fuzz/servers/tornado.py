"""Adapter of Tornado: its HTTP server and its own applications."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import tornado
from tornado.httpserver import HTTPServer
from tornado.web import Application, HTTPError, RequestHandler

from conformance.adapter import Adapter, Running, Saw
from conformance.adapter.base import Stop

from .asgi import RawAsgiAdapter

Pairs = list[tuple[str, str]]


class Response(NamedTuple):
    """`pieces` is what is streamed instead of a body."""

    status: int
    headers: Pairs
    body: Any = b""
    pieces: AsyncIterator[bytes] | None = None


class TornadoAdapter(Adapter):
    name = "tornado"
    version = tornado.version
    homepage = "https://www.tornadoweb.org"
    unsupported = RawAsgiAdapter.unsupported

    def build(self, app: Running) -> Application:
        by_path: dict[str, dict[str, Any]] = {}
        for route in app.routes:
            by_path.setdefault(route.path, {})[route.method] = app.handler(route)
        return Application(
            [(_pattern(path), _Handler, {"handlers": one}) for path, one in by_path.items()]
        )

    async def serve(self, application: Application, app: Running, sock: socket.socket) -> Stop:
        server = HTTPServer(application)
        sock.setblocking(False)
        sock.listen(128)
        server.add_socket(sock)

        async def stop() -> None:
            server.stop()
            await server.close_all_connections()

        return stop

    def saw(self, request: RequestHandler) -> Saw:
        asked = request.request
        return Saw(
            asked.method or "",
            request.request.path,  # which is as it was sent
            asked.path,
            dict(request.path_kwargs),
            parse_qsl(asked.query, keep_blank_values=True),
            list(asked.headers.get_all()),
        )

    def respond(
        self,
        request: RequestHandler | None,
        status: int,
        headers: Pairs,
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: Pairs,
    ) -> Response:
        if isinstance(body, str):
            content_type = content_type or "text/plain; charset=utf-8"
        if content_type is not None:
            headers = [("Content-Type", content_type), *headers]
        return Response(status, headers, body or b"")

    async def stream(
        self, request: RequestHandler, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return Response(200, [("Content-Type", content_type)], pieces=pieces)

    async def read_body(self, request: RequestHandler) -> bytes:
        body: bytes = request.request.body
        return body


class _Handler(RequestHandler):  # type: ignore[misc,unused-ignore]
    """Has the handler of its path and method answer."""

    def initialize(self, handlers: dict[str, Any]) -> None:
        self.handlers = handlers

    async def _answer(self, *args: str, **params: str) -> None:
        method = self.request.method
        handler = self.handlers.get("GET" if method == "HEAD" else method or "")
        if handler is None:
            self.set_header("Allow", ", ".join(sorted(self.handlers)))
            raise HTTPError(405)
        response: Response = await handler(self)
        self.set_status(response.status)
        for name, value in response.headers:
            self.set_header(name, value)
        if response.pieces is None:
            self.finish(response.body)
            return
        async for piece in response.pieces:
            self.write(piece)
            await self.flush()

    get = head = post = delete = patch = put = options = _answer


def _pattern(path: str) -> str:
    parts = re.split(r"{(\w+)}", path)
    return "".join(
        f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )


if __name__ == "__main__":
    TornadoAdapter().main()
