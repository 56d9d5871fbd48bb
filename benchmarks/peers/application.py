"""The application that a peer is asked to serve, and what it says when it cannot.

Owns the reading of it. Standard library only; it runs in the environment of any framework.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn
from urllib.parse import unquote

CANNOT_SERVE = 3
"""The exit status of a peer that cannot serve what it was given."""


@dataclass(frozen=True)
class Route:
    """One route. `path` is in the notation `/literal/{param}`.

    does         "respond", "params", "mirror", "json", "stream" or "crash"
    body         of "respond"; the pieces of "stream", one behind the other, are in `pieces`
    names        of the params that "params" answers with
    """

    method: str
    path: str
    does: str
    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    names: tuple[str, ...] = ()
    pieces: tuple[bytes, ...] = ()

    @property
    def text(self) -> str:
        return self.body.decode()

    async def produce(self) -> AsyncIterator[bytes]:
        """The pieces of "stream", for frameworks that take them from an iterator."""
        for piece in self.pieces:
            yield piece


@dataclass(frozen=True)
class Application:
    """What is served, where, and on which event loop."""

    routes: tuple[Route, ...]
    middlewares: int
    body_limit: int | None
    port: int
    loop: str

    host = "127.0.0.1"


def application(peer: str, *, serves: Iterable[str]) -> Application:
    """What the command line and standard input ask for.

    `serves` are the parts that the peer has: names of actions, and "middlewares". Ends the process
    with CANNOT_SERVE, and a sentence, when it is asked for others.
    """
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.peers.{peer}")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--loop", choices=("asyncio", "uvloop"), default="asyncio")
    options = parser.parse_args()
    try:
        asked = json.load(sys.stdin)
    except ValueError as exc:
        parser.error(f"what stands on standard input is no application as JSON: {exc}")
    # Some frameworks read the command line, too.
    del sys.argv[1:]
    routes = tuple(_route(peer, one) for one in asked.get("routes", ()))
    middlewares = asked.get("middlewares", ())
    wanted = {one.does for one in routes}
    wanted |= {"middlewares"} if middlewares else set()
    if any(one.get("before") or one.get("after") for one in middlewares):
        wanted.add("middlewares that do something")
    missing = sorted(wanted - set(serves))
    if missing:
        _refuse(peer, ", ".join(missing))
    limit = asked.get("limits", {}).get("body")
    return Application(routes, len(middlewares), limit, options.port, options.loop)


def _route(peer: str, asked: dict[str, Any]) -> Route:
    method, path = asked["method"], asked["path"]
    ((does, given),) = asked["do"].items()
    if does == "respond":
        if given.keys() - {"status", "text", "base64", "content_type"}:
            _refuse(peer, "responses with headers or cookies")
        body = base64.b64decode(given["base64"]) if "base64" in given else given.get("text", "")
        content = body.encode() if isinstance(body, str) else body
        kind = given.get("content_type") or "text/plain"
        return Route(method, path, does, given.get("status", 200), content, kind)
    if does == "params":
        return Route(method, path, does, names=tuple(given["names"]))
    if does == "stream":
        if "crash_after" in given or "gate" in given:
            _refuse(peer, "streams that crash or wait")
        pieces = [one.encode() for one in given["chunks"]] * given.get("times", 1)
        return Route(method, path, does, pieces=tuple(pieces), content_type=given["content_type"])
    return Route(method, path, does)


def _refuse(peer: str, what: str) -> NoReturn:
    print(f"peer {peer} does not serve: {what}", file=sys.stderr)
    sys.exit(CANNOT_SERVE)


_END = "/"  # of a path: no segment has one


class Table:
    """Finds routes by their segments, for servers that bring no router."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._tables: dict[str, dict[str, Any]] = {}
        for route in routes:
            node = self._tables.setdefault(route.method, {})
            names = []
            for part in route.path.split("/"):
                if part.startswith("{"):
                    names.append(part[1:-1])
                    part = "{}"
                node = node.setdefault(part, {})
            node[_END] = route, names

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """The route of a path, and the values of its params."""
        node: Any = self._tables.get(method, {})
        values = []
        for part in path.split("/"):
            inner = node.get(part)
            if inner is None:
                inner = node.get("{}") if part else None
                if inner is None:
                    return None
                values.append(unquote(part))
            node = inner
        if _END not in node:
            return None
        route, names = node[_END]
        return route, dict(zip(names, values, strict=True))


def new_loop(name: str) -> Any:
    """An event loop of that kind."""
    if name == "uvloop":
        import uvloop

        return uvloop.new_event_loop()
    import asyncio

    return asyncio.new_event_loop()
