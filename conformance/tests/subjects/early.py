"""The guide half-way: an application and a router, but no params, middlewares, hooks or errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from .sketch.request import Request
from .sketch.response import Response
from .sketch.server import Server

__all__ = ["Application", "Response", "run_app"]

Handler = Callable[[Request], Awaitable[Response]]


class UrlDispatcher:
    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Handler] = {}

    async def _not_found(self, request: Request) -> Response:
        return Response(f"Not found {request.url} on this server", status=404)

    def add_route(self, method: str, path: str, handler: Handler) -> None:
        self._routes[(method, path)] = handler

    def resolve(self, request: Request) -> Handler:
        return self._routes.get((request.method, request.url.path), self._not_found)


class Application:
    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = asyncio.get_event_loop() if loop is None else loop
        self.router = UrlDispatcher()

    async def handle(self, request: Request, response_writer: Callable[[Response], Any]) -> None:
        response_writer(await self.router.resolve(request)(request))


def run_app(app: Application, host: str = "127.0.0.1", port: int = 8080) -> None:
    serv = Server(loop=app.loop, handler=app.handle, app=app)  # type: ignore[arg-type]
    server = app.loop.run_until_complete(app.loop.create_server(lambda: serv, host=host, port=port))
    app.loop.run_until_complete(server.serve_forever())
