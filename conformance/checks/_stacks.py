"""What checks of middlewares share: stacks of them, and where in a stack one stands."""

from __future__ import annotations

from collections.abc import Sequence

from ..check import practice
from ..spec import Action, App, Middleware, Route, SetHeader, app

DOCUMENTED = practice("it is what middlewares are for")
ERRORS_DIFFER = practice(
    "a middleware gets an exception from inside, or the response that was made of it"
)

TELLTALE = "tell-tale-77c0"
ECHO = Route("r1", "GET", "/")
MANY = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8")
THREE = MANY[:3]
POSITIONS = (("first", 0), ("middle", 1), ("last", 2))
"""Of three, by name and index."""


def marking(id: str) -> Middleware:
    """It leaves its id in a header, over that of the ones inside."""
    return Middleware(id, after=(SetHeader("X-Outermost", id), SetHeader(f"X-{id}", "was here")))


def around(route: Route, *middlewares: Middleware) -> App:
    return app(route, middlewares=list(middlewares))


def stack_of(count: int, route: Route) -> App:
    """A route inside middlewares that do nothing."""
    return around(route, *(Middleware(id) for id in MANY[:count]))


def three_with(
    position: int, route: Route, *, before: Sequence[Action] = (), after: Sequence[Action] = ()
) -> App:
    """A stack of three, of which one does this."""
    stack = [Middleware(id) for id in THREE]
    stack[position] = Middleware(THREE[position], tuple(before), tuple(after))
    return around(route, *stack)
