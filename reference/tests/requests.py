"""Requests made without a connection: real fields and a real body, and a peer that is no socket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reference.application import Application, no_response
from reference.body import EMPTY_BODY, BodyStream
from reference.errors import BodyError
from reference.fields import Fields
from reference.request import Request
from reference.response import Response

Headers = Iterable[tuple[str, str]]
Part = bytes | BodyError
"""A piece of a body as it arrives, or why no more will."""


@dataclass
class FakePeer:
    remote: str | None = "192.0.2.7"
    scheme: str = "http"


class FakeSource:
    """The connection as a body sees it."""

    def body_wanted(self) -> None:
        pass

    def body_delivered(self) -> None:
        pass


def make_request(
    app: Application | None = None,
    method: str = "GET",
    target: str = "/",
    headers: Headers = (),
    body: bytes | Sequence[Part] = b"",
    *,
    minor: int = 1,
    peer: FakePeer | None = None,
) -> Request:
    """A request as the connection would make it. `body` as bytes is declared by Content-Length, as
    parts it is chunked; without a Host in `headers` it has `Host: h`."""
    app = Application() if app is None else app
    pairs = [(name.encode("ascii"), value.encode("latin-1")) for name, value in headers]
    names = {name.lower() for name, _ in pairs}
    if b"host" not in names and minor:
        pairs.insert(0, (b"Host", b"h"))
    if not isinstance(body, bytes):
        pairs.append((b"Transfer-Encoding", b"chunked"))
    elif body and b"content-length" not in names:
        pairs.append((b"Content-Length", b"%d" % len(body)))
    fields = Fields(pairs)
    parts = [body] if isinstance(body, bytes) else body
    content = _filled(parts) if fields.length else EMPTY_BODY
    return Request(app, peer or FakePeer(), method, target, minor, fields, content)


def _filled(parts: Sequence[Part]) -> BodyStream:
    stream = BodyStream(FakeSource())
    for part in parts:
        if isinstance(part, BodyError):
            stream.fail(part)
            return stream
        stream.feed(part)
    stream.feed_eof()
    return stream


async def respond(app: Application, request: Request) -> Response:
    """The application's response, as a connection has it made."""
    try:
        response: object = await app.handler_for(request)(request)
        if not isinstance(response, Response):
            raise no_response(response)
        return response
    except Exception as exc:  # noqa: BLE001 - whatever a handler raises becomes a response
        return app.response_to(request, exc)


async def answer(
    app: Application,
    method: str = "GET",
    target: str = "/",
    headers: Headers = (),
    body: bytes | Sequence[Part] = b"",
) -> tuple[int, str]:
    """Status and text of the application's response."""
    response = await respond(app, make_request(app, method, target, headers, body))
    return response.status, response.text
