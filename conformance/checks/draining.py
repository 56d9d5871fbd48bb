"""What becomes of clients and requests that do not end when the time for a graceful stop is over.

Owns the checks of the category shutdown about the drain limit. Literals only; nothing here opens a
socket.
"""

from __future__ import annotations

from ..check import SHOULD, Check, practice, rfc
from ..expect import (
    answers,
    connection_ended,
    cut_off,
    echoes,
    either,
    happened,
    never_happened,
    not_2xx,
    status,
)
from ..spec import Hook, Route, Stream, Wait, app
from ..steps import Event, Read, ReadToEnd, Send, Stop, get, raw
from .stopping import HALF_A_BODY, HALF_A_HEAD, POST, ROOT

ENDS = practice("a client that does not go on holds up nobody's end")
COMPLETE = rfc(
    9112,
    "8",
    "A message body that uses the chunked transfer coding is incomplete if the zero-sized chunk "
    "that terminates the encoding has not been received.",
)

NEVER = Route("slow", "GET", "/slow", Wait("never"))
NEVER_ENDS = Route("stream", "GET", "/stream", Stream(("first ", "last"), gate="never"))
FLOOD_TIMES = 20_000  # twenty megabytes, more than the buffers of both sides hold
FLOOD = Route("flood", "GET", "/flood", Stream(("x" * 1023 + "\n",), times=FLOOD_TIMES))
DRAIN_S = 0.3

CHECKS: list[Check] = [
    Check(
        id="shutdown/head-that-never-ends",
        title="A client that has sent half of a head does not keep the application from ending",
        source=ENDS,
        app=app(ROOT, drain_s=DRAIN_S),
        steps=[Send(HALF_A_HEAD), get("/", name="other"), Stop(), ReadToEnd()],
        expect=[
            echoes(of="other", route="root"),
            either([answers(0)], [answers(1), status(408, 503)]),
            connection_ended(),
        ],
        faults=("no-drain-limit",),
    ),
    Check(
        id="shutdown/body-that-never-ends",
        title="A request with half of its body is not taken for a whole one at the end",
        source=rfc(
            9112,
            "6.3",
            "If the sender closes the connection or the recipient times out before the indicated "
            "number of octets are received, the recipient MUST consider the message to be "
            "incomplete and close the connection.",
        ),
        app=app(ROOT, POST, drain_s=DRAIN_S),
        steps=[Send(HALF_A_BODY), get("/", name="other"), Stop(), ReadToEnd()],
        expect=[
            echoes(of="other", route="root"),
            either([answers(0)], [answers(1), not_2xx()]),
            never_happened("leave post"),
            connection_ended(),
        ],
        faults=("no-drain-limit", "half-body-is-whole-at-the-end"),
    ),
    Check(
        id="shutdown/cut-request-is-not-answered-well",
        title="A request that is cut at the drain limit is not answered as if it had succeeded",
        source=rfc(
            9110,
            "15.3",
            "The 2xx (Successful) class of status code indicates that the client's request was "
            "successfully received, understood, and accepted.",
        ),
        app=app(ROOT, NEVER, drain_s=DRAIN_S),
        steps=[Send(raw("GET /slow")), Event("wait", "slow"), Stop(), ReadToEnd()],
        expect=[
            either([answers(0)], [answers(1), not_2xx()]),
            never_happened("leave slow"),
            connection_ended(),
        ],
        faults=("answers-cut-requests", "no-drain-limit"),
    ),
    Check(
        id="shutdown/cut-stream-looks-cut",
        title="A stream that is cut at the drain limit does not look whole",
        source=COMPLETE,
        app=app(ROOT, NEVER_ENDS, drain_s=DRAIN_S),
        steps=[
            Send(raw("GET /stream")),
            Read(head_only=True),
            Event("wait", "stream"),
            Stop(),
            ReadToEnd(),
        ],
        expect=[status(200), cut_off(), connection_ended()],
        faults=("ends-cut-streams-well", "no-drain-limit"),
    ),
    Check(
        id="shutdown/stream-that-nobody-reads",
        title="A client that does not read its answer holds up the end no longer than the limit",
        source=ENDS,
        app=app(ROOT, FLOOD, drain_s=DRAIN_S),
        steps=[Send(raw("GET /flood")), Read(head_only=True), Stop()],
        expect=[happened("enter flood")],
        faults=("no-drain-limit",),
    ),
    Check(
        id="shutdown/cleanup-behind-cut-requests",
        title="A request that is cut at the drain limit has ended when the cleanup hooks have",
        source=practice("what cleanup takes away is what requests need"),
        level=SHOULD,
        app=app(
            ROOT,
            NEVER,
            cleanup=[Hook("c1")],
            drain_s=DRAIN_S,
        ),
        steps=[Send(raw("GET /slow")), Event("wait", "slow"), Stop(), ReadToEnd()],
        expect=[happened("cancelled slow"), happened("leave c1", after="cancelled slow")],
        faults=("cleanup-before-drain",),
    ),
]
