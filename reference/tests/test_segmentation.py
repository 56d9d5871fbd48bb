"""Invariant tested: what comes out of the parser depends on the bytes alone, never on how they were
cut into segments or when the parser was paused. Second invariant: on valid requests h11 agrees.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, repeat

import h11
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reference.errors import ProtocolError
from reference.fields import CHUNKED, Fields
from reference.limits import Limits
from reference.parser import RequestParser
from reference.tests.feeding import (
    END,
    NEXT,
    Event,
    Head,
    Outcome,
    Recorder,
    Refused,
    byte_by_byte,
    cut_at,
    feed,
)

SMALL = Limits(
    request_line_bytes=30,
    field_bytes=28,
    field_count=4,
    fields_bytes=64,
    chunk_extension_bytes=8,
    trailer_bytes=12,
)

CHUNKED_HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
TOKENS = [
    *[b"GET", b"POST", b"OPTIONS", b"CONNECT", b"X" * 15, b"X" * 70],
    *[b" ", b" /", b" /abc", b" *", b" x:1", b" http://x/", b" /#", b"\t"],
    *[b" HTTP/1.1", b" HTTP/1.0", b" HTTP/2.0", b" HTTP/1.10"],
    *[b"\r\n", b"\r\n\r\n", b"\n", b"\r", b"\r\n ", b"\0", b"\xff", b":", b";"],
    *[b"Host: x", b"Host: y, z", b"A: b", b"A: b \t", b"A : b", b"Expect: z", b"T: 1"],
    *[b"Content-Length: 3", b"Content-Length: +3", b"Connection: upgrade", b"Upgrade: z"],
    *[b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked"],
    *[b"abc", b"0", b"3", b"3\r\nabc\r\n", b"0\r\n\r\n", b"0\r\nT: 1\r\n\r\n", b";e=1", b';e="'],
    *[b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\n", CHUNKED_HEAD],
    *[NEXT, CHUNKED_HEAD + b"3\r\nabc\r\n0\r\nT: 1\r\n\r\n", b"GET / HTTP/1.0\r\n\r\n"],
]
STREAMS = st.lists(st.sampled_from(TOKENS), min_size=1, max_size=12).map(b"".join)
LIMITS = st.sampled_from([SMALL, Limits()])
FRACTIONS = st.lists(st.floats(0, 1), max_size=6)


def cuts(raw: bytes, fractions: list[float]) -> list[bytes]:
    return cut_at(raw, [round(fraction * len(raw)) for fraction in fractions])


@settings(max_examples=600, deadline=None)
@given(STREAMS, LIMITS, FRACTIONS)
@example(b"GET /\n HTTP/2.0\r\nHost: x\r\n\r\n", SMALL, [])
@example(b"X" * 70 + b" /\n HTTP/1.1\r\nHost: x\r\n\r\n", Limits(), [])
@example(b"\r\n", SMALL, [0.5])
def test_any_segmentation_gives_the_same(
    raw: bytes, limits: Limits, fractions: list[float]
) -> None:
    whole = feed([raw], limits)
    assert feed(cuts(raw, fractions), limits) == whole
    assert feed(byte_by_byte(raw), limits) == whole
    check_grammar(whole.events)


def check_grammar(events: Sequence[Event]) -> None:
    """Heads with their bodies, then perhaps a refusal; sized bodies have their size."""
    pending: int | None = None
    for number, event in enumerate(events):
        match event:
            case Head():
                assert pending is None
                pending = event.length or None
            case bytes():
                assert pending is not None
                if pending != CHUNKED:
                    pending -= len(event)
                    assert pending >= 0
            case Refused():
                assert number == len(events) - 1
                assert event.status in (400, 405, 414, 417, 431, 501, 505)
            case _:
                assert pending in (0, CHUNKED)
                pending = None


class Pausing(Recorder):
    """A sink that pauses its parser at some of the heads."""

    def __init__(self, limits: Limits, at: frozenset[int]) -> None:
        super().__init__()
        self.parser = RequestParser(self, limits)
        self._at = at

    def on_request(self, method: str, target: str, minor: int, fields: Fields) -> None:
        super().on_request(method, target, minor, fields)
        if len(self.fields) in self._at:
            self.parser.pause()

    def outcome(self) -> Outcome:
        parser = self.parser
        return Outcome(
            self.events, parser.is_between_requests, parser.is_in_body, parser.body_bytes_left
        )


@settings(max_examples=400, deadline=None)
@given(
    STREAMS,
    LIMITS,
    FRACTIONS,
    st.frozensets(st.integers(1, 5)),
    st.lists(st.sampled_from(["pause", "resume", "go on"]), max_size=7),
)
def test_pauses_change_nothing(
    raw: bytes, limits: Limits, fractions: list[float], at: frozenset[int], steps: list[str]
) -> None:
    sink = Pausing(limits, at)
    parser = sink.parser
    try:
        for segment, step in zip(cuts(raw, fractions), chain(steps, repeat("go on")), strict=False):
            if step == "pause":
                parser.pause()
            elif step == "resume":
                parser.resume()
            before = list(sink.events)
            was_paused = parser.is_paused
            parser.feed(segment)
            assert not was_paused or sink.events == before
        while parser.is_paused:
            parser.resume()
    except ProtocolError as exc:
        sink.events.append(Refused(exc.status, exc.headers))
    assert sink.outcome() == feed([raw], limits)


# -- A second opinion -----------------------------------------------------------------------------

TCHAR = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FRAMING = {
    "host", "content-length", "transfer-encoding", "connection", "expect", "upgrade",
}  # fmt: skip
METHODS = st.sampled_from(["GET", "HEAD", "POST", "DELETE"]) | st.text(
    TCHAR, min_size=1, max_size=20
).filter(lambda method: method != "CONNECT")
TARGETS = st.text('abc/.;:@%41?=&[]{}|\\^`"<>~', max_size=20).map("/".__add__)
NAMES = st.text(TCHAR, min_size=1, max_size=12).filter(lambda name: name.lower() not in FRAMING)
VISIBLE = bytes([*range(0x21, 0x7F), *range(0x80, 0x100)])
VALUES = st.lists(
    st.lists(st.sampled_from(VISIBLE), min_size=1, max_size=8).map(bytes), max_size=4
).flatmap(lambda words: st.sampled_from([b" ", b"\t", b" \t "]).map(lambda gap: gap.join(words)))
OWS = st.sampled_from([b"", b" ", b"\t", b" \t "])
LINES = st.lists(st.tuples(NAMES.map(str.encode), OWS, VALUES, OWS), max_size=6)
# h11 refuses whitespace before the semicolon, which RFC 9112 §7.1.1 (BWS) has recipients accept.
EXTENSIONS = st.sampled_from([b"", b";a", b";a=b", b'; a = "b;c"', b";a;b=c"])
CHUNKS = st.lists(st.tuples(st.binary(min_size=1, max_size=30), EXTENSIONS), max_size=5)


@st.composite
def valid_requests(draw: st.DrawFn) -> bytes:
    """A request that RFC 9112 allows and RFC 9110 understands."""
    minor = draw(st.sampled_from([1, 1, 0]))
    lines = [
        name + b":" + before + value + after + b"\r\n" for name, before, value, after in draw(LINES)
    ]
    framing = draw(st.sampled_from(["none", "sized"] + ["chunked"] * minor))
    body = b""
    if framing == "sized":
        body = draw(st.binary(max_size=60))
        lines.append(b"Content-Length:%s%d\r\n" % (draw(OWS), len(body)))
    elif framing == "chunked":
        lines.append(b"tRansfer-Encoding:%schunked\r\n" % draw(OWS))
        for data, extension in draw(CHUNKS):
            size = draw(st.sampled_from([b"%x", b"%X", b"0%x"])) % len(data)
            body += size + extension + b"\r\n" + data + b"\r\n"
        body += (
            b"0\r\n" + draw(st.sampled_from([b"", b"T: 1\r\n", b"T: 1\r\nHost: y\r\n"])) + b"\r\n"
        )
    lines.insert(draw(st.integers(0, len(lines))), b"Host: x:80\r\n")
    method = draw(METHODS)
    if minor == 0 and framing == "none" and method == "POST":
        method = "PUT"  # RFC 1945 §8.3: "A valid Content-Length is required on all HTTP/1.0 POST"
    head = f"{method} {draw(TARGETS)} HTTP/1.{minor}\r\n".encode()
    return head + b"".join(lines) + b"\r\n" + body


def asked_of_h11(raw: bytes) -> list[object]:
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    request = connection.next_event()
    assert isinstance(request, h11.Request)
    body = b""
    while isinstance(event := connection.next_event(), h11.Data):
        body += event.data
    assert isinstance(event, h11.EndOfMessage)
    assert connection.trailing_data == (b"", False)
    return [
        request.method, request.target, request.http_version,
        list(request.headers.raw_items()), body,
    ]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(valid_requests(), FRACTIONS)
def test_h11_reads_valid_requests_likewise(raw: bytes, fractions: list[float]) -> None:
    outcome = feed(cuts(raw, fractions))
    head, *rest = outcome.events
    assert isinstance(head, Head)
    assert outcome.is_between_requests
    body = b"".join(event for event in rest if isinstance(event, bytes))
    assert rest == ([body] if body else []) + ([END] if head.length else [])
    ours = [
        head.method.encode(), head.target.encode(), b"1.%d" % head.minor, list(head.pairs), body,
    ]  # fmt: skip
    assert ours == asked_of_h11(raw)
