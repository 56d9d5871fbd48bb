"""A server on blacksheep, served by uvicorn with httptools."""

from __future__ import annotations

from typing import Any

import uvicorn
from blacksheep import Application, Content, Request, Response, StreamedContent
from blacksheep import json as json_response
from blacksheep import text as text_response

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash", "middlewares")


def handler(route: Route) -> Any:
    content_type = route.content_type.encode()

    async def respond(request: Request) -> Response:
        return Response(route.status, content=Content(content_type, route.body))

    async def params(request: Request) -> Response:
        values: Any = request.route_values
        return text_response("/".join([values[name] for name in route.names]))

    async def mirror(request: Request) -> Response:
        body = await request.read()
        return Response(200, content=Content(b"application/octet-stream", body or b""))

    async def json(request: Request) -> Response:
        return json_response(await request.json())

    async def stream(request: Request) -> Response:
        # Blacksheep takes the generator function itself, not an iterator.
        return Response(200, content=StreamedContent(content_type, route.produce))

    async def crash(request: Request) -> Response:
        raise RuntimeError("crashed on purpose")

    return locals()[route.does]


async def pass_on(request: Request, handler: Any) -> Any:
    return await handler(request)


def main() -> None:
    app = application("blacksheep", serves=_SERVES)
    server = Application()
    server.middlewares.extend([pass_on] * app.middlewares)
    for one in app.routes:
        server.router.add(one.method, one.path, handler(one))
    uvicorn.run(
        server,
        host=app.host,
        port=app.port,
        loop=app.loop,
        http="httptools",
        access_log=False,
        log_level="critical",
        timeout_keep_alive=75,  # as long as aiohttp's: thousands of idle connections take seconds
    )


if __name__ == "__main__":
    main()
