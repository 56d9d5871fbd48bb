"""Adapter of Hypercorn."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from importlib.metadata import version

from hypercorn.asyncio import serve
from hypercorn.config import Config

from conformance.adapter import Running
from conformance.adapter.base import Stop

from .asgi import Application, RawAsgiAdapter

IDLE_S = 0.3
"""It does not take the end of what a client sends for the end of a connection that it keeps, but
waits for this; with its default, 5 seconds, there would be few inputs in a minute."""


class HypercornAdapter(RawAsgiAdapter):
    name = "hypercorn"
    version = f"{version('hypercorn')} (h11 {version('h11')})"
    homepage = "https://hypercorn.readthedocs.io"

    async def serve(self, application: Application, app: Running, sock: socket.socket) -> Stop:
        config = Config()
        # It makes a socket of its own of the number, and both would close that one.
        config.bind = [f"fd://{os.dup(sock.fileno())}"]
        config.keep_alive_timeout = IDLE_S
        config.loglevel = logging.getLevelName(logging.WARNING)
        is_stopped = asyncio.Event()
        serving = asyncio.ensure_future(
            serve(application, config, shutdown_trigger=is_stopped.wait)  # type: ignore[arg-type]
        )

        async def stop() -> None:
            is_stopped.set()
            await serving
            sock.close()

        return stop


if __name__ == "__main__":
    HypercornAdapter().main()
