"""How each router is asked. One interface: a table of patterns in, outcomes of many calls out.

What a call costs is the router's own way of being asked, its exceptions included. Not counted is
what a framework does before it: requests are made beforehand, percent-decoding and URL parsing with
them, which is work that the reference's router, asked with a raw path, does itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from benchmarks.micro.needs import needs
from benchmarks.micro.tables import Call, Outcome, pattern


class Router(Protocol):
    """A table of routes, built by its constructor, ready to be asked; route number n of `count`
    answers GET alone."""

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        """This is measured: resolve each, in the router's own form of a call and of a result."""

    def prepare(self, calls: Sequence[Call]) -> list[Any]: ...

    def outcome(self, result: Any) -> Outcome: ...


async def _handler(request: Any) -> Any:
    raise AssertionError("routes are resolved here, never called")


class ReferenceRouter:
    def __init__(self, count: int) -> None:
        from reference import UrlDispatcher

        self._router = UrlDispatcher()
        self._numbers = {
            self._router.add_get(pattern(number), _handler): number for number in range(count)
        }
        self._router.freeze()

    def prepare(self, calls: Sequence[Call]) -> list[Any]:
        return [(call.method, call.path) for call in calls]

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        resolve = self._router.resolve
        return [resolve(method, path) for method, path in calls]

    def outcome(self, result: Any) -> Outcome:
        if result.route is None:
            return Outcome(405 if result.allowed else 404)
        return Outcome(200, self._numbers[result.route], dict(result.params))


class AiohttpRouter:
    """Asked with requests whose URL has been parsed; its coroutine never waits."""

    def __init__(self, count: int) -> None:
        needs("aiohttp")
        from aiohttp.web import UrlDispatcher

        self._router = UrlDispatcher()
        self._numbers = {
            self._router.add_route("GET", pattern(number), _handler): number
            for number in range(count)
        }
        self._router.freeze()

    def prepare(self, calls: Sequence[Call]) -> list[Any]:
        from yarl import URL

        @dataclass
        class Asked:
            """All of a request that aiohttp's router looks at."""

            method: str
            rel_url: URL

        requests = [Asked(call.method, URL(call.path)) for call in calls]
        for one in requests:
            assert one.rel_url.path_safe  # kept with the URL from now on
        return requests

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        resolve = self._router.resolve
        results = []
        for request in calls:
            try:
                resolve(request).send(None)
            except StopIteration as done:
                results.append(done.value)
        return results

    def outcome(self, result: Any) -> Outcome:
        if result.http_exception is not None:
            return Outcome(result.http_exception.status)
        return Outcome(200, self._numbers[result.route], dict(result))


class StarletteRouter:
    """The loop of its `Router.app`, over its routes' public `matches`."""

    def __init__(self, count: int) -> None:
        needs("starlette")
        from starlette.routing import Match, Route, Router

        self._full, self._none = Match.FULL, Match.NONE
        routes = [Route(pattern(number), _handler, methods=["GET"]) for number in range(count)]
        self._numbers = {id(route): number for number, route in enumerate(routes)}
        self._routes = Router(routes).routes

    def prepare(self, calls: Sequence[Call]) -> list[Any]:
        return [
            {"type": "http", "method": call.method, "path": call.path, "root_path": ""}
            for call in calls
        ]

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        return [self._resolve(scope) for scope in calls]

    def _resolve(self, scope: Any) -> Any:
        full, none, partial = self._full, self._none, None
        for route in self._routes:
            match, child_scope = route.matches(scope)
            if match is full:
                return route, child_scope
            if match is not none and partial is None:
                partial = (None, child_scope)
        return partial

    def outcome(self, result: Any) -> Outcome:
        if result is None:
            return Outcome(404)
        route, child_scope = result
        if route is None:
            return Outcome(405)
        return Outcome(200, self._numbers[id(route)], child_scope["path_params"])


class _ByPath:
    """Asked with a path and a method."""

    def prepare(self, calls: Sequence[Call]) -> list[Any]:
        return [(call.path, call.method) for call in calls]


class _Raising(_ByPath):
    """Says no by raising; its constructor says what, and how it is asked."""

    _resolve: Callable[[str, str], Any]
    _refusals: Any

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        resolve, refusals = self._resolve, self._refusals
        results: list[Any] = []
        for path, method in calls:
            try:
                results.append(resolve(path, method))
            except refusals as refusal:
                results.append(refusal)
        return results


class WerkzeugRouter(_Raising):
    def __init__(self, count: int) -> None:
        needs("werkzeug")
        from werkzeug.exceptions import MethodNotAllowed, NotFound
        from werkzeug.routing import Map, Rule

        self._refusals = (NotFound, MethodNotAllowed)
        rules = [
            Rule(pattern(number, "<>"), endpoint=number, methods=["GET"]) for number in range(count)
        ]
        adapter = Map(rules).bind("localhost")
        adapter.map.update()  # it sorts its rules at the first question otherwise
        self._resolve = adapter.match

    def outcome(self, result: Any) -> Outcome:
        if isinstance(result, Exception):
            return Outcome(int(getattr(result, "code", 0)))
        number, params = result
        return Outcome(200, number, dict(params))


class SanicRouter(_Raising):
    """`sanic_routing` by itself, without the cache of 1,024 answers that Sanic puts before it."""

    def __init__(self, count: int) -> None:
        needs("sanic_routing")
        from sanic_routing import BaseRouter
        from sanic_routing.exceptions import NoMethod, NotFound

        class Table(BaseRouter):
            DEFAULT_METHOD = "GET"
            ALLOWED_METHODS = ("GET", "DELETE")

            def get(self, path: str, method: str) -> Any:  # type: ignore[override]
                return self.resolve(path, method=method)

        self._refusals = (NotFound, NoMethod)
        self._no_method = NoMethod
        router = Table()
        for number in range(count):
            route = pattern(number, "<>")
            router.add(route, _handler, methods=["GET"], name=str(number))
        router.finalize()
        self._resolve = router.get

    def outcome(self, result: Any) -> Outcome:
        if isinstance(result, Exception):
            return Outcome(405 if isinstance(result, self._no_method) else 404)
        route, _, params = result
        return Outcome(200, int(route.name), dict(params))


class FalconRouter(_ByPath):
    """A wrong method is not refused: it has a responder that says so."""

    largest: ClassVar[int] = 1_000  # its compiler's work grows with the square of the table

    def __init__(self, count: int) -> None:
        needs("falcon")
        from falcon.routing import CompiledRouter

        class Resource:
            def __init__(self, number: int) -> None:
                self.number = number

            def on_get(self, *arguments: Any) -> None:
                raise AssertionError("routes are resolved here, never called")

        self._router = CompiledRouter()
        for number in range(count):
            self._router.add_route(pattern(number), Resource(number))
        self._router.find("/")  # compiles

    def ask(self, calls: Sequence[Any]) -> list[Any]:
        find = self._router.find
        results: list[Any] = []
        for path, method in calls:
            found = find(path)
            results.append(None if found is None else (found, found[1][method]))
        return results

    def outcome(self, result: Any) -> Outcome:
        if result is None:
            return Outcome(404)
        (resource, _, params, _), responder = result
        if getattr(responder, "__self__", None) != resource:
            return Outcome(405)
        return Outcome(200, resource.number, params)


ROUTERS: dict[str, Callable[[int], Router]] = {
    "reference": ReferenceRouter,
    "aiohttp": AiohttpRouter,
    "falcon": FalconRouter,
    "sanic-routing": SanicRouter,
    "starlette": StarletteRouter,
    "werkzeug": WerkzeugRouter,
}
