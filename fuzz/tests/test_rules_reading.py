"""What the strict reader makes of streams: of what is cut off, and of what may be taken."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz.choices import Chance
from fuzz.http import HTTP
from fuzz.opinions import of_reference
from fuzz.reading import End, Request
from fuzz.rules import (
    most_answers,
    owed_answers,
    read,
    refused_at,
    strictly_valid,
    verdict,
)
from fuzz.rules.rule import Verdict

HOST = b"Host: a\r\n"
GET = b"GET /a?b HTTP/1.1\r\n" + HOST + b"\r\n"
OLD = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
SIZED = b"POST /s HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nX-A:\t1 \r\n\r\nhello"
CHUNKED = (
    b"PUT http://a:80/c?d HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\n"
    b'5;a="b\\""; c = d\r\nhello\r\n0A ;e\r\n\r\n23456789\r\n00\r\nX-T: 1\r\n\r\n'
)
LAST = b"OPTIONS * HTTP/1.1\r\n" + HOST + b"Connection: x, Close\r\n\r\n"
VALID = GET + SIZED + CHUNKED + b"CONNECT [::1]:80 HTTP/1.1\r\n" + HOST + b"\r\n"


def drawn(seed: int, count: int) -> list[bytes]:
    choices = Chance(seed)
    streams = [HTTP.draw(choices) for _ in range(count)]
    streams += [
        HTTP.mutate(stream, other, choices)
        for stream, other in zip(streams, reversed(streams), strict=True)
    ]
    return [stream for stream in streams if len(stream) < 600]


def test_content_of_valid_requests() -> None:
    ruled = read(GET + SIZED + CHUNKED)
    assert strictly_valid(ruled)
    assert ruled.reading.end is End.BETWEEN
    host = (b"host", b"a")
    assert ruled.reading.requests == (
        Request(b"GET", b"/a?b", 1, (host,), b""),
        Request(b"POST", b"/s", 1, (host, (b"content-length", b"5"), (b"x-a", b"1")), b"hello"),
        Request(
            b"PUT",
            b"http://a:80/c?d",
            1,
            (host, (b"transfer-encoding", b"Chunked")),
            b"hello\r\n23456789",
        ),
    )


@pytest.mark.parametrize(
    ("data", "end", "requests"),
    [
        (b"", End.BETWEEN, 0),
        (GET * 3, End.BETWEEN, 3),
        (GET + LAST + GET, End.LAST, 2),
        (OLD + b"GET / HTTP/1.0\r\n\r\n" + GET, End.LAST, 2),
        (b"CONNECT a:80 HTTP/1.1\r\n" + HOST + b"\r\n" + GET, End.LAST, 1),
        (SIZED[:-1], End.INCOMPLETE, 1),
        (b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n" + GET,
         End.INCOMPLETE, 1),
        (CHUNKED[: CHUNKED.index(b"0A")] + b"F" * 40 + b"\r\n" + GET, End.INCOMPLETE, 1),
        (GET + b"\x16", End.REFUSED, 1),
    ],
)  # fmt: skip
def test_how_a_reading_ends(data: bytes, end: End, requests: int) -> None:
    ruled = read(data)
    assert ruled.reading.end is end
    assert len(ruled.reading.requests) == requests


def test_a_beginning_of_valid_octets_is_never_refused() -> None:
    whole = read(VALID)
    for cut in range(len(VALID)):
        ruled = read(VALID[:cut])
        assert strictly_valid(ruled), VALID[:cut]
        assert ruled.reading.end in (End.BETWEEN, End.INCOMPLETE)
        complete = [one for one in ruled.reading.requests if one.whole]
        assert complete == list(whole.reading.requests[: len(complete)])
        assert len(complete) == owed_answers(ruled) < len(whole.reading.requests)


def test_what_is_broken_stays_broken_and_no_request_is_unmade() -> None:
    for data in drawn(1, 60):
        owed, broken, refused = 0, False, False
        for cut in range(len(data) + 1):
            ruled = read(data[:cut])
            assert strictly_valid(ruled) <= (not broken), data[:cut]
            assert owed <= owed_answers(ruled) <= most_answers(ruled), data[:cut]
            assert (refused_at(ruled) is not None) >= refused, data[:cut]
            owed, broken = owed_answers(ruled), bool(ruled.broken)
            refused = refused_at(ruled) is not None


def test_a_reading_depends_on_its_octets_alone() -> None:
    streams = drawn(2, 100)
    before = [read(stream) for stream in streams]
    read(b"".join(streams))
    assert [read(stream) for stream in reversed(streams)] == before[::-1]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"G", ""),
        (b"G,", "method-no-token"),
        (b"GET\t", "white-space-in-request-line"),
        (b"GET  ", "white-space-in-request-line"),
        (b"GET /%", ""),
        (b"GET /%4", ""),
        (b"GET /%4x", "malformed-percent-in-target"),
        (b"GET /\x80", "octet-beyond-ascii-in-target"),
        (b"GET foo ", "target-in-no-form"),
        (b"GET http://a/] ", "character-in-target"),
        (b"GET http://a]/ ", "target-in-no-form"),
        (b"GET http://[::1]/ ", ""),
        (b"GET / HTT", ""),
        (b"GET / Htt", "version-in-lower-case"),
        (b"GET / HTTP/1.10", "malformed-version"),
        (b"GET / HTTP/1.1\r", ""),
        (b"GET / HTTP/1.1\r\r", "white-space-in-request-line"),
        (b"GET / HTTP/1.1\n", "line-ends-in-lf"),
        (b"GET / HTTP/1.1\r\n ", "white-space-before-fields"),
        (b"GET / HTTP/1.1\r\nA", ""),
        (b"GET / HTTP/1.1\r\nA ", "name-no-token"),
        (b"GET / HTTP/1.1\r\nA :", "space-before-colon"),
        (b"GET / HTTP/1.1\r\nA\r", "line-without-colon"),
        (b"GET / HTTP/1.1\r\nA: b\r", ""),
        (b"GET / HTTP/1.1\r\nA: b\rc", "bare-cr-in-value"),
        (b"GET / HTTP/1.1\r\nA: \x00", "nul-in-value"),
        (b"GET / HTTP/1.1\r\nA: b\r\n\t", "folded-line"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n", "two-hosts"),
    ],
)
def test_what_no_further_octet_can_mend_is_refused(data: bytes, rule: str) -> None:
    assert read(GET + data).reading.reason == rule


CHUNKS = b"PUT / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", ""),
        (b"5", ""),
        (b"5 ", ""),
        (b"5 ;", ""),
        (b"5; ", ""),
        (b"5;a", ""),
        (b"5;a ", ""),
        (b"5;a=", ""),
        (b'5;a= "', ""),
        (b'5;a="\\', ""),
        (b'5;a="b" ', ""),
        (b"5\r", ""),
        (b"g", "chunk-size-not-hexadecimal"),
        (b";", "chunk-size-not-hexadecimal"),
        (b" 5", "white-space-around-chunk-size"),
        (b"5 \r", "white-space-around-chunk-size"),
        (b"5;\r", "malformed-chunk-extension"),
        (b"5;a=\r", "malformed-chunk-extension"),
        (b'5;a="\x01', "malformed-chunk-extension"),
        (b"5\rx", "bare-cr-in-chunk-line"),
        (b"5\n", "chunk-size-ends-in-lf"),
        (b"1\r\na\r", ""),
        (b"1\r\nab", "chunk-data-without-crlf"),
        (b"0\r\n", ""),
        (b"0\r\n\r", ""),
        (b"0\r\nA", ""),
        (b"0\r\nA,", "name-no-token"),
    ],
)
def test_what_no_further_octet_can_mend_in_a_chunked_body(data: bytes, rule: str) -> None:
    ruled = read(CHUNKS + data)
    assert ruled.reading.reason == rule
    assert ruled.in_body == bool(rule)
    assert [one.whole for one in ruled.reading.requests] == [False]


@pytest.mark.parametrize(
    ("data", "fields", "body"),
    [
        (b"\r\n\r\n" + GET, [(b"host", b"a")], b""),
        (b"GET\t/\x0b HTTP/1.1 \r\n" + HOST + b"\r\n", [(b"host", b"a")], b""),
        (b"GET / HTTP/1.1\r\n X: 1\r\n\tY: 2\r\n" + HOST + b"\r\n", [(b"host", b"a")], b""),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n  b\r\n\t\r\n\r\n",
         [(b"host", b"a"), (b"x", b"a b")], b""),
        (b"GET / HTTP/1.1\r\n" + HOST + b"X: \0a\rb\x01\r\n\r\n",
         [(b"host", b"a"), (b"x", b"a b\x01")], b""),
        (SIZED.replace(b"5\r", b"5,05\r"),
         [(b"host", b"a"), (b"content-length", b"5,05"), (b"x-a", b"1")], b"hello"),
        (CHUNKS.replace(HOST, HOST + b"Content-Length: 9\r\n") + b"1\r\na\r\n0\r\n\r\n",
         [(b"host", b"a"), (b"content-length", b"9"), (b"transfer-encoding", b"chunked")], b"a"),
    ],
)  # fmt: skip
def test_what_may_be_taken_means_one_thing(
    data: bytes, fields: list[tuple[bytes, bytes]], body: bytes
) -> None:
    ruled = read(data)
    assert verdict(ruled) is Verdict.MAY_TAKE
    assert ruled.taken is not None
    assert (list(ruled.taken.fields), ruled.taken.body, ruled.taken.whole) == (fields, body, True)


@pytest.mark.parametrize(
    ("data", "owed", "most"),
    [
        (GET * 3, 3, 3),
        (GET + LAST + GET, 2, 2),
        (GET + OLD + GET, 2, 3),  # behind HTTP/1.0 a server need not go on
        # 101, or a final one
        (GET + GET.replace(b"\r\n\r\n", b"\r\nUpgrade: b\r\n\r\n") + GET, 2, 3),
        (b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n" + GET, 1, 2),
        (SIZED[:-1], 0, 1),  # its handler may not wait for the body
        (GET[:-2], 0, 0),
        (GET.replace(HOST, b"") + GET, 0, 1),
        (b"\r\n" + GET + b"\r\n" + GET, 0, 2),
        (SIZED.replace(b": 5", b": +5") + GET, 0, 0),
        (CHUNKS.replace(HOST, HOST + b"Content-Length: 9\r\n") + b"0\r\n\r\n" + GET, 0, 1),
        (CHUNKS + b"0x0\r\n\r\n" + GET, 0, 3),  # the last one of HTTP/0.9, maybe
        (GET.replace(b"Host:", b"Host :") + GET, 0, 2),
    ],
)  # fmt: skip
def test_how_many_answers_are_owed_and_how_many_may_come(data: bytes, owed: int, most: int) -> None:
    ruled = read(data)
    assert (owed_answers(ruled), most_answers(ruled)) == (owed, most)


def test_a_request_to_refuse_is_named_with_its_rule() -> None:
    found = refused_at(read(GET + SIZED + GET.replace(HOST, HOST + HOST) + GET))
    assert found is not None
    assert (found[0], found[1].id) == (2, "two-hosts")
    assert refused_at(read(b" " + GET)) is None


# -- Beside others --------------------------------------------------------------------------------

_TOKEN = st.text("!#$%&'*+-.^_`|~09azAZ", min_size=1, max_size=6).map(str.encode)
_VALUE = st.binary(max_size=8).map(
    lambda value: bytes(one for one in value if one >= 0x20 and one != 0x7F).strip()
)
_SPACE = st.sampled_from([b"", b" ", b"\t ", b"  "])


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """A whole request that is valid, of what h11 knows as well."""
    lines = [b"Host:" + draw(_SPACE) + draw(st.sampled_from([b"a", b"[::1]:80", b"a.b:"]))]
    for name in draw(st.lists(_TOKEN, max_size=3)):
        space, value = draw(_SPACE), draw(_VALUE)
        lines.append(b"X-" + name + b":" + space + value + draw(_SPACE))
    body = draw(st.binary(max_size=20))
    framing = draw(st.sampled_from(["none", "sized", "chunked"]))
    if framing == "sized":
        lines.append(b"content-LENGTH: %d" % len(body))
    elif framing == "chunked":
        lines.append(b"Transfer-encoding:chunked")
        size = draw(st.integers(1, 21))
        parts = [body[at : at + size] for at in range(0, len(body), size)]
        extension = draw(st.sampled_from([b"", b";a", b";a=b", b';a="b c"']))
        body = b"".join(b"%X%b\r\n%b\r\n" % (len(part), extension, part) for part in parts)
        body += b"0\r\n" + draw(st.sampled_from([b"", b"X-T: u\r\n"])) + b"\r\n"
    else:
        body = b""
    target = draw(st.sampled_from([b"/", b"/a%20b?c=/?", b"//a", b"http://b:1/?", b"*"]))
    method = b"OPTIONS" if target == b"*" else draw(_TOKEN)
    lines.insert(draw(st.integers(0, len(lines))), b"Connection: keep-alive")
    return b"\r\n".join([method + b" " + target + b" HTTP/1.1", *lines, b"", body])


@settings(max_examples=150, deadline=None)
@given(requests())
def test_a_valid_request_is_to_h11_what_it_is_to_the_rules(data: bytes) -> None:
    ruled = read(data)
    assert strictly_valid(ruled)
    (request,) = ruled.reading.requests
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(data)
    head = connection.next_event()
    assert isinstance(head, h11.Request)
    body = b""
    while not isinstance(event := connection.next_event(), h11.EndOfMessage):
        assert isinstance(event, h11.Data)
        body += bytes(event.data)
    assert (request.method, request.target) == (head.method, head.target)
    assert list(request.fields) == list(head.headers)
    assert (request.body, request.whole) == (body, True)
    assert connection.trailing_data[0] == b""
    assert ruled.reading.end is End.BETWEEN


def test_the_reference_serves_nothing_that_the_rules_forbid() -> None:
    served = 0
    for data in drawn(3, 3000):
        ruled = read(data)
        refused = refused_at(ruled)
        reading = of_reference.read(data)
        certain = [one for one in ruled.reading.requests if one.whole]
        assert len(reading.requests) <= most_answers(ruled), data
        for ours, theirs in zip(ruled.reading.requests, reading.requests, strict=False):
            assert ours[:4] == theirs[:4], data
            assert not (ours.whole and theirs.whole) or ours.body == theirs.body, data
        if reading.end is not End.REFUSED:
            assert len([one for one in reading.requests if one.whole]) >= len(certain), data
        if refused is not None:
            assert len(reading.requests) <= refused[0], data
        served += len(certain)
    assert served > 1000
