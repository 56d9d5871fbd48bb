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


def remaining(
    middlewares: Sequence[Middleware], request: Request, faults: frozenset[str]
) -> Sequence[Middleware]:
    """The middlewares that stand around the handler of a request: all, unless told otherwise."""
    if len(middlewares) < 2:
        return middlewares
    before = request.before.answer if request.before is not None else None
    if "head-skips-second-middleware" in faults and request.method == "HEAD":
        return [*middlewares[:1], *middlewares[2:]]
    if "no-route-skips-second-middleware" in faults and not request.is_routed:
        return [*middlewares[:1], *middlewares[2:]]
    if "crash-ends-innermost-middleware" in faults and before and before.status == 500:
        return middlewares[:-1]
    return middlewares


def stack(middlewares: Sequence[Middleware], handler: Handler, faults: frozenset[str]) -> Handler:
    """The handler with the middlewares around it, the first of them outermost."""
    if "drops-middlewares" in faults:
        middlewares = ()
    if "six-middlewares-at-most" in faults:
        middlewares = middlewares[:6]
    if "last-middleware-outermost" in faults:
        middlewares = middlewares[::-1]
    for place, middleware in reversed(list(enumerate(middlewares))):
        handler = _Layer(place, middleware, handler, faults).handle
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

    def __init__(
        self, place: int, middleware: Middleware, inside: Handler, faults: frozenset[str]
    ) -> None:
        self.faults = faults
        self._place = place
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
        request.is_cut_short = request.is_cut_short or not from_inside
        if not from_inside and "short-circuit-leaves-at-once" in self.faults:
            raise AtOnce(response)
        is_third = self._place == 2
        if not from_inside and is_third and "third-short-circuit-leaves-at-once" in self.faults:
            raise AtOnce(response)
        response.is_of_a_middleware = not from_inside or isinstance(from_inside[0], Exception)
        for before in from_inside:
            if isinstance(before, Response):
                return await self._changed(before, response)
            if "caught-answer-loses-headers" in self.faults:
                response.headers = []
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
        is_the_same = response.cookies is before.cookies  # one object, changed; not another one
        response.is_of_a_middleware = not is_the_same
        if before.is_of_a_middleware and "own-answers-pass-the-next" in self.faults:
            return before
        if is_the_same and response.headers != before.headers:
            _lose_what_was_set(before, response, self.faults)
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


def _lose_what_was_set(before: Response, response: Response, faults: frozenset[str]) -> None:
    """What is told to go wrong when a middleware sets a header; `before` is without that."""
    if "set-header-loses-cookies" in faults:
        response.cookies = []
    if "set-header-has-case" in faults:
        names = {name for name, _ in response.headers}
        response.headers += [pair for pair in before.headers if pair[0] not in names]
    if "streams-lose-an-end" in faults and isinstance(response.body, AsyncIterator):
        response.body = _without_last(response.body)


async def _without_last(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = None
    async for piece in pieces:
        if held is not None:
            yield held
        held = piece
