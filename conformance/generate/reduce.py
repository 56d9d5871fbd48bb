"""The smallest trial that still fails: what can be left out of one, element by element.

Owns reducing by structure, behind the drawing: a request that was drawn for the fourth route stays
on it when the other three go, which choices that are drawn one behind the other cannot express. A
case and its variant lose the same element at once. Plays nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from ..spec import (
    Action,
    App,
    Catch,
    Echo,
    Hook,
    Middleware,
    ReadBody,
    ReadCookies,
    ReplaceResponse,
    Respond,
    Route,
    ShortCircuit,
)  # fmt: skip
from .case import Case, Request, Talk

Edit = Callable[[Case], Case]
Fails = Callable[[Case, Case | None], bool]

_T = TypeVar("_T")


def reduced(case: Case, variant: Case | None, fails: Fails) -> tuple[Case, Case | None]:
    """What is left when nothing more can be left out without `fails` saying no.

    `fails` holds for what is given, and says the same whenever it is asked the same.
    """
    is_done = False
    while not is_done:
        is_done = True
        for edits in _STEPS:
            place = 0
            while place < len(possible := list(edits(case))):
                edit = possible[place]
                smaller, other = edit(case), None if variant is None else edit(variant)
                if smaller != case and fails(smaller, other):
                    case, variant, is_done = smaller, other, False
                else:
                    place += 1
    return case, variant


def _without(values: tuple[_T, ...], value: _T) -> tuple[_T, ...]:
    """The values but for the first that is this one."""
    place = values.index(value) if value in values else len(values)
    return (*values[:place], *values[place + 1 :])


# -- Connections -----------------------------------------------------------------------------------


def _without_requests(case: Case) -> Iterator[Edit]:
    """Without one half of all requests or the other, quarters..., one."""
    count = sum(1 for _ in case.requests())
    size = count // 2
    while size:
        for start in range(0, count, size):
            yield _dropping(range(start, start + size))
        size //= 2


def _dropping(numbers: range) -> Edit:
    def edit(case: Case) -> Case:
        count, talks = 0, []
        for talk in case.talks:
            kept = [request for at, request in enumerate(talk.requests, count) if at not in numbers]
            count += len(talk.requests)
            if kept:
                talks.append(replace(talk, requests=tuple(kept)))
        return replace(case, talks=tuple(talks))

    return edit


def _plainer_talks(case: Case) -> Iterator[Edit]:
    for place, talk in enumerate(case.talks):
        if talk.is_pipelined:
            yield _of_talk(place, replace(talk, is_pipelined=False))
        if talk.cuts:
            yield _of_talk(place, replace(talk, cuts=()))
        size = len(talk.cuts) // 2
        while size:
            for start in range(0, len(talk.cuts), size):
                left = talk.cuts[:start] + talk.cuts[start + size :]
                yield _of_talk(place, replace(talk, cuts=left))
            size //= 2


def _of_talk(place: int, plainer: Talk) -> Edit:
    """How the requests of a connection are sent; of a variant, too, if it has the connection."""

    def edit(case: Case) -> Case:
        talks = list(case.talks)
        if place < len(talks):
            how = {"is_pipelined": plainer.is_pipelined, "cuts": plainer.cuts}
            talks[place] = Talk(talks[place].requests, **how)  # type: ignore[arg-type]
        return replace(case, talks=tuple(talks))

    return edit


# -- Requests --------------------------------------------------------------------------------------


def _plainer_requests(case: Case) -> Iterator[Edit]:
    for number, (_, request) in enumerate(case.requests()):
        if request.body is not None:
            yield _of_request(number, body=None, chunks=None)
        if request.chunks is not None:
            yield _of_request(number, chunks=None)
        for size in request.chunks or ():
            yield _of_request(number, chunks=_without(request.chunks or (), size))
        if request.body:
            yield _of_request(number, body=request.body[: len(request.body) // 2])
            yield _of_request(number, body=request.body[:-1])
        for target in _plainer_targets(request):
            yield _of_request(number, target=target)
        for pair in request.headers:
            yield _without_field(number, pair)
        for at, (name, value) in enumerate(request.headers):
            if value not in ("", "1"):
                plainer = (*request.headers[:at], (name, "1"), *request.headers[at + 1 :])
                yield _of_request(number, headers=plainer)
        for method in _plainer_methods(request.method):
            yield _of_request(number, method=method)


_PLAIN_METHODS = ("GET", "POST")


def _plainer_methods(method: str) -> tuple[str, ...]:
    place = _PLAIN_METHODS.index(method) if method in _PLAIN_METHODS else len(_PLAIN_METHODS)
    return _PLAIN_METHODS[:place]


def _renamed_methods(case: Case) -> Iterator[Edit]:
    """One method for another, of routes and requests at once: who asks whom stays as it is."""
    used = dict.fromkeys(route.method for route in case.app.routes)
    for method in used:
        for plainer in _plainer_methods(method):
            if plainer not in used:
                yield _renaming(method, plainer)


def _renaming(method: str, plainer: str) -> Edit:
    def edit(case: Case) -> Case:
        routes = tuple(
            replace(one, method=plainer) if one.method == method else one for one in case.app.routes
        )
        return _each(lambda at, one: replace(one, method=plainer) if one.method == method else one)(
            replace(case, app=replace(case.app, routes=routes))
        )

    return edit


def _of_request(number: int, **members: Any) -> Edit:
    return _each(lambda at, request: replace(request, **members) if at == number else request)


def _without_field(number: int, pair: tuple[str, str]) -> Edit:
    def change(at: int, request: Request) -> Request:
        return (
            replace(request, headers=_without(request.headers, pair)) if at == number else request
        )

    return _each(change)


def _each(change: Callable[[int, Request], Request]) -> Edit:
    def edit(case: Case) -> Case:
        count, talks = 0, []
        for talk in case.talks:
            requests = tuple(change(at, one) for at, one in enumerate(talk.requests, count))
            count += len(requests)
            talks.append(replace(talk, requests=requests))
        return replace(case, talks=tuple(talks))

    return edit


def _plainer_targets(request: Request) -> Iterator[str]:
    path, mark, query = request.target.partition("?")
    pieces = query.split("&")
    if mark:
        yield path
    for place, piece in enumerate(pieces if len(pieces) > 1 else ()):
        yield path + "?" + "&".join(_without(tuple(pieces), piece))
        name, equals, value = piece.partition("=")
        if equals and value not in ("", "1"):
            yield path + "?" + "&".join([*pieces[:place], name + "=1", *pieces[place + 1 :]])
    for place, segment in enumerate(path.split("/")):
        if place:
            yield _shorter(path, place) + mark + query
        if segment not in ("", "a"):
            yield _with_a(path, place) + mark + query


def _with_a(path: str, place: int) -> str:
    segments = path.split("/")
    return "/".join([*segments[:place], "a", *segments[place + 1 :]])


def _shorter(path: str, place: int) -> str:
    """Without the segment in that place; the one path without segments is "/"."""
    segments = path.split("/")
    return "/" + "/".join((segments[:place] + segments[place + 1 :])[1:])


# -- Routes ----------------------------------------------------------------------------------------


def _of_app(change: Callable[[App], App]) -> Edit:
    return lambda case: replace(case, app=change(case.app))


def _without_routes(case: Case) -> Iterator[Edit]:
    for route in case.app.routes:
        yield _of_route(route.id, lambda one: None)


def _plainer_routes(case: Case) -> Iterator[Edit]:
    for route in case.app.routes:
        for do in _plainer(route.do):
            yield _of_route(route.id, _doing(do))
        for place, segment in enumerate(route.path.split("/")):
            if segment not in ("", "a") and not segment.startswith("{"):
                yield _of_route(route.id, _at(_with_a(route.path, place)))


def _of_route(id: str, change: Callable[[Route], Route | None]) -> Edit:
    def edit(app: App) -> App:
        changed = [change(one) if one.id == id else one for one in app.routes]
        return replace(app, routes=tuple(one for one in changed if one is not None))

    return _of_app(edit)


def _doing(do: Action) -> Callable[[Route], Route]:
    return lambda route: replace(route, do=do)


def _at(path: str) -> Callable[[Route], Route]:
    return lambda route: replace(route, path=path)


def _shorter_paths(case: Case) -> Iterator[Edit]:
    """Without one segment, in the paths of all routes and targets at once."""
    for place in range(1, max((one.path.count("/") for one in case.app.routes), default=0) + 1):
        yield _without_segment(place)


def _without_segment(place: int) -> Edit:
    def asked(at: int, request: Request) -> Request:
        path, mark, query = request.target.partition("?")
        return replace(request, target=_shorter(path, place) + mark + query)

    def edit(case: Case) -> Case:
        routes = tuple(replace(one, path=_shorter(one.path, place)) for one in case.app.routes)
        return _each(asked)(replace(case, app=replace(case.app, routes=routes)))

    return edit


# -- Middlewares, hooks, limits --------------------------------------------------------------------


def _without_middlewares(case: Case) -> Iterator[Edit]:
    for middleware in case.app.middlewares:
        yield _of_middleware(middleware.id, lambda one: None)


def _plainer_middlewares(case: Case) -> Iterator[Edit]:
    for middleware in case.app.middlewares:
        for member in ("before", "after"):
            for place, action in enumerate(getattr(middleware, member)):
                yield _of_middleware(middleware.id, _acting(member, place, ()))
                for plainer in _plainer(action):
                    if plainer != Echo():
                        yield _of_middleware(middleware.id, _acting(member, place, (plainer,)))


def _of_middleware(id: str, change: Callable[[Middleware], Middleware | None]) -> Edit:
    def edit(app: App) -> App:
        changed = [change(one) if one.id == id else one for one in app.middlewares]
        return replace(app, middlewares=tuple(one for one in changed if one is not None))

    return _of_app(edit)


def _acting(
    member: str, place: int, instead: tuple[Action, ...]
) -> Callable[[Middleware], Middleware]:
    def change(one: Middleware) -> Middleware:
        actions = getattr(one, member)
        changed: dict[str, Any] = {member: (*actions[:place], *instead, *actions[place + 1 :])}
        return replace(one, **changed)

    return change


def _plainer_hooks(case: Case) -> Iterator[Edit]:
    for member in ("startup", "shutdown", "cleanup"):
        for place, hook in enumerate(getattr(case.app, member)):
            yield _of_hook(member, place, ())
            if hook.do is not None:
                yield _of_hook(member, place, (Hook(hook.id),))


def _of_hook(member: str, place: int, instead: tuple[Hook, ...]) -> Edit:
    def edit(app: App) -> App:
        hooks = getattr(app, member)
        changed: dict[str, Any] = {member: (*hooks[:place], *instead, *hooks[place + 1 :])}
        return replace(app, **changed)

    return _of_app(edit)


def _plainer_options(case: Case) -> Iterator[Edit]:
    yield _of_app(lambda app: replace(app, body_limit=None))
    yield _of_app(lambda app: replace(app, debug=False))


# -- Actions ---------------------------------------------------------------------------------------


def _plainer(action: Action) -> Iterator[Action]:
    """Actions that do less; an echo least."""
    if action != Echo():
        yield Echo()
    match action:
        case Respond():
            yield from _plainer_responses(action)
        case ShortCircuit(respond) | ReplaceResponse(respond) | Catch(respond):
            for one in _plainer_responses(respond):
                yield replace(action, respond=one)
        case ReadBody(_, then) | ReadCookies(then):
            for inner in _plainer(then):
                yield replace(action, then=inner)


def _plainer_responses(respond: Respond) -> Iterator[Respond]:
    yield Respond()
    yield replace(respond, status=200)
    yield replace(respond, body=None, content_type=None)
    yield replace(respond, content_type=None)
    for pair in respond.headers:
        yield replace(respond, headers=_without(respond.headers, pair))
    for pair in respond.cookies:
        yield replace(respond, cookies=_without(respond.cookies, pair))


_STEPS: tuple[Callable[[Case], Iterator[Edit]], ...] = (
    _without_requests,
    _without_routes,
    _without_middlewares,
    _plainer_hooks,
    _plainer_options,
    _plainer_talks,
    _plainer_middlewares,
    _plainer_routes,
    _shorter_paths,
    _renamed_methods,
    _plainer_requests,
)
"""What takes most away comes first."""
