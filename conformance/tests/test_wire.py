"""Invariant: what is read of an answer does not depend on how the network cut it, and nothing that
a server sends is an error of the reader."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.seen import Answer
from conformance.wire import AnswerReader

OK = b"HTTP/1.1 200 OK\r\n"
SIZED = OK + b"Content-Length: 5\r\n\r\nhello"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSE = OK + b"Content-Type: text/plain\r\n\r\nhello"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NEXT = b"HTTP/1.1 299 Next\r\nContent-Length: 2\r\n\r\nok"
"""An answer that may follow every other one whose end is known."""


def reader_of(
    pieces: Iterable[bytes], methods: Iterable[str] = (), *, reset: bool | None = None
) -> AnswerReader:
    """`reset` is how the connection ended; None when it is open."""
    reader = AnswerReader()
    for method in methods:
        reader.expect(method)
    for piece in pieces:
        reader.feed(piece)
    if reset is not None:
        reader.end(reset=reset)
    return reader


def bytewise(data: bytes) -> list[bytes]:
    return [data[place : place + 1] for place in range(len(data))]


def record(reader: AnswerReader) -> tuple[list[Answer], list[Answer], bytes]:
    return reader.answers, reader.interim, reader.rest


def read(data: bytes, *methods: str, reset: bool | None = None) -> AnswerReader:
    """What is read of `data`, whole and byte by byte."""
    whole = reader_of([data], methods, reset=reset)
    assert record(reader_of(bytewise(data), methods, reset=reset)) == record(whole)
    assert bytes(whole.received) == data
    return whole


def read_one(data: bytes, method: str = "GET") -> Answer:
    """The answer that `data` is, which is the same in every way it may come."""
    reader = read(data, method)
    [answer] = reader.answers
    assert (answer.start, answer.end, reader.rest) == (0, len(data), b"")
    followed = read(data + NEXT, method)
    assert followed.answers[0] == answer
    assert [one.status for one in followed.answers] == [answer.status, 299]
    assert (followed.answers[1].start, followed.answers[1].end) == (
        len(data),
        len(data + NEXT),
    )
    for before_close in (False, True):
        assert read(data, method, reset=before_close).answers == [answer]
    return answer


# -- Framing -------------------------------------------------------------------------------------


def test_a_body_of_known_length() -> None:
    answer = read_one(SIZED)
    assert answer == Answer(
        200, "OK", "HTTP/1.1", (("Content-Length", "5"),), b"hello", "length", 0, len(SIZED)
    )
    assert answer.is_complete


@pytest.mark.parametrize(
    ("data", "method", "framing", "body"),
    [
        (OK + b"Content-Length: 0\r\n\r\n", "GET", "length", b""),
        (OK + b"Content-Length: 5\r\n\r\nHTTP/", "GET", "length", b"HTTP/"),
        (OK + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", "GET", "length", b"hi"),
        (OK + b"content-LENGTH:2\r\n\r\nhi", "GET", "length", b"hi"),
        (OK + b"Content-Length: \t 2 \t\r\n\r\nhi", "GET", "length", b"hi"),
        (OK + b"Content-Length: 5\r\n\r\n", "HEAD", "none", b""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n", "HEAD", "none", b""),
        (OK + b"\r\n", "HEAD", "none", b""),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\n\r\n", "HEAD", "none", b""),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "GET", "none", b""),
        (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "GET", "none", b""),
        (OK + b"\r\n", "CONNECT", "none", b""),
        (b"HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\nno", "CONNECT", "length", b"no"),
        (b"HTTP/1.1 300 Ch\r\nContent-Length: 2\r\n\r\nno", "CONNECT", "length", b"no"),
        (CHUNKED + b"0\r\n\r\n", "GET", "chunked", b""),
        (CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", "GET", "chunked", b"hello"),
        (CHUNKED + b"2\r\nhe\r\n003\r\nllo\r\n000\r\n\r\n", "GET", "chunked", b"hello"),
        (CHUNKED + b"a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "GET", "chunked",
         b"0123456789" * 2),
        (CHUNKED + b"2;name=value\r\nhi\r\n0;last\r\n\r\n", "GET", "chunked", b"hi"),
        (CHUNKED + b'2 ; name = "a;b"\r\nhi\r\n0\r\n\r\n', "GET", "chunked", b"hi"),
        (CHUNKED + b"2\r\n\r\n\r\n0\r\n\r\n", "GET", "chunked", b"\r\n"),
        (CHUNKED + b"5\r\n0\r\n\r\n\r\n0\r\n\r\n", "GET", "chunked", b"0\r\n\r\n"),
        (CHUNKED + b"2\r\nhi\r\n0\r\nDigest: x\r\nOther: y\r\n\r\n", "GET", "chunked", b"hi"),
        (OK + b"Transfer-Encoding: gzip, Chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "GET", "chunked",
         b"hi"),
        (OK + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "GET",
         "chunked", b""),
    ],
)  # fmt: skip
def test_where_a_well_formed_answer_ends(
    data: bytes, method: str, framing: str, body: bytes
) -> None:
    answer = read_one(data, method)
    assert (answer.framing, answer.body, answer.problem) == (framing, body, None)
    assert answer.is_complete


def test_a_body_that_only_the_close_ends() -> None:
    assert record(read(UNTIL_CLOSE)) == ([], [], UNTIL_CLOSE)
    [answer] = read(UNTIL_CLOSE, reset=False).answers
    assert (answer.framing, answer.body, answer.problem) == ("close", b"hello", None)
    assert (answer.start, answer.end) == (0, len(UNTIL_CLOSE))
    [answer] = read(UNTIL_CLOSE + NEXT, reset=False).answers
    assert answer.body == b"hello" + NEXT


def test_a_reset_completes_nothing() -> None:
    [answer] = read(UNTIL_CLOSE, reset=True).answers
    assert (answer.framing, answer.body) == ("cut", b"hello")


def test_a_last_coding_that_is_not_chunked_is_ended_by_the_close() -> None:
    data = OK + b"Transfer-Encoding: gzip\r\nContent-Length: 2\r\n\r\nhello"
    assert read(data).answers == []
    [answer] = read(data, reset=False).answers
    assert (answer.framing, answer.body) == ("close", b"hello")
    assert answer.problem == "Content-Length beside Transfer-Encoding (RFC 9112 §6.2)"


def test_interim_answers_stand_by_themselves_and_use_up_no_method() -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    head = OK + b"Content-Length: 5\r\n\r\n"
    reader = read(CONTINUE + hints + head + CONTINUE + SIZED, "HEAD", "GET")
    assert [one.status for one in reader.interim] == [100, 103, 100]
    assert [one.framing for one in reader.interim] == ["none"] * 3
    assert [one.body for one in reader.answers] == [b"", b"hello"]
    assert reader.interim[1].start == len(CONTINUE)
    assert reader.answers[0].start == len(CONTINUE + hints)
    assert reader.rest == b""


def test_a_method_that_is_told_late_still_counts() -> None:
    data = OK + b"Content-Length: 50\r\n\r\n"
    reader = reader_of([SIZED + data], ["GET"])
    assert len(reader.answers) == 1
    reader.expect("HEAD")
    assert [one.framing for one in reader.answers] == ["length", "none"]
    assert reader.rest == b""


def test_many_answers_to_one_method() -> None:
    reader = AnswerReader()
    reader.expect("HEAD", 3)
    reader.feed((OK + b"Content-Length: 9\r\n\r\n") * 3 + SIZED)
    assert [one.framing for one in reader.answers] == ["none", "none", "none", "length"]


def test_the_head_is_there_before_its_body() -> None:
    reader = reader_of([SIZED[:-6]])
    assert not reader.has_head
    reader.feed(SIZED[-6:-3])
    assert reader.has_head
    assert reader.answers == []


def test_large_answers() -> None:
    body = bytes(range(256)) * 4096
    sized = OK + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunks = [body[place : place + 9973] for place in range(0, len(body), 9973)]
    chunked = CHUNKED + b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks) + b"0\r\n\r\n"
    for data in (sized, chunked):
        pieces = [data[place : place + 65536] for place in range(0, len(data), 65536)]
        reader = reader_of([*pieces, NEXT])
        assert [one.status for one in reader.answers] == [200, 299]
        assert reader.answers[0].body == body


# -- Cut off -------------------------------------------------------------------------------------


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    "data",
    [
        SIZED,
        CHUNKED + b"5;x\r\nhello\r\n0\r\nDigest: x\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\nX: y\r\n\r\n1\r\n\r\r\n0\r\n\r\n",
    ],
)
def test_an_answer_cut_off_in_each_place(data: bytes, reset: bool) -> None:
    for place in range(len("HTTP/1.1 200"), len(data)):
        cut = data[:place]
        [answer] = read(cut, reset=reset).answers
        assert (answer.status, answer.framing, answer.is_complete) == (200, "cut", False)
        assert (answer.start, answer.end) == (0, place)
        assert answer.body == cut.partition(b"\r\n\r\n")[2]
        assert answer.problem is None
        both = read(data + cut, reset=reset)
        assert [one.is_complete for one in both.answers] == [True, False]
        assert (both.answers[1].start, both.answers[1].end) == (len(data), len(data + cut))
        assert both.rest == b""


def test_what_is_cut_off_before_its_status_is_no_answer() -> None:
    for place in range(1, len("HTTP/1.1 200")):
        assert record(read(SIZED[:place], reset=False)) == ([], [], SIZED[:place])


def test_a_clean_end_completes_a_head_that_no_body_follows() -> None:
    [answer] = read(OK + b"\r\n", reset=False).answers
    assert (answer.framing, answer.body) == ("close", b"")


def test_an_interim_answer_cut_off_is_none_of_the_final_ones() -> None:
    reader = read(CONTINUE[:-2], reset=False)
    assert reader.answers == []
    assert [one.framing for one in reader.interim] == ["cut"]


@pytest.mark.parametrize("reset", [False, True])
def test_nothing_at_all(reset: bool) -> None:
    assert record(read(b"", reset=reset)) == ([], [], b"")


# -- What is no answer ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "garbage", [b"garbage", b"\r\n", b"http/1.1 200 OK\r\n\r\n", b"HTTX", b"\x00", b"<html>"]
)
def test_garbage_is_kept_as_the_rest(garbage: bytes) -> None:
    assert record(read(garbage)) == ([], [], garbage)
    assert record(read(garbage + NEXT, reset=False)) == ([], [], garbage + NEXT)
    behind = read(SIZED + garbage + NEXT, reset=False)
    assert [one.body for one in behind.answers] == [b"hello"]
    assert behind.rest == garbage + NEXT


def test_a_body_where_none_can_be_is_the_rest() -> None:
    reader = read(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", reset=False)
    assert [one.framing for one in reader.answers] == ["none"]
    assert reader.rest == b"hello"


@pytest.mark.parametrize(
    "line",
    [
        b"HTTP/1.1 20 OK",
        b"HTTP/1.1 2000 OK",
        b"HTTP/1.1  200 OK",
        b"HTTP/11 200 OK",
        b"HTTP/1.1 abc OK",
        b"HTTP/1.1",
        b"HTTP/1.1 200\tOK",
        b"HTTP/",
    ],
)
def test_a_malformed_status_line_is_an_answer_that_says_so(line: bytes) -> None:
    head = line + b"\r\nContent-Length: 5\r\n\r\n"
    reader = read(head + b"hello" + NEXT, reset=False)
    [answer] = reader.answers
    assert (answer.status, answer.problem) == (0, f"malformed status line {line!r}")
    assert (answer.start, answer.end) == (0, len(head))
    assert reader.interim == []
    assert reader.rest == b"hello" + NEXT


@pytest.mark.parametrize(
    ("head", "problem"),
    [
        (b"HTTP/1.1 200", "the status line lacks the space behind the status (RFC 9112 §4)"),
        (b"HTTP/1.1 200 O\nK", "CR, LF or NUL in the reason phrase"),
        (b"HTTP/1.1 200 OK\r\nX : y", "malformed field line b'X : y'"),
        (b"HTTP/1.1 200 OK\r\nX", "malformed field line b'X'"),
        (b"HTTP/1.1 200 OK\r\n: y", "malformed field line b': y'"),
        (b"HTTP/1.1 200 OK\r\nX: y\r\n z", "malformed field line b' z'"),
        (b"HTTP/1.1 200 OK\r\nX\xff: y", "malformed field line b'X\\xff: y'"),
        (b"HTTP/1.1 200 OK\r\nX: y\nSet-Cookie: a=b", "CR, LF or NUL in the value of X"),
        (b"HTTP/1.1 200 OK\r\nX: y\rz", "CR, LF or NUL in the value of X"),
        (b"HTTP/1.1 200 OK\r\nX: \x00", "CR, LF or NUL in the value of X"),
    ],
)
def test_a_malformed_head_is_read_for_what_it_is(head: bytes, problem: str) -> None:
    answer = read_one(head + b"\r\nContent-Length: 5\r\n\r\nhello")
    assert (answer.status, answer.body, answer.problem) == (200, b"hello", problem)


def test_the_first_thing_wrong_is_told() -> None:
    data = b"HTTP/1.1 200\r\nX: \x00\r\n y\r\nTransfer-Encoding: chunked\r\n\r\n!\r\n"
    [answer] = read(data).answers
    assert answer.problem is not None
    assert answer.problem.startswith("the status line lacks")


def test_what_a_head_may_hold() -> None:
    fields = b"!#$%&'*+-.^_`|~09Az: 1\r\nA:\r\na: \xe9;, \tb \r\nContent-Length: 0\r\n"
    answer = read_one(b"HTTP/1.0 299 \r\n" + fields + b"\r\n")
    assert (answer.version, answer.status, answer.reason) == ("HTTP/1.0", 299, "")
    assert answer.headers[0] == ("!#$%&'*+-.^_`|~09Az", "1")
    assert answer.values("A") == ["", "é;, \tb"]
    assert answer.problem is None


# -- Invalid framing -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lengths",
    ["-1", "+5", "0x5", "5 5", "", "5.0", "five", "9" * 5000, "²"],
)
def test_an_invalid_length(lengths: str) -> None:
    head = OK + f"Content-Length: {lengths}\r\n\r\n".encode("latin-1")
    reader = read(head + b"hello" + NEXT, reset=False)
    [answer] = reader.answers
    assert (answer.body, answer.is_complete) == (b"", False)
    assert (answer.start, answer.end) == (0, len(head))
    assert answer.problem == f"invalid Content-Length {lengths}"
    assert reader.rest == b"hello" + NEXT


def test_two_lengths() -> None:
    [answer] = read(OK + b"Content-Length: 6\r\nContent-Length: 5\r\n\r\nhello").answers
    assert answer.problem == "invalid Content-Length 5, 6"


def test_chunked_beside_a_length() -> None:
    answer = read_one(
        OK + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
    )
    assert (answer.framing, answer.body) == ("chunked", b"hi")
    assert answer.problem == "Content-Length beside Transfer-Encoding (RFC 9112 §6.2)"


@pytest.mark.parametrize(
    "line", [b"hello", b"", b"-5", b"0x5", b"+5", b" 5", b"5 5", b"g", b"5,x", b"\xb2"]
)
def test_a_malformed_chunk_size(line: bytes) -> None:
    shown = CHUNKED + b"2\r\nhi\r\n" + line + b"\r\n"
    reader = read(shown + b"hello\r\n0\r\n\r\n" + NEXT, reset=False)
    [answer] = reader.answers
    assert (answer.body, answer.is_complete) == (b"hi", False)
    assert answer.problem == f"malformed chunk size {line!r}"
    assert answer.end == len(shown)
    assert reader.rest == b"hello\r\n0\r\n\r\n" + NEXT


def test_a_malformed_chunk_size_is_shown_in_short() -> None:
    [answer] = read(CHUNKED + b"x" * 100 + b"\r\n").answers
    assert answer.problem == f"malformed chunk size {b'x' * 40!r}"


def test_a_chunk_longer_than_its_size() -> None:
    shown = CHUNKED + b"2\r\nhell"
    [answer] = read(shown).answers
    assert read(shown + b"o\r\n0\r\n\r\n").answers == [answer]
    assert (answer.body, answer.is_complete, answer.end) == (b"he", False, len(shown))
    assert answer.problem == "a chunk does not end in CRLF"


@pytest.mark.parametrize(
    "lost",
    [
        b"HTTP/1.1 2OO OK\r\n\r\n",
        OK + b"Content-Length: x\r\n\r\n",
        CHUNKED + b"x\r\n",
        CHUNKED + b"2\r\nhell",
    ],
)
def test_behind_an_answer_whose_end_is_unknown_nothing_is_one(lost: bytes) -> None:
    for reset in (None, False, True):
        reader = read(lost + NEXT, reset=reset)
        assert len(reader.answers) == 1
        assert reader.rest == NEXT


# -- Anything ------------------------------------------------------------------------------------

FRAGMENTS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 204 \r\n", b"\r\n",
        b"HTTP/", b"Content-Length: 3\r\n", b"Content-Length: x\r\n", b"\n", b"3\r\n", b"0\r\n",
        b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip\r\n", b"abc", b"\x00\xff",
    ]
)  # fmt: skip
ANYTHING = st.lists(FRAGMENTS | st.binary(max_size=4), max_size=16).map(b"".join)


@given(
    ANYTHING,
    st.lists(st.sampled_from(["GET", "HEAD", "CONNECT"]), max_size=3),
    st.sampled_from([None, False, True]),
    st.data(),
)
def test_any_bytes_cut_anywhere(
    data: bytes, methods: list[str], reset: bool | None, choice: st.DataObject
) -> None:
    whole = read(data, *methods, reset=reset)
    place = choice.draw(st.integers(0, len(data)))
    cut = reader_of([data[:place], data[place:]], methods, reset=reset)
    assert record(cut) == record(whole)
    # Every byte is in one answer or behind them all.
    position = 0
    for answer in sorted([*whole.answers, *whole.interim], key=lambda one: one.start):
        assert answer.start == position
        position = answer.end
    assert data[position:] == whole.rest
