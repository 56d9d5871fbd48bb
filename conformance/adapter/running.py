"""One application while it is built and serves: what its handlers, middlewares and hooks do.

Owns what is told of that: events, gates, echoes. What is done without telling is in `actions` and
`quiet`; the framework is reached through the adapter's methods alone.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from . import quiet
from .actions import Action, answering, handling, streaming
from .channel import Channel
from .gate import Gate

if TYPE_CHECKING:
    from .base import Adapter, Saw

READY = "trueline-ready"
"""The id of the request that asks whether the server answers; it is nobody's event."""


class Running:
    """An AppSpec on its way to an application, and then at work.

    routes, middlewares      with attributes `id`, `method`, `path`, and `id`
    startup, shutdown, cleanup   hooks, with attribute `id`
    debug, access_log        on or off
    quiet                    handlers and middlewares tell nothing, and cost as little as can be
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
        self.middlewares = [
            SimpleNamespace(**{"before": [], "after": [], **one})
            for one in spec.get("middlewares", ())
        ]
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
        self.quiet = bool(spec.get("quiet", False))
        self.folder = folder
        self._adapter = adapter
        self._channel = channel
        self._nonce = nonce
        self._gates: dict[str, Gate] = {}

    # -- What an adapter plugs into its framework ------------------------------------------------

    def handler(self, route: SimpleNamespace) -> Callable[..., Awaitable[Any]]:
        """The handler of a route: `async def handler(request, **anything)`."""
        if self.quiet and not quiet.waits(route.do):
            return self._quiet_handler(route)

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

    def _quiet_handler(self, route: SimpleNamespace) -> Callable[..., Awaitable[Any]]:
        if not quiet.echoes(route.do):
            return handling(self._adapter, route.do)

        async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
            return await self._handle(route, route.do, request, self._adapter.saw(request), {})

        return handler

    def middleware(self, middleware: SimpleNamespace) -> Callable[..., Awaitable[Any]]:
        """A middleware that wraps: `async def run(request, handler)`, where `handler(request)`
        gives the response from inside."""
        if self._is_quiet(middleware):
            return quiet.wrapping(self._adapter, middleware)

        async def run(request: Any, handler: Callable[[Any], Awaitable[Any]]) -> Any:
            return await self.around(middleware, request, lambda: handler(request))

        return run

    def parts(
        self, middleware: SimpleNamespace
    ) -> tuple[Callable[..., Awaitable[Any]] | None, Callable[..., Awaitable[Any]] | None]:
        """A middleware that does not wrap: `async def before(request)`, which gives a response
        instead, or None, and `async def after(request, response)`, which gives the response to
        send. None for the part that has nothing to do, which is never so for both."""
        if self._is_quiet(middleware):
            return quiet.parts(self._adapter, middleware)

        async def before(request: Any) -> Any:
            return await self.before(middleware, request)

        async def after(request: Any, response: Any) -> Any:
            return await self.after(middleware, request, response)

        return before, after

    async def around(
        self, middleware: SimpleNamespace, request: Any, inside: Callable[[], Awaitable[Any]]
    ) -> Any:
        """What a middleware does around `inside`, which gives the response from there.

        For frameworks whose middlewares are not called as those of `middleware` are.
        """
        if self._is_quiet(middleware):
            return await quiet.wrapping(self._adapter, middleware)(request, lambda _: inside())
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
        if self._is_quiet(middleware):
            part, _ = quiet.parts(self._adapter, middleware)
            return None if part is None else await part(request)
        saw = self._adapter.saw(request)
        if saw.request_id == READY:
            return None
        self.event("enter", middleware.id, saw.request_id)
        return await self._before(middleware, request, saw)

    async def after(self, middleware: SimpleNamespace, request: Any, response: Any) -> Any:
        """The part behind the handler: the response to send."""
        if self._is_quiet(middleware):
            _, part = quiet.parts(self._adapter, middleware)
            return response if part is None else await part(request, response)
        saw = self._adapter.saw(request)
        if saw.request_id == READY:
            return response
        response = await self._after(middleware, request, saw, response)
        self.event("leave", middleware.id, saw.request_id)
        return response

    def _is_quiet(self, middleware: SimpleNamespace) -> bool:
        """What waits at a gate has to tell that it does."""
        actions = (*middleware.before, *middleware.after)
        return self.quiet and not any(quiet.waits(one) for one in actions)

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
        if name == "stream" and "gate" in given:
            pieces = self._with_a_gate(given, route.id, saw.request_id)
            return await adapter.stream(request, pieces, given["content_type"])
        return await handling(adapter, action)(request)

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
                    return answering(self._adapter, action)(request)
            raise
        return await self._after(middleware, request, saw, response)

    async def _before(self, middleware: SimpleNamespace, request: Any, saw: Saw) -> Any:
        for action in middleware.before:
            [(name, given)] = action.items()
            if name == "wait":
                await self._wait(given["gate"], middleware.id, saw.request_id)
            else:
                return answering(self._adapter, action)(request)
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
                response = answering(self._adapter, action)(request)
        return response

    async def _hook(self, hook: SimpleNamespace, action: Action, application: Any) -> None:
        [(name, given)] = action.items()
        if name == "store":
            self._adapter.store(application, given["key"], given["value"])
        elif name == "wait":
            await self._wait(given["gate"], hook.id, None)
        else:
            answering(self._adapter, action)(None)

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

    async def _with_a_gate(
        self, given: dict[str, Any], who: str, request: str | None
    ) -> AsyncIterator[bytes]:
        """The pieces of a stream, which waits behind the first."""
        has_waited = False
        async for piece in streaming(given)():
            yield piece
            if not has_waited:
                has_waited = True
                await self._wait(given["gate"], who, request)

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
