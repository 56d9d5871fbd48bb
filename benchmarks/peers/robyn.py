"""A server on robyn, whose core is written in Rust: one process with one worker.

It runs Python on uvloop whenever that can be had: `--loop` is accepted and changes nothing.
"""

from __future__ import annotations

import re
import sys
from typing import Any

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash")


def handler(route: Route) -> Any:
    import robyn

    async def respond(request: robyn.Request) -> robyn.Response:
        return robyn.Response(route.status, headers, route.body)

    async def params(request: robyn.Request) -> str:
        return "/".join([request.path_params[name] for name in route.names])

    async def mirror(request: robyn.Request) -> bytes:
        body: Any = request.body  # text where it can be decoded
        return body.encode() if isinstance(body, str) else bytes(body)

    async def json(request: robyn.Request) -> Any:
        return request.json()

    async def stream(request: robyn.Request) -> Any:
        return robyn.StreamingResponse(route.produce(), headers=headers)

    async def crash(request: robyn.Request) -> str:
        raise RuntimeError("crashed on purpose")

    headers = robyn.Headers({"Content-Type": route.content_type})
    return locals()[route.does]


def main() -> None:
    app = application("robyn", serves=_SERVES)
    sys.argv[1:] = ["--log-level", "WARN", "--disable-openapi"]  # read when it is imported
    from robyn import Robyn

    server = Robyn(__file__)
    for one in app.routes:
        path = re.sub(r"{(\w+)}", r":\1", one.path)
        server.add_route(one.method, path, handler(one))
    server.start(host=app.host, port=app.port, _check_port=False)


if __name__ == "__main__":
    main()
