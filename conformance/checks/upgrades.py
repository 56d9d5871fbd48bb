"""Requests to speak another protocol, which a server that does not answers in its own.

Owns the category upgrade. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..check import MAY, Check, rfc
from ..expect import (
    Expectation,
    answers,
    connection_ended,
    echoes,
    either,
    interim,
    status,
    well_framed,
)
from ..spec import ReadBody, Route, app
from ..steps import Read, ReadToEnd, Send, raw

PLACES = app(Route("root", "GET", "/"), Route("read", "POST", "/", ReadBody()))

LAST = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.last\r\nConnection: close\r\n\r\n"
HELLO = {"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}
WEBSOCKET = (
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)

MAY_IGNORE = rfc(
    9110,
    "7.8",
    "A server MAY ignore a received Upgrade header field if it wishes to continue using the "
    "current protocol on that connection.",
)


def _goes_on(**first: Any) -> list[Expectation]:
    """The request is answered as it would be without Upgrade, and so is the next one, unless the
    connection has ended."""
    return [
        interim(),
        echoes(**first),
        either([answers(2), echoes(index=1, route="root")], [answers(1), connection_ended()]),
    ]


CHECKS = [
    Check(
        id="upgrade/websocket",
        title="A handshake of WebSocket at a path without one is answered in HTTP/1.1",
        source=MAY_IGNORE,
        level=MAY,
        app=PLACES,
        # A server that knows WebSocket may refuse the handshake, and close; the 426 says how to.
        steps=[Send(raw("GET /", "Connection: Upgrade", *WEBSOCKET)), Read(), Send(LAST), Read()],
        expect=[
            interim(),
            either(
                _goes_on(route="root"),
                [status(400, 403, 404, 426), well_framed()],
            ),
        ],
        faults=("upgrade-ends-http",),
    ),
    Check(
        id="upgrade/h2c",
        title="A request to go on in HTTP/2 is answered in HTTP/1.1, and the connection goes on",
        source=MAY_IGNORE,
        level=MAY,
        app=PLACES,
        steps=[
            Send(
                raw(
                    "GET /",
                    "Connection: Upgrade, HTTP2-Settings",
                    "Upgrade: h2c",
                    "HTTP2-Settings: AAMAAABkAAQAAP__",
                )
            ),
            Read(),
            Send(LAST),
            Read(),
        ],
        expect=_goes_on(route="root"),
        faults=("upgrade-ends-http",),
    ),
    Check(
        id="upgrade/unknown",
        title="A request to go on in protocols that nobody knows is answered in HTTP/1.1",
        source=MAY_IGNORE,
        level=MAY,
        app=PLACES,
        steps=[
            Send(raw("GET /", "Connection: upgrade", "Upgrade: IRC/6.9, RTA/x11, a/b")),
            Read(),
            Send(LAST),
            Read(),
        ],
        expect=_goes_on(route="root"),
        faults=("upgrade-ends-http",),
    ),
    Check(
        id="upgrade/with-a-body",
        title="A request with Upgrade and a body has its body",
        source=rfc(
            9112,
            "6.3",
            "If a valid Content-Length header field is present without Transfer-Encoding, its "
            "decimal value defines the expected message body length in octets.",
        ),
        app=PLACES,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Connection: Upgrade",
                    "Upgrade: h2c",
                    "Content-Length: 5",
                    body=b"hello",
                )
            ),
            Read(),
            Send(LAST),
            Read(),
        ],
        expect=_goes_on(route="read", body=HELLO),
        faults=("upgrade-has-no-body",),
    ),
    Check(
        id="upgrade/with-chunks",
        title="A request with Upgrade and a chunked body has its body",
        source=rfc(
            9112,
            "6.3",
            "the message body length is determined by reading and decoding the chunked data until "
            "the transfer coding indicates the data is complete",
        ),
        app=PLACES,
        steps=[
            Send(
                raw(
                    "POST /",
                    "Connection: Upgrade",
                    "Upgrade: IRC/6.9",
                    "Transfer-Encoding: chunked",
                    body=b"5\r\nhello\r\n0\r\n\r\n",
                )
            ),
            Read(),
            Send(LAST),
            Read(),
        ],
        expect=_goes_on(route="read", body=HELLO),
        faults=("upgrade-has-no-body",),
    ),
    Check(
        id="upgrade/in-http10",
        title="Upgrade in a request of HTTP/1.0 is ignored",
        source=rfc(
            9110,
            "7.8",
            "A server that receives an Upgrade header field in an HTTP/1.0 request MUST ignore "
            "that Upgrade field.",
        ),
        app=PLACES,
        steps=[Send(raw("GET / HTTP/1.0", "Connection: Upgrade", "Upgrade: h2c")), ReadToEnd()],
        expect=[interim(), answers(1), echoes(route="root"), connection_ended()],
        faults=("upgrade-ends-http",),
    ),
]
