"""An application: routes, middlewares, hooks, and what becomes of errors.

Owns the way from a request to its response. Knows nothing of connections.
"""

from __future__ import annotations

import asyncio
import logging

from .files import Folder
from .lifecycle import Lifecycle
from .middlewares import Aborted, AtOnce, Middleware, NoResponse, checked, stack
from .pages import crash_page, http_error_page
from .request import Request
from .response import HttpError, Response
from .router import Handler, Router

DRAIN_S = 30.0
HEAD_S = 30.0
BODY_S = 60.0
IDLE_S = 75.0

_log = logging.getLogger(__name__)


class Application:
    """Handlers are called with a request, middlewares with that and what is inside them; the
    first middleware is the outermost."""

    def __init__(
        self,
        *,
        debug: bool = False,
        body_limit: int | None = None,
        drain_s: float | None = None,
        head_s: float | None = None,
        body_s: float | None = None,
        idle_s: float | None = None,
        logs_access: bool = False,
        faults: frozenset[str] = frozenset(),
    ) -> None:
        self.debug = debug
        self.body_limit = body_limit
        self.drain_s = DRAIN_S if drain_s is None else drain_s
        self.head_s = HEAD_S if head_s is None else head_s
        self.body_s = BODY_S if body_s is None else body_s
        self.idle_s = IDLE_S if idle_s is None else idle_s
        self.logs_access = logs_access
        self.faults = faults
        self.router = Router(faults)
        self.lifecycle = Lifecycle(self, faults)
        self.middlewares: list[Middleware] = []
        self.state: dict[str, str] = {}
        self._folders: list[Folder] = []
        self._requests = 0
        self.has_crashed = False

    def serve_folder(self, prefix: str, folder: str) -> None:
        """Serve the files of a folder under a prefix."""
        self._folders.append(Folder(prefix, folder))

    async def respond(self, request: Request) -> Response:
        """The response to a request, whatever its handler does."""
        if self.has_crashed and "crash-ends-service" in self.faults:
            raise Aborted
        try:
            handler = stack(self._middlewares(), self._resolve(request), self.faults)
            response: Response = await handler(request)
        except AtOnce as instead:
            response = instead.response
        except BaseException as error:  # noqa: BLE001 the last resort of whatever a handler raises
            response = self._answer_to(request, error)
        if request.is_routed:
            await self.lifecycle.answered()
        return response

    def _answer_to(self, request: Request, error: BaseException) -> Response:
        """The response to what was raised. Raises what is no answer: a cancellation."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error
        if isinstance(error, Aborted | GeneratorExit):
            raise error
        if isinstance(error, HttpError) and "raised-errors-are-500" not in self.faults:
            return http_error_page(request, error, self.faults)
        if isinstance(error, SystemExit) and "system-exit-ends-server" in self.faults:
            raise error
        if isinstance(error, NoResponse) and "no-response-kills-task" in self.faults:
            raise Aborted
        if "crash-closes-in-silence" in self.faults:
            raise Aborted
        self.has_crashed = True
        return self.crash_page(request, error)

    def crash_page(self, request: Request, error: BaseException) -> Response:
        _log.error("%s %s", request.method, request.target, exc_info=error)
        return crash_page(request, error, debug=self.debug, faults=self.faults)

    def _middlewares(self) -> list[Middleware]:
        if "middlewares-pile-up" in self.faults:
            self._requests += 1
            return self.middlewares * self._requests
        return self.middlewares

    def _resolve(self, request: Request) -> Handler:
        """The handler, or one that raises the error: middlewares see that, too."""
        if request.target == "*":
            if "asterisk-crashes" in self.faults:
                raise RuntimeError("a target that is no path")
            allowed = ", ".join(self.router.methods())
            return _answering(Response(headers=[("Allow", allowed)]))
        for folder in self._folders:
            if folder.holds(request.raw_path):
                return folder.respond
        found = self.router.find(request.method, request.raw_path)
        if found.route is None:
            error = self._no_route(found.allowed)
            if "no-middlewares-for-404" in self.faults:
                raise error
            return _raising(error)
        request.params = found.params
        request.is_routed = True
        return self._own_handler(found.route.handler)

    def _own_handler(self, given: Handler) -> Handler:
        """The handler of a route with what is told to go wrong with it."""
        inside = checked(given)

        async def handler(request: Request) -> Response:
            try:
                response: Response = await inside(request)
            except Exception as error:
                if "errors-pass-middlewares-by" in self.faults:
                    return self._answer_to(request, error)
                raise
            if "replaces-returned-errors" in self.faults and response.status >= 400:
                return HttpError(response.status).response()
            if "always-200" in self.faults and response.status < 300:
                response.status = 200
            return response

        return handler

    def _no_route(self, allowed: tuple[str, ...]) -> HttpError:
        if not allowed:
            return HttpError(400 if "unknown-path-is-400" in self.faults else 404)
        if "wrong-method-is-400" in self.faults:
            return HttpError(400)
        if "405-without-allow" in self.faults:
            return HttpError(405)
        # RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405"
        return HttpError(405, headers=[("Allow", ", ".join(allowed))])


def _raising(error: HttpError) -> Handler:
    async def handler(request: Request) -> Response:
        raise error

    return handler


def _answering(response: Response) -> Handler:
    async def handler(request: Request) -> Response:
        return response

    return handler
