"""Drives the miniature, whole or with faults: `--fault NAME`, as often as wanted."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from conformance.adapter import Adapter, Running, Saw
from conformance.adapter.loops import parser
from conformance.miniature.application import Application
from conformance.miniature.faults import FAULTS, UnknownFault, chosen
from conformance.miniature.process import run
from conformance.miniature.request import Request
from conformance.miniature.response import HttpError, Response
from conformance.miniature.server import Server

Pairs = list[tuple[str, str]]


class MiniatureAdapter(Adapter):
    name = "miniature"
    version = "1"
    dialect = {"encoded_delimiter": "no", "head_route": "all"}

    def __init__(self, faults: frozenset[str]) -> None:
        self.faults = faults
        if "declares-hooks-behind-drain" in self.faults:
            type(self).dialect = {**self.dialect, "hooks_and_drain": "after"}
        if "slash-redirect-drops-query" in self.faults:
            type(self).dialect = {**self.dialect, "trailing_slash": "307"}

    def build(self, app: Running) -> Application:
        application = Application(
            debug=app.debug,
            body_limit=app.body_limit,
            drain_s=app.drain_s,
            head_s=app.head_s,
            body_s=app.body_s,
            idle_s=app.idle_s,
            logs_access=app.access_log,
            faults=self.faults,
        )
        if app.access_log:
            logging.basicConfig(level=logging.INFO)
        for route in app.routes:
            application.router.add(route.method, route.path, app.handler(route))
        for middleware in app.middlewares:
            application.middlewares.append(app.middleware(middleware))
        for hooks, given in (
            (application.lifecycle.on_startup, app.startup),
            (application.lifecycle.on_shutdown, app.shutdown),
            (application.lifecycle.on_cleanup, app.cleanup),
        ):
            hooks += [app.hook(hook, application) for hook in given]
        return application

    async def serve(
        self, application: Application, app: Running, sock: socket.socket
    ) -> Callable[[], Awaitable[Any]]:
        server = Server(application)
        await server.start(sock)
        return server.stop

    def run(self, application: Application, app: Running, host: str, port: int) -> None:
        sys.exit(run(application, host, port))

    def saw(self, request: Request) -> Saw:
        return Saw(
            request.method,
            request.path,
            request.raw_path,
            request.params,
            request.query,
            request.headers,
        )

    def params(self, request: Request) -> Mapping[str, str]:
        return request.params

    def respond(
        self,
        request: Request,
        status: int,
        headers: Pairs,
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: Pairs,
    ) -> Response:
        return Response(
            body,
            status=status,
            headers=headers,
            content_type=content_type,
            reason=reason,
            cookies=cookies,
        )

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: Pairs
    ) -> HttpError:
        to = [] if location is None else [("Location", location)]
        return HttpError(status, text, [*to, *headers])

    async def stream(
        self, request: Request, pieces: AsyncIterator[bytes], content_type: str
    ) -> Response:
        return Response(pieces, content_type=content_type)

    def set_header(self, response: Response, name: str, value: str) -> Response:
        response.set_header(name, value)
        return response

    async def read_body(self, request: Request) -> bytes:
        return await request.read()

    def read_pieces(self, request: Request) -> AsyncIterator[bytes]:
        return request.pieces()

    async def read_json(self, request: Request) -> Any:
        return await request.json()

    async def read_form(self, request: Request) -> list[tuple[Any, ...]]:
        return await request.form()

    def read_cookies(self, request: Request) -> Pairs:
        return request.cookies()

    def serve_folder(self, application: Application, prefix: str, folder: str) -> None:
        application.serve_folder(prefix, folder)

    def store(self, application: Application, key: str, value: str) -> None:
        application.state[key] = value

    def load(self, request: Request, key: str) -> str | None:
        return request.app.state.get(key)


def main() -> None:
    command = parser("miniature", description=__doc__)
    command.add_argument("--fault", action="append", default=[], metavar="NAME", help="do it wrong")
    command.add_argument("--list", action="store_true", help="say what can be told to go wrong")
    arguments = command.parse_args()
    if arguments.list:
        for name, words in sorted(FAULTS.items()):
            print(f"{name:40} {words}")  # noqa: T201 it is what was asked for
        return
    try:
        faults = chosen(arguments.fault)
    except UnknownFault as error:
        command.exit(2, f"{error}\n")
    MiniatureAdapter(faults).main(arguments.loop)


if __name__ == "__main__":
    main()
