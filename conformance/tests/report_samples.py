"""Checks, records and runs made up for the tests of reports."""

from __future__ import annotations

from conformance.check import Check, Level, practice, rfc
from conformance.expect import Problem, by_dialect, header, status
from conformance.judge import Outcome, Verdict
from conformance.results import Result, Run, SubjectInfo
from conformance.seen import Answer, Conversation, Happening, Rejection, Seen
from conformance.spec import Middleware, Respond, Route, app
from conformance.steps import Ask, End, Read, Send, raw

WRONG_METHOD = Check(
    id="routing/wrong-method",
    title="A method that the path does not have is answered with 405",
    source=rfc(9110, "15.5.6", "The 405 (Method Not Allowed) status code indicates"),
    steps=[Ask("POST", "/items/x", body=b"50% off\n")],
    expect=[
        by_dialect("wrong_method", **{"405": status(405), "404": status(404), "400": status(400)}),
        header("Allow", members={"GET", "HEAD"}),
    ],
    app=app(Route("item", "GET", "/items/{name}"), middlewares=[Middleware("m1")]),
    when={"head_of_get": ["yes"]},
    faults=("answers-any-method",),
)
BARE_LF = Check(
    id="framing/bare-lf",
    title="A bare LF ends no line",
    source=practice("all eight refuse it"),
    steps=[Send(raw("GET /")), Read()],
    expect=[status(400)],
    level=Level.SHOULD,
    any_server=True,
)
SLOW = Check(
    id="routing/literal-first",
    title="A literal wins",
    source=practice("all eight"),
    steps=[Ask(target="/a")],
    expect=[status(200)],
    app=app(Route("a", "GET", "/a", Respond(200, b"\x00\xff"))),
)

SENT = b"POST /items/x HTTP/1.1\r\nHost: 127.0.0.1:4711\r\n\r\n50% off\n"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 24\r\n\r\n"
BODY = b"<script>alert(1)</script>"[:24]
NASTY = "\x1b[2J<b>&`|\ud800"
"""What a subject may say: an escape sequence, markup, half of a surrogate pair."""

ANSWER = Answer(
    200, "OK", "HTTP/1.1", (("Content-Length", "24"),), BODY, "length", 0, len(HEAD + BODY)
)
SEEN = Seen(
    conversations={
        "1": Conversation(
            "1", SENT, HEAD + BODY + b"\xff", (ANSWER,), (), b"\xff", End.CLOSED, is_raw=False
        )
    },
    events=(Happening("enter", "m1", "1"), Happening("wait", "r1", None, {"gate": "g"})),
    nonce="n",
    exit_status=-9,
    stderr=f"Traceback\n{NASTY}\n",
)
FAILING = Result.of(
    WRONG_METHOD,
    SEEN,
    Verdict(
        Outcome.FAIL,
        "status 200, expected 405",
        (
            Problem("status 200, expected 405", "1", (9, 12)),
            Problem(f"the handler saw {NASTY}"),
        ),
    ),
    0.25,
)
WARNING = Result.of(BARE_LF, Seen(), Verdict(Outcome.WARN, "no answer", (Problem("no answer"),)))
PASSING = Result.of(SLOW, Seen(), Verdict(Outcome.PASS))
STALE = Result.of(SLOW, Seen(), Verdict(Outcome.STALE, "passes, but the baseline says: slow"))
ERROR = Result.of(
    SLOW, Seen(died="signal 9", missed="read"), Verdict(Outcome.ERROR, "the adapter sent garbage")
)
UNSUPPORTED = Result.of(
    SLOW,
    Seen(rejection=Rejection("unsupported", "stream")),
    Verdict(Outcome.NOT_APPLICABLE, "unsupported: stream"),
)

SUBJECT = SubjectInfo(
    "aiohttp", "aiohttp", "3.13.2", "Python", "CPython 3.11.7", "https://docs.aiohttp.org/",
    {"head_of_get": "yes"}, ("python", "-m", "conformance.adapters.aiohttp"),
)  # fmt: skip
OTHER = SubjectInfo("-- node adapter.mjs", "express", "5.1", homepage="javascript:alert(1)")


def run(*results: Result, subject: SubjectInfo = SUBJECT, notes: tuple[str, ...] = ()) -> Run:
    return Run(subject, results, "2026-01-02T03:04:05+00:00", 4.25, notes)
