"""What is told to go wrong where routes overlap, and where a path has more than one param.

Owns faults that a table of one plain route does not show; without any, all comes out as it went
in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from .targets import decode


class Route(Protocol):
    """What of a route is asked for here."""

    @property
    def path(self) -> str: ...

    @property
    def shape(self) -> tuple[int, ...]: ...


_R = TypeVar("_R", bound=Route)


def ordered(routes: Sequence[_R], faults: frozenset[str]) -> list[_R]:
    """The routes with the preferred ones first."""
    if "literals-win-in-the-first-segment-only" in faults:
        return sorted(routes, key=lambda route: route.shape[:2])
    return sorted(routes, key=lambda route: route.shape)


def left(routes: Sequence[_R], path: str, faults: frozenset[str]) -> list[_R]:
    """The routes that remain for a path."""
    segments = path.split("/")
    if "first-literal-excludes-params" in faults:
        exact = [route for route in routes if route.path.split("/")[1] == segments[1]]
        if exact:
            return exact
    has_dots = len(segments) > 2 and bool({".", ".."} & set(segments))
    if has_dots and "dot-segments-are-no-params" in faults:
        return []
    return list(routes)


def hidden(route: _R, registered: Sequence[_R], faults: frozenset[str]) -> bool:
    """Whether it is told not to be found because of one that was registered before it."""
    if "longer-literal-hides-shorter" not in faults:
        return False
    if route.path == "/":
        return False
    before = [one.path for one in registered[: registered.index(route)]]
    return any(
        path.startswith(route.path) and path[len(route.path) :][:1] not in ("", "/")
        for path in before
    )


def allowing(routes: Sequence[_R], faults: frozenset[str]) -> list[_R]:
    """Of the routes that match those whose methods Allow lists."""
    if "allow-leaves-out-overlapping-params" in faults:
        literal = [route for route in routes if "{" not in route.path]
        return literal or list(routes)
    return list(routes)


def values(texts: Sequence[str], faults: frozenset[str]) -> list[str]:
    """The params of a path as they were sent."""
    if len(texts) < 2:
        return list(texts)
    if "two-params-decoded-twice" in faults:
        return [decode(text, faults) for text in texts]
    if "plus-in-second-param-is-space" in faults:
        return [texts[0], *(text.replace("+", "%20") for text in texts[1:])]
    if "slashes-of-params-separate" in faults:
        return "/".join(texts).replace("%2F", "/").split("/", len(texts) - 1)
    return list(texts)


def names(route: _R, registered: Sequence[_R]) -> tuple[str, ...]:
    """The names of its params: in a tree, the first route with a param in that place has said."""
    found = []
    segments = route.path.split("/")
    for place, segment in enumerate(segments):
        if segment.startswith("{"):
            beside = [one.path.split("/")[: place + 1] for one in registered]
            [*_, name] = next(
                one for one in beside if one[:-1] == segments[:place] and one[-1].startswith("{")
            )
            found.append(name[1:-1])
    return tuple(found)
