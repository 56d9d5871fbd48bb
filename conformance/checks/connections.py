"""How long a connection lasts and what may go over it, one request behind the other.

Owns the category connection. Literals only; nothing here opens a socket.

What the end of a connection means for the body of an answer is the response category's; what
becomes of bodies that nobody reads, the request category's.
"""

from __future__ import annotations

import hashlib

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    Echoes,
    answers,
    body,
    connection_ended,
    connection_open,
    echoes,
    either,
    header,
    interim,
    never_happened,
    not_status,
    status,
    well_framed,
)
from ..spec import ReadBody, Respond, Route, Stream, Wait, app
from ..steps import (
    BYTEWISE,
    Close,
    Drip,
    Event,
    HalfClose,
    Open,
    Read,
    ReadToEnd,
    Reset,
    Send,
    get,
    raw,
)

SLOW = app(Route("slow", "GET", "/slow", Wait("go")), Route("root", "GET", "/"))
STREAM = app(Route("stream", "GET", "/stream", Stream(("first ", "second"), gate="go")))
READER = app(Route("read", "POST", "/", ReadBody()), Route("root", "GET", "/"))
LARGE = app(
    Route("slow", "GET", "/slow", Wait("go", Respond(200, "x" * 262144))),
    Route("root", "GET", "/"),
)

SECOND = b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.b\r\n\r\n"
POST_AND_GET = raw("POST /", "Content-Length: 5", body=b"first") + raw("GET /")
SAYS_CLOSE = header("Connection", matches=r"(?i)(.*,)?\s*close\s*(,.*)?")

CLOSE = rfc(
    9112,
    "9.6",
    'A server that receives a "close" connection option MUST initiate closure of the connection '
    "(see below) after it sends the final response to the request that contained the "
    '"close" connection option.',
)
IN_ORDER = rfc(
    9112,
    "9.3.2",
    "A server MAY process a sequence of pipelined requests in parallel if they all have safe "
    "methods (Section 9.2.1 of [HTTP]), but it MUST send the corresponding responses in the same "
    "order that the requests were received.",
)
HALF_CLOSED = rfc(
    9112,
    "9.6",
    "Note that a TCP connection that is half-closed by the client does not delimit a request "
    "message, nor does it imply that the client is no longer interested in a response.",
)
OTHERS = practice("what becomes of one client's connection is no concern of another's")


def _item(name: str) -> bytes:
    lines = f"GET /items/{name} HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@.{name}\r\n\r\n"
    return lines.encode()


def _reads(data: bytes, index: int = 0) -> Echoes:
    """The handler of this request read this body."""
    digest = {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return echoes(index=index, route="read", body=digest)


PERSISTENCE = [
    Check(
        id="connection/open-or-said-to-close",
        title="Behind an answer that does not say close the connection takes another request",
        source=rfc(
            9112,
            "9.3",
            "A server that does not support persistent connections MUST send the "
            '"close" connection option in every response message that does not have a 1xx '
            "(Informational) status code.",
        ),
        steps=[Send(raw("GET /")), Read(), Send(SECOND), Read()],
        expect=[either(answers(2), [answers(1), SAYS_CLOSE, connection_ended()])],
        any_server=True,
        faults=("closes-silently",),
    ),
    Check(
        id="connection/persists",
        title="A connection of HTTP/1.1 stays open for the next request",
        source=rfc(9112, "9.3", "HTTP implementations SHOULD support persistent connections."),
        level=SHOULD,
        steps=[Send(raw("GET /")), Read(), Send(SECOND), Read()],
        expect=[answers(2), connection_open()],
        any_server=True,
        faults=("closes-every-connection",),
    ),
    Check(
        id="connection/close-ends-it",
        title="The connection is closed behind the answer to a request that says close",
        source=CLOSE,
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[answers(1), well_framed(), connection_ended()],
        any_server=True,
        faults=("ignores-connection-close",),
    ),
    Check(
        id="connection/close-in-a-list",
        title="The option close is known in any case and among other options",
        source=rfc(9110, "7.6.1", "Connection options are case-insensitive."),
        steps=[Send(raw("GET /", "Connection: X-Probe, CLOSE")), ReadToEnd()],
        expect=[answers(1), connection_ended()],
        any_server=True,
        faults=("connection-options-have-case",),
    ),
    Check(
        id="connection/nothing-behind-close",
        title="A request behind one that says close is not processed",
        source=rfc(
            9112,
            "9.6",
            "The server MUST NOT process any further requests received on that connection.",
        ),
        steps=[Send(raw("GET /", "Connection: close") + SECOND), ReadToEnd()],
        expect=[answers(1), connection_ended(), never_happened("enter", request="b")],
        faults=("ignores-connection-close",),
    ),
    Check(
        id="connection/close-is-said",
        title="The last answer on a connection says close",
        source=rfc(
            9112,
            "9.6",
            'The server SHOULD send a "close" connection option in its final response on that '
            "connection.",
        ),
        level=SHOULD,
        steps=[Send(raw("GET /", "Connection: close")), ReadToEnd()],
        expect=[SAYS_CLOSE],
        any_server=True,
        faults=("closes-silently",),
    ),
    Check(
        id="connection/http10-keep-alive",
        title="The answer to a client of HTTP/1.0 whose connection is kept says so",
        source=practice(
            "a client of HTTP/1.0 reads to the end of the connection unless the answer says "
            "keep-alive (RFC 9112 §9.3, appendix C.2.2)"
        ),
        level=SHOULD,
        steps=[
            Send(raw("GET / HTTP/1.0", "Connection: keep-alive")),
            Read(),
            Send(SECOND),
            Read(),
        ],
        expect=[
            either(
                [answers(2), header("Connection", matches=r"(?i).*keep-alive.*")],
                [answers(1), connection_ended()],
            )
        ],
        any_server=True,
        faults=("keeps-http10-silently",),
    ),
    Check(
        id="connection/http10-without-host",
        title="A request of HTTP/1.0 needs no Host",
        source=practice(
            "Host came with HTTP/1.1, and RFC 9112 §3.2 asks only those requests for it"
        ),
        steps=[Send(raw("GET / HTTP/1.0", host=False)), ReadToEnd()],
        expect=[answers(1), echoes(route="root")],
        faults=("asks-http10-for-host",),
    ),
]

PIPELINING = [
    Check(
        id="connection/pipelined-in-order",
        title="Requests that come in one segment are answered in their order",
        source=IN_ORDER,
        steps=[Send(_item("one") + _item("two") + _item("three")), Read(3)],
        expect=[
            answers(3),
            echoes(route="item", params={"name": "one"}),
            echoes(index=1, route="item", params={"name": "two"}),
            echoes(index=2, route="item", params={"name": "three"}),
        ],
        faults=("pipelined-out-of-order", "drops-pipelined"),
    ),
    Check(
        id="connection/pipelined-behind-slow",
        title="An answer waits for the one before it, however long that takes",
        source=IN_ORDER,
        app=SLOW,
        steps=[
            Send(raw("GET /slow") + SECOND),
            Event("wait", request=""),
            Open("go"),
            Read(2),
        ],
        expect=[answers(2), echoes(route="slow"), echoes(index=1, route="root")],
        faults=("pipelined-out-of-order", "drops-pipelined"),
    ),
    Check(
        id="connection/pipelined-bodies",
        title="Pipelined requests with bodies of either framing keep to their own",
        source=IN_ORDER,
        app=READER,
        steps=[
            Send(
                raw("POST /", "Content-Length: 5", body=b"first")
                + raw("POST /", "Transfer-Encoding: chunked", body=b"6\r\nsecond\r\n0\r\n\r\n")
                + raw("GET /")
                + raw("POST /", "Content-Length: 4", body=b"last")
            ),
            Read(4),
        ],
        expect=[
            answers(4),
            _reads(b"first"),
            _reads(b"second", index=1),
            echoes(index=2, route="root"),
            _reads(b"last", index=3),
        ],
        faults=("drops-pipelined",),
    ),
    Check(
        id="connection/pipelined-byte-by-byte",
        title="Requests that come byte by byte are those that come at once",
        source=practice("TCP carries a stream of octets; where it cuts them means nothing"),
        app=READER,
        # The other request is a round trip, behind which the first octets have surely been read.
        steps=[
            Send(POST_AND_GET[:30], segment_bytes=BYTEWISE),
            get("/", name="other"),
            Send(POST_AND_GET[30:], segment_bytes=BYTEWISE),
            Read(2),
        ],
        expect=[answers(2), _reads(b"first"), echoes(index=1, route="root")],
        faults=("needs-head-in-one-segment",),
    ),
]

CONTINUE = [
    Check(
        id="connection/continue",
        title="A client that waits for leave to send its body is given it",
        source=rfc(
            9110,
            "10.1.1",
            "The origin server MUST NOT wait for the content before sending the 100 (Continue) "
            "response.",
        ),
        app=READER,
        steps=[
            Send(raw("POST /", "Content-Length: 5", "Expect: 100-continue")),
            Read(interim=True),
            Send(b"hello"),
            Read(),
        ],
        expect=[interim(100), answers(1), _reads(b"hello")],
        faults=("no-100-continue",),
    ),
    Check(
        id="connection/continue-not-in-http10",
        title="A client of HTTP/1.0 gets no interim answer",
        source=rfc(
            9110,
            "10.1.1",
            "A server that receives a 100-continue expectation in an HTTP/1.0 request MUST ignore "
            "that expectation.",
        ),
        app=READER,
        # The other request is a round trip that gives the head its time: a server that has the body
        # already need not say continue to anybody.
        steps=[
            Send(raw("POST / HTTP/1.0", "Content-Length: 5", "Expect: 100-continue")),
            get("/", name="other"),
            Send(b"hello"),
            ReadToEnd(),
        ],
        expect=[interim(), answers(1), _reads(b"hello")],
        faults=("continues-http10",),
    ),
]

CLIENTS = [
    Check(
        id="connection/half-closed-client",
        title="A client that has ended its sending side still gets its answer",
        source=HALF_CLOSED,
        level=MAY,
        app=SLOW,
        steps=[
            Send(raw("GET /slow")),
            Event("wait", request=""),
            HalfClose(),
            Open("go"),
            ReadToEnd(),
        ],
        expect=[answers(1), echoes(route="slow"), well_framed()],
        faults=("half-close-is-the-end",),
    ),
    Check(
        id="connection/half-closed-client-of-a-stream",
        title="A client that has ended its sending side still gets the rest of a stream, slow as "
        "it may be",
        source=HALF_CLOSED,
        level=MAY,
        app=STREAM,
        # Another client is the clock: a server may allow a handler a moment to begin, not to end.
        steps=[
            Send(raw("GET /stream")),
            Read(head_only=True),
            Event("wait", "stream"),
            HalfClose(),
            Drip(b"GET / HTTP/1.1\r\n", on="clock", every_s=0.08),
            Open("go"),
            ReadToEnd(),
        ],
        expect=[answers(1), status(200), body("first second"), well_framed()],
        faults=("half-close-cuts-streams",),
    ),
    Check(
        id="connection/reset-harms-nobody-else",
        title="A client that resets its connection during a request does not harm others",
        source=OTHERS,
        app=LARGE,
        steps=[
            Send(raw("GET /slow"), on="gone"),
            Event("wait", request=""),
            Send(SECOND),
            Read(),
            Reset("gone"),
            Open("go"),
            get("/", name="between"),  # a round trip, in which the server hears of the reset
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
    Check(
        id="connection/vanished-client-harms-nobody-else",
        title="A client that closes within a head or a body does not harm others",
        source=OTHERS,
        app=READER,
        steps=[
            Send(b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-Requ", on="head"),
            Send(raw("POST /", "Content-Length: 100", body=b"only this"), on="body"),
            Close("head"),
            Close("body"),
            Send(SECOND),
            Read(),
            get("/", name="new"),
        ],
        expect=[echoes(route="root"), echoes(of="new", route="root"), never_happened("leave read")],
        faults=("incomplete-body-is-whole", "vanished-client-ends-the-server"),
    ),
    Check(
        id="connection/options-asterisk",
        title="OPTIONS of the whole server is answered and does no harm",
        source=rfc(
            9110,
            "9.3.7",
            'An OPTIONS request with an asterisk ("*") as the request target (Section 7.1) applies '
            "to the server in general rather than to a specific resource.",
        ),
        steps=[
            Send(raw("OPTIONS *")),
            Read(to="OPTIONS"),
            Send(raw("GET /"), on="2"),
            Read(on="2"),
        ],
        expect=[not_status(500), well_framed(), not_status(400, 500, of="2")],
        any_server=True,
        faults=("asterisk-crashes",),
    ),
]

CHECKS = [*PERSISTENCE, *PIPELINING, *CONTINUE, *CLIENTS]
