"""The readers: the reference's parser, httptools and h11 on the same octets."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from fuzz.choices import Chance
from fuzz.opinions import of_h11, of_httptools, of_reference
from fuzz.opinions.probing import READERS, inputs
from fuzz.opinions.segments import (
    MOST_SINGLE_CUTS,
    behind_its_like,
    byte_by_byte,
    few_segments,
    head_by_head,
    single_cuts,
)
from fuzz.reading import End, Reading, Request

HOST = b"Host: a\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
READ_GET = Request(b"GET", b"/", 1, ((b"host", b"a"),), b"")
CLIENTS = ("reference", "httptools", "h11")

ALL_AGREE = {
    "nothing": (b"", Reading((), End.BETWEEN)),
    "one request": (GET, Reading((READ_GET,), End.BETWEEN)),
    "two requests": (GET + GET, Reading((READ_GET, READ_GET), End.BETWEEN)),
    "a part of a head": (GET + GET[:20], Reading((READ_GET,), End.INCOMPLETE)),
    "a sized body": (
        b"PUT /x HTTP/1.1\r\nHOST:  a \r\nContent-Length: 2\r\n\r\nok" + GET,
        Reading(
            (
                Request(b"PUT", b"/x", 1, ((b"host", b"a"), (b"content-length", b"2")), b"ok"),
                READ_GET,
            ),
            End.BETWEEN,
        ),
    ),
    "a part of a sized body": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nok",
        Reading(
            (Request(b"PUT", b"/", 1, ((b"host", b"a"), (b"content-length", b"3")), b"ok", False),),
            End.INCOMPLETE,
        ),
    ),
    "chunks, with trailers that are no fields": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"2;a=b\r\nok\r\n1\r\n!\r\n0\r\nX-T: 1\r\n\r\n" + GET,
        Reading(
            (
                Request(
                    b"PUT", b"/", 1, ((b"host", b"a"), (b"transfer-encoding", b"chunked")), b"ok!"
                ),
                READ_GET,
            ),
            End.BETWEEN,
        ),
    ),
    "a part of the chunks": (
        b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r",
        Reading(
            (
                Request(
                    b"PUT",
                    b"/",
                    1,
                    ((b"host", b"a"), (b"transfer-encoding", b"chunked")),
                    b"ok",
                    False,
                ),
            ),
            End.INCOMPLETE,
        ),
    ),
    "the last request": (
        b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + GET,
        Reading(
            (READ_GET._replace(fields=((b"host", b"a"), (b"connection", b"close"))),), End.LAST
        ),
    ),
    "a request of 1.0 is the last one": (
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n" + GET,
        Reading((READ_GET._replace(minor=0),), End.LAST),
    ),
    "a higher version is the highest one": (
        b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n" + GET,
        Reading(
            (READ_GET._replace(fields=((b"host", b"a"), (b"expect", b"100-continue"))), READ_GET),
            End.BETWEEN,
        ),
    ),
}


@pytest.mark.parametrize("party", CLIENTS)
@pytest.mark.parametrize("name", ALL_AGREE)
def test_reading(party: str, name: str) -> None:
    data, expected = ALL_AGREE[name]
    assert READERS[party](data) == expected


REFUSED = {
    "reference": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "invalid Host field", 400),
    "httptools": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", "Invalid header token", 0),
    "h11": (b"GET / HTTP/1.1\r\nHost : secret\r\n\r\n", "illegal header line", 400),
}


@pytest.mark.parametrize("party", CLIENTS)
def test_a_refusal_behind_a_request(party: str) -> None:
    data, reason, status = REFUSED[party]
    assert READERS[party](GET + data) == Reading((READ_GET,), End.REFUSED, reason, status)


@pytest.mark.parametrize("party", CLIENTS)
def test_a_refusal_within_a_body(party: str) -> None:
    data = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\naX\r\n"
    reading = READERS[party](data)
    assert reading.end is End.REFUSED
    assert [(one.body, one.whole) for one in reading.requests] == [(b"a", False)]


def test_h11_hints_at_a_status() -> None:
    data = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
    assert of_h11.read(data).status == 501


def test_reasons_hold_nothing_of_the_input() -> None:
    """They are few, and none has a number or a quoted part that an input could have put there."""
    for party in CLIENTS:
        reasons = {READERS[party](data).reason for data in islice(inputs(Chance(1)), 1500)}
        assert 8 < len(reasons) < 60, party
        for reason in reasons:
            assert not re.search(r"b'|b\"|bytearray|\\x", reason), reason


def test_an_upgrade_ends_the_reading_of_httptools_with_the_head() -> None:
    """uvicorn serves it as a request without a body, and drops what is behind it."""
    data = (
        b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n"
        b"Content-Length: 2\r\n\r\nok" + GET
    )
    reading = of_httptools.read(data)
    assert [(one.body, one.whole) for one in reading.requests] == [(b"", True)]
    assert reading.end is End.LAST
    assert [one.body for one in of_h11.read(data).requests] == [b"ok", b""]


def test_h11_goes_on_behind_connect_that_is_declined() -> None:
    data = b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n" + GET
    assert len(of_h11.read(data).requests) == 2


def test_the_reference_is_fed_in_segments_and_with_pauses() -> None:
    data = ALL_AGREE["a sized body"][0] * 2
    whole = of_reference.feed([data])
    for segments in ([data], byte_by_byte(data), few_segments(data, 5), head_by_head(data)):
        assert b"".join(segments) == data
        for pausing in (False, True):
            assert of_reference.feed(segments, pausing=pausing).same_as(whole)
    assert not of_reference.feed([data[:-1]]).same_as(whole)


def test_what_the_reference_holds_is_measured() -> None:
    head = b"GET / HTTP/1.1\r\nHost: a\r\n"
    assert of_reference.feed([head], measured=True).held == len(head)
    chunked = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;extension"
    assert of_reference.feed([chunked], measured=True).held == len("5;extension")


def test_few_segments_cut_within_a_line_end_now_and_then() -> None:
    cuts = {tuple(few_segments(GET, seed)) for seed in range(200)}
    assert len(cuts) > 50
    assert any(segment.endswith(b"\r") for segments in cuts for segment in segments)
    assert all(b"".join(segments) == GET for segments in cuts)


def test_single_cuts_are_all_there_are_or_the_best() -> None:
    assert len(list(single_cuts(GET))) == len(GET) - 1
    long = GET + b"x" * 20_000
    cuts = list(single_cuts(long))
    assert MOST_SINGLE_CUTS / 2 < len(cuts) < MOST_SINGLE_CUTS * 2
    assert all(one + other == long for one, other in cuts)
    assert {len(one) for one, _ in cuts} >= {len(GET) - 1, len(GET)}


def test_a_request_behind_its_like() -> None:
    put = b"PUT /x HTTP/1.1\r\nHost: a\r\n\r\n"
    assert behind_its_like(put, 0) == [put, b"", put, b""]
    assert b"".join(behind_its_like(put, 1)) == b"GET / HTTP/1.0\r\nHost: a\r\n\r\n" + put
    assert b"".join(behind_its_like(put, 2)) == GET + put
