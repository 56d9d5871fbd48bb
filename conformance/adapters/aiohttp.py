"""Adapter for aiohttp's server."""

from __future__ import annotations

import asyncio
import logging
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from types import SimpleNamespace
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from conformance.adapter import Adapter, Running, Saw
from conformance.adapter.loops import parser

_ERRORS = {
    one.status_code: one
    for one in vars(web).values()
    if isinstance(one, type) and issubclass(one, web.HTTPException) and one.status_code > 0
}
_KEYS: dict[str, web.AppKey[str]] = {}


class AiohttpAdapter(Adapter):
    name = "aiohttp"
    version = aiohttp.__version__
    homepage = "https://docs.aiohttp.org"
    dialect = {
        "accept_on_500": "html",
        "after_500": "closed",
        "bad_header_value": "closed",
        "base_exception": "exit",
        "body_limit_holds": "read_whole",
        "cleanup_behind_failed_startup": "no",
        "content_of_get": "no_form",
        "duplicate_route": "refused_next_to_it",
        "failing_shutdown_hook": "ends_them",
        "form_of_other_type": "empty",
        "header_octets": "utf-8",
        "invalid_form": "500",
        "invalid_json": "500",
        "invalid_utf8": "keep",
        "known_methods": "registered",  # llhttp has a list
        "no_response_reaches_middlewares": "value",
        "precedence": "prefix",
        "raised_timeout": "504",
        "repeated_cookie": "last",
        "several_cookie_fields": "first",
        "streams_start": "in_handler",
    }

    unsupported = frozenset(
        {"head_s", "body_s"}  # it has no such limits
    )

    def build(self, app: Running) -> web.Application:
        limit: dict[str, Any] = {}
        if app.body_limit is not None:
            limit["client_max_size"] = app.body_limit
        application = web.Application(
            middlewares=[web.middleware(app.middleware(one)) for one in app.middlewares],
            handler_args={"debug": True} if app.debug else None,
            **limit,
        )
        heads = {_shape(one.path) for one in app.routes if one.method == "HEAD"}
        application.add_routes([self._route(one, app.handler(one), heads) for one in app.routes])
        for hooks, registered in (
            (app.startup, application.on_startup),
            (app.shutdown, application.on_shutdown),
            (app.cleanup, application.on_cleanup),
        ):
            registered.extend(app.hook(hook, application) for hook in hooks)
        return application

    @staticmethod
    def _route(route: SimpleNamespace, handler: Any, heads: set[str]) -> web.RouteDef:
        if route.method == "GET":  # which answers HEAD, too, unless there is a route for that
            return web.get(route.path, handler, allow_head=_shape(route.path) not in heads)
        return web.route(route.method, route.path, handler)

    async def serve(self, application: web.Application, app: Running, sock: socket.socket) -> Any:
        runner = web.AppRunner(application, **_options(app))
        await runner.setup()
        await web.SockSite(runner, sock).start()
        return runner.cleanup

    def run(self, application: web.Application, app: Running, host: str, port: int) -> None:
        loop = asyncio.new_event_loop()  # which `main` has said the kind of
        web.run_app(application, host=host, port=port, print=None, loop=loop, **_options(app))

    def saw(self, request: web.Request) -> Saw:
        return Saw(
            request.method,
            request.path,
            request.rel_url.raw_path,
            dict(request.match_info),
            list(request.query.items()),
            list(request.headers.items()),
        )

    def params(self, request: web.Request) -> Mapping[str, str]:
        return request.match_info

    def respond(
        self,
        request: web.Request | None,
        status: int,
        headers: list[tuple[str, str]],
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: list[tuple[str, str]],
    ) -> web.Response:
        fields = CIMultiDict(headers)
        content: dict[str, Any] = {"text" if isinstance(body, str) else "body": body}
        if content_type is not None and ";" in content_type:
            fields["Content-Type"] = content_type  # its argument takes no parameters
        elif content_type is not None:
            content["content_type"] = content_type
        response = web.Response(status=status, reason=reason, headers=fields, **content)
        for name, value in cookies:
            response.set_cookie(name, value)
        return response

    def responder(
        self, status: int, content_type: str | None
    ) -> Callable[[Any, Any], web.Response]:
        options: dict[str, Any] = {} if status == 200 else {"status": status}
        if content_type is not None and ";" in content_type:
            options["headers"] = {"Content-Type": content_type}
        elif content_type is not None:
            options["content_type"] = content_type
        by_default = {**options}
        if content_type == "text/plain":
            del by_default["content_type"]  # it is what text has

        def make(request: web.Request, body: Any) -> web.Response:
            if isinstance(body, str):
                return web.Response(text=body, **by_default)
            return web.Response(body=body, **options)

        return make

    def respond_json(self, request: web.Request, document: Any) -> web.Response:
        return web.json_response(document)

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: list[tuple[str, str]]
    ) -> BaseException:
        kind: Any = _ERRORS.get(status)
        if kind is None:  # one makes a class of one's own, as its documentation has it
            base = web.HTTPClientError if status < 500 else web.HTTPServerError
            kind = type("HTTPError", (base,), {"status_code": status})
        arguments: list[Any] = []
        if issubclass(kind, web.HTTPMove):
            arguments.append(location)
        elif issubclass(kind, web.HTTPMethodNotAllowed):
            arguments += ["GET", ["POST"]]
        elif issubclass(kind, web.HTTPRequestEntityTooLarge):
            arguments += [1, 2]
        elif issubclass(kind, web.HTTPUnavailableForLegalReasons):
            arguments.append(None)
        error: BaseException = kind(*arguments, headers=CIMultiDict(headers), text=text)
        return error

    async def stream(
        self, request: web.Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        async for piece in pieces:
            await response.write(piece)
        await response.write_eof()
        return response

    def set_header(self, response: web.StreamResponse, name: str, value: str) -> web.StreamResponse:
        response.headers[name] = value
        return response

    async def read_body(self, request: web.Request) -> bytes:
        return await request.read()

    async def read_pieces(self, request: web.Request) -> AsyncIterator[bytes]:
        async for piece in request.content.iter_any():
            yield piece

    async def read_json(self, request: web.Request) -> Any:
        return await request.json()

    async def read_form(self, request: web.Request) -> list[tuple[Any, ...]]:
        return [
            (name, value)
            if isinstance(value, str)
            else (name, bytes(value), None)
            if isinstance(value, bytes | bytearray)
            else (name, value.file.read(), value.filename)
            for name, value in (await request.post()).items()
        ]

    def read_cookies(self, request: web.Request) -> list[tuple[str, str]]:
        return list(request.cookies.items())

    def serve_folder(self, application: web.Application, prefix: str, folder: str) -> None:
        application.router.add_static(prefix, folder)

    def store(self, application: web.Application, key: str, value: str) -> None:
        application[_key(key)] = value

    def load(self, request: web.Request, key: str) -> str | None:
        return request.app.get(_key(key))


def _options(app: Running) -> dict[str, Any]:
    """Arguments of `AppRunner` and `run_app`."""
    options: dict[str, Any] = {"access_log": None}
    if app.access_log:
        options["access_log"] = logging.getLogger("aiohttp.access")
        logging.basicConfig(level=logging.INFO)
    if app.drain_s is not None:
        options["shutdown_timeout"] = app.drain_s
    if app.idle_s is not None:
        options["keepalive_timeout"] = app.idle_s
    return options


def _shape(path: str) -> str:
    """The path without the names of its params: routes that differ in those have the same paths."""
    return re.sub(r"{\w+}", "{}", path)


def _key(name: str) -> web.AppKey[str]:
    """The key of that name: two AppKeys are never equal."""
    return _KEYS.setdefault(name, web.AppKey(name, str))


if __name__ == "__main__":
    AiohttpAdapter().main(parser("aiohttp").parse_args().loop)
