"""What is judged of one connection: octets that were sent, and octets that came back."""

from __future__ import annotations

import hashlib
import json

import pytest

from conformance.checks.start_lines import NOT_MERGED
from conformance.steps import End
from conformance.wire import AnswerReader

from ..net.client import Heard
from ..net.echoes import CASE_OF_METHOD
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
OLD = b"GET / HTTP/1.0\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"
CONNECT = b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n"
ABSOLUTE = b"GET http://a/echo HTTP/1.1\r\nHost: a\r\n\r\n"
OK = answer(b"x")
HEAD_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"
NOT_FOUND = answer(b"x", status=b"404 Not Found")
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
        (HEAD, HEAD_OK),
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
        (CONNECT + b"xyz", b"HTTP/1.1 200 OK\r\n\r\nxyz"),
        (CONNECT + GET + NO_HOST, NOT_FOUND + OK + BAD),  # no tunnel, so there are requests
        (CONNECT + HEAD + GET, NOT_FOUND + HEAD_OK + OK),
        (GET + b"PRI * HTTP/2.0\r\n\r\n", OK + b"\0\0*\4\0"),  # a frame of HTTP/2
        (ABSOLUTE, NOT_FOUND),  # for one server alone it is no news that it has no such route
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
        (
            "chunks for HTTP/1.0",
            OLD,
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ),
        ("switch of protocols", OLD, b"HTTP/1.1 101 Switching Protocols\r\n\r\n"),
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


def test_answer_that_the_end_would_delimit_and_no_end() -> None:
    endless = b"HTTP/1.1 200 OK\r\n\r\nabc"
    assert kind(OLD, endless) == ""
    assert kind(OLD, endless, is_quiet=True) == "answer without an end"
    assert kind(GET * 2, OK + endless, is_quiet=True) == "answer without an end"


def test_end_without_an_answer_is_one_however_it_comes() -> None:
    reset = judged(GET, b"", End.RESET, is_quiet=False)
    assert reset is not None
    assert reset.bucket == bucket(GET, b"")


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


TRAILED = (
    b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhi\r\n0;a=b\r\nX-Sum: 1\r\n\r\n"
)


def test_trailer_among_the_fields_is_told_apart() -> None:
    more = ("X-Sum", "1")
    own = judged(TRAILED, echo("POST", "/echo", b"hi", more), End.CLOSED, is_quiet=False)
    received = OK + echo("POST", "/echo", b"hi", more)
    next_one = judged(TRAILED + POST, received, End.CLOSED, is_quiet=False)
    in_doubt = judged(TRAILED + b"\r\n" + POST, received, End.CLOSED, is_quiet=False)
    assert own is not None
    assert next_one is not None
    assert in_doubt is not None
    assert own.source == next_one.source == NOT_MERGED
    assert own.bucket == next_one.bucket == in_doubt.bucket
    other = judged(POST, echo("POST", "/echo", b"hi", more), End.CLOSED, is_quiet=False)
    assert other is not None
    assert other.bucket != own.bucket


def test_case_of_a_method_is_of_the_method() -> None:
    other_case = b"get / HTTP/1.1\r\nHost: a\r\n\r\n"
    violation = judged(other_case, echo("GET", "/", b""), End.CLOSED, is_quiet=False)
    assert violation is not None
    assert violation.source is CASE_OF_METHOD


def bucket(sent: bytes, received: bytes, *, is_quiet: bool = False) -> str:
    found = judged(sent, received, End.CLOSED, is_quiet=is_quiet)
    assert found is not None
    return found.bucket


def test_failure_is_one_whatever_rules_a_request_breaks() -> None:
    failed = answer(b"", status=b"500 Oh")
    assert bucket(NO_HOST, failed) == bucket(FOLD, failed) == bucket(CUT, failed)
    assert bucket(GET, failed) != bucket(FOLD, failed)


def test_answers_behind_the_last_request_are_one() -> None:
    refusal = answer(b"", status=b"404 Oh")
    assert bucket(LAST + GET, OK + OK) == bucket(LAST + GET, OK + refusal)


def test_waiting_for_more_is_another_thing_than_closing() -> None:
    assert bucket(GET, b"") != bucket(GET, b"", is_quiet=True)


def test_buckets_hold_nothing_of_the_input() -> None:
    found = set()
    for name in (b"a", b"b"):
        may = expected(b"GET /%b HTTP/1.1\r\n\r\n" % name)
        with pytest.raises(Violation) as caught:
            judge(may, heard(may, answer(name)), NONCE)
        found.add(caught.value.bucket)
    assert len(found) == 1
