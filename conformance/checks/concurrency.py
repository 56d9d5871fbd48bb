"""Requests at the same time: nobody waits for another, and nobody gets what is another's.

Owns the category concurrency. Literals only; nothing here opens a socket.
"""

from __future__ import annotations

import hashlib
from typing import Any

from ..check import Check, practice
from ..expect import answers, echoes, happened, saw_header, status
from ..spec import Crash, ReadBody, Respond, Route, Wait, app
from ..steps import (
    Answered,
    Ask,
    Close,
    Connect,
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
UNREAD_ANSWERS = 96
"""That many answers of LARGE_BYTES are more than the buffers of both sides hold."""

CONCURRENT = practice("serving other connections while one waits is what an async framework is for")
ISOLATED = practice("what belongs to one request is nobody else's")


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
]
