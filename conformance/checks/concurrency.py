"""Requests at the same time: nobody waits for another, and nobody gets what is another's.

Owns the category concurrency. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..check import Check, practice, rfc
from ..expect import (
    answers,
    body,
    crowd_served,
    echoes,
    happened,
    saw_cookie,
    saw_header,
    status,
)
from ..spec import Crash, ReadBody, ReadCookies, Respond, Route, Stream, Wait, app
from ..steps import (
    Answered,
    Ask,
    Close,
    Connect,
    Crowd,
    Event,
    Open,
    Read,
    Send,
    get,
    raw,
)

ROOT = Route("root", "GET", "/")
SLOW = app(
    ROOT, Route("slow", "GET", "/slow", Wait("go")), Route("crash", "GET", "/crash", Crash())
)
TWO = app(
    Route("a", "POST", "/a/{name}", ReadBody(then=Wait("a"))),
    Route("b", "POST", "/b/{name}", ReadBody(then=Wait("b"))),
)
LARGE_BYTES = 262144
LARGE = app(ROOT, Route("large", "GET", "/large", Respond(200, "x" * LARGE_BYTES)))
ITEMS = app(
    Route("item", "GET", "/items/{name}"),
    Route("form", "POST", "/form", ReadBody("form")),
    Route("cookie", "GET", "/cookie", ReadCookies()),
)
BEHIND_A_WAIT = app(
    Route("cookie", "GET", "/cookie/{name}", Wait("go", ReadCookies())),
    Route("body", "POST", "/body/{name}", Wait("go", ReadBody())),
)
LETTERS = ("a", "b", "c", "d")
STREAMS = app(
    *(Route(one, "GET", f"/{one}", Stream((one * 3000,), times=40, gate="go")) for one in LETTERS)
)
UPLOADS = app(ROOT, Route("post", "POST", "/", ReadBody()))
CLIENTS = range(20)
MARKED = raw("GET /items/p@N@?q=q@N@", "X-Probe: h@N@")
MARKS = (b'"p@N@"', b'"q@N@"', b'"h@N@"')
"""Of a param, a query value and a header value, each a string of its own in the echo."""
UNREAD_ANSWERS = 96
"""That many answers of LARGE_BYTES are more than the buffers of both sides hold."""

CONCURRENT = practice("serving other connections while one waits is what an async framework is for")
ISOLATED = practice("what belongs to one request is nobody else's")
PIPELINED = rfc(
    9112,
    "9.3.2",
    "MUST send the corresponding responses in the same order that the requests were received",
)


def _digest(data: bytes) -> dict[str, Any]:
    return {"length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


CHECKS = [
    Check(
        id="concurrency/waiting-handler",
        title="A handler that waits holds up no other connection",
        source=CONCURRENT,
        app=SLOW,
        steps=[
            get("/slow", name="slow", begin_only=True),
            Event("wait", request="slow"),
            get("/", name="other"),
            Open("go"),
            Answered("slow"),
        ],
        expect=[
            echoes(of="other", route="root"),
            echoes(of="slow", route="slow"),
            happened("leave slow", after="leave root"),
        ],
        faults=("blocks-the-loop",),
    ),
    Check(
        id="concurrency/many-waiting-handlers",
        title="Handlers that wait on many connections hold up none",
        source=CONCURRENT,
        app=SLOW,
        steps=[
            *(get("/slow", name=f"slow{number}", begin_only=True) for number in range(40)),
            *(Event("wait", request=f"slow{number}") for number in range(40)),
            get("/", name="other"),
            Open("go"),
            *(Answered(f"slow{number}") for number in range(40)),
        ],
        expect=[
            echoes(of="other", route="root"),
            *(echoes(of=f"slow{number}", route="slow") for number in range(40)),
        ],
        faults=("blocks-the-loop", "few-requests-at-once"),
    ),
    Check(
        id="concurrency/own-request",
        title="Two requests at once each keep their own params, query, headers and body",
        source=ISOLATED,
        app=TWO,
        # The first to come is the last to be answered.
        steps=[
            Ask("POST", "/a/one?q=1", (("X-Probe", "first"),), b"body", "first", begin_only=True),
            Event("wait", "a"),
            Ask(
                "POST",
                "/b/two?q=2",
                (("X-Probe", "second"),),
                b"another body",
                "second",
                begin_only=True,
            ),
            Event("wait", "b"),
            Open("b"),
            Answered("second"),
            Open("a"),
            Answered("first"),
        ],
        expect=[
            echoes(
                of="first",
                route="a",
                params={"name": "one"},
                query=[["q", "1"]],
                body=_digest(b"body"),
            ),
            saw_header("X-Probe", "first", of="first"),
            echoes(
                of="second",
                route="b",
                params={"name": "two"},
                query=[["q", "2"]],
                body=_digest(b"another body"),
            ),
            saw_header("X-Probe", "second", of="second"),
        ],
        faults=("blocks-the-loop", "shares-state-between-connections"),
    ),
    Check(
        id="concurrency/crash-beside",
        title="A handler that crashes does no harm to one that waits beside it",
        source=ISOLATED,
        app=SLOW,
        steps=[
            get("/slow", name="slow", begin_only=True),
            Event("wait", request="slow"),
            get("/crash", name="crash"),
            Open("go"),
            Answered("slow"),
        ],
        expect=[status(500, of="crash"), echoes(of="slow", route="slow")],
        faults=("crash-ends-others", "blocks-the-loop"),
    ),
    Check(
        id="concurrency/silent-clients",
        title="Clients that say nothing, or only half of a request, hold up nobody",
        source=CONCURRENT,
        steps=[
            Connect(on="silent"),
            Send(b"GET / HTTP/1.1\r\nHost: @HOST@\r\nX-", on="head"),
            Send(raw("POST /", "Content-Length: 10", body=b"half"), on="body"),
            get("/", name="other"),
        ],
        expect=[echoes(of="other", route="root")],
        faults=("one-connection-at-a-time",),
    ),
    Check(
        id="concurrency/slow-reader",
        title="A client that does not read its answers holds up nobody else",
        source=CONCURRENT,
        app=LARGE,
        steps=[
            Send(raw("GET /large") * UNREAD_ANSWERS, on="slow"),
            Read(on="slow", head_only=True),
            get("/", name="other"),
            Send(raw("GET /"), on="raw"),
            Read(on="raw"),
            Close("slow"),
        ],
        expect=[
            status(200, of="other"),
            echoes(of="other", route="root"),
            answers(1, of="raw"),
        ],
        faults=("writes-block-everybody",),
    ),
    Check(
        id="concurrency/own-request-in-a-crowd",
        title="Each of six hundred requests on sixty connections gets its own answer",
        source=ISOLATED,
        app=ITEMS,
        steps=[Crowd(MARKED, 600, 60, own=MARKS)],
        expect=[crowd_served()],
        faults=("params-are-of-the-latest-request",),
    ),
    Check(
        id="concurrency/own-answer-in-a-pipeline",
        title="Of pipelined requests on many connections each gets its own answer",
        source=PIPELINED,
        app=ITEMS,
        steps=[Crowd(MARKED, 480, 20, 8, own=MARKS)],
        expect=[crowd_served()],
        faults=("pipelined-out-of-order", "params-are-of-the-latest-request"),
    ),
    Check(
        id="concurrency/own-form-in-a-crowd",
        title="Forms that come on many connections at once, pipelined, are kept apart",
        source=ISOLATED,
        app=ITEMS,
        steps=[
            Crowd(
                raw(
                    "POST /form",
                    "Content-Type: application/x-www-form-urlencoded",
                    "Content-Length: 12",  # @N@ becomes six digits
                    "X-Probe: h@N@",
                    body=b"field=@N@",
                ),
                240,
                20,
                4,
                own=(b'"@N@"', b'"h@N@"'),
            )
        ],
        expect=[crowd_served()],
        faults=("form-is-of-the-latest-request",),
    ),
    Check(
        id="concurrency/own-cookies-behind-a-wait",
        title="A handler that has waited reads the cookies of its own request",
        source=ISOLATED,
        app=BEHIND_A_WAIT,
        steps=[
            *(
                get(f"/cookie/{n}", ("Cookie", f"who=client{n}"), name=f"{n}", begin_only=True)
                for n in CLIENTS
            ),
            *(Event("wait", request=f"{n}") for n in CLIENTS),
            Open("go"),
            *(Answered(f"{n}") for n in CLIENTS),
        ],
        expect=[
            expectation
            for n in CLIENTS
            for expectation in (
                echoes(of=f"{n}", params={"name": f"{n}"}),
                saw_cookie("who", f"client{n}", of=f"{n}"),
            )
        ],
        faults=("keeps-request-in-a-global", "blocks-the-loop"),
    ),
    Check(
        id="concurrency/own-body-behind-a-wait",
        title="A handler that has waited reads the body of its own request",
        source=ISOLATED,
        app=BEHIND_A_WAIT,
        steps=[
            *(
                Ask("POST", f"/body/{n}", (), b"body of %d" % n, f"{n}", begin_only=True)
                for n in CLIENTS
            ),
            *(Event("wait", request=f"{n}") for n in CLIENTS),
            Open("go"),
            *(Answered(f"{n}") for n in CLIENTS),
        ],
        expect=[
            echoes(of=f"{n}", params={"name": f"{n}"}, body=_digest(b"body of %d" % n))
            for n in CLIENTS
        ],
        faults=("keeps-request-in-a-global", "blocks-the-loop"),
    ),
    Check(
        id="concurrency/streams-apart",
        title="Streams that run at the same time are not mixed up",
        source=ISOLATED,
        app=STREAMS,
        steps=[
            *(get(f"/{one}", name=one, begin_only=True) for one in LETTERS),
            *(Event("wait", request=one) for one in LETTERS),
            Open("go"),
            *(Answered(one) for one in LETTERS),
        ],
        expect=[body((one * 120_000).encode(), of=one) for one in LETTERS],
        faults=("streams-share-a-buffer",),
    ),
    Check(
        id="concurrency/half-sent-bodies",
        title="Handlers that wait for bodies hold up nobody, and each gets its own",
        source=CONCURRENT,
        app=UPLOADS,
        steps=[
            *(
                Send(raw("POST /", "Content-Length: 12", body=b"%04d" % n), on=f"{n}")
                for n in CLIENTS
            ),
            Crowd(raw("GET /?q=q@N@"), 40, 4, own=b'"q@N@"'),
            *(Send(b"%08d" % n, on=f"{n}") for n in reversed(CLIENTS)),
            *(Read(on=f"{n}") for n in CLIENTS),
        ],
        expect=[
            crowd_served(),
            *(echoes(of=f"{n}", body=_digest(b"%04d%08d" % (n, n))) for n in CLIENTS),
        ],
        faults=("few-requests-at-once",),
    ),
    Check(
        id="concurrency/crowd-beside-a-crash",
        title="Requests are served while others crash on many connections",
        source=ISOLATED,
        app=SLOW,
        steps=[
            get("/slow", name="slow", begin_only=True),
            Event("wait", request="slow"),
            Crowd(raw("GET /crash"), 60, 60, own=b"", name="crashes"),
            Crowd(raw("GET /?q=q@N@"), 60, 20, own=b'"q@N@"'),
            Open("go"),
            Answered("slow"),
        ],
        expect=[
            crowd_served("crashes", 500),
            crowd_served(),
            echoes(of="slow", route="slow"),
        ],
        faults=("crash-ends-others", "crash-ends-service"),
    ),
]
