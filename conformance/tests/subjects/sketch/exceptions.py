"""Responses that can be raised."""

from __future__ import annotations

from .response import Response


class HTTPException(Response, Exception):
    status_code: int | None = None

    def __init__(self, reason: str | None = None, content_type: str | None = None) -> None:
        self._reason = reason
        Response.__init__(
            self,
            body=reason,
            status=self.status_code,
            content_type=content_type or "text/plain",
        )
        Exception.__init__(self, reason)


class HTTPNotFound(HTTPException):
    status_code = 404


class HTTPBadRequest(HTTPException):
    status_code = 400


class HTTPFound(HTTPException):
    status_code = 302

    def __init__(
        self, location: str, reason: str | None = None, content_type: str | None = None
    ) -> None:
        super().__init__(reason=reason, content_type=content_type)
        self.add_header("Location", location)
