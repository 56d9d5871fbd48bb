"""Clients that go away: half closes and resets at every stage of a request.

Owns the category aborts. Literals only; nothing here opens a socket.

A body that is cut short is in the framing category.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    connection_ended,
    echoes,
    either,
    never_happened,
    refused,
    status,
)
from ..spec import ReadBody, Route, Stream, app
from ..steps import Connect, HalfClose, Read, ReadToEnd, Reset, Send, Step, get, raw

PLACES = app(
    Route("root", "GET", "/"),
    Route("post", "POST", "/"),
    Route("read", "POST", "/read", ReadBody()),
)
STREAMS = app(
    Route("root", "GET", "/"),
    Route("stream", "GET", "/stream", Stream(("x" * 1024,), times=4096)),
)

SECOND = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"

MONITOR = rfc(
    9112,
    "9.5",
    "Implementations SHOULD constantly monitor open connections for a received closure signal and "
    "respond to it as appropriate",
)
WHOLE_HEAD = rfc(
    9110,
    "5.3",
    "A server MUST NOT apply a request to the target resource until it receives the entire request "
    "header section",
)
OTHERS = practice("what becomes of one client's connection is no concern of another's")


def _reset_behind(data: bytes) -> list[Step]:
    """One client resets its connection behind these octets; another one has been there all the
    time, and a new one comes. The requests between are round trips, in which the server hears."""
    return [
        Send(raw("GET /")),
        Read(),
        Send(data, on="gone"),
        get("/", name="before"),
        Reset("gone"),
        get("/", name="between"),
        get("/", name="and between"),
        Send(SECOND),
        Read(),
        get("/", name="new"),
    ]


HALF_CLOSES = [
    Check(
        id="aborts/half-close-before-a-request",
        title="A client that ends its sending side without a request gets the end, and no answer",
        source=MONITOR,
        level=SHOULD,
        app=PLACES,
        steps=[Connect(), HalfClose(), ReadToEnd()],
        expect=[either(answers(0), refused(400, 408)), connection_ended()],
        faults=("hears-no-half-close",),
    ),
    Check(
        id="aborts/half-close-between-requests",
        title="A client that ends its sending side behind an answer gets the end of the connection",
        source=MONITOR,
        level=SHOULD,
        app=PLACES,
        steps=[Send(raw("GET /")), Read(), HalfClose(), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        faults=("hears-no-half-close",),
    ),
    Check(
        id="aborts/half-close-in-a-line",
        title="A request line that was cut off is no request",
        source=MONITOR,
        level=SHOULD,
        app=PLACES,
        steps=[Send(b"GET / HTTP/1.1"), HalfClose(), ReadToEnd()],
        expect=[refused(400, 408)],
        faults=("hears-no-half-close",),
    ),
    Check(
        id="aborts/half-close-before-the-empty-line",
        title="A head without the empty line at its end is no request",
        source=WHOLE_HEAD,
        app=PLACES,
        steps=[Send(raw("GET /")[:-2]), HalfClose(), ReadToEnd()],
        expect=[
            either(answers(0), refused(400, 408)),
            never_happened("enter root", request=""),
        ],
        faults=("cut-head-is-whole",),
    ),
    Check(
        id="aborts/half-close-in-an-unread-body",
        title="The connection ends behind a body that was cut off and that nobody reads",
        source=rfc(
            9112,
            "6.3",
            "If the sender closes the connection or the recipient times out before the indicated "
            "number of octets are received, the recipient MUST consider the message to be "
            "incomplete and close the connection.",
        ),
        app=PLACES,
        steps=[
            Send(raw("POST /", "Content-Length: 100", body=b"only this")),
            HalfClose(),
            ReadToEnd(),
        ],
        expect=[either([answers(1), status(200, 400, 408)], answers(0)), connection_ended()],
        faults=("hears-no-half-close",),
    ),
    Check(
        id="aborts/half-close-behind-a-request",
        title="A client that ends its sending side at once gets its answer at most, and the end",
        source=MONITOR,
        level=SHOULD,
        app=PLACES,
        steps=[Send(raw("GET /")), HalfClose(), ReadToEnd()],
        expect=[either([answers(1), echoes(route="root")], answers(0)), connection_ended()],
        faults=("hears-no-half-close",),
    ),
]

RESETS = [
    Check(
        id=f"aborts/reset-{name}",
        title=f"A client that resets its connection {where} does not harm others",
        source=OTHERS,
        app=PLACES,
        steps=_reset_behind(data),
        expect=[
            answers(2),
            echoes(route="root"),
            echoes(index=1, route="root"),
            echoes(of="new", route="root"),
            never_happened("leave read"),
        ],
        faults=("reset-ends-the-server", "reset-ends-others"),
    )
    for name, where, data in (
        ("in-a-head", "within a head", raw("GET /")[:-9]),
        (
            "in-a-body",
            "within a body that is being read",
            raw("POST /read", "Content-Length: 100", body=b"only this"),
        ),
        (
            "in-a-chunk",
            "within a chunk that is being read",
            raw("POST /read", "Transfer-Encoding: chunked", body=b"20\r\nonly this"),
        ),
        ("when-idle", "behind an answer that it has not read", raw("GET /")),
    )
] + [
    Check(
        id="aborts/reset-in-an-answer",
        title="A client that resets its connection within a long answer does not harm others",
        source=OTHERS,
        app=STREAMS,
        steps=[
            Send(raw("GET /")),
            Read(),
            Send(raw("GET /stream"), on="gone"),
            Read(on="gone", head_only=True),
            Reset("gone"),
            get("/", name="between"),
            get("/", name="and between"),
            Send(SECOND),
            Read(),
            get("/", name="new"),
        ],
        expect=[
            answers(2),
            echoes(route="root"),
            echoes(index=1, route="root"),
            echoes(of="new", route="root"),
        ],
        faults=("reset-ends-the-server", "reset-ends-others"),
    ),
]

CHECKS = [*HALF_CLOSES, *RESETS]
