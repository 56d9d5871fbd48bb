"""The shape of the framework: a handler turns a request into a response; the rest wraps that.

Owns the type aliases that the other modules and applications share; holds no code.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .application import Application
    from .request import Request
    from .response import Response

Handler: TypeAlias = "Callable[[Request], Awaitable[Response]]"
Middleware: TypeAlias = "Callable[[Request, Handler], Awaitable[Response]]"
Hook: TypeAlias = "Callable[[Application], Awaitable[None]]"
CleanupContext: TypeAlias = "Callable[[Application], AsyncIterator[None]]"
