"""What the router holds and gives back: routes, and what a request has to do with them.

Owns how a route builds its URL and reads its params; which route it is, is the router's to find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from yarl import URL

from .pattern import Mixed, Param, Segment, Tail

if TYPE_CHECKING:
    from .types import Handler

# Matches of literal routes are shared by all requests, so what they hold must not be writable.
NO_PARAMS: Mapping[str, str] = MappingProxyType({})


class RouteError(ValueError):
    """A registration was refused; the message names the route and the one it collides with."""


class Route:
    """One registered route.

    `method` is "*" for any, `path` is the pattern as it was registered, `param_names` are in the
    order of the pattern.
    """

    __slots__ = (
        "_mixed",
        "_plain",
        "_segments",
        "_tails",
        "handler",
        "method",
        "name",
        "param_names",
        "path",
    )

    def __init__(
        self,
        method: str,
        path: str,
        handler: Handler,
        name: str | None,
        segments: tuple[Segment, ...],
    ) -> None:
        self.method = method
        self.path = path
        self.handler = handler
        self.name = name
        self.param_names = tuple(name for segment in segments for name in segment.names)
        self._segments = segments
        # A request's path splits into an empty text before its first slash: segments count from 1.
        numbered = list(enumerate(segments, 1))
        self._plain = [(part.name, index) for index, part in numbered if isinstance(part, Param)]
        self._mixed = [name for part in segments if isinstance(part, Mixed) for name in part.names]
        self._tails = [(part.name, index) for index, part in numbered if isinstance(part, Tail)]

    def __repr__(self) -> str:
        name = "" if self.name is None else f" name={self.name!r}"
        return f"<Route {self.method} {self.path}{name}>"

    def url_for(self, /, **params: str | int) -> URL:
        """The relative URL of this route, which resolves to the same parameters again.

        Values are percent-encoded; slashes separate only inside a tail. Raises TypeError for
        missing or unexpected parameters, ValueError for values the pattern would not give back,
        for dot segments (clients remove them) and for a path that would start with "//", which
        clients take for the name of a host (RFC 3986 §4.2).
        """
        if params.keys() != set(self.param_names):
            raise TypeError(f"{self!r} takes {sorted(self.param_names)}, not {sorted(params)}")
        values = {name: str(value) for name, value in params.items()}
        path = "".join("/" + segment.build(values) for segment in self._segments)
        if path.startswith("//"):
            raise ValueError(f"{path!r} is not a path: what follows // names a host")
        return URL.build(path=path, encoded=True)

    def read(self, segments: Sequence[str], mixed: Sequence[str]) -> dict[str, str]:
        """The parameters of a path, from its decoded segments and what mixed ones captured."""
        params: dict[str, str] = {}
        for name, index in self._plain:
            params[name] = segments[index]
        if mixed:
            params.update(zip(self._mixed, mixed, strict=True))
        for name, index in self._tails:
            params[name] = "/".join(segments[index:])
        return params


class Match:
    """What a method and a path lead to: treat it as read-only, it may be shared.

    - found: `route` is set, `params` are its decoded parameters, `allowed` is empty;
    - wrong method: `route` is None, `allowed` lists the methods this path has, sorted;
    - nothing: `route` is None and `allowed` is empty.
    """

    __slots__ = ("allowed", "params", "route")

    def __init__(
        self, route: Route | None, params: Mapping[str, str], allowed: tuple[str, ...]
    ) -> None:
        self.route = route
        self.params = params
        self.allowed = allowed

    def __repr__(self) -> str:
        return f"<Match {self.route!r} params={dict(self.params)} allowed={self.allowed}>"
