"""Puts the parts together, and runs them."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any

from .exceptions import HTTPException
from .helpers import format_exception
from .request import Request
from .response import Response
from .router import UrlDispatcher
from .server import Server

Hook = Callable[["Application"], Awaitable[object]]


class Application:
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        middlewares: Sequence[Callable[..., Awaitable[Any]]] | None = None,
    ) -> None:
        if loop is None:
            loop = asyncio.get_event_loop()

        self._loop = loop
        self._router = UrlDispatcher()
        self._on_startup: list[Hook] = []
        self._on_shutdown: list[Hook] = []
        # Mistake: the middlewares that were given are never put here.
        self._middlewares: list[Callable[..., Awaitable[Any]]] = []

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    @property
    def router(self) -> UrlDispatcher:
        return self._router

    @property
    def on_startup(self) -> list[Hook]:
        return self._on_startup

    @property
    def on_shutdown(self) -> list[Hook]:
        return self._on_shutdown

    def _make_server(self) -> Server:
        return Server(loop=self._loop, handler=self._handler, app=self)

    async def _handler(self, request: Request, response_writer: Callable[[Response], None]) -> None:
        """Answer a request."""
        try:
            # Mistake: no middleware sees a request that no route is for.
            match_info, handler = self._router.resolve(request)
            request.match_info = match_info

            # Mistake: this makes the last one the outermost.
            for md in self._middlewares:
                handler = partial(md, handler=handler)

            resp = await handler(request)
        except HTTPException as exc:
            resp = exc
        except Exception as exc:  # noqa: BLE001
            resp = format_exception(exc)

        if not isinstance(resp, Response):
            # Mistake: this ends the task, and the client waits for ever.
            raise RuntimeError(f"expect Response instance but got {type(resp)}")

        response_writer(resp)

    async def startup(self) -> None:
        # Mistake: they all run at the same time.
        await asyncio.gather(*[func(self) for func in self._on_startup])

    async def shutdown(self) -> None:
        await asyncio.gather(*[func(self) for func in self._on_shutdown])


def run_app(
    app: Application,
    host: str = "127.0.0.1",
    port: int = 8080,
    loop: asyncio.AbstractEventLoop | None = None,
) -> None:
    if loop is None:
        loop = asyncio.get_event_loop()

    # Mistake: one protocol, so one parser, one request, one transport for all connections.
    serv = app._make_server()

    loop.run_until_complete(app.startup())

    server = loop.run_until_complete(loop.create_server(lambda: serv, host=host, port=port))

    # Mistake: the hooks run, and the server goes on.
    loop.add_signal_handler(signal.SIGTERM, lambda: asyncio.ensure_future(app.shutdown()))

    try:
        print(f"Started server on {host}:{port}")  # noqa: T201
        loop.run_until_complete(server.serve_forever())
    except KeyboardInterrupt:
        loop.run_until_complete(app.shutdown())
        server.close()
        loop.run_until_complete(server.wait_closed())
        loop.stop()
