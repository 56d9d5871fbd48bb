"""What a server makes of Expect, beside leave for a client that waits for it.

Owns the category expect. Literals only; nothing here opens a socket.

Its two plainest checks are in the connection category.
"""

from __future__ import annotations

import hashlib

from ..check import MAY, Check, rfc
from ..expect import (
    Expectation,
    answers,
    by_dialect,
    connection_ended,
    echoes,
    either,
    interim,
    status,
)
from ..spec import Crash, ReadBody, Route, app
from ..steps import Read, ReadToEnd, Send, Step, raw

BODIES = app(
    Route("root", "GET", "/"),
    Route("hidden", "GET", "/hidden"),
    Route("get", "GET", "/get"),
    Route("read", "POST", "/", ReadBody()),
    Route("leaves", "POST", "/unread"),
    Route("crash", "POST", "/crash", Crash()),
)
LIMITED = app(
    Route("root", "GET", "/"),
    Route("hidden", "GET", "/hidden"),
    Route("read", "POST", "/", ReadBody()),
    body_limit=16,
)

LAST = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.last\r\nConnection: close\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
"""Without an id or the authority, which would change its length."""

HELLO = {"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}

EITHER = rfc(
    9110,
    "10.1.1",
    "an origin server MUST send either: an immediate response with a final status code, if that "
    "status can be determined by examining just the method, target URI, and header fields, or an "
    "immediate 100 (Continue) response to encourage the client to send the request content.",
)
READ_OR_CLOSE = rfc(
    9112,
    "9.3",
    "A server MUST read the entire request message body or close the connection after sending its "
    "response; otherwise, the remaining data on a persistent connection would be misinterpreted as "
    "the next request.",
)
NOT_100 = rfc(
    9110,
    "10.1.1",
    "A server that receives an Expect field value containing a member other than 100-continue MAY "
    "respond with a 417 (Expectation Failed) status code",
)


def _waits(line: str) -> list[Step]:
    """A client that waits for an answer, whichever, then sends the body that it has announced,
    which looks like a request, and another request."""
    return [
        Send(raw(line, f"Content-Length: {len(HIDDEN)}", "Expect: 100-continue")),
        Read(interim=True),
        Send(HIDDEN + LAST),
        ReadToEnd(),
    ]


def _hides_nothing(*codes: int) -> Expectation:
    """This answer, and then the end of the connection or the answer to what came behind."""
    return either(
        [answers(1), status(*codes), connection_ended()],
        [answers(2), status(*codes), echoes(index=1, route="root"), connection_ended()],
    )


LEAVE = [
    Check(
        id="expect/in-any-case",
        title="The expectation 100-continue is known in any case",
        source=rfc(9110, "10.1.1", "The Expect field value is case-insensitive."),
        app=BODIES,
        steps=[
            Send(raw("POST /", "Content-Length: 5", "EXPECT: 100-Continue")),
            Read(interim=True),
            Send(b"hello"),
            Read(),
        ],
        expect=[interim(100), answers(1), echoes(route="read", body=HELLO)],
        faults=("expectations-have-case",),
    ),
    Check(
        id="expect/chunked",
        title="A client that waits for leave to send chunks is given it",
        source=EITHER,
        app=BODIES,
        steps=[
            Send(raw("POST /", "Transfer-Encoding: chunked", "Expect: 100-continue")),
            Read(interim=True),
            Send(b"5\r\nhello\r\n0\r\n\r\n"),
            Read(),
        ],
        expect=[interim(100), answers(1), echoes(route="read", body=HELLO)],
        faults=("continues-sized-bodies-only",),
    ),
    Check(
        id="expect/on-a-kept-connection",
        title="Leave is given again for the second body on a connection",
        source=EITHER,
        app=BODIES,
        steps=[
            step
            for _ in range(2)
            for step in (
                Send(raw("POST /", "Content-Length: 5", "Expect: 100-continue")),
                Read(interim=True),
                Send(b"hello"),
                Read(),
            )
        ],
        expect=[
            interim(100, 100),
            answers(2),
            echoes(route="read", body=HELLO),
            echoes(index=1, route="read", body=HELLO),
        ],
        faults=("continues-once",),
    ),
    Check(
        id="expect/body-without-waiting",
        title="A client that does not wait for leave is served as well",
        source=rfc(
            9112,
            "6.3",
            "If a valid Content-Length header field is present without Transfer-Encoding, its "
            "decimal value defines the expected message body length in octets.",
        ),
        app=BODIES,
        steps=[
            Send(raw("POST /", "Content-Length: 5", "Expect: 100-continue", body=b"hello") + LAST),
            ReadToEnd(),
        ],
        expect=[
            either(interim(), interim(100)),
            answers(2),
            echoes(route="read", body=HELLO),
            echoes(index=1, route="root"),
        ],
        faults=("drops-body-that-did-not-wait",),
    ),
    Check(
        id="expect/no-body",
        title="An expectation on a request without a body holds nothing up",
        source=rfc(
            9112,
            "6.3",
            "If this is a request message and none of the above are true, then the message body "
            "length is zero (no message body is present).",
        ),
        app=BODIES,
        steps=[Send(raw("GET /", "Expect: 100-continue")), Read(), Send(LAST), ReadToEnd()],
        expect=[
            either(interim(), interim(100)),
            answers(2),
            echoes(route="root"),
            echoes(index=1, route="root"),
        ],
        faults=("waits-for-expected-body",),
    ),
]

REFUSALS = [
    Check(
        id=f"expect/announced-body-{name}",
        title=f"A body that was announced to {where} is a body when it comes, or the connection is "
        "closed",
        source=READ_OR_CLOSE,
        app=BODIES,
        steps=_waits(f"POST {path}"),
        expect=[_hides_nothing(*codes)],
        faults=("expected-body-is-next-request",),
    )
    for name, where, path, codes in (
        ("of-404", "a path without a route", "/nowhere", (404,)),
        ("of-405", "a path that has other methods", "/get", (405, 404, 400)),
        ("of-500", "a handler that crashed", "/crash", (500,)),
        ("unread", "a handler that does not read it", "/unread", (200,)),
    )
] + [
    Check(
        id="expect/announced-body-of-413",
        title="A body that was announced beyond the limit is a body when it comes, or the "
        "connection is closed",
        source=READ_OR_CLOSE,
        app=LIMITED,
        steps=_waits("POST /"),
        expect=[
            by_dialect(
                "body_limit_status", **{"413": _hides_nothing(413), "400": _hides_nothing(400)}
            )
        ],
        faults=("expected-body-is-next-request",),
    ),
]

OTHERS = [
    Check(
        id="expect/unknown",
        title="An expectation that nobody knows is ignored or refused with 417",
        source=NOT_100,
        level=MAY,
        app=BODIES,
        steps=[Send(raw("GET /", "Expect: a-miracle")), Read()],
        expect=[answers(1), status(200, 417)],
        faults=("unknown-expectation-crashes",),
    ),
    Check(
        id="expect/two",
        title="An expectation beside 100-continue is ignored or refused with 417",
        source=NOT_100,
        level=MAY,
        app=BODIES,
        steps=[
            Send(raw("POST /", "Content-Length: 5", "Expect: 100-continue, a=b", body=b"hello")),
            Read(),
        ],
        expect=[answers(1), status(200, 417)],
        faults=("unknown-expectation-crashes",),
    ),
    Check(
        id="expect/body-behind-unknown",
        title="The body of a request whose expectation is unknown is not taken for a request",
        source=READ_OR_CLOSE,
        app=BODIES,
        steps=[
            Send(
                raw("POST /", f"Content-Length: {len(HIDDEN)}", "Expect: a-miracle", body=HIDDEN)
                + LAST
            ),
            ReadToEnd(),
        ],
        expect=[_hides_nothing(200, 417)],
        faults=("keeps-open-after-refusal",),
    ),
]

CHECKS = [*LEAVE, *REFUSALS, *OTHERS]
