"""A server on starlette, served by uvicorn with httptools."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route as StarletteRoute

from .application import Route, application

_SERVES = ("respond", "params", "mirror", "json", "stream", "crash", "middlewares")


def handler(route: Route) -> Any:
    async def respond(request: Request) -> Response:
        return Response(text, route.status, media_type=route.content_type)

    async def params(request: Request) -> Response:
        return PlainTextResponse("/".join([request.path_params[name] for name in route.names]))

    async def mirror(request: Request) -> Response:
        return Response(await request.body(), media_type="application/octet-stream")

    async def json(request: Request) -> Response:
        return JSONResponse(await request.json())

    async def stream(request: Request) -> Response:
        return StreamingResponse(route.produce(), media_type=route.content_type)

    async def crash(request: Request) -> Response:
        raise RuntimeError("crashed on purpose")

    text = route.text
    return locals()[route.does]


class PassOn(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next: Any) -> Any:
        return await call_next(request)


def main() -> None:
    app = application("starlette", serves=_SERVES)
    server = Starlette(
        routes=[StarletteRoute(one.path, handler(one), methods=[one.method]) for one in app.routes],
        middleware=[Middleware(PassOn)] * app.middlewares,
    )
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
