"""What is judged of one connection: octets that were sent, and octets that came back."""

from __future__ import annotations

import hashlib
import json

import pytest

from conformance.steps import End
from conformance.wire import AnswerReader

from ..net.client import Heard
from ..net.expected import Expected, Kind, expected
from ..net.judging import judge
from ..target import Violation
from .misbehaving import answer

NONCE = "0123456789abcdef"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
NO_HOST = b"GET / HTTP/1.1\r\n\r\n"
SPACE = b"GET / HTTP/1.1\r\nHost : a\r\n\r\n"
FOLD = b"POST / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\nContent-Length: 2\r\n\r\nhi"
CUT = POST[:-1]
OK = answer(b"x")
BAD = answer(b"x", b"Connection: close\r\n", b"400 Bad Request")


def echo(
    method: str = "POST", path: str = "/echo", body: bytes = b"hi", *more: tuple[str, str]
) -> bytes:
    said = {
        "nonce": NONCE,
        "method": method,
        "path": path,
        "headers": [("Host", "a"), *more],
        "body": {"length": len(body), "sha256": hashlib.sha256(body).hexdigest()},
    }
    return answer(json.dumps(said).encode())


def heard(
    may: Expected, received: bytes, end: End = End.CLOSED, *, is_quiet: bool = False
) -> Heard:
    reader = AnswerReader()
    for method in may.methods:
        reader.expect(method)
    reader.feed(received)
    reader.end(reset=end is not End.CLOSED)
    return Heard(
        received, tuple(reader.answers), tuple(reader.interim), reader.rest, end, True, is_quiet
    )


def judged(sent: bytes, received: bytes, end: End, *, is_quiet: bool) -> Violation | None:
    may = expected(sent)
    try:
        judge(may, heard(may, received, end, is_quiet=is_quiet), NONCE)
    except Violation as violation:
        return violation
    return None


def kind(sent: bytes, received: bytes, end: End = End.CLOSED, *, is_quiet: bool = False) -> str:
    violation = judged(sent, received, end, is_quiet=is_quiet)
    if violation is None:
        return ""
    assert violation.source is not None
    assert violation.text
    return violation.kind


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (GET, OK),
        (GET * 2, OK * 2),
        (GET * 2, answer(b"x", b"Connection: close\r\n")),
        (GET * 2, OK),  # a server may close at any time
        (GET * 2, BAD),
        (GET, b"HTTP/1.1 100 Continue\r\n\r\n" + OK),
        (HEAD, b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"),
        (POST, echo()),
        (GET, answer(b"", status=b"503 Service Unavailable")),
        (GET, OK + answer(b"", b"Connection: close\r\n", b"408 Request Timeout")),
        (b"", b""),
        (NO_HOST, BAD),
        (NO_HOST, b""),
        (NO_HOST + GET, answer(b"x", status=b"400 Bad Request") + OK),
        (LAST + GET, OK),
        (LAST + GET, OK + BAD),
        (CUT, b""),
        (CUT, BAD),
        (CUT, OK),  # by a handler that does not need the body
        (GET + GET[:9], OK),
        (FOLD, echo("POST", "/", b"hi", ("x", "1 2"))),
        (FOLD, BAD),
        (b"GET /crash HTTP/1.1\r\nHost: a\r\n\r\n", answer(b"", status=b"500 Oh")),
        (b"GET /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na", echo("GET", "/echo", b"")),
        (b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\nxyz", b"HTTP/1.1 200 OK\r\n\r\nxyz"),
    ],
)
def test_what_may_come(sent: bytes, received: bytes) -> None:
    assert kind(sent, received) == ""


@pytest.mark.parametrize(
    ("wrong", "sent", "received"),
    [
        ("no answer", GET, b""),
        ("answer to nothing", GET, OK + OK),
        ("answer to nothing", b"", OK),
        ("answer to nothing", LAST + GET, OK + OK),
        ("answer behind the end", GET * 2, BAD + OK),
        ("malformed answer", GET, b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        ("malformed answer", GET, OK[:-1]),
        ("malformed answer", GET * 2, b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"),
        ("stray octets", GET, OK + b"more"),
        ("stray octets", HEAD, OK),
        ("server error", GET, answer(b"", status=b"500 Oh")),
        ("server error", NO_HOST, answer(b"", status=b"502 Oh")),
        ("served what must be refused", NO_HOST, OK),
        ("served what must be refused", GET + SPACE, OK + OK),
        ("served incomplete", GET[:-2], OK),
        ("served incomplete", CUT, echo(body=b"h")),
        ("another method", POST, echo("GET")),
        ("another path", POST, echo(path="/")),
        ("another body", POST, echo(body=b"ho")),
        ("another body", GET + POST, OK + echo(body=b"")),
        ("another field", POST, echo("POST", "/echo", b"hi", ("X-Injected", "1"))),
        ("another field", FOLD, echo("POST", "/", b"hi", ("2", ""))),
        ("more answers than requests", SPACE, answer(b"x", status=b"400 Bad") * 20),
    ],
)
def test_what_may_not_come(wrong: str, sent: bytes, received: bytes) -> None:
    assert kind(sent, received) == wrong


def test_waiting_for_more_behind_a_whole_request() -> None:
    assert kind(GET * 2, OK, is_quiet=True) == "no answer"


def test_staying_open() -> None:
    assert kind(GET, OK, End.OPEN) == "hang"


def test_answer_that_a_reset_may_have_cut_is_no_fault() -> None:
    assert kind(GET, OK[:-1], End.RESET) == ""


def test_places_go_on_behind_what_is_refused() -> None:
    may = expected(GET + NO_HOST + POST + CUT)
    kinds = [place.kind for place in may.places]
    assert kinds == [Kind.VALID, Kind.REFUSED, Kind.VALID, Kind.INCOMPLETE]
    assert (may.owed, may.behind.kind) == (1, Kind.NOTHING)


def test_nothing_is_known_behind_what_has_no_end() -> None:
    may = expected(GET + SPACE + GET)
    assert [place.kind for place in may.places] == [Kind.VALID, Kind.REFUSED]
    assert may.behind.kind is Kind.UNKNOWN
    assert may.places[1].rule == "space-before-colon"


def test_buckets_hold_nothing_of_the_input() -> None:
    found = set()
    for name in (b"a", b"b"):
        may = expected(b"GET /%b HTTP/1.1\r\n\r\n" % name)
        with pytest.raises(Violation) as caught:
            judge(may, heard(may, answer(name)), NONCE)
        found.add(caught.value.bucket)
    assert len(found) == 1
