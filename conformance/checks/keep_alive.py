"""When a connection goes on behind an answer and when it ends: what the options of Connection say.

Owns the category keep-alive. Literals only; nothing here opens a socket.

Persistence by itself, and `close` in its plain form, are in the connection category.
"""

from __future__ import annotations

import hashlib

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    connection_ended,
    connection_open,
    crowd_served,
    echoes,
    either,
    never_happened,
    status,
    well_framed,
)
from ..spec import Crash, ReadBody, Route, app
from ..steps import Crowd, Read, ReadToEnd, Send, raw

VARIOUS = app(
    Route("root", "GET", "/"),
    Route("item", "GET", "/items/{name}"),
    Route("hidden", "GET", "/hidden"),
    Route("post", "POST", "/"),
    Route("read", "POST", "/read", ReadBody()),
    Route("crash", "GET", "/crash", Crash()),
)

SECOND = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
SECOND_OF_10 = SECOND.replace(b"HTTP/1.1", b"HTTP/1.0")
BEHIND = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.behind\r\n\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
"""Without an id or the authority, which would change its length."""

HELLO = {"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}

CLOSE = rfc(
    9112,
    "9.6",
    'A server that receives a "close" connection option MUST initiate closure of the connection '
    "(see below) after it sends the final response to the request that contained the "
    '"close" connection option.',
)
PERSISTS = rfc(
    9112,
    "9.3",
    "If the received protocol is HTTP/1.1 (or later), the connection will persist after the "
    "current response",
)
OTHERWISE = rfc(9112, "9.3", "The connection will close after the current response.")

OPTIONS = [
    Check(
        id="keep-alive/close-on-the-second-line",
        title="The option close is known on any line of Connection",
        source=CLOSE,
        steps=[Send(raw("GET /", "Connection: X-Probe", "Connection: close")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("first-connection-line-only",),
    ),
    Check(
        id="keep-alive/close-behind-empty-elements",
        title="Empty elements of Connection hide no option behind them",
        source=rfc(
            9110,
            "5.6.1.2",
            "A recipient MUST parse and ignore a reasonable number of empty list elements",
        ),
        steps=[Send(raw("GET /", "Connection: , ,,close,")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("options-end-at-empty-element",),
    ),
    Check(
        id="keep-alive/close-and-keep-alive",
        title="Of close and keep-alive in one request close counts",
        source=CLOSE,
        steps=[Send(raw("GET /", "Connection: keep-alive, close")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("keep-alive-beats-close",),
    ),
    Check(
        id="keep-alive/close-and-keep-alive-in-http10",
        title="Of close and keep-alive in a request of HTTP/1.0 close counts",
        source=CLOSE,
        steps=[Send(raw("GET / HTTP/1.0", "Connection: close, keep-alive")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("keep-alive-beats-close",),
    ),
    Check(
        id="keep-alive/option-that-contains-close",
        title="An option that has close within its name is another option",
        source=PERSISTS,
        level=SHOULD,
        steps=[Send(raw("GET /", "Connection: x-close, closed")), Read(), Send(SECOND), Read()],
        expect=[answers(2), connection_open()],
        any_server=True,
        faults=("finds-close-in-other-options",),
    ),
    Check(
        id="keep-alive/said-in-http11",
        title="A client of HTTP/1.1 that says keep-alive is kept",
        source=PERSISTS,
        level=SHOULD,
        steps=[Send(raw("GET /", "Connection: Keep-Alive")), Read(), Send(SECOND), Read()],
        expect=[answers(2), connection_open()],
        any_server=True,
        faults=("closes-every-connection",),
    ),
    Check(
        id="keep-alive/header-is-no-order",
        title="A Keep-Alive field with odd parameters is no failure of the server's",
        source=practice(
            "Keep-Alive is a hint that RFC 9112 leaves to appendix C.2.2; nobody fails for it"
        ),
        steps=[
            Send(
                raw(
                    "GET /",
                    "Connection: keep-alive",
                    "Keep-Alive: timeout=soon; max=-1, , =,timeout",
                )
            ),
            Read(),
        ],
        expect=[answers(1), echoes(route="root")],
        faults=("parses-keep-alive",),
    ),
    Check(
        id="keep-alive/proxy-connection-closes-nothing",
        title="Proxy-Connection with close ends no connection",
        source=PERSISTS,
        level=SHOULD,
        steps=[Send(raw("GET /", "Proxy-Connection: close")), Read(), Send(SECOND), Read()],
        expect=[answers(2), connection_open()],
        any_server=True,
        faults=("heeds-proxy-connection",),
    ),
    Check(
        id="keep-alive/proxy-connection-keeps-nothing",
        title="Proxy-Connection with keep-alive keeps no connection of HTTP/1.0",
        source=OTHERWISE,
        level=SHOULD,
        steps=[Send(raw("GET / HTTP/1.0", "Proxy-Connection: keep-alive")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("heeds-proxy-connection",),
    ),
    Check(
        id="keep-alive/options-that-name-fields",
        title="A field that Connection names still means what it means to an origin server",
        source=rfc(
            9112,
            "6.3",
            "If a valid Content-Length header field is present without Transfer-Encoding, its "
            "decimal value defines the expected message body length in octets.",
        ),
        app=VARIOUS,
        steps=[
            Send(
                raw(
                    "POST /read",
                    "Connection: Content-Length, Host, X-Request-Id",
                    f"Content-Length: {len(HIDDEN)}",
                    body=HIDDEN,
                )
                + raw("GET /", "Connection: close")
            ),
            ReadToEnd(),
        ],
        expect=[
            either(
                [answers(2), echoes(route="read"), echoes(index=1, route="root")],
                [answers(1), echoes(route="read"), connection_ended()],
                [answers(1), status(400), connection_ended()],
            ),
        ],
        faults=("drops-fields-named-in-connection",),
    ),
]

HTTP10 = [
    Check(
        id="keep-alive/http10-asks-each-time",
        title="A client of HTTP/1.0 is kept for as long as its latest request says keep-alive",
        source=rfc(
            9112,
            "9.3",
            "A recipient determines whether a connection is persistent or not based on the "
            "protocol version and Connection header field (Section 7.6.1 of [HTTP]) in the most "
            "recently received message, if any",
        ),
        steps=[
            Send(raw("GET / HTTP/1.0", "Connection: keep-alive")),
            Read(),
            Send(SECOND_OF_10),
            ReadToEnd(),
        ],
        expect=[either(answers(2), answers(1)), connection_ended()],
        any_server=True,
        faults=("keep-alive-is-for-ever",),
    ),
]

ANSWERS = [
    Check(
        id=f"keep-alive/close-with-{name}",
        title=f"The connection is closed behind a {code} to a request that says close",
        source=CLOSE,
        app=VARIOUS,
        steps=[Send(raw(line, "Connection: close")), ReadToEnd()],
        expect=[
            answers(1),
            status(*codes),
            connection_ended(),
        ],
        faults=("errors-ignore-close",),
    )
    for name, line, code, codes in (
        ("404", "GET /nowhere", 404, (404,)),
        ("405", "DELETE /", 405, (405, 404, 400)),
        ("500", "GET /crash", 500, (500,)),
    )
]

ENDS = [
    Check(
        id="keep-alive/close-with-unread-body",
        title="A body that nobody read does not outlive a request that says close",
        source=rfc(
            9112,
            "9.6",
            "The server MUST NOT process any further requests received on that connection.",
        ),
        app=VARIOUS,
        steps=[
            Send(raw("POST /", "Connection: close", f"Content-Length: {len(HIDDEN)}", body=HIDDEN)),
            ReadToEnd(),
        ],
        expect=[
            answers(1),
            echoes(route="post"),
            well_framed(),
            connection_ended(),
        ],
        faults=("unread-body-outlives-close",),
    ),
    Check(
        id="keep-alive/a-hundred-requests",
        title="A connection carries a hundred requests, each with its own answer",
        source=rfc(
            9112,
            "9.5",
            "A server SHOULD sustain persistent connections, when possible",
        ),
        level=SHOULD,
        app=VARIOUS,
        steps=[
            Crowd(
                b"GET /items/n@N@ HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@\r\n\r\n",
                count=100,
                own=b'"n@N@"',
            )
        ],
        expect=[crowd_served()],
        faults=("ends-at-the-tenth-request",),
    ),
    Check(
        id="keep-alive/http10-request-ends-a-kept-one",
        title="A request of HTTP/1.0 ends a connection that was kept for HTTP/1.1",
        source=OTHERWISE,
        steps=[Send(raw("GET /")), Read(), Send(SECOND_OF_10 + BEHIND), ReadToEnd()],
        expect=[
            either(answers(2), answers(1)),
            connection_ended(),
            never_happened("enter", request="behind"),
        ],
        faults=("keeps-http10-open",),
    ),
]

CHECKS = [*OPTIONS, *HTTP10, *ANSWERS, *ENDS]
