"""Which route a path takes, by each of the dialects in which frameworks read a route table.

Owns a model of routing that is plain enough to be checked by eye. It decides which requests two
dialects read differently, so that they are not drawn; it judges nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from .. import dialect as dialects
from ..spec import App, Route

_PARAM = re.compile(r"\{([^{}]+)\}")
_ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)
_DELIMITERS = "!$&'()*+,;=:@"  # what of RFC 3986 §2.2 a segment may hold as it is
_ESCAPED_DELIMITER = re.compile("|".join(f"%{ord(one):02X}" for one in _DELIMITERS), re.IGNORECASE)

USUAL_METHODS = frozenset(
    ("GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH")
)
"""Those of RFC 9110 §9.3, and PATCH."""

_REGISTERED_METHODS = USUAL_METHODS | frozenset(
    (
        "ACL", "BIND", "CHECKOUT", "COPY", "LINK", "LOCK", "MERGE", "MKACTIVITY", "MKCALENDAR",
        "MKCOL", "MOVE", "PROPFIND", "PROPPATCH", "QUERY", "REBIND", "REPORT", "SEARCH", "UNBIND",
        "UNLINK", "UNLOCK",
    )
)  # fmt: skip


def shape(path: str) -> str:
    """The path of a route without the names of its params."""
    return _PARAM.sub("{}", path)


@dataclass(frozen=True)
class Resolved:
    """What becomes of a method and a path. `kind` is "route", "redirect", "404" or "405".

    detail   the id of the route; the status of the redirect; what the methods are there
    params   with their values
    """

    kind: str
    detail: str = ""
    params: tuple[tuple[str, str], ...] = ()


def resolve(app: App, method: str, raw_path: str, declared: Mapping[str, str]) -> Resolved:
    """What a framework of this dialect does with a request."""
    say = _Dialect(declared)
    if say("known_methods") == "registered" and method not in _REGISTERED_METHODS:
        return Resolved("400")
    if _is_invalid(raw_path) and say("invalid_utf8") in ("400", "404"):
        return Resolved(say("invalid_utf8"))
    if say("encoded_slash") == "404" and _ESCAPED_SLASH.search(raw_path):
        return Resolved("404")
    if say("encoded_slash") == "separator":
        raw_path = _ESCAPED_SLASH.sub("/", raw_path)
    found = list(_candidates(app, raw_path, say))
    if not found:
        return _elsewhere(app, raw_path, say)
    return _by_method(found, method, say)


class _Dialect:
    def __init__(self, declared: Mapping[str, str]) -> None:
        self._declared = declared

    def __call__(self, option: str) -> str:
        return dialects.value(self._declared, option)


_Found = tuple[Route, tuple[tuple[str, str], ...]]


def _candidates(app: App, raw_path: str, say: _Dialect) -> Iterator[_Found]:
    """Routes that match the path, the preferred one first, with their params."""
    routes = list(app.routes)
    if say("duplicate_route") == "last":
        routes.reverse()
    if say("precedence") != "registration":
        key = _openness if say("precedence") == "literal" else _literals_in_front
        routes.sort(key=lambda route: key(route.path))
    segments = _segments(raw_path, say)
    for route in routes:
        params = _match(route.path, segments, say)
        if params is not None:
            yield route, params


@lru_cache(maxsize=1024)
def _openness(path: str) -> tuple[int, ...]:
    return tuple(1 if _PARAM.fullmatch(segment) else 0 for segment in path.split("/"))


@lru_cache(maxsize=1024)
def _literals_in_front(path: str) -> int:
    """A key that sorts by how many segments stand before the first param, the most first."""
    return -path.partition("{")[0].count("/") - ("{" not in path)


def _segments(raw_path: str, say: _Dialect) -> list[str]:
    segments = raw_path.split("/")
    if say("double_slash") == "same":
        segments = [segments[0], *(one for one in segments[1:-1] if one), segments[-1]]
    if say("trailing_slash") == "same" and segments[-1] == "" and len(segments) > 2:
        segments.pop()
    return segments


def _match(path: str, segments: list[str], say: _Dialect) -> tuple[tuple[str, str], ...] | None:
    wanted = path.split("/")
    if say("missing_slash") == "same" and wanted[-1] == "" and len(wanted) > 2:
        wanted.pop()
    if len(wanted) != len(segments):
        return None
    params = []
    for pattern, segment in zip(wanted, segments, strict=True):
        param = _PARAM.fullmatch(pattern)
        if param is not None:
            if not segment:
                return None
            params.append((param[1], _value(segment, say)))
        elif not _is_literal(pattern, segment, say):
            return None
    return tuple(params)


def _is_literal(text: str, segment: str, say: _Dialect) -> bool:
    if say("encoded_literal") == "no":
        return segment in (text, quote(text, safe=_DELIMITERS))
    if say("encoded_delimiter") == "no" and _ESCAPED_DELIMITER.search(segment):
        return False
    return not _is_invalid(segment) and decoded(segment) == text


def _value(segment: str, say: _Dialect) -> str:
    if say("param_decoding") == "raw":
        return segment
    if _is_invalid(segment):
        return _value_of_invalid(segment, say("invalid_utf8"))
    if say("encoded_slash") == "raw":
        return "%2F".join(decoded(part) for part in _ESCAPED_SLASH.split(segment))
    return decoded(segment)


def _value_of_invalid(segment: str, how: str) -> str:
    """The param that a segment becomes which is not UTF-8 when it is decoded."""
    if how == "keep":
        return segment
    errors = {"surrogate": "surrogateescape"}.get(how, how)
    return unquote_to_bytes(segment.encode("latin-1")).decode("utf-8", errors)


def _elsewhere(app: App, raw_path: str, say: _Dialect) -> Resolved:
    """No route has the path itself: one may with a slash more or less."""
    for option, other in (
        ("trailing_slash", raw_path.rstrip("/") if raw_path.endswith("/") else ""),
        ("missing_slash", raw_path + "/"),
        ("double_slash", re.sub("/+", "/", raw_path) if "//" in raw_path else ""),
    ):
        does = say(option)
        if does not in ("404", "same") and other and any(_candidates(app, other, say)):
            return Resolved("redirect", does)
    return Resolved("404")


def _by_method(found: list[_Found], method: str, say: _Dialect) -> Resolved:
    takes_head = say("head_of_get") == "yes"
    for route, params in found:
        if route.method == method:
            if method == "HEAD" and takes_head:
                route, params = _for_head(found, say)
            return Resolved("route", route.id, params)
    methods = {route.method for route, _ in found}
    if method == "HEAD" and "GET" in methods and takes_head:
        return _by_method(found, "GET", say)
    if method == "OPTIONS" and say("options_of_get") != "405":
        return Resolved("405", say("options_of_get"))
    if "GET" in methods and takes_head:
        methods |= {"HEAD"} if "head" in say("allow_lists") else set()
    methods |= {"OPTIONS"} if "options" in say("allow_lists") else set()
    return Resolved("405", say("wrong_method") + " " + ", ".join(sorted(methods)))


def _for_head(found: list[_Found], say: _Dialect) -> _Found:
    """The route for HEAD, where there are routes for HEAD among those that match."""
    heads = [one for one in found if one[0].method == "HEAD"]
    if say("head_route") == "all":
        return heads[0]
    first = next(one for one in found if one[0].method in ("GET", "HEAD"))
    if say("head_route") == "same_path":
        same = [one for one in heads if shape(one[0].path) == shape(first[0].path)]
        return (same or [first])[0]
    return first


def decoded(segment: str) -> str:
    """Percent-decoded as UTF-8; octets that are none become U+FFFD."""
    return unquote_to_bytes(segment.encode("latin-1")).decode("utf-8", "replace")


def _is_invalid(raw_path: str) -> bool:
    try:
        unquote_to_bytes(raw_path.encode("latin-1")).decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False
