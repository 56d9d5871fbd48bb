"""A server on granian's own interface, RSGI: one worker with one blocking thread.

RSGI has no routes, so those are found by `Table`, as in the peer `bare`.
"""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from granian import Granian
from granian.constants import Interfaces, Loops

from .application import Route, Table, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash")
_TEXT = [("content-type", "text/plain")]
_OCTETS = [("content-type", "application/octet-stream")]
_JSON = [("content-type", "application/json")]


def server(routes: tuple[Route, ...]) -> Any:
    """The RSGI application."""
    table = Table(routes)

    async def serve(scope: Any, protocol: Any) -> None:
        found = table.find(scope.method, scope.path)
        if found is None:
            protocol.response_str(404, _TEXT, "not found")
            return
        route, values = found
        if route.does == "respond":
            protocol.response_bytes(
                route.status, [("content-type", route.content_type)], route.body
            )
        elif route.does == "params":
            protocol.response_str(200, _TEXT, "/".join([values[name] for name in route.names]))
        elif route.does == "mirror":
            protocol.response_bytes(200, _OCTETS, await protocol())
        elif route.does == "json":
            document = json.loads(await protocol())
            protocol.response_str(200, _JSON, json.dumps(document))
        elif route.does == "stream":
            transport = protocol.response_stream(200, [("content-type", route.content_type)])
            for piece in route.pieces:
                await transport.send_bytes(piece)
        else:
            raise RuntimeError("crashed on purpose")

    return serve


def load(routes: tuple[Route, ...], target: str) -> Any:
    """What a worker, which is a process of its own, serves."""
    return server(routes)


def main() -> None:
    app = application("granian", serves=_SERVES)
    Granian(
        "server",
        address=app.host,
        port=app.port,
        interface=Interfaces.RSGI,
        workers=1,
        blocking_threads=1,
        loop=Loops(app.loop),
        websockets=False,
        log_enabled=False,
    ).serve(target_loader=partial(load, app.routes))


if __name__ == "__main__":
    main()
