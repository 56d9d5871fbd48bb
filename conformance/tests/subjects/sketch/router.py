"""Which handler a request is for."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import partialmethod
from typing import Any

from .exceptions import HTTPBadRequest, HTTPNotFound
from .request import Request

Handler = Callable[..., Awaitable[Any]]


class UrlDispatcher:
    _param_regex = r"{(?P<param>\w+)}"

    def __init__(self) -> None:
        self._routes: dict[tuple[str, str], Handler] = {}

    def resolve(self, request: Request) -> tuple[dict[str, str], Handler]:
        path = request.url.raw_path
        for (method, pattern), handler in self._routes.items():
            # Mistake: the end of the path need not match, and nothing is decoded.
            match = re.match(pattern, path)

            # Mistake: a route that does not match is the end of the search.
            if match is None:
                raise HTTPNotFound(reason=f"Could not find {path}")

            if method != request.method:
                # Mistake: there is a status for this, 405, with a header.
                raise HTTPBadRequest(reason=f"{request.method} not allowed for {path}")

            return match.groupdict(), handler
        return None  # type: ignore[return-value]  # no routes at all

    def _format_pattern(self, path: str) -> str:
        if not re.search(self._param_regex, path):
            # Mistake: literal text that is taken for a regular expression.
            return path

        regex = ""
        last_pos = 0
        for match in re.finditer(self._param_regex, path):
            regex += path[last_pos : match.start()]
            # Mistake: `\w+` is not all that a segment may hold.
            regex += rf"(?P<{match.group('param')}>\w+)"
            last_pos = match.end()
        # Mistake: what follows the last param is lost.
        return regex

    def add_route(self, method: str, path: str, handler: Handler) -> None:
        self._routes[(method, self._format_pattern(path))] = handler

    add_get = partialmethod(add_route, "GET")
    add_post = partialmethod(add_route, "POST")
    add_put = partialmethod(add_route, "PUT")
    add_head = partialmethod(add_route, "HEAD")
    add_options = partialmethod(add_route, "OPTIONS")
