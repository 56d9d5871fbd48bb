"""Adapter for the reference framework of this project."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import reference
from conformance.adapter import Adapter, Running, Saw, Unsupported
from conformance.adapter.loops import parser
from reference import (
    Application,
    HTTPException,
    HTTPMove,
    Limits,
    Request,
    Response,
    add_static,
    json_response,
    run_app,
)
from reference.server import serve


def _version() -> str:
    try:
        return version("trueline")
    except PackageNotFoundError:
        return ""  # run from a checkout


_BY_STATUS = {
    one.status_code: one
    for one in vars(reference).values()
    if isinstance(one, type) and issubclass(one, HTTPException) and one.status_code
} | {
    # By name where the name is that of the status, as users raise them: what a class says of itself
    # is what the checks are to see.
    code.value: getattr(reference, name)
    for code in HTTPStatus
    if hasattr(reference, name := "HTTP" + re.sub(r"[^A-Za-z]", "", code.phrase.title()))
}


def _options(app: Running) -> dict[str, Any]:
    """Arguments of `serve` and `run_app`."""
    limits: dict[str, Any] = {
        "header_timeout_s": app.head_s,
        "body_timeout_s": app.body_s,
        "keepalive_timeout_s": app.idle_s,
    }
    options: dict[str, Any] = {
        "limits": Limits(**{name: value for name, value in limits.items() if value is not None})
    }
    if app.access_log:
        options["access_log"] = logging.getLogger("access")
        logging.basicConfig(level=logging.INFO)
    if app.drain_s is not None:
        options["shutdown_timeout"] = app.drain_s
    return options


class ReferenceAdapter(Adapter):
    name = "reference"
    version = _version()
    dialect = {
        "accept_on_500": "all",
        "body_limit_holds": "read_whole",
        "invalid_utf8": "keep",
        "no_response_reaches_middlewares": "value",
    }

    def build(self, app: Running) -> Application:
        options: dict[str, Any] = {}
        if app.debug:
            options["debug"] = True
        if app.body_limit is not None:
            options["client_max_size"] = app.body_limit
        application = Application(
            middlewares=[app.middleware(one) for one in app.middlewares], **options
        )
        for route in app.routes:
            application.router.add_route(route.method, route.path, app.handler(route))
        for hooks, registered in (
            (app.startup, application.on_startup),
            (app.shutdown, application.on_shutdown),
            (app.cleanup, application.on_cleanup),
        ):
            registered.extend(app.hook(hook, application) for hook in hooks)
        return application

    async def serve(self, application: Application, app: Running, sock: socket.socket) -> Any:
        serving = serve(application, sock=sock, **_options(app))
        await serving.__aenter__()
        return lambda: serving.__aexit__(None, None, None)

    def run(self, application: Application, app: Running, host: str, port: int) -> None:
        run_app(application, host=host, port=port, print=None, loop=self.loop, **_options(app))

    def saw(self, request: Request) -> Saw:
        return Saw(
            request.method,
            request.path,
            request.raw_path,
            dict(request.match_info),
            list(request.query.items()),
            list(request.headers.items()),
        )

    def params(self, request: Request) -> Mapping[str, str]:
        return request.match_info

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
        response = Response(body, status, content_type, reason=reason)
        for name, value in headers:
            response.headers.add(name, value)
        for name, value in cookies:
            response.set_cookie(name, value)
        return response

    def responder(self, status: int, content_type: str | None) -> Callable[[Any, Any], Response]:
        def make(request: Request, body: Any) -> Response:
            return Response(body, status, content_type)

        def make_by_default(request: Request, body: Any) -> Response:
            return Response(body) if body.__class__ is str else Response(body, 200, content_type)

        is_default = status == 200 and content_type in (None, "text/plain")
        return make_by_default if is_default else make

    def respond_json(self, request: Request, document: Any) -> Response:
        return json_response(document)

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: list[tuple[str, str]]
    ) -> BaseException:
        kind: Any = _BY_STATUS.get(status)
        if kind is None:
            raise Unsupported(f"raise_http {status}")
        arguments: list[Any] = []
        if location is not None and issubclass(kind, HTTPMove):
            arguments.append(location)
        elif location is not None:
            headers = [("Location", location), *headers]
        elif status == 405:
            arguments += ["GET", ["POST"]]
        elif status == 413:
            arguments.append(1)
        error: HTTPException = kind(*arguments, reason=text)
        for name, value in headers:
            error.headers.add(name, value)
        return error

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return Response(pieces, content_type=content_type)

    def set_header(self, response: Response, name: str, value: str) -> Response:
        response.headers[name] = value
        return response

    async def read_body(self, request: Request) -> bytes:
        return await request.read()

    def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        return aiter(request.content)

    async def read_json(self, request: Request) -> Any:
        return await request.json()

    async def read_form(self, request: Request) -> list[tuple[Any, ...]]:
        return [
            (name, value) if isinstance(value, str) else (name, value.file.read(), value.filename)
            for name, value in (await request.post()).items()
        ]

    def serve_folder(self, application: Application, prefix: str, folder: str) -> None:
        add_static(application, prefix, folder)

    def read_cookies(self, request: Request) -> list[tuple[str, str]]:
        return list(request.cookies.items())

    def store(self, application: Application, key: str, value: str) -> None:
        application[key] = value

    def load(self, request: Request, key: str) -> str | None:
        return request.app[key] if key in request.app else None  # noqa: SIM401 - no mapping


if __name__ == "__main__":
    ReferenceAdapter().main(parser("reference").parse_args().loop)
