"""What is done in an application that tells nothing: as little as its framework's own users do.

Owns middlewares that are made for what they do, when the application is built.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Awaitable, Callable, List, Optional, Tuple

from .actions import Action, answering

if TYPE_CHECKING:
    from .base import Adapter

Inner = Callable[[Any], Awaitable[Any]]
Wrapping = Callable[..., Awaitable[Any]]
Part = Optional[Callable[..., Awaitable[Any]]]
_Step = Callable[[Any, Any], Any]


def waits(action: Action) -> bool:
    """Whether it waits at a gate, which has to be told."""
    [(name, given)] = action.items()
    return name == "wait" or "gate" in given or ("then" in given and waits(given["then"]))


def echoes(action: Action) -> bool:
    """Whether it tells what the handler saw."""
    [(name, given)] = action.items()
    return name == "echo" or ("then" in given and echoes(given["then"]))


def wrapping(adapter: Adapter, middleware: SimpleNamespace) -> Wrapping:
    """A middleware that wraps: `async def run(request, handler)`."""
    actions = middleware.before
    if actions:
        return _instead(adapter, actions[0])
    steps = _steps(adapter, middleware)
    catches = [one for one in middleware.after if "catch" in one]
    if catches:
        return _catching(answering(adapter, catches[0]), steps)
    if not steps:
        return _nothing
    if len(steps) == 1:
        return _one_step(steps[0])

    async def run(request: Any, handler: Inner) -> Any:
        response = await handler(request)
        for step in steps:
            response = step(request, response)
        return response

    return run


def parts(adapter: Adapter, middleware: SimpleNamespace) -> Tuple[Part, Part]:
    """The two parts of one that does not wrap, None for the one that has nothing to do. One that
    does nothing at all has a part before: it is to be called."""
    actions = middleware.before
    steps = _steps(adapter, middleware)
    do = answering(adapter, actions[0]) if actions else _no_response

    async def before(request: Any) -> Any:
        return do(request)

    async def after(request: Any, response: Any) -> Any:
        for step in steps:
            response = step(request, response)
        return response

    return (before if actions or not steps else None), (after if steps else None)


async def _nothing(request: Any, handler: Inner) -> Any:
    return await handler(request)


def _no_response(request: Any) -> None:
    return None


def _instead(adapter: Adapter, action: Action) -> Wrapping:
    do = answering(adapter, action)

    async def run(request: Any, handler: Inner) -> Any:
        return do(request)

    return run


def _one_step(step: _Step) -> Wrapping:
    async def run(request: Any, handler: Inner) -> Any:
        return step(request, await handler(request))

    return run


def _catching(catch: Callable[[Any], Any], steps: List[_Step]) -> Wrapping:
    async def run(request: Any, handler: Inner) -> Any:
        try:
            response = await handler(request)
        except Exception:
            return catch(request)
        for step in steps:
            response = step(request, response)
        return response

    return run


def _steps(adapter: Adapter, middleware: SimpleNamespace) -> List[_Step]:
    """What is done behind the handler, one function of request and response after the other."""
    actions = [one for one in middleware.after if "catch" not in one]
    return [_step(adapter, one) for one in actions]


def _step(adapter: Adapter, action: Action) -> _Step:
    if "set_header" not in action:
        do = answering(adapter, action)
        return lambda request, response: do(request)
    name, value = action["set_header"]["name"], action["set_header"]["value"]
    set_header = adapter.set_header
    return lambda request, response: set_header(response, name, value)
