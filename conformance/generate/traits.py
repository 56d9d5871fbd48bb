"""What is special about a request and its application, in a few words.

Owns the words by which differences are told apart: a plain GET of a handler that echoes has none.
Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..spec import App, Echo, ReadBody, Route
from .case import Case, Request
from .routing import resolve

_PLAIN_METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH")
_METHODS_OF_THEIR_OWN = ("HEAD", "OPTIONS", "TRACE")
_LARGE_BYTES = 4096


def traits(case: Case, id: str | None) -> frozenset[str]:
    """Of a request by its id; of the application alone for None."""
    if id is None:
        return frozenset(_of_hooks(case.app))
    place, number = (int(part) for part in id.split("."))
    talk = case.talks[place]
    request = talk.requests[number]
    found = set(_of_request(request)) | set(_of_app(case.app, request))
    if number > 0:
        found.add("pipelined" if talk.is_pipelined else "kept alive")
    if talk.cuts:
        found.add("in segments")
    return frozenset(found)


def traits_behind(case: Case, id: str) -> frozenset[str]:
    """Of the request in front of this one on its connection, for what that has left behind; nothing
    for the first one."""
    place, number = (int(part) for part in id.split("."))
    if number == 0:
        return frozenset()
    talk = case.talks[place]
    request = talk.requests[number - 1]
    how = "pipelined" if talk.is_pipelined else "kept alive"
    found = {*_of_request(request), *_of_app(case.app, request)}
    return frozenset({how, *(f"behind {one}" for one in found)})


def _of_request(request: Request) -> Iterator[str]:
    if request.method in _METHODS_OF_THEIR_OWN:
        yield f"method {request.method}"
    elif request.method not in _PLAIN_METHODS:
        yield "unusual method"
    yield from _of_path(request.raw_path)
    if request.query:
        yield "query"
    names = [name.lower() for name, _ in request.headers]
    if "cookie" in names:
        yield "cookies"
    if set(names) - {"cookie", "content-type"}:
        yield "header fields"
    if len(set(names)) < len(names):
        yield "repeated header"
    if any(not value.isascii() for _, value in request.headers):
        yield "octets beyond ASCII in a header"
    if request.body is not None:
        yield "sized body" if request.chunks is None else "chunked body"
        if len(request.body) > _LARGE_BYTES:
            yield "large body"


def _of_path(path: str) -> Iterator[str]:
    if "%2f" in path.lower():
        yield "encoded slash"
    segments = path.split("/")[1:]
    if segments[-1] == "" and len(segments) > 1:
        yield "slash at the end"
    if "" in segments[:-1]:
        yield "empty segment"
    if "." in segments or ".." in segments:
        yield "dot segment"


def _of_app(app: App, request: Request) -> Iterator[str]:
    found = resolve(app, request.method, request.raw_path, {})
    if found.kind != "route":
        yield f"no route: {found.kind}"
        if "%" in request.raw_path:
            yield "percent-encoding"
    for route in app.routes:
        if route.id == found.detail:
            yield from _of_handler(route)
            yield from _of_encoding(route, request.raw_path)
    for middleware in app.middlewares:
        names = {action.name for action in (*middleware.before, *middleware.after)}
        yield from (f"middleware that does {name}" for name in names or {"nothing"})
    if app.debug:
        yield "debug"
    if app.body_limit is not None:
        yield "body limit"


def _of_encoding(route: Route, raw_path: str) -> Iterator[str]:
    for pattern, segment in zip(route.path.split("/"), raw_path.split("/"), strict=False):
        if "%" in segment:
            yield "encoded param" if pattern.startswith("{") else "encoded literal"


def _of_handler(route: Route) -> Iterator[str]:
    for action in route.do.inner():
        if isinstance(action, ReadBody):
            yield f"handler reads body: {action.how}"
        elif not isinstance(action, Echo):
            yield f"handler does {action.name}"


def _of_hooks(app: App) -> Iterator[str]:
    for phase, hooks in (
        ("startup", app.startup), ("shutdown", app.shutdown), ("cleanup", app.cleanup),
    ):  # fmt: skip
        for hook in hooks:
            yield f"{phase} hook" if hook.do is None else f"{phase} hook that does {hook.do.name}"
