"""Middlewares around a handler.

Owns the order in which they stand, and that each gets a response or an exception, nothing else.
"""

from __future__ import annotations

import asyncio
import copy
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import nullcontext
from typing import Any

from .request import Request
from .response import HttpError, Response
from .router import Handler

Middleware = Callable[[Request, Handler], Awaitable[Any]]


_LATEST: dict[Middleware, Request] = {}
_LOCKS: defaultdict[Middleware, asyncio.Lock] = defaultdict(asyncio.Lock)
"""What middlewares have in common between requests; nothing but a fault reads these."""


class NoResponse(TypeError):
    """What is no response was returned instead of one."""

    def __init__(self, handler: Handler, returned: object) -> None:
        super().__init__(f"{handler!r} returned {returned!r}")
        self.returned = returned


class Aborted(ConnectionError):
    """The connection ends without an answer; nothing but a fault does that."""


class AtOnce(Exception):
    """A response that passes whatever is outside; nothing but a fault does that."""

    def __init__(self, response: Response) -> None:
        self.response = response


def stack(middlewares: Sequence[Middleware], handler: Handler, faults: frozenset[str]) -> Handler:
    """The handler with the middlewares around it, the first of them outermost."""
    if "drops-middlewares" in faults:
        middlewares = ()
    if "six-middlewares-at-most" in faults:
        middlewares = middlewares[:6]
    if "last-middleware-outermost" in faults:
        middlewares = middlewares[::-1]
    for middleware in reversed(middlewares):
        handler = _Layer(middleware, handler, faults).handle
    return handler


def checked(handler: Handler) -> Handler:
    """A handler that raises NoResponse rather than return something else than a response."""

    async def checking(request: Request) -> Response:
        response = await handler(request)
        if not isinstance(response, Response):
            raise NoResponse(handler, response)
        return response

    return checking


class _Layer:
    """One middleware around what is inside."""

    def __init__(self, middleware: Middleware, inside: Handler, faults: frozenset[str]) -> None:
        self.faults = faults
        self._middleware = middleware
        self._inside = inside

    async def handle(self, request: Request) -> Response:
        from_inside: list[Response | Exception] = []

        async def inside(request: Request) -> Response:
            if "middleware-loses-params" in self.faults:
                request.params = {}
            if "middlewares-share-a-request" in self.faults:
                request = _LATEST[self._middleware]
            try:
                response: Response = await self._inside(request)
            except Exception as error:
                from_inside.append(error)
                raise
            from_inside.append(copy.copy(response))
            return response

        _LATEST[self._middleware] = request
        is_held = "one-request-in-a-middleware" in self.faults
        try:
            async with _LOCKS[self._middleware] if is_held else nullcontext():
                response = await checked(lambda request: self._middleware(request, inside))(request)
        except Exception as error:
            if error in from_inside and "middlewares-wrap-errors" in self.faults:
                raise RuntimeError("an error from inside") from error
            if error in from_inside:
                raise
            return await self._own_error(error, from_inside, inside, request)
        return await self._leave(response, from_inside, inside, request)

    async def _leave(
        self,
        response: Response,
        from_inside: Sequence[Response | Exception],
        inside: Handler,
        request: Request,
    ) -> Response:
        if not from_inside and "runs-handler-all-the-same" in self.faults:
            await inside(request)
        if not from_inside and "short-circuit-leaves-at-once" in self.faults:
            raise AtOnce(response)
        for before in from_inside:
            if isinstance(before, Response):
                return await self._changed(before, response)
            if "caught-answer-leaves-at-once" in self.faults:
                raise AtOnce(response)
        return response

    async def _changed(self, before: Response, response: Response) -> Response:
        """What a middleware has made of a response from inside."""
        if "drops-changes-of-middlewares" in self.faults:
            return before
        if "middlewares-change-200-only" in self.faults and before.status != 200:
            response.headers = before.headers
        if "set-header-adds" in self.faults:
            response.headers = before.headers + [
                pair for pair in response.headers if pair not in before.headers
            ]
        if "replaced-response-keeps-headers" in self.faults:
            response.headers += [
                pair for pair in before.headers if not response.has_header(pair[0].lower())
            ]
        if "middleware-eats-a-chunk" in self.faults and isinstance(response.body, AsyncIterator):
            await anext(response.body)
        return response

    async def _own_error(
        self,
        error: Exception,
        from_inside: Sequence[Response | Exception],
        inside: Handler,
        request: Request,
    ) -> Response:
        """What becomes of an error that the middleware itself has raised."""
        if "ignores-errors-of-middlewares" in self.faults:
            [response] = from_inside or [await inside(request)]
            if isinstance(response, Response):
                return response
        if "answers-errors-of-middlewares-at-once" in self.faults:
            return HttpError(500).response()
        if "aborts-for-errors-of-middlewares" in self.faults:
            raise Aborted
        if "errors-of-middlewares-are-500" in self.faults:
            raise RuntimeError("a middleware raised") from error
        if "crash-of-middleware-closes" in self.faults and not isinstance(error, HttpError):
            raise Aborted
        raise error
