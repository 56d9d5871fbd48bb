"""Strategies for requests: targets that match a route table, nearly match and do not; queries,
header fields, bodies in every framing.

Each draws from plain to odd, so that Hypothesis shrinks to the plain. What is drawn first is a
sketch that knows no application, since to make a strategy for each of them would cost more than to
draw from it. All are well-formed; octets that are not come from `wire`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from urllib.parse import quote

from hypothesis import strategies as st

from ..spec import App, Pairs
from .apps import METHODS, MORE_METHODS, ODD_WORDS, WORDS, often
from .case import Request

_PARAM = re.compile(r"\{[^{}]+\}")
_PCHAR = "-._~!$&'()*+,;=:@"  # beside letters and digits, what a segment may hold as it is

# -- Paths ----------------------------------------------------------------------------------------

_TEXTS = (
    "1", "x y", "a/b", "ü", "日本", "%", "a%20b", "%2F", "a+b", "a?b", "a#b", "\\", "\"<>", "{}",
    "\n", "\0", "é" * 20,
)  # fmt: skip
_FORMS = (".", "..", "%2e%2e", "a%2Fb", "%2f", "%FF", "%C3", "a;b=c", "%C0%AF", "%252F")


def spelled(text: str, how: str) -> str:
    """Text percent-encoded: only where it must be, every octet, in lower case, or twice."""
    octets = text.encode()
    if how == "all":
        return "".join(f"%{octet:02X}" for octet in octets)
    plain = quote(octets, safe=_PCHAR)
    if how == "lower":
        return re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), plain)
    if how == "twice":
        return plain.replace("%", "%25")
    return plain


def _whole_escapes(text: str) -> str:
    """The text without escapes that are cut short: how those are read is nobody's promise."""
    return re.sub("%(?![0-9A-Fa-f]{2})", "%25", text)


_SPELLINGS = ("plain", "all", "lower", "twice")

# One table, and not a choice of a text and then of its spelling: a draw takes its time.
_SPELLED = tuple(
    dict.fromkeys(
        WORDS
        + _FORMS
        + tuple(spelled(text, how) for how in _SPELLINGS for text in _TEXTS + ODD_WORDS)
    )
)
SEGMENTS = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(_SPELLED),
    st.sampled_from(_SPELLED),
    st.text(st.sampled_from("ab%2F." + _PCHAR), min_size=1, max_size=6).map(_whole_escapes),
)
"""Segments of a path as they are sent: words, and text in each form of percent-encoding."""


def _as_it_is(parts: list[str], place: int) -> list[str]:
    return parts


def _with(parts: list[str], place: int, part: str) -> list[str]:
    return [*parts[:place], part, *parts[place + 1 :]]


_Change = Callable[[list[str], int], list[str]]
_CHANGES: tuple[_Change, ...] = (
    lambda parts, place: [*parts, "a"],
    lambda parts, place: parts[:-1],
    lambda parts, place: [*parts, ""],
    lambda parts, place: _with(parts, place, "b"),
    lambda parts, place: [*parts[:place], "a", *parts[place:]],
    lambda parts, place: [*parts[:place], "", *parts[place:]],
    lambda parts, place: _with(parts, place, parts[place].swapcase()),
    lambda parts, place: [*parts[:place], ".", *parts[place:]],
    lambda parts, place: [*parts, "a", ".."],
    lambda parts, place: _with(parts, place, parts[place] + "b"),
    lambda parts, place: ["%2F".join(parts)],
    lambda parts, place: ["nowhere"],
    lambda parts, place: parts[::-1],
)
_NEARBY = st.sampled_from(_CHANGES)


@dataclass(frozen=True)
class Sketch:
    """A request without its application.

    route, method   places in the table of routes, modulo its length; a method beside those, or None
    fillings        for the params
    spelling        of the literals
    change, place   what is changed of the path, and where
    """

    route: int
    fillings: tuple[str, ...]
    spelling: str
    change: _Change
    place: int
    query: str
    method: str | None
    other_method: int | None
    headers: Pairs
    body: bytes | None
    chunks: tuple[int, ...] | None

    def path(self, app: App) -> str:
        if not app.routes:
            return "/" + "/".join(self.fillings)
        route = app.routes[self.route % len(app.routes)]
        found, params = [], 0
        for segment in route.path.split("/")[1:]:
            if _PARAM.fullmatch(segment):
                found.append(self.fillings[params % len(self.fillings)])
                params += 1
            else:
                found.append(spelled(segment, self.spelling))
        return "/" + "/".join(self.change(found, self.place % len(found)))

    def request(self, app: App) -> Request:
        if self.method is not None or not app.routes:
            method = self.method or "GET"
        else:
            route = self.route if self.other_method is None else self.other_method
            method = app.routes[route % len(app.routes)].method
        target = self.path(app) + self.query
        return Request(method, target, self.headers, self.body, self.chunks)


# -- Queries --------------------------------------------------------------------------------------

_QUERY_NAMES = ("a", "b", "A", "ü", "a[]", "x y")
_QUERY_VALUES = (
    "1", "2", "", "a b", "a+b", "&", "=", "ü", "%", "/", "?", "a;b", "日", "x" * 300,
)  # fmt: skip
_QUERY_PAIRS = st.lists(
    st.sampled_from([(name, value) for value in _QUERY_VALUES for name in _QUERY_NAMES]),
    min_size=1,
    max_size=4,
)
_SPACES = st.sampled_from(("+", "%20"))
_ODD_PAIRS = st.sampled_from((None,) * 6 + ("", "a", "=", "a=b=c", "a;b=1", "=1", "%41=%42"))


@st.composite
def _queries(draw: st.DrawFn) -> str:
    space = draw(_SPACES)
    parts = [
        quote(name, safe="").replace("%20", space)
        + "="
        + quote(value, safe="/?;").replace("%20", space)
        for name, value in draw(_QUERY_PAIRS)
    ]
    odd = draw(_ODD_PAIRS)
    return "?" + "&".join([*parts, *([] if odd is None else [odd])])


QUERIES = _queries()
"""Queries with their `?`: names that come again, blank values, every kind of encoding."""


# -- Header fields --------------------------------------------------------------------------------

_NAMES = ("X-A", "X-B", "x-a", "X-a", "Accept", "User-Agent", "X_Under", "X.Dot", "Referer")
_VALUES = (
    "1", "2", "", "a, b", "a  b", "x\ty", '"quoted"', "=?utf-8?q?x?=", "a;b=c", ",", "*/*", "(c)",
    " 1\t",
)  # fmt: skip
_FIELDS = st.one_of(
    st.sampled_from([(name, value) for value in _VALUES for name in _NAMES]),
    st.tuples(
        st.sampled_from(_NAMES),
        st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=8),
    ),
    st.tuples(
        st.sampled_from(_NAMES),
        st.text(st.characters(min_codepoint=0xA0, max_codepoint=0xFF), max_size=4),
    ),
)
_SINGLETONS = ("user-agent", "referer")  # RFC 9110 §5.3: no lists, so senders have them once
HEADER_LISTS = st.lists(
    _FIELDS,
    max_size=4,
    unique_by=lambda field: field[0] if field[0].lower() in _SINGLETONS else object(),
)
"""Fields with duplicates, names in any case, odd octets, white space around values."""

_COOKIE_PAIRS = st.sampled_from(("c=1", "d=2", "c=2", "e=a-b", "f=", "g=a=b", 'h="x"'))
_COOKIES = st.lists(_COOKIE_PAIRS, min_size=1, max_size=3).map("; ".join)
COOKIE_FIELDS = st.lists(st.tuples(st.just("Cookie"), _COOKIES), max_size=2)


# -- Bodies ---------------------------------------------------------------------------------------

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_Body = tuple[bytes | None, str | None]
BODIES: st.SearchStrategy[_Body] = st.one_of(
    st.tuples(st.sampled_from((b"x", b"", b"hello", b"GET / HTTP/1.1\r\n\r\n")), st.none()),
    st.tuples(
        st.sampled_from((b"{}", b'{"a": 1}', b"[1, 2]", b'"x"', b"null", b"{", b"no", b"\xff")),
        st.just(_JSON),
    ),
    st.tuples(QUERIES.map(lambda query: query[1:].encode()), st.just(_FORM)),
    st.tuples(st.binary(max_size=30), st.none()),
    st.tuples(st.text(st.sampled_from("aü日"), max_size=20).map(str.encode), st.none()),
    st.tuples(st.sampled_from((b"y" * 100, b"y" * 1000, b"y" * 70_000)), st.none()),
)
"""Bodies with their Content-Type."""

CHUNKS = st.lists(st.sampled_from((1, 2, 3, 1, 2, 5, 16, 20)), max_size=5).map(tuple)
"""Sizes of chunks; what is left of the body is the last one."""

CUTS = st.lists(st.integers(1, 400), max_size=4).map(tuple)
"""Places at which octets are cut into segments."""


# -- Requests -------------------------------------------------------------------------------------

_PLACES = st.integers(0, 5)
_FILLINGS = st.tuples(SEGMENTS, SEGMENTS)
_LITERAL_SPELLINGS = st.sampled_from(_SPELLINGS)
_METHODS = st.sampled_from(METHODS + MORE_METHODS + ("TRACE", "get", "FOO"))

_ODDITIES = ("fields", "body", "query", "path", "method", "spelling", "cookies", "other route")
_SOME_ODDITIES = st.sampled_from(
    [()] * 3 + [chosen for count in (1, 2, 3) for chosen in combinations(_ODDITIES, count)]
)
"""In what a request is not the plain one: drawn at once, since a draw takes its time."""


@st.composite
def _sketches(draw: st.DrawFn) -> Sketch:
    route, fillings, odd = draw(_PLACES), draw(_FILLINGS), draw(_SOME_ODDITIES)
    change, place = (draw(_NEARBY), draw(_PLACES)) if "path" in odd else (_as_it_is, 0)
    fields = draw(HEADER_LISTS) if "fields" in odd else []
    if "cookies" in odd:
        fields += draw(COOKIE_FIELDS)
    body, kind = draw(BODIES) if "body" in odd else (None, None)
    if kind is not None:
        fields.append(("Content-Type", kind))
    return Sketch(
        route,
        fillings,
        draw(_LITERAL_SPELLINGS) if "spelling" in odd else "plain",
        change,
        place,
        draw(QUERIES) if "query" in odd else "",
        draw(_METHODS) if "method" in odd else None,
        draw(_PLACES) if "other route" in odd else None,
        tuple(fields),
        body,
        draw(CHUNKS) if body is not None and draw(often) else None,
    )


SKETCHES = _sketches()


def requests(app: App) -> st.SearchStrategy[Request]:
    """Requests to an application."""
    return SKETCHES.map(lambda sketch: sketch.request(app))


def rotated(fields: Sequence[tuple[str, str]], by: int) -> Pairs:
    """The fields in another order, in which those of one name keep theirs."""
    names = list(dict.fromkeys(name.lower() for name, _ in fields))
    if not names:
        return ()
    place = by % len(names)
    order = names[place:] + names[:place]
    return tuple(field for name in order for field in fields if field[0].lower() == name)
