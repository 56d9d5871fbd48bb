"""The router: which route answers a method and a path.

Owns the route table. Decides purely: it sees no request, calls no handler and raises nothing while
resolving. Imports only the pattern language and the routes at run time.

Routes live in a trie with one level per segment. At each node the alternatives are tried in this
order, whatever the order of registration:

    literal text  >  mixed and regular expressions (in registration order)  >  {name}  >  tail

and the walk comes back for the next alternative when one leads nowhere, or leads to a route that
lacks the method. Every node has one parent and one depth, so a walk visits it at most once. Paths
of literal text only, or with one parameter at their end, are in flat tables as well: most requests
are answered by a look-up or two.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from yarl import URL

from .pattern import (
    Literal,
    Matcher,
    Mixed,
    Param,
    PatternError,
    Segment,
    decode,
    encode,
    parse,
)
from .route import NO_PARAMS, Match, Route, RouteError

if TYPE_CHECKING:
    from .types import Handler

ANY_METHOD = "*"

_T = TypeVar("_T")

# RFC 9110 §5.6.2. Methods are case-sensitive (§9.1): nothing here changes their case.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")

# A route whose last segment is its only parameter, the parameter's name, and the literals that are
# preferred to it, alive: more may be registered.
_ParamHead: TypeAlias = tuple[Route, str, Collection[str]]

_EMPTY: dict[str, Any] = {}
_NOTHING = Match(None, NO_PARAMS, ())


class _Node:
    """A place in the trie: what may follow, and the routes that end here by method."""

    __slots__ = ("literals", "mixed", "param", "routes", "shapes", "tail")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.mixed: list[tuple[Matcher, _Node]] = []  # the latest registered first
        self.shapes: dict[object, _Node] = {}
        self.param: _Node | None = None
        self.tail: _Node | None = None
        self.routes: dict[str, Route] = {}

    def child(self, segment: Segment) -> _Node:
        """The node one segment further, made when it is not there yet."""
        if isinstance(segment, Literal):
            return self.literals.setdefault(segment.text, _Node())
        if isinstance(segment, Mixed):
            node = self.shapes.get(segment.shape)
            if node is None:
                node = self.shapes[segment.shape] = _Node()
                self.mixed.insert(0, (segment.match, node))
            return node
        if isinstance(segment, Param):
            self.param = self.param or _Node()
            return self.param
        self.tail = self.tail or _Node()
        return self.tail


class UrlDispatcher:
    """The route table.

    >>> router = UrlDispatcher()
    >>> router.add_get("/users/{name}", handler, name="user")
    <Route GET /users/{name} name='user'>
    >>> router.resolve("GET", "/users/J%C3%BCrgen").params
    {'name': 'Jürgen'}
    """

    def __init__(self) -> None:
        self._root = _Node()
        self._routes: list[Route] = []
        self._named: dict[str, Route] = {}
        # Method, then raw path: one large table each, since every object on the way to a route is
        # one that the processor has to fetch. Holds only spellings that mean exactly this path.
        self._literal_paths: dict[str, dict[str, Match]] = {ANY_METHOD: {}}
        # The same for paths whose last segment is a plain parameter, by all that stands before it.
        self._param_heads: dict[str, dict[str, _ParamHead]] = {ANY_METHOD: {}}
        self._methods: set[str] = set()
        self._frozen = False

    def __len__(self) -> int:
        return len(self._routes)

    def __contains__(self, name: object) -> bool:
        return name in self._named

    def __getitem__(self, name: str) -> Route:
        """Raises KeyError when no route has this name."""
        return self._named[name]

    def routes(self) -> Iterator[Route]:
        """All routes in registration order."""
        return iter(self._routes)

    def url_for(self, name: str, /, **params: str | int) -> URL:
        """Raises KeyError for an unknown route name; otherwise as `Route.url_for`."""
        return self._named[name].url_for(**params)

    def freeze(self) -> None:
        """Refuse further routes."""
        self._frozen = True

    def add_route(
        self, method: str, path: str, handler: Handler, *, name: str | None = None
    ) -> Route:
        """Register a handler for a method ("*" for any) and a path pattern (see `pattern`).

        Raises RouteError for a method that is no token, a bad pattern, a taken name, or a method
        that this path has already, whatever its parameters are called; TypeError for a handler
        that cannot be called; RuntimeError once frozen. A refused route leaves no trace.
        """
        if self._frozen:
            raise RuntimeError(f"cannot add {method} {path}: the router is frozen")
        if not callable(handler):
            raise TypeError(f"the handler of {method} {path} is not callable: {handler!r}")
        if not _TOKEN.fullmatch(method):
            raise RouteError(f"cannot add {method!r} {path}: no token (RFC 9110 §9.1)")
        try:
            segments = parse(path)
        except PatternError as error:
            raise RouteError(f"cannot add {method} {path}: {error}") from error
        route = Route(method, path, handler, name, segments)
        if name is not None and name in self._named:
            raise RouteError(f"cannot add {route!r}: its name belongs to {self._named[name]!r}")
        self._insert(route, segments)
        self._routes.append(route)
        self._methods.add(method)
        if name is not None:
            self._named[name] = route
        return route

    def add_get(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        """HEAD requests reach this route too, unless the path has a HEAD route of its own."""
        return self.add_route("GET", path, handler, name=name)

    def add_post(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("POST", path, handler, name=name)

    def add_put(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("PUT", path, handler, name=name)

    def add_patch(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("PATCH", path, handler, name=name)

    def add_delete(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("DELETE", path, handler, name=name)

    def add_head(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("HEAD", path, handler, name=name)

    def add_options(self, path: str, handler: Handler, *, name: str | None = None) -> Route:
        return self.add_route("OPTIONS", path, handler, name=name)

    def resolve(self, method: str, raw_path: str) -> Match:
        """The match for a method and a path as it was sent, without its query.

        `raw_path` is still percent-encoded. For OPTIONS with "*" (RFC 9110 §9.3.7) `allowed` is
        every registered method; any other path that does not start with "/" matches nothing.
        """
        literals, params = self._literal_paths, self._param_heads
        match = literals.get(method, _EMPTY).get(raw_path) or literals[ANY_METHOD].get(raw_path)
        if match is not None:
            return match
        head, slash, last = raw_path.rpartition("/")
        found = params.get(method, _EMPTY).get(head) or params[ANY_METHOD].get(head)
        if found is not None and slash and last and "%" not in last and last not in found[2]:
            return Match(found[0], {found[1]: last}, ())
        if slash and raw_path[0] == "/":
            return self._walk(method, raw_path)
        if raw_path == "*" and method == "OPTIONS":
            return Match(None, NO_PARAMS, _allowed(self._methods))
        return _NOTHING

    def _walk(self, method: str, raw_path: str) -> Match:
        segments = raw_path.split("/")
        if "%" in raw_path:
            segments = [decode(s) if "%" in s else s for s in segments]
        count = len(segments)
        allowed: set[str] = set()
        # Alternatives to come back to, the preferred one last: node, depth, values of mixed parts.
        aside: list[tuple[_Node, int, tuple[str, ...]]] = []
        node: _Node | None = self._root
        depth = 1
        values: tuple[str, ...] = ()
        while True:
            if node is None:
                if not aside:
                    return Match(None, NO_PARAMS, _allowed(allowed)) if allowed else _NOTHING
                node, depth, values = aside.pop()
            if depth == count:
                route = node.routes.get(method) or node.routes.get(ANY_METHOD)
                if route is not None:
                    return Match(route, route.read(segments, values), ())
                allowed.update(node.routes)
                node = None
                continue
            segment = segments[depth]
            depth += 1
            best, best_values = node.param if segment else None, values
            if node.tail is not None:
                aside.append((node.tail, count, values))  # takes all segments there are
            for match, child in node.mixed:
                found = match(segment)
                if found is not None:
                    if best is not None:
                        aside.append((best, depth, best_values))
                    best, best_values = child, values + found
            literal = node.literals.get(segment)
            if literal is not None:
                if best is not None:
                    aside.append((best, depth, best_values))
                node = literal
            else:
                node, values = best, best_values

    def _insert(self, route: Route, segments: Sequence[Segment]) -> None:
        parent = node = self._root
        for segment in segments:
            parent, node = node, node.child(segment)
        earlier = node.routes.get(route.method)
        # The GET route that stands in for HEAD gives way to a HEAD route.
        if earlier is not None and earlier.method == route.method:
            raise RouteError(f"cannot add {route!r}: {earlier!r} matches the same requests")
        _put(node.routes, route.method, route)
        self._insert_shortcut(route, segments, parent)

    def _insert_shortcut(self, route: Route, segments: Sequence[Segment], parent: _Node) -> None:
        texts: list[str] = []
        for segment in segments:
            if not isinstance(segment, Literal):
                break
            texts.append(segment.text)
        if len(texts) == len(segments):
            match = Match(route, NO_PARAMS, ())
            for raw_path in _spellings(texts):
                _put_in(self._literal_paths, route.method, raw_path, match)
        elif isinstance(segments[len(texts)], Mixed):
            # It is preferred to {name}, and only trying it can tell whether it matches.
            for raw_head in _spellings(texts):
                for heads in self._param_heads.values():
                    heads.pop(raw_head, None)
        elif len(texts) == len(segments) - 1 and isinstance(segments[-1], Param):
            found = (route, route.param_names[0], parent.literals)
            for raw_head in () if parent.mixed else _spellings(texts):
                _put_in(self._param_heads, route.method, raw_head, found)


def _put(by_method: dict[str, _T], method: str, item: _T) -> None:
    by_method[method] = item
    # RFC 9110 §9.3.2: HEAD is GET without the content, so it goes where GET goes.
    if method == "GET":
        by_method.setdefault("HEAD", item)


def _put_in(tables: dict[str, dict[str, _T]], method: str, key: str, item: _T) -> None:
    """As `_put`, in tables that have the method first."""
    tables.setdefault(method, {})[key] = item
    if method == "GET":
        tables.setdefault("HEAD", {}).setdefault(key, item)


def _allowed(methods: Collection[str]) -> tuple[str, ...]:
    head = {"HEAD"} if "GET" in methods else set()
    return tuple(sorted({*methods, *head} - {ANY_METHOD}))


def _spellings(texts: Sequence[str]) -> set[str]:
    """How clients write this path: percent-encoded, and plain where that is no other path."""
    spellings = {"".join("/" + encode(text) for text in texts)}
    if not any("/" in text or "%" in text for text in texts):
        spellings.add("".join("/" + text for text in texts))
    return spellings
