"""Responses as handlers make them, and the HTTP errors they raise.

Owns what a response may hold: no handler can write a line of its own into a head.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus

Pairs = list[tuple[str, str]]

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
_COOKIE_VALUE = re.compile(r"[^\x00-\x20\x7f;,\\]*")


class Response:
    """A response. `body` is text, bytes, an async iterator of bytes to be streamed, or None.

    Raises ValueError, when it is framed, for what no head can hold (RFC 9110 §5.5).
    """

    def __init__(
        self,
        body: str | bytes | AsyncIterator[bytes] | None = None,
        *,
        status: int = 200,
        headers: Iterable[tuple[str, str]] = (),
        content_type: str | None = None,
        reason: str | None = None,
        cookies: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.body = body
        self.status = status
        self.headers: Pairs = list(headers)
        self.reason = reason_phrase(status) if reason is None else reason
        self.cookies = list(cookies)
        self.is_of_a_middleware = False
        """No handler has made it; nothing but a fault asks for that."""
        if content_type is None and isinstance(body, str):
            content_type = "text/plain; charset=utf-8"
        elif content_type is None and body is not None:
            content_type = "application/octet-stream"
        self.content_type = content_type

    def set_header(self, name: str, value: str) -> None:
        """Instead of whatever is there under that name."""
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))

    def has_header(self, name: str) -> bool:
        return any(key.lower() == name for key, _ in self.headers)


class HttpError(Exception):
    """An answer that is raised. Its text is the body; by default the status in words."""

    def __init__(
        self, status: int, text: str | None = None, headers: Iterable[tuple[str, str]] = ()
    ) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.headers = list(headers)

    def response(self) -> Response:
        text = f"{self.status} {reason_phrase(self.status)}" if self.text is None else self.text
        return Response(text, status=self.status, headers=self.headers)


def reason_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def check_status(status: int, *, registered: bool = False) -> None:
    """Raises ValueError for a status that no final answer has (RFC 9112 §4: three digits)."""
    if not 200 <= status <= 999:
        raise ValueError(f"{status} is no status of an answer")
    if registered:
        HTTPStatus(status)


def check_header(name: str, value: str) -> None:
    """Raises ValueError for a header that is no field line (RFC 9110 §5.1 and §5.5)."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no field name")
    if not _VALUE.fullmatch(value):
        raise ValueError(f"the value of {name} has control characters: {value!r}")


def check_reason(reason: str) -> None:
    """Raises ValueError for a reason phrase that ends its line."""
    if not _VALUE.fullmatch(reason):
        raise ValueError(f"the reason phrase has control characters: {reason!r}")


def check_cookie(name: str, value: str) -> None:
    """Raises ValueError for a cookie-pair that is none (RFC 6265 §4.1.1)."""
    if not _NAME.fullmatch(name) or not _COOKIE_VALUE.fullmatch(value):
        raise ValueError(f"{name!r}={value!r} is no cookie")
