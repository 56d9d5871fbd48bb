"""Where the octets of a request are cut on their way means nothing.

Owns the category segments. Literals only; nothing here opens a socket.

Each request is sent once for every place at which it can be cut in two, on a connection of its own.
The second halves follow behind a round trip on another connection, so the first ones have been
read by then. The requests have no ids and one Host for all: what is cut must not vary in length.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..check import Check, practice
from ..expect import Expectation, answers, connection_ended, echoes, either, status
from ..spec import ReadBody, Route, app
from ..steps import Read, Send, Step, get

READER = app(Route("read", "POST", "/", ReadBody()), Route("root", "GET", "/"))

STREAM = practice("TCP carries a stream of octets; where it cuts them means nothing")
BODY = {"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}

GET = b"GET /?a=1 HTTP/1.1\r\nHost: example\r\nX-Probe: a b\r\n\r\n"
BEHIND_EMPTY_LINE = b"\r\n" + GET
SIZED = b"POST / HTTP/1.1\r\nHost: example\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"POST / HTTP/1.1\r\nHost: example\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2;a=b\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
)
TRAILER = CHUNKED[:-2] + b"X-Trailer: t\r\n\r\n"
PAIR = SIZED + GET


def _offsets(data: bytes) -> range:
    """Where it can be cut."""
    return range(1, len(data))


def _in_two(data: bytes, count: int = 1) -> list[Step]:
    """The request cut in two at every offset, and its `count` answers."""
    offsets = _offsets(data)
    return [
        *(Send(data[:one], on=f"{one}") for one in offsets),
        get("/", name="other"),
        *(Send(data[one:], on=f"{one}") for one in offsets),
        *(Read(count, on=f"{one}") for one in offsets),
    ]


def _each(data: bytes, *wanted: dict[str, Any]) -> list[Expectation]:
    """The echoes that are wanted on each of those connections."""
    found: list[Expectation] = []
    for one in _offsets(data):
        found.append(answers(len(wanted), of=f"{one}"))
        found += [echoes(f"{one}", index, **members) for index, members in enumerate(wanted)]
    return found


def _refusal(of: str) -> Expectation:
    """400, or the end: a reset may take the answer away where the other half is still to come."""
    return either(status(400, of=of), [answers(0, of=of), connection_ended(of)])


ROOT: dict[str, Any] = {"route": "root", "query": [["a", "1"]]}
READ: dict[str, Any] = {"route": "read", "body": BODY}

CHECKS = [
    Check(
        id="segments/get",
        title="A request without a body may be cut in two anywhere",
        source=STREAM,
        app=READER,
        steps=_in_two(GET),
        expect=_each(GET, ROOT),
        faults=("needs-head-in-one-segment", "line-end-in-one-segment"),
    ),
    Check(
        id="segments/empty-line",
        title="An empty line and the request behind it are served, or refused, wherever they are "
        "cut in two",
        source=STREAM,
        app=READER,
        steps=_in_two(BEHIND_EMPTY_LINE),
        expect=[
            either(
                _each(BEHIND_EMPTY_LINE, ROOT),
                [status(400, of=f"{one}") for one in _offsets(BEHIND_EMPTY_LINE)],
            )
        ],
        faults=("line-end-in-one-segment",),
    ),
    Check(
        id="segments/sized",
        title="A request with a sized body may be cut in two anywhere",
        source=STREAM,
        app=READER,
        steps=_in_two(SIZED),
        expect=_each(SIZED, READ),
        faults=("body-is-one-segment",),
    ),
    Check(
        id="segments/chunked",
        title="A request with chunks and their extensions may be cut in two anywhere",
        source=STREAM,
        app=READER,
        steps=_in_two(CHUNKED),
        expect=_each(CHUNKED, READ),
        faults=("chunk-end-in-one-segment",),
    ),
    Check(
        id="segments/trailer",
        title="A request with a trailer is served, or refused, wherever it is cut in two",
        source=STREAM,
        app=READER,
        steps=_in_two(TRAILER),
        expect=[either(_each(TRAILER, READ), [_refusal(f"{one}") for one in _offsets(TRAILER)])],
        faults=("trailer-in-one-segment",),
    ),
    Check(
        id="segments/pipelined",
        title="Two requests in a row may be cut in two anywhere, before their border and behind it",
        source=STREAM,
        app=READER,
        steps=_in_two(PAIR, 2),
        expect=_each(PAIR, READ, ROOT),
        faults=("drops-part-of-the-next",),
    ),
]
