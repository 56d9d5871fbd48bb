"""The sketch with one mistake mended, because it hides two others: middlewares are kept here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from .sketch import application
from .sketch.application import run_app
from .sketch.exceptions import HTTPException
from .sketch.response import Response

__all__ = ["Application", "HTTPException", "Response", "run_app"]


class Application(application.Application):
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop | None = None,
        middlewares: Sequence[Callable[..., Awaitable[Any]]] | None = None,
    ) -> None:
        super().__init__(loop)
        self._middlewares = list(middlewares or ())
