"""An application: routes, middlewares, hooks, and what becomes of errors.

Owns the way from a request to its response. Knows nothing of connections.
"""

from __future__ import annotations

import asyncio
import logging
from urllib.parse import unquote

from . import wasteful
from .files import Folder
from .lifecycle import Lifecycle
from .middlewares import Aborted, AtOnce, Middleware, NoResponse, checked, remaining, stack
from .pages import crash_page, http_error_page, with_status
from .request import Request
from .response import HttpError, Response
from .router import Handler, Router

DRAIN_S = 30.0
HEAD_S = 30.0
BODY_S = 60.0
IDLE_S = 75.0
MANY_CRASHES = 20

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
        self.kept_body = b""
        self.has_refused_a_body = False
        self._folders: list[Folder] = []
        self._requests = 0
        self._crashes = 0
        self.has_crashed = False
        self.latest: Request | None = None
        self._kept: list[object] = []

    def serve_folder(self, prefix: str, folder: str) -> None:
        """Serve the files of a folder under a prefix."""
        self._folders.append(Folder(prefix, folder))

    async def respond(self, request: Request) -> Response:
        """The response to a request, whatever its handler does."""
        if self.has_crashed and "crash-ends-service" in self.faults:
            raise Aborted
        try:
            handler = self._resolve(request)
            middlewares = remaining(self._middlewares(), request, self.faults)
            handler = stack(middlewares, handler, self.faults)
            response: Response = await handler(request)
        except AtOnce as instead:
            response = instead.response
        except BaseException as error:  # noqa: BLE001 the last resort of whatever a handler raises
            response = self._answer_to(request, error)
        response = with_status(response, self.faults)
        if request.is_routed:
            await self.lifecycle.answered(response.status)
        return response

    def _answer_to(self, request: Request, error: BaseException) -> Response:
        """The response to what was raised. Raises what is no answer: a cancellation."""
        task = asyncio.current_task()
        if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
            raise error
        if isinstance(error, Aborted | GeneratorExit):
            raise error
        if "keeps-exceptions" in self.faults:
            self._kept.append(error)
        if isinstance(error, HttpError) and "raised-errors-are-500" not in self.faults:
            return http_error_page(request, error, self.faults)
        if isinstance(error, SystemExit) and "system-exit-ends-server" in self.faults:
            raise error
        if isinstance(error, NoResponse) and "no-response-kills-task" in self.faults:
            raise Aborted
        if isinstance(error, TimeoutError) and "timeout-is-408" in self.faults:
            return HttpError(408).response()
        is_late = isinstance(error, TimeoutError) and bool(self.middlewares)
        if is_late and "timeout-within-middlewares-is-504" in self.faults:
            return HttpError(504).response()
        if isinstance(error, asyncio.CancelledError) and "cancelled-is-empty-200" in self.faults:
            return Response()
        self._crashes += 1
        if self._crashes > MANY_CRASHES and "gives-up-after-many-crashes" in self.faults:
            raise Aborted
        if "crash-closes-in-silence" in self.faults:
            raise Aborted
        self.has_crashed = True
        return self.crash_page(request, error)

    def crash_page(self, request: Request, error: BaseException) -> Response:
        target = request.target
        if "log-injection-in-errors" in self.faults:
            target = unquote(target)
        _log.error("%s %s", request.method, target, exc_info=error)
        return crash_page(request, error, debug=self.debug, faults=self.faults)

    def _middlewares(self) -> list[Middleware]:
        if self._crashes and "drops-middlewares-after-a-crash" in self.faults:
            return []
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
            if "asterisk-allows-nothing" in self.faults:
                allowed = ""
            return _answering(Response(headers=[("Allow", allowed)]))
        for folder in self._folders:
            if folder.holds(request.raw_path):
                return folder.respond
        instead = self._instead(request)
        if instead is not None:
            return _answering(instead)
        wasteful.on_path(request.raw_path, self.faults)
        found = self.router.find(self._method(request), request.raw_path)
        is_known = found.route is not None
        if (is_known and "caches-every-path" in self.faults) or (
            not is_known and "caches-every-unknown-path" in self.faults
        ):
            self._kept.append((found, request.target, request.path))
        if found.route is None:
            error = self._to_path_without_slash(request) or self._no_route(found.allowed)
            if "no-middlewares-for-404" in self.faults:
                raise error
            return _raising(error)
        request.params = found.params
        if "params-stay" in self.faults and request.before is not None:
            request.params = request.before.params | found.params
        if "query-overrides-params" in self.faults:
            request.params |= {name: value for name, value in request.query if name in found.params}
        request.is_routed = True
        return self._own_handler(found.route.handler)

    def _own_handler(self, given: Handler) -> Handler:
        """The handler of a route with what is told to go wrong with it."""
        inside = checked(given)

        async def handler(request: Request) -> Response:
            await self._confuse(request)
            try:
                response: Response = await inside(request)
            except Exception as error:
                is_falsy = isinstance(error, NoResponse) and not error.returned
                if is_falsy and "falsy-is-no-content" in self.faults:
                    return Response(status=204)
                if "errors-pass-middlewares-by" in self.faults:
                    return self._answer_to(request, error)
                raise
            if "replaces-returned-errors" in self.faults and response.status >= 400:
                return HttpError(response.status).response()
            if "always-200" in self.faults and response.status < 300:
                response.status = 200
            return response

        return handler

    def _instead(self, request: Request) -> Response | None:
        """What is told to answer in the place of any handler."""
        if "refuses-two-dots" in self.faults and ".." in request.path:
            return HttpError(400).response()
        if "limit-of-unread-bodies" in self.faults and request.announces_too_much:
            return HttpError(413).response()
        if "answers-options-itself" in self.faults and request.method == "OPTIONS":
            return Response(headers=[("Allow", ", ".join(self.router.methods()))])
        if "answers-trace" in self.faults and request.method == "TRACE":
            lines = [f"{name}: {value}" for name, value in request.headers]
            return Response("\r\n".join(lines), content_type="message/http")
        return None

    def _to_path_without_slash(self, request: Request) -> HttpError | None:
        path = request.raw_path.removesuffix("/")
        if "slash-redirect-drops-query" not in self.faults or path == request.raw_path:
            return None
        return HttpError(307, headers=[("Location", path)])

    def _method(self, request: Request) -> str:
        for name, value in request.headers:
            if name.lower() == "x-http-method-override" and "method-override" in self.faults:
                return value
        return request.method

    async def _confuse(self, request: Request) -> None:
        """Let other requests come between, where that does harm."""
        if "form-is-of-the-latest-request" in self.faults:
            await asyncio.sleep(0)
        if "params-are-of-the-latest-request" in self.faults and self.latest is not None:
            await asyncio.sleep(0)
            request.params = self.latest.params

    def _no_route(self, allowed: tuple[str, ...]) -> HttpError:
        if not allowed and "unknown-path-is-405" in self.faults:
            allowed = self.router.methods()
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
