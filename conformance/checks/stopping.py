"""What a graceful stop does to the connections that are open: idle, reading, running, streaming.

Owns the checks of the category shutdown that need no signal: the application is stopped in a
process that goes on. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

import hashlib

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    body,
    connection_closed,
    connection_ended,
    connection_refused,
    echoes,
    either,
    happened,
    header,
    never_happened,
    status,
    well_framed,
)
from ..spec import Crash, Hook, ReadBody, Route, Stream, Wait, app
from ..steps import (
    Answered,
    Close,
    Connect,
    Event,
    Open,
    Read,
    ReadToEnd,
    Send,
    Stop,
    Stopped,
    get,
    raw,
)

FINISHES = practice("all eight frameworks let what runs finish before they end")
NOTHING_LISTENS = practice("a client that is refused goes elsewhere at once")
WHOLE_OR_NOT = practice("who cannot send an answer to its end had better not begin it")

ROOT = Route("root", "GET", "/")
POST = Route("post", "POST", "/", ReadBody())
SLOW = Route("slow", "GET", "/slow", Wait("go"))
TWO_PIECES = Route("stream", "GET", "/stream", Stream(("first ", "last"), gate="go"))

IDLE = (Send(raw("GET /"), on="idle"), Read(on="idle"))
"""A connection that is kept open: its end tells that the shutdown has begun."""

SETTLE = (Open("nobody"),) * 5
"""A gate that nobody waits at: round trips, in which a shutdown that was begun gets on."""

BEGIN = (Stop(begin_only=True), ReadToEnd(on="idle"))

SECOND = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
THIRD = SECOND.replace(b".b\r\n", b".c\r\nConnection: close\r\n")
HALF_A_HEAD = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@"
HALF_A_BODY = raw("POST /", "Content-Length: 10", "Connection: close", body=b"01234")
WHOLE_BODY = {"length": 10, "sha256": hashlib.sha256(b"0123456789").hexdigest()}

CHECKS: list[Check] = [
    # -- Running ---------------------------------------------------------------------------------
    Check(
        id="shutdown/stop-lets-requests-finish",
        title="Requests that run when the application is stopped are all answered whole",
        source=FINISHES,
        app=app(
            ROOT,
            Route("a", "GET", "/a", Wait("first")),
            Route("b", "GET", "/b", Wait("second")),
        ),
        # One gate each: the end of the first request must not be taken for the end of all.
        steps=[
            *IDLE,
            get("/a", name="a", begin_only=True),
            get("/b", name="b", begin_only=True),
            Event("wait", request="a"),
            Event("wait", request="b"),
            *BEGIN,
            Open("first"),
            Answered("a"),
            *SETTLE,
            Open("second"),
            Answered("b"),
            Stopped(),
        ],
        expect=[echoes(of="a", route="a"), echoes(of="b", route="b")],
        faults=("drains-one-request", "cancels-running-on-sigterm"),
    ),
    Check(
        id="shutdown/stop-lets-stream-finish",
        title="A stream that has begun when the application is stopped is sent to its end",
        source=FINISHES,
        app=app(ROOT, TWO_PIECES),
        steps=[
            *IDLE,
            Send(raw("GET /stream", "Connection: close")),
            Read(head_only=True),
            Event("wait", "stream"),
            *BEGIN,
            Open("go"),
            ReadToEnd(),
            Close(),
            Stopped(),
        ],
        expect=[answers(1), body("first last"), well_framed(), connection_closed()],
        faults=("cancels-running-on-sigterm",),
    ),
    Check(
        id="shutdown/crash-while-stopping",
        title="A handler that crashes while the application stops is answered as ever",
        source=practice("a 500 tells the client more than a connection that ends"),
        app=app(ROOT, Route("slow", "GET", "/slow", Wait("go", Crash()))),
        steps=[
            *IDLE,
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            *BEGIN,
            Open("go"),
            Answered("1"),
            Stopped(),
        ],
        expect=[status(500)],
        faults=("crash-closes-in-silence", "cancels-running-on-sigterm"),
    ),
    Check(
        id="shutdown/last-answer-says-close",
        title="The answer to a request that runs when the shutdown begins says close",
        source=rfc(
            9112,
            "9.6",
            "A sender SHOULD send a Connection header field (Section 7.6.1 of [HTTP]) containing "
            'the "close" connection option when it intends to close a connection.',
        ),
        level=SHOULD,
        app=app(ROOT, SLOW),
        steps=[
            *IDLE,
            Send(raw("GET /slow")),
            Event("wait", "slow"),
            *BEGIN,
            Open("go"),
            Read(),
            Close(),
            Stopped(),
        ],
        expect=[echoes(route="slow"), header("Connection", matches="(?i)close")],
        faults=("silent-about-closing-at-the-end",),
    ),
    Check(
        id="shutdown/pipelined-behind-running",
        title="Of pipelined requests the running one is answered whole, others whole or not at all",
        source=WHOLE_OR_NOT,
        app=app(ROOT, SLOW),
        steps=[
            *IDLE,
            Send(raw("GET /slow") + SECOND + THIRD),
            Event("wait", "slow"),
            *BEGIN,
            Open("go"),
            ReadToEnd(),
            Close(),
            Stopped(),
        ],
        expect=[
            echoes(route="slow"),
            well_framed(),
            either(
                answers(1),
                [answers(2), echoes(route="root", index=1), well_framed(index=1)],
                [
                    answers(3),
                    echoes(route="root", index=1),
                    echoes(route="root", index=2),
                    well_framed(index=2),
                ],
            ),
            connection_ended(),
        ],
        faults=("half-answers-while-stopping", "cancels-running-on-sigterm"),
    ),
    # -- Reading ---------------------------------------------------------------------------------
    Check(
        id="shutdown/head-ends-while-stopping",
        title="A request whose head ends during the stop is answered whole, or not at all",
        source=WHOLE_OR_NOT,
        app=app(ROOT),
        steps=[
            *IDLE,
            Send(HALF_A_HEAD, on="half"),
            get("/", name="other"),  # what was sent before has arrived when this is answered
            *BEGIN,
            Send(b".half\r\nConnection: close\r\n\r\n", on="half"),
            ReadToEnd(on="half"),
            Close("half"),
            Stopped(),
        ],
        expect=[
            echoes(of="other", route="root"),
            either(
                [answers(0, of="half")],
                [answers(1, of="half"), echoes(of="half", route="root"), well_framed(of="half")],
                [answers(1, of="half"), status(408, 503, of="half"), well_framed(of="half")],
            ),
            connection_ended(of="half"),
        ],
        faults=("half-answers-while-stopping",),
    ),
    Check(
        id="shutdown/body-ends-while-stopping",
        title="A request whose body is still on its way when the shutdown begins is answered",
        source=practice("an upload is a running request as any other; most servers finish it"),
        level=SHOULD,
        app=app(ROOT, POST),
        steps=[
            *IDLE,
            Send(HALF_A_BODY, on="half"),
            get("/", name="other"),
            *BEGIN,
            Send(b"56789", on="half"),
            ReadToEnd(on="half"),
            Close("half"),
            Stopped(),
        ],
        expect=[
            answers(1, of="half"),
            echoes(of="half", route="post", body=WHOLE_BODY),
            connection_ended(of="half"),
        ],
        faults=("half-answers-while-stopping", "cancels-running-on-sigterm"),
    ),
    # -- The order of the end --------------------------------------------------------------------
    Check(
        id="shutdown/cleanup-behind-requests",
        title="Cleanup hooks wait for requests that run",
        source=practice("what cleanup takes away is what requests need"),
        app=app(ROOT, SLOW, cleanup=[Hook("c1")]),
        steps=[
            *IDLE,
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            *BEGIN,
            *SETTLE,
            Open("go"),
            Answered("1"),
            Stopped(),
        ],
        expect=[echoes(route="slow"), happened("enter c1", after="leave slow")],
        faults=("cleanup-before-drain",),
    ),
    # -- Connections -----------------------------------------------------------------------------
    Check(
        id="shutdown/every-idle-connection",
        title="Every idle connection is closed when the shutdown begins, not the first alone",
        source=practice("clients and proxies hold many connections"),
        app=app(ROOT, SLOW),
        steps=[
            *IDLE,
            Send(raw("GET /"), on="two"),
            Read(on="two"),
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            *BEGIN,
            ReadToEnd(on="two"),
            Open("go"),
            Answered("1"),
            Stopped(),
        ],
        expect=[
            echoes(route="slow"),
            connection_ended(of="idle"),
            connection_ended(of="two"),
        ],
        faults=("closes-one-idle-connection", "waits-for-idle-connections"),
    ),
    Check(
        id="shutdown/unused-connection",
        title="A connection on which nothing has come is closed when the shutdown begins",
        source=practice("browsers open connections ahead of their requests"),
        level=SHOULD,
        app=app(ROOT),
        steps=[
            Connect(on="unused"),
            get("/", name="other"),  # the connection before it is accepted when this is answered
            Stop(begin_only=True),
            ReadToEnd(on="unused"),
            Stopped(),
        ],
        expect=[
            echoes(of="other", route="root"),
            answers(0, of="unused"),
            connection_ended(of="unused"),
        ],
        faults=("waits-for-idle-connections",),
    ),
    Check(
        id="shutdown/finished-connection-is-closed",
        title="A connection whose request ends during the shutdown is closed behind the answer",
        source=practice("who keeps it open waits for its client, and serves what comes on it"),
        level=SHOULD,
        app=app(ROOT, SLOW),
        steps=[
            *IDLE,
            Send(raw("GET /slow")),
            Event("wait", "slow"),
            *BEGIN,
            Open("go"),
            Read(),
            ReadToEnd(),
            Close(),
            Stopped(),
        ],
        expect=[answers(1), echoes(route="slow"), connection_ended()],
        faults=("keeps-open-while-stopping",),
    ),
    Check(
        id="shutdown/nothing-new-while-draining",
        title="While requests finish the application takes no new connection",
        source=NOTHING_LISTENS,
        level=SHOULD,
        app=app(ROOT, SLOW),
        steps=[
            *IDLE,
            get("/slow", begin_only=True),
            Event("wait", request="1"),
            *BEGIN,
            *SETTLE,
            Send(raw("GET /", "Connection: close"), on="late"),
            *SETTLE,
            Open("go"),
            Answered("1"),
            Stopped(),
            ReadToEnd(on="late"),
        ],
        expect=[echoes(route="slow"), answers(0, of="late")],
        faults=("accepts-after-sigterm",),
    ),
    Check(
        id="shutdown/nothing-listens-behind-a-stop",
        title="An application that has been stopped takes no new connection",
        source=NOTHING_LISTENS,
        app=app(ROOT),
        steps=[get("/"), Stop(), Connect(on="after")],
        expect=[echoes(route="root"), connection_refused(of="after")],
        faults=("listens-behind-its-end",),
    ),
    Check(
        id="shutdown/kept-connections-are-dead",
        title="An application that has been stopped takes no request on a connection it had",
        source=practice("what answers behind its own end does so without what it has cleaned up"),
        app=app(ROOT),
        steps=[Send(raw("GET /")), Read(), Stop(), Send(SECOND), ReadToEnd()],
        expect=[answers(1), never_happened("enter", request="b"), connection_ended()],
        faults=("answers-behind-its-end",),
    ),
]
