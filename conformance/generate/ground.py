"""Common ground: what two subjects have declared alike, so that a difference there means something.

Owns the knowledge of what touches which option of the dialect. Strategies ask it and leave out what
lies elsewhere; it counts what they left out. Nothing is forgiven in a comparison.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from .. import dialect as dialects
from ..spec import (
    Action,
    App,
    Crash,
    Echo,
    Hook,
    Middleware,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    ReturnValue,
    Route,
    ShortCircuit,
    Stream,
)  # fmt: skip
from .case import Case, Request
from .routing import USUAL_METHODS, Resolved, resolve, shape

Declared = Mapping[str, str]

_WITH_CONTENT = ("POST", "PUT", "PATCH", "DELETE", "TRACE")


class Ground:
    """What two dialects have in common. One dialect alone has everything in common with itself.

    left_out   how often something was not drawn, by the option on which the two differ, or by what
               a subject cannot express
    """

    def __init__(self, left: Declared | None = None, right: Declared | None = None) -> None:
        self._left = {} if left is None else left
        self._right = self._left if right is None else right
        self.differing = {
            name
            for name in dialects.OPTIONS
            if dialects.value(self._left, name) != dialects.value(self._right, name)
        }
        self.left_out: Counter[str] = Counter()

    def has(self, *options: str) -> bool:
        """Whether what touches these options can be drawn; counted when it cannot."""
        return not self._count(option for option in options if option in self.differing)

    def common(self, app: App) -> App:
        """What is left of an application without what the two read differently."""
        routes = []
        taken: set[tuple[str, str]] = set()
        for route in app.routes:
            key = route.method, shape(route.path)
            if self._has_method(route.method) and self._has_beside(key, taken):
                taken.add(key)
                routes.append(replace(route, do=self._common(route.do, 0) or Echo()))
        if app.routes and not routes:  # a framework may refuse to serve none
            routes = [Route(app.routes[0].id, "GET", "/")]
        stack = [
            replace(
                one,
                before=self._kept(one.before, place) if self._has_before(one) else (),
                after=self._kept(one.after, place),
            )
            for place, one in enumerate(app.middlewares)
        ]
        return self._common_hooks(replace(app, routes=tuple(routes), middlewares=tuple(stack)))

    def _common_hooks(self, app: App) -> App:
        if max(len(app.shutdown), len(app.cleanup)) > 1 and not self.has("shutdown_order"):
            app = replace(app, shutdown=app.shutdown[:1], cleanup=app.cleanup[:1])
        is_unwound = bool(app.cleanup) and any(_fails(hook) for hook in app.startup)
        if is_unwound and not self.has("cleanup_behind_failed_startup"):
            app = replace(app, cleanup=())
        ending = (*app.shutdown, *app.cleanup)
        if any(_fails(hook) for hook in ending[:-1]) and not self.has("failing_shutdown_hook"):
            ending = (*(replace(hook, do=None) for hook in ending[:-1]), ending[-1])
            place = len(app.shutdown)
            app = replace(app, shutdown=ending[:place], cleanup=ending[place:])
        return app

    def _has_beside(self, key: tuple[str, str], taken: set[tuple[str, str]]) -> bool:
        """Whether a route can be had beside those: a second one, or one with a slash more or less,
        which is a second one where that makes no difference."""
        if key in taken:
            return self.has("duplicate_route")
        method, path = key
        if {(method, path + "/"), (method, path.removesuffix("/"))} & taken:
            return self.has("missing_slash")
        return True

    def _has_method(self, method: str) -> bool:
        """Whether both take routes for a method."""
        if method in USUAL_METHODS or "usual" not in self._values("known_methods"):
            return True
        self.left_out["known_methods"] += 1
        return False

    def _has_before(self, middleware: Middleware) -> bool:
        return not middleware.before or self.has("middlewares_wrap")

    def _kept(self, actions: tuple[Action, ...], place: int) -> tuple[Action, ...]:
        return tuple(kept for one in actions if (kept := self._common(one, place)) is not None)

    def _common(self, action: Action, place: int) -> Action | None:
        """The action, or None when the two read it differently; `place` counts the middlewares
        around it."""
        match action:
            case ReturnValue():
                options = ["no_response"]
            case Crash(kind="timeout"):
                options = ["raised_timeout"]
            case RaiseHttp(location=str() as location) if not location.isascii() or " " in location:
                options = ["raised_location"]
            case _:
                options = []
        if place > 0:
            match action:
                case ShortCircuit() | ReplaceResponse():
                    options.append("replaced_response")
                case RaiseHttp():
                    options.append("errors_reach_middlewares")
                case Crash():
                    options.append("crashes_reach_middlewares")
        return action if self.has(*options) else None

    def has_request(self, app: App, request: Request) -> bool:
        """Whether a request means the same to both; counted when it does not."""
        return not self._count(self.touched(app, request))

    def has_case(self, case: Case) -> bool:
        """Whether all of a case is on this ground; for cases that nobody has drawn here."""
        uncounted = Ground(self._left, self._right)
        return uncounted.common(case.app) == case.app and not any(
            option for _, request in case.requests() for option in self.touched(case.app, request)
        )

    def _values(self, option: str) -> set[str]:
        """What the two declare of an option."""
        return {dialects.value(one, option) for one in (self._left, self._right)}

    def _count(self, options: Iterator[str]) -> bool:
        for option in options:
            self.left_out[option] += 1
            return True
        return False

    def touched(self, app: App, request: Request) -> Iterator[str]:
        """The differing options that a request touches."""
        routing = self._routing(app, request)
        if routing:
            yield from routing
            return
        found = resolve(app, request.method, request.raw_path, self._left)
        if _is_beyond_limit(app, request, found, self._values("body_limit_holds")):
            yield "body_limit_holds"
        if _streams(app, found, self._values("streams_start")):
            yield "streams_start"
        if _has_strange_content(app, request, found, self._values("content_of_get")):
            yield "content_of_get"
        if self._right is not self._left and _has_two_errors(app, request, found):
            yield "two errors at once"  # which of them is told, nobody promises
        for option in _touched(app, request, found):
            if option in self.differing:
                yield option

    def _routing(self, app: App, request: Request) -> list[str]:
        """The options that make the two find another route: those that do it alone, else those
        without which they would find the same."""

        def found(declared: Declared) -> Resolved:
            return resolve(app, request.method, request.raw_path, declared)

        here, there = found(self._left), found(self._right)
        if here == there:
            return []
        options = sorted(self.differing)
        alone = [one for one in options if found(_with(self._left, one, self._right)) != here]
        needed = [one for one in options if found(_with(self._right, one, self._left)) != there]
        return alone or needed or ["several options of routing together"]


def _with(declared: Declared, option: str, other: Declared) -> Declared:
    """A dialect with another one's value of an option."""
    return {**declared, option: dialects.value(other, option)}


def _fails(hook: Hook) -> bool:
    return isinstance(hook.do, Crash)


def _touched(app: App, request: Request, found: Resolved) -> Iterator[str]:
    """The options, other than those of routing, that a request touches in an application."""
    names = [name.lower() for name, _ in request.headers]
    if any(not value.isascii() for _, value in request.headers):
        yield "header_octets"
    if "%" in request.raw_path:
        yield "param_decoding"
    if any(_is_blank(pair) for pair in request.query.split("&")):
        yield "blank_query_values"
    if any(names.count(name) > 1 for name in names if name != "cookie"):
        yield "repeated_header"
    if found.kind == "404" and app.middlewares:
        yield "middlewares_on_404"
        yield "errors_reach_middlewares"
    if found.kind == "405" and app.middlewares:
        yield "middlewares_on_405"
        yield "errors_reach_middlewares"
    yield from _touched_by_handler(app, found, request)


def _is_beyond_limit(app: App, request: Request, found: Resolved, holds: set[str]) -> bool:
    """Whether a body is beyond the limit in one way of sending it to one of two, and not so for
    the other, or in another way."""
    if app.body_limit is None or len(request.body or b"") <= app.body_limit:
        return False
    if len(holds) > 1 and holds & {"all", "all_but_pieces"}:
        return True
    readings = _readings(app, found)
    if "announced" in holds and (request.chunks is None or len(holds) == 1):
        return readings <= {"none"} or any(one.before for one in app.middlewares)
    return len(holds) > 1 and readings == {"pieces"} and "read_whole" in holds


def _streams(app: App, found: Resolved, start: set[str]) -> bool:
    """Whether a response starts in front of middlewares for one of two, and behind for another."""
    if len(start) < 2 or not any(isinstance(one, Stream) for one in _handling(app, found)):
        return False
    if "in_handler_behind_middlewares" in start:
        return bool(app.middlewares)
    return any(one.after for one in app.middlewares)


def _has_two_errors(app: App, request: Request, found: Resolved) -> bool:
    """Whether a body is no form for its type, and beyond the limit as well."""
    reads_form = "form" in _readings(app, found)
    is_large = app.body_limit is not None and len(request.body or b"") > app.body_limit
    return reads_form and is_large and not _is_form(request)


def _readings(app: App, found: Resolved) -> set[str]:
    """The ways in which the handler that was found reads a body."""
    return {one.how for one in _handling(app, found) if isinstance(one, ReadBody)}


def _has_strange_content(app: App, request: Request, found: Resolved, gets: set[str]) -> bool:
    """Whether a handler reads a body that one of two does not give it for its method."""
    if len(gets) < 2 or request.method in _WITH_CONTENT or not request.body:
        return False
    readings = _readings(app, found)
    return bool(readings & ({"whole", "json", "form"} if "nothing" in gets else {"form"}))


def _handling(app: App, found: Resolved) -> Iterator[Action]:
    """The actions of the route that was found."""
    for route in app.routes:
        if found.kind == "route" and route.id == found.detail:
            yield from route.do.inner()


def _touched_by_handler(app: App, found: Resolved, request: Request) -> Iterator[str]:
    for action in _handling(app, found):
        match action:
            case RaiseHttp() if app.middlewares:
                yield "errors_reach_middlewares"
            case Crash() if app.middlewares:
                yield "crashes_reach_middlewares"
            case ReturnValue() if app.middlewares:
                yield "no_response_reaches_middlewares"
            case ReadCookies():
                yield from _touched_by_cookies(request)
            case ReadBody(how):
                yield from _touched_by_body(app, how, request)


def _touched_by_cookies(request: Request) -> Iterator[str]:
    fields = [value for name, value in request.headers if name.lower() == "cookie"]
    if len(fields) > 1:
        yield "several_cookie_fields"
    names = [pair.partition("=")[0].strip() for value in fields for pair in value.split(";")]
    if len(set(names)) < len(names):
        yield "repeated_cookie"


def _touched_by_body(app: App, how: str, request: Request) -> Iterator[str]:
    body = request.body or b""
    if how != "none" and app.body_limit is not None and len(body) > app.body_limit:
        yield "body_limit_status"
        if app.middlewares:
            yield "errors_reach_middlewares"
    if how == "json" and not _is_json(body):
        yield "invalid_json"
        if not body:
            yield "empty_json"
        if app.middlewares:
            yield "errors_reach_middlewares"
    if how == "form":
        yield from _touched_by_form(app, request, body)


def _touched_by_form(app: App, request: Request, body: bytes) -> Iterator[str]:
    if not _is_form(request):
        yield "form_of_other_type"
        if app.middlewares:
            yield "errors_reach_middlewares"
        return
    if any(_is_blank(pair) for pair in body.decode("latin-1").split("&")):
        yield "blank_form_values"


def _is_form(request: Request) -> bool:
    types = [value for name, value in request.headers if name.lower() == "content-type"]
    return types == ["application/x-www-form-urlencoded"]


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body.decode("utf-8"))
    except ValueError:
        return False
    return True


def _is_blank(pair: str) -> bool:
    return bool(pair) and not pair.partition("=")[2]
