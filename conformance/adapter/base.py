"""`Adapter`: what an adapter fills in, and the loop that serves it to the harness.

Owns the process: replies, many applications in one event loop, or one in the foreground.
"""

from __future__ import annotations

import asyncio
import errno
import json
import os
import platform
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator
from typing import (
    Any,
    Awaitable,
    Callable,
    ClassVar,
    Dict,
    Iterator,
    List,
    Mapping,
    Sequence,
    Tuple,
)

from .channel import Channel, Message
from .loops import described, loop_of_command_line, use_loop
from .running import READY, Running

PROTOCOL = 1
_READY_WITHIN_S = 10.0
_QUIET_READY_WITHIN_S = 120.0  # one that is measured may have ten thousand routes to sort
_POLL_S = 0.01

Pairs = List[Tuple[str, str]]
Stop = Callable[[], Awaitable[Any]]


class Unsupported(Exception):
    """The framework has no way to express this; the checks that need it do not apply."""


class Saw:
    """What a handler sees of a request, as the framework gives it."""

    def __init__(
        self,
        method: str,
        path: str,
        raw_path: str | None,
        params: dict[str, str],
        query: Pairs,
        headers: Pairs,
    ) -> None:
        self.method = method
        self.path = path
        self.raw_path = raw_path
        self.params = params
        self.query = query
        self.headers = headers

    @property
    def request_id(self) -> str | None:
        for name, value in self.headers:
            if name.lower() == "x-request-id":
                return value
        return None


class Adapter:
    """Fill in the attributes and the methods that raise NotImplementedError.

    dialect       what of docs/dialects.md the framework does other than by default
    unsupported   names of actions that the framework has no way to express
    loop          "asyncio" or "uvloop": what `main` was told to serve on. Loops that are made anew
                  are such ones; what a framework chooses by itself, `run` must have it choose
    """

    name = "unnamed"
    version = ""
    homepage = ""
    dialect: ClassVar[Dict[str, str]] = {}
    unsupported: frozenset[str] = frozenset()
    loop = "asyncio"

    # -- To fill in: building and serving --------------------------------------------------------

    def build(self, app: Running) -> Any:
        """An application of the framework, with the routes, middlewares and hooks of `app`.

        Raise Unsupported for what it cannot have. What else the framework raises is taken for its
        refusal of the application.
        """
        raise NotImplementedError

    async def serve(self, application: Any, app: Running, sock: socket.socket) -> Stop:
        """Start serving on `sock`, which is bound and does not listen yet; return what stops it
        gracefully, hooks included."""
        raise NotImplementedError

    def run(self, application: Any, app: Running, host: str, port: int) -> None:
        """Serve with the framework's own blocking entry point, signals included, to its end."""
        raise Unsupported("foreground")

    # -- To fill in: requests and responses ------------------------------------------------------

    def saw(self, request: Any) -> Saw:
        raise NotImplementedError

    def params(self, request: Any) -> Mapping[str, str]:
        """The params of the path. What they cost is measured: no more than users would do."""
        return self.saw(request).params

    def respond(
        self,
        request: Any,
        status: int,
        headers: Pairs,
        body: Any,
        content_type: str | None,
        reason: str | None,
        cookies: Pairs,
    ) -> Any:
        """A response; `body` is text, bytes or None."""
        raise NotImplementedError

    def responder(self, status: int, content_type: str | None) -> Callable[[Any, Any], Any]:
        """`make(request, body)`: a response that needs no more than that, as users write it who
        need no more. What it costs is measured."""
        respond = self.respond
        return lambda request, body: respond(request, status, [], body, content_type, None, [])

    def respond_json(self, request: Any, document: Any) -> Any:
        """A response with a JSON document, by the framework's own means if it has any."""
        return self.respond(request, 200, [], json.dumps(document), "application/json", None, [])

    def http_error(
        self, status: int, text: str | None, location: str | None, headers: Pairs
    ) -> BaseException:
        """The framework's exception for a status."""
        raise Unsupported("raise_http")

    async def stream(self, request: Any, pieces: AsyncIterator[bytes], content_type: str) -> Any:
        """A response that streams `pieces`, or whatever a handler returns that has done so."""
        raise Unsupported("stream")

    def set_header(self, response: Any, name: str, value: str) -> Any:
        """The response with this header set."""
        raise Unsupported("set_header")

    async def read_body(self, request: Any) -> bytes:
        raise Unsupported("read_body")

    def read_pieces(self, request: Any) -> AsyncIterator[bytes]:
        raise Unsupported("read_body in pieces")

    async def read_json(self, request: Any) -> Any:
        """The document that the body is, as the framework parses it."""
        raise Unsupported("read_body as JSON")

    async def read_form(self, request: Any) -> Sequence[Tuple[Any, ...]]:
        """The fields of a form in their order: name and text, or name, bytes and file name."""
        raise Unsupported("read_body as a form")

    def read_cookies(self, request: Any) -> Pairs:
        """The cookies of the request, as the framework parses them."""
        raise Unsupported("read_cookies")

    def serve_folder(self, application: Any, prefix: str, folder: str) -> None:
        """Serve a folder under a prefix, by the framework's own means."""
        raise Unsupported("files")

    def store(self, application: Any, key: str, value: str) -> None:
        """Keep something in the application's state."""
        raise Unsupported("state")

    def load(self, request: Any, key: str) -> str | None:
        """What was stored, as a handler gets at it."""
        raise Unsupported("state")

    # -- The process -----------------------------------------------------------------------------

    def main(self, loop: str | None = None) -> None:
        """Speak with the harness until it says `quit` or is gone.

        `loop` is one of `conformance.adapter.loops.LOOPS`; by default what the command line has
        behind `--loop`, whose other arguments are left to the adapter.
        """
        self.loop = loop_of_command_line() if loop is None else loop
        use_loop(self.loop)
        self.session(Channel.from_standard_streams()).run()

    def session(self, channel: Channel) -> Session:
        return Session(self, channel)


class Session:
    """One conversation with the harness."""

    def __init__(self, adapter: Adapter, channel: Channel) -> None:
        self.adapter = adapter
        self.channel = channel
        self.nonce = ""
        self._messages = channel.messages()
        self._apps: dict[str, Running] = {}
        self._stops: dict[str, Stop] = {}

    def run(self) -> None:
        for message in self._messages:
            op = message.get("op")
            if op == "hello":
                self.hello(message)
            elif op == "start" and message.get("run") == "foreground":
                self.run_in_foreground(message)
                return
            elif op == "quit":
                self.channel.send({"re": "quit"})
                return
            else:
                asyncio.run(self._serve(message))
                return

    def hello(self, message: Message) -> None:
        adapter = self.adapter
        self.nonce = message.get("nonce", "")
        self.channel.send(
            {
                "re": "hello",
                "protocol": PROTOCOL,
                "name": adapter.name,
                "version": adapter.version,
                "language": "Python",
                "runtime": "%s %s%s"
                % (
                    platform.python_implementation(),
                    platform.python_version(),
                    described(adapter.loop),
                ),
                "homepage": adapter.homepage,
                "capabilities": self._capabilities(),
                "dialect": adapter.dialect,
            }
        )

    def _capabilities(self) -> list[str]:
        has_entry_point = type(self.adapter).run is not Adapter.run
        return ["foreground"] if has_entry_point else []

    # -- Many applications in one event loop -----------------------------------------------------

    async def _serve(self, first: Message) -> None:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Message | None] = asyncio.Queue()

        def read() -> None:
            for message in self._messages:
                loop.call_soon_threadsafe(queue.put_nowait, message)
            loop.call_soon_threadsafe(queue.put_nowait, None)

        threading.Thread(target=read, daemon=True).start()
        tasks = set()
        message: Message | None = first
        while message is not None and message.get("op") != "quit":
            op = message.get("op")
            if op in ("start", "stop"):
                work = self._start(message) if op == "start" else self._stop(message)
                task = asyncio.ensure_future(work)
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            else:
                self.answer(message)
            message = await queue.get()
        if message is not None:
            self.channel.send({"re": "quit"})
        sys.stderr.flush()
        os._exit(0)  # whatever the framework has left running is not waited for

    def answer(self, message: Message) -> None:
        """The operations that are done at once."""
        op, id = message.get("op"), message.get("id")
        self.channel.send({"re": op, "id": id})  # first: an open gate may be the process's end
        if op == "release" and id in self._apps:
            self._apps[id].open(message["gate"])

    def make(self, message: Message) -> tuple[Running, Any]:
        """The running app and the framework's application. Raises Unsupported."""
        spec = message["app"]
        for name in sorted(_actions(spec)):
            method = _METHODS.get(name)
            if name in self.adapter.unsupported or (
                method is not None
                and getattr(type(self.adapter), method) is getattr(Adapter, method)
            ):
                raise Unsupported(name)
        for given in _http_errors(spec):
            try:
                headers = [(name, value) for name, value in given.get("headers", ())]
                self.adapter.http_error(given["status"], None, given.get("location"), headers)
            except Unsupported:
                raise
            except Exception:
                pass  # what the framework says of it is seen when the handler raises it
        app = Running(
            self.adapter, self.channel, self.nonce, message["id"], spec, message.get("folder")
        )
        application = self.adapter.build(app)
        if app.folder is not None:
            self.adapter.serve_folder(application, "/files", app.folder)
        self._apps[app.id] = app
        return app, application

    async def _start(self, message: Message) -> None:
        id = message["id"]
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(("127.0.0.1", 0))
        host, port = sock.getsockname()
        try:
            app, application = self.make(message)
            self._stops[id] = await self.adapter.serve(application, app, sock)
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, wait_until_it_answers, host, port, patience(app))
        except BaseException as exc:  # SystemExit too: that is how one framework refuses
            sock.close()
            self.refuse(message, exc)
        else:
            self.channel.send({"re": "start", "id": id, "host": host, "port": port})

    def refuse(self, message: Message, exc: BaseException) -> None:
        traceback.print_exception(type(exc), exc, exc.__traceback__)
        sys.stderr.flush()
        if isinstance(exc, Unsupported):
            error = {"kind": "unsupported", "what": str(exc)}
        elif isinstance(exc, OSError) and exc.errno in (errno.EADDRINUSE, errno.EADDRNOTAVAIL):
            # The machine's doing, and not the framework's opinion of the application.
            error = {"kind": "failed", "message": str(exc)}
        else:
            error = {"kind": "rejected", "message": "%s: %s" % (type(exc).__name__, exc)}
        self.channel.send({"re": "start", "id": message["id"], "error": error})

    async def _stop(self, message: Message) -> None:
        id = message["id"]
        reply: dict[str, Any] = {"re": "stop", "id": id}
        stop = self._stops.pop(id, None)
        try:
            if stop is not None:
                await stop()
        except (Exception, asyncio.CancelledError) as exc:  # that of a hook: nobody cancels this
            traceback.print_exc()
            reply["error"] = {"kind": "failed", "message": "%s: %s" % (type(exc).__name__, exc)}
        self.channel.send(reply)

    # -- One application in the foreground -------------------------------------------------------

    def run_in_foreground(self, message: Message) -> None:
        """Runs the framework's entry point in this thread; its end is the end of the process."""
        try:
            app, application = self.make(message)
        except BaseException as exc:
            self.refuse(message, exc)
            return
        host, port = "127.0.0.1", free_port()

        def serve_the_harness() -> None:
            for request in self._messages:
                if request.get("op") == "stop":
                    os.kill(os.getpid(), signal.SIGTERM)
                elif request.get("op") == "quit":
                    break
                else:
                    self.answer(request)
            os._exit(0)

        def report() -> None:
            reply: Message = {"re": "start", "id": app.id}
            try:
                wait_until_it_answers(host, port, patience(app))
            except TimeoutError as exc:  # it neither serves nor ends, which is an observation, too
                reply["error"] = {"kind": "rejected", "message": str(exc)}
            else:
                reply.update(host=host, port=port)
            self.channel.send(reply)

        for work in (serve_the_harness, report):
            threading.Thread(target=work, daemon=True).start()
        self.adapter.run(application, app, host, port)


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def patience(app: Running) -> float:
    """How many seconds an application may take until it answers."""
    return _QUIET_READY_WITHIN_S if app.quiet else _READY_WITHIN_S


def wait_until_it_answers(host: str, port: int, within_s: float = _READY_WITHIN_S) -> None:
    """Until a request gets some answer: a listening socket is none yet. Raises TimeoutError.

    The request does not ask to close the connection: a framework with one parser for all of them
    would take no other request behind that, and every check would fail for one reason.
    """
    deadline_s = time.monotonic() + within_s
    request = (
        "GET /-/ready HTTP/1.1\r\nHost: %s:%d\r\nX-Request-Id: %s\r\n\r\n" % (host, port, READY)
    ).encode()
    while time.monotonic() < deadline_s:
        try:
            with socket.create_connection((host, port), timeout=within_s) as connection:
                connection.sendall(request)
                if connection.recv(65536):
                    return
        except OSError:
            pass  # it does not listen yet
        time.sleep(_POLL_S)
    raise TimeoutError("no answer on port %d within %d seconds" % (port, within_s))


# The method that an adapter fills in to be able to do what an action asks for.
_METHODS = {
    "raise_http": "http_error",
    "files": "serve_folder",
    "read_body": "read_body",
    "read_body as pieces": "read_pieces",
    "read_body as json": "read_json",
    "read_body as form": "read_form",
    "read_cookies": "read_cookies",
    "set_header": "set_header",
    "state": "load",
    "store": "store",
    "stream": "stream",
}


def _http_errors(value: Any) -> Iterator[Dict[str, Any]]:
    """The arguments of every `raise_http`, wherever it stands."""
    if isinstance(value, dict):
        for name, given in value.items():
            if name == "raise_http":
                yield given
            else:
                yield from _http_errors(given)
    elif isinstance(value, list):
        for one in value:
            yield from _http_errors(one)


def _actions(value: Any) -> set[str]:
    """The names of all actions in an AppSpec, wherever they stand."""
    names = set()
    for route in value.get("routes", ()):
        names |= _names(route["do"])
    for middleware in value.get("middlewares", ()):
        names.add("middlewares")
        for action in middleware.get("before", []) + middleware.get("after", []):
            names |= _names(action)
    for phase, hooks in value.get("hooks", {}).items():
        for hook in hooks:
            names.add(phase + " hooks")
            names |= _names(hook.get("do", {}))
    names |= set(value.get("limits", {}))
    names |= {name for name in ("debug", "access_log", "files") if value.get(name)}
    return names


def _names(action: dict[str, Any]) -> set[str]:
    names = set(action)
    if "json" in action:
        names.add("read_body as json")
    if "mirror" in action:
        names.add("read_body")
    for given in action.values():
        if isinstance(given, dict):
            names |= _names(given.get("then", {}))
            if given.get("cookies"):
                names.add("cookies")
            if given.get("reason"):
                names.add("reason")
            if given.get("kind", "error") != "error":
                names.add("crash of kind " + given["kind"])
            if given.get("how") not in (None, "whole", "none"):
                names.add("read_body as " + given["how"])
    return names
