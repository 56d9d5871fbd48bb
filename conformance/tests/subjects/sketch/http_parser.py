"""From the parser's callbacks to a request; mixed into the server."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from httptools import HttpRequestParser

from .request import Request
from .response import Response

if TYPE_CHECKING:
    from .application import Application


class HttpParserMixin:
    _app: Application
    _body: bytes | None
    _encoding: str
    _headers: dict[str, str]
    _loop: asyncio.AbstractEventLoop
    _request: Request | None
    _request_class: type[Request]
    _request_handler: Callable[..., Coroutine[Any, Any, None]]
    _request_handler_task: asyncio.Task[None] | None
    _request_parser: HttpRequestParser
    _url: bytes
    response_writer: Callable[[Response], None]

    def on_url(self, url: bytes) -> None:
        self._url = url

    def on_header(self, header: bytes, value: bytes) -> None:
        self._headers[header.decode(self._encoding)] = value.decode(self._encoding)

    def on_body(self, data: bytes) -> None:
        # Mistake: a body may come in several pieces; the last one wins.
        self._body = data

    def on_message_complete(self) -> None:
        self._request = self._request_class(
            version=self._request_parser.get_http_version(),
            method=self._request_parser.get_method(),
            url=self._url,
            headers=self._headers,
            body=self._body,
            app=self._app,
        )
        self._request_handler_task = self._loop.create_task(
            self._request_handler(self._request, self.response_writer)
        )
