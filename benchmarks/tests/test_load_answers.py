"""Answers are taken out of octets in any pieces, and what is wrong with one is said exactly."""

from collections.abc import Callable, Iterator

import pytest

from benchmarks.command import Refused
from benchmarks.load.answers import Answer, Expectation, Reader, first_difference
from benchmarks.load.model import Job
from benchmarks.load.templates import Template, in_row

from .scripted_server import GET, answer

HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n1\r\n!\r\n0\r\n\r\n"
GOOD = {
    "length": (answer(b"hello"), 200, b"hello"),
    "empty": (answer(b"", b"404 Not Found"), 404, b""),
    "chunked": (CHUNKED, 200, b"ok!"),
    "no content": (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
}
BAD = {
    "another protocol": (b"SSH-2.0-OpenSSH\r\n", "expected an answer of HTTP/1, came b'S"),
    "status line": (b"HTTP/1.1 2000\r\n\r\n", "not a status line: b'HTTP/1.1 2000"),
    "version": (b"HTTP/1.7 200 OK\r\n\r\n", "not a status line"),
    "length": (HEAD + b"Content-Length: 1x\r\n\r\n", "not a length"),
    "two lengths": (HEAD + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n", "not a length"),
    "both": (
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "both Content-Length and Transfer-Encoding",
    ),
    "coding": (HEAD + b"Transfer-Encoding: gzip\r\n\r\n", "other than chunked"),
    "chunk size": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", "not a chunk size: b'x'"),
    "chunk end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nok\r\n",
        "a chunk of 1 octets goes on behind them",
    ),
    "trailer": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\r\n\r\n", "a trailer"),
    "endless head": (HEAD + b"X: " + b"y" * 70000, "expected an answer of HTTP/1"),
    "endless size": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,
        "not a chunk size",
    ),
}


def whole(data: bytes) -> Iterator[bytes]:
    yield data


def octet_by_octet(data: bytes) -> Iterator[bytes]:
    for i in range(len(data)):
        yield data[i : i + 1]


def read(reader: Reader, pieces: Iterator[bytes]) -> Answer:
    for piece in pieces:
        reader.feed(piece)
        if (found := reader.next()) is not None:
            assert next(pieces, None) is None, "an answer before all of it has come"
            return found
    raise AssertionError("no answer although all of it has come")


FEEDINGS = pytest.mark.parametrize("fed", [whole, octet_by_octet])


@FEEDINGS
@pytest.mark.parametrize("name", GOOD)
def test_a_good_answer(name: str, fed: Callable[[bytes], Iterator[bytes]]) -> None:
    octets, status, body = GOOD[name]
    found = read(Reader(), fed(octets))
    assert (found.status, found.body, found.octets) == (status, body, octets)
    assert found.octets[: found.head_bytes].endswith(b"\r\n\r\n")
    assert not found.closes


@pytest.mark.parametrize("name", GOOD)
def test_what_follows_stays_where_it_is(name: str) -> None:
    octets, status, body = GOOD[name]
    reader = Reader()
    reader.feed(octets + octets + b"HTTP")
    for _ in range(2):
        found = reader.next()
        assert found is not None
        assert (found.status, found.body) == (status, body)
    assert reader.next() is None
    assert reader.buffer == b"HTTP"


@FEEDINGS
@pytest.mark.parametrize("name", BAD)
def test_a_bad_answer_is_refused(name: str, fed: Callable[[bytes], Iterator[bytes]]) -> None:
    octets, message = BAD[name]
    with pytest.raises(Refused, match=message):
        read(Reader(), fed(octets))


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    reader = Reader()
    reader.feed(HEAD + b"\r\nuntil the")
    assert reader.next() is None
    reader.feed(b" end")
    assert reader.next() is None
    found = reader.end()
    assert (found.body, found.closes) == (b"until the end", True)


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        (b"", "without an answer"),
        (HEAD, "within an answer, after 17 octets of it"),
        (HEAD + b"Content-Length: 2\r\n\r\no", "within an answer, after 39 octets of it"),
        (CHUNKED[:-2], "within an answer"),
    ],
)
def test_an_answer_cut_short_is_none(octets: bytes, message: str) -> None:
    reader = Reader()
    reader.feed(octets)
    assert reader.next() is None
    with pytest.raises(Refused, match=message):
        reader.end()


def test_an_answer_to_head_has_no_body() -> None:
    reader = Reader(to_head=True)
    reader.feed(HEAD + b"Content-Length: 5\r\n\r\n")
    found = reader.next()
    assert found is not None
    assert found.body == b""


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        (b"HTTP/1.1 204 X\r\nConnection: Close\r\n\r\n", True),
        (b"HTTP/1.0 204 X\r\n\r\n", True),
        (b"HTTP/1.0 204 X\r\nConnection: keep-alive\r\n\r\n", False),
    ],
)
def test_whether_the_connection_ends(head: bytes, closes: bool) -> None:
    reader = Reader()
    reader.feed(head)
    found = reader.next()
    assert found is not None
    assert found.closes is closes


def judged(came: bytes, body: bytes | None, accepts: str = "exact", number: int = 0) -> None:
    reader = Reader()
    reader.feed(came)
    found = reader.next()
    assert found is not None
    Expectation(Job("h", 1, GET, 200, body, accepts=accepts)).judge(found, number)


@pytest.mark.parametrize(
    ("came", "body", "message"),
    [
        (answer(b"hello", b"500 Oh"), b"hello", "expected status 200, came 500 with b'hello'"),
        (
            answer(b"hullo"),
            b"hello",
            "a body of 5 octets differs .* at octet 1: expected b'ello', came b'ullo'",
        ),
        (answer(b"hell"), b"hello", "a body of 4 octets instead of 5 .* at octet 4: .* its end"),
        (answer(b"hello!"), b"hello", "6 octets instead of 5 .* expected its end, came b'!'"),
        (answer(b"u0000002"), b"u{count}", "at octet 7: expected b'3', came b'2'"),
    ],
)
def test_what_is_wrong_is_named(came: bytes, body: bytes, message: str) -> None:
    with pytest.raises(Refused, match=message):
        judged(came, body, number=3)


def test_right_answers_pass() -> None:
    judged(answer(b"hello"), b"hello")
    judged(answer(b"anything"), None)
    judged(answer(b"u0000003"), b"u{count}", number=3)
    judged(answer(b'{"b":[1],"a":2}'), b'{"a": 2, "b": [1]}', accepts="json")


@pytest.mark.parametrize("came", [b'{"a":3}', b"{"])
def test_another_document_or_none_is_refused(came: bytes) -> None:
    with pytest.raises(Refused, match="differs"):
        judged(answer(came), b'{"a": 2}', accepts="json")


@pytest.mark.parametrize(
    ("a", "b", "at"),
    [(b"", b"", 0), (b"abc", b"abd", 2), (b"ab", b"abc", 2), (b"x", b"y", 0)],
)
def test_the_first_octet_that_differs(a: bytes, b: bytes, at: int) -> None:
    assert first_difference(a, b) == first_difference(b, a) == at


def test_templates_keep_every_octet_and_number_every_place() -> None:
    assert Template(b"100 %d%% \x00\xff").render(7) == b"100 %d%% \x00\xff"
    assert Template(b"%s {count}").render(7) == b"%s 0000007"
    assert Template(b"{count}-{count}").render(12345678) == b"2345678-2345678"
    assert in_row(Template(b"<{count}>"), 3)(5) == b"<0000005><0000006><0000007>"
    assert in_row(Template(b"<>"), 3)(5) == b"<><><>"
