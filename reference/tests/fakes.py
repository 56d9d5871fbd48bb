"""What tests of connections share: the bytes of requests and answers, and a handler that waits."""

from __future__ import annotations

import asyncio

from reference.request import Request
from reference.response import Response


class Waiter:
    """A handler that waits for its gate and notes how it ended."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.ended = ""

    async def __call__(self, request: Request) -> Response:
        try:
            await self.gate.wait()
        except asyncio.CancelledError:
            self.ended = "cancelled"
            raise
        self.ended = "returned"
        return Response("hello")


# -- Bytes ---------------------------------------------------------------------------------------


def request(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    """`request(b"GET /", b"Expect: 100-continue")`: a request of HTTP/1.1 unless the line says."""
    if b"HTTP/" not in line:
        line += b" HTTP/1.1"
    return b"\r\n".join((line, b"Host: a", *fields, b"", body))


def get(path: bytes = b"/", *fields: bytes) -> bytes:
    return request(b"GET " + path, *fields)


def post(body: bytes, *fields: bytes) -> bytes:
    return request(b"POST /", b"Content-Length: %d" % len(body), *fields, body=body)


TEXT = b"Content-Type: text/plain; charset=utf-8"
BYTES = b"Content-Type: application/octet-stream"
CLOSE = b"Connection: close"
CHUNKED = b"Transfer-Encoding: chunked"


def answer(line: bytes, *fields: bytes, body: bytes = b"") -> bytes:
    """`answer(b"204 No Content", CLOSE)`: a whole answer, without Date and Server."""
    return b"\r\n".join((b"HTTP/1.1 " + line, *fields, b"", body))


def ok(body: bytes, *fields: bytes) -> bytes:
    """A 200 with text."""
    return text(b"200 OK", body, *fields)


def text(line: bytes, body: bytes, *fields: bytes) -> bytes:
    return answer(line, TEXT, b"Content-Length: %d" % len(body), *fields, body=body)


def refused(line: bytes, reason: bytes) -> bytes:
    """The answer to what cannot be taken."""
    return text(line, b"%b: %b\n" % (line[:3], reason), CLOSE)


SERVER_ERROR_LINE = b"HTTP/1.1 500 Internal Server Error"
