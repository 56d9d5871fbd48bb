"""A server on sanic, in one process."""

from __future__ import annotations

import re
from typing import Any

from sanic import Request, Sanic
from sanic.response import HTTPResponse, raw
from sanic.response import json as json_response
from sanic.response import text as text_response

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash")


def handler(route: Route) -> Any:
    async def respond(request: Request) -> HTTPResponse:
        return text_response(text, route.status, content_type=route.content_type)

    async def params(request: Request, **values: str) -> HTTPResponse:
        return text_response("/".join([values[name] for name in route.names]))

    async def mirror(request: Request) -> HTTPResponse:
        return raw(request.body)

    async def json(request: Request) -> HTTPResponse:
        return json_response(request.json)

    async def stream(request: Request) -> None:
        # Sanic has no response made from an iterator: this is its way to stream.
        response = await request.respond(content_type=route.content_type)
        for piece in route.pieces:
            await response.send(piece)
        await response.eof()

    async def crash(request: Request) -> HTTPResponse:
        raise RuntimeError("crashed on purpose")

    text = route.text
    return locals()[route.does]


def main() -> None:
    app = application("sanic", serves=_SERVES)
    server = Sanic("peer")
    server.config.USE_UVLOOP = app.loop == "uvloop"
    if app.body_limit is not None:
        server.config.REQUEST_MAX_SIZE = app.body_limit
    for number, one in enumerate(app.routes):
        path = re.sub(r"{(\w+)}", r"<\1:str>", one.path)
        server.add_route(handler(one), path, methods=(one.method,), name=f"r{number}")
    server.run(host=app.host, port=app.port, access_log=False, single_process=True, motd=False)


if __name__ == "__main__":
    main()
