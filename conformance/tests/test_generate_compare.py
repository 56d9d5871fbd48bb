"""What is compared of two observations: each aspect alone, and what is nobody's business."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.generate.case import Case, Request, Talk
from conformance.generate.compare import differences
from conformance.generate.observed import Observed, Outcome, Reply
from conformance.seen import Answer
from conformance.spec import (
    Action,
    App,
    Crash,
    Echo,
    Middleware,
    RaiseHttp,
    Respond,
    Route,
    SetHeader,
    Stream,
    app,
)

TEXT = Respond(201, "hi", "text/plain", (("X-A", "1"), ("Vary", "*")), cookies=(("c", "1"),))
EVENTS = ("enter r", "leave r")


def _case(*actions: Action, method: str = "GET", debug: bool = False) -> Case:
    routes = [Route(f"r{place}", "GET", f"/{place}", do) for place, do in enumerate(actions)]
    return Case(app(*routes, debug=debug), (Talk((Request(method, "/0"),)),))


def _answer(
    status: int = 200, body: bytes = b"hi", *headers: tuple[str, str], **more: Any
) -> Reply:
    fields = headers or (("Content-Type", "text/plain; charset=utf-8"),)
    answer = Answer(status, "OK", "HTTP/1.1", fields, body, **more)
    return Reply(Outcome.ANSWERED, answer, EVENTS)


def _echo_body() -> bytes:
    answer = _echo().answer
    assert answer is not None
    return answer.body


def _echo(**members: Any) -> Reply:
    said: dict[str, Any] = {
        "nonce": "1", "route": "r", "method": "GET", "path": "/", "params": {}, "query": [],
        "headers": [["Host", "h"], ["X-A", "1"], ["x-a", "2"]], "body": None, "form": None,
        "cookies": None,
    }  # fmt: skip
    body = json.dumps({**said, **members}).encode()
    return _answer(200, body, ("Content-Type", "application/json"))


def _aspects(case: Case, left: Reply | Observed, right: Reply | Observed) -> list[str]:
    def seen(one: Reply | Observed) -> Observed:
        return one if isinstance(one, Observed) else Observed(replies={"0.0": one})

    found = [one.aspect for one in differences(case, seen(left), seen(right))]
    mirrored = [one.aspect for one in differences(case, seen(right), seen(left))]
    assert sorted(found) == sorted(mirrored)
    return found


ECHO = _case(Echo())
RESPOND = _case(TEXT)
ERROR = _case(RaiseHttp(404, "no such thing"))
CRASH = _case(Crash("boom"))
REDIRECT = _case(RaiseHttp(302, location="/a"))
PLAIN = ("Content-Type", "text/plain")

DIFFERENT = [
    # case, what one did, what the other did, in what alone they differ
    ("process", ECHO, Observed(replies={"0.0": _echo()}), Observed(died="exit status 1")),
    ("refusal", ECHO, Observed("rejected: x"), Observed("unsupported: x")),
    ("refusal", ECHO, Observed("rejected: x"), Observed(replies={"0.0": _echo()})),
    ("hooks", ECHO, Observed("rejected: x", hooks=("enter s",)), Observed("rejected: x")),
    (
        "answers nobody asked for",
        ECHO,
        Observed(replies={"0.0": _echo()}),
        Observed(replies={"0.0": _echo()}, unasked=(b"HTTP/1.1 200 OK",)),
    ),
    ("outcome", ECHO, _echo(), Reply(Outcome.CLOSED, None, EVENTS)),
    ("outcome", ECHO, Reply(Outcome.RESET), Reply(Outcome.SILENT)),
    ("status", RESPOND, _answer(201), _answer(200)),
    ("events", ECHO, _echo(), Reply(Outcome.ANSWERED, _echo().answer, ("enter r", "raise r"))),
    ("route", ECHO, _echo(), _echo(route="other")),
    ("method", ECHO, _echo(), _echo(method="HEAD")),
    ("path", ECHO, _echo(), _echo(path="//")),
    ("params", ECHO, _echo(params={"x": "a%20"}), _echo(params={"x": "a "})),
    ("query", ECHO, _echo(query=[["a", "1"], ["a", "2"]]), _echo(query=[["a", "2"], ["a", "1"]])),
    ("body", ECHO, _echo(body={"length": 0}), _echo()),
    ("form", ECHO, _echo(form=[]), _echo(form=[["a", ""]])),
    ("cookies", ECHO, _echo(cookies=[["c", "1"]]), _echo(cookies=[["c", '"1"']])),
    ("header fields", ECHO, _echo(), _echo(headers=[["Host", "h"], ["X-A", "2"], ["X-A", "1"]])),
    ("header fields", ECHO, _echo(), _echo(headers=[["Host", "h"], ["X-A", "1, 2"]])),
    ("media type", ECHO, _echo(), _answer(200, _echo_body(), ("Content-Type", "text/html"))),
    ("content", RESPOND, _answer(201), _answer(201, b"hi!")),
    ("content", _case(Stream(("a", "b"))), _answer(200, b"ab"), _answer(200, b"a")),
    ("content", ECHO, _echo(), _answer(200, b"no echo", ("Content-Type", "application/json"))),
    ("media type", RESPOND, _answer(201), _answer(201, b"hi", ("Content-Type", "text/html"))),
    ("media type", RESPOND, _answer(201), _answer(201, b"hi", ("Date", "now"))),
    (
        "media type",
        RESPOND,
        _answer(201),
        _answer(201, b"hi", ("Content-Type", "text/plain;charset=latin-1")),
    ),
    ("header x-a", RESPOND, _answer(201, b"hi", PLAIN, ("X-A", "1")), _answer(201)),
    (
        "header x-a",
        RESPOND,
        _answer(201, b"hi", PLAIN, ("X-A", "1"), ("x-a", "2")),
        _answer(201, b"hi", PLAIN, ("X-A", "2"), ("x-a", "1")),
    ),
    ("header vary", RESPOND, _answer(201, b"hi", PLAIN, ("Vary", "*")), _answer(201)),
    (
        "cookies that are set",
        RESPOND,
        _answer(201, b"hi", PLAIN, ("Set-Cookie", "c=1")),
        _answer(201, b"hi", PLAIN, ("Set-Cookie", "c=2; Path=/")),
    ),
    ("header location", REDIRECT, _answer(302, b"", ("Location", "/a")), _answer(302, b"")),
    (
        "header location",
        REDIRECT,
        _answer(302, b"", ("Location", "/%2F")),
        _answer(302, b"", ("Location", "//")),
    ),
    ("header allow", ECHO, _answer(405, b"", ("Allow", "GET")), _answer(405, b"")),
    ("message in the page", ERROR, _answer(404, b"no such thing"), _answer(404, b"Not Found")),
    ("message in the page", CRASH, _answer(500, b"<p>boom</p>"), _answer(500, b"oh")),
    ("form of the answer", RESPOND, _answer(201), _answer(201, problem="a length too small")),
    (
        "length of the content",
        _case(TEXT, method="HEAD"),
        _answer(201, b"", ("Content-Length", "2")),
        _answer(201, b"", ("Content-Length", "0")),
    ),
]


@pytest.mark.parametrize(("aspect", "case", "left", "right"), DIFFERENT)
def test_each_aspect_is_seen_alone(
    aspect: str, case: Case, left: Reply | Observed, right: Reply | Observed
) -> None:
    assert _aspects(case, left, right) == [aspect]
    assert _aspects(case, left, left) == []
    assert _aspects(case, right, right) == []


ALIKE: list[tuple[Any, ...]] = [
    # what may differ between two that do the same: case, what each did
    ("case", ECHO, _echo(), _echo(headers=[["host", "h"], ["X-A", "1"], ["X-A", "2"]])),
    ("order of names", ECHO, _echo(), _echo(headers=[["X-A", "1"], ["Host", "h"], ["x-a", "2"]])),
    ("order of Allow", ECHO, *(_answer(405, b"", ("Allow", one)) for one in ("A, B", "B,A"))),
    ("a default charset", RESPOND, _answer(201), _answer(201, b"hi", PLAIN)),
    ("pages of errors", ERROR, _answer(404, b"no such thing"), _answer(404, b"<p>no such thing")),
    (
        "escaping in pages",
        _case(RaiseHttp(400, "x<b>&y")),
        _answer(400, b"x&lt;b&gt;&amp;y"),
        _answer(400, b'{"error": "x<b>&y"}'),
    ),
    (
        "fields of pages",
        _case(TEXT, Crash()),
        _answer(500, b"oh", ("Vary", "Accept")),
        _answer(500, b"oh", PLAIN),
    ),
    ("fields of the framework", RESPOND, _answer(201, b"hi", PLAIN, ("Server", "x")), _answer(201)),
    (
        "equivalent URIs",
        REDIRECT,
        _answer(302, b"", ("Location", "/%7e%c3")),
        _answer(302, b"", ("Location", "/~%C3")),
    ),
    (
        "a HEAD's length may be left out",
        _case(TEXT, method="HEAD"),
        _answer(201, b"", ("Content-Length", "2")),
        _answer(201, b""),
    ),
    ("what is refused has no replies", ECHO, Observed("rejected: x"), Observed("rejected: y")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("case", "left", "right"), [one[1:] for one in ALIKE], ids=[one[0] for one in ALIKE]
)
def test_what_means_the_same_is_no_difference(
    case: Case, left: Reply | Observed, right: Reply | Observed
) -> None:
    assert _aspects(case, left, right) == []


def test_headers_of_middlewares_are_compared() -> None:
    described = App((Route("r", "GET", "/"),), (Middleware("m", after=(SetHeader("X-B", "1"),)),))
    case = Case(described, (Talk((Request(),)),))
    left = _answer(200, _echo_body(), ("Content-Type", "application/json"), ("x-b", "1"))
    assert _aspects(case, left, _echo()) == ["header x-b"]


def test_a_crash_may_be_told_in_debug() -> None:
    case = _case(Crash("boom"), debug=True)
    assert _aspects(case, _answer(500, b"<p>boom</p>"), _answer(500, b"oh")) == []
