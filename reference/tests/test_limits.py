"""Limits of the wire layer: each at exactly its value and one above, and what reading costs.

The limits of bodies, pipelines, connections and times are enforced by the connection.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import FrozenInstanceError, fields
from types import FrameType
from typing import Any

import pytest

from reference.limits import Limits
from reference.parser import RequestParser
from reference.tests.feeding import Recorder, byte_by_byte, feed, status_of

CHUNKED = b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


def line_of(size: int) -> bytes:
    line = b"GET /%s HTTP/1.1" % (b"a" * (size - 14))
    assert len(line) == size
    return line + b"\r\nHost: x\r\n\r\n"


def field_of(size: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\nName: %s\r\n\r\n" % (b"v" * (size - 4))


def one_name_of(size: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\n%s: v\r\n\r\n" % (b"n" * (size - 1))


def count_of(count: int) -> bytes:
    return b"GET / HTTP/1.1\r\nHost: x\r\n%s\r\n" % (b"A: b\r\n" * (count - 1))


def fields_of(size: int) -> bytes:
    block = b"Host: x\r\nA: " + b"b" * (size - 14) + b"\r\n"
    assert len(block) == size
    return b"GET / HTTP/1.1\r\n" + block + b"\r\n"


def extension_of(size: int) -> bytes:
    return CHUNKED + b"0;" + b"e" * (size - 1) + b"\r\n\r\n"


def padded_extension_of(size: int) -> bytes:
    return CHUNKED + b"0000000000000001" + b" " * (size - 2) + b";e\r\na\r\n0\r\n\r\n"


def trailers_of(size: int) -> bytes:
    block = b"A: b\r\nC: " + b"d" * (size - 11) + b"\r\n"
    assert len(block) == size
    return CHUNKED + b"0\r\n" + block + b"\r\n"


@pytest.mark.parametrize("value", [40, 100])
@pytest.mark.parametrize(
    ("name", "status", "build"),
    [
        ("request_line_bytes", 414, line_of),  # RFC 9112 §3
        ("field_bytes", 431, field_of),  # RFC 6585 §5
        ("field_bytes", 431, one_name_of),
        ("field_count", 431, count_of),
        ("fields_bytes", 431, fields_of),
        ("chunk_extension_bytes", 400, extension_of),  # RFC 9112 §7.1.1
        ("chunk_extension_bytes", 400, padded_extension_of),
        ("trailer_bytes", 431, trailers_of),
    ],
)
def test_at_the_limit_and_above(
    name: str, status: int, build: Callable[[int], bytes], value: int
) -> None:
    limits = Limits(**{name: value})
    assert status_of(build(value - 1), limits) is None
    assert status_of(build(value), limits) is None
    for above in (value + 1, value + 2, value + 3, value + 4, 2 * value, 50 * value):
        assert status_of(build(above), limits) == status


@pytest.mark.parametrize(
    ("build", "status", "value"),
    [
        (line_of, 414, 8192),
        (field_of, 431, 8192),
        (count_of, 431, 100),
        (fields_of, 431, 32768),
        (extension_of, 400, 1024),
        (trailers_of, 431, 8192),
    ],
)
def test_defaults(build: Callable[[int], bytes], status: int, value: int) -> None:
    apart = Limits(field_bytes=10**6) if build is fields_of else Limits()
    assert feed([build(value)], apart).is_between_requests
    assert status_of(build(value + 1), apart) == status


@pytest.mark.parametrize(
    ("begin", "limits", "status"),
    [
        # One octet more than could end in time is enough; no end needs to come.
        (b"G" * 22, Limits(request_line_bytes=20), 414),
        (b"GET / HTTP/1.1\r\n" + b"A" * 23, Limits(fields_bytes=20), 431),
        (CHUNKED + b"0\r\n" + b"A" * 23, Limits(trailer_bytes=20), 431),
        (CHUNKED + b"1;" + b"e" * 37, Limits(chunk_extension_bytes=20), 400),
    ],
)
def test_too_much_is_refused_before_its_end(begin: bytes, limits: Limits, status: int) -> None:
    assert status_of(begin, limits) == status


@pytest.mark.parametrize(
    ("raw", "limits"),
    [
        (b"(" + b"G" * 30 + b" / HTTP/1.1\r\nHost: x\r\n\r\n", Limits(request_line_bytes=20)),
        (b"G" * 21 + b"\n" + b"G" * 30 + b"\r\nHost: x\r\n\r\n", Limits(request_line_bytes=20)),
        (b"GET / HTTP/1.1\r\nA: b\n" + b"C" * 30 + b"\r\n\r\n", Limits(fields_bytes=20)),
        (CHUNKED + b"0\r\nA: b\n" + b"C" * 30 + b"\r\n\r\n", Limits(trailer_bytes=20)),
    ],
)
def test_malformed_within_the_limit_is_400_though_too_large(raw: bytes, limits: Limits) -> None:
    assert status_of(raw, limits) == 400


def test_what_lies_beyond_the_limit_is_not_looked_at() -> None:
    assert status_of(b"G" * 22 + b"\n", Limits(request_line_bytes=20)) == 414
    block = b"A: " + b"b" * 20
    assert status_of(b"GET / HTTP/1.1\r\n" + block + b"\n\r\n\r\n", Limits(fields_bytes=20)) == 431
    assert status_of(CHUNKED + b"0\r\n" + block + b"\n\r\n\r\n", Limits(trailer_bytes=20)) == 431


def test_every_bound_is_positive() -> None:
    for field in fields(Limits):
        for value in (0, -1, float("nan")):
            bad: dict[str, Any] = {field.name: value}
            with pytest.raises(ValueError, match=f"{field.name} must be positive, not"):
                Limits(**bad)
        one: dict[str, Any] = {field.name: 1}
        assert getattr(Limits(**one), field.name) == 1


def test_limits_are_named_and_immutable() -> None:
    with pytest.raises(TypeError):
        Limits(8192)  # type: ignore[call-arg]
    with pytest.raises(FrozenInstanceError):
        Limits().field_count = 1  # type: ignore[misc]


# -- What reading costs ---------------------------------------------------------------------------

WIDE = Limits(
    request_line_bytes=10**7,
    field_bytes=10**7,
    field_count=10**6,
    fields_bytes=10**7,
    chunk_extension_bytes=10**7,
    trailer_bytes=10**7,
)

COSTLY: dict[str, Callable[[int], bytes]] = {
    "request line": lambda size: line_of(size + 14),
    "one field": lambda size: field_of(size + 4),
    "many fields": lambda size: count_of(size // 6),
    "fields behind a long line": lambda size: (
        line_of(size)[:-2] + b"A: b\r\n" * (size // 6) + b"\r\n"
    ),
    "sized body": lambda size: b"PUT / HTTP/1.0\r\nContent-Length: %d\r\n\r\n" % size + b"b" * size,
    "one chunk": lambda size: CHUNKED + b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"b" * size),
    "small chunks": lambda size: CHUNKED + b"1\r\nb\r\n" * (size // 6) + b"0\r\n\r\n",
    "one extension": extension_of,
    "trailers": trailers_of,
    "small requests": lambda size: b"GET / HTTP/1.0\r\n\r\n" * (size // 18),
}  # fmt: skip


class Counting(bytearray):
    """Counts the bytes that may be looked at in search of something."""

    looked_at = 0

    def find(self, sub: Any, start: Any = 0, end: Any = None) -> int:
        stop = len(self) if end is None else min(end, len(self))
        self.looked_at += max(stop - start, 1)
        return super().find(sub, start, stop)


def work_of(raw: bytes) -> tuple[int, int]:
    """Calls made, and bytes of what was held that were searched, for `raw` byte by byte."""
    calls = 0

    def count(frame: FrameType, event: str, arg: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sink = Recorder()
    parser = RequestParser(sink, WIDE)
    parser._held = held = Counting()
    segments = byte_by_byte(raw)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        for segment in segments:
            parser.feed(segment)
    finally:
        sys.setprofile(before)
    assert parser.is_between_requests
    return calls, held.looked_at


@pytest.mark.parametrize("name", COSTLY)
def test_byte_by_byte_takes_a_bounded_amount_of_work_for_each_byte(name: str) -> None:
    raw = COSTLY[name](4000)
    calls, looked_at = work_of(raw)
    assert calls <= 30 * len(raw)
    assert looked_at <= 12 * len(raw)


@pytest.mark.parametrize("name", COSTLY)
def test_byte_by_byte_costs_in_proportion_to_size(name: str) -> None:
    """Eight times the bytes in eight times the time; twenty-four would be on the way to the square.

    This sees what a search in C looks at, which no count of calls does.
    """
    small, large = COSTLY[name](4_000), COSTLY[name](32_000)
    for _ in range(3):
        ratio = cpu_time_of(large) / cpu_time_of(small)
        if ratio < 24:
            return
    pytest.fail(f"{ratio:.0f} times the time for 8 times the bytes")


def cpu_time_of(raw: bytes) -> int:
    segments = byte_by_byte(raw)
    parser = RequestParser(Silent(), WIDE)
    start = time.thread_time_ns()
    for segment in segments:
        parser.feed(segment)
    spent = time.thread_time_ns() - start
    assert parser.is_between_requests
    return max(spent, 1)


class Silent:
    def on_request(self, method: str, target: str, minor: int, fields: object) -> None: ...
    def on_body(self, data: bytes) -> None: ...
    def on_body_end(self) -> None: ...
