"""An adapter of a framework for trueline. This is the example that `trueline new-adapter` writes.

It runs as it stands, because it drives Tiny, the little framework at its end. Put your own in the
place of Tiny, one method after the other, and run this file in between:

    trueline run FILE

An adapter turns an application that is described as data into one of your framework, and serves
it. The suite describes it by actions: a handler answers with what it saw, raises an error, streams,
waits at a gate. The kit carries them out; what it needs of the framework are the methods below.
What your framework has no way to express: leave the method out, or name it in `unsupported`. The
checks that need it then do not apply, which is no failure.

Does your framework have a blocking entry point only, as `run(app, port=...)`? Then derive from
ForkingAdapter, write `run` and leave `serve` out. Is it for ASGI? See conformance.adapter.asgi.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
from email.utils import formatdate
from typing import Any, Awaitable, Callable, ClassVar, Dict, List, Optional, Tuple
from urllib.parse import parse_qsl, unquote

from conformance.adapter import Adapter, Running, Saw


class ExampleAdapter(Adapter):
    name = "example"
    version = "1.0"
    homepage = ""

    # Where correct frameworks differ, the suite holds yours to what stands here; what does not
    # stand here has the default. docs/dialects.md has the options and their values.
    dialect: ClassVar[Dict[str, str]] = {
        "allow_lists": "nothing",
        "encoded_literal": "no",
        "failing_shutdown_hook": "ends_them",
        "head_of_get": "no",
        "precedence": "registration",
    }

    unsupported = frozenset(
        {
            "stream",
            "cookies",
            "reason",
            "body",
            "debug",
            "access_log",
            "drain_s",
            "head_s",
            "body_s",
            "idle_s",
        }
    )

    # -- Building and serving --------------------------------------------------------------------

    def build(self, app: Running) -> Tiny:
        """The application. `app.handler(route)` is what the route is to call."""
        tiny = Tiny()
        for route in app.routes:
            # Paths are written "/users/{name}": translate them when yours are written otherwise.
            tiny.route(route.method, route.path, app.handler(route))
        for middleware in app.middlewares:  # the first is the outermost
            # It wraps what is inside; when yours do not, see `app.parts`.
            tiny.middlewares.append(app.middleware(middleware))
        tiny.on_startup += [app.hook(hook, tiny) for hook in app.startup]
        tiny.on_shutdown += [app.hook(hook, tiny) for hook in app.shutdown]
        tiny.on_cleanup += [app.hook(hook, tiny) for hook in app.cleanup]
        return tiny

    async def serve(
        self, application: Tiny, app: Running, sock: socket.socket
    ) -> Callable[[], Awaitable[Any]]:
        """Serve on this socket, which is bound; return what stops it, shutdown hooks included."""
        await application.start(sock)
        return application.stop

    # With `run(self, application, app, host, port)`, your framework's own blocking entry point,
    # signals and exit statuses are checked as well.

    # -- Requests --------------------------------------------------------------------------------

    def saw(self, request: Request) -> Saw:
        """All that a handler sees, as your framework gives it: do not improve on it here."""
        return Saw(
            method=request.method,
            path=request.path,
            raw_path=request.raw_path,
            params=request.params,
            query=request.query,
            headers=request.headers,
        )

    async def read_body(self, request: Request) -> bytes:
        return request.body

    async def read_json(self, request: Request) -> Any:
        return request.json()

    # For `trueline bench` there are more, which have a default: `params(request)`,
    # `responder(status, content_type)` and `respond_json(request, document)`. Write them when your
    # users get at the same by shorter ways than `saw` and `respond`.

    # -- Responses -------------------------------------------------------------------------------

    def respond(
        self,
        request: Request,
        status: int,
        headers: List[Tuple[str, str]],
        body: Any,
        content_type: Optional[str],
        reason: Optional[str],
        cookies: List[Tuple[str, str]],
    ) -> Response:
        """A response, made as your users make theirs. `body` is text, bytes or None."""
        return Response(body, status, content_type, headers)

    def http_error(
        self,
        status: int,
        text: Optional[str],
        location: Optional[str],
        headers: List[Tuple[str, str]],
    ) -> BaseException:
        """The exception that your framework's users raise for a status."""
        if location is not None:
            headers = [("Location", location), *headers]
        return HttpError(status, text or "", headers)

    def set_header(self, response: Response, name: str, value: str) -> Response:
        response.set_header(name, value)
        return response

    # -- State that a startup hook keeps for handlers --------------------------------------------

    def store(self, application: Tiny, key: str, value: str) -> None:
        application.state[key] = value

    def load(self, request: Request, key: str) -> Optional[str]:
        return request.app.state.get(key)


# -- Tiny: a framework of one screen. Yours takes its place ---------------------------------------

MAX_HEAD_BYTES = 65536  # the limit of asyncio's streams
MAX_BODY_BYTES = 1024 * 1024


class HttpError(Exception):
    def __init__(
        self, status: int, text: str, headers: Optional[List[Tuple[str, str]]] = None
    ) -> None:
        super().__init__(text)
        self.response = Response(text, status, "text/plain", headers)


class Request:
    def __init__(
        self, app: Tiny, method: str, target: str, headers: List[Tuple[str, str]], body: bytes
    ) -> None:
        self.app = app
        self.method = method
        self.raw_path, _, query = target.partition("?")
        self.path = unquote(self.raw_path)
        self.query = parse_qsl(query, keep_blank_values=True)
        self.headers = headers
        self.body = body
        self.params: Dict[str, str] = {}

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise HttpError(400, "this is not JSON") from None


class Response:
    def __init__(
        self,
        body: Any = None,
        status: int = 200,
        content_type: Optional[str] = None,
        headers: Optional[List[Tuple[str, str]]] = None,
    ) -> None:
        self.status = status
        self.body = body.encode() if isinstance(body, str) else body or b""
        self.headers = list(headers or [])
        if content_type is not None or self.body:
            kind = (
                "text/plain; charset=utf-8" if isinstance(body, str) else "application/octet-stream"
            )
            self.headers.insert(0, ("Content-Type", content_type or kind))

    def set_header(self, name: str, value: str) -> None:
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))

    def encode(self, method: str) -> bytes:
        lines = ["HTTP/1.1 %d " % self.status, "Date: " + formatdate(usegmt=True)]
        lines += ["%s: %s" % pair for pair in self.headers]
        has_content = self.status not in (204, 304)
        if has_content:
            lines.append("Content-Length: %d" % len(self.body))
        if any(character in line for line in lines for character in "\r\n\0"):
            raise ValueError("a header holds what would end its line")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        return head + self.body if has_content and method != "HEAD" else head


Handler = Callable[[Request], Awaitable[Response]]
Middleware = Callable[[Request, Handler], Awaitable[Response]]


class Tiny:
    def __init__(self) -> None:
        self.routes: List[Tuple[str, Any, Handler]] = []
        self.middlewares: List[Middleware] = []
        self.on_startup: List[Callable[..., Awaitable[Any]]] = []
        self.on_shutdown: List[Callable[..., Awaitable[Any]]] = []
        self.on_cleanup: List[Callable[..., Awaitable[Any]]] = []
        self.state: Dict[str, str] = {}
        self._connections: Dict[Any, bool] = {}  # the task of each, and whether it is at work

    def route(self, method: str, path: str, handler: Handler) -> None:
        parts = re.split(r"{(\w+)}", path)
        pattern = "".join(
            "(?P<%s>[^/]+)" % part if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
        if any(method == known[0] and pattern == known[1].pattern for known in self.routes):
            raise ValueError("%s %s has a handler" % (method, path))
        self.routes.append((method, re.compile(pattern), handler))

    async def find(self, request: Request) -> Response:
        """The innermost handler: finds that of the route."""
        allowed = set()
        for method, pattern, handler in self.routes:
            match = pattern.fullmatch(request.raw_path)
            if match is not None and method == request.method:
                request.params = {name: unquote(value) for name, value in match.groupdict().items()}
                return await handler(request)
            if match is not None:
                allowed.add(method)
        if allowed:
            raise HttpError(405, "not allowed here", [("Allow", ", ".join(sorted(allowed)))])
        raise HttpError(404, "not found")

    async def answer(self, request: Request) -> bytes:
        handler: Handler = self.find
        for middleware in reversed(self.middlewares):
            handler = _inside(middleware, handler)
        try:
            return (await handler(request)).encode(request.method)
        except HttpError as exc:
            return exc.response.encode(request.method)
        except (Exception, SystemExit) as exc:  # no handler is to end the server
            print("error in a handler: %r" % exc)  # noqa: T201 - where a log would be
            return Response("something went wrong", 500, "text/plain").encode(request.method)

    # -- Serving ---------------------------------------------------------------------------------

    async def start(self, sock: socket.socket) -> None:
        for hook in self.on_startup:
            await hook(self)
        self._server = await asyncio.start_server(self._connection, sock=sock)

    async def stop(self) -> None:
        self._server.close()
        for hook in self.on_shutdown:
            await hook(self)
        for task, is_at_work in list(self._connections.items()):
            if not is_at_work:
                task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        for hook in self.on_cleanup:
            await hook(self)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        self._connections[task] = False
        try:
            while self._server.is_serving():
                try:
                    request = await self._read(reader, task)
                except HttpError as exc:
                    exc.response.headers.append(("Connection", "close"))
                    writer.write(exc.response.encode("GET"))
                    break
                writer.write(await self.answer(request))
                await writer.drain()
                self._connections[task] = False
                if ("connection", "close") in [(k.lower(), v.lower()) for k, v in request.headers]:
                    break
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass  # the client has gone, or the server is stopped
        finally:
            del self._connections[task]
            writer.close()

    async def _read(self, reader: asyncio.StreamReader, task: Any) -> Request:
        """The next request. Raises HttpError for one behind which nothing can be read."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise HttpError(431, "the head is too long") from None
        self._connections[task] = True
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        line = re.fullmatch(r"([!#$%&'*+.^_`|~\w-]+) (/\S*) HTTP/1\.1", first, re.ASCII)
        fields = [re.fullmatch(r"([!#$%&'*+.^_`|~\w-]+):(.*)", one, re.ASCII) for one in lines]
        if line is None or None in fields or re.search(r"[\r\n\0]", "".join(lines)):
            raise HttpError(400, "this is no request of HTTP/1.1")
        headers = [(one[1], one[2].strip(" \t")) for one in fields if one is not None]
        values: Dict[str, List[str]] = {}
        for name, value in headers:
            values.setdefault(name.lower(), []).append(value)
        if len(values.get("host", [])) != 1:
            raise HttpError(400, "one Host, please")
        if "transfer-encoding" in values:
            raise HttpError(501, "bodies come with their length here")
        [length, *more] = values.get("content-length", ["0"])
        if more or not re.fullmatch("[0-9]{1,18}", length):
            raise HttpError(400, "the length makes no sense")
        if int(length) > MAX_BODY_BYTES:
            raise HttpError(413, "the body is too long")
        body = await reader.readexactly(int(length))
        return Request(self, line[1], line[2], headers, body)


def _inside(middleware: Middleware, handler: Handler) -> Handler:
    return lambda request: middleware(request, handler)


if __name__ == "__main__":
    ExampleAdapter().main()
