"""Which route a path takes.

Owns the table of routes and the decoding of params. A path is matched as it was sent, in one
spelling (RFC 3986 §6.2.2), and params are decoded behind that: %2F separates nothing.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from . import overlaps
from .targets import decode

Handler = Callable[[Any], Awaitable[Any]]

_PARAM = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_NEVER_IN_PATHS = re.compile(r"%(?![0-9A-F]{2})|[^A-Za-z0-9\-._~!$&'()*+,;=:@/%]")
_DELIMITERS = re.compile(r"[!&',;=:@]")
_USUAL = ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


@dataclass(frozen=True)
class Route:
    method: str
    path: str
    handler: Handler
    pattern: re.Pattern[str] = field(repr=False)
    names: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, ...]:
        """A sort key: literal segments before those with literal text before mere params."""
        return tuple(_openness(segment) for segment in self.path.split("/"))


@dataclass(frozen=True)
class Found:
    """What the table has for a request: a route with its params, or the methods it has instead;
    neither for an unknown path."""

    route: Route | None = None
    params: dict[str, str] = field(default_factory=dict)
    allowed: tuple[str, ...] = ()


class Router:
    def __init__(self, faults: frozenset[str]) -> None:
        self.faults = faults
        self._registered: list[Route] = []
        self._kept: dict[str, str] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        """Raises ValueError for a second route for the same requests."""
        names = tuple(_PARAM.findall(path))
        route = Route(method, path, handler, self._pattern(path), names)
        if "forgets-routes-beyond-a-hundred" in self.faults and len(self._registered) >= 100:
            return
        is_second = any(_is_same(route, other) for other in self._registered)
        if is_second and "last-route-wins" not in self.faults:
            raise ValueError(f"there is a route for {method} {path} already")
        self._registered.append(route)

    def _pattern(self, path: str) -> re.Pattern[str]:
        param = r"([^/]+)"
        if "params-are-word-characters" in self.faults:
            param = r"(\w+)"
        elif "params-span-segments" in self.faults:
            param = r"(.+)"
        elif "params-may-be-empty" in self.faults:
            param = r"([^/]*)"
        elif "params-match-without-end" in self.faults:
            param = r"((?:[^/]+)+)"
        # The odd ones of these are names, which are kept with the route.
        literals = _PARAM.split(path)[::2]
        if not (
            {"decodes-before-matching", "literals-stay-unencoded", "path-is-regex"} & self.faults
        ):
            literals = [_one_spelling(text) for text in literals]
        if "literal-delimiters-are-encoded" in self.faults:
            literals = [_DELIMITERS.sub(_escape, text) for text in literals]
        is_later = "later-routes-are-patterns" in self.faults and bool(self._registered)
        if "path-is-regex" not in self.faults and not is_later:
            literals = [re.escape(text) for text in literals]
        flags = re.IGNORECASE if "ignores-case-of-path" in self.faults else re.NOFLAG
        return re.compile(param.join(literals), re.DOTALL | flags)

    def find(self, method: str, path: str) -> Found:
        """The route for a method and a path that is percent-encoded."""
        path = self._spelling(self._worsened(path))
        matching = [
            (route, match)
            for route in self._candidates(path)
            if (match := self._match(route.pattern, path)) is not None
            and not overlaps.hidden(route, self._registered, self.faults)
        ]
        if "literal-hides-methods" in self.faults:
            matching = [one for one in matching if one[0].shape == matching[0][0].shape]
        by_method = {route.method: (route, match) for route, match in reversed(matching)}
        method = self._method(method, by_method)
        found = by_method.get(method)
        if method == "GET" and "head-brings-get" in self.faults:
            found = found or by_method.get("HEAD")
        if found is None and method == "HEAD" and "head-is-not-get" not in self.faults:
            found = by_method.get("GET")  # RFC 9110 §9.3.2: identical but for the content
        if found is None and matching and "ignores-method" in self.faults:
            found = matching[0]
        if found is not None:
            params = self._params(*found)
            if "params-of-other-methods" in self.faults:
                for other in matching:
                    params = self._params(*other) | params
            return Found(found[0], params)
        if not matching and self._registered and "falls-back-to-first-route" in self.faults:
            return Found(self._registered[0])
        return Found(allowed=self._allowed([route for route, _ in matching]))

    def _method(self, method: str, known: Iterable[str]) -> str:
        """The method with what is told to go wrong with it."""
        if "methods-are-attributes" in self.faults and hasattr(self, method.lower()):
            raise TypeError(f"{method} of an object that is no handler")
        if "long-methods-crash" in self.faults and len(method) > 64:
            raise ValueError("a method of so many letters")
        if "usual-methods-only" in self.faults and method not in _USUAL:
            return ""
        if "methods-by-prefix" in self.faults:
            return next((one for one in known if method.startswith(one)), method)
        if "head-prefers-get" in self.faults and method == "HEAD":
            return "GET"
        if "ignores-case-of-method" in self.faults:
            return method.upper()
        return method

    def methods(self) -> tuple[str, ...]:
        """The methods of all routes."""
        return self._allowed(self._registered)

    def _allowed(self, routes: list[Route]) -> tuple[str, ...]:
        if "allow-of-first-route" in self.faults:
            routes = routes[:1]
        methods = {route.method for route in overlaps.allowing(routes, self.faults)}
        return tuple(sorted(methods | ({"HEAD"} if "GET" in methods else set())))

    def _worsened(self, path: str) -> str:
        """The path as it was sent with what is told to go wrong with it."""
        if {"invalid-utf-8-crashes", "malformed-percent-crashes"} & self.faults:
            decode(path, self.faults)
        if "segments-recurse" in self.faults:
            _depth(path.split("/"))
        if "backslash-is-a-slash" in self.faults:
            return re.sub("%5[Cc]", "/", path)
        if "overlong-utf-8-is-decoded" in self.faults:
            return path.replace("%C0%AF", "/")
        if "path-ends-at-nul" in self.faults:
            return path.partition("%00")[0]
        if "line-end-behind-path-is-dropped" in self.faults:
            return re.sub("(%0[AaDd])+$", "", path)
        if "plus-in-path-is-space" in self.faults:
            return path.replace("+", "%20")
        if "escapes-in-upper-case-only" in self.faults:
            return re.sub("%(?![0-9A-F]{2})", "%25", path)
        if "normalises-dots-behind-decoding" in self.faults:
            return posixpath.normpath(decode(path, self.faults))
        if "normalises-dots-before-parameters" in self.faults:
            return posixpath.normpath(re.sub(";[^/]*", "", path))
        if "adds-slash-at-the-end" in self.faults:
            return path + "/" if any(one.path == path + "/" for one in self._registered) else path
        if "decodes-twice" in self.faults:
            return re.sub("%25(?=[0-9A-Fa-f]{2})", "%", path)
        return path

    def _spelling(self, path: str) -> str:
        if "collapses-slashes" in self.faults:
            path = re.sub("/+", "/", path)
        if "normalises-dot-segments" in self.faults:
            path = posixpath.normpath(path)
        if "matches-raw-path" in self.faults:
            return path
        if "decodes-before-matching" in self.faults:
            return decode(path, self.faults)
        return _one_spelling(path)

    def _candidates(self, path: str) -> Iterable[Route]:
        routes = self._registered
        if "registration-order" not in self.faults:
            routes = overlaps.ordered(routes, self.faults)
        if "first-route-only" in self.faults:
            return routes[:1]
        if "last-route-wins" in self.faults:
            return reversed(routes)
        if "never-backtracks" in self.faults:
            return _greedy(routes, path)
        return overlaps.left(routes, path, self.faults)

    def _match(self, pattern: re.Pattern[str], path: str) -> re.Match[str] | None:
        if "matches-prefix" in self.faults:
            return pattern.match(path)
        return pattern.fullmatch(path)

    def _params(self, route: Route, match: re.Match[str]) -> dict[str, str]:
        texts = overlaps.values(match.groups(), self.faults)
        values = [self._decoded(text) for text in texts]
        if "params-in-reverse" in self.faults:
            values.reverse()
        params = dict(zip(self._names(route), values, strict=False))
        if "params-are-kept" in self.faults:
            self._kept.update(params)
            return dict(self._kept)
        return params

    def _names(self, route: Route) -> tuple[str, ...]:
        """The names of its params with what is told to go wrong with them."""
        if "params-are-arguments" in self.faults and "self" in route.names:
            raise TypeError("more than one value for the argument self")
        if "param-names-of-first-route" in self.faults:
            return next(one.names for one in self._registered if one.pattern == route.pattern)
        if "tree-keeps-first-param-name" in self.faults:
            return overlaps.names(route, self._registered)
        return route.names[:9] if "nine-params" in self.faults else route.names

    def _decoded(self, text: str) -> str:
        if "params-are-raw" in self.faults or "decodes-before-matching" in self.faults:
            return text
        if "decodes-twice" in self.faults:
            text = decode(text, self.faults)
        text = decode(text, self.faults)
        if "strips-params" in self.faults:
            return text.strip()
        if "params-end-at-line-end" in self.faults:
            return text.splitlines()[0]
        if "composes-unicode" in self.faults:
            return unicodedata.normalize("NFC", text)
        return text


def _one_spelling(path: str) -> str:
    """Encoded where it may be and need not be: not; other escapes in upper case."""

    def spell(match: re.Match[str]) -> str:
        character = chr(int(match[1], 16))
        return character if character in _UNRESERVED else match[0].upper()

    def escape(match: re.Match[str]) -> str:
        return "".join(f"%{octet:02X}" for octet in match[0].encode("utf-8", "surrogateescape"))

    return _NEVER_IN_PATHS.sub(escape, _ESCAPE.sub(spell, path))


def _escape(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"


def _depth(segments: list[str]) -> int:
    return 1 + _depth(segments[1:]) if segments else 0


def _openness(segment: str) -> int:
    if _PARAM.fullmatch(segment):
        return 2
    return 1 if _PARAM.search(segment) else 0


def _is_same(one: Route, other: Route) -> bool:
    return one.method == other.method and one.pattern == other.pattern


def _greedy(routes: list[Route], path: str) -> list[Route]:
    """Of the routes those that remain when every literal that fits excludes all others."""
    for place, text in enumerate(path.split("/")):
        exact = [
            route
            for route in routes
            if len(segments := route.path.split("/")) > place and segments[place] == text
        ]
        routes = exact or routes
    return routes
