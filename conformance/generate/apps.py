"""Strategies for applications: routes, handlers, middlewares, hooks, limits.

    from conformance.generate import apps
    @given(apps())

Each draws from plain to odd, so that Hypothesis shrinks to the plain. With a `Ground`, what lies
on ground that two subjects do not share is left out of what was drawn.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from hypothesis import strategies as st

from ..spec import (
    Action,
    App,
    Catch,
    Crash,
    Echo,
    Hook,
    Middleware,
    RaiseHttp,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    ReturnValue,
    Route,
    SetHeader,
    ShortCircuit,
    State,
    Store,
    Stream,
)  # fmt: skip
from .ground import Ground

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
MORE_METHODS = ("HEAD", "OPTIONS", "PROPFIND", "X-ODD")

# Few, so that routes meet each other; then what a regular expression would read, and other letters.
WORDS = ("a", "b", "ab", "users")
ODD_WORDS = (
    "a.b", "a+b", "(a)", "[ab]", "a*", "^a$", "a|b", ".*", "$", "A", "a-b_c~d", "a:b", "a@b",
    "ü", "日本", "é",
)  # fmt: skip
PARAM_NAMES = ("name", "id", "x", "key")
KEYS = ("k1", "k2")

# Those that every framework has an exception or a page for.
STATUSES = (400, 401, 403, 404, 409, 410, 418, 422, 429, 451, 500, 501, 503)
REDIRECTS = (302, 301, 303, 307, 308)

# Strategies are made once: to make one costs more than to draw from it.
mostly = st.sampled_from((False, True, True))
often = st.sampled_from((False, True))
now_and_then = st.sampled_from((False,) * 4 + (True,))
seldom = st.sampled_from((False,) * 9 + (True,))

_T = TypeVar("_T")


def weighted(*choices: tuple[int, st.SearchStrategy[_T]]) -> st.SearchStrategy[_T]:
    """What one of the strategies draws, each as often as its number says; it shrinks to the first.

    `one_of` does not do it: a strategy that is given to it twice counts once.
    """
    places = st.sampled_from(
        [place for place, (count, _) in enumerate(choices) for _ in range(count)]
    )

    @st.composite
    def drawn(draw: st.DrawFn) -> _T:
        return draw(choices[draw(places)][1])

    return drawn()


# -- Routes ---------------------------------------------------------------------------------------

_Segment = tuple[str, str]
_SEGMENTS: st.SearchStrategy[_Segment] = weighted(
    (4, st.tuples(st.just("word"), st.sampled_from(WORDS))),
    (4, st.tuples(st.just("param"), st.sampled_from(PARAM_NAMES))),
    (1, st.tuples(st.just("param"), st.sampled_from(WORDS))),
    (2, st.tuples(st.just("word"), st.sampled_from(ODD_WORDS))),
)
_SEGMENT_LISTS = st.lists(_SEGMENTS, max_size=4)


@st.composite
def _paths(draw: st.DrawFn) -> str:
    segments, names = [], set()
    for kind, word in draw(_SEGMENT_LISTS):
        if kind == "param" and word not in names:
            names.add(word)
            segments.append("{" + word + "}")
        else:
            segments.append(word)
    slash = "/" if segments and draw(seldom) else ""
    return "/" + "/".join(segments) + slash


PATHS = _paths()
"""Paths of routes, `/literal/{param}`, of up to four segments."""

ROUTE_METHODS = st.sampled_from(METHODS[:1] * 4 + METHODS[1:] + MORE_METHODS)

_Kinship = tuple[str, int, bool]
_KINSHIPS: st.SearchStrategy[_Kinship | None] = st.sampled_from(
    [None] * 24
    + [
        (how, place, has_its_method)
        for how in ("same", "word", "param", "other param", "longer word", "longer", "shorter")
        for place in range(3)
        for has_its_method in (True, False)
    ]
)
"""How the path of a route is like that of the one before it: routes that have nothing in common do
not meet. How, in which segment, and whether it has the same method; None for one of its own."""


def _akin(path: str, kinship: _Kinship) -> str:
    """A path that differs in one segment or in none."""
    how, place, _ = kinship
    segments = path.split("/")[1:]
    place %= len(segments)
    params = [at for at, segment in enumerate(segments) if segment.startswith("{")]
    if how == "word" and params:
        place = params[-1]
    changed = {
        "word": "a",
        "param": "{name}",
        "other param": "{key}",
        "longer word": segments[place] + "b",
    }.get(how, segments[place])
    if how == "shorter":
        segments = segments[:-1] or [""]
    elif how == "longer":
        segments = [*filter(None, segments), "b"]
    elif not (changed.startswith("{") and changed in segments) and (
        how != "longer word" or segments[place].isalpha()
    ):
        segments = [*segments[:place], changed, *segments[place + 1 :]]
    return "/" + "/".join(segments)


# -- Responses ------------------------------------------------------------------------------------

_ANSWERED = st.sampled_from((200, 201, 202, 203, 400, 404, 418, 500, 503))
_BODIES = st.one_of(
    st.sampled_from(("hi", "", "x<b>&\"'", "ünï", "two\nlines", "{}")),
    st.none(),
    st.binary(max_size=40),
)
_TYPES = st.sampled_from(
    (None, "text/plain", "text/html", "application/octet-stream", "application/json")
)
SET_HEADERS = st.tuples(
    st.sampled_from(("X-A", "x-a", "X-A", "X-B", "Cache-Control", "ETag", "Vary")),
    st.sampled_from(("1", "2", "a, b", '"x"', "no-store", "a b", "*")),
)
_HEADER_LISTS = st.lists(SET_HEADERS, max_size=3).map(tuple)
_COOKIES = st.lists(
    st.tuples(st.sampled_from(("c", "d", "sid")), st.sampled_from(("1", "2", "a-b"))),
    max_size=2,
    unique_by=lambda pair: pair[0],
).map(tuple)


@st.composite
def _responds(draw: st.DrawFn) -> Respond:
    body = draw(_BODIES)
    kind = draw(_TYPES) if isinstance(body, str) else None
    return Respond(draw(_ANSWERED), body, kind, draw(_HEADER_LISTS), cookies=draw(_COOKIES))


RESPONDS = _responds()
"""Responses as handlers and middlewares make them."""

HTTP_ERRORS = st.one_of(
    st.builds(
        RaiseHttp,
        st.sampled_from(STATUSES),
        st.sampled_from((None, "no such thing", "x<b>&y")),
    ),
    st.builds(
        RaiseHttp,
        st.sampled_from(REDIRECTS),
        st.none(),
        st.sampled_from(("/a", "/a/b?c=d#e", "http://example.org/", "/a b", "/ü", "/%7E", "?q")),
    ),
)
"""Exceptions of the framework's own, some of them redirects."""

CRASHES = st.builds(
    Crash,
    st.sampled_from(("boom", "x<b>&y", "secret é")),
    st.sampled_from(("error", "timeout", "caused")),
)


# -- Handlers, middlewares, hooks ------------------------------------------------------------------

_READINGS = st.builds(
    ReadBody,
    st.sampled_from(("whole", "pieces", "whole", "form", "json", "none")),
    weighted((4, st.just(Echo())), (1, RESPONDS)),
)
_STREAMS = st.lists(st.sampled_from(("a", "bc", "ü", "x" * 100)), min_size=1, max_size=4).map(
    lambda chunks: Stream(tuple(chunks))
)
_RETURNS = st.builds(ReturnValue, st.sampled_from((None, 0, 1, "", "text", 1.5, True, False)))

_ECHO: st.SearchStrategy[Action] = st.just(Echo())
_KEYS = st.sampled_from((*KEYS[:1], *KEYS))
_STATES = st.builds(State, _KEYS)
HANDLERS: st.SearchStrategy[Action] = weighted(
    (7, _ECHO),
    (2, RESPONDS),
    (2, HTTP_ERRORS),
    (1, CRASHES),
    (4, _READINGS),
    (2, st.just(ReadCookies())),
    (1, _STATES),
    (1, _STREAMS),
    (1, _RETURNS),
)
"""What handlers do: echo, for the most part."""

_SET_HEADER: st.SearchStrategy[Action] = SET_HEADERS.map(lambda pair: SetHeader(*pair))
BEFORE: st.SearchStrategy[Action] = weighted(
    (3, RESPONDS.map(ShortCircuit)), (1, HTTP_ERRORS), (1, CRASHES)
)
AFTER: st.SearchStrategy[Action] = weighted(
    (4, _SET_HEADER),
    (2, RESPONDS.map(Catch)),
    (1, RESPONDS.map(ReplaceResponse)),
    (1, HTTP_ERRORS),
    (1, CRASHES),
)
_AFTER_LISTS = st.lists(AFTER, max_size=2).map(tuple)


@st.composite
def _middlewares(draw: st.DrawFn) -> Middleware:
    before = (draw(BEFORE),) if draw(seldom) else ()
    return Middleware("", before, draw(_AFTER_LISTS) if draw(often) else ())


_MIDDLEWARE_LISTS = st.lists(_middlewares(), max_size=5)

_STORES: st.SearchStrategy[Action | None] = st.builds(Store, _KEYS, st.sampled_from(("v", "w")))
_NOTHING: st.SearchStrategy[Action | None] = st.none()
_FAILURE: st.SearchStrategy[Action | None] = st.just(Crash("hook"))


def _hooks(
    prefix: str, actions: st.SearchStrategy[Action | None]
) -> st.SearchStrategy[tuple[Hook, ...]]:
    return st.lists(actions, max_size=3).map(
        lambda given: tuple(Hook(f"{prefix}{place}", do) for place, do in enumerate(given))
    )


STARTUP = _hooks("s", weighted((1, _NOTHING), (3, _STORES)))
SHUTDOWN = _hooks("d", _NOTHING)
CLEANUP = _hooks("c", _NOTHING)
FAILING_STARTUP = _hooks("s", weighted((1, _NOTHING), (4, _STORES), (1, _FAILURE)))
FAILING_SHUTDOWN = _hooks("d", weighted((1, _NOTHING), (1, _FAILURE)))
FAILING_CLEANUP = _hooks("c", weighted((1, _NOTHING), (1, _FAILURE)))


# -- Applications ---------------------------------------------------------------------------------


@st.composite
def _route(draw: st.DrawFn) -> tuple[Route, _Kinship | None]:
    kinship = draw(_KINSHIPS)
    path = draw(PATHS) if kinship is None else "/"
    return Route("", draw(ROUTE_METHODS), path, draw(HANDLERS)), kinship


def _shape(path: str) -> str:
    """The path without the names of its params."""
    return re.sub(r"\{[^{}]+\}", "{}", path)


def _related(drawn: list[tuple[Route, _Kinship | None]]) -> list[Route]:
    """Routes whose paths are like those of the ones before them, where they are to be."""
    routes: list[Route] = []
    for route, kinship in drawn:
        if kinship is not None and routes:
            path, method = _akin(routes[-1].path, kinship), route.method
            if kinship[2]:
                method = routes[-1].method
            taken = {one.method for one in routes if _shape(one.path) == _shape(path)}
            if method in taken:
                method = next((one for one in METHODS if one not in taken), method)
            route = replace(route, path=path, method=method)
        routes.append(route)
    return routes


_ROUTE_LISTS = st.lists(_route(), min_size=1, max_size=6).map(_related)
_LIMITS = st.sampled_from((None,) * 6 + (1024, 64, 16, 1))


@st.composite
def _apps(draw: st.DrawFn) -> App:
    routes = draw(_ROUTE_LISTS)
    stack = draw(_MIDDLEWARE_LISTS) if draw(mostly) else []
    return App(
        tuple(Route(f"r{place}", one.method, one.path, one.do) for place, one in enumerate(routes)),
        tuple(Middleware(f"m{place}", one.before, one.after) for place, one in enumerate(stack)),
        startup=draw(STARTUP) if draw(now_and_then) else (),
        debug=draw(seldom),
        body_limit=draw(_LIMITS),
    )


_APPS = _apps()


def apps(ground: Ground | None = None) -> st.SearchStrategy[App]:
    """Whole applications, all of whose hooks succeed."""
    return _APPS.map((ground or Ground()).common)


_SHOWN = weighted((1, _ECHO), (2, _STATES))


@st.composite
def _lifecycles(draw: st.DrawFn) -> App:
    return App(
        (Route("r0", "GET", "/", draw(_SHOWN)),),
        startup=draw(FAILING_STARTUP),
        shutdown=draw(FAILING_SHUTDOWN),
        cleanup=draw(FAILING_CLEANUP),
    )


_LIFECYCLES = _lifecycles()


def lifecycles(ground: Ground | None = None) -> st.SearchStrategy[App]:
    """Applications with hooks at every position, any of which may fail."""
    return _LIFECYCLES.map((ground or Ground()).common)
