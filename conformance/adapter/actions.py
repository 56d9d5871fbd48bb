"""The actions that need nothing but a request: prepared once, done at each request.

Owns what handlers and middlewares do where nothing is told of it. The framework is reached through
the adapter's methods alone.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Dict

if TYPE_CHECKING:
    from .base import Adapter

Action = Dict[str, Any]
Do = Callable[[Any], Any]
Handler = Callable[..., Awaitable[Any]]

WITH_RESPONSE = ("respond", "short_circuit", "replace_response", "catch")


def answering(adapter: Adapter, action: Action) -> Do:
    """`do(request)`, which gives a response or raises. Raises ValueError for other actions."""
    [(name, given)] = action.items()
    if name in WITH_RESPONSE:
        return _responding(adapter, given)
    if name == "raise_http":
        return _raising(adapter, given)
    if name == "crash":
        message, kind = given["message"], given.get("kind", "error")
        return lambda request: crash(message, kind)
    raise ValueError("no such action here: " + name)


def handling(adapter: Adapter, action: Action) -> Handler:
    """`async def handler(request, **anything)`. Raises ValueError for what a handler has not."""
    [(name, given)] = action.items()
    if name in _HANDLERS:
        return _HANDLERS[name](adapter, given)
    do = answering(adapter, action)

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return do(request)

    return handler


# -- Responses and exceptions --------------------------------------------------------------------


def _responding(adapter: Adapter, given: dict[str, Any]) -> Do:
    make, body = _maker(adapter, given), _body(given)
    return lambda request: make(request, body)


def _maker(adapter: Adapter, given: dict[str, Any]) -> Callable[[Any, Any], Any]:
    """`make(request, body)`."""
    status, content_type = given.get("status", 200), given.get("content_type")
    headers, cookies = _pairs(given, "headers"), _pairs(given, "cookies")
    reason, respond = given.get("reason"), adapter.respond
    if not headers and not cookies and reason is None:
        return adapter.responder(status, content_type)

    def make(request: Any, body: Any) -> Any:
        # The lists are new ones, for adapters that keep what they are given.
        return respond(request, status, [*headers], body, content_type, reason, [*cookies])

    return make


def _body(given: dict[str, Any]) -> Any:
    return base64.b64decode(given["base64"]) if "base64" in given else given.get("text")


def _raising(adapter: Adapter, given: dict[str, Any]) -> Do:
    status, text, location = given["status"], given.get("text"), given.get("location")
    headers = _pairs(given, "headers")
    http_error = adapter.http_error

    def do(request: Any) -> Any:
        raise http_error(status, text, location, [*headers])

    return do


def _pairs(given: dict[str, Any], name: str) -> list[tuple[str, str]]:
    return [(key, value) for key, value in given.get(name, ())]


# -- What handlers alone do ----------------------------------------------------------------------


def _respond(adapter: Adapter, given: dict[str, Any]) -> Handler:
    """As `answering` has it, with one call less: it is what servers are measured with."""
    make, body = _maker(adapter, given), _body(given)

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return make(request, body)

    return handler


def _state(adapter: Adapter, given: dict[str, Any]) -> Handler:
    key, make = given["key"], adapter.responder(200, "text/plain")

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        stored = adapter.load(request, key)
        return make(request, "" if stored is None else str(stored))

    return handler


def _params(adapter: Adapter, given: dict[str, Any]) -> Handler:
    names, params_of = given["names"], adapter.params
    make = adapter.responder(200, "text/plain")

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        params = params_of(request)
        return make(request, "/".join([params[name] for name in names]))

    return handler


def _mirror(adapter: Adapter, given: dict[str, Any]) -> Handler:
    read, make = adapter.read_body, adapter.responder(200, "application/octet-stream")

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return make(request, await read(request))

    return handler


def _json(adapter: Adapter, given: dict[str, Any]) -> Handler:
    read, respond = adapter.read_json, adapter.respond_json

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return respond(request, await read(request))

    return handler


def _return_value(adapter: Adapter, given: dict[str, Any]) -> Handler:
    value = given["value"]

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return value

    return handler


def _stream(adapter: Adapter, given: dict[str, Any]) -> Handler:
    """Without a gate."""
    pieces = streaming(given)
    content_type, stream = given["content_type"], adapter.stream

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        return await stream(request, pieces(), content_type)

    return handler


def streaming(given: dict[str, Any]) -> Callable[[], AsyncIterator[bytes]]:
    """What gives the pieces of a stream, for one response after the other."""
    chunks = [chunk.encode() for chunk in given["chunks"]] * given.get("times", 1)
    crash_after = given.get("crash_after")

    async def pieces() -> AsyncIterator[bytes]:
        for chunk in chunks[:crash_after]:
            yield chunk
        if crash_after is not None and crash_after <= len(chunks):
            raise RuntimeError("the stream crashed on purpose")

    return pieces


def _read_body(adapter: Adapter, given: dict[str, Any]) -> Handler:
    """What is read is told to nobody."""
    how, then = given["how"], handling(adapter, given["then"])

    async def read_pieces(request: Any) -> None:
        async for _ in adapter.read_pieces(request):
            pass

    readers: dict[str, Callable[[Any], Awaitable[Any]]] = {
        "whole": adapter.read_body,
        "pieces": read_pieces,
        "json": adapter.read_json,
        "form": adapter.read_form,
    }
    if how == "none":
        return then
    read = readers[how]

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        await read(request)
        return await then(request)

    return handler


def _read_cookies(adapter: Adapter, given: dict[str, Any]) -> Handler:
    read, then = adapter.read_cookies, handling(adapter, given["then"])

    async def handler(request: Any, *args: Any, **kwargs: Any) -> Any:
        read(request)
        return await then(request)

    return handler


_HANDLERS: dict[str, Callable[[Adapter, dict[str, Any]], Handler]] = {
    "respond": _respond,
    "state": _state,
    "params": _params,
    "mirror": _mirror,
    "json": _json,
    "return_value": _return_value,
    "stream": _stream,
    "read_body": _read_body,
    "read_cookies": _read_cookies,
}


# -- Crashes -------------------------------------------------------------------------------------


class _Unprintable(Exception):
    """An exception of an application whose own message fails."""

    def __str__(self) -> str:
        raise RuntimeError("an exception that cannot be printed")

    __repr__ = __str__


def crash(message: str, kind: str) -> None:
    """Raise what the framework does not know."""
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
