"""Adapter for Sanic, served by its own server.

Its middlewares do not wrap: `on_request` runs in front of the handler, `on_response` behind it, and
no middleware gets an exception; so there is no `catch`.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from itertools import count
from types import SimpleNamespace
from typing import Any, TypeAlias

import sanic
from sanic import HTTPResponse, Request, Sanic, json, raw, text
from sanic.constants import HTTP_METHODS
from sanic.exceptions import SanicException
from sanic.http.http1 import Http

from conformance.adapter import Adapter, Running, Saw, Unsupported
from conformance.adapter.loops import parser

App: TypeAlias = Any  # a Sanic, whose types are those of its own two type parameters

_POLL_S = 0.01
_BY_STATUS: dict[int, Any] = {
    vars(one)["status_code"]: one
    for one in vars(sanic.exceptions).values()
    if isinstance(one, type)
    and issubclass(one, sanic.exceptions.HTTPException)
    and "status_code" in vars(one)
}
_numbers = count(1)


class SanicAdapter(Adapter):
    name = "sanic"
    version = sanic.__version__
    homepage = "https://sanic.dev"
    dialect = {
        "accept_on_500": "all",
        "allow_lists": "nothing",
        "bad_header_value": "stripped",
        "base_exception": "exit",
        "blank_form_values": "dropped",
        "blank_query_values": "dropped",
        "body_limit_holds": "all_but_pieces",
        "cleanup_behind_failed_startup": "no",
        "content_of_get": "nothing",
        "crashes_reach_middlewares": "response",
        "empty_json": "null",
        "encoded_literal": "no",
        "encoded_slash": "raw",
        "errors_reach_middlewares": "response",
        "failing_shutdown_hook": "ends_them",
        "form_of_other_type": "empty",
        "head_of_get": "no",
        "header_octets": "utf-8",
        "invalid_utf8": "keep",
        "known_methods": "usual",
        "middlewares_wrap": "two_parts",
        "missing_slash": "same",
        "no_response_reaches_middlewares": "value_if_any",
        "param_decoding": "raw",
        "raised_location": "as_given",
        "repeated_cookie": "all",
        "replaced_response": "final",
        "secure_cookies": "yes",
        "several_cookie_fields": "first",
        "shutdown_order": "lifo",
        "streams_start": "in_handler_behind_middlewares",
        "trailing_slash": "same",
    }
    unsupported = frozenset({"body_s", "catch", "reason"})

    def build(self, app: Running) -> App:
        # The names of live applications differ, and Sanic keeps a registry of them.
        application: App = Sanic(f"trueline-{next(_numbers)}")
        if app.body_limit is not None:
            header_bytes = Http.HEADER_MAX_SIZE
            application.config.REQUEST_MAX_SIZE = app.body_limit
            # It limits the headers of all applications with that, and here are several.
            Http.HEADER_MAX_SIZE = header_bytes
        if app.drain_s is not None:
            application.config.GRACEFUL_SHUTDOWN_TIMEOUT = app.drain_s
        if app.head_s is not None:
            application.config.REQUEST_TIMEOUT = app.head_s
        if app.idle_s is not None:
            application.config.KEEP_ALIVE_TIMEOUT = app.idle_s
        for route in app.routes:
            self._add_route(application, app, route)
        for middleware in app.middlewares:
            self._add_middleware(application, app, middleware)
        for hooks, register in (
            (app.startup, application.before_server_start),
            (app.shutdown, application.before_server_stop),
            (app.cleanup, application.after_server_stop),
        ):
            for hook in hooks:
                register(app.hook(hook, application))
        return application

    @staticmethod
    def _add_route(application: App, app: Running, route: SimpleNamespace) -> None:
        uri = re.sub(r"{(\w+)}", r"<\1>", route.path)
        in_pieces = _reads_in_pieces(route.do)
        if route.method in HTTP_METHODS and not in_pieces:
            register = getattr(application, route.method.lower())(uri, name=route.id)
        else:  # what is no stream has the whole body before its handler runs
            register = application.route(
                uri, methods=[route.method], name=route.id, stream=in_pieces
            )
        register(app.handler(route))

    @staticmethod
    def _add_middleware(application: App, app: Running, middleware: SimpleNamespace) -> None:
        before, after = app.parts(middleware)

        async def on_response(request: Request, response: HTTPResponse) -> HTTPResponse | None:
            assert after is not None
            new: HTTPResponse = await after(request, response)
            return None if new is response else new  # what is returned ends the chain

        if before is not None:
            application.on_request(before)
        if after is not None:
            application.on_response(on_response)

    async def serve(self, application: App, app: Running, sock: socket.socket) -> Any:
        application.config.MOTD = False
        # It rewrites the methods of classes for one application, and here are several.
        application.config.TOUCHUP = False
        loop = asyncio.get_running_loop()
        debug = loop.get_debug()
        server: Any = await application.create_server(
            sock=sock,
            debug=app.debug,
            access_log=app.access_log,
            asyncio_server_kwargs={"start_serving": False},
        )
        loop.set_debug(debug)  # which it turns on, and others share this loop
        try:
            await server.startup()
            await server.before_start()
            await server.start_serving()
            await server.after_start()
        except BaseException:
            server.close()
            Sanic.unregister_app(application)
            raise

        async def stop() -> None:
            """What Sanic's own entry point does at its end."""
            try:
                await server.before_stop()
            finally:
                await server.close()
                end_s = loop.time() + application.config.GRACEFUL_SHUTDOWN_TIMEOUT
                for connection in set(server.connections):
                    connection.close_if_idle()
                while server.connections and loop.time() < end_s:  # noqa: ASYNC110 nor has it an event
                    await asyncio.sleep(_POLL_S)
                for connection in set(server.connections):
                    connection.abort()
                await asyncio.sleep(0)  # its loop takes a turn here, too
                await server.after_stop()
                Sanic.unregister_app(application)

        return stop

    def run(self, application: App, app: Running, host: str, port: int) -> None:
        # Left alone it takes uvloop where that is installed.
        application.config.USE_UVLOOP = self.loop == "uvloop"
        application.run(
            host, port, single_process=True, debug=app.debug, access_log=app.access_log, motd=False
        )

    def saw(self, request: Request) -> Saw:
        return Saw(
            request.method,
            request.path,
            request.raw_url.decode("latin-1").partition("?")[0],
            dict(request.match_info),
            list(request.query_args),
            list(request.headers.items()),
        )

    def params(self, request: Request) -> Mapping[str, str]:
        params: Mapping[str, str] = request.match_info
        return params

    def respond(
        self,
        request: Request | None,
        status: int,
        headers: list[tuple[str, str]],
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: list[tuple[str, str]],
    ) -> HTTPResponse:
        kind: Any = text if isinstance(body, str) else raw if body is not None else HTTPResponse
        options = {} if content_type is None else {"content_type": content_type}
        response: HTTPResponse = kind(body, status, **options)
        for name, value in headers:
            response.headers.add(name, value)
        for name, value in cookies:
            response.add_cookie(name, value)
        return response

    def responder(
        self, status: int, content_type: str | None
    ) -> Callable[[Any, Any], HTTPResponse]:
        is_default = content_type in (None, "text/plain")
        options: dict[str, Any] = {} if content_type is None else {"content_type": content_type}

        def make(request: Request, body: Any) -> HTTPResponse:
            if isinstance(body, str):
                return text(body, status) if is_default else text(body, status, **options)
            return (HTTPResponse if body is None else raw)(body, status, **options)

        return make

    def respond_json(self, request: Request, document: Any) -> HTTPResponse:
        return json(document)

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: list[tuple[str, str]]
    ) -> BaseException:
        if location is not None:
            headers = [("Location", location), *headers]
        if len(dict(headers)) < len(headers):
            raise Unsupported("repeated headers of an exception")
        kind: Any = _BY_STATUS.get(status)
        if kind is None:
            return SanicException(text, status, headers=dict(headers))
        error: BaseException
        if issubclass(kind, sanic.exceptions.MethodNotAllowed):
            error = kind(text, "GET", ["POST"], headers=dict(headers))
        else:
            error = kind(text, headers=dict(headers))
        return error

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> None:
        response = await request.respond(content_type=content_type)
        async for piece in pieces:
            await response.send(piece)
        await response.eof()

    def set_header(self, response: HTTPResponse, name: str, value: str) -> HTTPResponse:
        response.headers[name] = value
        return response

    async def read_body(self, request: Request) -> bytes:
        body: bytes = request.body
        return body

    async def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        stream: Any = request.stream
        while (piece := await stream.read()) is not None:
            yield piece

    async def read_json(self, request: Request) -> Any:
        return request.json

    async def read_form(self, request: Request) -> list[tuple[Any, ...]]:
        fields: list[tuple[Any, ...]] = [
            (name, value) for name, values in (request.form or {}).items() for value in values
        ]
        for name, files in (request.files or {}).items():
            fields += [(name, file.body, file.name) for file in files]
        return fields

    def read_cookies(self, request: Request) -> list[tuple[str, str]]:
        return [(name, value) for name, values in request.cookies.items() for value in values]

    def serve_folder(self, application: App, prefix: str, folder: str) -> None:
        application.static(prefix, folder)

    def store(self, application: App, key: str, value: str) -> None:
        setattr(application.ctx, key, value)

    def load(self, request: Request, key: str) -> str | None:
        stored: str | None = getattr(request.app.ctx, key, None)
        return stored


def _reads_in_pieces(action: dict[str, Any]) -> bool:
    [(name, given)] = action.items()
    if name == "read_body" and given["how"] == "pieces":
        return True
    return "then" in given and _reads_in_pieces(given["then"])


if __name__ == "__main__":
    SanicAdapter().main(parser("sanic").parse_args().loop)
