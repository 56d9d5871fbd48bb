"""Drawing a route table and the paths that are asked of it.

Owns how routes are made like each other, and how paths are derived from the routes: to match them,
or to miss them narrowly.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote

from ..choices import Choices, one_of
from .lines import written
from .words import (
    BAD_METHODS,
    FIRST_NAMES,
    LITERALS,
    MALFORMED,
    METHODS,
    MIXED,
    OTHER_NAMES,
    UNUSUAL,
    VALUES,
)

MAX_ROUTES = 12
MIN_QUESTIONS, MAX_QUESTIONS = 60, 100


class Part(NamedTuple):
    """A segment of a drawn route.

    pattern   as it is registered, with @0 and @1 for names
    segments  of a path that match it or nearly do, the first three of them the usual ones
    """

    pattern: str
    segments: tuple[str, ...]


Route = tuple[Part, ...]

_NAMES = (*[FIRST_NAMES] * 18, *[OTHER_NAMES] * 5, ("twice",) * len(FIRST_NAMES))

_PARAM = Part("{@0}", VALUES)
_TAIL = Part(
    "{@0:path}", (*VALUES, "a/b", "a//b", "a/", "/", "//", "/a", "../a", "a%2Fb/c", "é/%61")
)
_MIXED = tuple(Part(one.pattern, one.segments) for one in MIXED)
_MALFORMED = tuple(Part(text, (text, "a", "x")) for text in MALFORMED)


def _decoded(text: str) -> str:
    """As far as it can be."""
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError:
        return text


def _spelled(written: str) -> tuple[str, ...]:
    """How a literal may be asked for, and what is not quite it."""
    text = _decoded(written)
    encoded = "".join(f"%{octet:02X}" for octet in text.encode("utf-8"))
    half = text[:1] + "".join(f"%{octet:02x}" for octet in text[1:].encode("utf-8"))
    others = (text + "a", text[:-1], text.upper(), text + "%00", "%" + text, "a" + text)
    return (text, text, encoded, written, half, *others, encoded[:-1], text.replace("%", "%25"))


_LITERALS = tuple(Part(text, _spelled(text)) for text in LITERALS)
_UNUSUAL = tuple(Part(text, _spelled(text)) for text in UNUSUAL)


def draw(choices: Choices) -> bytes:
    """A table of 1 to 12 routes and 60 to 100 questions."""
    below = choices.below
    literals = _UNUSUAL if below(8) > 4 else _LITERALS
    pool = [one_of(choices, literals) for _ in range(3)]
    draw_route = _crossing_route if below(4) == 3 else _route
    if draw_route is _crossing_route:
        pool[2:] = _PARAM, one_of(choices, _MIXED) if below(2) else _PARAM
    routes: list[Route] = []
    lines = []
    for _ in range(1 + below(MAX_ROUTES)):
        routes.append(draw_route(choices, routes, pool))
        lines.append(f"+ {_method(choices)} {_path(choices, routes[-1])}")
    questions = MIN_QUESTIONS + below(MAX_QUESTIONS - MIN_QUESTIONS + 1)
    lines += [question(choices, one_of(choices, routes)) for _ in range(questions)]
    if len(routes) > 1 and below(4) == 3:  # one route comes late: behind some questions
        late = below(len(routes))
        lines.insert(len(routes) + below(len(lines) - len(routes)), lines.pop(late))
    return written("\n".join(lines) + "\n")


def _method(choices: Choices) -> str:
    return one_of(choices, BAD_METHODS) if choices.below(128) == 127 else one_of(choices, METHODS)


def _route(choices: Choices, earlier: list[Route], pool: list[Part]) -> Route:
    """Most are like another one: that makes alternatives, which something has to choose among."""
    below = choices.below
    start: Route = ()
    if earlier and below(4):
        other = one_of(choices, earlier)
        how = below(4)
        if how == 0:
            return other  # for another method, or with other names, or refused
        at = below(len(other))
        if how < 3:
            return (*other[:at], part(choices, pool), *other[at + 1 :])
        start = other[: at + 1]
    parts = [part(choices, pool) for _ in range((0 if start else 1) + below(3))]
    return (*start, *parts, _TAIL) if below(8) == 7 else (*start, *parts)


def _crossing_route(choices: Choices, earlier: list[Route], pool: list[Part]) -> Route:
    """Every route has the same few segments, in any order: most paths have several that match."""
    route = tuple(one_of(choices, pool) for _ in range(1 + choices.below(3)))
    return (*route, _TAIL) if choices.below(8) == 7 else route


def part(choices: Choices, pool: list[Part]) -> Part:
    """One segment of a pattern; `pool` is what is taken the most."""
    kind = choices.below(16)
    if kind < 6:
        return one_of(choices, pool)
    if kind < 8:
        return one_of(choices, _LITERALS)
    if kind < 12:
        return _PARAM
    if kind < 15 or choices.below(2):
        return one_of(choices, _MIXED)
    return one_of(choices, _MALFORMED)


def _path(choices: Choices, route: Route) -> str:
    names = _NAMES[choices.below(len(_NAMES))]
    path = ""
    for number, one in enumerate(route):
        pattern = one.pattern
        if "@" in pattern:
            first, second = names[number * 2 % 12], names[(number * 2 + 1) % 12]
            pattern = pattern.replace("{@0", "{" + first).replace("{@1", "{" + second)
        path += "/" + pattern
    return path


def question(choices: Choices, route: Route) -> str:
    """A line that asks for a path like those of a route."""
    below = choices.below
    path = ""
    for one in route:
        path += "/" + one.segments[below(len(one.segments)) if below(2) else below(3)]
    change = below(3 * len(_CHANGES))
    if change < len(_CHANGES):
        path = _CHANGES[change](path, choices)
    method = METHODS[below(len(METHODS))] if below(3) else "GET"
    return f"? {method} {path}"


def _at_slash(path: str, choices: Choices, instead: str) -> str:
    """The path with something else in the place of one of its slashes."""
    segments = path.split("/")
    at = 1 + choices.below(len(segments) - 1)
    return "/".join(segments[:at]) + instead + "/".join(segments[at:])


def _without_segment(path: str, choices: Choices) -> str:
    segments = path.split("/")
    del segments[1 + choices.below(len(segments) - 1)]
    return "/".join(segments) or "/"


def _with_value(path: str, choices: Choices) -> str:
    return _at_slash(path, choices, f"/{one_of(choices, VALUES)}/")


def _other_segment(path: str, choices: Choices) -> str:
    segments = path.split("/")
    segments[1 + choices.below(len(segments) - 1)] = one_of(choices, VALUES)
    return "/".join(segments)


def _without_last_character(path: str, choices: Choices) -> str:
    return path[:-1]


_CHANGES = (
    _other_segment,
    _other_segment,
    _without_segment,
    _with_value,
    lambda path, choices: path + "/",
    lambda path, choices: _at_slash(path, choices, "//"),
    lambda path, choices: _at_slash(path, choices, "%2F"),
    lambda path, choices: _at_slash(path, choices, "%252F"),
    lambda path, choices: _at_slash(path, choices, "/./"),
    lambda path, choices: _at_slash(path, choices, "/x/../"),
    lambda path, choices: _at_slash(
        path, choices, "/" + "x" * (20_000 if choices.below(16) == 15 else 200)
    ),
    lambda path, choices: path.replace("%", "%25"),
    lambda path, choices: path[1:],
    lambda path, choices: "/" + path,
    lambda path, choices: path + "?a=/",
    lambda path, choices: "*",
    lambda path, choices: "",
    lambda path, choices: "http://host" + path,
    lambda path, choices: path.upper(),
    _without_last_character,
)
