"""Requests that are sent without waiting for the answers before them.

Owns the category pipelining. Literals only; nothing here opens a socket.

Two and three of them in a row are in the connection category; bodies that nobody reads, and what
is hidden in them, in those of requests and framing.
"""

from __future__ import annotations

import hashlib

from ..check import SHOULD, Check, rfc
from ..expect import (
    answers,
    connection_ended,
    crowd_served,
    echoes,
    either,
    happened,
    never_happened,
    not_2xx,
    refused,
    status,
    well_framed,
)
from ..spec import Crash, ReadBody, Respond, Route, Stream, Wait, app
from ..steps import Crowd, Event, HalfClose, Open, Read, ReadToEnd, Send, get, raw

LARGE_BYTES = 262144

MIXED = app(
    Route("root", "GET", "/"),
    Route("item", "GET", "/items/{name}"),
    Route("read", "POST", "/", ReadBody()),
    Route("crash", "GET", "/crash", Crash()),
    Route("none", "GET", "/204", Respond(204)),
    Route("stream", "GET", "/stream", Stream(("one", "two"))),
    Route("large", "GET", "/large", Respond(200, "x" * LARGE_BYTES)),
)
SLOW = app(
    Route("slow", "GET", "/slow", Wait("go")),
    Route("post", "POST", "/slow", Wait("go", ReadBody())),
    Route("root", "GET", "/"),
)

IN_ORDER = rfc(
    9112,
    "9.3.2",
    "it MUST send the corresponding responses in the same order that the requests were received",
)


def _request(line: str, name: str, *fields: str, body: bytes = b"") -> bytes:
    """A request with an id of its own."""
    lines = [f"{line} HTTP/1.1", "Host: @HOST@", f"X-Request-Id: @ID@.{name}", *fields, "", ""]
    return "\r\n".join(lines).encode() + body


def _get(name: str, *fields: str) -> bytes:
    return _request(f"GET /items/{name}", name, *fields)


CHECKS = [
    Check(
        id="pipelining/fifty-in-a-row",
        title="Each of fifty requests that come at once gets its own answer, in their order",
        source=IN_ORDER,
        app=MIXED,
        steps=[
            Crowd(
                b"GET /items/n@N@ HTTP/1.1\r\nHost: @HOST@\r\nX-Request-Id: @ID@\r\n\r\n",
                count=50,
                pipelined=50,
                own=b'"n@N@"',
            )
        ],
        expect=[crowd_served()],
        faults=("pipelines-sixteen-at-most", "drops-pipelined"),
    ),
    Check(
        id="pipelining/of-every-kind",
        title="Answers with and without content are kept apart when their requests come at once",
        source=IN_ORDER,
        app=MIXED,
        steps=[
            Send(
                raw("HEAD /nowhere")
                + _request("GET /204", "none")
                + _request("GET /stream", "stream")
                + _request("GET /nowhere", "nowhere")
                + _request("POST /", "read", "Content-Length: 5", body=b"hello")
                + _get("last")
            ),
            Read(to="HEAD"),
            Read(5),
        ],
        expect=[
            answers(6),
            not_2xx(),
            status(204, index=1),
            status(200, index=2),
            status(404, index=3),
            echoes(index=4, route="read"),
            echoes(index=5, params={"name": "last"}),
        ],
        faults=("content-for-head-of-error", "drops-pipelined"),
    ),
    Check(
        id="pipelining/large-answers",
        title="Answers larger than any socket buffer come whole, one behind the other",
        source=IN_ORDER,
        app=MIXED,
        steps=[
            Send(
                raw("GET /large") + _request("GET /large", "b") + _get("last", "Connection: close")
            ),
            ReadToEnd(),
        ],
        expect=[
            answers(3),
            well_framed(),
            well_framed(index=1),
            echoes(index=2, params={"name": "last"}),
        ],
        faults=("sends-once",),
    ),
    Check(
        id="pipelining/404-in-the-middle",
        title="An error does not take away the answers behind it",
        source=IN_ORDER,
        app=MIXED,
        steps=[Send(_get("one") + _request("GET /nowhere", "two") + _get("three")), Read(3)],
        expect=[
            answers(3),
            echoes(params={"name": "one"}),
            status(404, index=1),
            echoes(index=2, params={"name": "three"}),
        ],
        faults=("errors-drop-pipelined",),
    ),
    Check(
        id="pipelining/crash-in-the-middle",
        title="Behind a handler that crashed the next request is answered, or the connection ended",
        source=IN_ORDER,
        app=MIXED,
        steps=[Send(_get("one") + _request("GET /crash", "two") + _get("three")), Read(3)],
        expect=[
            echoes(params={"name": "one"}),
            status(500, index=1),
            either(
                [answers(3), echoes(index=2, params={"name": "three"})],
                [answers(2), connection_ended()],
            ),
        ],
        faults=("errors-drop-pipelined",),
    ),
    Check(
        id="pipelining/nothing-behind-garbage",
        title="What is no request gets a 400 or the end, and nothing behind it is processed",
        source=rfc(
            9112,
            "2.2",
            "When a server listening only for HTTP request messages, or processing what appears "
            "from the start-line to be an HTTP request message, receives a sequence of octets that "
            "does not match the HTTP-message grammar aside from the robustness exceptions listed "
            "above, the server SHOULD respond with a 400 (Bad Request) response and close the "
            "connection.",
        ),
        level=SHOULD,
        app=MIXED,
        steps=[
            Send(_get("one")),
            Read(),
            Send(b"no request\r\n\r\n" + _get("hidden")),
            ReadToEnd(),
        ],
        expect=[
            echoes(params={"name": "one"}),
            either([answers(2), status(400, index=1)], answers(1)),
            connection_ended(),
            never_happened("enter", request="hidden"),
        ],
        faults=("keeps-open-after-refusal",),
    ),
    Check(
        id="pipelining/close-in-the-middle",
        title="Requests in front of one that says close are answered, those behind it are not",
        source=rfc(
            9112,
            "9.6",
            "The server MUST NOT process any further requests received on that connection.",
        ),
        app=MIXED,
        steps=[
            Send(_get("one") + _get("two", "Connection: close") + _get("three") + _get("four")),
            ReadToEnd(),
        ],
        expect=[
            # No client may send anything behind its close, so all of it may be refused.
            either(
                [
                    answers(2),
                    echoes(params={"name": "one"}),
                    echoes(index=1, params={"name": "two"}),
                    connection_ended(),
                ],
                [answers(2), echoes(params={"name": "one"}), status(400, index=1)],
                refused(400),
            ),
            connection_ended(),
            never_happened("enter", request="three"),
            never_happened("enter", request="four"),
        ],
        faults=("close-waits-for-pipelined",),
    ),
    Check(
        id="pipelining/unsafe-methods-one-by-one",
        title="A request does not begin before an unsafe one in front of it is done",
        source=rfc(
            9112,
            "9.3.2",
            "A server MAY process a sequence of pipelined requests in parallel if they all have "
            "safe methods (Section 9.2.1 of [HTTP])",
        ),
        level=SHOULD,
        app=SLOW,
        # The other request is a round trip, in which a server that wants to can begin.
        steps=[
            Send(
                _request("POST /slow", "a", "Content-Length: 5", body=b"hello")
                + _request("GET /", "b")
            ),
            Event("wait", request="a"),
            get("/", name="other"),
            Open("go"),
            Read(2),
        ],
        expect=[answers(2), happened("enter root", request="b", after="leave post")],
        faults=("runs-pipelined-at-once",),
    ),
    Check(
        id="pipelining/body-read-late",
        title="A handler that reads its body late gets it without the request that came behind it",
        source=rfc(
            9112,
            "6.3",
            "the message body length is determined by reading and decoding the chunked data until "
            "the transfer coding indicates the data is complete",
        ),
        app=SLOW,
        # The other requests are round trips: a handler that begins before its body is there waits
        # by then, and nothing can tell whether one does.
        steps=[
            Send(_request("POST /slow", "a", "Transfer-Encoding: chunked", body=b"5\r\nhel")),
            get("/", name="other"),
            Send(b"lo\r\n0\r\n\r\n" + _request("GET /", "b")),
            get("/", name="another"),
            Open("go"),
            Read(2),
        ],
        expect=[
            answers(2),
            echoes(
                route="post",
                body={"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()},
            ),
            echoes(index=1, route="root"),
        ],
        faults=("drops-pipelined", "body-is-one-segment"),
    ),
    Check(
        id="pipelining/line-end-behind-a-body",
        title="An empty line between two requests is ignored",
        source=rfc(
            9112,
            "2.2",
            "a server that is expecting to receive and parse a request-line SHOULD ignore at least "
            "one empty line (CRLF) received prior to the request-line",
        ),
        level=SHOULD,
        app=MIXED,
        steps=[
            Send(raw("POST /", "Content-Length: 5", body=b"hello\r\n") + _get("two")),
            Read(2),
        ],
        expect=[answers(2), echoes(route="read"), echoes(index=1, params={"name": "two"})],
        faults=("refuses-leading-crlf",),
    ),
    Check(
        id="pipelining/line-feed-behind-chunks",
        title="A lone LF in a body is an octet of it behind a chunked request, too",
        source=rfc(
            9112,
            "6.3",
            "If a valid Content-Length header field is present without Transfer-Encoding, its "
            "decimal value defines the expected message body length in octets.",
        ),
        app=MIXED,
        steps=[
            Send(
                raw("POST /", "Transfer-Encoding: chunked", body=b"5\r\nhello\r\n0\r\n\r\n")
                + _request("POST /", "b", "Content-Length: 7", body=b"one\ntwo")
            ),
            Read(2),
        ],
        expect=[
            answers(2),
            *(
                echoes(
                    index=index,
                    route="read",
                    body={"length": len(data), "sha256": hashlib.sha256(data).hexdigest()},
                )
                for index, data in enumerate((b"hello", b"one\ntwo"))
            ),
        ],
        faults=("finds-lf-behind-trailers", "drops-pipelined"),
    ),
    Check(
        id="pipelining/half-close-behind-them",
        title="A client that ends its sending side behind several requests gets no answer twice, "
        "none out of order, and the end of the connection",
        source=IN_ORDER,
        app=SLOW,
        steps=[
            Send(_request("GET /slow", "a") + _request("GET /", "b") + _request("GET /", "c")),
            Event("wait", request="a"),
            HalfClose(),
            Open("go"),
            ReadToEnd(),
        ],
        expect=[
            either(
                answers(0),
                [
                    answers(3),
                    echoes(route="slow"),
                    echoes(index=1, route="root"),
                    echoes(index=2, route="root"),
                ],
                [answers(2), echoes(route="slow"), echoes(index=1, route="root")],
                [answers(1), echoes(route="slow")],
            ),
            connection_ended(),
        ],
        faults=("hears-no-half-close",),
    ),
]
