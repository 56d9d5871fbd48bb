"""`AsgiAdapter`: for ASGI applications, served by uvicorn.

Owns serving only; an adapter for an ASGI framework fills in the rest. uvicorn is the server that
the frameworks' own documentation starts with, and is imported when an application is served: the
kit needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from typing import Any, Dict

from .base import Adapter, Stop
from .running import Running


class AsgiAdapter(Adapter):
    """Fill in as `Adapter`, without `serve` and `run`; what `build` gives is an ASGI application.

    lifespan   "on", or "off" for applications that know no lifespan (ASGI 3 leaves it optional)
    """

    lifespan = "on"

    def options(self, app: Running) -> Dict[str, Any]:
        """Keyword arguments of `uvicorn.run` and `uvicorn.Config`."""
        options: Dict[str, Any] = {
            "lifespan": self.lifespan,
            "log_level": "info" if app.access_log else "warning",
            "access_log": app.access_log,
        }
        if app.idle_s is not None:
            options["timeout_keep_alive"] = app.idle_s
        if app.drain_s is not None:
            options["timeout_graceful_shutdown"] = app.drain_s
        return options

    async def serve(self, application: Any, app: Running, sock: socket.socket) -> Stop:
        import uvicorn

        has_started = asyncio.Event()

        async def tell() -> None:
            has_started.set()  # uvicorn calls this behind its startup, at its first tick

        config = uvicorn.Config(application, callback_notify=tell, **self.options(app))
        server: Any = uvicorn.Server(config)
        # One process serves many applications here, and a signal is for none of them alone.
        server.capture_signals = contextlib.nullcontext

        async def serve_until_told() -> None:
            try:
                await server.serve(sockets=[sock])
            except SystemExit as exc:  # which would end the event loop, not this task alone
                raise RuntimeError("uvicorn ended at startup, with status %s" % exc.code) from exc

        serving = asyncio.ensure_future(serve_until_told())
        waiting = asyncio.ensure_future(has_started.wait())
        await asyncio.wait({serving, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if serving.done():
            serving.result()

        async def stop() -> None:
            server.should_exit = True
            await serving

        return stop

    def run(self, application: Any, app: Running, host: str, port: int) -> None:
        import uvicorn

        # Left alone it prefers uvloop where that is installed.
        uvicorn.run(application, host=host, port=port, loop=self.loop, **self.options(app))
