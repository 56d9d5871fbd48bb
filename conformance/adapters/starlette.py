"""Adapter for Starlette, served by uvicorn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from conformance.adapter import Running, Saw, Unsupported
from conformance.adapter.asgi import AsgiAdapter
from conformance.adapter.loops import parser


class StarletteAdapter(AsgiAdapter):
    name = "starlette"
    version = f"{version('starlette')} (uvicorn {version('uvicorn')})"
    homepage = "https://www.starlette.io"
    dialect = {
        "after_500": "closed",
        "bad_header_value": "closed",
        "body_limit_holds": "announced",
        "cleanup_behind_failed_startup": "no",
        "duplicate_route": "first",
        "encoded_slash": "separator",  # ASGI: the path is decoded before the application gets it
        "errors_reach_middlewares": "response",
        "exit_status": "signal",  # uvicorn raises it again behind the shutdown
        "failing_shutdown_hook": "ends_them",
        "form_of_other_type": "empty",
        "head_route": "later",
        "hooks_and_drain": "after",
        "invalid_json": "500",
        "known_methods": "registered",  # llhttp has a list
        "missing_slash": "307",
        "precedence": "registration",
        "raised_location": "as_given",
        "repeated_cookie": "last",
        "trailing_slash": "307",
    }
    unsupported = frozenset(
        {
            "reason",  # ASGI has no reason phrase
            "head_s",  # uvicorn has no such limits
            "body_s",
            "cleanup hooks",  # a lifespan has one end, not two
        }
    )

    def build(self, app: Running) -> Starlette:
        @asynccontextmanager
        async def lifespan(application: Starlette) -> AsyncIterator[None]:
            for hook in app.startup:
                await app.hook(hook, application)()
            yield
            for hook in app.shutdown:
                await app.hook(hook, application)()

        return Starlette(
            debug=app.debug,
            routes=[
                Route(route.path, app.handler(route), methods=[route.method])
                for route in app.routes
            ],
            middleware=[
                Middleware(BaseHTTPMiddleware, dispatch=app.middleware(one))
                for one in app.middlewares
            ],
            lifespan=lifespan,
            max_body_size=app.body_limit,
        )

    def saw(self, request: Request) -> Saw:
        return Saw(
            request.method,
            request.scope["path"],
            request.scope["raw_path"].decode("latin-1"),
            dict(request.path_params),
            request.query_params.multi_items(),
            request.headers.items(),
        )

    def params(self, request: Request) -> Mapping[str, str]:
        return request.path_params

    def respond(
        self,
        request: Request | None,
        status: int,
        headers: list[tuple[str, str]],
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: list[tuple[str, str]],
    ) -> Response:
        kind = PlainTextResponse if isinstance(body, str) and content_type is None else Response
        once: dict[str, str] = {}
        repeated = []
        for name, value in headers:
            if name.lower() in map(str.lower, once):
                repeated.append((name, value))
            else:
                once[name] = value
        response = kind(body, status, once, content_type)
        for name, value in repeated:
            response.headers.append(name, value)
        for name, value in cookies:
            response.set_cookie(name, value)
        return response

    def responder(self, status: int, content_type: str | None) -> Callable[[Any, Any], Response]:
        is_default = content_type in (None, "text/plain")

        def make(request: Request, body: Any) -> Response:
            if is_default and isinstance(body, str):
                return PlainTextResponse(body, status)
            return Response(body, status, media_type=content_type)

        return make

    def respond_json(self, request: Request, document: Any) -> Response:
        return JSONResponse(document)

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: list[tuple[str, str]]
    ) -> BaseException:
        if location is not None:
            headers = [("Location", location), *headers]
        if len(dict(headers)) < len(headers):
            raise Unsupported("repeated headers of an HTTPException")
        return HTTPException(status, text, dict(headers))

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return StreamingResponse(pieces, media_type=content_type)

    def set_header(self, response: Response, name: str, value: str) -> Response:
        response.headers[name] = value
        return response

    async def read_body(self, request: Request) -> bytes:
        return await request.body()

    def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        return request.stream()

    async def read_json(self, request: Request) -> Any:
        return await request.json()

    async def read_form(self, request: Request) -> list[tuple[Any, ...]]:
        return [
            (name, value) if isinstance(value, str) else (name, await value.read(), value.filename)
            for name, value in (await request.form()).multi_items()
        ]

    def read_cookies(self, request: Request) -> list[tuple[str, str]]:
        return list(request.cookies.items())

    def serve_folder(self, application: Starlette, prefix: str, folder: str) -> None:
        application.mount(prefix, StaticFiles(directory=folder))

    def store(self, application: Starlette, key: str, value: str) -> None:
        setattr(application.state, key, value)

    def load(self, request: Request, key: str) -> str | None:
        stored: str | None = getattr(request.app.state, key, None)
        return stored


if __name__ == "__main__":
    StarletteAdapter().main(parser("starlette").parse_args().loop)
