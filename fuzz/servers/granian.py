"""Adapter of Granian, embedded in the event loop of the adapter.

The parser is the same as that of the command `granian`, the supervision of worker processes is not
there: what it is said to do wrong is tried with the command, too, before anybody is told.
"""

from __future__ import annotations

import asyncio
import socket
from importlib.metadata import version

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.embed import Server

from conformance.adapter import Running
from conformance.adapter.base import Stop

from .asgi import Application, RawAsgiAdapter


class GranianAdapter(RawAsgiAdapter):
    name = "granian"
    version = version("granian")
    homepage = "https://github.com/emmett-framework/granian"

    async def serve(self, application: Application, app: Running, sock: socket.socket) -> Stop:
        host, port = sock.getsockname()
        sock.close()  # it takes no socket, only an address, and binds that for itself
        server = Server(
            application,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            log_level=LogLevels.warning,
        )
        serving = asyncio.ensure_future(server.serve())

        async def stop() -> None:
            server.stop()
            await serving

        return stop


if __name__ == "__main__":
    GranianAdapter().main()
