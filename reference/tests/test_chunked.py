"""The chunked transfer coding (RFC 9112 §7.1): sizes, extensions, data, trailers.

Every vector is fed whole, byte by byte, in two at every position, and with a next request behind.
"""

from __future__ import annotations

import pytest

from reference.chunked import ChunkedDecoder
from reference.errors import ProtocolError
from reference.limits import Limits
from reference.tests.feeding import END, Head, Refused, cut_at, feed, feed_every_way

HEAD = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
PAIRS = ((b"Host", b"x"), (b"Transfer-Encoding", b"chunked"))


@pytest.mark.parametrize(
    ("coded", "body", "source"),
    [
        (b"0\r\n\r\n", b"", "RFC 9112 §7.1: last-chunk"),
        (b"3\r\nabc\r\n0\r\n\r\n", b"abc", "RFC 9112 §7.1"),
        (b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", b"abc", "RFC 9112 §7.1"),
        (b"a\r\n0123456789\r\n0\r\n\r\n", b"0123456789", "RFC 9112 §7.1: HEXDIG"),
        (b"A\r\n0123456789\r\n0\r\n\r\n", b"0123456789", "RFC 9112 §7.1: either case"),
        (b"0b\r\n0123456789a\r\n0\r\n\r\n", b"0123456789a", "RFC 9112 §7.1: 0b is eleven"),
        (b"0000000000000003\r\nabc\r\n0\r\n\r\n", b"abc", "RFC 9112 §7.1: 16 digits"),
        (b"0000000000000000\r\n\r\n", b"", "RFC 9112 §7.1: last-chunk is 1*0"),
        (b"8\r\n0\r\n\r\nGET\r\n0\r\n\r\n", b"0\r\n\r\nGET", "RFC 9112 §7.1: data is opaque"),
        (b"2\r\n\r\n\r\n0\r\n\r\n", b"\r\n", "RFC 9112 §7.1: data is opaque"),
        (b"1;a\r\nb\r\n0;c\r\n\r\n", b"b", "RFC 9112 §7.1.1"),
        (b"1;a=b;c=d;e\r\nb\r\n0\r\n\r\n", b"b", "RFC 9112 §7.1.1"),
        (b'1;a="b"\r\nb\r\n0\r\n\r\n', b"b", "RFC 9112 §7.1.1: quoted"),
        (b'1;a=""\r\nb\r\n0\r\n\r\n', b"b", "RFC 9110 §5.6.4: quoted, empty"),
        (b'1;a=";\\"\\\\\t\xff"\r\nb\r\n0\r\n\r\n', b"b", "RFC 9110 §5.6.4: quoted pairs"),
        (b"1 \t; \ta \t= \tb\r\nb\r\n0\r\n\r\n", b"b", "RFC 9112 §7.1.1: BWS"),
        (b"0\r\nA: b\r\n\r\n", b"", "RFC 9112 §7.1.2: a trailer field"),
        (b"1\r\na\r\n0\r\nA: b\r\nC:\r\nD: \xff \r\n\r\n", b"a", "RFC 9112 §7.1.2"),
    ],
)
def test_decoded(coded: bytes, body: bytes, source: str) -> None:
    expected = [Head("PUT", "/", 1, PAIRS, -1), *([body] if body else []), END]
    assert feed_every_way(HEAD + coded) == expected, source


@pytest.mark.parametrize(
    ("coded", "source"),
    [
        (b"\r\n", "RFC 9112 §7.1: no size"),
        (b"0x3\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"+3\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"-3\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"1_0\r\n0123456789abcdef\r\n", "RFC 9112 §7.1"),
        (b" 3\r\nabc\r\n", "RFC 9112 §7.1: no whitespace before the size"),
        (b"\t3\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"3 \r\nabc\r\n", "RFC 9112 §7.1: BWS only before an extension"),
        (b"3\t\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"3 3\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"3g\r\nabc\r\n", "RFC 9112 §7.1: HEXDIG"),
        (b"3.\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"\xb3\r\nabc\r\n", "RFC 9112 §7.1: HEXDIG is ASCII"),
        (b"3\x00\r\nabc\r\n", "RFC 9112 §7.1"),
        (b"00000000000000003\r\nabc\r\n", "RFC 9112 §7.1: 17 digits"),
        (b"10000000000000000\r\nabc\r\n", "RFC 9112 §7.1: 2**64"),
        (b"3\nabc\r\n", "RFC 9112 §2.2: bare LF"),
        (b"\n", "RFC 9112 §2.2: bare LF"),
        (b"3\rabc\r\n", "RFC 9112 §2.2: bare CR"),
        (b"3\r\r\nabc\r\n", "RFC 9112 §2.2: bare CR"),
        (b"3x\nabc\r\n", "RFC 9112 §2.2: bare LF, not the octet before it"),
        (b"3;\r\nabc\r\n", "RFC 9112 §7.1.1: no name"),
        (b"3;=a\r\nabc\r\n", "RFC 9112 §7.1.1: no name"),
        (b"3;a=\r\nabc\r\n", "RFC 9112 §7.1.1: no value"),
        (b"3;a b\r\nabc\r\n", "RFC 9112 §7.1.1"),
        (b"3;a=b c\r\nabc\r\n", "RFC 9112 §7.1.1"),
        (b"3;a \r\nabc\r\n", "RFC 9112 §7.1.1: BWS at the end"),
        (b"3,a\r\nabc\r\n", "RFC 9112 §7.1.1"),
        (b"3;a=b=c\r\nabc\r\n", "RFC 9112 §7.1.1"),
        (b'3;a="\r\nabc\r\n', "RFC 9110 §5.6.4: an open quote"),
        (b'3;a="\\"\r\nabc\r\n', "RFC 9110 §5.6.4: an open quote"),
        (b'3;a="b"c\r\nabc\r\n', "RFC 9112 §7.1.1"),
        (b'3;a="\x01"\r\nabc\r\n', "RFC 9110 §5.6.4: control character"),
        (b"3;a\x00\r\nabc\r\n", "RFC 9112 §7.1.1"),
        (b"3;\xe9\r\nabc\r\n", "RFC 9112 §7.1.1: a name is a token"),
        (b"3;a\nb\r\nabc\r\n", "RFC 9112 §2.2: LF in an extension"),
        (b'3;a="\n"\r\nabc\r\n', "RFC 9112 §2.2: LF in a quoted extension"),
        (b'3;a="\r\n"\r\nabc\r\n', "RFC 9112 §2.2: CRLF in a quoted extension"),
        (b"3;a\rb\r\nabc\r\n", "RFC 9112 §2.2: CR in an extension"),
        (b"0\n\r\n", "RFC 9112 §2.2: bare LF after the last chunk"),
        (b"0\r\n\n", "RFC 9112 §2.2: bare LF as the empty line"),
        (b"0\r\n\r\r\n\r\n", "RFC 9112 §2.2: bare CR in the trailer section"),
        (b"0\r\nA: b\n\r\n", "RFC 9112 §2.2: bare LF in the trailer section"),
        (b"0\r\nA: b\nC: d\r\n\r\n", "RFC 9112 §2.2: bare LF in the trailer section"),
        (b"0\r\nA: b\rC: d\r\n\r\n", "RFC 9112 §2.2: bare CR in the trailer section"),
        (b"0\r\nA\r\n\r\n", "RFC 9112 §7.1.2: no colon"),
        (b"0\r\nA : b\r\n\r\n", "RFC 9112 §5.1"),
        (b"0\r\n: b\r\n\r\n", "RFC 9112 §5"),
        (b"0\r\n A: b\r\n\r\n", "RFC 9112 §5.2: obs-fold"),
        (b"0\r\nA: b\r\n c\r\n\r\n", "RFC 9112 §5.2: obs-fold"),
        (b"0\r\nA: \x00\r\n\r\n", "RFC 9110 §5.5"),
        (b"0\r\nGET / HTTP/1.1\r\n\r\n", "RFC 9112 §7.1.2: a request is no trailer field"),
    ],
)
def test_malformed(coded: bytes, source: str) -> None:
    expected = [Head("PUT", "/", 1, PAIRS, -1), Refused(400)]
    assert feed_every_way(HEAD + coded) == expected, source
    # ... and after a chunk that was in order, whose data have been handed on.
    assert feed_every_way(HEAD + b"1\r\na\r\n" + coded) == [expected[0], b"a", expected[1]], source


@pytest.mark.parametrize("behind", [b"x\r\n", b"\n", b"\rx", b"\r\r\n", b"0\r\n", b"\x00"])
def test_data_is_followed_by_crlf(behind: bytes) -> None:
    # RFC 9112 §7.1: chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
    events = feed_every_way(HEAD + b"1\r\na" + behind)
    assert events == [Head("PUT", "/", 1, PAIRS, -1), b"a", Refused(400)]


@pytest.mark.parametrize(
    "trailer",
    [
        b"Host: evil",
        b"Content-Length: 5",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Authorization: Basic eDp5",
        b"Cookie: a=b",
        b"Connection: close",
        b"Expect: x",
        b"Upgrade: h2c\r\nConnection: upgrade",
        b"Trailer-Only: yes",
    ],
)
def test_trailers_never_reach_the_headers(trailer: bytes) -> None:
    # RFC 9110 §6.5.1: "a recipient MUST NOT merge a received trailer field into the header
    # section" unless its definition permits that, and nothing here asks for any.
    raw = HEAD + b"1\r\na\r\n0\r\n" + trailer + b"\r\n\r\n"
    events = feed_every_way(raw)
    assert events == [Head("PUT", "/", 1, PAIRS, -1), b"a", END]
    assert feed_every_way(raw + HEAD + b"0\r\n\r\n") == [*events, events[0], END]


def test_the_largest_size_that_fits_64_bits_waits_for_its_data() -> None:
    outcome = feed([HEAD + b"FFFFFFFFFFFFFFFF\r\nabc"])
    assert outcome.events[1:] == [b"abc"]
    assert outcome.is_in_body


def test_data_arrive_before_their_chunk_is_complete() -> None:
    parts: list[bytes] = []
    decoder = ChunkedDecoder(parts.append, Limits())
    for segment in (b"5", b"\r\na", b"bc", b"de\r", b"\n0\r\n"):
        assert decoder.feed(segment, 0) == len(segment)
    assert parts == [b"a", b"bc", b"de"]
    assert not decoder.done


def test_a_decoder_takes_its_own_body_and_nothing_behind_it() -> None:
    coded = b"2;a=b\r\nab\r\n0\r\nT: 1\r\n\r\n"
    behind = b"GET / HTTP/1.1\r\n\r\n"
    for before in (b"", b"\r\n\r\n"):
        raw = before + coded + behind
        end = len(before) + len(coded)
        for cut in range(len(before), end):
            parts: list[bytes] = []
            decoder = ChunkedDecoder(parts.append, Limits())
            first, second = cut_at(raw, [cut])
            assert decoder.feed(first, len(before)) == cut
            assert not decoder.done
            assert decoder.feed(second, 0) == end - cut
            assert decoder.done
            assert b"".join(parts) == b"ab"
            assert decoder.feed(behind, 0) == 0


def test_a_malformed_trailer_section_takes_nothing_as_done() -> None:
    decoder = ChunkedDecoder(lambda data: None, Limits())
    with pytest.raises(ProtocolError, match="malformed field line"):
        decoder.feed(b"0\r\nbad\r\n\r\n", 0)
    assert not decoder.done
