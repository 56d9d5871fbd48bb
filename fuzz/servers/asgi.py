"""Adapter of an ASGI application without a framework: what is seen of it is the server's.

Owns the application. The modules beside it each have a server serve it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from conformance.adapter import Adapter, Running, Saw

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[dict[str, Any], Receive, Send], Awaitable[None]]
Pairs = list[tuple[str, str]]


class Request(NamedTuple):
    scope: Mapping[str, Any]
    receive: Receive
    params: dict[str, str]


class Response(NamedTuple):
    """`pieces` is what is streamed instead of a body."""

    status: int
    headers: Pairs
    body: bytes = b""
    pieces: AsyncIterator[bytes] | None = None


class Disconnected(Exception):
    """The client went while its request was being read."""


class RawAsgiAdapter(Adapter):
    """Fill in `serve`; what it is given is an ASGI application."""

    unsupported = frozenset(
        {
            "middlewares",
            "startup hooks",
            "shutdown hooks",
            "cleanup hooks",
            "reason",
            "cookies",
            "debug",
            "access_log",
            "body",
            "drain_s",
            "head_s",
            "body_s",
            "idle_s",
        }
    )

    def build(self, app: Running) -> Application:
        routes = [(route, _segments(route.path), app.handler(route)) for route in app.routes]

        def found(method: str, path: str) -> tuple[Any, dict[str, str]]:
            """The handler, or the response instead of one, and the params."""
            allowed = set()
            for route, wanted, handler in routes:
                params = _match(wanted, _segments(path))
                if params is None:
                    continue
                if method == route.method or (method == "HEAD" and route.method == "GET"):
                    return handler, params
                allowed.add(route.method)
            if not allowed:
                return Response(404, []), {}
            return Response(405, [("Allow", ", ".join(sorted(allowed)))]), {}

        async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
            if scope["type"] == "lifespan":
                await _live(receive, send)
                return
            if scope["type"] == "websocket":
                await send({"type": "websocket.close"})  # before it is accepted: refused
                return
            answer, params = found(scope["method"], scope["path"])
            if not isinstance(answer, Response):
                try:
                    answer = await answer(Request(scope, receive, params))
                except Disconnected:
                    return  # what the server makes of that is the server's doing alone
            await _send(answer, send, has_content=scope["method"] != "HEAD")

        return application

    def saw(self, request: Request) -> Saw:
        scope = request.scope
        return Saw(
            scope["method"],
            scope["path"],
            scope["raw_path"].decode("latin-1"),
            request.params,
            parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True),
            [(one.decode("latin-1"), two.decode("latin-1")) for one, two in scope["headers"]],
        )

    def respond(
        self,
        request: Request | None,
        status: int,
        headers: Pairs,
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: Pairs,
    ) -> Response:
        if isinstance(body, str):
            body = body.encode()
            content_type = content_type or "text/plain; charset=utf-8"
        if content_type is not None:
            headers = [("Content-Type", content_type), *headers]
        return Response(status, headers, body or b"")

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return Response(200, [("Content-Type", content_type)], pieces=pieces)

    async def read_body(self, request: Request) -> bytes:
        return b"".join([piece async for piece in self.read_pieces(request)])

    async def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        """Raises Disconnected."""
        has_more = True
        while has_more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise Disconnected
            yield message.get("body", b"")
            has_more = message.get("more_body", False)


def _segments(path: str) -> list[str]:
    return path.split("/")


def _match(wanted: list[str], segments: list[str]) -> dict[str, str] | None:
    """The params of a path, or None when it is another's."""
    if len(wanted) != len(segments):
        return None
    params = {}
    for pattern, segment in zip(wanted, segments, strict=True):
        if pattern.startswith("{") and segment:
            params[pattern[1:-1]] = segment
        elif pattern != segment:
            return None
    return params


async def _live(receive: Receive, send: Send) -> None:
    """A lifespan in which nothing happens."""
    while True:
        event = (await receive())["type"]
        await send({"type": f"{event}.complete"})
        if event == "lifespan.shutdown":
            return


async def _send(response: Response, send: Send, *, has_content: bool) -> None:
    headers = list(response.headers)
    if response.pieces is None and response.status not in (204, 304):
        headers.append(("Content-Length", str(len(response.body))))
    await send(
        {
            "type": "http.response.start",
            "status": response.status,
            "headers": [(one.lower().encode(), two.encode("latin-1")) for one, two in headers],
        }
    )
    if response.pieces is not None and has_content:
        async for piece in response.pieces:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": response.body if has_content else b""})
