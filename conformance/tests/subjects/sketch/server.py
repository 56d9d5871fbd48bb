"""The protocol: bytes in, a request to the application, a response out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from httptools import HttpRequestParser

from .http_parser import HttpParserMixin
from .request import Request
from .response import Response

if TYPE_CHECKING:
    from .application import Application


class Server(asyncio.Protocol, HttpParserMixin):
    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        handler: Callable[..., Coroutine[Any, Any, None]],
        app: Application,
    ) -> None:
        self._loop = loop
        self._encoding = "utf-8"
        self._url = b""
        self._headers = {}
        self._body = None
        self._transport: Any = None
        self._request_parser = HttpRequestParser(self)
        self._request = None
        self._request_class = Request
        self._request_handler = handler
        self._request_handler_task = None
        self._app = app

    def response_writer(self, response: Response) -> None:
        self._transport.write(str(response).encode(self._encoding))
        # Mistake: clients may have more to ask on this connection.
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def connection_lost(self, *args: Any) -> None:
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._request_parser.feed_data(data)
