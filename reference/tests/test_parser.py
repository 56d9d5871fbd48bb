"""Request lines, targets, versions, and what comes before and between requests.

Every vector is fed whole, byte by byte, in two at every position, and with a next request behind.
"""

from __future__ import annotations

import pytest

from reference import parser as parser_module
from reference.errors import ProtocolError
from reference.fields import CHUNKED, Fields
from reference.limits import Limits
from reference.parser import METHOD_BYTES, RequestParser, parse_request_line
from reference.tests.feeding import (
    END,
    NEXT,
    Event,
    Head,
    Recorder,
    Refused,
    byte_by_byte,
    feed,
    feed_every_way,
    status_of,
)

HOST = b"Host: x\r\n\r\n"
X = ((b"Host", b"x"),)
NEXT_HEAD = Head("PUT", "/next", 1, ((b"Host", b"next"), (b"Content-Length", b"2")), 2)


def lines(*vectors: bytes) -> list[bytes]:
    return [line + b"\r\n" + HOST for line in vectors]


@pytest.mark.parametrize(
    ("line", "method", "target", "minor", "source"),
    [
        (b"GET / HTTP/1.1", "GET", "/", 1, "RFC 9112 §3.2.1"),
        (b"GET / HTTP/1.0", "GET", "/", 0, "RFC 9112 §2.3"),
        (b"GET / HTTP/1.2", "GET", "/", 1, "RFC 9110 §2.5: read as the highest minor known"),
        (b"HEAD /%2F;c=d:@!$&'()*+,~ HTTP/1.1", "HEAD", "/%2F;c=d:@!$&'()*+,~", 1, "RFC 3986 §3.3"),
        (b"GET /?a=b?/&[]{}|\\^`\"<> HTTP/1.1", "GET", "/?a=b?/&[]{}|\\^`\"<>", 1, "RFC 9112 §3.2"),
        (b"GET //x/../y HTTP/1.1", "GET", "//x/../y", 1, "RFC 9112 §3.2.1: not normalised"),
        (b"get / HTTP/1.1", "get", "/", 1, "RFC 9110 §9.1: methods are case-sensitive"),
        (b"M-SEARCH / HTTP/1.1", "M-SEARCH", "/", 1, "RFC 9110 §9.1: any token"),
        (b"!#$%&'*+-.^_`|~ / HTTP/1.1", "!#$%&'*+-.^_`|~", "/", 1, "RFC 9110 §5.6.2 tchar"),
        (b"OPTIONS * HTTP/1.1", "OPTIONS", "*", 1, "RFC 9112 §3.2.4"),
        (b"OPTIONS / HTTP/1.1", "OPTIONS", "/", 1, "RFC 9112 §3.2.1"),
        (b"GET http://x/ HTTP/1.1", "GET", "http://x/", 1, "RFC 9112 §3.2.2"),
        (b"GET HTTPS://X:8/a?b HTTP/1.1", "GET", "HTTPS://X:8/a?b", 1, "RFC 3986 §3.1: any case"),
        (b"GET http://x HTTP/1.1", "GET", "http://x", 1, "RFC 3986 §3.3: path-abempty"),
        (b"GET http://x?q HTTP/1.1", "GET", "http://x?q", 1, "RFC 3986 §3: query without path"),
        (b"GET http://[::1]:80/ HTTP/1.1", "GET", "http://[::1]:80/", 1, "RFC 3986 §3.2.2"),
        (b"GET http://x: HTTP/1.1", "GET", "http://x:", 1, "RFC 3986 §3.2.3: port may be empty"),
    ],
)  # fmt: skip
def test_accepted(line: bytes, method: str, target: str, minor: int, source: str) -> None:
    assert feed_every_way(line + b"\r\n" + HOST) == [Head(method, target, minor, X, 0)], source
    assert parse_request_line(line) == (method, target, minor)


MALFORMED = [
    (b"", "RFC 9112 §3: a second empty line"),
    (b" GET / HTTP/1.1", "RFC 9112 §2.2: whitespace before the request line"),
    (b"GET", "RFC 9112 §3"),
    (b"GET /", "RFC 9112 §3: HTTP/0.9"),
    (b"GET / ", "RFC 9112 §3: empty version"),
    (b"GET  HTTP/1.1", "RFC 9112 §3.2: empty target"),
    (b"GET HTTP/1.1", "RFC 9112 §3.2: no target"),
    (b"GET  / HTTP/1.1", "RFC 9112 §3: one SP"),
    (b"GET /  HTTP/1.1", "RFC 9112 §3: one SP"),
    (b"GET / HTTP/1.1 ", "RFC 9112 §3: trailing whitespace"),
    (b"GET\t/ HTTP/1.1", "RFC 9112 §3: HTAB is no SP"),
    (b"GET /\tHTTP/1.1", "RFC 9112 §3: HTAB is no SP"),
    (b"GET /a b HTTP/1.1", "RFC 9112 §3.2: no whitespace in the target"),
    (b"GET /a\tb HTTP/1.1", "RFC 9112 §3.2"),
    (b"GET /a\x0bb HTTP/1.1", "RFC 3986 §2: control character"),
    (b"GET /\x00 HTTP/1.1", "RFC 3986 §2: NUL"),
    (b"GET /\x7f HTTP/1.1", "RFC 3986 §2: DEL"),
    (b"GET /\xc3\xa9 HTTP/1.1", "RFC 3986 §2: raw non-ASCII"),
    (b"GET /#f HTTP/1.1", "RFC 9112 §3.2: fragment"),
    (b"GET /?q#f HTTP/1.1", "RFC 9112 §3.2: fragment"),
    (b"GET a HTTP/1.1", "RFC 9112 §3.2.1: no leading slash"),
    (b"GET ?q HTTP/1.1", "RFC 9112 §3.2.1: no path"),
    (b"GET * HTTP/1.1", "RFC 9112 §3.2.4: asterisk-form is for OPTIONS"),
    (b"OPTIONS ** HTTP/1.1", "RFC 9112 §3.2.4"),
    (b"OPTIONS *?q HTTP/1.1", "RFC 9112 §3.2.4"),
    (b"GET x:80 HTTP/1.1", "RFC 9112 §3.2.3: authority-form is for CONNECT"),
    (b"OPTIONS x:80 HTTP/1.1", "RFC 9112 §3.2.3"),
    (b"CONNECT / HTTP/1.1", "RFC 9112 §3.2.3: CONNECT takes host and port"),
    (b"CONNECT http://x/ HTTP/1.1", "RFC 9112 §3.2.3"),
    (b"CONNECT u@x:80 HTTP/1.1", "RFC 9112 §3.2.3: no userinfo"),
    (b"GET http://u@x/ HTTP/1.1", "RFC 9110 §4.2.4: userinfo"),
    (b"GET http://u:p@x/ HTTP/1.1", "RFC 9110 §4.2.4"),
    (b"GET http:///a HTTP/1.1", "RFC 9110 §4.2.1: empty host"),
    (b"GET http://?q HTTP/1.1", "RFC 9110 §4.2.1"),
    (b"GET http://:80/ HTTP/1.1", "RFC 9110 §4.2.1"),
    (b"GET http://x:8a/ HTTP/1.1", "RFC 3986 §3.2.3"),
    (b"GET http://x,y/ HTTP/1.1", "RFC 9112 §3.2: as two Host fields"),
    (b"GET http://x#f HTTP/1.1", "RFC 9112 §3.2: fragment"),
    (b"GET http://x/\xff HTTP/1.1", "RFC 3986 §2"),
    (b"GET http:/x HTTP/1.1", "RFC 9110 §4.2.1: no authority"),
    (b"GET ftp://x/ HTTP/1.1", "RFC 9110 §7.1: a scheme that is not served"),
    (b"GET javascript://x/ HTTP/1.1", "RFC 9110 §7.1"),
    (b"G@T / HTTP/1.1", "RFC 9110 §5.6.2: no tchar"),
    (b"G\x00T / HTTP/1.1", "RFC 9110 §5.6.2"),
    (b"G\xc9T / HTTP/1.1", "RFC 9110 §5.6.2"),
    (b"(GET) / HTTP/1.1", "RFC 9110 §5.6.2"),
    (b"GET / http/1.1", "RFC 9112 §2.3: case-sensitive"),
    (b"GET / HTTP/1.10", "RFC 9112 §2.3: one digit each"),
    (b"GET / HTTP/01.1", "RFC 9112 §2.3"),
    (b"GET / HTTP/1", "RFC 9112 §2.3"),
    (b"GET / HTTP/1,1", "RFC 9112 §2.3"),
    (b"GET / HTTP/1.x", "RFC 9112 §2.3"),
    (b"GET / HTTP/1.\xb2", "RFC 9112 §2.3: DIGIT is ASCII"),
    (b"GET / HTTPS/1.1", "RFC 9112 §2.3"),
    (b"GET / ICE/1.0", "RFC 9112 §2.3"),
    (b"GET / HTTP/1.1\r", "RFC 9112 §2.2: bare CR"),
    (b"GET /\r HTTP/1.1", "RFC 9112 §2.2: bare CR"),
    (b"GE\rT / HTTP/1.1", "RFC 9112 §2.2: bare CR"),
    (b"GE\nT / HTTP/1.1", "RFC 9112 §2.2: bare LF"),
    (b"GET /\n HTTP/1.1", "RFC 9112 §2.2: bare LF"),
    (b"GET /\n HTTP/2.0", "RFC 9112 §2.2: and not 505"),
    (b"X" * 70 + b" /\n HTTP/1.1", "RFC 9112 §2.2: and not 501"),
    (b"CONNECT x:80 HTTP/1.1\n", "RFC 9112 §2.2: and not 405"),
    (b"\nGET / HTTP/1.1", "RFC 9112 §2.2: bare LF"),
    (b"\rGET / HTTP/1.1", "RFC 9112 §2.2: bare CR"),
]


@pytest.mark.parametrize(("line", "source"), MALFORMED)
def test_malformed(line: bytes, source: str) -> None:
    # The empty line that may come first is spent, so that it is not what accepts or refuses.
    assert status_of(b"\r\n" + line + b"\r\n" + HOST) == 400, source
    if line:
        assert status_of(line + b"\r\n" + HOST) == 400, source
        with pytest.raises(ProtocolError, match=r"^400: "):
            parse_request_line(line)


@pytest.mark.parametrize(
    ("raw", "status", "source"),
    [
        (b"GET / HTTP/1.1\n" + HOST, 400, "RFC 9112 §2.2: bare LF"),
        (b"GET / HTTP/1.1\nHost: x\n\n", 400, "RFC 9112 §2.2: bare LF"),
        (b"\n", 400, "RFC 9112 §2.2: bare LF"),
        (b"GET / HTTP/2.0\r\n" + HOST, 505, "RFC 9110 §15.6.6"),
        (b"GET / HTTP/0.9\r\n" + HOST, 505, "RFC 9110 §15.6.6"),
        (b"GET / HTTP/9.9\r\n" + HOST, 505, "RFC 9110 §15.6.6"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, "RFC 9113 §3.4: the HTTP/2 preface"),
        (b"X" * METHOD_BYTES + b" / HTTP/1.1\r\n" + HOST, None, "RFC 9112 §3"),
        (b"X" * (METHOD_BYTES + 1) + b" / HTTP/1.1\r\n" + HOST, 501, "RFC 9112 §3: too long"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, "RFC 8446 §4.1.2: a ClientHello"),
        (b"\x80\x2e\x01\x00\x02", 400, "RFC 5246 §E.2: a ClientHello of SSL 2.0"),
        (b"\x00", 400, "RFC 9112 §3"),
        (b"\r\n" + b"GET / HTTP/1.1\r\n" + HOST, None, "RFC 9112 §2.2: one empty line"),
        (b"\r\n\r\n" + b"GET / HTTP/1.1\r\n" + HOST, 400, "RFC 9112 §2.2: two empty lines"),
        (b"\r\n\n" + b"GET / HTTP/1.1\r\n" + HOST, 400, "RFC 9112 §2.2: an empty line in LF"),
        (b"GET / HTTP/1.1\r\n\r\n", 400, "RFC 9112 §3.2: no Host"),
        (b"GET http://x/ HTTP/1.1\r\n\r\n", 400, "RFC 9112 §3.2: no Host, whatever the target"),
        (b"GET / HTTP/1.2\r\n\r\n", 400, "RFC 9112 §3.2: no Host"),
        (b"GET / HTTP/1.0\r\n\r\n", None, "RFC 9112 §3.2: 1.0 need not send Host"),
        (b"GET / HTTP/1.0\r\nHost:\r\n\r\n", 400, "RFC 9112 §3.2: but not an invalid one"),
        (
            b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
            "RFC 9112 §6.1: faulty framing",
        ),
        (b"POST / HTTP/1.0\r\n\r\n", 411, "RFC 1945 §8.3: a POST has a length"),
        (b"POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n", None, "RFC 1945 §8.3"),
        (b"PUT / HTTP/1.0\r\n\r\n", None, "RFC 1945 §D.1.1 asks nothing of PUT"),
        (b"POST / HTTP/1.1\r\n" + HOST, None, "RFC 9112 §6.3: no body"),
    ],
)
def test_statuses(raw: bytes, status: int | None, source: str) -> None:
    assert status_of(raw) == status, source


def test_connect_is_405_with_an_empty_allow() -> None:
    # RFC 9110 §15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
    for raw in lines(b"CONNECT x:443 HTTP/1.1", b"CONNECT [::1]:443 HTTP/1.1"):
        assert feed_every_way(raw) == [Refused(405, (("Allow", ""),))]


@pytest.mark.parametrize(
    ("begin", "status"),
    [
        (b"GET /\r\n", 400),
        (b"GET / HTTP/2.0\r\n", 505),
        (b"CONNECT x:80 HTTP/1.1\r\n", 405),
        (b"X" * 65 + b" / HTTP/1.1\r\n", 501),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\n", 400),
        (b"\r\n\r\n", 400),
        (b"\r\r", 400),
        (b"\x16", 400),
    ],
)
def test_what_no_further_byte_can_mend_is_refused_at_once(begin: bytes, status: int) -> None:
    """... also behind a request during which the parser was paused."""
    assert [event[0] for event in feed_every_way(begin) if isinstance(event, Refused)] == [status]

    sink = Recorder()
    parser = RequestParser(sink, Limits())
    for octet in byte_by_byte(lines(b"GET / HTTP/1.1")[0]):
        parser.feed(octet)
    parser.pause()
    parser.feed(begin)
    with pytest.raises(ProtocolError) as caught:
        parser.resume()
    assert caught.value.status == status
    assert sink.targets == ["/"]


def test_only_an_empty_line_between_requests_is_no_beginning() -> None:
    for segments in ([], [b"\r\n"], [b"\r", b"\n"]):
        assert feed(segments).is_between_requests
    for begin in (b"\r", b"G", b"\r\nG", NEXT[:-1]):
        assert not feed([begin]).is_between_requests
    assert feed([NEXT + b"\r\n" + NEXT]).events == [NEXT_HEAD, b"ok", END] * 2


def test_nothing_is_read_after_a_refusal() -> None:
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    with pytest.raises(ProtocolError):
        parser.feed(b"GET / HTTP/3.0\r\n" + HOST + NEXT)
    parser.feed(NEXT)
    parser.resume()
    assert sink.events == []
    assert not parser.is_between_requests
    assert not parser.is_in_body


def test_pipelined_requests_come_in_order() -> None:
    chunked = (
        b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    )
    pairs = (*X, (b"Transfer-Encoding", b"chunked"))
    expected: list[Event] = [
        Head("GET", "/a", 1, X, 0),
        Head("POST", "/c", 1, pairs, CHUNKED),
        b"ab",
        END,
        NEXT_HEAD,
        b"ok",
        END,
        Head("GET", "/b", 0, X, 0),
    ]
    a, b = lines(b"GET /a HTTP/1.1", b"GET /b HTTP/1.0")
    assert feed_every_way(a + chunked + NEXT + b) == expected


def test_a_body_is_handed_on_as_it_arrives() -> None:
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    parser.feed(NEXT[:-2])
    assert (parser.is_in_body, parser.body_bytes_left) == (True, 2)
    parser.feed(b"o")
    assert sink.events == [NEXT_HEAD, b"o"]
    assert (parser.is_in_body, parser.body_bytes_left) == (True, 1)
    parser.feed(b"k")
    assert sink.events == [NEXT_HEAD, b"ok", END]
    assert (parser.is_in_body, parser.is_between_requests) == (False, True)

    parser.feed(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\na")
    assert (parser.is_in_body, parser.body_bytes_left) == (True, None)


class Controlling(Recorder):
    """A sink that pauses or stops its parser at one target."""

    def __init__(self, target: str, action: str) -> None:
        super().__init__()
        self.parser = RequestParser(self, Limits())
        self._target = target
        self._action = action

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        super().on_request(method, target, minor, fields)
        if target == self._target:
            getattr(self.parser, self._action)()


def test_pause_holds_what_follows_and_resume_goes_on() -> None:
    a, b = lines(b"GET /a HTTP/1.1", b"GET /b HTTP/1.1")
    sink = Controlling("/b", "pause")
    parser = sink.parser
    parser.feed(a + b + NEXT[:10])
    parser.feed(NEXT[10:] + a)
    assert sink.targets == ["/a", "/b"]
    assert parser.is_paused
    assert not parser.is_between_requests
    parser.resume()
    assert sink.targets == ["/a", "/b", "/next", "/a"]
    assert sink.events[2:5] == [NEXT_HEAD, b"ok", END]
    assert not parser.is_paused
    assert parser.is_between_requests


def test_pause_in_the_middle_of_a_head_and_of_bodies() -> None:
    chunked = (
        b"PUT /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    )
    raw = NEXT + chunked + NEXT
    whole = feed([raw])
    for cut in range(1, len(raw)):
        sink = Recorder()
        parser = RequestParser(sink, Limits())
        parser.feed(raw[:cut])
        before = list(sink.events)
        parser.pause()
        parser.feed(raw[cut : cut + 3])
        parser.feed(raw[cut + 3 :])
        assert sink.events == before
        parser.resume()
        assert sink.events == whole.events
        assert parser.is_between_requests


def test_resume_without_held_bytes_leaves_the_parser_between_requests() -> None:
    sink = Controlling("/a", "pause")
    sink.parser.feed(lines(b"GET /a HTTP/1.1")[0])
    assert sink.parser.is_between_requests
    sink.parser.resume()
    assert sink.parser.is_between_requests
    assert not sink.parser.is_paused


def test_stop_reads_nothing_more() -> None:
    a, b = lines(b"GET /a HTTP/1.1", b"GET /b HTTP/1.1")
    sink = Controlling("/b", "stop")
    sink.parser.feed(a + b + NEXT)
    sink.parser.feed(NEXT)
    assert sink.targets == ["/a", "/b"]
    assert not sink.parser.is_between_requests


def test_stop_forgets_an_incomplete_head_and_what_was_held() -> None:
    for pause in (True, False):
        sink = Recorder()
        parser = RequestParser(sink, Limits())
        if pause:
            parser.pause()
        parser.feed(NEXT[:20])
        parser.stop()
        parser.feed(NEXT[20:])
        parser.feed(NEXT)
        assert not parser._held
        parser.resume()
        assert sink.events == []


@pytest.mark.parametrize(
    ("raw", "events"),
    [
        (b"GET /a HTTP/1.1\r\n" + HOST, [Head("GET", "/a", 1, X, 0)]),
        (
            b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n" + HOST,
            [Head("PUT", "/a", 1, ((b"Content-Length", b"3"), *X), 3), b"abc", END],
        ),
        (
            b"PUT /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HOST,
            [Head("PUT", "/a", 1, ((b"Transfer-Encoding", b"chunked"), *X), CHUNKED), b"abc", END],
        ),
    ],
)
def test_stop_after_request_reads_its_body_and_no_more(raw: bytes, events: list[Event]) -> None:
    body = {1: b"", 3: b"3\r\nabc\r\n0\r\n\r\n" if b"chunked" in raw else b"abc"}[len(events)]
    whole = raw + body + NEXT
    for segments in ([whole], byte_by_byte(whole)):
        sink = Controlling("/a", "stop_after_request")
        for segment in segments:
            sink.parser.feed(segment)
        assert sink.events == events
        assert not sink.parser.is_between_requests
        assert not sink.parser.is_in_body


def test_stop_after_request_from_outside_ends_an_incomplete_head() -> None:
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    parser.feed(NEXT[:10])
    parser.stop_after_request()
    parser.feed(NEXT[10:])
    assert sink.events == []


def test_a_repeated_header_block_is_parsed_once_and_a_changed_one_again() -> None:
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    same, other = b"Host: x\r\nA: 1\r\n\r\n", b"Host: x\r\nA: 2\r\n\r\n"
    for block in (same, same, other, same):
        parser.feed(b"GET / HTTP/1.1\r\n" + block)
    first, second, third, fourth = sink.fields
    assert first is second
    assert [fields.headers["a"] for fields in sink.fields] == ["1", "1", "2", "1"]
    assert len({id(fields) for fields in (first, third, fourth)}) == 3
    parser.feed(b"GET / HTTP/1.0\r\n\r\n")
    assert sink.fields[-1].pairs == ()


def test_a_remembered_block_is_held_to_each_version() -> None:
    """What 1.0 may leave out, 1.1 may not, though the bytes of the block are the same."""
    raw = b"GET / HTTP/1.0\r\n\r\n" + b"GET / HTTP/1.1\r\n\r\n"
    assert feed_every_way(raw) == [Head("GET", "/", 0, (), 0), Refused(400)]


REPEATED = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


def test_a_repeated_block_does_not_hide_what_a_version_requires() -> None:
    parser = RequestParser(Recorder(), Limits())
    parser.feed(REPEATED)
    with pytest.raises(ProtocolError) as caught:
        parser.feed(REPEATED.replace(b"GET", b"POST").replace(b"1.1", b"1.0"))
    assert caught.value.status == 411


def test_a_repeated_block_is_that_of_the_last_request() -> None:
    post = b"POST /p HTTP/1.1\r\nHost: p\r\nContent-Length: 2\r\n\r\nhi"
    events = feed([REPEATED, post, REPEATED, REPEATED]).events
    get = Head("GET", "/a", 1, ((b"Host", b"a"),), 0)
    fields = ((b"Host", b"p"), (b"Content-Length", b"2"))
    assert events == [get, Head("POST", "/p", 1, fields, 2), b"hi", END, get, get]


def test_one_empty_line_may_come_before_every_repeated_block() -> None:
    events = feed([REPEATED, b"\r\n", REPEATED, b"\r\n", REPEATED]).events
    assert events == [Head("GET", "/a", 1, ((b"Host", b"a"),), 0)] * 3


def test_a_repeated_block_waits_while_the_parser_is_paused() -> None:
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    parser.feed(REPEATED)
    parser.pause()
    parser.feed(REPEATED)
    assert len(sink.events) == 1
    parser.resume()
    assert len(sink.events) == 2
    parser.stop()
    parser.feed(REPEATED)
    assert len(sink.events) == 2


def test_a_remembered_line_is_held_to_the_limit_of_each_connection() -> None:
    raw = lines(b"GET /remembered HTTP/1.1")[0]
    assert status_of(raw) is None
    assert status_of(raw, Limits(request_line_bytes=23)) == 414


def test_remembered_lines_are_bounded_in_number_and_size() -> None:
    known = parser_module._KNOWN_LINES
    known.clear()
    sink = Recorder()
    parser = RequestParser(sink, Limits())
    for number in range(3000):
        parser.feed(lines(b"GET /%d HTTP/1.1" % number)[0])
        assert len(known) <= 1024
    assert sink.targets == [f"/{number}" for number in range(3000)]
    assert b"GET /2999 HTTP/1.1" in known
    longest = b"GET /" + b"a" * (128 - 14) + b" HTTP/1.1"
    for line in (longest, longest.replace(b" /", b" /b")):
        parser.feed(lines(line)[0])
    assert [line for line in known if len(line) >= 128] == [longest]
