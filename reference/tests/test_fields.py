"""Field lines: their grammar, Host, and what says how long a body is.

Every vector is fed whole, byte by byte, in two at every position, and with a next request behind.
"""

from __future__ import annotations

import pytest

from reference.errors import ProtocolError
from reference.fields import CHUNKED, Fields, parse_fields, split_fields
from reference.limits import Limits
from reference.tests.feeding import END, Event, Head, feed, feed_every_way, status_of

LAST_CHUNK = b"0\r\n\r\n"


def with_lines(lines: bytes, body: bytes = b"") -> bytes:
    """A request with Host first and last, so that `lines` is neither."""
    return b"POST / HTTP/1.1\r\nHost: x\r\n" + lines + b"Z: z\r\n\r\n" + body


def head_of(events: list[Event]) -> Head:
    head = events[0]
    assert isinstance(head, Head)
    return head


TCHAR = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("line", "pair", "source"),
    [
        (b"A: b\r\n", (b"A", b"b"), "RFC 9112 §5"),
        (b"A:b\r\n", (b"A", b"b"), "RFC 9112 §5: OWS is optional"),
        (b"A: \t b \t \r\n", (b"A", b"b"), "RFC 9112 §5.1: OWS is no part of the value"),
        (b"A:b\t\r\n", (b"A", b"b"), "RFC 9112 §5.1"),
        (b"A: b \t c\r\n", (b"A", b"b \t c"), "RFC 9110 §5.5: SP and HTAB inside a value"),
        (b"A:\r\n", (b"A", b""), "RFC 9110 §5.5: a value may be empty"),
        (b"A: \t\r\n", (b"A", b""), "RFC 9110 §5.5"),
        (b"A: b:c\r\n", (b"A", b"b:c"), "RFC 9112 §5: the first colon ends the name"),
        (b"A: \xc3\xa9\x80\xff\r\n", (b"A", b"\xc3\xa9\x80\xff"), "RFC 9110 §5.5: obs-text"),
        (b'A: "\\""\r\n', (b"A", b'"\\""'), "RFC 9110 §5.6.4"),
        (TCHAR + b": b\r\n", (TCHAR, b"b"), "RFC 9110 §5.6.2: tchar"),
        (b"X_Y: b\r\n", (b"X_Y", b"b"), "RFC 9110 §5.6.2: underscore is a tchar"),
    ],
)
def test_lines(line: bytes, pair: tuple[bytes, bytes], source: str) -> None:
    head = head_of(feed_every_way(with_lines(line)))
    assert head.pairs == ((b"Host", b"x"), pair, (b"Z", b"z")), source
    assert split_fields(line) == [pair]


@pytest.mark.parametrize(
    ("line", "source"),
    [
        (b"A : b\r\n", "RFC 9112 §5.1: no whitespace before the colon"),
        (b"A\t: b\r\n", "RFC 9112 §5.1"),
        (b"Content-Length : 0\r\n", "RFC 9112 §5.1"),
        (b"Transfer-Encoding : chunked\r\n", "RFC 9112 §5.1"),
        (b"A B: c\r\n", "RFC 9110 §5.1: a name is a token"),
        (b": b\r\n", "RFC 9110 §5.1: empty name"),
        (b"A\r\n", "RFC 9112 §5: no colon"),
        (b"A b\r\n", "RFC 9112 §5: no colon"),
        (b" A: b\r\n", "RFC 9112 §5.2: obs-fold"),
        (b"A: b\r\n c\r\n", "RFC 9112 §5.2: obs-fold"),
        (b"A: b\r\n\tc\r\n", "RFC 9112 §5.2: obs-fold"),
        (b"A: b\r\n \r\n", "RFC 9112 §5.2: obs-fold of nothing"),
        (b"A:\r\n \t\r\n", "RFC 9112 §5.2: obs-fold of nothing"),
        (b"A: b\n", "RFC 9112 §2.2: bare LF"),
        (b"A: b\nC: d\r\n", "RFC 9112 §2.2: bare LF"),
        (b"A:\nb\r\n", "RFC 9112 §2.2: bare LF"),
        (b"A\n: b\r\n", "RFC 9112 §2.2: bare LF"),
        (b"\nA: b\r\n", "RFC 9112 §2.2: bare LF"),
        (b"A: b\n\r\n", "RFC 9112 §2.2: bare LF"),
        (b"A: b\r", "RFC 9112 §2.2: bare CR"),
        (b"A: b\rc\r\n", "RFC 9112 §2.2: bare CR"),
        (b"A: b\r\r\n", "RFC 9112 §2.2: bare CR"),
        (b"A:\rb\r\n", "RFC 9112 §2.2: bare CR"),
        (b"A\r: b\r\n", "RFC 9112 §2.2: bare CR"),
        (b"\rA: b\r\n", "RFC 9112 §2.2: bare CR"),
    ],
)
def test_malformed_lines(line: bytes, source: str) -> None:
    assert status_of(with_lines(line)) == 400, source
    assert status_of(b"GET / HTTP/1.1\r\n" + line + b"Host: x\r\n\r\n") == 400, source


def test_every_octet_in_names_and_values() -> None:
    # RFC 9110 §5.6.2 tchar; §5.5 field-vchar (VCHAR and obs-text), SP and HTAB.
    in_values = b"\t" + bytes(range(0x20, 0x7F)) + bytes(range(0x80, 0x100))
    for octet in range(256):
        judge(b"A%cB: c\r\n" % octet, octet in TCHAR + b":")
        judge(b"%cB: c\r\n" % octet, octet in TCHAR)
        judge(b"A: b%cc\r\n" % octet, octet in in_values)
        judge(b"A:%c\r\n" % octet, octet in in_values)


def judge(line: bytes, is_valid: bool) -> None:
    if is_valid:
        assert len(split_fields(line)) == 1, line
    else:
        with pytest.raises(ProtocolError, match=r"^400: malformed field line"):
            split_fields(line)


@pytest.mark.parametrize(
    "pairs",
    [
        [(b"Content-Length", b"+3")],
        [(b"Content-Length", b"3, 3")],
        [(b"Content-Length", b"")],
        [(b"Transfer-Encoding", b"chunked, chunked")],
        [(b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"chunked")],
        [(b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"gzip, chunked")],
    ],
)
def test_framing_is_judged_again_behind_llhttp(pairs: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(ProtocolError, match=r"^400: "):
        Fields(pairs)


@pytest.mark.parametrize(
    "host",
    [
        b"x",
        b"example.com",
        b"EXAMPLE.com.",
        b"x:80",
        b"x:",
        b"127.0.0.1:8080",
        b"[::1]",
        b"[2001:db8::192.0.2.1]:443",
        b"a_b~c!$&'()*+;=",
        b"x%C3%A9",
        b" x\t ",
    ],
)
def test_host(host: bytes) -> None:
    raw = b"GET / HTTP/1.1\r\nHost:" + host + b"\r\n\r\n"
    assert head_of(feed_every_way(raw)).pairs == ((b"Host", host.strip()),)
    assert parse_fields(b"Host:" + host + b"\r\n", Limits()).host == host.strip()


@pytest.mark.parametrize(
    ("lines", "source"),
    [
        (b"", "RFC 9112 §3.2: missing"),
        (b"Host: x\r\nHost: x\r\n", "RFC 9112 §3.2: twice"),
        (b"Host: x\r\nhOST: y\r\n", "RFC 9112 §3.2: twice"),
        (b"Host: x\r\nHost:\r\n", "RFC 9112 §3.2: twice"),
        (b"Host:\r\n", "RFC 9110 §7.2: empty, though http URIs have an authority"),
        (b"Host: \t\r\n", "RFC 9110 §7.2: empty"),
        (b"Host: x, y\r\n", "RFC 9112 §3.2: a list, as two joined fields are"),
        (b"Host: x,y\r\n", "RFC 9112 §3.2: a list"),
        (b"Host: x y\r\n", "RFC 3986 §3.2.2"),
        (b"Host: u@x\r\n", "RFC 9110 §7.2: userinfo"),
        (b"Host: u:p@x:80\r\n", "RFC 9110 §7.2: userinfo"),
        (b"Host: x/\r\n", "RFC 9110 §7.2: path"),
        (b"Host: x/y\r\n", "RFC 9110 §7.2: path"),
        (b"Host: x\\y\r\n", "RFC 3986 §3.2.2"),
        (b"Host: x?q\r\n", "RFC 9110 §7.2: query"),
        (b"Host: x#f\r\n", "RFC 9110 §7.2: fragment"),
        (b"Host: http://x\r\n", "RFC 9110 §7.2: a URI"),
        (b"Host: :80\r\n", "RFC 9110 §4.2.1: empty host with a port"),
        (b"Host: x:80a\r\n", "RFC 3986 §3.2.3: port"),
        (b"Host: x:-1\r\n", "RFC 3986 §3.2.3: port"),
        (b"Host: x:80:80\r\n", "RFC 3986 §3.2.3: port"),
        (b"Host: x:123456\r\n", "RFC 3986 §3.2.3: port of more than 16 bits"),
        (b"Host: [::1\r\n", "RFC 3986 §3.2.2: IP literal"),
        (b"Host: ::1\r\n", "RFC 3986 §3.2.2: IPv6 without brackets"),
        (b"Host: []\r\n", "RFC 3986 §3.2.2: IP literal"),
        (b"Host: [::g]\r\n", "RFC 3986 §3.2.2: IP literal"),
        (b"Host: [:81]\r\n", "RFC 3986 §3.2.2: IPv6address"),
        (b"Host: [::1::]\r\n", "RFC 3986 §3.2.2: IPv6address"),
        (b"Host: [::10000]:8080\r\n", "RFC 3986 §3.2.2: h16 has four digits"),
        (b"Host: [127.0.0.1]\r\n", "RFC 3986 §3.2.2: IPv4 without brackets"),
        (b"Host: [::1]x\r\n", "RFC 3986 §3.2.2: IP literal"),
        (b"Host: <script>\r\n", "RFC 3986 §3.2.2"),
        (b'Host: "x"\r\n', "RFC 3986 §3.2.2"),
        (b"Host: x%zz\r\n", "RFC 3986 §2.1"),
        (b"Host: x%4\r\n", "RFC 3986 §2.1"),
        (b"Host: \xc3\xa9\r\n", "RFC 3986 §3.2.2: raw non-ASCII"),
        (b"Host: x\x00\r\n", "RFC 9110 §5.5"),
    ],
)
def test_invalid_host(lines: bytes, source: str) -> None:
    assert status_of(b"GET / HTTP/1.1\r\nA: b\r\n" + lines + b"\r\n") == 400, source
    assert status_of(b"GET http://x/ HTTP/1.1\r\n" + lines + b"\r\n") == 400, source


@pytest.mark.parametrize(
    ("lines", "body", "length", "source"),
    [
        (b"", b"", 0, "RFC 9112 §6.3: neither, so no body"),
        (b"Content-Length: 0\r\n", b"", 0, "RFC 9112 §6.2"),
        (b"Content-Length: 3\r\n", b"a\r\n", 3, "RFC 9112 §6.2"),
        (b"content-length:3 \r\n", b"\0\xff\n", 3, "RFC 9112 §6.2"),
        (b"Content-Length: 003\r\n", b"abc", 3, "RFC 9110 §8.6: 1*DIGIT"),
        (b"Transfer-Encoding: chunked\r\n", LAST_CHUNK, CHUNKED, "RFC 9112 §7.1"),
        (b"transfer-encoding:CHUNKED\r\n", LAST_CHUNK, CHUNKED, "RFC 9112 §7: case-insensitive"),
        (b"Transfer-Encoding: \tchunked \t\r\n", LAST_CHUNK, CHUNKED, "RFC 9112 §5.1: OWS"),
        (b"TE: gzip\r\n", b"", 0, "RFC 9110 §10.1.4: TE frames nothing"),
        (b"Upgrade: h2c\r\nConnection: upgrade\r\n", b"", 0, "RFC 9110 §7.8: may be ignored"),
        (b"Upgrade: websocket\r\nConnection: upgrade\r\nContent-Length: 1\r\n", b"a", 1, "§7.8"),
    ],
)
def test_framing(lines: bytes, body: bytes, length: int, source: str) -> None:
    head, *rest = feed_every_way(with_lines(lines, body))
    assert isinstance(head, Head)
    assert head.length == length, source
    expected: dict[int, list[Event]] = {0: [], CHUNKED: [END]}
    assert rest == expected.get(length, [body, END])


@pytest.mark.parametrize(
    ("lines", "status", "source"),
    [
        (b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400, "RFC 9112 §6.1"),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400, "RFC 9112 §6.1"),
        (b"Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", 400, "RFC 9112 §6.1"),
        (b"Content-Length: 3\r\nTransfer-Encoding: gzip\r\n", 400, "RFC 9112 §6.1"),
        (b"Content-Length: 3\r\nContent-Length: 3\r\n", 400, "RFC 9112 §6.3: twice"),
        (b"Content-Length: 3\r\nContent-Length: 4\r\n", 400, "RFC 9112 §6.3: contradictory"),
        (b"Content-Length: 3\r\ncontent-length: 3\r\n", 400, "RFC 9112 §6.3: twice"),
        (b"Content-Length: 3, 3\r\n", 400, "RFC 9112 §6.3: listed"),
        (b"Content-Length: 3,4\r\n", 400, "RFC 9112 §6.3: listed"),
        (b"Content-Length:\r\n", 400, "RFC 9110 §8.6: empty"),
        (b"Content-Length: +3\r\n", 400, "RFC 9110 §8.6: signed"),
        (b"Content-Length: -3\r\n", 400, "RFC 9110 §8.6: signed"),
        (b"Content-Length: -0\r\n", 400, "RFC 9110 §8.6: signed"),
        (b"Content-Length: 0x3\r\n", 400, "RFC 9110 §8.6: hexadecimal"),
        (b"Content-Length: 3_0\r\n", 400, "RFC 9110 §8.6"),
        (b"Content-Length: 3 0\r\n", 400, "RFC 9110 §8.6"),
        (b"Content-Length: 3.0\r\n", 400, "RFC 9110 §8.6"),
        (b"Content-Length: 3;\r\n", 400, "RFC 9110 §8.6"),
        (b'Content-Length: "3"\r\n', 400, "RFC 9110 §8.6"),
        (b"Content-Length: \xb2\r\n", 400, "RFC 9110 §8.6: DIGIT is ASCII"),
        (b"Content-Length: 18446744073709551616\r\n", 400, "RFC 9110 §8.6: 2**64"),
        (b"Content-Length: " + b"9" * 4400 + b"\r\n", 400, "RFC 9110 §8.6"),
        (b"Transfer-Encoding: gzip\r\n", 400, "RFC 9112 §6.3: chunked is not final"),
        (b"Transfer-Encoding: identity\r\n", 400, "RFC 9112 §7: no coding any more"),
        (b"Transfer-Encoding: chunked, gzip\r\n", 400, "RFC 9112 §6.3"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", 400, "RFC 9112 §6.3"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400, "RFC 9112 §6.3"),
        (
            b"Connection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: gzip\r\n",
            400,
            "RFC 9112 §6.3: the last one is not chunked",
        ),
        (
            b"Connection: Upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked, gzip\r\n",
            400,
            "RFC 9112 §6.3: the last one is not chunked",
        ),
        (
            b"Connection: Upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n"
            b"Transfer-Encoding: chunked\r\n",
            400,
            "RFC 9112 §6.1: both",
        ),
        (b"Transfer-Encoding: gzip, chunked\r\n", 501, "RFC 9112 §6.1: not understood"),
        (b"Transfer-Encoding: gzip;q=1,chunked\r\n", 501, "RFC 9112 §6.1"),
        (b"Transfer-Encoding: identity, chunked\r\n", 501, "RFC 9112 §6.1"),
        (b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", 501, "RFC 9110 §5.3"),
        (b"Transfer-Encoding: chunked, chunked\r\n", 400, "RFC 9112 §6.1: twice"),
        (b"Transfer-Encoding: chunked, gzip, chunked\r\n", 400, "RFC 9112 §6.1: twice"),
        (b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400, "RFC 9112 §6.1"),
        (b"Transfer-Encoding: xchunked\r\n", 400, "RFC 9112 §6.3"),
        (b"Transfer-Encoding: chunkedx\r\n", 400, "RFC 9112 §6.3"),
        (b"Transfer-Encoding: chunked;a=b\r\n", 400, "RFC 9112 §7.1: no parameters"),
        (b'Transfer-Encoding: "chunked"\r\n', 400, "RFC 9112 §7"),
        (b"Transfer-Encoding: x chunked\r\n", 400, "RFC 9112 §7"),
        (b"Transfer-Encoding: chunked\x0b\r\n", 400, "RFC 9110 §5.5"),
        (b"Transfer-Encoding: chunked\xa0\r\n", 400, "RFC 9112 §7: OWS is SP and HTAB"),
        (b"Transfer-Encoding:\r\n", 400, "RFC 9112 §6.1: empty"),
        (b"Transfer-Encoding:\r\nTransfer-Encoding: chunked\r\n", 400, "RFC 9112 §6.1: empty"),
        (b"Transfer-Encoding: ,chunked\r\n", 400, "RFC 9110 §5.6.1: empty member"),
        (b"Transfer-Encoding: chunked,\r\n", 400, "RFC 9110 §5.6.1: empty member"),
        (b"Transfer-Encoding: gzip,,chunked\r\n", 400, "RFC 9110 §5.6.1: empty member"),
        (b"Expect: 100-continuex\r\n", 417, "RFC 9110 §10.1.1"),
        (b"Expect: 100-continue, x\r\n", 417, "RFC 9110 §10.1.1"),
        (b"Expect: 100-continue\r\nExpect: x\r\n", 417, "RFC 9110 §10.1.1"),
        (b"Expect:\r\n", 417, "RFC 9110 §10.1.1"),
    ],
)
def test_refused(lines: bytes, status: int, source: str) -> None:
    assert status_of(with_lines(lines)) == status, source


def test_the_largest_length_that_fits_64_bits_waits_for_its_body() -> None:
    # RFC 9110 §8.6: "a recipient MUST anticipate potentially large decimal numerals". What is too
    # much for the application is refused where `client_max_size` is known.
    outcome = feed([with_lines(b"Content-Length: 18446744073709551615\r\n", b"a")])
    assert outcome.body_bytes_left == 2**64 - 2


@pytest.mark.parametrize(
    ("lines", "close", "keep_alive"),
    [
        (b"", False, False),
        (b"Connection: close\r\n", True, False),
        (b"connection: CLOSE\r\n", True, False),
        (b"Connection: keep-alive\r\n", False, True),
        (b"Connection: Keep-Alive , Upgrade\r\n", False, True),
        (b"Connection: upgrade,\tclose\r\n", True, False),
        (b"Connection: close\r\nConnection: keep-alive\r\n", True, True),
        (b"Connection: closed, xkeep-alive, close-notify\r\n", False, False),
        (b"Connection:\r\n", False, False),
        (b"Proxy-Connection: close\r\n", False, False),
    ],
)
def test_connection_options(lines: bytes, close: bool, keep_alive: bool) -> None:
    # RFC 9110 §7.6.1: a comma list of case-insensitive options.
    fields = parse_fields(lines, Limits())
    assert (fields.close, fields.keep_alive) == (close, keep_alive)


def test_expect() -> None:
    for lines in (b"Expect: 100-continue\r\n", b"expect:100-Continue \r\n" * 2):
        assert parse_fields(lines, Limits()).expects_100
        assert status_of(with_lines(lines)) is None
    assert not parse_fields(b"X-Expect: 100-continue\r\n", Limits()).expects_100


def test_headers_are_a_case_insensitive_multidict_in_order() -> None:
    fields = Fields([(b"Set", b"1"), (b"Other", b"o"), (b"sEt", b"2"), (b"Obs", b"\xc3\xa9\xff")])
    headers = fields.headers
    assert list(headers.items()) == [("Set", "1"), ("Other", "o"), ("sEt", "2"), ("Obs", "Ã©ÿ")]
    assert headers["SET"] == "1"
    assert headers.getall("set") == ["1", "2"]
    assert headers["obs"].encode("latin-1") == b"\xc3\xa9\xff"
    assert "missing" not in headers
    assert fields.headers is headers
    assert not hasattr(headers, "add")


def test_fields_without_any() -> None:
    fields = parse_fields(b"", Limits())
    assert (fields.pairs, fields.length, fields.host) == ((), 0, None)
    assert len(fields.headers) == 0
