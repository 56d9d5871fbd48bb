"""Bodies that nobody read, and the request behind them.

Owns the checks of unread bodies in the category request: each hides a request in a body that its
handler leaves, and another request follows.
"""

from __future__ import annotations

from ..check import Check, rfc
from ..expect import (
    answers,
    connection_ended,
    echoes,
    either,
    never_happened,
    not_2xx,
    refused,
    status,
)
from ..spec import Crash, Echo, Middleware, ReadBody, Respond, Route, ShortCircuit, app
from ..steps import Read, ReadToEnd, Send, get, raw
from .body_limits import TOO_MUCH

READ_OR_CLOSE = rfc(
    9112,
    "9.3",
    "A server MUST read the entire request message body or close the connection after sending its "
    "response; otherwise, the remaining data on a persistent connection would be misinterpreted "
    "as the next request.",
)

IGNORANT = app(
    Route("ignores", "POST", "/ignores", ReadBody("none", then=Echo())),
    Route("crashes", "POST", "/crashes", Crash()),
    Route("root", "GET", "/"),
    Route("next", "GET", "/next"),
    Route("hidden", "GET", "/hidden"),
)
LIMITED = app(
    Route("read", "POST", "/", ReadBody("whole")),
    Route("ignores", "POST", "/ignores", ReadBody("none", then=Echo())),
    Route("next", "GET", "/next"),
    Route("hidden", "GET", "/hidden"),
    body_limit=1000,
)
CLOSED = app(
    Route("ignores", "POST", "/ignores"),
    Route("next", "GET", "/next"),
    Route("hidden", "GET", "/hidden"),
    middlewares=[Middleware("door", before=(ShortCircuit(Respond(403, "closed")),))],
)

HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\nX-Request-Id: @ID@.hidden\r\n\r\n"
PLAIN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
MANY = PLAIN * 80
LARGE = PLAIN * 6000
MEANWHILE = get("/", name="meanwhile")
"""Another client's turn: by its answer the server has taken in what was sent before it."""

LAST = b"GET /next HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\nConnection: close\r\n\r\n"
NOT_TAKEN_FOR_A_REQUEST = either(
    [answers(2), echoes(index=1, route="next")],
    [answers(1), connection_ended()],
)
"""Of a connection on which a body was left and LAST was sent: either is right."""


def _chunked(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data)


CHECKS: list[Check] = [
    Check(
        id="request/unread-body",
        title="A body that its handler did not read is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(PLAIN)}", body=PLAIN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request",),
    ),
    Check(
        id="request/unread-chunked-body",
        title="A chunked body that its handler did not read is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw(
                    "POST /ignores",
                    "Transfer-Encoding: chunked",
                    body=b"%x\r\n%b\r\n0\r\n\r\n" % (len(PLAIN), PLAIN),
                )
            ),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "no-chunked-requests"),
    ),
    Check(
        id="request/unread-body-of-404",
        title="The body of a request without a route is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /nowhere", f"Content-Length: {len(PLAIN)}", body=PLAIN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[status(404), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "unread-body-of-404-is-next-request"),
    ),
    Check(
        id="request/body-of-get",
        title="GET may have a body, and it is not taken for the next request",
        source=rfc(
            9112,
            "6",
            "The presence of a message body in a request is signaled by a Content-Length or "
            "Transfer-Encoding header field.",
        ),
        app=IGNORANT,
        steps=[
            Send(raw("GET /", f"Content-Length: {len(PLAIN)}", body=PLAIN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[either(echoes(route="root"), status(400)), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "get-has-no-body"),
    ),
    Check(
        id="request/unread-body-still-on-its-way",
        title="A body that arrives later, maybe behind the answer, is not taken for a request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(PLAIN)}")),
            MEANWHILE,
            Send(PLAIN),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "drains-only-what-has-come"),
    ),
    Check(
        id="request/unread-large-body",
        title="A large body that its handler did not read is not taken for requests",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw("POST /ignores", f"Content-Length: {len(LARGE)}", body=LARGE + LAST),
                begin_only=True,
            ),
            ReadToEnd(),
        ],
        expect=[
            either(
                [echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
                [answers(0), connection_ended()],  # a client that is still sending may miss it
            )
        ],
        faults=("unread-body-is-next-request", "drains-64-kib"),
    ),
    Check(
        id="request/unread-chunked-body-with-trailers",
        title="Trailers of a body that its handler did not read belong to it",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw(
                    "POST /ignores",
                    "Transfer-Encoding: chunked",
                    body=_chunked(PLAIN)[:-2] + b"X-Trailer: one\r\nX-Other: two\r\n\r\n",
                )
            ),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[
            # Whether trailers are known at all is another check's.
            either([echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST], refused(400))
        ],
        faults=("unread-body-is-next-request", "stops-at-last-chunk"),
    ),
    Check(
        id="request/unread-chunked-body-still-on-its-way",
        title="Chunks that arrive later, maybe behind the answer, are not taken for requests",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /ignores", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n")),
            MEANWHILE,
            Send(_chunked(PLAIN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "drains-only-what-has-come"),
    ),
    Check(
        id="request/unread-malformed-body",
        title="What follows an unread body that cannot be framed is not taken for a request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw(
                    "POST /ignores",
                    "Transfer-Encoding: chunked",
                    body=b"5\r\nhello\r\nno size\r\n" + HIDDEN,
                )
            ),
            ReadToEnd(),
        ],
        expect=[
            connection_ended(),
            either(answers(0), [answers(1), either(echoes(route="ignores"), status(400))]),
            never_happened("enter", request="hidden"),
        ],
        faults=("passes-over-malformed-bodies",),
    ),
    Check(
        id="request/unread-body-with-expect",
        title="A body that was announced and sent without leave is not taken for a request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(
                raw(
                    "POST /ignores",
                    "Expect: 100-continue",
                    f"Content-Length: {len(PLAIN)}",
                    body=PLAIN,
                )
            ),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[echoes(route="ignores"), NOT_TAKEN_FOR_A_REQUEST],
        faults=("expected-body-is-next-request",),
    ),
    Check(
        id="request/unread-body-of-crash",
        title="The body of a request whose handler crashed is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("POST /crashes", f"Content-Length: {len(MANY)}", body=MANY)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[status(500), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "unread-body-of-500-is-next-request"),
    ),
    Check(
        id="request/unread-body-of-wrong-method",
        title="The body of a request with a wrong method is not taken for the next request",
        source=READ_OR_CLOSE,
        app=IGNORANT,
        steps=[
            Send(raw("PUT /ignores", "Transfer-Encoding: chunked", body=_chunked(PLAIN))),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[not_2xx(), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "unread-body-of-405-is-next-request"),
    ),
    Check(
        id="request/unread-body-of-middleware",
        title="The body of a request that a middleware answered is not taken for the next request",
        source=READ_OR_CLOSE,
        app=CLOSED,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(PLAIN)}", body=PLAIN)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[
            status(403),
            either(
                [answers(2), status(403, index=1)],
                [answers(1), connection_ended()],
            ),
        ],
        faults=("unread-body-is-next-request",),
    ),
    Check(
        id="request/unread-body-beyond-limit",
        title="A body beyond the limit that its handler did not read is not taken for requests",
        source=READ_OR_CLOSE,
        app=LIMITED,
        steps=[
            Send(raw("POST /ignores", f"Content-Length: {len(MANY)}", body=MANY)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[either(echoes(route="ignores"), TOO_MUCH), NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request",),
    ),
    Check(
        id="request/refused-body-beyond-limit",
        title="A body that was refused for its size is not taken for requests",
        source=READ_OR_CLOSE,
        app=LIMITED,
        steps=[
            Send(raw("POST /", f"Content-Length: {len(MANY)}", body=MANY)),
            Read(),
            Send(LAST),
            ReadToEnd(),
        ],
        expect=[TOO_MUCH, NOT_TAKEN_FOR_A_REQUEST],
        faults=("unread-body-is-next-request", "refused-body-is-next-request"),
    ),
]
