"""What a handler gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from yarl import URL

if TYPE_CHECKING:
    from .application import Application


class Request:
    _encoding = "utf-8"

    def __init__(
        self,
        method: bytes,
        url: bytes,
        headers: dict[str, str],
        version: str | None = None,
        body: bytes | None = None,
        app: Application | None = None,
    ) -> None:
        self._method = method.decode(self._encoding)
        self._url = URL(url.decode(self._encoding))
        self._headers = headers
        self._version = version
        self._body = body
        self._app = app
        self.match_info: dict[str, str] | None = None

    @property
    def app(self) -> Application | None:
        return self._app

    @property
    def method(self) -> str:
        return self._method

    @property
    def url(self) -> URL:
        return self._url

    @property
    def headers(self) -> dict[str, str]:
        return self._headers

    def text(self) -> str | None:
        return None if self._body is None else self._body.decode(self._encoding)

    def json(self) -> Any:
        text = self.text()
        return None if text is None else json.loads(text)

    def __repr__(self) -> str:
        return f"<Request {self._method} {self._url}>"
