"""One application while it is built and serves: what its handlers, middlewares and hooks do.

Owns the interpretation of actions; the framework is reached through the adapter's methods alone.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Dict

from .channel import Channel

if TYPE_CHECKING:
    from .base import Adapter, Saw

READY = "trueline-ready"
"""The id of the request that asks whether the server answers; it is nobody's event."""

Action = Dict[str, Any]


class Gate:
    """Closed until it is opened, from any thread; waited for in any event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_open = False
        self._waiters: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []

    def open(self) -> None:
        with self._lock:
            self._is_open = True
            waiters, self._waiters = self._waiters, []
        for loop, future in waiters:
            loop.call_soon_threadsafe(_wake, future)

    async def wait(self) -> None:
        loop = asyncio.get_running_loop()
        with self._lock:
            if self._is_open:
                return
            future: asyncio.Future[None] = loop.create_future()
            self._waiters.append((loop, future))
        await future


def _wake(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


class Running:
    """An AppSpec on its way to an application, and then at work.

    routes, middlewares      with attributes `id`, `method`, `path`, and `id`
    startup, shutdown, cleanup   hooks, with attribute `id`
    debug, access_log        on or off
    body_limit, drain_s, head_s, body_s, idle_s   None where the framework's default is wanted
    folder                   to be served under /files by the framework's own means, or None
    """

    def __init__(
        self,
        adapter: Adapter,
        channel: Channel,
        nonce: str,
        id: str,
        spec: dict[str, Any],
        folder: str | None = None,
    ) -> None:
        self.id = id
        self.routes = [SimpleNamespace(**one) for one in spec.get("routes", ())]
        self.middlewares = [SimpleNamespace(**one) for one in spec.get("middlewares", ())]
        hooks = spec.get("hooks", {})
        self.startup, self.shutdown, self.cleanup = (
            [SimpleNamespace(**one) for one in hooks.get(phase, ())]
            for phase in ("startup", "shutdown", "cleanup")
        )
        self.debug = bool(spec.get("debug", False))
        limits = spec.get("limits", {})
        self.body_limit: int | None = limits.get("body")
        self.drain_s: float | None = limits.get("drain_s")
        self.head_s: float | None = limits.get("head_s")
        self.body_s: float | None = limits.get("body_s")
        self.idle_s: float | None = limits.get("idle_s")
        self.access_log = bool(spec.get("access_log", False))
        self.folder = folder
        self._adapter = adapter
        self._channel = channel
        self._nonce = nonce
        self._gates: dict[str, Gate] = {}

    # -- What an adapter plugs into its framework ------------------------------------------------

    def handler(self, route: SimpleNamespace) -> Callable[..., Awaitable[Any]]:
        """The handler of a route: `async def handler(request, **anything)`."""

        async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
            saw = self._adapter.saw(request)
            id = saw.request_id
            if id == READY:
                return self._adapter.respond(request, 200, [], b"ready", "text/plain", None, [])
            self.event("enter", route.id, id)
            try:
                result = await self._handle(route, route.do, request, saw, {})
            except asyncio.CancelledError:
                self.event("cancelled", route.id, id)
                raise
            except BaseException as exc:
                self.event("raise", route.id, id, exception=type(exc).__name__)
                raise
            self.event("leave", route.id, id)
            return result

        return handler

    async def around(
        self, middleware: SimpleNamespace, request: Any, inside: Callable[[], Awaitable[Any]]
    ) -> Any:
        """What a middleware does around `inside`, which gives the response from there."""
        saw = self._adapter.saw(request)
        if saw.request_id == READY:
            return await inside()
        self.event("enter", middleware.id, saw.request_id)
        try:
            response = await self._around(middleware, request, saw, inside)
        except asyncio.CancelledError:
            self.event("cancelled", middleware.id, saw.request_id)
            raise
        except BaseException as exc:
            self.event("raise", middleware.id, saw.request_id, exception=type(exc).__name__)
            raise
        self.event("leave", middleware.id, saw.request_id)
        return response

    def hook(self, hook: SimpleNamespace, application: Any) -> Callable[..., Awaitable[None]]:
        """A lifecycle hook of `application`: `async def hook(*anything)`."""

        async def run(*args: Any, **kwargs: Any) -> None:
            self.event("enter", hook.id, None)
            await asyncio.sleep(0)  # hooks that run at the same time show that they do
            try:
                action = getattr(hook, "do", None)
                if action is not None:
                    await self._hook(hook, action, application)
            except BaseException as exc:
                self.event("raise", hook.id, None, exception=type(exc).__name__)
                raise
            self.event("leave", hook.id, None)

        return run

    # -- For adapters whose framework has no middlewares that wrap -------------------------------

    async def before(self, middleware: SimpleNamespace, request: Any) -> Any:
        """The part of a middleware in front of the handler: a response instead, or None."""
        saw = self._adapter.saw(request)
        if saw.request_id == READY:
            return None
        self.event("enter", middleware.id, saw.request_id)
        return await self._before(middleware, request, saw)

    async def after(self, middleware: SimpleNamespace, request: Any, response: Any) -> Any:
        """The part behind the handler: the response to send."""
        saw = self._adapter.saw(request)
        if saw.request_id == READY:
            return response
        response = await self._after(middleware, request, saw, response)
        self.event("leave", middleware.id, saw.request_id)
        return response

    # -- Events and gates ------------------------------------------------------------------------

    def event(self, kind: str, who: str, request: str | None, **data: Any) -> None:
        message: dict[str, Any] = {"event": kind, "app": self.id, "who": who, "request": request}
        if data:
            message["data"] = data
        self._channel.send(message)

    def open(self, gate: str) -> None:
        self._gate(gate).open()

    def _gate(self, name: str) -> Gate:
        return self._gates.setdefault(name, Gate())

    async def _wait(self, gate: str, who: str, request: str | None) -> None:
        waiting = self._gate(gate).wait()
        self.event("wait", who, request, gate=gate)
        await waiting

    # -- Actions ---------------------------------------------------------------------------------

    async def _handle(
        self,
        route: SimpleNamespace,
        action: Action,
        request: Any,
        saw: Saw,
        read: Action,
    ) -> Any:
        [(name, given)] = action.items()
        adapter = self._adapter
        if name == "echo":
            return adapter.respond(
                request, 200, [], self._echo(route, saw, read), "application/json", None, []
            )
        if name == "wait":
            await self._wait(given["gate"], route.id, saw.request_id)
            return await self._handle(route, given["then"], request, saw, read)
        if name == "read_body":
            member = {given["how"]: await self._read_body(given["how"], request)}
            return await self._handle(route, given["then"], request, saw, {**read, **member})
        if name == "read_cookies":
            read = {**read, "cookies": [list(pair) for pair in adapter.read_cookies(request)]}
            return await self._handle(route, given["then"], request, saw, read)
        if name == "stream":
            pieces = self._pieces(given, route.id, saw.request_id)
            return await adapter.stream(request, pieces, given["content_type"])
        if name == "state":
            stored = adapter.load(request, given["key"])
            text = "" if stored is None else str(stored)
            return adapter.respond(request, 200, [], text, "text/plain", None, [])
        if name == "return_value":
            return given["value"]
        return self._respond_or_raise(name, given, request)

    def _respond_or_raise(self, name: str, given: dict[str, Any], request: Any) -> Any:
        if name in ("respond", "short_circuit", "replace_response", "catch"):
            body = given.get("text")
            if "base64" in given:
                body = base64.b64decode(given["base64"])
            return self._adapter.respond(
                request,
                given.get("status", 200),
                [(key, value) for key, value in given.get("headers", ())],
                body,
                given.get("content_type"),
                given.get("reason"),
                [(key, value) for key, value in given.get("cookies", ())],
            )
        if name == "raise_http":
            headers = [(key, value) for key, value in given.get("headers", ())]
            raise self._adapter.http_error(
                given["status"], given.get("text"), given.get("location"), headers
            )
        if name == "crash":
            _crash(given["message"], given.get("kind", "error"))
        raise ValueError("no such action here: " + name)

    async def _around(
        self,
        middleware: SimpleNamespace,
        request: Any,
        saw: Saw,
        inside: Callable[[], Awaitable[Any]],
    ) -> Any:
        instead = await self._before(middleware, request, saw)
        if instead is not None:
            return instead
        try:
            response = await inside()
        except Exception as exc:
            for action in middleware.after:
                if "catch" in action:
                    name = type(exc).__name__
                    self.event("caught", middleware.id, saw.request_id, exception=name)
                    return self._respond_or_raise("catch", action["catch"], request)
            raise
        return await self._after(middleware, request, saw, response)

    async def _before(self, middleware: SimpleNamespace, request: Any, saw: Saw) -> Any:
        for action in middleware.before:
            [(name, given)] = action.items()
            if name == "wait":
                await self._wait(given["gate"], middleware.id, saw.request_id)
            else:
                return self._respond_or_raise(name, given, request)
        return None

    async def _after(
        self, middleware: SimpleNamespace, request: Any, saw: Saw, response: Any
    ) -> Any:
        for action in middleware.after:
            [(name, given)] = action.items()
            if name == "set_header":
                response = self._adapter.set_header(response, given["name"], given["value"])
            elif name == "wait":
                await self._wait(given["gate"], middleware.id, saw.request_id)
            elif name != "catch":
                response = self._respond_or_raise(name, given, request)
        return response

    async def _hook(self, hook: SimpleNamespace, action: Action, application: Any) -> None:
        [(name, given)] = action.items()
        if name == "store":
            self._adapter.store(application, given["key"], given["value"])
        elif name == "wait":
            await self._wait(given["gate"], hook.id, None)
        else:
            self._respond_or_raise(name, given, None)

    async def _read_body(self, how: str, request: Any) -> Any:
        adapter = self._adapter
        if how == "whole":
            return _digest(await adapter.read_body(request))
        if how == "pieces":
            return _digest(b"".join([piece async for piece in adapter.read_pieces(request)]))
        if how == "json":
            await adapter.read_json(request)
        elif how == "form":
            return [_form_field(*field) for field in await adapter.read_form(request) or ()]
        return None

    async def _pieces(
        self, given: dict[str, Any], who: str, request: str | None
    ) -> AsyncIterator[bytes]:
        crash_after, gate = given.get("crash_after"), given.get("gate")
        chunks = given["chunks"] * given.get("times", 1)
        for number, chunk in enumerate(chunks):
            if number == crash_after:
                raise RuntimeError("the stream crashed on purpose")
            yield chunk.encode()
            if number == 0 and gate is not None:
                await self._wait(gate, who, request)
        if crash_after == len(chunks):
            raise RuntimeError("the stream crashed on purpose")

    def _echo(self, route: SimpleNamespace, saw: Saw, read: Action) -> bytes:
        said = {
            "nonce": self._nonce,
            "route": route.id,
            "method": saw.method,
            "path": saw.path,
            "raw_path": saw.raw_path,
            "params": saw.params,
            "query": [[name, value] for name, value in saw.query],
            "headers": [[name, value] for name, value in saw.headers],
            "body": read.get("whole") or read.get("pieces"),
            "form": read.get("form"),
            "cookies": read.get("cookies"),
        }
        return json.dumps(said).encode("ascii")


def _digest(data: bytes) -> dict[str, Any]:
    return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _form_field(name: str, value: Any, filename: str | None = None) -> list[Any]:
    """A field with its text, or a file with its name and digest."""
    if isinstance(value, bytes):
        return [name, {"filename": filename, **_digest(value)}]
    return [name, value]


class _Unprintable(Exception):
    """An exception of an application whose own message fails."""

    def __str__(self) -> str:
        raise RuntimeError("an exception that cannot be printed")

    __repr__ = __str__


def _crash(message: str, kind: str) -> None:
    if kind == "base":
        raise SystemExit(message)
    if kind == "cancelled":
        raise asyncio.CancelledError(message)
    if kind == "timeout":
        raise asyncio.TimeoutError(message)
    if kind == "unprintable":
        raise _Unprintable(message)
    if kind == "caused":
        try:
            raise RuntimeError(message)
        except RuntimeError as cause:
            raise LookupError("the effect of something else") from cause
    raise RuntimeError(message)
