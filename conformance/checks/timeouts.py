"""Clients that are slow, and clients that are silent.

Owns the category timeouts. Literals only; nothing here opens a socket.

What is to be cut off is slow for as long as it takes, with a limit well below that; what is to be
served has a limit far beyond the time that it takes. No verdict lies between them.
"""

from __future__ import annotations

import hashlib

from ..check import MAY, SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    connection_ended,
    echoes,
    either,
    never_happened,
    refused,
    status,
)
from ..spec import ReadBody, Route, Wait, app
from ..steps import Connect, Drip, Event, Open, Read, ReadToEnd, Send, get, raw

ROUTES = (Route("root", "GET", "/"), Route("read", "POST", "/", ReadBody()))
SHORT_S = 1.5
LONG_S = 15.0
HASTY_HEAD = app(*ROUTES, head_s=SHORT_S)
HASTY_BODY = app(*ROUTES, body_s=SHORT_S)
HASTY_IDLE = app(*ROUTES, idle_s=SHORT_S)
HASTY = app(*ROUTES, head_s=SHORT_S, idle_s=SHORT_S)
PATIENT = app(*ROUTES, head_s=LONG_S, body_s=LONG_S)
HASTY_SLOW = app(Route("slow", "GET", "/slow", Wait("go")), *ROUTES, idle_s=SHORT_S)

ENDLESS = b"a" * 400
HELLO = {"length": 5, "sha256": hashlib.sha256(b"hello").hexdigest()}

SLOW_HEADS = practice(
    "a head that never ends must not hold a connection for ever; servers that limit it count from "
    "its first octet, so that a client which sends an octet now and then gains nothing"
)
TIME_OUT = rfc(
    9110,
    "15.5.9",
    "The 408 (Request Timeout) status code indicates that the server did not receive a complete "
    "request message within the time that it was prepared to wait.",
)
IDLE = rfc(
    9112,
    "9.5",
    "Servers will usually have some timeout value beyond which they will no longer maintain an "
    "inactive connection.",
)

CHECKS = [
    Check(
        id="timeouts/dripping-head",
        title="A head that comes an octet at a time, without an end, is cut off",
        source=SLOW_HEADS,
        level=SHOULD,
        app=HASTY_HEAD,
        steps=[Send(b"GET / HTTP/1.1\r\nX-"), get("/", name="other"), Drip(ENDLESS)],
        expect=[refused(408, 400), echoes(of="other", route="root")],
        faults=("head-time-begins-anew",),
    ),
    Check(
        id="timeouts/dripping-request-line",
        title="A request line that comes an octet at a time, without an end, is cut off",
        source=SLOW_HEADS,
        level=SHOULD,
        app=HASTY_HEAD,
        steps=[Send(b"GET /"), get("/", name="other"), Drip(ENDLESS)],
        expect=[refused(408, 400), echoes(of="other", route="root")],
        faults=("head-time-begins-anew",),
    ),
    Check(
        id="timeouts/dripping-head-of-the-second",
        title="The head of a later request has no more time than that of the first",
        source=SLOW_HEADS,
        level=SHOULD,
        app=HASTY_HEAD,
        steps=[Send(raw("GET /")), Read(), Send(b"GET / HTTP/1.1\r\nX-"), Drip(ENDLESS)],
        expect=[
            echoes(route="root"),
            either(answers(1), [answers(2), status(408, 400, index=1)]),
            connection_ended(),
        ],
        faults=("head-time-for-the-first",),
    ),
    Check(
        id="timeouts/silent-in-a-head-behind-a-request",
        title="A head that began to come with the request before it has no more time than others",
        source=SLOW_HEADS,
        level=SHOULD,
        app=HASTY_HEAD,
        steps=[Send(raw("GET /") + b"GET / HTTP/1.1\r\nX-"), ReadToEnd()],
        expect=[
            echoes(route="root"),
            either(answers(1), [answers(2), status(408, 400, index=1)]),
            connection_ended(),
        ],
        faults=("head-time-for-the-first",),
    ),
    Check(
        id="timeouts/silent-in-a-head",
        title="A client that falls silent within a head is not waited for beyond the limit",
        source=TIME_OUT,
        level=SHOULD,
        app=HASTY_HEAD,
        steps=[Send(b"GET / HTTP/1.1\r\nX-"), ReadToEnd()],
        expect=[refused(408, 400)],
        faults=("no-time-limits",),
    ),
    Check(
        id="timeouts/silent-in-a-body",
        title="A client that falls silent within a body is not waited for beyond the limit",
        source=TIME_OUT,
        level=SHOULD,
        app=HASTY_BODY,
        steps=[Send(raw("POST /", "Content-Length: 100", body=b"only this")), ReadToEnd()],
        expect=[refused(408, 400), never_happened("leave read", request="")],
        faults=("no-time-limits", "incomplete-body-is-whole"),
    ),
    Check(
        id="timeouts/silent-in-a-chunk",
        title="A client that falls silent within a chunk is not waited for beyond the limit",
        source=TIME_OUT,
        level=SHOULD,
        app=HASTY_BODY,
        steps=[
            Send(raw("POST /", "Transfer-Encoding: chunked", body=b"20\r\nonly this")),
            ReadToEnd(),
        ],
        expect=[refused(408, 400), never_happened("leave read", request="")],
        faults=("no-time-limits", "incomplete-body-is-whole"),
    ),
    Check(
        id="timeouts/slow-within-the-limits",
        title="A request that comes slowly, and within the limits, is served",
        source=practice("a limit of time holds from its beginning to its end, and not before it"),
        app=PATIENT,
        steps=[
            Drip(b"POST / HTTP/1.1\r\n", every_s=0.02),
            Send(b"Host: @HOST@\r\nX-Request-Id: @ID@\r\nContent-Length: 5\r\n"),
            Drip(b"\r\nhel", every_s=0.2),
            Send(b"lo"),
            Read(),
        ],
        expect=[answers(1), echoes(route="read", body=HELLO)],
        faults=("limits-of-time-are-too-short",),
    ),
    Check(
        id="timeouts/idle",
        title="A connection that is idle beyond its time is closed, with a 408 at most",
        source=rfc(
            9112,
            "9.5",
            "A client or server that wishes to time out SHOULD issue a graceful close on the "
            "connection.",
        ),
        level=SHOULD,
        app=HASTY_IDLE,
        steps=[Send(raw("GET /")), Read(), ReadToEnd()],
        expect=[
            echoes(route="root"),
            either(answers(1), [answers(2), status(408, index=1)]),
            connection_ended(),
        ],
        faults=("no-time-limits",),
    ),
    Check(
        id="timeouts/idle-from-the-start",
        title="A connection on which nothing ever comes is closed, with a 408 at most",
        source=IDLE,
        level=MAY,
        app=HASTY,
        steps=[Connect(), ReadToEnd()],
        expect=[refused(408, 400)],
        faults=("no-time-limits",),
    ),
    Check(
        id="timeouts/running-is-not-idle",
        title="A connection whose request is being handled is not idle, however long that takes",
        source=practice("the time is for a connection without a request"),
        app=HASTY_SLOW,
        # Another client is the clock: it takes longer than a connection may be idle.
        steps=[
            Send(raw("GET /slow")),
            Event("wait", request=""),
            Drip(b"GET / HTTP", on="clock", every_s=0.1),
            Drip(b"/1.1\r\nX-A:", on="clock", every_s=0.1),
            Open("go"),
            Read(),
        ],
        expect=[answers(1), echoes(route="slow")],
        faults=("idle-time-while-answering",),
    ),
    Check(
        id="timeouts/empty-lines-are-no-request",
        title="A client that sends empty lines for ever keeps no connection",
        source=SLOW_HEADS,
        level=SHOULD,
        app=HASTY,
        steps=[Connect(), Drip(b"\r\n" * 200)],
        expect=[refused(408, 400)],
        faults=("empty-lines-keep-connections",),
    ),
]
