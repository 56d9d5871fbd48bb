"""The application: routes, middlewares, hooks and state, and how they make a response.

Owns the order in which things run. Knows nothing of sockets: `handler_for` and `response_to` turn
a request into a response, `startup` to `cleanup` run the hooks; a server calls them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
)
from contextlib import contextmanager
from typing import Any, NoReturn, TypeVar

from .error_page import error_page
from .errors import BodyError
from .exceptions import STATUS_CLASSES, HTTPException, HTTPMethodNotAllowed, HTTPNotFound
from .request import Request
from .response import Response
from .route import Match, Route
from .router import UrlDispatcher
from .types import CleanupContext, Handler, Hook, Middleware

logger = logging.getLogger("reference")

_H = TypeVar("_H", bound=Handler)


class Application:
    """Routes, middlewares, lifecycle hooks and shared state.

    middlewares          `async def mw(request, handler)`; the first listed is the outermost, and
                         they run around 404 and 405 too
    debug                the 500 page shows exception and traceback
    client_max_size      bytes that `Request.read` and what builds on it accept; None for no limit
    handler_cancellation whether a client that disconnects cancels its handler

    State is kept as attributes (`app.db = …`) or by key (`app["db"] = …`).

        app = Application()

        @app.get("/users/{name}")
        async def show(request):
            return Response(f"Hello, {request.match_info['name']}")
    """

    def __init__(
        self,
        *,
        middlewares: Iterable[Middleware] = (),
        debug: bool = False,
        router: UrlDispatcher | None = None,
        client_max_size: int | None = 1024**2,
        handler_cancellation: bool = True,
    ) -> None:
        self.router = UrlDispatcher() if router is None else router
        self.middlewares: list[Middleware] = list(middlewares)
        self.debug = debug
        self.client_max_size = client_max_size
        self.handler_cancellation = handler_cancellation
        self.on_startup: list[Hook] = []
        self.on_shutdown: list[Hook] = []
        self.on_cleanup: list[Hook] = []
        self.cleanup_ctx: list[CleanupContext] = []
        self._entered: list[AsyncIterator[None]] = []
        self._stacks: dict[Route, Handler] = {}
        self._state: dict[str, Any] = {}

    # -- Registration ----------------------------------------------------------------------------

    def route(self, method: str, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        """Decorator: register a handler. Raises RouteError as `UrlDispatcher.add_route` does."""

        def register(handler: _H) -> _H:
            self.router.add_route(method, path, handler, name=name)
            return handler

        return register

    def get(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("GET", path, name=name)

    def post(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("POST", path, name=name)

    def put(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("PUT", path, name=name)

    def patch(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("PATCH", path, name=name)

    def delete(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("DELETE", path, name=name)

    def head(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("HEAD", path, name=name)

    def options(self, path: str, *, name: str | None = None) -> Callable[[_H], _H]:
        return self.route("OPTIONS", path, name=name)

    # -- State -----------------------------------------------------------------------------------

    def __getitem__(self, key: str) -> Any:
        return self._state[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._state[key] = value

    def __delitem__(self, key: str) -> None:
        del self._state[key]

    def __contains__(self, key: object) -> bool:
        return key in self._state

    # -- Requests --------------------------------------------------------------------------------

    def handler_for(self, request: Request) -> Handler:
        """What answers `request`: its route's handler, or 404 or 405, inside the middlewares.

        Sets `match_info`. The caller awaits it, so that a request takes one coroutine less, and
        gives what it raises to `response_to`.
        """
        match = self.router.resolve(request.method, request.raw_path)
        route = match.route
        if route is None:
            return self._wrap(_no_route(match, request))
        request.match_info = match.params
        return self._stacks.get(route) or self._stack(route)

    def response_to(self, request: Request, exc: Exception) -> Response:
        """The response to `request`, whose handler raised `exc`."""
        if isinstance(exc, HTTPException):
            # Without its traceback: one object may be raised for many requests, and would collect
            # theirs, and nothing of the handler need live until the answer is sent.
            return exc.with_traceback(None)
        if isinstance(exc, BodyError):
            return STATUS_CLASSES[exc.status](reason=str(exc) or None)
        return self.internal_error(request, exc)

    def internal_error(self, request: Request, exc: BaseException) -> Response:
        """Log `exc` with its traceback; returns the 500 page."""
        logger.error("error handling %s %s", request.method, request.target, exc_info=exc)
        accept = ",".join(request.headers.getall("Accept", ()))
        return error_page(exc, accept, debug=self.debug)

    def _stack(self, route: Route) -> Handler:
        handler = self._stacks[route] = self._wrap(route.handler)
        return handler

    def _wrap(self, handler: Handler) -> Handler:
        """`handler` inside the middlewares; the first listed is the outermost."""
        for middleware in reversed(self.middlewares):
            handler = _around(handler, middleware)
        return handler

    # -- Lifecycle -------------------------------------------------------------------------------

    async def startup(self) -> None:
        """Enter the cleanup contexts and run the startup hooks, each in order.

        When one raises, what was entered is unwound as in `cleanup` and its exception goes on.
        """
        self.router.freeze()
        self._stacks.clear()
        try:
            for context in self.cleanup_ctx:
                iterator = aiter(context(self))
                try:
                    await anext(iterator)
                except StopAsyncIteration:
                    raise RuntimeError(f"{context!r} did not yield") from None
                self._entered.append(iterator)
            for hook in self.on_startup:
                await hook(self)
        except BaseException:
            for error in await self._unwind():
                logger.error("error unwinding a failed startup", exc_info=error)
            raise

    async def shutdown(self) -> None:
        """Run the shutdown hooks in order: the server has stopped accepting, requests may still
        run. Raises what they raised, after all of them ran."""
        errors: list[Exception] = []
        for hook in self.on_shutdown:
            with _collecting(errors):
                await hook(self)
        _raise_all("shutdown", errors)

    async def cleanup(self) -> None:
        """Run the cleanup hooks in order, then leave the contexts, last entered first.

        Raises what they raised, after all of them ran.
        """
        _raise_all("cleanup", await self._unwind())

    async def _unwind(self) -> list[Exception]:
        errors: list[Exception] = []
        for hook in self.on_cleanup:
            with _collecting(errors):
                await hook(self)
        while self._entered:
            with _collecting(errors):
                await _leave(self._entered.pop())
        return errors


def no_response(value: object) -> TypeError:
    """What a handler has done wrong that returned `value`."""
    return TypeError(f"the handler returned {type(value).__name__}, not a Response")


async def _leave(iterator: AsyncIterator[None]) -> None:
    try:
        await anext(iterator)
    except StopAsyncIteration:
        return
    try:
        raise RuntimeError(f"{iterator!r} yielded more than once")
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()


@contextmanager
def _collecting(errors: list[Exception]) -> Iterator[None]:
    """One hook must not keep the next from running: what it raises goes to `errors`.

    So does CancelledError from a task that it awaited and had cancelled; a cancellation of the
    task that runs the hooks goes on.
    """
    task = asyncio.current_task()
    assert task is not None
    cancellations = task.cancelling()
    try:
        yield
    except Exception as exc:  # noqa: BLE001 - it is raised when all hooks have run
        errors.append(exc)
    except asyncio.CancelledError as exc:
        if task.cancelling() > cancellations:
            raise
        error = RuntimeError("a hook awaited something that was cancelled")
        error.__cause__ = exc
        errors.append(error)


def _around(handler: Handler, middleware: Middleware) -> Handler:
    def wrapped(request: Request) -> Awaitable[Response]:
        return middleware(request, handler)

    return wrapped


def _no_route(match: Match, request: Request) -> Handler:
    """A handler for a request that no route takes."""
    if request.target == "*":
        return _server_options
    if match.allowed:
        allowed = match.allowed

        async def method_not_allowed(request: Request) -> NoReturn:
            reason = f"{request.method} not allowed for {request.raw_path}"
            raise HTTPMethodNotAllowed(request.method, allowed, reason)

        return method_not_allowed
    return _not_found


async def _not_found(request: Request) -> NoReturn:
    raise HTTPNotFound(reason=f"Could not find {request.raw_path}")


async def _server_options(request: Request) -> Response:
    """`OPTIONS *` (RFC 9110 §9.3.7): what the server as a whole can do."""
    allowed = request.app.router.resolve("OPTIONS", "*").allowed
    return Response(status=204, headers={"Allow": ", ".join(allowed)})


def _raise_all(phase: str, errors: list[Exception]) -> None:
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ExceptionGroup(f"{len(errors)} hooks failed in {phase}", errors)
